import CLapacke
import Foundation

/// What data say about the coefficients of a linear model: a normal distribution, its noise and its prior found
/// from the evidence.
///
/// Coefficients have a prior of mean zero; its width falls with the roughness of a coefficient's function, and is
/// scaled for each group of coefficients. Widths and the noise of each kind of data are those that make the data
/// most probable, found by the fixed point of MacKay.
///
/// ## References
/// D. J. C. MacKay, Neural Comput. 4, 415 (1992), doi:10.1162/neco.1992.4.3.415; W. C. Witt et al., J. Chem. Phys.
/// 159, 164101 (2023), doi:10.1063/5.0158783.
struct Posterior: Sendable {
  /// One group of coefficients that share the scale of their prior.
  struct PriorGroup: Sendable {
    /// Their numbers.
    var members: [Int]
    /// Width of the prior at roughness 1 where the search begins.
    var width: Double
    /// Whether the width is held.
    var isHeld: Bool
  }

  /// Most probable coefficients.
  let mean: [Double]
  /// Noise of each kind of data, in units of its weighted rows.
  let noise: [Double]
  /// Widths of the groups.
  let widths: [Double]
  /// Logarithm of the probability of the data.
  let logEvidence: Double
  /// Number of data that the noise at the beginning of the search is worth.
  private static let trust = 20.0

  /// Roughness of each coefficient.
  private let roughness: [Double]
  /// Upper triangular factor U of the scaled precision U^T U, row by row.
  private let factor: [Double]

  /// Finds the distribution.
  ///
  /// - Parameters:
  ///   - sums: of each kind of data.
  ///   - noise: of each kind where the search begins.
  ///   - heldNoise: numbers of the kinds whose noise is not searched for.
  ///   - leastNoise: of each kind; below it the data are not to be trusted.
  ///   - groups: that share a prior; together all coefficients.
  ///   - roughness: of each coefficient: the prior's width is divided by it.
  ///   - searches: whether noise and widths are searched for.
  init(
    sums: [RegressionSums], noise: [Double], heldNoise: Set<Int> = [], leastNoise: [Double],
    groups: [PriorGroup], roughness: [Double], searches: Bool = true
  ) {
    let size = roughness.count
    // In coefficients times roughness all of a group are alike.
    let grams = sums.map { sum in
      var gram = sum.gram
      for i in 0..<size {
        for j in i..<size { gram[i * size + j] /= roughness[i] * roughness[j] }
      }
      return gram
    }
    let projections = sums.map { zip($0.projection, roughness).map { $0 / $1 } }
    var betas = noise.map { 1 / ($0 * $0) }
    var alphas = groups.map { 1 / ($0.width * $0.width) }
    var solution = Solution(grams, projections, betas, alphas, groups, size)
    for _ in 0..<(searches ? 60 : 0) {
      let covariance = solution.covariance()
      var (newBetas, newAlphas) = (betas, alphas)
      for (kind, sum) in sums.enumerated() where sum.count > 0 && !heldNoise.contains(kind) {
        let used = betas[kind] * Solution.trace(covariance, grams[kind], size)
        let rest = max(
          1e-300, solution.residual(grams[kind], projections[kind], sum.square, size))
        // Few data can be met exactly and then tell nothing of their noise: some more are taken to have the noise
        // that the search began with.
        let free = max(0, Double(sum.count) - used) + Posterior.trust
        let whole = rest + Posterior.trust * noise[kind] * noise[kind]
        newBetas[kind] = min(free / whole, 1 / (leastNoise[kind] * leastNoise[kind]))
      }
      for (number, group) in groups.enumerated() where !group.isHeld {
        let square = group.members.reduce(0) { $0 + solution.mean[$1] * solution.mean[$1] }
        let spread = group.members.reduce(0) { $0 + covariance[$1 * size + $1] }
        let used = Double(group.members.count) - alphas[number] * spread
        let known = 0.1 * Posterior.trust
        // Data near minima have hardly any forces, and would make believe that nothing ever has.
        newAlphas[number] = min(
          1 / (group.width * group.width),
          (max(0, used) + known) / (square + known * group.width * group.width))
      }
      let change =
        zip(newBetas + newAlphas, betas + alphas)
        .map { abs(log($0 / $1)) }.max() ?? 0
      (betas, alphas) = (newBetas, newAlphas)
      solution = Solution(grams, projections, betas, alphas, groups, size)
      if change < 0.02 { break }
    }
    logEvidence = solution.logEvidence(
      sums: sums, grams: grams, projections: projections, betas: betas, alphas: alphas,
      groups: groups)
    mean = zip(solution.mean, roughness).map { $0 / $1 }
    self.noise = betas.map { 1 / $0.squareRoot() }
    widths = alphas.map { 1 / $0.squareRoot() }
    self.roughness = roughness
    factor = solution.factor
  }

