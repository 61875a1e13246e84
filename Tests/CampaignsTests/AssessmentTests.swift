import BondBreaking
import Campaigns
import Engines
import Foundation
import Interfaces
import Structures
import Synchronization
import TestSupport
import Testing
import Thermodynamics

/// The whole path with an engine whose answers are exact.
@Suite struct AssessmentTests {
  let metalOnly = MorseEngine(
    pairs: [[.lithium]: .init(depth: 0.15, width: 1.5, distance: 3.1)], cutoff: 5)

  func settings(_ change: (inout AssessmentSettings) -> Void = { _ in }) -> AssessmentSettings {
    var settings = Preset.quick.settings(
      metal: .lithium, structure: .bcc, metalSurface: "100", substrateSurface: "100")
    settings.forceThreshold = 1e-4
    settings.stressThreshold = 1e-6
    settings.maximumForceCalls = 200
    settings.metalLayers = 9
    settings.substrateThickness = 14
    settings.thicknessSeries = [7, 8, 9, 10, 11]
    settings.relaxesThicknessSeries = true
    settings.relaxedRegistries = 5
    settings.adhesionUncertainty = 0.001
    settings.surfaceEnergyUncertainty = 0.0005
    change(&settings)
    return settings
  }

  func substrate(_ name: String) throws -> Substrate {
    let prototype = try #require(Prototype.named(name))
    return Substrate(prototype)
  }

  /// The sum rule: a metal on itself in the same orientation has W_ad = 2 sigma and dE = 0.
  @Test func theMetalOnItselfHasNoMargin() async throws {
    let result = try await Assessment(settings: settings(), engine: metalOnly).run(
      substrate("Li"))
    #expect(result.registries.first?.registry.name == "hollow")
    #expect(result.verdict.margin.value.magnitude < 2e-4, "\(result.verdict.margin)")
    #expect(result.segregationToInterface.value.magnitude < 1e-4)
    #expect(result.surfaceEnergy.value > 0.005)
    #expect((try #require(result.interfaceEnergy)).magnitude < 1e-5)
    // The gap closes to one spacing of the crystal's planes.
    let gap = try #require(result.registries.first?.relaxedGap)
    #expect((gap - result.strainedRepeatHeight).magnitude < 0.01)
  }

