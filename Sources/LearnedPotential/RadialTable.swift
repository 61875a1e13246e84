/// Radial functions and the core of one pair, as a table of cubic pieces that meet in value and slope.
///
/// Pieces of 1/512 angstrom are exact to 1e-11 of a function's size.
struct RadialTable: Sendable {
  /// Number of radial functions; the core's energy follows them.
  let count: Int
  private let scale: Double
  private let pieces: Int
  /// Four coefficients for each function in each piece: for each power one row of functions.
  private let table: [Double]

  init(_ radial: RadialFunctions, core: CoreRepulsion) {
    count = radial.count
    pieces = Int((radial.cutoff * 512).rounded(.up))
    let scale = Double(pieces) / radial.cutoff
    self.scale = scale
    let width = radial.count + 1
    func at(_ piece: Int) -> (values: [Double], slopes: [Double]) {
      // A core has no value at distance zero: nothing ever comes near.
      let distance = max(1e-3, Double(piece) / scale)
      var (values, slopes) = radial.values(at: distance)
      let (energy, slope) = core.value(at: distance)
      values.append(energy)
      slopes.append(slope)
      return (values, slopes.map { $0 / scale })
    }
    var table = [Double](repeating: 0, count: pieces * 4 * width)
    var left = at(0)
    for piece in 0..<pieces {
      let right = at(piece + 1)
      for n in 0..<width {
        let rise = right.values[n] - left.values[n]
        let home = piece * 4 * width + n
        table[home] = left.values[n]
        table[home + width] = left.slopes[n]
        table[home + 2 * width] = 3 * rise - 2 * left.slopes[n] - right.slopes[n]
        table[home + 3 * width] = left.slopes[n] + right.slopes[n] - 2 * rise
      }
      left = right
    }
    self.table = table
  }

  /// Fills values and slopes (1/angstrom) of all functions and, behind them, the core.
  @inline(__always)
  func evaluate(
    _ distance: Double, values: UnsafeMutablePointer<Double>, slopes: UnsafeMutablePointer<Double>
  ) {
    let place = distance * scale
    let piece = min(pieces - 1, Int(place))
    let t = place - Double(piece)
    let width = count + 1
    table.withUnsafeBufferPointer { table in
      guard let start = table.baseAddress else { return }
      let c0 = start + piece * 4 * width
      let (c1, c2, c3) = (c0 + width, c0 + 2 * width, c0 + 3 * width)
      for n in 0..<width {
        values[n] = c0[n] + t * (c1[n] + t * (c2[n] + t * c3[n]))
        slopes[n] = scale * (c1[n] + t * (2 * c2[n] + t * 3 * c3[n]))
      }
    }
  }
}
