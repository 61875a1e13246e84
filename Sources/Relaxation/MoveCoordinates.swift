import Engines
import Structures

/// The numbers that a relaxation changes: places of atoms and, where a cell is free, its strains.
///
/// Strains are counted from the cell in which a relaxation began and scaled to lengths; atoms are where they would be in
/// that cell, so that a strain alone moves none. Forces are minus the derivatives of the energy, those of strains up to
/// products of strains: for all else than a difference that vanishes with the strain they are exact.
struct MoveCoordinates: Sendable {
  /// The cell in which the relaxation began.
  private let origin: Cell
  /// Orthonormal strains that are free; empty where the cell is held.
  let strains: [Matrix3]
  /// What a strain is multiplied with to become a length, angstrom.
  let strainLength: Double

  /// Coordinates of everything that a relaxation from a structure may reach.
  ///
  /// - Parameters:
  ///   - start: where it begins.
  ///   - strains: orthonormal, as deformations `r -> (1 + e) r`; empty where the cell is held.
  init(from start: Structure, strains: [Matrix3] = []) {
    origin = start.cell
    self.strains = strains
    // The step limit of an atom then limits the move of the cell's far corner too.
    strainLength = start.cell.lengths.max()
  }

  /// x, y, z of each atom in turn, then the scaled strains, angstrom.
  func values(of structure: Structure) -> [Double] {
    guard !strains.isEmpty else { return structure.coordinates }
    let deformation = structure.cell.deformation(from: origin)
    let places = structure.inCell(origin)
    return places.coordinates + contracted(deformation - .identity).map { $0 * strainLength }
  }

  /// Forces on the coordinates, eV/angstrom; nil where a stress is needed that is not there.
  func forces(_ forces: [Vector3], stress: Matrix3?, in structure: Structure) -> [Double]? {
    let ofAtoms = forces.flatMap { [$0.x, $0.y, $0.z] }
    guard !strains.isEmpty else { return ofAtoms }
    guard let stress else { return nil }
    return ofAtoms + contracted(stress).map { -structure.cell.volume * $0 / strainLength }
  }

  /// The stress of forces on the strains, eV/angstrom^3; zero where the cell is held.
  func stress(ofForces forces: [Double], in structure: Structure) -> Matrix3 {
    var result = Matrix3.zero
    for (strain, force) in zip(strains, forces[(3 * structure.count)...]) {
      result = result + strain * (-force * strainLength / structure.cell.volume)
    }
    return result
  }

  /// Farthest move of an atom or a strain between two structures, angstrom.
  func farthestMove(from origin: Structure, to structure: Structure) -> Double {
    guard !strains.isEmpty else { return structure.farthestMove(from: origin) }
    let move = Vectors.difference(values(of: structure), values(of: origin))
    return length(move)
  }

  /// Length of a move: that of the atom or strain that moves farthest, angstrom.
  func length(_ move: [Double]) -> Double {
    let ofAtoms = move.count - strains.count
    return move[ofAtoms...].reduce(Vectors.longestTriple(Array(move[..<ofAtoms]))) {
      max($0, $1.magnitude)
    }
  }

  /// The step that leads from one structure to another: moves of atoms after the cell was strained, then scaled strains.
  ///
  /// A rotation of the cell, which no strain can make, is left out; atoms keep their places in the cell.
  func step(from structure: Structure, to goal: Structure) -> [Double] {
    guard !strains.isEmpty else {
      return Vectors.difference(goal.coordinates, structure.coordinates)
    }
    let amounts = contracted(goal.cell.deformation(from: structure.cell) - .identity)
    let strained = structure.deformed(by: deformation(amounts))
    let moves = Vectors.difference(goal.inCell(strained.cell).coordinates, strained.coordinates)
    return moves + amounts.map { $0 * strainLength }
  }

  /// The structure where a step from another one leads.
  func moved(_ structure: Structure, by step: [Double]) -> Structure {
    let amounts = step[(3 * structure.count)...].map { $0 / strainLength }
    var result = strains.isEmpty ? structure : structure.deformed(by: deformation(amounts))
    for atom in 0..<structure.count {
      result.positions[atom].vector += Vector3(
        step[3 * atom], step[3 * atom + 1], step[3 * atom + 2])
    }
    return result
  }

  /// `1 + e` for amounts of the free strains.
  private func deformation(_ amounts: [Double]) -> Matrix3 {
    zip(strains, amounts).reduce(Matrix3.identity) { $0 + $1.0 * $1.1 }
  }

  /// The share of each free strain in a matrix.
  func contracted(_ matrix: Matrix3) -> [Double] {
    strains.map { matrix.contracted(with: $0) }
  }
}

extension Matrix3 {
  /// Sum of the products of like elements.
  func contracted(with other: Matrix3) -> Double {
    var sum = 0.0
    for i in 0..<3 {
      for j in 0..<3 { sum += self[i, j] * other[i, j] }
    }
    return sum
  }
}

extension Cell {
  /// The linear map that takes the vectors of another cell to this one's.
  func deformation(from other: Cell) -> Matrix3 {
    // Rows of the inverse of the matrix whose columns are the vectors.
    let inverse = other.reciprocal
    return Matrix3(rows: a, b, c).transposed * Matrix3(rows: inverse.a, inverse.b, inverse.c)
  }
}

extension Structure {
  /// The same fractional places in another cell.
  func inCell(_ other: Cell) -> Structure {
    guard other != cell else { return self }
    let map = other.deformation(from: cell)
    return Structure(
      cell: other, species: species,
      positions: positions.map { CartesianPosition(map.apply($0.vector)) })
  }
}
