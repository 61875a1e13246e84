public import Engines
public import Relaxation
public import Structures

/// Finds relaxations that a model has shortened, and proposes nothing: for those who only look into a store.
public struct FinishedRelaxations: Accelerator {
  private let store: Store

  /// Looks into a store.
  public init(store: Store) { self.store = store }

  /// Never.
  public var proposes: Bool { false }

  /// Nothing.
  public func predict(
    _ structure: Structure, sampling: Sampling, needsDeviation: Bool
  ) -> AcceleratorPrediction? { nil }

  /// Nothing: who only looks has the store before its engine already.
  public func storedAnswers(of engine: EngineIdentity) -> (any Engine)? { nil }

  /// The stored end of a relaxation or path.
  public func finished(_ question: RelaxationQuestion) throws -> FinishedRelaxation? {
    try store.finishedRelaxation(question)
  }

  /// Keeps nothing.
  public func keep(_ relaxation: FinishedRelaxation, for question: RelaxationQuestion) {}
}
