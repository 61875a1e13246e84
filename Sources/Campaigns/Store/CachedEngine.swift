public import Engines
public import Structures
import Synchronization

/// An engine that never computes the same geometry twice: a store stands before it.
public struct CachedEngine: Engine {
  /// Counts of one run.
  public struct Statistics: Sendable, Hashable {
    /// Force calls answered by the store.
    public var storedCalls = 0
    /// Force calls of different content among all: one that is asked twice counts once.
    public var differentCalls = 0
    /// Force calls answered by the engine.
    public var engineCalls = 0
    /// Seconds spent waiting for the engine.
    public var engineSeconds = 0.0
    /// Versions of the engine behind all answers.
    public var engineVersions: Set<String> = []
  }

  private final class Counter: Sendable {
    let statistics = Mutex(Statistics())
    let keys = Mutex(Set<ContentHash>())

    func note(_ key: ContentHash) {
      guard keys.withLock({ $0.insert(key).inserted }) else { return }
      statistics.withLock { $0.differentCalls += 1 }
    }
  }

  private let engine: any Engine
  private let store: Store
  private let counter = Counter()

  /// Puts a store before an engine.
  public init(_ engine: any Engine, store: Store) {
    self.engine = engine
    self.store = store
  }

  /// That of the engine.
  public var identity: EngineIdentity { engine.identity }

  /// Counts so far.
  public var statistics: Statistics { counter.statistics.withLock { $0 } }

  /// The stored answer, or else the engine's, which is stored before it is returned.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    let key = ContentHash(structure: structure, sampling: sampling, engine: identity)
    if let stored = try stored(key) { return stored }
    let start = ContinuousClock.now
    let evaluation = try await engine.evaluate(structure, sampling: sampling)
    try record(
      evaluation, key, structure, sampling, seconds: (ContinuousClock.now - start) / .seconds(1))
    return evaluation
  }

  /// The stored answers, and the engine's for what is not stored; each is stored as it comes.
  public func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation] {
    let keys = structures.map {
      ContentHash(structure: $0, sampling: sampling, engine: identity)
    }
    var answers = try keys.map { try stored($0) }
    for (index, answer) in answers.enumerated() {
      if let answer { try told(index, answer) }
    }
    let missing = answers.indices.filter { answers[$0] == nil }
    guard !missing.isEmpty else { return answers.compactMap { $0 } }
    let start = ContinuousClock.now
    let computed = try await engine.evaluateAll(
      missing.map { structures[$0] }, sampling: sampling
    ) { number, evaluation in
      let index = missing[number]
      // Time is counted once for all below: they may have run side by side.
      try record(evaluation, keys[index], structures[index], sampling, seconds: 0)
      try told(index, evaluation)
    }
    counter.statistics.withLock {
      $0.engineSeconds += (ContinuousClock.now - start) / .seconds(1)
    }
    for (number, index) in missing.enumerated() { answers[index] = computed[number] }
    return answers.compactMap { $0 }
  }

  private func stored(_ key: ContentHash) throws -> Evaluation? {
    guard let stored = try store.evaluation(for: key) else { return nil }
    counter.note(key)
    counter.statistics.withLock {
      $0.storedCalls += 1
      $0.engineVersions.insert(stored.origin.engineVersion)
    }
    return stored
  }

  private func record(
    _ evaluation: Evaluation, _ key: ContentHash, _ structure: Structure, _ sampling: Sampling,
    seconds: Double
  ) throws {
    counter.note(key)
    try store.record(
      evaluation, key: key, structure: structure, sampling: sampling,
      engine: identity.reduced(to: structure.elements))
    counter.statistics.withLock {
      $0.engineCalls += 1
      $0.engineSeconds += seconds
      $0.engineVersions.insert(evaluation.origin.engineVersion)
    }
  }

  /// Ends the engine.
  public func shutDown() async { await engine.shutDown() }
}
