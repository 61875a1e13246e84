import Structures

/// The moves of atoms that leave a structure the symmetry that it has.
///
/// An engine that uses the symmetry of a geometry answers with forces that have it to the last digit, so its own
/// steps never leave it. A model's do: where it finds a symmetric geometry unstable, rounding grows into moves of
/// hundredths of an angstrom within a hundred steps, and the engine then needs all points of its mesh.
struct SymmetricMoves: Sendable {
  /// A rotation, and for each atom the one that it goes to.
  private let operations: [(rotation: Matrix3, images: [Int])]

  /// Finds the operations of the space group.
  ///
  /// - Parameters:
  ///   - structure: the geometry; one whose symmetry is not found has none.
  ///   - fixedAtoms: that are held; operations that take one of them to one that moves are left out.
  ///   - tolerance: distance within which an atom counts as another one's image, angstrom: one that is larger than
  ///     rounding and far below what a force threshold could tell.
  init(of structure: Structure, fixedAtoms: Set<Int> = [], tolerance: Double = 1e-4) {
    let cell = structure.cell
    let reciprocal = cell.reciprocal
    let found = (try? Symmetry.operations(of: structure, tolerance: tolerance).operations) ?? []
    let places = structure.fractionalPositions.map(\.vector)
    operations = found.compactMap { operation in
      func turned(_ vector: Vector3) -> Vector3 {
        let rows = operation.rotation.rows
        func component(_ row: SIMD3<Int>) -> Double {
          Double(row.x) * vector.x + Double(row.y) * vector.y + Double(row.z) * vector.z
        }
        return Vector3(component(rows.0), component(rows.1), component(rows.2))
      }
      let images = places.map { place in
        let image = turned(place) + operation.translation
        return places.indices.first { other in
          let gap = image - places[other]
          let rest = Vector3(
            gap.x - gap.x.rounded(), gap.y - gap.y.rounded(), gap.z - gap.z.rounded())
          return cell.cartesian(FractionalPosition(rest.x, rest.y, rest.z)).vector.length
            < 10 * tolerance
        }
      }
      // Rows of the inverse of the cell's matrix are the reciprocal vectors.
      let axes = [cell.a, cell.b, cell.c]
      let backward = [reciprocal.a, reciprocal.b, reciprocal.c]
      var rotation = Matrix3.zero
      for column in 0..<3 {
        let place = Vector3(backward[0][column], backward[1][column], backward[2][column])
        let image = turned(place)
        for row in 0..<3 {
          rotation[row, column] =
            axes[0][row] * image.x + axes[1][row] * image.y + axes[2][row] * image.z
        }
      }
      let known = images.compactMap(\.self)
      guard Set(known).count == structure.count,
        fixedAtoms.allSatisfy({ !known.indices.contains($0) || fixedAtoms.contains(known[$0]) })
      else { return nil }
      return (rotation, known)
    }
  }

  /// The part of a move that has the symmetry: its mean over the operations.
  ///
  /// - Parameter moves: three numbers for each atom, and whatever follows them, which stays.
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
    return result
  }
}