  /// Variances of linear functions of the coefficients, noise left out.
  ///
  /// - Parameters:
  ///   - rows: for each coefficient one number for each function.
  ///   - count: number of functions.
  /// - Returns: the variance of each.
  func variances(rows: [Double], count: Int) -> [Double] {
    let size = roughness.count
    guard count > 0 else { return [] }
    var scaled = rows
    for i in 0..<size {
      for k in 0..<count { scaled[i * count + k] /= roughness[i] }
    }
    cblas_dtrsm(
      CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, Int32(size), Int32(count), 1,
      factor, Int32(size), &scaled, Int32(count))
    var result = [Double](repeating: 0, count: count)
    for i in 0..<size {
      for k in 0..<count { result[k] += scaled[i * count + k] * scaled[i * count + k] }
    }
    return result
  }

  /// A sample of the coefficients.
  ///
  /// - Parameter normal: gives numbers of the standard normal distribution.
  /// - Returns: one number for each coefficient.
  func sample(_ normal: () -> Double) -> [Double] {
    let size = roughness.count
    var deviation = (0..<size).map { _ in normal() }
    cblas_dtrsv(
      CblasRowMajor, CblasUpper, CblasNoTrans, CblasNonUnit, Int32(size), factor, Int32(size),
      &deviation, 1)
    return (0..<size).map { mean[$0] + deviation[$0] / roughness[$0] }
  }
}

/// The normal distribution at fixed noise and prior, in scaled coefficients.
private struct Solution {
  let mean: [Double]
  let factor: [Double]
  private let size: Int

  init(
    _ grams: [[Double]], _ projections: [[Double]], _ betas: [Double], _ alphas: [Double],
    _ groups: [Posterior.PriorGroup], _ size: Int
  ) {
    self.size = size
    var precision = [Double](repeating: 0, count: size * size)
    var right = [Double](repeating: 0, count: size)
    for (kind, beta) in betas.enumerated() {
      cblas_daxpy(Int32(size * size), beta, grams[kind], 1, &precision, 1)
      cblas_daxpy(Int32(size), beta, projections[kind], 1, &right, 1)
    }
    for (group, alpha) in zip(groups, alphas) {
      for member in group.members { precision[member * size + member] += alpha }
    }
    let factor = Solution.factor(of: precision, size)
    LAPACKE_dpotrs(
      LAPACK_COL_MAJOR, 0x4C, Int32(size), 1, factor, Int32(size), &right, Int32(size))
    mean = right
    self.factor = factor
  }

  /// Cholesky factor of a precision.
  ///
  /// Rounding can leave one that is not positive definite where data outweigh the prior by more than double
  /// precision holds: then its diagonal is lifted, as a little more prior would.
  private static func factor(of precision: [Double], _ size: Int) -> [Double] {
    let largest = (0..<size).map { precision[$0 * size + $0] }.max() ?? 1
    var lift = 0.0
    while true {
      var factor = precision
      for index in 0..<size { factor[index * size + index] += lift }
      // A row-major upper triangle is a column-major lower one.
      if LAPACKE_dpotrf(LAPACK_COL_MAJOR, 0x4C, Int32(size), &factor, Int32(size)) == 0 {
        return factor
      }
      precondition(
        lift < largest, "data are numbers: what is none was left out when they were added")
      lift = max(1e-15 * largest, 10 * lift)
    }
  }

  /// The whole covariance; upper triangle and diagonal, row by row.
  func covariance() -> [Double] {
    var inverse = factor
    LAPACKE_dpotri(LAPACK_COL_MAJOR, 0x4C, Int32(size), &inverse, Int32(size))
    return inverse
  }

  /// Trace of a product of two symmetric matrices given by their upper triangles.
  static func trace(_ first: [Double], _ second: [Double], _ size: Int) -> Double {
    var (diagonal, sum) = (0.0, 0.0)
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        for i in 0..<size {
          diagonal += first[i * size + i] * second[i * size + i]
          for j in (i + 1)..<max(size, i + 1) { sum += first[i * size + j] * second[i * size + j] }
        }
      }
    }
    return diagonal + 2 * sum
  }

  /// Sum of squared differences between data and the mean's prediction.
  func residual(_ gram: [Double], _ projection: [Double], _ square: Double, _ size: Int) -> Double {
    var product = [Double](repeating: 0, count: size)
    cblas_dsymv(
      CblasRowMajor, CblasUpper, Int32(size), 1, gram, Int32(size), mean, 1, 0, &product, 1)
    let quadratic = cblas_ddot(Int32(size), mean, 1, product, 1)
    return square - 2 * cblas_ddot(Int32(size), mean, 1, projection, 1) + quadratic
  }

  func logEvidence(
    sums: [RegressionSums], grams: [[Double]], projections: [[Double]], betas: [Double],
    alphas: [Double], groups: [Posterior.PriorGroup]
  ) -> Double {
    var result = 0.0
    for (kind, sum) in sums.enumerated() where sum.count > 0 {
      result +=
        0.5 * Double(sum.count) * log(betas[kind] / (2 * Double.pi))
        - 0.5 * betas[kind] * residual(grams[kind], projections[kind], sum.square, size)
    }
    for (group, alpha) in zip(groups, alphas) {
      let square = group.members.reduce(0) { $0 + mean[$1] * mean[$1] }
      result += 0.5 * Double(group.members.count) * log(alpha) - 0.5 * alpha * square
    }
    for index in 0..<size { result -= log(factor[index * size + index]) }
    return result
  }
}
