import CSpglib
import Synchronization

/// Space group and standard cells of a structure, found by spglib.
///
/// ## References
/// A. Togo, K. Shinohara, I. Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024),
/// doi:10.1080/27660400.2024.2384822.
public struct Symmetry: Sendable {
  /// International number of the space group, 1...230.
  public let spaceGroupNumber: Int
  /// Short Hermann-Mauguin symbol, for example "Fm-3m".
  public let spaceGroupSymbol: String
  /// Label of the symmetry-equivalent set of each atom: the index of the set's first atom.
  public let equivalentAtoms: [Int]
  /// The standardised conventional cell, right-handed, atoms idealised.
  public let conventional: Structure
  /// The standardised primitive cell, right-handed, atoms idealised.
  public let primitive: Structure

  // spglib keeps its error code in a global, so calls are made one at a time.
  private static let lock = Mutex(())

  /// Finds the symmetry of a structure.
  ///
  /// O(n^2) in the number of atoms, milliseconds for tens of them.
  ///
  /// - Parameters:
  ///   - structure: a valid structure, see ``Structure/validate(minimumDistance:)``.
  ///   - tolerance: distance in angstrom within which atoms count as equivalent.
  /// - Throws: ``StructureError/symmetryNotFound(tolerance:)``.
  public init(of structure: Structure, tolerance: Double = 1e-3) throws(StructureError) {
    let found = Symmetry.lock.withLock { _ in
      Symmetry.search(structure, tolerance: tolerance)
    }
    guard let found else { throw .symmetryNotFound(tolerance: tolerance) }
    self = found
  }

  private init(
    number: Int, symbol: String, equivalentAtoms: [Int], conventional: Structure,
    primitive: Structure
  ) {
    spaceGroupNumber = number
    spaceGroupSymbol = symbol
    self.equivalentAtoms = equivalentAtoms
    self.conventional = conventional
    self.primitive = primitive
  }

  private static func search(_ structure: Structure, tolerance: Double) -> Symmetry? {
    var lattice = Symmetry.columns(structure.cell)
    var positions = structure.fractionalPositions.map { ($0.vector.x, $0.vector.y, $0.vector.z) }
    var types = structure.species.map { Int32($0.atomicNumber) }
    guard
      let dataset = spg_get_dataset(
        &lattice, &positions, &types, Int32(structure.count), tolerance)
    else { return nil }
    defer { spg_free_dataset(dataset) }
    let number = Int(dataset.pointee.spacegroup_number)
    guard number > 0 else { return nil }
    let symbol = withUnsafeBytes(of: dataset.pointee.international_symbol) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let equivalent = (0..<structure.count).map { Int(dataset.pointee.equivalent_atoms[$0]) }
    guard let conventional = standardized(structure, primitive: false, tolerance: tolerance),
      let primitive = standardized(structure, primitive: true, tolerance: tolerance)
    else { return nil }
    return Symmetry(
      number: number, symbol: symbol, equivalentAtoms: equivalent, conventional: conventional,
      primitive: primitive)
  }

