import CLapacke

/// What a linear fit needs of one kind of data: sums over rows, so that more data can be added at any time.
struct RegressionSums: Sendable {
  /// Number of coefficients.
  let coefficients: Int
  /// Number of data.
  private(set) var count = 0
  /// Sum of products of rows, upper triangle, row by row.
  private(set) var gram: [Double]
  /// Sum of rows times their targets.
  private(set) var projection: [Double]
  /// Sum of squared targets.
  private(set) var square = 0.0

  init(coefficients: Int) {
    self.coefficients = coefficients
    gram = [Double](repeating: 0, count: coefficients * coefficients)
    projection = [Double](repeating: 0, count: coefficients)
  }

  /// Adds data.
  ///
  /// - Parameters:
  ///   - rows: for each coefficient one number for each datum.
  ///   - targets: what the rows should give.
  ///   - weight: factor of rows and targets.
  ///   - constraints: number of unknowns that were taken out of these data, as a mean is, and with each a datum.
  mutating func add(rows: [Double], targets: [Double], weight: Double = 1, constraints: Int = 0) {
    guard !targets.isEmpty else { return }
    precondition(rows.count == coefficients * targets.count, "one number for each datum")
    count += targets.count - constraints
    square += weight * weight * targets.reduce(0) { $0 + $1 * $1 }
    let (size, width) = (Int32(coefficients), Int32(targets.count))
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, CblasNoTrans, size, width, weight * weight, rows, width, 1, &gram,
      size)
    cblas_dgemv(
      CblasRowMajor, CblasNoTrans, size, width, weight * weight, rows, width, targets, 1, 1,
      &projection, 1)
  }

  /// Adds other data.
  mutating func add(_ other: RegressionSums) {
    count += other.count
    square += other.square
    for index in gram.indices { gram[index] += other.gram[index] }
    for index in projection.indices { projection[index] += other.projection[index] }
  }
}
