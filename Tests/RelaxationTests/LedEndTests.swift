import Engines
import Structures
import Synchronization
import TestSupport
import Testing

@testable import Relaxation

/// Where a model that leads ends near the engine's minimum, with forces that are just below the threshold.
@Suite("Ends that a model has led to")
struct LedEndTests {
  /// A model that leads, and may say something else once the engine has answered.
  final class Model: Accelerator {
    let first: @Sendable (Structure) -> Evaluation
    let then: @Sendable (Structure) -> Evaluation
    let hasAnswer = Mutex(false)

    init(
      first: @escaping @Sendable (Structure) -> Evaluation,
      then: @escaping @Sendable (Structure) -> Evaluation
    ) {
      self.first = first
      self.then = then
    }

    var proposes: Bool { true }
    var leads: Bool { true }
    func storedAnswers(of engine: EngineIdentity) -> (any Engine)? { nil }
    func finished(_ question: RelaxationQuestion) -> FinishedRelaxation? { nil }
    func keep(_ relaxation: FinishedRelaxation, for question: RelaxationQuestion) {}

    func predict(
      _ structure: Structure, sampling: Sampling, needsDeviation: Bool
    ) -> AcceleratorPrediction? {
      let told = hasAnswer.withLock { $0 } ? then(structure) : first(structure)
      return AcceleratorPrediction(
        energy: told.energy, forces: told.forces, stress: told.stress, deviation: 1e-4)
    }
  }

  /// Pairs of atoms by Morse, of which a model hears that they have answered.
  struct Answering: AcceleratedEngine {
    let model: Model
    var accelerator: (any Accelerator)? { model }
    var identity: EngineIdentity { TestSystems.morse.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      model.hasAnswer.withLock { $0 = true }
      return LedEndTests.truth(structure)
    }
  }

  static let truth: @Sendable (Structure) -> Evaluation = {
    TestSystems.morse.energyForcesAndStress(of: $0)
  }

  /// The engine's energy and forces, as they are where every atom is displaced.
  static func displaced(by move: Double) -> @Sendable (Structure) -> Evaluation {
    { truth($0.rattled(by: move, seed: 11)) }
  }

  /// The energy upside down: downhill is uphill.
  static let inverted: @Sendable (Structure) -> Evaluation = {
    var answer = truth($0)
    answer.energy *= -1
    answer.forces = answer.forces.map { $0 * -1 }
    return answer
  }

  /// A minimum, and a start beside it.
  func minimumAndStart() async throws -> (minimum: RelaxationResult, start: Structure) {
    let minimum = try await relax(
      TestSystems.triclinic, engine: TestSystems.morse, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-5))
    return (minimum, minimum.structure.rattled(by: 0.05, seed: 7))
  }

  @Test("where the model foretells energy to gain below the threshold, it is gained")
  func gain() async throws {
    let (minimum, start) = try await minimumAndStart()
    let led = Self.displaced(by: 0.02)
    let model = Model(first: led, then: led)
    let result = try await relax(
      start, engine: Answering(model: model), sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 0.3))
    #expect(result.outcome == .converged)
    let first = result.trace[0]
    #expect(first.residualForce < 0.3 && first.energy > minimum.evaluation.energy + 0.004)
    #expect(result.forceCalls == 2 || result.forceCalls == 3)
    #expect(result.evaluation.energy < minimum.evaluation.energy + 0.002)
    #expect(result.evaluation == Self.truth(result.structure))
  }

  @Test("where it foretells none, the engine is asked once")
  func noGain() async throws {
    let (_, start) = try await minimumAndStart()
    let result = try await relax(
      start, engine: Answering(model: Model(first: Self.truth, then: Self.truth)),
      sampling: .gammaPoint, settings: RelaxationSettings(forceThreshold: 0.3))
    #expect(result.outcome == .converged && result.forceCalls == 1)
  }

  @Test("a gain that the engine does not find takes nothing from the end that was reached")
  func falsehood() async throws {
    let (_, start) = try await minimumAndStart()
    let model = Model(first: Self.displaced(by: 0.02), then: Self.inverted)
    let result = try await relax(
      start, engine: Answering(model: model), sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 0.3))
    #expect(result.outcome == .converged && result.forceCalls == 2)
    #expect(result.trace[1].energy > result.trace[0].energy)
    #expect(result.evaluation.energy == result.trace[0].energy)
    #expect(result.residualForce == result.trace[0].residualForce)
    #expect(result.evaluation == Self.truth(result.structure))
  }
}
