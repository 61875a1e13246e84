import Foundation

/// Hours, minutes and seconds, as 1:02:03.
package func clockTime(_ seconds: Double) -> String {
  let whole = Int(seconds.rounded())
  return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
}
