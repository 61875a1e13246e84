public import Engines
public import Structures
import Synchronization

/// An engine that never computes the same geometry twice: a store stands before it.
public struct CachedEngine: Engine {
  /// Counts of one run.
  public struct Statistics: Sendable, Hashable {
    /// Force calls answered by the store.
    public var storedCalls = 0
    /// Force calls answered by the engine.
    public var engineCalls = 0
    /// Seconds spent waiting for the engine.
    public var engineSeconds = 0.0
    /// Versions of the engine behind all answers.
    public var engineVersions: Set<String> = []
  }

  private final class Counter: Sendable {
    let statistics = Mutex(Statistics())
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
    if let stored = try store.evaluation(for: key) {
      counter.statistics.withLock {
        $0.storedCalls += 1
        $0.engineVersions.insert(stored.origin.engineVersion)
      }
      return stored
    }
    let start = ContinuousClock.now
    let evaluation = try await engine.evaluate(structure, sampling: sampling)
    let elapsed = ContinuousClock.now - start
    try store.record(
      evaluation, key: key, structure: structure, sampling: sampling, engine: identity)
    counter.statistics.withLock {
      $0.engineCalls += 1
      $0.engineSeconds += elapsed / .seconds(1)
      $0.engineVersions.insert(evaluation.origin.engineVersion)
    }
    return evaluation
  }

  /// Ends the engine.
  public func shutDown() async { await engine.shutDown() }
}
