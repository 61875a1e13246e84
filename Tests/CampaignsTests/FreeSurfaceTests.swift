import BondBreaking
import Engines
import Interfaces
import KIMEngine
import Relaxation
import Structures
import TestSupport
import Testing

@testable import Campaigns

@Suite struct FreeSurfaceTests {
  /// With pair forces removing an atom breaks its bonds and nothing else, so that an unrelaxed vacancy in the
  /// bulk costs what a bulk atom is bound by, and sigma follows from the energies of single atoms.
  @Test func pairForcesGiveTheCohesiveEnergy() async throws {
    var settings = FreeSurfaceSettings(
      preset: .quick, metal: .lithium, structure: .fcc, surface: "100")
    settings.layers = 9
    settings.depth = 5
    let engine = TestSystems.morse
    let result = try await FreeSurface(settings: settings, engine: engine, bulkEngine: engine)
      .run()
    #expect(result.isComplete)
    let bulk = try #require(result.bulk)
    let atom = engine.energyForcesAndStress(of: bulk.structure).energy
    let cleaved = try #require(result.cleaved)
    #expect((cleaved.bulkEnergyPerAtom - atom).magnitude < 1e-9)
    #expect((try #require(result.vacancyEnergy(layer: 5, .cleaved)) + atom).magnitude < 1e-8)
    // A bond-breaking crystal: relaxation only lowers, and the surface is the cheaper place.
    for layer in 1...5 {
      let unrelaxed = try #require(result.vacancyEnergy(layer: layer, .relaxedSurface))
      #expect(try #require(result.vacancyEnergy(layer: layer, .relaxed)) <= unrelaxed + 1e-9)
    }
    for mode in FreeSurfaceResult.Mode.allCases {
      #expect(try #require(result.segregationEnergy(mode)) > 0.1)
    }
    let sigma = try #require(result.surfaceEnergyPerAtom(relaxed: false)).value
    let slab = try OrientedCrystal(bulk.structure, surface: MillerIndices(parsing: "100"))
      .slabWithFewestBrokenBonds(layers: 12, vacuum: 12).structure
    let direct = (engine.energyForcesAndStress(of: slab).energy - 12 * atom) / 2
    #expect((sigma - direct).magnitude < 1e-8)
    #expect(try #require(result.surfaceEnergyPerAtom(relaxed: true)).value < sigma)
  }

  /// hcp (10-10) averages its two surface layers.
  @Test func theSurfaceIsAllLayersThatLostNeighbours() throws {
    var result = FreeSurfaceResult(
      settings: FreeSurfaceSettings(
        preset: .quick, metal: .lithium, structure: .hcp, surface: "10-10"))
    result.coordination = try OrientedCrystal(
      try #require(Prototype.metal(.lithium, .hcp)), surface: MillerIndices(parsing: "10-10")
    ).surfaceCoordination()
    #expect(result.coordination?.surfaceLayers == 2)
    result.vacancies = [(1, 0.18), (2, 0.46), (6, 0.62)].map {
      FreeSurfaceResult.Vacancy(layer: $0.0, relaxed: $0.1, settledLayer: $0.0)
    }
    #expect((try #require(result.segregationEnergy(.relaxed)) - 0.30).magnitude < 1e-12)
    #expect(result.segregationEnergy(.cleaved) == nil)
  }

