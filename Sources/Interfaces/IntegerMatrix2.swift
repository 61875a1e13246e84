public import Structures

/// A 2x2 matrix of integers whose row i makes the new surface vector i out of the old a and b.
public struct IntegerMatrix2: Sendable, Hashable, Codable {
  /// Components of the new a along the old a and b.
  public var first: SIMD2<Int>
  /// Components of the new b along the old a and b.
  public var second: SIMD2<Int>

  /// Creates a matrix from its rows.
  public init(_ first: SIMD2<Int>, _ second: SIMD2<Int>) {
    self.first = first
    self.second = second
  }

  /// A plain n x m supercell.
  public static func diagonal(_ n: Int, _ m: Int) -> IntegerMatrix2 {
    IntegerMatrix2(SIMD2(n, 0), SIMD2(0, m))
  }

  /// The unit matrix.
  public static let identity = diagonal(1, 1)

  /// The same supercell in space, c as it was.
  var inSpace: IntegerMatrix3 {
    IntegerMatrix3(
      SIMD3(first.x, first.y, 0), SIMD3(second.x, second.y, 0), SIMD3(0, 0, 1))
  }

  /// Determinant: the number of old surface cells in the new one.
  public var determinant: Int { first.x * second.y - first.y * second.x }

  /// All distinct sublattices with `area` old cells, as upper triangular matrices (Hermite form).
  public static func sublattices(area: Int) -> [IntegerMatrix2] {
    (1...area).filter { area % $0 == 0 }.flatMap { width in
      (0..<width).map { shift in
        IntegerMatrix2(SIMD2(width, 0), SIMD2(shift, area / width))
      }
    }
  }

  /// The smallest sublattice of a cell's a and b whose shortest vector is long enough.
  ///
  /// - Parameters:
  ///   - cell: a and b in xy.
  ///   - distance: least length of the shortest vector in angstrom.
  /// - Returns: the reduced basis; of several of one area, that with the longest shortest vector.
  public static func smallest(for cell: Cell, minimumDistance distance: Double) -> IntegerMatrix2 {
    var area = 1
    while true {
      let best = sublattices(area: area).map { PlaneLattice(cell, $0).reduced }
        .max { $0.lengths.x < $1.lengths.x - 1e-9 }
      if let best, best.lengths.x >= distance - 1e-6 { return best.rows }
      area += 1
    }
  }

  /// The smallest sublattice of a cell's a and b with a right angle, at most 24 cells large.
  ///
  /// - Parameter cell: a and b in xy.
  /// - Returns: its basis; nil where the lattice has no such sublattice.
  public static func rectangular(for cell: Cell) -> IntegerMatrix2? {
    for area in 1...24 {
      let bases = sublattices(area: area).map { PlaneLattice(cell, $0).reduced }
      let right = bases.filter {
        ($0.u * $0.v).sum().magnitude < 1e-4 * $0.lengths.x * $0.lengths.y
      }
      if let best = right.max(by: { $0.lengths.x < $1.lengths.x }) { return best.rows }
    }
    return nil
  }
}
