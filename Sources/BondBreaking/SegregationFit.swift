/// How well the bond-breaking model's segregation energies agree with explicit ones.
///
/// For each interface `x = (sigma - W_ad/2)/rho` is what eq 11 predicts, and y what a calculation with a
/// vacancy finds. The model is the line y = x; the fit says by how much, and how surely, a line through the
/// points differs from it.
///
/// ## References
/// I. D. Seymour, A. Aguadero, J. Mater. Chem. A 9, 19901 (2021), doi:10.1039/d1ta03254b: figure 4.
public struct SegregationFit: Sendable, Hashable, Codable {
  /// Predictions by eq 11, eV.
  public let predicted: [Double]
  /// Energies with an explicit vacancy, eV; same order.
  public let computed: [Double]
  /// The line through the points: slope without unit, intercept in eV.
  public let line: LinearFit
  /// Share of the variance that the line explains, 0 to 1.
  public let determination: Double
  /// Root mean square of y - x, eV: how far the model itself is off.
  public let modelDeviation: Double

  /// Fits the points; nil with fewer than three or with equal predictions.
  ///
  /// - Parameters:
  ///   - predicted: at least three, not all equal, eV.
  ///   - computed: as many, eV.
  public init?(predicted: [Double], computed: [Double]) {
    guard predicted.count == computed.count, predicted.count >= 3,
      Set(predicted).count > 1
    else { return nil }
    self.predicted = predicted
    self.computed = computed
    line = LinearFit(x: predicted, y: computed)
    let mean = computed.reduce(0, +) / Double(computed.count)
    let total = computed.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let rest = line.residuals.map { $0 * $0 }.reduce(0, +)
    determination = total > 0 ? 1 - rest / total : 0
    let off = zip(predicted, computed).map { ($1 - $0) * ($1 - $0) }.reduce(0, +)
    modelDeviation = (off / Double(predicted.count)).squareRoot()
  }

  /// Half the width of the band that holds the line at one prediction with 95 % confidence, eV.
  ///
  /// - Parameter x: prediction in eV.
  /// - Returns: t times the standard error of the line there, with Student's t for as many degrees of freedom
  ///   as there are points less two.
  public func confidenceHalfWidth(at x: Double) -> Double {
    let count = Double(predicted.count)
    let mean = predicted.reduce(0, +) / count
    let spread = predicted.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let variance = line.residuals.map { $0 * $0 }.reduce(0, +) / (count - 2)
    let error = (variance * (1 / count + (x - mean) * (x - mean) / spread)).squareRoot()
    return SegregationFit.student95(degreesOfFreedom: predicted.count - 2) * error
  }

  /// The two-sided 95 % quantile of Student's t.
  ///
  /// Tabulated for up to ten degrees of freedom; above, two terms of the expansion of Abramowitz & Stegun
  /// 26.7.5, within 0.1 % there.
  static func student95(degreesOfFreedom n: Int) -> Double {
    let table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    guard n > table.count else { return table[max(1, n) - 1] }
    let (z, n) = (1.959964, Double(n))
    let cubic = (z * z * z + z) / (4 * n)
    let quintic = (5 * z * z * z * z * z + 16 * z * z * z + 3 * z) / (96 * n * n)
    return z + cubic + quintic
  }
}
