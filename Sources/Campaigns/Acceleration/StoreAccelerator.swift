public import Engines
import LearnedPotential
public import Relaxation
public import Structures
import Synchronization

/// A learned potential that learns from everything in a store, and from every new answer of an engine.
///
/// Force calls of the same kind of engine (same functional and datasets, whatever the cut-off) and of a system's
/// elements count. Energies of one cell and mesh share an unknown constant, for another mesh shifts them by more
/// than a relaxation is about. The model is fitted when it is asked and something new is there.
public final class StoreAccelerator: Accelerator {
  private let store: Store
  private let engine: EngineIdentity
  private let waitsForEnough: Bool
  private let state: Mutex<State>

  private struct State {
    var sums: TrainingSums
    /// What is learned beside the store's, read when the model is asked first; nil once it was.
    var others: (@Sendable () throws -> [Store.ForceCall])?
    var seen: Set<ContentHash> = []
    /// Learned when the model is asked first: a run that only replays its store needs none.
    var waiting: [TrainingExample] = []
    var potential: LearnedPotential?
    var compiled: CompiledPotential?
    /// Number of examples when noise and prior were searched for.
    var searchedAt = 0
    /// The potential of that search.
    var lastSearched: LearnedPotential?
    /// Mean of squared true errors over squared predicted ones of forces, in recent calls.
    var calibration = 1.0

    /// Whether a structure has no other elements than the model.
    func knows(_ structure: Structure) -> Bool {
      structure.species.allSatisfy(sums.basis.settings.elements.contains)
    }
  }

  /// Loads what a store knows.
  ///
  /// - Parameters:
  ///   - store: read now, and written with ends of relaxations.
  ///   - engine: whose answers are learned, whatever its cut-off.
  ///   - elements: all that the system has; force calls with others are left out.
  ///   - others: force calls that are learned beside the store's, and not written to it; read when a model is needed.
  ///   - waitsForEnough: whether nothing is proposed before ``enoughExamples`` are known.
  /// - Throws: ``StoreError``.
  public init(
    store: Store, engine: EngineIdentity, elements: Set<Element>,
    others: (@Sendable () throws -> [Store.ForceCall])? = nil, waitsForEnough: Bool = false
  ) throws(StoreError) {
    self.store = store
    self.engine = engine
    self.waitsForEnough = waitsForEnough
    let basis = ClusterBasis(ClusterBasisSettings(elements: elements))
    state = Mutex(State(sums: TrainingSums(basis: basis), others: others))
    let calls = try store.forceCalls()
    state.withLock { StoreAccelerator.learn(calls, like: engine, &$0) }
  }

  /// Number of examples that are known so far, the store's and others.
  ///
  /// Throws what reading the others throws.
  public var exampleCount: Int {
    get throws {
      try state.withLock { state in
        try readOthers(&state)
        return state.sums.count + state.waiting.count
      }
    }
  }

  private func readOthers(_ state: inout State) throws {
    guard let others = state.others else { return }
    StoreAccelerator.learn(try others(), like: engine, &state)
    state.others = nil
  }

  private static func learn(
    _ calls: [Store.ForceCall], like engine: EngineIdentity, _ state: inout State
  ) {
    for call in calls where call.engine.hasPhysics(of: engine, for: call.structure) {
      learn(
        call.structure, sampling: call.sampling, engine: call.engine, call.evaluation, call.key,
        &state)
    }
  }

  /// Takes an answer in, once.
  func learn(
    _ structure: Structure, sampling: Sampling, engine: EngineIdentity, _ evaluation: Evaluation,
    _ key: ContentHash
  ) {
    state.withLock {
      StoreAccelerator.learn(structure, sampling: sampling, engine: engine, evaluation, key, &$0)
    }
  }

