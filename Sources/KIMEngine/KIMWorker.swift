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
  /// Forces on the cell's atoms and the padding, x, y, z in turn, eV/angstrom.
  private(set) var forces = UnsafeMutablePointer<Double>.allocate(capacity: 3)
  private let lists = ListView()

  /// What the callback reads: for each cut-off the lists, without what the skin adds.
  final class ListView {
    var starts: [[Int32]] = []
    var neighbors: [[Int32]] = []
  }

  init(model: KIMModel) { self.model = model }

  deinit {
    particleCount.deallocate()
    energy.deallocate()
    codes.deallocate()
    contributing.deallocate()
    coordinates.deallocate()
    forces.deallocate()
  }

  /// Computes the energy of a share of the cell's atoms, and the forces that follow from it.
  ///
  /// - Parameters:
  ///   - neighborhood: padded atoms and lists.
  ///   - elements: element of each atom of the cell.
  ///   - share: the atoms that contribute.
  /// - Returns: energy of the share in eV; forces are in ``forces``.
  /// - Throws: ``EngineError/refused(engine:message:)`` where the model cannot compute the geometry.
  func compute(
    _ neighborhood: PeriodicNeighborhood, elements: [Element], share: [Int32]
  ) throws(EngineError) -> Double {
    let total = neighborhood.paddedCount
    reserve(total)
    particleCount.pointee = Int32(total)
    for index in 0..<neighborhood.count {
      guard let code = model.code(of: elements[index]) else {
        throw .unsupportedElement(model: model.name, element: elements[index], supported: [])
      }
      codes[index] = code
    }
    for (image, owner) in neighborhood.owners.enumerated() {
      codes[neighborhood.count + image] = codes[Int(owner)]
    }
    contributing.update(repeating: 0, count: total)
    for index in share { contributing[Int(index)] = 1 }
    neighborhood.coordinates.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { coordinates.update(from: base, count: 3 * total) }
    }
    fillLists(neighborhood)
    let failed = setArguments()
    let status = failed != 0 ? failed : KIM_Model_Compute(model.handle, model.arguments)
    guard status == 0 else {
      throw .refused(
        engine: model.name, message: "the model cannot compute this geometry (atoms too close?)")
    }
    guard energy.pointee.isFinite else {
      throw .notFinite(engine: model.name, quantity: "energy", lastLines: [])
    }
    return energy.pointee
  }

  /// Models rely on the cut-off, and may hold several lists at once: each is made before they ask.
  private func fillLists(_ neighborhood: PeriodicNeighborhood) {
    let atoms = neighborhood.starts.count - 1
    lists.starts = []
    lists.neighbors = []
    for cutoff in model.cutoffs {
      let squared = cutoff * cutoff
      var starts = [Int32](repeating: 0, count: atoms + 1)
      var found = [Int32](repeating: 0, count: neighborhood.neighbors.count)
      var next = 0
      neighborhood.neighbors.withUnsafeBufferPointer { neighbors in
        found.withUnsafeMutableBufferPointer { found in
          for index in 0..<atoms {
            starts[index] = Int32(next)
            guard contributing[index] == 1 || model.asksForPadding else { continue }
            let (x, y, z) = (
              coordinates[3 * index], coordinates[3 * index + 1], coordinates[3 * index + 2]
            )
            for slot in neighborhood.starts[index]..<neighborhood.starts[index + 1] {
              let other = Int(neighbors[slot])
              let dx = coordinates[3 * other] - x
              let dy = coordinates[3 * other + 1] - y
              let dz = coordinates[3 * other + 2] - z
              if dx * dx + dy * dy + dz * dz <= squared {
                found[next] = Int32(other)
                next += 1
              }
            }
          }
        }
      }
      starts[atoms] = Int32(next)
      lists.starts.append(starts)
      lists.neighbors.append(found)
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
      Unmanaged.passUnretained(lists).toOpaque())
    return status
  }
}

/// Answers KIM's question for the neighbours of one atom; 0 is success.
private let kimNeighborList:
  @convention(c) (
    UnsafeMutableRawPointer?, Int32, UnsafePointer<Double>?, Int32, Int32,
    UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<UnsafePointer<Int32>?>?
  ) -> Int32 = { data, _, _, listIndex, particle, count, list in
    guard let data, let count, let list else { return 1 }
    let view = Unmanaged<KIMWorker.ListView>.fromOpaque(data).takeUnretainedValue()
    let (number, index) = (Int(listIndex), Int(particle))
    guard view.starts.indices.contains(number), index >= 0,
      index + 1 < view.starts[number].count
    else { return 1 }
    let start = Int(view.starts[number][index])
    count.pointee = view.starts[number][index + 1] - view.starts[number][index]
    // The arrays are not changed before the model is done, so their storage stays where it is.
    list.pointee = view.neighbors[number].withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { $0 + start }
    }
    return 0
  }
