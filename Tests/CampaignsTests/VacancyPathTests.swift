import Campaigns
import Engines
import Interfaces
import KIMEngine
import Relaxation
import Structures
import Synchronization
import TestSupport
import Testing

@Suite struct VacancyPathTests {
  func slab(_ name: String, _ surface: String, edge: Double, layers: Int, supercell: Int) throws
    -> Slab
  {
    let crystal = try #require(Prototype.named(name)).structure
    let scaled = crystal.deformed(by: Matrix3.identity * (edge / crystal.cell.a.length))
    let oriented = try OrientedCrystal(scaled, surface: MillerIndices(parsing: surface))
    return oriented.slab(
      firstPlane: oriented.firstPlaneWithFewestBrokenBonds(planeCount: layers),
      planeCount: layers, vacuum: 12
    ).supercell(.diagonal(supercell, supercell))
  }

  /// A symmetric slab of seven layers walked through to the other surface: the energies of layer n
  /// and of its mirror image are equal, and so are the barriers up and down.
  @Test func aPathThroughASymmetricSlabIsItsMirrorImage() async throws {
    let engine = try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium])
    let slab = try slab("Li", "100", edge: 3.532, layers: 7, supercell: 3)
    let path = try await followVacancy(
      through: slab, layers: 7, engine: engine, sampling: .gammaPoint,
      relaxation: RelaxationSettings(forceThreshold: 3e-3),
      band: BandSettings(images: 3, forceThreshold: 1e-2))
    #expect(path.stops.count == 7)
    #expect(path.hops.count == 6)
    for layer in 0..<3 {
      #expect((path.stops[layer].energy - path.stops[6 - layer].energy).magnitude < 2e-4)
    }
    for hop in 0..<3 {
      let down = try #require(path.hops[hop].path)
      let up = try #require(path.hops[5 - hop].path)
      #expect(down.outcome == .converged)
      #expect((down.forwardBarrier - up.reverseBarrier).magnitude < 4e-3)
      #expect((down.reverseBarrier - up.forwardBarrier).magnitude < 4e-3)
    }
    // A vacancy costs less at the surface than in the middle.
    #expect(path.stops[0].energy < path.stops[3].energy - 0.1)
    // Every stop has the same atoms in the same order, one less than the slab.
    for stop in path.stops {
      #expect(stop.structure.species.count == slab.structure.count - 1)
    }
    let limiting = try #require(path.rateLimiting)
    #expect(limiting.inwards >= (path.hops[0].path?.forwardBarrier ?? 0))
  }

  /// A killed search goes on: with a store around the engine nothing is asked twice.
  @Test func aStoredPathAsksNothingTwice() async throws {
    let slab = try slab("Li", "100", edge: 3.532, layers: 5, supercell: 2)
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("path.sqlite"))
    func run() async throws -> (VacancyPath, Int) {
      let engine = CachedEngine(
        try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium], workers: 1),
        store: store)
      let path = try await followVacancy(
        through: slab, layers: 3, engine: engine, sampling: .gammaPoint,
        relaxation: RelaxationSettings(forceThreshold: 5e-3),
        band: BandSettings(images: 1, forceThreshold: 2e-2))
      return (path, engine.statistics.engineCalls)
    }
    let (first, asked) = try await run()
    let (second, again) = try await run()
    #expect(asked > 10)
    #expect(again == 0)
    #expect(first.stops.map(\.energy) == second.stops.map(\.energy))
  }

  /// Killed in the middle of a band, between the images of one step: the next run asks only for what is
  /// missing, and ends where an undisturbed one does.
  @Test func aKilledBandGoesOnWhereItWas() async throws {
    let slab = try slab("Li", "100", edge: 3.532, layers: 5, supercell: 2)
    let folder = try TemporaryFolder()
    func run(_ name: String, dyingAfter calls: Int) async throws -> (VacancyPath, Int) {
      let engine = MortalEngine(
        try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium], workers: 1),
        dyingAfter: calls)
      let store = try Store(path: folder.file(name))
      let path = try await followVacancy(
        through: slab, layers: 2, engine: CachedEngine(engine, store: store),
        sampling: .gammaPoint, relaxation: RelaxationSettings(forceThreshold: 5e-3),
        band: BandSettings(images: 3, forceThreshold: 2e-2))
      return (path, engine.asked.withLock { $0 })
    }
    let (whole, asked) = try await run("whole.sqlite", dyingAfter: .max)
    let relaxations = whole.stops.map(\.forceCalls).reduce(0, +)
    // Slab and stops, a few steps of the band, and one image more.
    let death = asked - 3 * ((asked - relaxations) / 6) - 1
    await #expect(throws: EngineError.self) {
      try await run("killed.sqlite", dyingAfter: death)
    }
    let (rest, missing) = try await run("killed.sqlite", dyingAfter: .max)
    #expect(missing == asked - death)
    #expect(rest.hops[0].path?.energies == whole.hops[0].path?.energies)
  }

  /// Killed in its last hop, which is one between others: both ends are there, and the chain ends at the gap.
  @Test func theHopsAtBothEndsComeFirst() async throws {
    let slab = try slab("Li", "100", edge: 3.532, layers: 7, supercell: 2)
    let folder = try TemporaryFolder()
    func run(_ engine: some Engine, _ store: Store) async throws -> VacancyPath {
      try await followVacancy(
        through: slab, layers: 4, engine: CachedEngine(engine, store: store),
        sampling: .gammaPoint, relaxation: RelaxationSettings(forceThreshold: 2e-2),
        band: BandSettings(images: 1, forceThreshold: 5e-2))
    }
    func mortal(dyingAfter calls: Int) throws -> MortalEngine {
      MortalEngine(
        try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium], workers: 1),
        dyingAfter: calls)
    }
    let immortal = try mortal(dyingAfter: .max)
    let whole = try await run(immortal, try Store(path: folder.file("whole.sqlite")))
    #expect(whole.isComplete)
    #expect(whole.hops.map(\.from) == [1, 2, 3])
    #expect(whole.chain.count == 3)
    #expect(whole.rateLimiting != nil)
    let store = try Store(path: folder.file("killed.sqlite"))
    await #expect(throws: EngineError.self) {
      try await run(try mortal(dyingAfter: immortal.asked.withLock { $0 } - 1), store)
    }
    let stored = try await run(StoredAnswers(immortal.identity), store)
    #expect(!stored.isComplete)
    #expect(stored.stops.count == 4)
    #expect(stored.hops.map(\.from) == [1, 3])
    #expect(stored.chain.map(\.from) == [1])
    #expect(stored.rateLimiting == nil)
  }

  @Test func aPathDeeperThanTheSlabIsRefused() async throws {
    let slab = try slab("Li", "100", edge: 3.5, layers: 5, supercell: 2)
    await #expect(throws: InterfaceError.noSuchLayer(layer: 8, layers: 5)) {
      try await followVacancy(
        through: slab, layers: 9, engine: TestSystems.morse, sampling: .gammaPoint,
        relaxation: RelaxationSettings(forceThreshold: 0.1), band: BandSettings())
    }
  }
}
