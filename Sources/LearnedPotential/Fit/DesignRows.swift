import Dispatch
import Foundation
public import Structures
import Synchronization

/// Energy, forces and stress of one structure as linear functions of a basis's coefficients, and what the
/// repulsive cores add.
public struct DesignRows: Sendable {
  /// Number of atoms.
  public let atoms: Int
  /// Derivative of the energy by each coefficient; dimensionless.
  public let energy: [Double]
  /// Derivatives of the forces: for each coefficient 3 numbers for each atom, 1/angstrom.
  public let forces: [Double]
  /// Derivatives of cell volume times stress: for each coefficient xx, yy, zz, yz, xz, xy.
  public let virial: [Double]
  /// Energy of the repulsive cores, eV.
  public let coreEnergy: Double
  /// Their forces, eV/angstrom, 3 for each atom.
  public let coreForces: [Double]
  /// Their volume times stress, eV.
  public let coreVirial: [Double]
  /// With whose forces each atom's share a noise.
  let forceClasses: [ForceClass]

  /// Computes the rows, atoms shared among the machine's cores.
  ///
  /// - Parameters:
  ///   - structure: of the basis's elements only.
  ///   - basis: any.
  public init(_ structure: Structure, basis: ClusterBasis) {
    atoms = structure.count
    forceClasses = ForceClass.classes(of: structure, in: basis.settings.elements)
    let surroundings = basis.surroundings(of: structure)
    let pieces = max(1, min(ProcessInfo.processInfo.activeProcessorCount, structure.count))
    let parts = Mutex([DesignPart?](repeating: nil, count: pieces))
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
      var part = DesignPart(atoms: structure.count, coefficients: basis.count)
      for atom in stride(from: piece, to: structure.count, by: pieces) {
        part.add(atom, surroundings[atom], basis)
      }
      let done = part
      parts.withLock { $0[piece] = done }
    }
    var sum = DesignPart(atoms: structure.count, coefficients: basis.count)
    // In order, so that the sum does not hang on who was first.
    for part in parts.withLock({ $0 }) { if let part { sum.add(part) } }
    energy = sum.energy
    forces = sum.forces
    virial = sum.virial
    coreEnergy = sum.coreEnergy
    coreForces = sum.coreForces
    coreVirial = sum.coreVirial
  }
}

/// Rows of some of a structure's atoms.
private struct DesignPart: Sendable {
  let atoms: Int
  var energy: [Double]
  var forces: [Double]
  var virial: [Double]
  var coreEnergy = 0.0
  var coreForces: [Double]
  var coreVirial = [Double](repeating: 0, count: 6)

  /// Pairs of axes in the order of a virial's six numbers.
  private static let pairs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]

  init(atoms: Int, coefficients: Int) {
    self.atoms = atoms
    energy = [Double](repeating: 0, count: coefficients)
    forces = [Double](repeating: 0, count: 3 * atoms * coefficients)
    virial = [Double](repeating: 0, count: 6 * coefficients)
    coreForces = [Double](repeating: 0, count: 3 * atoms)
  }

  mutating func add(_ other: DesignPart) {
    for index in energy.indices { energy[index] += other.energy[index] }
    for index in forces.indices { forces[index] += other.forces[index] }
    for index in virial.indices { virial[index] += other.virial[index] }
    coreEnergy += other.coreEnergy
    for index in coreForces.indices { coreForces[index] += other.coreForces[index] }
    for index in coreVirial.indices { coreVirial[index] += other.coreVirial[index] }
  }

  mutating func add(_ atom: Int, _ surroundings: AtomicSurroundings, _ basis: ClusterBasis) {
    let (values, derivatives) = basis.atomicBase(surroundings)
    let block = basis.offsets[basis.offsets.count - 1]
    energy[basis.coefficientIndex(centre: surroundings.centre, function: nil)] += 1
    var gradients = surroundings.neighbors.map { [Double](repeating: 0, count: 3 * $0.count) }
    for (number, function) in basis.functions.enumerated() {
      let row = basis.coefficientIndex(centre: surroundings.centre, function: number)
      var value = 0.0
      for term in function.terms {
        value += term.factors.reduce(term.coefficient) { $0 * values[Int($1)] }
      }
      energy[row] += value
      var touched = Set<Int>()
      for (base, terms) in function.derivatives {
        var slope = 0.0
        for term in terms {
          slope += term.factors.reduce(term.coefficient) { $0 * values[Int($1)] }
        }
        let element = Int(base) / block
        let width = 3 * surroundings.neighbors[element].count
        guard slope != 0, width > 0 else { continue }
        if touched.insert(element).inserted {
          for index in 0..<width { gradients[element][index] = 0 }
        }
        let start = (Int(base) % block) * width
        derivatives[element].withUnsafeBufferPointer { source in
          gradients[element].withUnsafeMutableBufferPointer { sum in
            for index in 0..<width { sum[index] += slope * source[start + index] }
          }
        }
      }
      // In their order, for a set's own differs from run to run, and a fit's last digits with it.
      for element in gradients.indices where touched.contains(element) {
        scatter(gradients[element], surroundings.neighbors[element], atom: atom, row: row)
      }
    }
    addCores(atom, surroundings, basis)
  }

  /// Hands the derivatives by displacements to the forces on centre and neighbours, and to the virial.
  private mutating func scatter(
    _ gradient: [Double], _ neighbors: [AtomicSurroundings.Neighbor], atom: Int, row: Int
  ) {
    let home = 3 * atoms * row
    forces.withUnsafeMutableBufferPointer { forces in
      virial.withUnsafeMutableBufferPointer { virial in
        for (number, neighbor) in neighbors.enumerated() {
          let g = Vector3(
            gradient[3 * number], gradient[3 * number + 1], gradient[3 * number + 2])
          let d = neighbor.displacement
          let (there, here) = (home + 3 * neighbor.owner, home + 3 * atom)
          forces[there] -= g.x
          forces[there + 1] -= g.y
          forces[there + 2] -= g.z
          forces[here] += g.x
          forces[here + 1] += g.y
          forces[here + 2] += g.z
          virial[6 * row] += g.x * d.x
          virial[6 * row + 1] += g.y * d.y
          virial[6 * row + 2] += g.z * d.z
          virial[6 * row + 3] += g.y * d.z
          virial[6 * row + 4] += g.x * d.z
          virial[6 * row + 5] += g.x * d.y
        }
      }
    }
  }

  private mutating func addCores(
    _ atom: Int, _ surroundings: AtomicSurroundings, _ basis: ClusterBasis
  ) {
    for (element, neighbors) in surroundings.neighbors.enumerated() {
      let core = basis.cores[surroundings.centre * basis.settings.elements.count + element]
      for neighbor in neighbors {
        let (energy, slope) = core.value(at: neighbor.distance)
        guard energy != 0 || slope != 0 else { continue }
        coreEnergy += energy
        for axis in 0..<3 {
          let g = slope * neighbor.displacement[axis] / neighbor.distance
          coreForces[3 * neighbor.owner + axis] -= g
          coreForces[3 * atom + axis] += g
        }
        for (index, pair) in DesignPart.pairs.enumerated() {
          coreVirial[index] +=
            slope * neighbor.displacement[pair.0] * neighbor.displacement[pair.1]
            / neighbor.distance
        }
      }
    }
  }
}
