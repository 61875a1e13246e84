import Campaigns
import Engines
import Foundation
import Interfaces
import Relaxation
import Structures
import TestSupport
import Testing

@Suite("Accelerator that learns from a store")
struct AcceleratorTests {
  let settings = RelaxationSettings(forceThreshold: 0.01)

  func learner(
    _ store: Store, others: (@Sendable () throws -> [Store.ForceCall])? = nil,
    waitsForEnough: Bool = false
  ) throws -> StoreAccelerator {
    try StoreAccelerator(
      store: store, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine],
      others: others, waitsForEnough: waitsForEnough)
  }

  func learning(_ store: Store, _ learner: StoreAccelerator? = nil) throws -> LearningEngine {
    LearningEngine(
      CachedEngine(TestSystems.morse, store: store), learner: try learner ?? self.learner(store))
  }

  @Test("what was accelerated is found again in its store, and in a copy of its export")
  func isKept() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 3)
    let first = try await relax(
      start, engine: try learning(store), sampling: .gammaPoint, settings: settings)
    #expect(first.outcome == .converged)
    #expect(first.residualForce < 0.01)
    let calls = try store.summary().forceCalls
    #expect(calls == first.forceCalls)
    // An end of a relaxation is no calculation that a report would show.
    #expect(try store.calculations().isEmpty && store.summary().calculations == 0)

    #expect(try store.export(to: folder.file("a.jsonl")) == calls)
    let copy = try Store(path: folder.file("b.sqlite"))
    #expect(try copy.load(from: folder.file("a.jsonl")) == (read: calls, new: calls))
    for other in [store, copy] {
      let looking = LearningEngine(
        CachedEngine(StoredAnswers(TestSystems.morse.identity), store: other),
        finding: FinishedRelaxations(store: other))
      let again = try await relax(
        start, engine: looking, sampling: .gammaPoint, settings: settings)
      #expect(again.structure == first.structure)
      #expect(again.evaluation.energy == first.evaluation.energy)
      #expect(again.forceCalls == first.forceCalls)
    }
    // A relaxation under another key than its own is not taken.
    let text = try String(contentsOfFile: folder.file("a.jsonl"), encoding: .utf8)
    try text.replacingOccurrences(
      of: "forceThreshold\\\":0.01", with: "forceThreshold\\\":0.001"
    ).write(toFile: folder.file("bad.jsonl"), atomically: true, encoding: .utf8)
    let third = try Store(path: folder.file("c.sqlite"))
    #expect(throws: StoreError.self) { try third.load(from: folder.file("bad.jsonl")) }
    #expect(try third.summary().forceCalls == 0)
  }

  @Test("what is known from elsewhere leads, is not stored, and an end is found in an export")
  func knownFromElsewhere() async throws {
    let folder = try TemporaryFolder()
    let elsewhere = try Store(path: folder.file("elsewhere.sqlite"))
    let engine = CachedEngine(TestSystems.morse, store: elsewhere)
    let minimum = try await relax(
      TestSystems.triclinic, engine: TestSystems.morse, sampling: .gammaPoint, settings: settings
    ).structure
    for seed in 1...110 {
      _ = try await engine.evaluate(
        minimum.rattled(by: 0.2 * Double(seed) / 110, seed: UInt64(seed)), sampling: .gammaPoint)
    }
    let others = try elsewhere.forceCalls()
    #expect(others.count == 110)
    let path = folder.file("elsewhere.jsonl")
    #expect(try elsewhere.export(to: path) == 110)
    #expect(try Store.forceCalls(inExport: path).map(\.key) == others.map(\.key))
    let start = minimum.rattled(by: 0.1, seed: 200)
    let alone = try await relax(
      start, engine: TestSystems.morse, sampling: .gammaPoint, settings: settings)
    let store = try Store(path: folder.file("a.sqlite"))
    let learner = try learner(store, others: { others })
    #expect(try learner.leads && learner.exampleCount == 110)
    let led = try await relax(
      start, engine: try learning(store, learner), sampling: .gammaPoint, settings: settings)
    #expect(led.outcome == .converged && led.residualForce < 0.01)
    #expect(led.forceCalls <= 2 && alone.forceCalls > 2 * led.forceCalls)
    #expect(abs(led.evaluation.energy - alone.evaluation.energy) < 2e-3)
    #expect(try store.summary().forceCalls == led.forceCalls)
    // A few examples lead nobody, and propose nothing unless they are told to.
    for waitsForEnough in [false, true] {
      let fewer = try self.learner(
        store, others: { Array(others.prefix(90)) }, waitsForEnough: waitsForEnough)
      #expect(try !fewer.leads && fewer.proposes == !waitsForEnough)
    }
    let enough = try self.learner(store, others: { others }, waitsForEnough: true)
    #expect(try enough.proposes)
    #expect(try store.export(to: folder.file("a.jsonl")) == led.forceCalls)
    let copy = try Store(path: folder.file("b.sqlite"))
    _ = try copy.load(from: folder.file("a.jsonl"))
    let again = try await relax(
      start,
      engine: LearningEngine(
        CachedEngine(StoredAnswers(TestSystems.morse.identity), store: copy),
        finding: FinishedRelaxations(store: copy)),
      sampling: .gammaPoint, settings: settings)
    #expect(again.structure == led.structure && again.forceCalls == led.forceCalls)
  }

  @Test("a model that waits leaves a run as it was, and to replay one nothing else is read")
  func waits() async throws {
    struct MustNotBeRead: Error {}
    let folder = try TemporaryFolder()
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 3)
    let plain = try await relax(
      start, engine: TestSystems.morse, sampling: .gammaPoint, settings: settings)
    let store = try Store(path: folder.file("a.sqlite"))
    func relaxed(
      _ start: Structure, _ others: @escaping @Sendable () throws -> [Store.ForceCall]
    ) async throws -> RelaxationResult {
      try await relax(
        start, engine: learning(store, learner(store, others: others, waitsForEnough: true)),
        sampling: .gammaPoint, settings: settings)
    }
    let waiting = try await relaxed(start) { [] }
    #expect(waiting.trace == plain.trace && waiting.structure == plain.structure)
    #expect(try store.summary().forceCalls == plain.forceCalls)
    // One of a model would be exported beside its force calls.
    let path = folder.file("a.jsonl")
    _ = try store.export(to: path)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == plain.forceCalls)
    let again = try await relaxed(start) { throw MustNotBeRead() }
    #expect(again.structure == plain.structure)
    // Where something has to be computed it is read.
    let other = start.rattled(by: 0.1, seed: 4)
    await #expect(throws: MustNotBeRead.self) {
      _ = try await relaxed(other) { throw MustNotBeRead() }
    }
  }

  @Test("vacancies of one slab take fewer force calls where one store has them all")
  func vacanciesInOneStore() async throws {
    let folder = try TemporaryFolder()
    let crystal = try #require(Prototype.metal(.lithium, .bcc))
    let slab = try OrientedCrystal(
      crystal, surface: try MillerIndices(parsing: "100"), tolerance: 1e-2
    ).slabWithFewestBrokenBonds(layers: 5, vacuum: 10).structure.supercell(.diagonal(2, 2, 1))
    let fromBelow = slab.positions.indices.sorted {
      slab.positions[$0].vector.z < slab.positions[$1].vector.z
    }
    #expect(slab.count == 20)
    // One of the four atoms of each of the upper three layers.
    let starts = [19, 15, 11].map { slab.removing(at: fromBelow[$0]) }
    func relaxed(_ start: Structure, _ store: Store) async throws -> (calls: Int, energy: Double) {
      let before = try store.summary().forceCalls
      let result = try await relax(
        start, engine: try learning(store), sampling: .gammaPoint,
        settings: RelaxationSettings(forceThreshold: 0.002))
      #expect(result.outcome == .converged && result.residualForce < 0.002)
      return (try store.summary().forceCalls - before, result.evaluation.energy)
    }
    let shared = try Store(path: folder.file("shared.sqlite"))
    var calls = (alone: 0, shared: 0)
    for (number, start) in starts.enumerated() {
      let alone = try await relaxed(start, try Store(path: folder.file("\(number).sqlite")))
      let together = try await relaxed(start, shared)
      calls.alone += alone.calls
      calls.shared += together.calls
      #expect((together.energy - alone.energy).magnitude < 1e-3)
    }
    #expect(calls.shared < calls.alone, "\(calls)")
  }

  @Test("a cell that was accelerated is found again, and another engine's cells are its own")
  func cellsAreKept() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let start = TestSystems.triclinic.rattled(by: 0.02, seed: 3)
    let settings = RelaxationSettings(forceThreshold: 0.01, stressThreshold: 1e-4)
    let learner = try learner(store)
    // The engine of bulk cells beside that of slabs: another cut-off, one learner.
    let bulk = RenamedEngine(
      identity: EngineIdentity(name: "morse", settings: ["cutoff_ev": "700"]))
    func relaxed(_ engine: any Engine) async throws -> RelaxationResult {
      try await relaxCell(
        start, freedom: .full, engine: engine, sampling: .gammaPoint, settings: settings)
    }
    let first = try await relaxed(
      LearningEngine(CachedEngine(bulk, store: store), learner: learner))
    #expect(first.outcome == .converged)
    let calls = try store.export(to: folder.file("a.jsonl"))
    let copy = try Store(path: folder.file("b.sqlite"))
    #expect(try copy.load(from: folder.file("a.jsonl")) == (read: calls, new: calls))
    for other in [store, copy] {
      let looking = LearningEngine(
        CachedEngine(StoredAnswers(bulk.identity), store: other),
        finding: FinishedRelaxations(store: other))
      let again = try await relaxed(looking)
      #expect(again.structure == first.structure && again.forceCalls == first.forceCalls)
    }
    // What the bulk engine has finished alone is replayed from its own answers.
    let other = try Store(path: folder.file("c.sqlite"))
    let plain = try await relaxed(CachedEngine(bulk, store: other))
    let before = try other.summary().forceCalls
    let replayed = try await relaxed(
      LearningEngine(CachedEngine(bulk, store: other), learner: try self.learner(other)))
    #expect(replayed.structure == plain.structure)
    #expect(try other.summary().forceCalls == before)
  }

  @Test("a relaxation that the engine finished alone is replayed, not computed anew")
  func plainIsReplayed() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 5)
    let plain = try await relax(
      start, engine: CachedEngine(TestSystems.morse, store: store), sampling: .gammaPoint,
      settings: settings)
    let before = try store.summary().forceCalls
    let again = try await relax(
      start, engine: try learning(store), sampling: .gammaPoint, settings: settings)
    #expect(try store.summary().forceCalls == before)
    #expect(again.structure == plain.structure)
  }
}
