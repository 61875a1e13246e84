import Foundation

/// A 3x3 matrix of real numbers, stored by rows.
public struct Matrix3: Sendable, Hashable, Codable {
  /// The three rows.
  public var rows: [Vector3]

  /// Creates a matrix from its three rows.
  public init(rows first: Vector3, _ second: Vector3, _ third: Vector3) {
    rows = [first, second, third]
  }

  /// The unit matrix.
  public static let identity = Matrix3(
    rows: Vector3(1, 0, 0), Vector3(0, 1, 0), Vector3(0, 0, 1))

  /// The zero matrix.
  public static let zero = Matrix3(rows: .zero, .zero, .zero)

  /// Element in row `i` and column `j`, both counted from 0.
  public subscript(i: Int, j: Int) -> Double {
    get { rows[i][j] }
    set { rows[i][j] = newValue }
  }

  /// Matrix times column vector.
  public func apply(_ vector: Vector3) -> Vector3 {
    Vector3(rows[0].dot(vector), rows[1].dot(vector), rows[2].dot(vector))
  }

  /// Rows and columns exchanged.
  public var transposed: Matrix3 {
    Matrix3(
      rows: Vector3(rows[0].x, rows[1].x, rows[2].x),
      Vector3(rows[0].y, rows[1].y, rows[2].y),
      Vector3(rows[0].z, rows[1].z, rows[2].z))
  }

  /// Half the sum of the matrix and its transpose.
  public var symmetrized: Matrix3 { (self + transposed) * 0.5 }

  /// Determinant.
  public var determinant: Double { rows[0].dot(rows[1].cross(rows[2])) }

  /// Sum of the diagonal elements.
  public var trace: Double { rows[0].x + rows[1].y + rows[2].z }

  /// Sum of the products of like elements with another matrix: what a stress does along a strain.
  public func contracted(with other: Matrix3) -> Double {
    var sum = 0.0
    for i in 0..<3 {
      for j in 0..<3 { sum += self[i, j] * other[i, j] }
    }
    return sum
  }

  /// Element-wise sum.
  public static func + (left: Matrix3, right: Matrix3) -> Matrix3 {
    Matrix3(
      rows: left.rows[0] + right.rows[0], left.rows[1] + right.rows[1],
      left.rows[2] + right.rows[2])
  }

  /// Element-wise difference.
  public static func - (left: Matrix3, right: Matrix3) -> Matrix3 { left + right * -1 }

  /// Every element times a number.
  public static func * (matrix: Matrix3, factor: Double) -> Matrix3 {
    Matrix3(rows: matrix.rows[0] * factor, matrix.rows[1] * factor, matrix.rows[2] * factor)
  }

  /// Matrix product.
  public static func * (left: Matrix3, right: Matrix3) -> Matrix3 {
    let columns = right.transposed
    return Matrix3(
      rows: columns.apply(left.rows[0]), columns.apply(left.rows[1]), columns.apply(left.rows[2]))
  }
}

/// A 3x3 matrix of integers whose row i makes the new cell vector i out of the old ones.
public struct IntegerMatrix3: Sendable, Hashable {
  /// The three rows.
  public var rows: (SIMD3<Int>, SIMD3<Int>, SIMD3<Int>)

  /// Creates a matrix from its rows.
  public init(_ first: SIMD3<Int>, _ second: SIMD3<Int>, _ third: SIMD3<Int>) {
    rows = (first, second, third)
  }

  /// A diagonal matrix: a plain supercell.
  public static func diagonal(_ x: Int, _ y: Int, _ z: Int) -> IntegerMatrix3 {
    IntegerMatrix3(SIMD3(x, 0, 0), SIMD3(0, y, 0), SIMD3(0, 0, z))
  }

  /// Determinant: the number of old cells in the new one, negative where the hand changes.
  public var determinant: Int {
    let (r, s, t) = rows
    return r.x * (s.y * t.z - s.z * t.y) - r.y * (s.x * t.z - s.z * t.x)
      + r.z * (s.x * t.y - s.y * t.x)
  }

  /// Equal rows.
  public static func == (left: IntegerMatrix3, right: IntegerMatrix3) -> Bool {
    left.rows == right.rows
  }

  /// Feeds the rows to the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rows.0)
    hasher.combine(rows.1)
    hasher.combine(rows.2)
  }
}

/// Cosine of an angle in degrees.
func cosOfDegrees(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }

/// Angle in degrees of a cosine.
func acosInDegrees(_ cosine: Double) -> Double { acos(cosine) * 180 / .pi }