  /// Space-group operations in the basis of the structure's own cell.
  ///
  /// - Parameters:
  ///   - structure: a valid structure.
  ///   - tolerance: distance in angstrom within which atoms count as equivalent.
  /// - Returns: the operations, and for each atom the first atom that a pure translation maps to it.
  /// - Throws: ``StructureError/symmetryNotFound(tolerance:)``.
  public static func operations(
    of structure: Structure, tolerance: Double = 1e-3
  ) throws(StructureError) -> (operations: [SpaceGroupOperation], translationClasses: [Int]) {
    let found = lock.withLock { _ -> ([SpaceGroupOperation], [Int])? in
      var lattice = columns(structure.cell)
      var positions = structure.fractionalPositions.map { ($0.vector.x, $0.vector.y, $0.vector.z) }
      var types = structure.species.map { Int32($0.atomicNumber) }
      guard
        let dataset = spg_get_dataset(
          &lattice, &positions, &types, Int32(structure.count), tolerance)
      else { return nil }
      defer { spg_free_dataset(dataset) }
      func row(_ row: (Int32, Int32, Int32)) -> SIMD3<Int> {
        SIMD3(Int(row.0), Int(row.1), Int(row.2))
      }
      let operations = (0..<Int(dataset.pointee.n_operations)).map { index in
        let rotation = dataset.pointee.rotations[index]
        let translation = dataset.pointee.translations[index]
        return SpaceGroupOperation(
          rotation: IntegerMatrix3(row(rotation.0), row(rotation.1), row(rotation.2)),
          translation: Vector3(translation.0, translation.1, translation.2))
      }
      return (
        operations, (0..<structure.count).map { Int(dataset.pointee.mapping_to_primitive[$0]) }
      )
    }
    guard let found else { throw .symmetryNotFound(tolerance: tolerance) }
    return (found.0, found.1)
  }

  private static func standardized(
    _ structure: Structure, primitive: Bool, tolerance: Double
  ) -> Structure? {
    // A conventional cell holds at most four times the atoms of a primitive one.
    let capacity = 4 * structure.count
    var lattice = columns(structure.cell)
    var positions = structure.fractionalPositions.map { ($0.vector.x, $0.vector.y, $0.vector.z) }
    positions += Array(repeating: (0, 0, 0), count: capacity - structure.count)
    var types = structure.species.map { Int32($0.atomicNumber) }
    types += Array(repeating: 0, count: capacity - structure.count)
    let count = spg_standardize_cell(
      &lattice, &positions, &types, Int32(structure.count), primitive ? 1 : 0, 0, tolerance)
    guard count > 0 else { return nil }
    let elements = types.prefix(Int(count)).compactMap { Element(atomicNumber: Int($0)) }
    return Structure(
      cell: cell(columns: lattice), species: elements,
      fractionalPositions: positions.prefix(Int(count)).map {
        FractionalPosition($0.0, $0.1, $0.2)
      })
  }

  /// spglib's lattice: element [i][j] is component i of vector j.
  private static func columns(_ cell: Cell) -> [(Double, Double, Double)] {
    [
      (cell.a.x, cell.b.x, cell.c.x),
      (cell.a.y, cell.b.y, cell.c.y),
      (cell.a.z, cell.b.z, cell.c.z),
    ]
  }

  private static func cell(columns: [(Double, Double, Double)]) -> Cell {
    Cell(
      a: Vector3(columns[0].0, columns[1].0, columns[2].0),
      b: Vector3(columns[0].1, columns[1].1, columns[2].1),
      c: Vector3(columns[0].2, columns[1].2, columns[2].2))
  }
}

/// An operation of a space group on fractional positions: `x' = W x + w`.
public struct SpaceGroupOperation: Sendable, Hashable {
  /// W: row i gives component i of the image.
  public var rotation: IntegerMatrix3
  /// w, in units of the cell vectors.
  public var translation: Vector3

  /// Creates an operation from its two parts.
  public init(rotation: IntegerMatrix3, translation: Vector3) {
    self.rotation = rotation
    self.translation = translation
  }

  /// Whether the operation is a translation alone.
  public var isTranslation: Bool { rotation == .diagonal(1, 1, 1) }
}

extension Structure {
  /// Whether a space-group operation turns c into -c: for a slab, exchanges its two faces.
  ///
  /// - Parameter tolerance: distance in angstrom within which atoms count as equivalent.
  /// - Returns: whether there is such an operation.
  /// - Throws: ``StructureError/symmetryNotFound(tolerance:)``.
  public func hasOperationReversingNormal(tolerance: Double) throws(StructureError) -> Bool {
    try Symmetry.operations(of: self, tolerance: tolerance).operations
      .contains { $0.rotation.rows.2.z == -1 }
  }
}
