import Engines
import Structures

/// The numbers that a relaxation changes: places of atoms and, where a cell is free, its strains.
///
/// Strains are counted from the cell in which a relaxation began and scaled to lengths; atoms are where they would be in
/// that cell, so that a strain alone moves none. Forces are minus the derivatives of the energy in the cell where the
/// relaxation began; elsewhere they are off by a share as large as the strain, which a correction of some percent of a
/// force can bear.
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
    let strain = structure.cell.deformation(from: origin) - .identity
    return structure.keepingFractions(in: origin).coordinates
      + contracted(strain).map { $0 * strainLength }
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
    let strained = structure.deformed(by: deformation(by: amounts))
    let there = goal.keepingFractions(in: strained.cell)
    let moves = Vectors.difference(there.coordinates, strained.coordinates)
    return moves + amounts.map { $0 * strainLength }
  }

  /// The structure where a step from another one leads.
  func moved(_ structure: Structure, by step: [Double]) -> Structure {
    let amounts = step[(3 * structure.count)...].map { $0 / strainLength }
    var result = strains.isEmpty ? structure : structure.deformed(by: deformation(by: amounts))
    for atom in 0..<structure.count {
      result.positions[atom].vector += Vector3(
        step[3 * atom], step[3 * atom + 1], step[3 * atom + 2])
    }
    return result
  }

  /// Whether a structure can be reached from another one by moves of atoms and free strains alone.
  func reaches(_ goal: Structure, from start: Structure) -> Bool {
    let volume = goal.cell.volume / start.cell.volume
    guard goal.species == start.species, (0.1...10).contains(volume),
      goal.coordinates.allSatisfy(\.isFinite)
    else { return false }
    // With all strains free every cell is reached; steps one after the other turn it too, which a single one does not.
    return strains.count == 6
      || moved(start, by: step(from: start, to: goal)).cell.isNearly(goal.cell, tolerance: 1e-6)
  }

  /// Number of moves, of atoms beside each other and of strains, that leave a structure its symmetry; O(atoms^2) for each
  /// operation.
  func freedoms(of structure: Structure, fixedAtoms: Set<Int>) -> Int {
    let symmetry = SymmetricMoves(of: structure, strains: strains, fixedAtoms: fixedAtoms)
    let count = 3 * structure.count
    // The trace of a projection is the dimension of the space that it projects on.
    var trace = 0.0
    for index in 0..<(count + strains.count) {
      var move = [Double](repeating: 0, count: count + strains.count)
      move[index] = 1
      if index < count {
        // Without the drift of the whole.
        for atom in 0..<structure.count {
          move[3 * atom + index % 3] -= 1 / Double(structure.count)
        }
      }
      trace += symmetry.projected(move)[index]
    }
    return Int(trace.rounded())
  }

  /// `1 + e` for amounts of the free strains.
  private func deformation(by amounts: [Double]) -> Matrix3 {
    zip(strains, amounts).reduce(Matrix3.identity) { $0 + $1.0 * $1.1 }
  }

  /// The share of each free strain in a matrix.
  func contracted(_ matrix: Matrix3) -> [Double] {
    strains.map { matrix.contracted(with: $0) }
  }
}
