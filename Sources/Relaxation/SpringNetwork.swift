import Foundation
import Structures

/// What is stiff and what is soft, known before any force: turns forces into moves of about the right
/// length and shape.
protocol Preconditioner: Sendable {
  /// Moves, in angstrom, of coordinates under forces.
  func solved(_ forces: [Double]) -> [Double]
}

/// Springs between neighbours as a sparse matrix: the physics of ``ModelHessian`` for many atoms.
struct SpringNetwork: Preconditioner {
  private struct Spring {
    var first: Int
    var second: Int
    var stiffness: Double
    var direction: Vector3
  }

  private let springs: [Spring]
  private let atoms: Int
  /// Stiffness of each scaled strain, eV/angstrom^2.
  private let strainStiffness: [Double]
  /// Diagonal of the matrix over positions, for the conjugate gradients.
  private let diagonal: [Double]

  init(_ structure: Structure, strains: [Matrix3], strainLength: Double) {
    let count = structure.count
    var neighborhood = PeriodicNeighborhood(cutoff: 6, skin: 0)
    neighborhood.update(structure)
    let found = neighborhood
    func position(_ index: Int) -> Vector3 {
      Vector3(
        found.coordinates[3 * index], found.coordinates[3 * index + 1],
        found.coordinates[3 * index + 2])
    }
    let lists = (0..<count).map { atom -> [(owner: Int, vector: Vector3, distance: Double)] in
      found.neighbors[found.starts[atom]..<found.starts[atom + 1]].map {
        let index = Int($0)
        let vector = position(index) - position(atom)
        let owner = index < count ? index : Int(found.owners[index - count])
        return (owner, vector, vector.length)
      }
    }
    let nearest = lists.map { $0.map(\.distance).min() ?? 3 }
    var springs: [Spring] = []
    var diagonal = [Double](repeating: ModelHessian.floor, count: 3 * count)
    var strainStiffness = strains.map { _ in
      0.01 * structure.cell.volume / (strainLength * strainLength)
    }
    for (first, list) in lists.enumerated() {
      for neighbor in list {
        let ratio = neighbor.distance / max(nearest[first], nearest[neighbor.owner])
        guard ratio < 1.6 else { continue }
        let stiffness =
          ModelHessian.stiffness(structure.species[first], structure.species[neighbor.owner])
          * exp(-3 * (ratio - 1))
        let direction = neighbor.vector / neighbor.distance
        springs.append(
          Spring(
            first: first, second: neighbor.owner, stiffness: stiffness, direction: direction))
        if neighbor.owner != first {
          for axis in 0..<3 {
            let along = direction[axis] * direction[axis]
            diagonal[3 * first + axis] +=
              stiffness * (along + ModelHessian.transverse * (1 - along))
          }
        }
        for (index, strain) in strains.enumerated() {
          let stretch = strain.apply(direction).dot(direction)
          strainStiffness[index] +=
            0.5 * stiffness * neighbor.distance * neighbor.distance * stretch * stretch
            / (strainLength * strainLength)
        }
      }
    }
    atoms = count
    self.springs = springs
    self.diagonal = diagonal
    self.strainStiffness = strainStiffness
  }

  /// Moves that the springs make under forces, to about a hundredth; strains one by one.
  func solved(_ forces: [Double]) -> [Double] {
    let size = 3 * atoms
    var moves = [Double](repeating: 0, count: size)
    var residual = Array(forces[..<size])
    var smoothed = zip(residual, diagonal).map { $0 / $1 }
    var direction = smoothed
    var square = Vectors.dot(residual, smoothed)
    let goal = 1e-4 * square
    var round = 0
    while square > goal, square > 0, round < 60 {
      let image = applied(direction)
      let step = square / Vectors.dot(direction, image)
      for index in 0..<size {
        moves[index] += step * direction[index]
        residual[index] -= step * image[index]
        smoothed[index] = residual[index] / diagonal[index]
      }
      let next = Vectors.dot(residual, smoothed)
      let turn = next / square
      for index in 0..<size { direction[index] = smoothed[index] + turn * direction[index] }
      square = next
      round += 1
    }
    return moves + zip(forces[size...], strainStiffness).map { $0 / $1 }
  }

  /// The matrix times moves of all atoms.
  private func applied(_ moves: [Double]) -> [Double] {
    var result = moves.map { ModelHessian.floor * $0 }
    for spring in springs {
      let (i, j) = (3 * spring.first, 3 * spring.second)
      let x = moves[i] - moves[j]
      let y = moves[i + 1] - moves[j + 1]
      let z = moves[i + 2] - moves[j + 2]
      let n = spring.direction
      let along = (1 - ModelHessian.transverse) * (x * n.x + y * n.y + z * n.z)
      // Each pair is met from both ends, and each time acts on its first atom.
      result[i] += spring.stiffness * (along * n.x + ModelHessian.transverse * x)
      result[i + 1] += spring.stiffness * (along * n.y + ModelHessian.transverse * y)
      result[i + 2] += spring.stiffness * (along * n.z + ModelHessian.transverse * z)
    }
    return result
  }
}
