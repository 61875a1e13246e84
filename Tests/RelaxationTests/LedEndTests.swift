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
    let leads: Bool
    let answers = Mutex(0)

    init(
      leads: Bool = true, first: @escaping @Sendable (Structure) -> Evaluation,
      then: @escaping @Sendable (Structure) -> Evaluation
    ) {
      self.leads = leads
      self.first = first
      self.then = then
    }

    var proposes: Bool { true }
    func storedAnswers(of engine: EngineIdentity) -> (any Engine)? { nil }
    func finished(_ question: RelaxationQuestion) -> FinishedRelaxation? { nil }
    func keep(_ relaxation: FinishedRelaxation, for question: RelaxationQuestion) {}

    func predict(
      _ structure: Structure, sampling: Sampling, needsDeviation: Bool
    ) -> AcceleratorPrediction? {
      let told = answers.withLock { $0 } > 0 ? then(structure) : first(structure)
      return AcceleratorPrediction(
        energy: told.energy, forces: told.forces, stress: told.stress, deviation: 1e-4)
    }
  }

  /// Pairs of atoms by Morse, of which a model hears that they have answered; the answer may be changed by its number.
  struct Answering: AcceleratedEngine {
    let model: Model
    var change: @Sendable (_ answer: inout Evaluation, _ number: Int) -> Void = { _, _ in }
    var accelerator: (any Accelerator)? { model }
    var identity: EngineIdentity { TestSystems.morse.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let number = model.answers.withLock { answers in
        answers += 1
        return answers
      }
      var answer = LedEndTests.truth(structure)
      change(&answer, number)
      return answer
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

  static let settings = RelaxationSettings(forceThreshold: 0.3)

  /// The start, relaxed with a threshold that is far from the minimum.
  func relaxed(
    by model: Model,
    change: @escaping @Sendable (_ answer: inout Evaluation, _ number: Int) -> Void = { _, _ in }
  ) async throws -> RelaxationResult {
    try await relax(
      try await minimumAndStart().start, engine: Answering(model: model, change: change),
      sampling: .gammaPoint, settings: Self.settings)
  }

  @Test("where the model foretells energy to gain below the threshold, it is gained")
  func gain() async throws {
    let energy = try await minimumAndStart().minimum.evaluation.energy
    let led = Self.displaced(by: 0.02)
    let result = try await relaxed(by: Model(first: led, then: led))
    #expect(result.outcome == .converged)
    let first = result.trace[0]
    #expect(first.residualForce < 0.3 && first.energy > energy + 0.004)
    #expect(result.forceCalls == 2 || result.forceCalls == 3)
    #expect(result.evaluation.energy < energy + 0.002)
    #expect(result.evaluation == Self.truth(result.structure))
  }

  @Test("where it foretells less than is worth a call, the engine is asked once")
  func smallGain() async throws {
    let energy = try await minimumAndStart().minimum.evaluation.energy
    let led = Self.displaced(by: 0.011)
    let result = try await relaxed(by: Model(first: led, then: led))
    #expect(result.outcome == .converged && result.forceCalls == 1)
    // So far from the minimum that the model would go on: its own threshold is 0.09.
    #expect(result.residualForce > 0.095)
    #expect(result.evaluation.energy > energy + 0.0005)
    #expect(result.evaluation.energy < energy + 0.004)
  }

  @Test("a gain that the engine does not find takes nothing from the end that was reached")
  func falsehood() async throws {
    let result = try await relaxed(by: Model(first: Self.displaced(by: 0.02), then: Self.inverted))
    #expect(result.outcome == .converged && result.forceCalls == 2)
    #expect(result.trace[1].energy > result.trace[0].energy)
    #expect(result.evaluation.energy == result.trace[0].energy)
    #expect(result.residualForce == result.trace[0].residualForce)
    #expect(result.evaluation == Self.truth(result.structure))
  }

  @Test("a lower energy is no end where forces are above the threshold or self-consistency fails")
  func noEnd() async throws {
    let led = Self.displaced(by: 0.02)
    let large: @Sendable (inout Evaluation, Int) -> Void = { answer, number in
      if number == 2 { answer.forces[0].x += 1 }
    }
    let unconverged: @Sendable (inout Evaluation, Int) -> Void = { answer, number in
      if number == 2 { answer.convergence = .notConverged(reason: "333 steps") }
    }
    for change in [large, unconverged] {
      let result = try await relaxed(by: Model(first: led, then: led), change: change)
      #expect(result.outcome == .converged && result.forceCalls == 2)
      #expect(result.trace[1].energy < result.trace[0].energy)
      #expect(result.evaluation.energy == result.trace[0].energy)
      #expect(result.evaluation == Self.truth(result.structure))
    }
  }

  @Test("a model that always foretells more to gain is asked twice")
  func mostTries() async throws {
    // Every answer is 10 meV below the one before, with forces between the model's threshold and that of the relaxation.
    let result = try await relaxed(
      by: Model(first: Self.displaced(by: 0.02), then: Self.inverted)
    ) { answer, number in
      answer.energy = -13 - 0.01 * Double(number)
      let largest = answer.forces.map(\.length).max() ?? 1
      answer.forces = answer.forces.map { $0 * (0.2 / largest) }
    }
    #expect(result.outcome == .converged && result.forceCalls == 3)
    #expect(result.evaluation.energy == -13.03)
  }

  @Test("a model that does not lead ends where the forces are below the threshold")
  func notLed() async throws {
    let led = Self.displaced(by: 0.02)
    let result = try await relaxed(by: Model(leads: false, first: led, then: led))
    #expect(result.outcome == .converged)
    #expect(result.trace.dropLast().allSatisfy { $0.residualForce > 0.3 })
  }
}
