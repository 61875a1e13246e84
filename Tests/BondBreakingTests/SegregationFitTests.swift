import BondBreaking
import Testing

@Suite struct SegregationFitTests {
  /// Points on a line give the line, all of the variance, and a band of no width.
  @Test func pointsOnALineGiveTheLine() throws {
    let x = [-0.2, 0.0, 0.1, 0.3]
    let fit = try #require(
      SegregationFit(predicted: x, computed: x.map { 0.9 * $0 - 0.02 }))
    #expect((fit.line.slope.value - 0.9).magnitude < 1e-12)
    #expect((fit.line.intercept.value + 0.02).magnitude < 1e-12)
    #expect((fit.determination - 1).magnitude < 1e-12)
    #expect(fit.confidenceHalfWidth(at: 0.5) < 1e-9)
    // Root mean square of 0.1 x + 0.02.
    let off = x.map { (0.1 * $0 + 0.02) * (0.1 * $0 + 0.02) }.reduce(0, +) / 4
    #expect((fit.modelDeviation - off.squareRoot()).magnitude < 1e-12)
  }

  /// x = 1...5, y = 2.1, 3.9, 6.2, 7.8, 10.1 by hand: slope 1.99, intercept 0.05, residual variance 0.107/3,
  /// Student's t 3.182 for three degrees of freedom.
  @Test func theConfidenceBandIsTheTextbooks() throws {
    let fit = try #require(
      SegregationFit(predicted: [1, 2, 3, 4, 5], computed: [2.1, 3.9, 6.2, 7.8, 10.1]))
    #expect((fit.line.slope.value - 1.99).magnitude < 1e-12)
    #expect((fit.line.intercept.value - 0.05).magnitude < 1e-12)
    let variance = 0.107 / 3
    #expect(
      (fit.confidenceHalfWidth(at: 3) - 3.182 * (variance / 5).squareRoot()).magnitude < 1e-9)
    #expect(
      (fit.confidenceHalfWidth(at: 5) - 3.182 * (variance * (0.2 + 0.4)).squareRoot()).magnitude
        < 1e-9)
  }

  /// Beyond the table: the tabulated quantile for twenty degrees of freedom is 2.086.
  @Test func manyPointsTakeTheExpansion() throws {
    let x = (0..<22).map(Double.init)
    let y = x.map { $0 + ($0.truncatingRemainder(dividingBy: 2) == 0 ? 1 : -1) }
    let fit = try #require(SegregationFit(predicted: x, computed: y))
    let variance = fit.line.residuals.map { $0 * $0 }.reduce(0, +) / 20
    let ratio = fit.confidenceHalfWidth(at: 10.5) / (variance / 22).squareRoot()
    #expect((ratio - 2.086).magnitude < 1e-3)
  }

  @Test func tooFewPointsAreNoFit() {
    #expect(SegregationFit(predicted: [0, 1], computed: [0, 1]) == nil)
    #expect(SegregationFit(predicted: [1, 1, 1], computed: [0, 1, 2]) == nil)
  }
}
