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
    /// What single geometries go by.
    var lane: KIMLane
    /// What the geometries of a group go by, each its own: images of a path differ more than a skin.
    var lanes: [KIMLane] = []
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
    state = Mutex(State(workers: workers.value, lane: KIMLane(neighborhood)))
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
        return .success(try state.lane.compute(structure, on: state.workers))
      } catch {
        return .failure(error)
      }
    }
    return finished(try result.get(), since: start)
  }

  /// Several geometries: as many at a time as there are workers, and what is left over by all together.
  public func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation] {
    try Task.checkCancellation()
    let start = ContinuousClock.now
    let results = state.withLock { state -> [Result<Evaluation, EngineError>] in
      while state.lanes.count < structures.count {
        state.lanes.append(KIMLane(emptyLike: state.lane))
      }
      return KIMLane.computeAll(structures, lanes: &state.lanes, on: state.workers)
    }
    var evaluations: [Evaluation] = []
    for (index, result) in results.enumerated() {
      let evaluation = finished(try result.get(), since: start, sharedBy: results.count)
      try told(index, evaluation)
      evaluations.append(evaluation)
    }
    return evaluations
  }

  private func finished(
    _ evaluation: Evaluation, since start: ContinuousClock.Instant, sharedBy count: Int = 1
  ) -> Evaluation {
    var evaluation = evaluation
    evaluation.origin.engineVersion = modelName
    evaluation.origin.wallTimeInSeconds =
      (ContinuousClock.now - start) / .seconds(1) / Double(count)
    return evaluation
  }
}

/// Carries values that are not `Sendable` to where only one thread touches each.
struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
