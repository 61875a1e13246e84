import Foundation
import Structures

/// Quasi-Newton steps for many atoms: L-BFGS preconditioned by the graph of neighbours.
///
/// Where ``QuasiNewton`` keeps the whole matrix of second derivatives, this keeps the last steps, and
/// what is stiff and what is soft comes from springs between neighbours, whose system of equations is
/// solved roughly by conjugate gradients. Cost and memory grow linearly with the number of atoms.
///
/// ## References
/// J. Nocedal, Math. Comput. 35, 773 (1980), doi:10.1090/S0025-5718-1980-0572855-7;
/// D. Packwood et al., J. Chem. Phys. 144, 164109 (2016), doi:10.1063/1.4947024.
struct LimitedMemory {
  /// Steps that are remembered.
  private static let depth = 12

  private let springs: SpringNetwork
  private let positionCount: Int
  private var steps: [[Double]] = []
  private var changes: [[Double]] = []
  /// Scale of the springs, from the last observed curvature.
  private var scale = 1.0
  /// Share of the full step that the last one took.
  private var share = 1.0

  init(_ structure: Structure, strains: [Matrix3], strainLength: Double) {
    springs = SpringNetwork(structure, strains: strains, strainLength: strainLength)
    positionCount = 3 * structure.count
  }

  /// Learns from a step and the change of the gradient along it; noise without curvature is left out.
  mutating func update(step: [Double], change: [Double]) {
    let curvature = dot(step, change)
    guard curvature > 1e-10 * (dot(step, step) * dot(change, change)).squareRoot() else { return }
    let smoothed = springs.solved(change)
    let denominator = dot(change, smoothed)
    if denominator > 0 { scale = min(10, max(0.05, curvature / denominator)) }
    steps.append(step)
    changes.append(change)
    if steps.count > LimitedMemory.depth {
      steps.removeFirst()
      changes.removeFirst()
    }
  }

  /// The step downhill, shortened so that no atom and no strain moves farther than `radius` angstrom.
  mutating func step(gradient: [Double], radius: Double) -> [Double] {
    var vector = gradient
    var weights: [Double] = []
    for (step, change) in zip(steps, changes).reversed() {
      let weight = dot(step, vector) / dot(step, change)
      weights.append(weight)
      add(-weight, change, to: &vector)
    }
    vector = springs.solved(vector)
    for index in vector.indices { vector[index] *= scale }
    for (pair, weight) in zip(zip(steps, changes), weights.reversed()) {
      add(weight - dot(pair.1, vector) / dot(pair.0, pair.1), pair.0, to: &vector)
    }
    for index in vector.indices { vector[index] = -vector[index] }
    if dot(vector, gradient) >= 0 {
      // What was learned points uphill: begin again.
      steps = []
      changes = []
      vector = springs.solved(gradient).map { -scale * $0 }
    }
    let longest = length(vector)
    share = longest > radius ? radius / longest : 1
    return share < 1 ? vector.map { share * $0 } : vector
  }

  /// Decrease of the energy that the quadratic model promises for the last step, eV.
  func predictedDecrease(gradient: [Double], step: [Double]) -> Double {
    -dot(gradient, step) * (1 - share / 2)
  }

  /// Longest move of an atom or of a strain coordinate, angstrom.
  func length(_ step: [Double]) -> Double {
    var longest = 0.0
    for atom in stride(from: 0, to: positionCount, by: 3) {
      let square =
        step[atom] * step[atom] + step[atom + 1] * step[atom + 1] + step[atom + 2] * step[atom + 2]
      longest = max(longest, square)
    }
    return step[positionCount...].reduce(longest.squareRoot()) { max($0, $1.magnitude) }
  }

  private func dot(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }

  private func add(_ factor: Double, _ other: [Double], to vector: inout [Double]) {
    for index in vector.indices { vector[index] += factor * other[index] }
  }
}

/// Springs between neighbours as a sparse matrix: the physics of ``ModelHessian`` for many atoms.
struct SpringNetwork {
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
    var square = dot(residual, smoothed)
    let goal = 1e-4 * square
    var round = 0
    while square > goal, square > 0, round < 60 {
      let image = applied(direction)
      let step = square / dot(direction, image)
      for index in 0..<size {
        moves[index] += step * direction[index]
        residual[index] -= step * image[index]
        smoothed[index] = residual[index] / diagonal[index]
      }
      let next = dot(residual, smoothed)
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

  private func dot(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }
}

/// The model of the energy that a relaxation steps on: the whole matrix for few atoms, its action alone
/// for many.
enum StepModel {
  case dense(QuasiNewton)
  case sparse(LimitedMemory)

  /// Up to this many atoms a matrix and its eigenvectors cost less than any engine's force call.
  static let denseLimit = 120

  init(_ structure: Structure, strains: [Matrix3], strainLength: Double) {
    self =
      structure.count <= StepModel.denseLimit
      ? .dense(
        QuasiNewton(
          ModelHessian(structure, strains: strains, strainLength: strainLength),
          positionCount: 3 * structure.count))
      : .sparse(LimitedMemory(structure, strains: strains, strainLength: strainLength))
  }

  mutating func update(step: [Double], change: [Double]) {
    switch self {
    case .dense(var model):
      model.update(step: step, change: change)
      self = .dense(model)
    case .sparse(var model):
      model.update(step: step, change: change)
      self = .sparse(model)
    }
  }

  mutating func step(gradient: [Double], radius: Double) -> [Double] {
    switch self {
    case .dense(let model): return model.step(gradient: gradient, radius: radius)
    case .sparse(var model):
      let step = model.step(gradient: gradient, radius: radius)
      self = .sparse(model)
      return step
    }
  }

  func predictedDecrease(gradient: [Double], step: [Double]) -> Double {
    switch self {
    case .dense(let model): model.predictedDecrease(gradient: gradient, step: step)
    case .sparse(let model): model.predictedDecrease(gradient: gradient, step: step)
    }
  }

  func length(_ step: [Double]) -> Double {
    switch self {
    case .dense(let model): model.length(step)
    case .sparse(let model): model.length(step)
    }
  }
}
