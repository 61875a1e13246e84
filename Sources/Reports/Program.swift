/// The program that writes results.
package enum Program {
  /// Version, written into every result.
  package static let version = "0.1.0"
}
