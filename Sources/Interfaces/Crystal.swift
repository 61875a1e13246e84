import Foundation
public import Structures

/// A crystal ready to be cut: its primitive cell and its symmetry, found once for all its surfaces.
public struct Crystal: Sendable {
  /// The cell that Miller indices refer to.
  public let structure: Structure
  /// A primitive cell whose vectors are combinations of those of `structure`; same frame.
  public let primitive: Structure
  /// Formal charge of each atom of the primitive cell; nil where none could be guessed.
  public let charges: [Double]?
  /// Operations of the space group in the basis of `structure`.
  let operations: [SpaceGroupOperation]
  /// Rows: `denominator` times the primitive vectors along those of `structure`.
  ///
  /// An array: a value aligned to 32 bytes, as SIMD3<Int> is, must not live across an `await`.
  let primitiveRows: [SIMD3<Int>]
  let denominator: Int
  /// Bonds of the primitive cell, from which cuts are weighed.
  let bonds: [Bond]

  /// One bond: where it starts, where it goes (angstrom), and its weight in ordinary bonds.
  struct Bond: Sendable {
    var start: Int
    var displacement: Vector3
    var weight: Double
  }

  /// What Miller indices refer to.
  public enum IndexCell: String, Sendable, CaseIterable {
    /// The cell that the structure is given in.
    case given
    /// The conventional cell in the standard setting of the International Tables.
    case conventional
  }

  /// Finds the symmetry of a structure.
  ///
  /// - Parameters:
  ///   - structure: a valid structure.
  ///   - indexCell: the cell that Miller indices shall refer to.
  ///   - tolerance: distance in angstrom within which atoms count as equivalent; every later
  ///     decision is made in integers from the operations found here.
  /// - Throws: ``InterfaceError/symmetry(_:)``.
  public init(
    _ structure: Structure, indexCell: IndexCell = .conventional, tolerance: Double = 1e-3
  ) throws(InterfaceError) {
    do throws(StructureError) {
      let reference =
        indexCell == .given
        ? structure : try Symmetry(of: structure, tolerance: tolerance).conventional
      let found = try Symmetry.operations(of: reference, tolerance: tolerance)
      self.init(reference, found.operations, found.translationClasses)
    } catch {
      throw .symmetry(error)
    }
  }

  private init(
    _ structure: Structure, _ operations: [SpaceGroupOperation], _ classes: [Int]
  ) {
    self.structure = structure
    self.operations = operations
    let translations = operations.filter(\.isTranslation).map(\.translation)
    // A group of n translations: n times each of them is a lattice vector of the given cell.
    let order = max(1, translations.count)
    let generators = translations.map { translation -> SIMD3<Int> in
      let scaled = Double(order) * translation
      return SIMD3(Int(scaled.x.rounded()), Int(scaled.y.rounded()), Int(scaled.z.rounded()))
    }
    let rows = Crystal.latticeBasis(generators: generators, order: order)
    primitiveRows = [rows.rows.0, rows.rows.1, rows.rows.2]
    denominator = order
    func combine(_ row: SIMD3<Int>) -> Vector3 {
      let cell = structure.cell
      return (Double(row.x) * cell.a + Double(row.y) * cell.b + Double(row.z) * cell.c)
        / Double(order)
    }
    let cell = Cell(a: combine(rows.rows.0), b: combine(rows.rows.1), c: combine(rows.rows.2))
    var seen = Set<Int>()
    let representatives = structure.positions.indices.filter { seen.insert(classes[$0]).inserted }
    let primitive = Structure(
      cell: cell, species: representatives.map { structure.species[$0] },
      positions: representatives.map { structure.positions[$0] }
    ).wrapped
    self.primitive = primitive
    let guess = OxidationStates.guess(primitive.composition)
    charges = guess.map { states in primitive.species.map { states[$0] ?? 0 } }
    bonds = Crystal.bonds(of: primitive)
  }

  /// The bonds of a structure with their weights, each seen from both ends.
  static func bonds(of structure: Structure) -> [Bond] {
    structure.neighbors(within: bondReach(structure)).enumerated().flatMap { index, list in
      list.map { neighbor in
        let radii =
          structure.species[index].covalentRadius + structure.species[neighbor.index].covalentRadius
        return Bond(
          start: index, displacement: neighbor.displacement,
          weight: bondWeight(distance: neighbor.distance, radii: radii))
      }
    }
  }

