import Dispatch
public import Engines
import Foundation
public import Structures
import Synchronization

/// A potential with fixed coefficients, ready to be evaluated fast.
///
/// All functions of an atom's surroundings are added up to one polynomial in the atomic base, ordered so that
/// products of two factors are made once and the last factor runs over neighbouring numbers: energy and its
/// derivatives by the base then cost a few operations for each product, and each neighbour as many as there are
/// A. Radial functions come from a table of cubic pieces.
///
/// ## References
/// Y. Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021), doi:10.1038/s41524-021-00559-9.
public struct CompiledPotential: Sendable {
  let basis: ClusterBasis
  /// Polynomial around each element.
  private let polynomials: [BasePolynomial]
  /// Radial functions of each pair, centre first.
  private let tables: [RadialTable]

  /// Prepares coefficients for evaluation.
  ///
  /// - Parameters:
  ///   - basis: the functions.
  ///   - coefficients: one for each in the order of the basis, eV.
  public init(basis: ClusterBasis, coefficients: [Double]) {
    precondition(coefficients.count == basis.count, "one coefficient for each function")
    self.basis = basis
    polynomials = basis.settings.elements.indices.map {
      BasePolynomial(basis: basis, coefficients: coefficients, centre: $0)
    }
    tables = zip(basis.radial, basis.cores).map { RadialTable($0, core: $1) }
  }

  /// Elements that it knows.
  public var elements: [Element] { basis.settings.elements }

  /// Energy, forces and stress of a structure; its atoms are shared among the machine's cores.
  ///
  /// - Parameter structure: of the potential's elements only.
  /// - Returns: the evaluation and the energy of each atom in eV. O(atoms).
  public func evaluate(_ structure: Structure) -> (evaluation: Evaluation, atomEnergies: [Double]) {
    var neighborhood = PeriodicNeighborhood(cutoff: basis.settings.cutoff, skin: 0)
    neighborhood.update(structure)
    return evaluate(structure, neighborhood)
  }

  /// The same with a neighbourhood that is kept from call to call.
  package func evaluate(
    _ structure: Structure, _ neighborhood: PeriodicNeighborhood,
    cores: Int = ProcessInfo.processInfo.activeProcessorCount
  ) -> (evaluation: Evaluation, atomEnergies: [Double]) {
    let numbers = structure.species.map { basis.index(of: $0) ?? 0 }
    let count = structure.count
    let pieces = max(1, min(cores, count / 8 + 1))
    let shares = Mutex([Share?](repeating: nil, count: pieces))
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
      var share = Share(atoms: count)
      let range = (count * piece / pieces)..<(count * (piece + 1) / pieces)
      add(range, numbers, neighborhood, to: &share)
      let done = share
      shares.withLock { $0[piece] = done }
    }
    var total = Share(atoms: count)
    for share in shares.withLock({ $0 }) { if let share { total.add(share) } }
    let v = total.virial.map { $0 / structure.cell.volume }
    let evaluation = Evaluation(
      energy: total.energies.reduce(0, +),
      forces: (0..<count).map {
        Vector3(total.forces[3 * $0], total.forces[3 * $0 + 1], total.forces[3 * $0 + 2])
      },
      stress: Matrix3(
        rows: Vector3(v[0], v[5], v[4]), Vector3(v[5], v[1], v[3]), Vector3(v[4], v[3], v[2])))
    return (evaluation, total.energies)
  }

  /// What some of the atoms add.
  private struct Share: Sendable {
    var energies: [Double]
    var forces: [Double]
    var virial = [Double](repeating: 0, count: 6)

    init(atoms: Int) {
      energies = [Double](repeating: 0, count: atoms)
      forces = [Double](repeating: 0, count: 3 * atoms)
    }

    mutating func add(_ other: Share) {
      for index in energies.indices { energies[index] += other.energies[index] }
      for index in forces.indices { forces[index] += other.forces[index] }
      for index in virial.indices { virial[index] += other.virial[index] }
    }
  }

  private func add(
    _ range: Range<Int>, _ numbers: [Int], _ neighborhood: PeriodicNeighborhood,
    to share: inout Share
  ) {
    let longest = range.map { neighborhood.starts[$0 + 1] - neighborhood.starts[$0] }.max() ?? 0
    let scratch = AtomScratch(basis, neighbors: longest)
    neighborhood.coordinates.withUnsafeBufferPointer { coordinates in
      neighborhood.neighbors.withUnsafeBufferPointer { list in
        share.forces.withUnsafeMutableBufferPointer { forces in
          for atom in range {
            let bounds = neighborhood.starts[atom]..<neighborhood.starts[atom + 1]
            share.energies[atom] = one(
              atom, numbers, neighborhood, coordinates, list[bounds], scratch, forces,
              &share.virial)
          }
        }
      }
    }
  }

  /// One atom: its energy, and the forces that follow from it.
  private func one(
    _ atom: Int, _ numbers: [Int], _ neighborhood: PeriodicNeighborhood,
    _ coordinates: UnsafeBufferPointer<Double>, _ list: Slice<UnsafeBufferPointer<Int32>>,
    _ scratch: AtomScratch, _ forces: UnsafeMutableBufferPointer<Double>, _ virial: inout [Double]
  ) -> Double {
    let centre = numbers[atom]
    let (x, y, z) = (coordinates[3 * atom], coordinates[3 * atom + 1], coordinates[3 * atom + 2])
    let square = basis.settings.cutoff * basis.settings.cutoff
    scratch.clear()
    var energy = 0.0
    for padded in list {
      let index = Int(padded)
      let dx = coordinates[3 * index] - x
      let dy = coordinates[3 * index + 1] - y
      let dz = coordinates[3 * index + 2] - z
      let distance = dx * dx + dy * dy + dz * dz
      guard distance < square else { continue }
      let owner =
        index < neighborhood.count ? index : Int(neighborhood.owners[index - neighborhood.count])
      let element = numbers[owner]
      energy += scratch.take(
        dx, dy, dz, distance.squareRoot(), owner: owner, element: element,
        table: tables[centre * basis.settings.elements.count + element])
    }
    energy += polynomials[centre].evaluate(scratch.base, adjoint: scratch.adjoint)
    scratch.handOut(atom, forces, &virial)
    return energy
  }
}
