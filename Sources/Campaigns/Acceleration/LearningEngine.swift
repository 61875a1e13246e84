public import Engines
public import Relaxation
public import Structures

/// An engine from whose answers an accelerator learns, and which brings that accelerator to relaxations and paths.
public struct LearningEngine: AcceleratedEngine {
  private let engine: any Engine
  private let learner: StoreAccelerator?
  /// The accelerator.
  public let accelerator: (any Accelerator)?

  /// Puts an accelerator beside an engine.
  ///
  /// - Parameters:
  ///   - engine: with its store before it (``CachedEngine``).
  ///   - learner: learns from its answers.
  public init(_ engine: any Engine, learner: StoreAccelerator) {
    self.engine = engine
    self.learner = learner
    accelerator = learner
  }

  /// Finds what others have accelerated, and learns nothing.
  ///
  /// - Parameters:
  ///   - engine: with its store before it.
  ///   - finished: finds ends of relaxations.
  public init(_ engine: any Engine, finding finished: FinishedRelaxations) {
    self.engine = engine
    learner = nil
    accelerator = finished
  }

  /// That of the engine.
  public var identity: EngineIdentity { engine.identity }

  /// The engine's answer, which is learned.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    let evaluation = try await engine.evaluate(structure, sampling: sampling)
    learn(structure, sampling, evaluation)
    return evaluation
  }

  /// The engine's answers, which are learned.
  public func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation] {
    try await engine.evaluateAll(structures, sampling: sampling) { index, evaluation in
      learn(structures[index], sampling, evaluation)
      try told(index, evaluation)
    }
  }

  private func learn(_ structure: Structure, _ sampling: Sampling, _ evaluation: Evaluation) {
    learner?.learn(
      structure, sampling: sampling, engine: identity, evaluation,
      ContentHash(structure: structure, sampling: sampling, engine: identity))
  }

  /// Ends the engine.
  public func shutDown() async { await engine.shutDown() }
}