  /// Members whose energies are multiples of each other's have results that are, and so is their deviation.
  @Test func aCommitteesSpreadIsThatOfItsMembers() async throws {
    func members(_ factors: [Double]) -> [any Engine] {
      factors.map {
        MorseEngine(
          pairs: [[.lithium]: .init(depth: 0.15 * $0, width: 1.5, distance: 3.1)], cutoff: 5)
      }
    }
    let lithium = try substrate("Li")
    func spread(_ factors: [Double]) async throws -> CommitteeSpread? {
      try await CommitteeSpread(
        of: members(factors), settings: settings(), phases: [], substrate: lithium)
    }
    let one = try await Assessment(settings: settings(), engine: metalOnly).run(lithium)
    let sigma = one.surfaceEnergy.value / one.surfaceDensity
    let found = try #require(try await spread([0.9, 0.95, 1, 1.05, 1.1]))
    #expect(found.members == 5)
    // Five values: 1.4826 * 1.206 median distances, here 0.05.
    #expect((found.surfaceEnergy / (1.4826 * 1.206 * 0.05 * sigma) - 1).magnitude < 1e-2)
    #expect((found.workOfAdhesion / (2 * found.surfaceEnergy) - 1).magnitude < 1e-2)
    #expect(found.margin < 1e-3)
    // Too few say nothing; those that are far apart, or that fail, say that nothing is known.
    #expect(try await spread([0.9, 1, 1.1]) == nil)
    let broken = members([0.9, 1, 1.1]) + [Failing(left: 0), Failing(left: 0)]
    await #expect(throws: EngineError.self) {
      try await CommitteeSpread(
        of: broken, settings: settings(), phases: [], substrate: lithium)
    }
    await #expect {
      try await spread([1, 10, 100, 1000])
    } throws: { error in
      guard case AssessmentError.committeeDisagrees(let deviation) = error else { return false }
      return deviation > 0.5
    }
  }

  /// Gives no answer for some cells, by their number of atoms and how many of as many it was asked for before.
  private final class Choosy: Engine {
    private let engine: any Engine
    private let refuses: @Sendable (_ atoms: Int, _ before: Int) -> Bool
    private let asked = Mutex<[Int: Int]>([:])

    init(
      _ engine: any Engine,
      refusing refuses: @escaping @Sendable (_ atoms: Int, _ before: Int) -> Bool
    ) {
      (self.engine, self.refuses) = (engine, refuses)
    }

    var identity: EngineIdentity { engine.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      var answer = try await engine.evaluate(structure, sampling: sampling)
      let before = asked.withLock { asked in
        defer { asked[structure.count, default: 0] += 1 }
        return asked[structure.count, default: 0]
      }
      if refuses(structure.count, before) { answer.convergence = .notConverged(reason: "no") }
      return answer
    }
  }

  @Test("a registry that cannot be relaxed stays rigid, and the next is relaxed in its place")
  func unrelaxedRegistry() async throws {
    let settings = settings {
      $0.relaxedRegistries = 1
      // The rigid gap is found on the way, and the relaxation's first step is another call.
      $0.forceThreshold = 1e-3
    }
    let lithium = try substrate("Li")
    let whole = try await Assessment(settings: settings, engine: metalOnly).run(lithium)
    let strongest = try #require(whole.registries.first)
    let stage = "interface \(strongest.registry.name)"
    let scans = whole.cost.forceCallsByStage.filter { $0.stage.hasPrefix("gap scan") }
      .map(\.forceCalls).reduce(0, +)
    let atoms = try #require(whole.interfaces["interface"]).structure.count
    // Slabs and crystals are smaller. After the scans the strongest is relaxed.
    let first = Choosy(metalOnly) { $0 == atoms && $1 == scans }
    let rest = try await Assessment(settings: settings, engine: first).run(lithium)
    let left = try #require(rest.registries.first { $0.registry.name == strongest.registry.name })
    #expect(left.relaxedWorkOfAdhesion == nil)
    #expect(left.rigidWorkOfAdhesion == strongest.rigidWorkOfAdhesion)
    // Its scan's calls and the one that had no answer.
    let own = rest.cost.forceCallsByStage.filter {
      [stage, "gap scan \(strongest.registry.name)"].contains($0.stage)
    }
    #expect(own.count == 2 && left.forceCalls == own.map(\.forceCalls).reduce(0, +))
    // What decides stands first, though the other binds more as it stands.
    #expect(
      rest.registries.map(\.isRelaxed) == [true] + rest.registries.dropFirst().map { _ in false })
    #expect(rest.registries[0].workOfAdhesion == rest.workOfAdhesion.value)
    #expect(left.workOfAdhesion > rest.workOfAdhesion.value)
    #expect(rest.warnings.contains(.leftOut(stage: stage, reason: "no")))
    // The verdict's uncertainty knows of it.
    #expect(rest.workOfAdhesion.value < whole.workOfAdhesion.value)
    #expect(rest.spread.registry > 0 && whole.spread.registry == 0)
    #expect(rest.surfaceEnergy.value == whole.surfaceEnergy.value)
    // Without any relaxed one there is no W_ad to tell, nor without a scan.
    for (least, word) in [(scans, "interface"), (0, "gap scan")] {
      let none = Choosy(metalOnly) { $0 == atoms && $1 >= least }
      await #expect {
        try await Assessment(settings: settings, engine: none).run(lithium)
      } throws: { error in
        guard case AssessmentError.engineNotConverged(let stage, "no") = error else { return false }
        return stage.hasPrefix(word)
      }
    }
  }

  @Test("a doubt is told where explicit vacancies go the other way than the model says")
  func contradictingVacancies() {
    func doubt(_ gain: Double?, _ predicted: Double) -> AssessmentWarning? {
      .vacancyContradicting(gain: gain, predicted: predicted)
    }
    // Lithium on lithium phosphate, either way; then LiCl and LiMg, where signs agree.
    #expect(doubt(-0.217, 0.089) == .vacancyContradicts(gain: -0.217, predicted: 0.089))
    #expect(doubt(0.217, -0.089) != nil)
    #expect(doubt(0.203, 0.286) == nil && doubt(-0.123, -0.068) == nil)
    // At the border of the verdict signs may differ by the model's usual error.
    #expect(doubt(-0.03, 0.05) == nil && doubt(nil, 0.3) == nil)
  }

  @Test("a vacancy to which the engine gives no answer is left out, and the verdict is there")
  func leftOutVacancy() async throws {
    let settings = settings {
      $0.vacancies = true
      $0.relaxedRegistries = 1
    }
    let lithium = try substrate("Li")
    let whole = try await Assessment(settings: settings, engine: metalOnly).run(lithium)
    #expect(whole.vacancies.allSatisfy { $0.relaxed != nil } && whole.vacancies.count > 2)
    let atoms = try #require(whole.interfaces["vacancy-cell"]).structure.count - 1
    // The first place unrelaxed, and so not at all; the second as soon as it is relaxed.
    let engine = Choosy(metalOnly) { $0 == atoms && ($1 == 0 || $1 == 2) }
    let rest = try await Assessment(settings: settings, engine: engine).run(lithium)
    #expect(rest.vacancies.map(\.place) == whole.vacancies.dropFirst().map(\.place))
    #expect(rest.vacancies[0].unrelaxed == whole.vacancies[1].unrelaxed)
    #expect(rest.vacancies[0].relaxed == nil && !rest.vacancies[0].isConverged)
    #expect(rest.vacancies[1].relaxed == whole.vacancies[2].relaxed)
    let places = whole.vacancies.prefix(2).map(\.place)
    for place in places {
      #expect(
        rest.warnings.contains(
          .leftOut(stage: "vacancy \(place)", reason: "no")))
    }
    #expect(rest.verdict.margin.value == whole.verdict.margin.value)
    // A layer whose vacancy is missing has no segregation energy.
    #expect(whole.segregationByVacancies != nil && rest.segregationByVacancies == nil)
    #expect(rest.unrelaxedSegregationByVacancies == nil)
    // Their energies are the difference to the cell that has all atoms.
    let perfect = Choosy(metalOnly) { asked, _ in asked == atoms + 1 }
    let none = try await Assessment(settings: settings, engine: perfect).run(lithium)
    #expect(none.vacancies.isEmpty && none.interfaces["vacancy-cell"] != nil)
    #expect(none.warnings.contains(.leftOut(stage: "vacancy reference", reason: "no")))
  }

  /// The references of the bulk energy agree where the engine is exact, strain or not.
  @Test func slopeBulkAndDifferenceAgree() async throws {
    let result = try await Assessment(settings: settings(), engine: TestSystems.morse).run(
      substrate("LiCl"))
    let series = result.thickness
    #expect(result.match.largestStrain.magnitude > 0.001)
    #expect((series.slopeReference.value - series.bulkReference).magnitude < 1e-4)
    #expect((series.differenceReference - series.bulkReference).magnitude < 1e-4)
    #expect(series.residual < 1e-4)
    #expect((series.oddEvenDifference ?? 0).magnitude < 1e-4)
  }

  /// However large the cell is in which the substrate is given, the results are the same.
  @Test func resultsForEachAtomDoNotDependOnTheSubstratesCell() async throws {
    let plain = try await Assessment(settings: settings(), engine: TestSystems.morse).run(
      substrate("LiCl"))
    var doubled = try substrate("LiCl")
    doubled.structure = doubled.structure.supercell(
      IntegerMatrix3(SIMD3(1, 1, 0), SIMD3(-1, 1, 0), SIMD3(0, 0, 1)))
    let other = try await Assessment(settings: settings(), engine: TestSystems.morse).run(doubled)
    #expect((plain.workOfAdhesion.value - other.workOfAdhesion.value).magnitude < 1e-6)
    #expect((plain.surfaceEnergy.value - other.surfaceEnergy.value).magnitude < 1e-6)
  }

  /// Every built-in substrate goes the whole way with its own surfaces: nothing is special to LiCl.
  ///
  /// The thresholds accept the first geometry, so what is tested is what is built.
  @Test(arguments: Prototype.all.filter { $0.structure.elements.count > 1 }.map(\.name))
  func everyBuiltInSubstrateIsBuilt(name: String) async throws {
    let prototype = try #require(Prototype.named(name))
    let metal: Element = name.hasPrefix("Na") ? .sodium : .lithium
    var settings = Preset.quick.settings(
      metal: metal, structure: prototype.usualMetalStructure,
      metalSurface: prototype.usualMetalSurface, substrateSurface: prototype.usualSurface)
    settings.forceThreshold = 100
    settings.stressThreshold = 100
    let result = try await Assessment(settings: settings, engine: TestSystems.morse).run(
      substrate(name))
    let interface = try #require(result.structures["interface"])
    try interface.validate()
    // hcp (10-10) takes an even number of layers.
    let metals = result.settings.metalLayers * result.thickness.atomsPerLayer
    let substrates = try #require(result.structures["substrate-slab"]).count
    #expect(interface.count == metals + substrates)
    #expect(result.match.largestStrain.magnitude < 0.15)
    // rho: one layer of the metal, or two for hcp (10-10), over the area.
    let atoms = result.surfaceDensity * result.interfaceArea
    let perLayer = atoms / Double(result.coordination.surfaceLayers)
    #expect((perLayer - Double(result.thickness.atomsPerLayer)).magnitude < 1e-6)
    #expect(result.registries.count >= 2)
  }

  /// Both terminations of Li3OCl (100) at the same potentials: what one slab has in excess the other
  /// lacks, so their energies add up to that of whole crystals and two faces of each kind, and the
  /// ranges are as wide as each other.
  @Test func theExcessOfASlabIsReferredToItsPhases() async throws {
    let phases = try ["Li2O", "LiCl"].map { try substrate($0) }
    var results: [AssessmentResult] = []
    for termination in [1, 2] {
      let settings = settings {
        $0.forceThreshold = 100
        $0.substrateTermination = termination
        $0.relaxedRegistries = 1
      }
      results.append(
        try await Assessment(settings: settings, engine: TestSystems.morse, phases: phases).run(
          substrate("Li3OCl")))
    }
    let ranges = try results.map { try #require($0.excessSurfaceEnergy) }
    #expect(results[0].termination.upperPlane != results[1].termination.upperPlane)
    #expect(results.allSatisfy { $0.termination.facesAreAlike && !$0.termination.isStoichiometric })
    for range in ranges {
      #expect(range.lowest <= range.highest)
      #expect(!range.phasesAtLowest.isEmpty)
    }
    let widths = ranges.map { $0.highest - $0.lowest }
    #expect((widths[0] - widths[1]).magnitude < 1e-6)
    let sums = zip(ranges[0].corners, ranges[1].corners).map { $0.value + $1.value }
    for sum in sums { #expect((sum - sums[0]).magnitude < 1e-6) }
  }

  @Test func withoutPhasesThereIsNoRange() async throws {
    let settings = settings {
      $0.forceThreshold = 100
      $0.relaxedRegistries = 1
    }
    let result = try await Assessment(settings: settings, engine: TestSystems.morse).run(
      substrate("Li3OCl"))
    #expect(result.excessSurfaceEnergy == nil)
    #expect(result.warnings.contains { if case .openPotentials = $0 { true } else { false } })
  }

  /// The usual three places, those asked for beside them, or every layer; from the interface outwards.
  @Test func placesOfVacancies() {
    var settings = Preset.quick.settings(
      metal: .lithium, structure: .bcc, metalSurface: "100", substrateSurface: "100")
    func layers() -> [Int] { settings.vacancyPlaces(metalLayers: 7).map(\.layer) }
    #expect(layers() == [1, 4, 7])
    settings.moreVacancyLayers = .some([2, 4, 99])
    #expect(layers() == [1, 2, 4, 7])
    #expect(
      settings.vacancyPlaces(metalLayers: 7).map(\.place)
        == ["interface", "layer 2", "bulk", "free surface"])
    settings.moreVacancyLayers = .all
    #expect(layers() == Array(1...7))
    // In a film of few layers one layer is several places.
    func places(_ layers: Int) -> [String] {
      settings.vacancyPlaces(metalLayers: layers).map(\.place)
    }
    #expect(places(1) == ["interface"])
    #expect(places(2) == ["interface", "free surface"])
    #expect(places(3) == ["interface", "bulk", "free surface"])
  }

  @Test func vacanciesCostMoreInTheBulkThanAtTheSurface() async throws {
    let settings = settings {
      $0.vacancies = true
      $0.vacancySupercell = 2
      $0.relaxesThicknessSeries = false
      $0.relaxedRegistries = 1
      $0.forceThreshold = 5e-3
    }
    let result = try await Assessment(settings: settings, engine: TestSystems.morse).run(
      substrate("LiCl"))
    #expect(result.vacancies.map(\.place) == ["interface", "bulk", "free surface"])
    #expect(result.vacancies.map(\.layer) == [1, 5, 9])
    let energies = result.vacancies.map(\.unrelaxed)
    #expect(energies[1] > energies[2])
    for vacancy in result.vacancies {
      #expect(try #require(vacancy.relaxed) <= vacancy.unrelaxed + 1e-6)
    }
  }

  /// An engine that fails after so many calls: what was stored before is not asked for again.
  actor Failing: Engine {
    nonisolated let identity = TestSystems.morse.identity
    private var left: Int
    private(set) var calls = 0

    init(left: Int) { self.left = left }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      guard left > 0 else {
        throw EngineError.died(engine: "test", status: "signal 9", lastLines: [])
      }
      left -= 1
      calls += 1
      return TestSystems.morse.energyForcesAndStress(of: structure)
    }
  }

  /// Stored answers alone give the vacancies that were finished, and of one that was not its unrelaxed energy.
  @Test func whatIsStoredOfVacanciesIsShown() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let settings = settings {
      $0.vacancies = true
      $0.vacancySupercell = 2
      $0.relaxesThicknessSeries = false
      $0.relaxedRegistries = 1
    }
    let counted = CachedEngine(
      TestSystems.morse, store: try Store(path: folder.file("whole.sqlite")))
    let whole = try await Assessment(settings: settings, engine: counted).run(substrate("LiCl"))
    let last = try #require(
      whole.cost.forceCallsByStage.first { $0.stage.contains("free surface") })
    // All but the relaxation of the last vacancy; what is asked twice is computed once.
    let different = counted.statistics.differentCalls
    let failing = Failing(left: different - last.forceCalls + 2)
    await #expect(throws: EngineError.self) {
      try await Assessment(settings: settings, engine: CachedEngine(failing, store: store))
        .run(try substrate("LiCl"))
    }
    let stored = try await Assessment(
      settings: settings,
      engine: CachedEngine(StoredAnswers(TestSystems.morse.identity), store: store)
    ).run(substrate("LiCl"))
    #expect(stored.workOfAdhesion.value == whole.workOfAdhesion.value)
    #expect(stored.vacancies.map(\.place) == whole.vacancies.map(\.place))
    #expect(stored.vacancies.map(\.unrelaxed) == whole.vacancies.map(\.unrelaxed))
    #expect(stored.vacancies[0].relaxed == whole.vacancies[0].relaxed)
    #expect(stored.vacancies[1].relaxed == whole.vacancies[1].relaxed)
    #expect(stored.vacancies[2].relaxed == nil)
    #expect(stored.segregationByVacancies == whole.segregationByVacancies)
    try theRestIsPlanned(of: stored)
  }

  /// A plan counts the vacancies that are missing, whichever they are, and neither what came before nor the others.
  private func theRestIsPlanned(of result: AssessmentResult) throws {
    let lithiumChloride = try #require(PaperInterface.coherent.first)
    let estimate = try Reproduction(preset: .quick).estimate(
      of: .interface(lithiumChloride, vacancies: true))
    let left = estimate.remaining(beyond: result)
    #expect(left.calls == 15)
    #expect(left.largestCell == estimate.largestCell)
    var without = result
    without.vacancies.removeAll { $0.place == "interface" }
    #expect(estimate.remaining(beyond: without).calls == 30)
    without.settings.relaxesVacancies = false
    #expect(estimate.remaining(beyond: without).calls == 15)
    without = result
    without.vacancies.removeAll()
    without.cost.forceCallsByStage.removeAll { $0.stage == "vacancy reference" }
    #expect(estimate.remaining(beyond: without).calls == 46)
    without = result
    without.vacancies[2].relaxed = 0.2
    // Of two classes of sites in a layer one is there.
    without.vacancies[0].equivalentSites /= 2
    #expect(estimate.remaining(beyond: without).calls == 15)
    without.vacancies[0].equivalentSites *= 2
    let complete = estimate.remaining(beyond: without).calls
    #expect(complete == 1)
    // What the engine gave no answer to is not asked for again: a relaxation, a class of sites, or all.
    func leavingOut(_ place: String, _ change: (inout AssessmentResult) -> Void) -> Int {
      var rest = result
      rest.warnings.append(.leftOut(stage: "vacancy \(place)", reason: "no"))
      change(&rest)
      return estimate.remaining(beyond: rest).calls
    }
    let last = result.vacancies[2].place
    #expect(leavingOut(last) { _ in } == complete)
    #expect(leavingOut(last) { $0.vacancies.remove(at: 2) } == complete)
    #expect(leavingOut("\(last) (2)") { $0.vacancies[2].equivalentSites /= 2 } == 15)
    #expect(leavingOut("reference") { $0.vacancies = [] } == complete)
  }

  @Test func anInterruptedRunGoesOnWhereItWas() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let settings = settings { $0.relaxedRegistries = 1 }
    let whole = try await Assessment(settings: settings, engine: TestSystems.morse).run(
      substrate("LiCl"))
    var computed = 0
    for limit in [1, 7, 20, 10_000] {
      let engine = Failing(left: limit)
      do {
        let result = try await Assessment(
          settings: settings, engine: CachedEngine(engine, store: store)
        ).run(substrate("LiCl"))
        #expect(limit == 10_000)
        #expect(result.workOfAdhesion.value == whole.workOfAdhesion.value)
        #expect(result.cost.forceCalls == whole.cost.forceCalls)
      } catch is EngineError {
        #expect(limit < 10_000)
      }
      computed += await engine.calls
    }
    #expect(try store.summary().forceCalls == computed)
  }

  @Test func meshesFollowTheCell() {
    let cell = Cell(a: Vector3(3.436, 0, 0), b: Vector3(0, 3.436, 0), c: Vector3(0, 0, 30))
    let mesh = AssessmentSettings.mesh(for: cell, length: 27.4, slab: true)
    #expect(mesh == KPointGrid(8, 8, 1))
    let folded = Cell(a: Vector3(6.872, 0, 0), b: Vector3(0, 6.872, 0), c: Vector3(0, 0, 30))
    #expect(
      AssessmentSettings.mesh(for: folded, length: 27.4, slab: true) == KPointGrid(4, 4, 1))
  }

  @Test func thePaperPresetIsThePapers() {
    let settings = Preset.paper.settings(
      metal: .lithium, structure: .bcc, metalSurface: "100", substrateSurface: "100")
    #expect(settings.electronic.cutoffEnergy == 500)
    #expect(settings.electronic.smearingWidth == 0.1)
    #expect(settings.electronic.energyThreshold == 1e-6)
    #expect(settings.metalLayers == 11)
    #expect(settings.vacuum == 15)
    #expect(settings.forceThreshold == 0.01)
  }
}