  /// How far bonds are counted, angstrom: beyond the first neighbours of the largest element.
  private static func bondReach(_ structure: Structure) -> Double {
    let largest = structure.elements.map(\.covalentRadius).max() ?? 1
    return max(4, 2 * largest + 1)
  }

  /// How much a bond counts, distances in angstrom: 1 at the sum of the covalent radii.
  ///
  /// The law of distance is that of bond valences: I. D. Brown, D. Altermatt, Acta Cryst. B 41, 244
  /// (1985), doi:10.1107/S0108768185002063.
  private static func bondWeight(distance: Double, radii: Double) -> Double {
    exp((radii - distance) / 0.37)
  }

  /// A triangular basis, in units of 1/order, of the lattice that whole vectors and `generators` span.
  private static func latticeBasis(generators: [SIMD3<Int>], order: Int) -> IntegerMatrix3 {
    var rows =
      generators + [SIMD3(order, 0, 0), SIMD3(0, order, 0), SIMD3(0, 0, order)]
    // Hermite's form by Euclid's algorithm, one column after the other.
    for column in 0..<3 {
      while true {
        let nonzero = (column..<rows.count).filter { rows[$0][column] != 0 }
        guard
          let least = nonzero.min(by: { abs(rows[$0][column]) < abs(rows[$1][column]) })
        else { break }
        rows.swapAt(column, least)
        if nonzero.count == 1 { break }
        for index in (column + 1)..<rows.count where rows[index][column] != 0 {
          rows[index] =
            rows[index] &- (rows[index][column] / rows[column][column]) &* rows[column]
        }
      }
    }
    let basis = IntegerMatrix3(rows[0], rows[1], rows[2])
    assert(
      abs(basis.determinant) * generators.count == order * order * order,
      "one primitive cell for each translation")
    return basis.determinant > 0 ? basis : IntegerMatrix3(rows[1], rows[0], rows[2])
  }

  /// All planes up to a largest index that no operation of the crystal maps to each other.
  ///
  /// The point group of the crystal decides, not that of its lattice: in pyrite (210) and (120)
  /// differ. A plane and its reverse count as one: their slabs are the same, upside down.
  ///
  /// - Parameters:
  ///   - maximumIndex: largest |h|, |k| and |l|; at least 1.
  ///   - bothSides: whether a plane and its reverse count as two where no operation maps one to the
  ///     other: what is put on the slab then meets another face.
  /// - Returns: one plane for each class, simple ones first. O(indices * operations).
  public func distinctSurfaces(
    maximumIndex: Int, bothSides: Bool = false
  ) -> [MillerIndices] {
    precondition(maximumIndex > 0, "indices up to 0 make no plane")
    let range = -maximumIndex...maximumIndex
    var planes: [SIMD3<Int>] = []
    for h in range {
      for k in range {
        for l in range
        where greatestCommonDivisor(greatestCommonDivisor(h, k), l) == 1 {
          planes.append(SIMD3(h, k, l))
        }
      }
    }
    func key(_ plane: SIMD3<Int>) -> [Int] {
      let sizes = [abs(plane.x), abs(plane.y), abs(plane.z)]
      return [
        max(sizes[0], sizes[1], sizes[2]), sizes.reduce(0, +),
        -plane.x, -plane.y, -plane.z,
      ]
    }
    var seen = Set<SIMD3<Int>>()
    var rotations = Set<IntegerMatrix3>()
    for operation in operations { rotations.insert(operation.rotation) }
    return planes.map { (key($0), $0) }
      .sorted { $0.0.lexicographicallyPrecedes($1.0) }
      .compactMap { _, plane in
        guard !seen.contains(plane) else { return nil }
        for rotation in rotations {
          let image = rotation.applied(toRow: plane)
          seen.insert(image)
          if !bothSides { seen.insert(0 &- image) }
        }
        return try? MillerIndices(plane.x, plane.y, plane.z)
      }
  }
}

extension IntegerMatrix3 {
  /// Row vector times matrix: how Miller indices transform under a rotation of positions.
  func applied(toRow row: SIMD3<Int>) -> SIMD3<Int> {
    row.x &* rows.0 &+ row.y &* rows.1 &+ row.z &* rows.2
  }
}
