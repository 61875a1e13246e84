import CKim
import Engines
import Structures

/// A model with the arrays that KIM reads and writes: computes the share of some of the cell's atoms.
///
/// KIM adds up the energies of the *contributing* atoms and all forces that follow from them, on others
/// too. So the atoms of a cell can be split among workers: each takes the rest for padding, and their
/// energies and forces add up to the whole.
final class KIMWorker {
  private let model: KIMModel
  private var capacity = 0
  private var particleCount = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  private var energy = UnsafeMutablePointer<Double>.allocate(capacity: 1)
  private var codes = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  private var contributing = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  private var coordinates = UnsafeMutablePointer<Double>.allocate(capacity: 3)
  private var forces = UnsafeMutablePointer<Double>.allocate(capacity: 3)
  private var atoms = WorkerAtoms()
  private let lists: KIMNeighborLists

  init(model: KIMModel) {
    self.model = model
    lists = KIMNeighborLists(cutoffs: model.cutoffs)
  }

  deinit {
    particleCount.deallocate()
    energy.deallocate()
    codes.deallocate()
    contributing.deallocate()
    coordinates.deallocate()
    forces.deallocate()
  }

  /// Numbers a share of a cell's atoms as ``take(_:elements:)`` wants it.
  func atoms(share: [Int32], of neighborhood: PeriodicNeighborhood) -> WorkerAtoms {
    WorkerAtoms(share: share, of: neighborhood, includesPaddingLists: model.asksForPadding)
  }

  /// Takes over which atoms there are and which of them this worker is to compute.
  ///
  /// - Parameters:
  ///   - atoms: a share and what is near it.
  ///   - elements: element of each atom of the cell.
  /// - Throws: ``EngineError/unsupportedElement(model:element:supported:)``.
  func take(_ atoms: WorkerAtoms, elements: [Element]) throws(EngineError) {
    guard self.atoms !== atoms else { return }
    self.atoms = WorkerAtoms()
    reserve(atoms.padded.count)
    particleCount.pointee = Int32(atoms.padded.count)
    for (index, owner) in atoms.owners.enumerated() {
      let element = elements[Int(owner)]
      guard let code = model.code(of: element) else {
        throw .unsupportedElement(
          model: model.name, element: element, supported: model.knownElements)
      }
      codes[index] = code
      contributing[index] = index < atoms.contributingCount ? 1 : 0
    }
    lists.prepare(atoms)
    self.atoms = atoms
  }

  /// Computes the energy of the share that it took of the cell's atoms, and the forces that follow from it.
  ///
  /// - Parameter neighborhood: that of the share, coordinates renewed.
  /// - Returns: energy of the share in eV; ``addForces(to:virial:)`` hands out the forces.
  /// - Throws: ``EngineError/refused(engine:message:)`` where the model cannot compute the geometry.
  func compute(_ neighborhood: PeriodicNeighborhood) throws(EngineError) -> Double {
    neighborhood.coordinates.withUnsafeBufferPointer { source in
      for (index, padded) in atoms.padded.enumerated() {
        for axis in 0..<3 { coordinates[3 * index + axis] = source[3 * Int(padded) + axis] }
      }
    }
    lists.fill(atoms, coordinates: coordinates)
    let failed = setArguments()
    let status = failed != 0 ? failed : KIM_Model_Compute(model.handle, model.arguments)
    guard status == 0 else {
      throw .refused(
        engine: model.name, message: "the model cannot compute this geometry (atoms too close?)")
    }
    guard energy.pointee.isFinite else {
      throw .notFinite(engine: model.name, quantity: "energy", lastLines: [])
    }
    let components = UnsafeBufferPointer(start: forces, count: 3 * atoms.padded.count)
    guard components.allSatisfy(\.isFinite) else {
      throw .notFinite(engine: model.name, quantity: "force", lastLines: [])
    }
    return energy.pointee
  }

  /// Adds the forces of the last computation to their owners, and minus position times force of every atom
  /// and image to the virial.
  ///
  /// - Parameters:
  ///   - sums: of the cell's atoms, eV/angstrom.
  ///   - virial: nine components by rows, eV.
  func addForces(
    to sums: UnsafeMutableBufferPointer<Vector3>, virial: UnsafeMutableBufferPointer<Double>
  ) {
    for (index, owner) in atoms.owners.enumerated() {
      let force = Vector3(forces[3 * index], forces[3 * index + 1], forces[3 * index + 2])
      for i in 0..<3 {
        let position = coordinates[3 * index + i]
        virial[3 * i] -= position * force.x
        virial[3 * i + 1] -= position * force.y
        virial[3 * i + 2] -= position * force.z
      }
      sums[Int(owner)] += force
    }
  }

  private func reserve(_ total: Int) {
    guard total > capacity else { return }
    capacity = total + total / 8
    codes.deallocate()
    contributing.deallocate()
    coordinates.deallocate()
    forces.deallocate()
    codes = .allocate(capacity: capacity)
    contributing = .allocate(capacity: capacity)
    coordinates = .allocate(capacity: 3 * capacity)
    forces = .allocate(capacity: 3 * capacity)
  }

  private func setArguments() -> Int32 {
    let arguments = model.arguments
    var status = KIM_ComputeArguments_SetArgumentPointerInteger(
      arguments, KIM_COMPUTE_ARGUMENT_NAME_numberOfParticles, particleCount)
    status |= KIM_ComputeArguments_SetArgumentPointerInteger(
      arguments, KIM_COMPUTE_ARGUMENT_NAME_particleSpeciesCodes, codes)
    status |= KIM_ComputeArguments_SetArgumentPointerInteger(
      arguments, KIM_COMPUTE_ARGUMENT_NAME_particleContributing, contributing)
    status |= KIM_ComputeArguments_SetArgumentPointerDouble(
      arguments, KIM_COMPUTE_ARGUMENT_NAME_coordinates, coordinates)
    status |= KIM_ComputeArguments_SetArgumentPointerDouble(
      arguments, KIM_COMPUTE_ARGUMENT_NAME_partialEnergy, energy)
    status |= KIM_ComputeArguments_SetArgumentPointerDouble(
      arguments, KIM_COMPUTE_ARGUMENT_NAME_partialForces, forces)
    status |= KIM_ComputeArguments_SetCallbackPointer(
      arguments, KIM_COMPUTE_CALLBACK_NAME_GetNeighborList, KIM_LANGUAGE_NAME_c,
      unsafeBitCast(kimNeighborList, to: (@convention(c) () -> Void).self),
      lists.context)
    return status
  }
}