  private static func learn(
    _ structure: Structure, sampling: Sampling, engine: EngineIdentity, _ evaluation: Evaluation,
    _ key: ContentHash, _ state: inout State
  ) {
    guard state.knows(structure), !state.seen.contains(key),
      let example = TrainingExample(
        structure, evaluation, energyGroup: energyGroup(structure, sampling, engine))
    else { return }
    state.seen.insert(key)
    guard let potential = state.potential else { return state.waiting.append(example) }
    let rows = DesignRows(structure, basis: state.sums.basis)
    state.calibration = calibration(after: state.calibration, potential, example, rows)
    state.sums.add(example, rows: rows)
    state.potential = nil
    state.compiled = nil
  }

  /// What the model's uncertainties have to be multiplied with (squared), after one more look at the truth.
  private static func calibration(
    after old: Double, _ potential: LearnedPotential, _ example: TrainingExample, _ rows: DesignRows
  ) -> Double {
    // Forces that vanish by symmetry say nothing of how right a model is.
    let largest = example.forces.map(\.length).max() ?? 0
    guard largest > potential.noise.force else { return old }
    let prediction = potential.predict(rows, volume: example.structure.cell.volume)
    var (square, predicted) = (0.0, 0.0)
    for (atom, force) in example.forces.enumerated() {
      let error = prediction.forces[atom] - force
      square += error.dot(error)
      predicted += prediction.forceDeviations[atom].dot(prediction.forceDeviations[atom])
    }
    guard predicted > 0 else { return old }
    return min(4, max(0.25, 0.6 * old + 0.4 * square / predicted))
  }

  /// Always, unless it waits for ``enoughExamples``.
  public var proposes: Bool {
    get throws { try !waitsForEnough || leads }
  }

  /// From ``enoughExamples`` on.
  public var leads: Bool {
    get throws { try exampleCount >= StoreAccelerator.enoughExamples }
  }

  /// Number of examples from which a model is worth being asked first: from a few it leads astray as often as it helps.
  public static let enoughExamples = 100

  /// The model's forces and how sure it is; nil before anything is learned, and for elements that it does not have.
  public func predict(
    _ structure: Structure, sampling: Sampling, needsDeviation: Bool
  ) throws -> AcceleratorPrediction? {
    try state.withLock { state in
      try readOthers(&state)
      guard state.sums.count + state.waiting.count > 0, state.knows(structure) else { return nil }
      let potential = StoreAccelerator.fitted(&state)
      guard needsDeviation else {
        let compiled =
          state.compiled
          ?? CompiledPotential(basis: potential.basis, coefficients: potential.coefficients)
        state.compiled = compiled
        let answer = compiled.evaluate(structure).evaluation
        return AcceleratorPrediction(
          energy: answer.energy, forces: answer.forces, stress: answer.stress, deviation: 0)
      }
      let prediction = potential.predict(structure)
      return AcceleratorPrediction(
        energy: prediction.energy, forces: prediction.forces, stress: prediction.stress,
        deviation: prediction.largestOpenDeviation * state.calibration.squareRoot())
    }
  }

  private static func fitted(_ state: inout State) -> LearnedPotential {
    if let potential = state.potential { return potential }
    for example in state.waiting { state.sums.add(example) }
    state.waiting = []
    // Noise and prior are searched for anew when there is half as much again to learn from.
    let isSearchDue = state.sums.count > state.searchedAt + max(3, state.searchedAt / 2)
    let potential = LearnedPotential(
      state.sums, keeping: isSearchDue ? nil : state.lastSearched)
    if isSearchDue {
      state.searchedAt = state.sums.count
      state.lastSearched = potential
    }
    state.potential = potential
    return potential
  }

  // MARK: What was computed before

  /// The store without an engine behind it.
  public func storedAnswers(of engine: EngineIdentity) -> (any Engine)? {
    CachedEngine(StoredAnswers(engine), store: store)
  }

  /// The stored end of a relaxation or path.
  public func finished(_ question: RelaxationQuestion) throws -> FinishedRelaxation? {
    try store.finishedRelaxation(question)
  }

  /// Stores the end of a relaxation or path.
  public func keep(_ relaxation: FinishedRelaxation, for question: RelaxationQuestion) throws {
    try store.record(relaxation, for: question)
  }
}
