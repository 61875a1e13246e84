public import Engines
import Foundation
public import Structures
import Synchronization

/// An interatomic model of the OpenKIM project, run inside our process on several cores.
///
/// Any portable model runs; simulator models (those that only LAMMPS can run) do not. Energies have the
/// model's own zero. The stress is minus the sum of positions times forces over the cell and its padding,
/// never the model's own virial, which is wrong in some.
///
/// ## References
/// E. B. Tadmor, R. S. Elliott, J. P. Sethna, R. E. Miller, C. A. Becker, JOM 63, 17 (2011),
/// doi:10.1007/s11837-011-0102-6.
public final class KIMEngine: Engine {
  /// Full name of the model with its identifier.
  public let modelName: String
  /// How far an atom's energy can depend on others, angstrom.
  public let influenceDistance: Double
  /// Number of instances of the model that share the work.
  public let workerCount: Int

  private let state: Mutex<State>

  private struct State: ~Copyable {
    var workers: [KIMWorker]
    var neighborhood: PeriodicNeighborhood
    /// Elements that the workers are prepared for; empty where they are for none.
    var species: [Element] = []
  }

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - name: of an installed portable model, or a part of it that only one has.
  ///   - elements: the elements that it will be asked for.
  ///   - workers: number of instances that share the atoms; nil takes the number of cores.
  ///   - skin: by how much farther than needed the neighbour lists reach, angstrom.
  /// - Throws: ``EngineError/unknownModel(name:nearest:)``,
  ///   ``EngineError/unsupportedElement(model:element:supported:)``,
  ///   ``EngineError/refused(engine:message:)``.
  public init(
    model name: String, elements: [Element], workers: Int? = nil, skin: Double = 0.6
  ) throws(EngineError) {
    let fullName = KIMCollection.fullName(of: name)
    let count = max(1, workers ?? ProcessInfo.processInfo.activeProcessorCount)
    var made: [KIMWorker] = []
    var first: KIMModel?
    for _ in 0..<count {
      let model = try KIMModel(name: fullName, elements: elements)
      first = first ?? model
      made.append(KIMWorker(model: model))
    }
    guard let first else { throw .unknownModel(name: name, nearest: nil) }
    modelName = fullName
    influenceDistance = first.influenceDistance
    workerCount = count
    let neighborhood = PeriodicNeighborhood(
      cutoff: max(first.influenceDistance, first.cutoffs.max() ?? 0), skin: skin,
      listsPadding: first.asksForPadding)
    let workers = UncheckedBox(made)
    state = Mutex(State(workers: workers.value, neighborhood: neighborhood))
  }

  /// The name "kim" and the model's.
  public var identity: EngineIdentity {
    EngineIdentity(name: "kim", settings: ["model": modelName])
  }

  /// Energy, forces and always the stress.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    try Task.checkCancellation()
    return try energyForcesAndStress(of: structure)
  }

  /// The same without waiting; one geometry at a time.
  ///
  /// - Parameter structure: a valid structure.
  /// - Returns: the evaluation. O(atoms).
  /// - Throws: ``EngineError``.
  public func energyForcesAndStress(of structure: Structure) throws(EngineError) -> Evaluation {
    let start = ContinuousClock.now
    let result = state.withLock { state -> Result<Evaluation, EngineError> in
      do throws(EngineError) {
        return .success(try KIMEngine.compute(structure, &state))
      } catch {
        return .failure(error)
      }
    }
    var evaluation = try result.get()
    evaluation.origin.engineVersion = modelName
    evaluation.origin.wallTimeInSeconds = (ContinuousClock.now - start) / .seconds(1)
    return evaluation
  }

  private static func compute(
    _ structure: Structure, _ state: inout State
  ) throws(EngineError) -> Evaluation {
    let isRebuilt = state.neighborhood.update(structure) || state.species != structure.species
    let shares = isRebuilt ? shares(of: structure, workers: state.workers.count) : []
    if isRebuilt { state.species = [] }
    let work = UncheckedBox((workers: state.workers, neighborhood: state.neighborhood))
    let results = Mutex<[Result<Double, EngineError>]>([])
    DispatchQueue.concurrentPerform(iterations: work.value.workers.count) { number in
      let worker = work.value.workers[number]
      let result: Result<Double, EngineError>
      do throws(EngineError) {
        if isRebuilt {
          try worker.prepare(
            work.value.neighborhood, elements: structure.species, share: shares[number])
        }
        result = .success(try worker.compute(work.value.neighborhood))
      } catch {
        result = .failure(error)
      }
      results.withLock { $0.append(result) }
    }
    var energies: [Double] = []
    for result in results.withLock({ $0 }) { energies.append(try result.get()) }
    state.species = structure.species
    // Workers end in any order; sorted, their sum does not depend on it.
    return folded(
      structure, state.workers, energy: energies.sorted().reduce(0, +))
  }

  /// Adds the forces on images to their owners, and takes the stress before that.
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

  /// The cell's atoms in as many slices as there are workers, along the cell's longest side, so that few
  /// pairs are computed twice; atoms that are near in space are near in their slice.
  private static func shares(of structure: Structure, workers: Int) -> [[Int32]] {
    let lengths = structure.cell.lengths
    let axes = (0..<3).sorted { lengths[$0] > lengths[$1] }
    // Blocks of about 6 angstrom: what the atoms of one need stays in the processor's cache.
    let blocks = axes.map { max(1, (lengths[$0] / 6).rounded(.down)) }
    let order = structure.fractionalPositions.enumerated().map { index, position in
      let place = position.wrapped.vector
      var key = 0
      for (axis, count) in zip(axes, blocks) {
        key = key * Int(count) + min(Int(count) - 1, Int(place[axis] * count))
      }
      return (key: key, index: Int32(index))
    }.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.index)
    return (0..<workers).map { number in
      Array(order[(order.count * number / workers)..<(order.count * (number + 1) / workers)])
    }
  }
}

/// Carries values that are not `Sendable` to where only one thread touches each.
private struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
