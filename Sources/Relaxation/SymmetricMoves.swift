import Structures

/// The moves of atoms, and of a cell's strains, that leave a structure the symmetry that it has.
///
/// An engine that uses the symmetry of a geometry answers with forces that have it to the last digit, so its own
/// steps never leave it. A model's do: where it finds a symmetric geometry unstable, rounding grows into moves of
/// hundredths of an angstrom within a hundred steps, and the engine then needs all points of its mesh.
struct SymmetricMoves: Sendable {
  /// A rotation, and for each atom the one that it goes to.
  private let operations: [(rotation: Matrix3, images: [Int])]
  /// What the mean over the operations makes of each free strain, in shares of the free strains.
  private let strains: [[Double]]

  /// Finds the operations of the space group.
  ///
  /// - Parameters:
  ///   - structure: the geometry; one whose symmetry is not found has none.
  ///   - strains: orthonormal strains that are free; operations that make one that is held of them are left out.
  ///   - fixedAtoms: that are held; operations that take one of them to one that moves are left out.
  ///   - tolerance: distance within which an atom counts as another one's image, angstrom: one that is larger than
  ///     rounding and far below what a force threshold could tell.
  init(
    of structure: Structure, strains: [Matrix3] = [], fixedAtoms: Set<Int> = [],
    tolerance: Double = 1e-4
  ) {
    let cell = structure.cell
    let (toCartesian, toFractional) = (cell.toCartesian, cell.toFractional)
    let found = (try? Symmetry.operations(of: structure, tolerance: tolerance).operations) ?? []
    func real(_ row: SIMD3<Int>) -> Vector3 { Vector3(Double(row.x), Double(row.y), Double(row.z)) }
    let operations: [(rotation: Matrix3, images: [Int])] = found.compactMap { operation in
      let rows = operation.rotation.rows
      let rotation =
        toCartesian * Matrix3(rows: real(rows.0), real(rows.1), real(rows.2))
        * toFractional
      let shift = toCartesian.apply(operation.translation)
      let images = structure.positions.map { position in
        let image = rotation.apply(position.vector) + shift
        return structure.positions.firstIndex {
          cell.nearestImage(image - $0.vector).length < 10 * tolerance
        }
      }
      let known = images.compactMap(\.self)
      guard Set(known).count == structure.count, rotation.keeps(strains),
        fixedAtoms.allSatisfy({ !known.indices.contains($0) || fixedAtoms.contains(known[$0]) })
      else { return nil }
      return (rotation, known)
    }
    self.operations = operations
    self.strains = strains.map { strain in
      let turned = operations.map(\.rotation).reduce(Matrix3.zero) { $0 + $1.turning(strain) }
      return strains.map { turned.contracted(with: $0) / Double(max(1, operations.count)) }
    }
  }

  /// The part of a move that has the symmetry: its mean over the operations.
  ///
  /// - Parameter moves: three numbers for each atom, and one for each free strain.
  /// - Returns: the same count of numbers.
  func projected(_ moves: [Double]) -> [Double] {
    guard operations.count > 1 else { return moves }
    var result = moves
    let atoms = operations[0].images.count
    for index in 0..<(3 * atoms) { result[index] = 0 }
    for (rotation, images) in operations {
      for (atom, image) in images.enumerated() {
        let turned = rotation.apply(
          Vector3(moves[3 * atom], moves[3 * atom + 1], moves[3 * atom + 2]))
        for axis in 0..<3 { result[3 * image + axis] += turned[axis] }
      }
    }
    for index in 0..<(3 * atoms) { result[index] /= Double(operations.count) }
    for index in strains.indices {
      result[3 * atoms + index] = 0
      for (other, shares) in strains.enumerated() {
        result[3 * atoms + index] += moves[3 * atoms + other] * shares[index]
      }
    }
    return result
  }
}

extension Matrix3 {
  /// A strain as it is after this rotation.
  fileprivate func turning(_ strain: Matrix3) -> Matrix3 { self * strain * transposed }

  /// Whether this rotation turns each of some orthonormal strains into a sum of them.
  fileprivate func keeps(_ strains: [Matrix3]) -> Bool {
    strains.allSatisfy { strain in
      let turned = turning(strain)
      let inside = strains.map { turned.contracted(with: $0) }.map { $0 * $0 }.reduce(0, +)
      return (turned.contracted(with: turned) - inside).magnitude < 1e-6
    }
  }
}