  /// What is stored before a run was killed is told without an engine, and nothing is invented.
  @Test func aKilledStudyTellsWhatIsStored() async throws {
    var settings = FreeSurfaceSettings(
      preset: .quick, metal: .lithium, structure: .bcc, surface: "100")
    settings.layers = 7
    settings.depth = 4
    let kim = try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium], workers: 1)
    let folder = try TemporaryFolder()
    let immortal = CachedEngine(kim, store: try Store(path: folder.file("whole.sqlite")))
    let whole = try await FreeSurface(settings: settings, engine: immortal, bulkEngine: immortal)
      .run()
    #expect(whole.isComplete)
    // In the middle of the last relaxations.
    let death = immortal.statistics.engineCalls - 4
    let store = try Store(path: folder.file("killed.sqlite"))
    let mortal = CachedEngine(MortalEngine(kim, dyingAfter: death), store: store)
    await #expect(throws: EngineError.self) {
      try await FreeSurface(settings: settings, engine: mortal, bulkEngine: mortal).run()
    }
    let silent = CachedEngine(StoredAnswers(kim.identity), store: store)
    let part = try await FreeSurface(settings: settings, engine: silent, bulkEngine: silent).run()
    #expect(!part.isComplete)
    #expect(silent.statistics.engineCalls == 0)
    #expect(part.surfaceEnergy(relaxed: true) == whole.surfaceEnergy(relaxed: true))
    // The surface and the bulk are done before the layers between are begun.
    for layer in [0, 3] { #expect(part.vacancies[layer].relaxed != nil) }
    for (left, right) in zip(part.vacancies, whole.vacancies) where left.cleaved != nil {
      #expect(left.cleaved == right.cleaved)
    }
    let relaxed = part.vacancies.compactMap(\.relaxed)
    #expect(!relaxed.isEmpty)
    #expect(relaxed.count < whole.vacancies.count)
    for (left, right) in zip(part.vacancies, whole.vacancies) where left.relaxed != nil {
      #expect(left.relaxed == right.relaxed)
    }
  }

  /// hcp (10-10) has alike faces with even numbers of layers only: both lose 4 and 2 neighbours.
  ///
  /// bcc and the basal plane take any number.
  @Test func slabsHaveAlikeFaces() throws {
    let wanted: [(MetalStructure, String, [Int])] = [
      (.hcp, "10-10", [12, 14, 16]), (.hcp, "0001", [11, 12, 13]), (.bcc, "100", [11, 12, 13]),
    ]
    for (structure, surface, counts) in wanted {
      let crystal = try #require(Prototype.metal(.lithium, structure))
      let oriented = try OrientedCrystal(crystal, surface: MillerIndices(parsing: surface))
      #expect(oriented.planeCounts(from: 11, count: 3) == counts, "\(surface)")
      for count in counts {
        let slab = oriented.slabWithFewestBrokenBonds(layers: count, vacuum: 12)
        let distance = try #require(slab.structure.shortestDistance).distance
        let numbers = slab.structure.coordinationNumbers(bondLength: 1.1 * distance)
        func lost(_ layer: Int) -> Int { numbers[slab.atoms(inLayer: layer)[0]] }
        #expect(lost(0) == lost(count - 1), "\(surface) \(count)")
        #expect(lost(1) == lost(count - 2), "\(surface) \(count)")
        if surface == "10-10" { #expect((lost(count - 1), lost(count - 2)) == (8, 10)) }
      }
    }
    let settings = Preset.standard.settings(
      metal: .lithium, structure: .hcp, metalSurface: "10-10", substrateSurface: "100")
    let mended = try settings.withAlikeFaces(
      of: try #require(Prototype.metal(.lithium, .hcp)), surface: MillerIndices(parsing: "10-10"))
    #expect(mended.metalLayers == 12)
    #expect(mended.thicknessSeries == [10, 12, 14, 16, 18])
  }

  /// A relaxed vacancy that has left its layer is no vacancy of that layer.
  @Test func aVacancyThatFellIsNotAveraged() throws {
    var result = FreeSurfaceResult(
      settings: FreeSurfaceSettings(
        preset: .quick, metal: .lithium, structure: .bcc, surface: "100"))
    result.vacancies = [
      FreeSurfaceResult.Vacancy(layer: 2, cleaved: 0.5, relaxed: 0.2, settledLayer: 1)
    ]
    #expect(result.vacancyEnergy(layer: 2, .cleaved) == 0.5)
    #expect(result.vacancyEnergy(layer: 2, .relaxed) == nil)
  }

  @Test func aLadderHasItsVacancyInEachLayer() throws {
    let crystal = try #require(Prototype.metal(.lithium, .hcp))
    for surface in ["0001", "10-10"] {
      let slab = try OrientedCrystal(crystal, surface: MillerIndices(parsing: surface))
        .slabWithFewestBrokenBonds(layers: 9, vacuum: 12).supercell(.diagonal(2, 2))
      let ladder = try VacancyLadder(slab, layers: 5)
      for layer in 1...5 {
        let structure = ladder.structure(layer: layer, of: slab.structure)
        #expect(structure.count == slab.structure.count - 1)
        #expect(VacancyLadder.layerOfVacancy(in: structure, of: slab) == layer)
        #expect(try #require(structure.shortestDistance).distance > 2.5)
        guard layer > 1 else { continue }
        // One atom has moved since the layer before.
        let before = ladder.structure(layer: layer - 1, of: slab.structure)
        #expect(zip(before.positions, structure.positions).filter { $0 != $1 }.count == 1)
      }
    }
  }
}
