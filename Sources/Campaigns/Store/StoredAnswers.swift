public import Engines
public import Structures

/// An engine that is not there: with a store before it (``CachedEngine``), only what is stored is answered.
public struct StoredAnswers: Engine {
  /// That of the engine whose answers are looked for.
  public let identity: EngineIdentity

  /// Stands for an engine.
  ///
  /// - Parameter identity: the engine's.
  public init(_ identity: EngineIdentity) { self.identity = identity }

  /// Always throws ``NotComputed``.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    throw NotComputed()
  }
}

/// The answer is not in the store.
public struct NotComputed: Error, Sendable, Hashable {
  /// Creates the fact.
  public init() {}
}
