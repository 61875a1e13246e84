import Foundation

/// Ends and ticks of a linear axis: round numbers, a little room at both ends.
struct AxisScale {
  var low: Double
  var high: Double
  /// Distance of two ticks.
  var step: Double

  /// - Parameters:
  ///   - values: everything that is drawn.
  ///   - range: the ends, where the figure names them.
  ///   - counts: whether the values count something, so that ticks are whole.
  init(_ values: [Double], range: [Double]?, counts: Bool) {
    var low = values.min() ?? 0
    var high = values.max() ?? 1
    if let range, range.count == 2, range[0] < range[1] {
      (low, high) = (range[0], range[1])
    } else {
      // One value alone still needs an axis.
      let span = high > low ? high - low : max(high.magnitude, 1e-3)
      let room = counts ? max(0.5, 0.04 * span) : 0.06 * span
      low -= room
      high += room
    }
    self.low = low
    self.high = high
    // What is closer than a double can tell, or farther than it can hold, has no ticks of its own.
    let rough = min(max((high - low) / 5, 1e-12), 1e100)
    let power = Foundation.pow(10, Foundation.log10(rough).rounded(.down))
    let step = ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
    // A dozen layers have room for a tick each.
    self.step = counts ? (high - low <= 13 ? 1 : max(1, step.rounded())) : step
  }

  /// Decimals that tell two ticks apart.
  var decimals: Int { max(0, Int((-Foundation.log10(step) - 1e-9).rounded(.up))) }
}
