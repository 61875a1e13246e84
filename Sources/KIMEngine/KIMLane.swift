import Dispatch
import Engines
import Structures
import Synchronization

/// What is kept from one geometry of some atoms to the next: their neighbours, and the workers' shares.
struct KIMLane {
  private var neighborhood: PeriodicNeighborhood
  /// Elements that the shares were made for.
  private var elements: [Element] = []
  /// One share for each worker that computes this lane's geometries.
  private var shares: [WorkerAtoms] = []

  /// Nothing kept yet.
  init(_ neighborhood: PeriodicNeighborhood) { self.neighborhood = neighborhood }

  /// Another lane of the same cut-off, with nothing kept.
  init(emptyLike lane: KIMLane) {
    neighborhood = PeriodicNeighborhood(
      cutoff: lane.neighborhood.cutoff, skin: lane.neighborhood.skin,
      listsPadding: lane.neighborhood.listsPadding)
  }

  /// Computes one geometry on all workers.
  ///
  /// - Throws: what the first worker that failed says.
  mutating func compute(
    _ structure: Structure, on workers: [KIMWorker]
  ) throws(EngineError) -> Evaluation {
    if let refusal = Evaluation.refusing(collapsed: structure) { return refusal }
    renew(structure, workers: workers)
    let work = UncheckedBox((lane: self, workers: workers))
    let results = Mutex([Result<Double, EngineError>?](repeating: nil, count: workers.count))
    DispatchQueue.concurrentPerform(iterations: workers.count) { number in
      let result = Result { () throws(EngineError) -> Double in
        let worker = work.value.workers[number]
        try worker.take(work.value.lane.shares[number], elements: structure.species)
        return try worker.compute(work.value.lane.neighborhood)
      }
      results.withLock { $0[number] = result }
    }
    var energy = 0.0
    for result in results.withLock({ $0 }) { energy += try result?.get() ?? 0 }
    return KIMLane.folded(structure, workers, energy: energy)
  }

  /// Computes one geometry on one worker.
  private mutating func computeAlone(
    _ structure: Structure, on worker: KIMWorker
  ) throws(EngineError) -> Evaluation {
    if let refusal = Evaluation.refusing(collapsed: structure) { return refusal }
    renew(structure, workers: [worker])
    try worker.take(shares[0], elements: structure.species)
    return KIMLane.folded(structure, [worker], energy: try worker.compute(neighborhood))
  }

  /// Computes geometries of which each has its lane: as many at a time as there are workers, and what is
  /// left over on all workers together.
  static func computeAll(
    _ structures: [Structure], lanes: inout [KIMLane], on workers: [KIMWorker]
  ) -> [Result<Evaluation, EngineError>] {
    let count = workers.count
    let alone = structures.count - structures.count % count
    var results = [Result<Evaluation, EngineError>?](repeating: nil, count: structures.count)
    lanes.withUnsafeMutableBufferPointer { lanes in
      results.withUnsafeMutableBufferPointer { results in
        // Each index is touched by one thread only.
        let work = UncheckedBox((lanes: lanes, results: results, workers: workers))
        DispatchQueue.concurrentPerform(iterations: alone == 0 ? 0 : count) { number in
          for index in stride(from: number, to: alone, by: count) {
            work.value.results[index] = Result { () throws(EngineError) -> Evaluation in
              try work.value.lanes[index].computeAlone(
                structures[index], on: work.value.workers[number])
            }
          }
        }
        for index in alone..<structures.count {
          results[index] = Result { () throws(EngineError) -> Evaluation in
            try lanes[index].compute(structures[index], on: workers)
          }
        }
      }
    }
    return results.compactMap { $0 }
  }

  /// Renews coordinates, and lists and shares where they no longer hold.
  private mutating func renew(_ structure: Structure, workers: [KIMWorker]) {
    let isRebuilt = neighborhood.update(structure)
    guard isRebuilt || elements != structure.species || shares.count != workers.count else {
      return
    }
    elements = structure.species
    let parts = KIMLane.parts(of: structure, count: workers.count)
    let work = UncheckedBox((neighborhood: neighborhood, workers: workers))
    let made = Mutex([WorkerAtoms](repeating: WorkerAtoms(), count: workers.count))
    DispatchQueue.concurrentPerform(iterations: workers.count) { number in
      let atoms = work.value.workers[number].atoms(
        share: parts[number], of: work.value.neighborhood)
      made.withLock { $0[number] = atoms }
    }
    shares = made.withLock { $0 }
  }

  /// Adds up what the workers found; the stress is minus positions times forces, images included.
  private static func folded(
    _ structure: Structure, _ workers: [KIMWorker], energy: Double
  ) -> Evaluation {
    var forces = [Vector3](repeating: .zero, count: structure.count)
    var virial = [Double](repeating: 0, count: 9)
    forces.withUnsafeMutableBufferPointer { forces in
      virial.withUnsafeMutableBufferPointer { virial in
        for worker in workers { worker.addForces(to: forces, virial: virial) }
      }
    }
    let stress = Matrix3(
      rows: Vector3(virial[0], virial[1], virial[2]), Vector3(virial[3], virial[4], virial[5]),
      Vector3(virial[6], virial[7], virial[8]))
    return Evaluation(
      energy: energy, forces: forces,
      stress: stress.symmetrized * (1 / structure.cell.volume))
  }

  /// A cell's atoms in as many slices as there are workers, along the cell's longest side, so that few
  /// pairs are computed twice; atoms that are near in space are near in their slice.
  private static func parts(of structure: Structure, count: Int) -> [[Int32]] {
    let lengths = structure.cell.lengths
    let axes = (0..<3).sorted { lengths[$0] > lengths[$1] }
    // Blocks of about 6 angstrom: what the atoms of one need stays in the processor's cache.
    let blocks = axes.map { max(1, (lengths[$0] / 6).rounded(.down)) }
    let order = structure.fractionalPositions.enumerated().map { index, position in
      let place = position.wrapped.vector
      var key = 0
      for (axis, blocks) in zip(axes, blocks) {
        key = key * Int(blocks) + min(Int(blocks) - 1, Int(place[axis] * blocks))
      }
      return (key: key, index: Int32(index))
    }.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.index)
    return (0..<count).map { number in
      Array(order[(order.count * number / count)..<(order.count * (number + 1) / count)])
    }
  }
}
