import Engines
import Relaxation
import Structures
import TestSupport
import Testing

/// One engine relaxes, another judges.
@Suite struct GuidedEngineTests {
  private let judge = TestSystems.morse
  private let settings = RelaxationSettings(forceThreshold: 1e-6, maximumForceCalls: 1000)
  private let start = TestSystems.triclinic.rattled(by: 0.05, seed: 5)

  /// The judge, its forces off by a field that grows with the distance from where an atom began.
  private struct Biased: Engine {
    var engine: MorseEngine
    var start: Structure
    var stiffness: Double
    var identity: EngineIdentity {
      EngineIdentity(name: "biased", settings: ["stiffness": "\(stiffness)"])
    }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      var answer = try await engine.evaluate(structure, sampling: sampling)
      for (atom, position) in structure.positions.enumerated() {
        let move = position.vector - start.positions[atom].vector
        answer.energy += 0.5 * stiffness * move.dot(move)
        answer.forces[atom] = answer.forces[atom] - stiffness * move
      }
      return answer
    }
  }

  private func judged(_ stiffness: Double) async throws -> RelaxationResult {
    try await relax(
      start,
      engine: ConfirmingEngine(
        judge: judge, guide: Biased(engine: judge, start: start, stiffness: stiffness)),
      sampling: .gammaPoint, settings: settings)
  }

  @Test func theJudgeIsAskedOnceAtTheEndOfTheGuide() async throws {
    let alone = try await relax(
      start, engine: judge, sampling: .gammaPoint, settings: settings)
    let same = try await judged(0)
    #expect(same.structure == alone.structure)
    #expect(same.evaluation.energy == alone.evaluation.energy)
    #expect(same.forceCalls == 1 && same.trace.count == 1)
    #expect(same.outcome == .converged)
    // Its own forces are told, not the guide's, and its energy is that of the guide's geometry.
    let other = try await judged(0.05)
    let answer = judge.energyForcesAndStress(of: other.structure)
    #expect(other.evaluation.energy == answer.energy)
    #expect(other.residualForce > 1e-3)
    #expect((other.residualForce - other.evaluation.largestForce).magnitude < 1e-12)
  }

  /// Answers for where it began, and for nothing else.
  private struct Halting: Engine {
    var engine: MorseEngine
    var start: Structure
    var identity: EngineIdentity { engine.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      var answer = try await engine.evaluate(structure, sampling: sampling)
      if structure != start { answer.convergence = .notConverged(reason: "no") }
      return answer
    }
  }

  @Test("a guide without an answer leaves the judge nothing to judge")
  func haltingGuide() async throws {
    let result = try await relax(
      start,
      engine: ConfirmingEngine(judge: judge, guide: Halting(engine: judge, start: start)),
      sampling: .gammaPoint, settings: settings)
    #expect(result.outcome == .engineNotConverged(reason: "no"))
    #expect(result.forceCalls == 0 && result.trace.isEmpty && result.evaluation.energy.isNaN)
  }

  /// What the energy is off by is of second order in what the guide is.
  @Test func theEnergyIsOffToSecondOrder() async throws {
    let least = try await relax(
      start, engine: judge, sampling: .gammaPoint, settings: settings
    ).evaluation.energy
    let coarse = try await judged(0.02).evaluation.energy - least
    let fine = try await judged(0.01).evaluation.energy - least
    #expect(coarse > 0 && fine > 0)
    #expect((coarse / fine - 4).magnitude < 0.3, "\(coarse), \(fine)")
  }

  @Test func theGuideIsNamed() {
    let guide = Biased(engine: judge, start: start, stiffness: 1)
    let engine = ConfirmingEngine(judge: judge, guide: guide)
    #expect(engine.identity.name == judge.identity.name)
    #expect(engine.identity.settings["relaxed_by"] == "biased stiffness=1.0")
    #expect(judge.guidance == nil)
  }

  /// A path's energies are the judge's at the guide's images.
  @Test func pathsAreJudgedToo() async throws {
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    var first = metal.supercell(.diagonal(3, 3, 3))
    let hole = first.positions[0]
    first.positions.remove(at: 0)
    first.species.remove(at: 0)
    let near = try #require(
      first.positions.indices.min {
        first.cell.nearestImage(first.positions[$0].vector - hole.vector).length
          < first.cell.nearestImage(first.positions[$1].vector - hole.vector).length
      })
    var last = first
    last.positions[near].vector +=
      first.cell.nearestImage(hole.vector - first.positions[near].vector)
    let ends = try await [first, last].asyncRelaxed(by: judge)
    let band = BandSettings(images: 3, forceThreshold: 0.02)
    let alone = try await minimumEnergyPath(
      from: ends[0], to: ends[1], engine: judge, sampling: .gammaPoint, settings: band,
      relaxation: settings)
    let same = try await minimumEnergyPath(
      from: ends[0], to: ends[1],
      engine: ConfirmingEngine(
        judge: judge, guide: Biased(engine: judge, start: first, stiffness: 0)),
      sampling: .gammaPoint, settings: band, relaxation: settings)
    #expect(same.isConverged == alone.isConverged)
    #expect((same.forwardBarrier - alone.forwardBarrier).magnitude < 1e-9)
    // Ends are counted where they were relaxed.
    #expect(same.forceCalls == 3 * same.bands.count)
    for (image, energy) in zip(same.images, same.energies) {
      #expect((judge.energyForcesAndStress(of: image).energy - energy).magnitude < 1e-9)
    }
    // Off the ends the slope is that of the path's own energies.
    for (one, other) in zip(same.tangentForces, alone.tangentForces) {
      #expect((one - other).magnitude < 0.05)
    }
  }
}

extension [Structure] {
  fileprivate func asyncRelaxed(by engine: any Engine) async throws -> [Structure] {
    var result: [Structure] = []
    for structure in self {
      result.append(
        try await relax(
          structure, engine: engine, sampling: .gammaPoint,
          settings: RelaxationSettings(forceThreshold: 1e-4)
        ).structure)
    }
    return result
  }
}
