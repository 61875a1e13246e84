import Campaigns
import Engines
import Foundation
import Interfaces
import LearnedPotential
import Relaxation
import Structures
import Synchronization
import TestSupport
import Testing

@Suite("Accelerator that learns from a store")
struct AcceleratorTests {
  let settings = RelaxationSettings(forceThreshold: 0.01)

  func learning(_ store: Store) throws -> LearningEngine {
    LearningEngine(
      CachedEngine(TestSystems.morse, store: store),
      learner: try StoreAccelerator(
        store: store, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine]))
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
    let learner = try StoreAccelerator(
      store: store, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine],
      others: { others })
    #expect(try learner.leads && learner.exampleCount == 110)
    let led = try await relax(
      start,
      engine: LearningEngine(CachedEngine(TestSystems.morse, store: store), learner: learner),
      sampling: .gammaPoint, settings: settings)
    #expect(led.outcome == .converged && led.residualForce < 0.01)
    #expect(led.forceCalls <= 2 && alone.forceCalls > 2 * led.forceCalls)
    #expect(abs(led.evaluation.energy - alone.evaluation.energy) < 2e-3)
    #expect(try store.summary().forceCalls == led.forceCalls)
    // A few examples lead nobody, and propose nothing unless they are told to.
    for waitsForEnough in [false, true] {
      let fewer = try StoreAccelerator(
        store: store, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine],
        others: { Array(others.prefix(90)) }, waitsForEnough: waitsForEnough)
      #expect(try !fewer.leads && fewer.proposes == !waitsForEnough)
    }
    let enough = try StoreAccelerator(
      store: store, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine],
      others: { others }, waitsForEnough: true)
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
    let learner = try StoreAccelerator(
      store: store, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine])
    // The engine of bulk cells beside that of slabs: another cut-off, one learner.
    let bulk = Renamed(identity: EngineIdentity(name: "morse", settings: ["cutoff_ev": "700"]))
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
    let otherLearner = try StoreAccelerator(
      store: other, engine: TestSystems.morse.identity, elements: [.lithium, .chlorine])
    let replayed = try await relaxed(
      LearningEngine(CachedEngine(bulk, store: other), learner: otherLearner))
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

  /// The same forces under another name.
  struct Renamed: Engine {
    let identity: EngineIdentity

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      TestSystems.morse.energyForcesAndStress(of: structure)
    }
  }

  @Test("cells that are computed to learn from differ in kind, and the open ones come first")
  func activeLearning() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let candidates = TrainingCandidates(
      elements: [.lithium, .chlorine], preset: .quick, largestCell: 24)
    let cells = try candidates.draw(60, seed: 1)
    let again = try candidates.draw(60, seed: 1)
    #expect(cells.count == 60 && cells == again)
    #expect(Set(cells.map(\.kind)).count > 25)
    #expect(cells.allSatisfy { $0.structure.count <= 24 })
    #expect(cells.contains { $0.kind.contains("LiCl-Li") && $0.kind.contains("vacancy") })
    let basis = ClusterBasis(
      ClusterBasisSettings(elements: [.lithium, .chlorine], degrees: [6, 5, 4]))
    let steps = Mutex<[ActiveLearning.Step]>([])
    try await ActiveLearning(
      engines: [CachedEngine(TestSystems.morse, store: store)], candidates: candidates, choice: 30
    ).run(calls: 16, knowing: TrainingSums(basis: basis)) { step in
      steps.withLock { $0.append(step) }
    }
    let told = steps.withLock { $0 }
    #expect(told.map(\.number) == Array(1...16))
    let examples = try store.trainingExamples(
      like: TestSystems.morse.identity, elements: [.lithium, .chlorine])
    #expect(examples.count == 16)
    // What is asked last is known better than what was asked first, and so is what it leaves open.
    let mean = { (steps: ArraySlice<ActiveLearning.Step>) in
      steps.compactMap(\.error).reduce(0, +) / Double(steps.count)
    }
    #expect(mean(told[12...]) < 0.5 * mean(told[..<4]))
    // One of the first may be a primitive cell, which has no forces.
    let first = told[..<4]
    #expect(told[15].open < 0.2 * (first.map(\.open).max() ?? 0))
    #expect(told[15].openEnergy < 0.2 * (first.map(\.openEnergy).max() ?? 0))
    // Primitive cells are among what is drawn: they tell how the energy changes with strain.
    #expect(cells.contains { $0.structure.count <= 2 && $0.sampling.kPointGrid.z > 1 })
  }

  /// What a training from nothing asks a model for, and what its rehearsals tell.
  private func trained(
    _ calls: Int, on candidates: TrainingCandidates, choice: Int, _ basis: ClusterBasis
  ) async throws -> (steps: [ActiveLearning.Step], rehearsals: [Rehearsal]) {
    let told = Mutex<(steps: [ActiveLearning.Step], rehearsals: [Rehearsal])>(([], []))
    try await ActiveLearning(
      engines: [TestSystems.morse], candidates: candidates, choice: choice
    ).run(
      calls: calls, knowing: TrainingSums(basis: basis),
      rehearsed: { rehearsals in told.withLock { $0.rehearsals += rehearsals } },
      progress: { step in told.withLock { $0.steps.append(step) } })
    return told.withLock { ($0.steps, $0.rehearsals) }
  }

  @Test("the cell at which an assessment would halt is asked for, once")
  func rehearsal() async throws {
    let candidates = TrainingCandidates(
      elements: [.lithium, .chlorine], preset: .quick, largestCell: 24)
    let basis = ClusterBasis(
      ClusterBasisSettings(elements: [.lithium, .chlorine], cutoff: 5.5, degrees: [8, 6, 5]))
    // Who knows nothing comes no further than crystals, whose atoms have no force by symmetry.
    let nothing = try await Rehearsal.all(
      of: candidates, by: LearnedPotential(TrainingSums(basis: basis)), knowing: [])
    #expect(nothing.map(\.name) == ["LiCl on Li"])
    let first = try #require(nothing[0].halt)
    let early = ["metal bulk", "substrate bulk", "strained metal", "thickness series"]
    #expect(early.contains(first.stage), "\(first)")
    let (steps, rehearsals) = try await trained(24, on: candidates, choice: 20, basis)
    #expect(steps.count == 24)
    // After the first answer, and again as soon as a halt is answered.
    let halts = rehearsals.compactMap(\.halt)
    #expect(rehearsals.count > 5 && rehearsals.count < 24)
    for cell in halts.compactMap(\.cell) {
      #expect(cell.structure.count <= 24)
      #expect(steps.count { $0.candidate.structure == cell.structure } == 1)
    }
    #expect(halts.contains { $0.cell != nil })
  }

  @Test("the last calls go to where an assessment ends, on meshes whose energies count as they are")
  func ends() async throws {
    let candidates = TrainingCandidates(
      elements: [.lithium, .chlorine], preset: .standard, largestCell: 24)
    let basis = ClusterBasis(
      ClusterBasisSettings(elements: [.lithium, .chlorine], cutoff: 5.5, degrees: [8, 6, 5]))
    let (steps, rehearsals) = try await trained(30, on: candidates, choice: 10, basis)
    #expect(!rehearsals.contains { $0.halt != nil && !$0.ends.isEmpty })
    let last = try #require(rehearsals.last { $0.halt == nil && !$0.ends.isEmpty })
    // Of the three registries that this preset relaxes the strongest, then what it is made of.
    #expect(last.ends.count == 3 && last.ends[0].isInterface)
    #expect(steps.suffix(3).map(\.candidate) == last.ends)
    #expect(!steps.dropLast(3).contains { $0.candidate.kind.hasSuffix("settled mesh") })
    let whole = last.ends[0].structure.composition
    let parts = last.ends.dropFirst().map(\.structure.composition)
    let together = parts[0].merging(parts[1], uniquingKeysWith: { $0 + $1 })
    #expect(together == whole)
    for end in last.ends {
      let (heights, mesh) = (end.structure.cell.heights, end.sampling.kPointGrid)
      // The chloride alone is a salt, whose energy a short mesh has.
      let isSalt = end.structure.composition[.chlorine] == end.structure.composition[.lithium]
      let shortest = min(Double(mesh.x) * heights.x, Double(mesh.y) * heights.y)
      #expect(isSalt ? (15.5...30).contains(shortest) : shortest > 39)
      #expect(mesh.z == 1)
    }
  }

  @Test("what differences are measured against is asked for before anything else, once")
  func references() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let candidates = TrainingCandidates(
      elements: [.lithium, .chlorine], preset: .standard, largestCell: 8)
    let references = try candidates.references(notAmong: [])
    // Lithium chloride at three volumes; three crystals of lithium at five, stretched and sheared, with four slabs each; and
    // lithium strained by the chloride with four more.
    #expect(references.count == 41)
    #expect(Set(references.map(\.structure)).count == references.count)
    let ideal = try #require(references.first { $0.kind == "Li" }).structure.cell
    for (kind, volume) in [
      ("Li, volume 85 %", 0.85), ("Li, volume 115 %", 1.15), ("Li, stretched", 1),
      ("Li, sheared", 1),
    ] {
      let cell = try #require(references.first { $0.kind == kind }).structure.cell
      #expect(abs(cell.volume / ideal.volume - volume) < 1e-9)
      // Scalar products of the edges in units of the ideal cell's, whatever the volume.
      func products(_ cell: Cell) -> [Double] {
        [cell.a.dot(cell.a), cell.b.dot(cell.b), cell.a.dot(cell.b), cell.b.dot(cell.c)]
      }
      let scale = pow(volume, 2.0 / 3)
      let change = zip(products(cell), products(ideal)).map { abs($0 / scale - $1) }
      #expect((try #require(change.max()) > 0.01) == (volume == 1), "\(kind)")
    }
    for reference in references {
      let (heights, mesh) = (reference.structure.cell.heights, reference.sampling.kPointGrid)
      let least = reference.structure.elements.contains(.chlorine) ? 15.5 : 39
      let shortest = min(Double(mesh.x) * heights.x, Double(mesh.y) * heights.y)
      #expect(shortest > least)
      let isSlab = heights.z > 12
      #expect(isSlab == (mesh.z == 1))
    }
    // On lithium chloride a square of lithium's surface is stretched.
    let strained = try #require(references.first { $0.kind == "Li strained by LiCl" })
    let side = strained.structure.cell.a.length
    let ofChloride = 5.15 / 2.0.squareRoot()
    #expect(abs(side / ofChloride - 1) < 0.01)
    // Where the strained cell has more atoms its mesh is as long.
    let phosphide = TrainingCandidates(
      elements: [.lithium, try #require(Element(symbol: "P"))], preset: .standard, largestCell: 8)
    let larger = try #require(
      try phosphide.references(notAmong: []).first { $0.kind == "Li strained by Li3P" })
    let (faces, divisions) = (larger.structure.cell.heights, larger.sampling.kPointGrid)
    #expect(larger.structure.count == 4)
    #expect(min(Double(divisions.x) * faces.x, Double(divisions.z) * faces.z) > 39)
    let basis = ClusterBasis(
      ClusterBasisSettings(elements: [.lithium, .chlorine], degrees: [4, 3, 2]))
    let engine = CachedEngine(TestSystems.morse, store: store)
    let identity = TestSystems.morse.identity
    let steps = Mutex<[ActiveLearning.Step]>([])
    for round in 1...2 {
      let known = try store.trainingExamples(like: identity, elements: [.lithium, .chlorine])
      var sums = TrainingSums(basis: basis)
      for example in known { sums.add(example) }
      let left = try candidates.references(notAmong: known)
      let expected = Array(references.dropFirst(8 * (round - 1)))
      #expect(left == expected)
      try await ActiveLearning(engines: [engine], candidates: candidates, choice: 10).run(
        calls: 8, knowing: sums, beginningWith: left
      ) { step in
        steps.withLock { $0.append(step) }
      }
    }
    let asked = steps.withLock { $0 }.map(\.candidate)
    #expect(asked == Array(references.prefix(16)))
  }

  /// Answers after a moment, and counts how many are being answered.
  struct Slow: Engine {
    final class Counter: Sendable {
      let state = Mutex((now: 0, most: 0))
    }

    let counter: Counter
    var identity: EngineIdentity { TestSystems.morse.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      counter.state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      defer { counter.state.withLock { $0.now -= 1 } }
      try await Task.sleep(for: .milliseconds(200))
      return TestSystems.morse.energyForcesAndStress(of: structure)
    }
  }

  @Test("several engines compute side by side, each another cell, and no more cells than asked for")
  func severalEngines() async throws {
    let counter = Slow.Counter()
    let steps = Mutex<[ActiveLearning.Step]>([])
    let basis = ClusterBasis(ClusterBasisSettings(elements: [.lithium], degrees: [6, 5, 4]))
    try await ActiveLearning(
      engines: (0..<3).map { _ in Slow(counter: counter) },
      candidates: TrainingCandidates(elements: [.lithium], preset: .quick, largestCell: 12),
      choice: 20
    ).run(calls: 10, knowing: TrainingSums(basis: basis)) { step in
      steps.withLock { $0.append(step) }
    }
    let told = steps.withLock { $0 }
    #expect(told.map(\.number) == Array(1...10))
    #expect(Set(told.map(\.candidate)).count == 10)
    #expect(counter.state.withLock { $0.most } == 3)
    // All three are asked before any has answered; only the first is chosen as if nothing were known. Crystals whose forces vanish
    // by symmetry leave nothing open.
    let nothing = LearnedPotential(TrainingSums(basis: basis))
    let unknown = told.filter { step in
      let structure = step.candidate.structure
      let open = Novelty(structure, DesignRows(structure, basis: basis), nothing).open
      return open > 1e-6 && step.open > 0.999 * open
    }
    #expect(unknown.count == 1)
  }

  /// Fails at once.
  struct Failing: Engine {
    var identity: EngineIdentity { TestSystems.morse.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      throw EngineError.refused(engine: "test", message: "no")
    }
  }

  @Test("where one engine fails, what the others are computing is stored before its error is told")
  func oneEngineFails() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let slow = Slow(counter: Slow.Counter())
    let basis = ClusterBasis(ClusterBasisSettings(elements: [.lithium], degrees: [6, 5, 4]))
    await #expect(throws: EngineError.self) {
      try await ActiveLearning(
        engines: ([slow, Failing(), slow] as [any Engine]).map { CachedEngine($0, store: store) },
        candidates: TrainingCandidates(elements: [.lithium], preset: .quick, largestCell: 12),
        choice: 10
      ).run(calls: 10, knowing: TrainingSums(basis: basis)) { _ in }
    }
    #expect(try store.summary().forceCalls == 2)
  }

  @Test("the cell that is taken has the highest rank for its cost, though few are looked at")
  func leastKnown() throws {
    let basis = ClusterBasis(ClusterBasisSettings(elements: [.lithium], degrees: [6, 5, 4]))
    var left = try TrainingCandidates(elements: [.lithium], preset: .quick, largestCell: 12)
      .draw(20, seed: 3)
    var pool = TrainingPool(left, basis: basis)
    var sums = TrainingSums(basis: basis)
    let start = LearnedPotential(sums)
    for _ in 0..<10 {
      let potential = LearnedPotential(sums, keeping: start)
      let ranks = left.map {
        Novelty($0.structure, DesignRows($0.structure, basis: basis), potential).rank
          / pow(CellLoad($0.structure, mesh: $0.sampling.kPointGrid).size, TrainingPool.thrift)
      }
      let taken = pool.takeMostWorthwhile(potential)
      let chosen = try #require(taken)
      let index = try #require(left.firstIndex(of: chosen.candidate))
      #expect(ranks[index] == ranks.max())
      let structure = left.remove(at: index).structure
      let answer = TestSystems.morse.energyForcesAndStress(of: structure)
      sums.add(try #require(TrainingExample(structure, answer)))
    }
  }

  @Test("an interface is taken where one is preferred, and any other cell where none is left")
  func preferredInterfaces() throws {
    let basis = ClusterBasis(
      ClusterBasisSettings(elements: [.sodium, .chlorine], degrees: [4, 3, 2]))
    let cells = try TrainingCandidates(
      elements: [.sodium, .chlorine], preset: .quick, largestCell: 16
    ).draw(12, seed: 3)
    let interfaces = cells.count { $0.isInterface }
    #expect(interfaces > 0 && interfaces < cells.count)
    // Metal and compound, so neither balanced nor metallic.
    for cell in cells where cell.isInterface {
      let counts = cell.structure.composition
      #expect(counts[.sodium, default: 0] > counts[.chlorine, default: 0])
      #expect(counts[.chlorine, default: 0] > 0)
    }
    var pool = TrainingPool(cells, basis: basis)
    let potential = LearnedPotential(TrainingSums(basis: basis))
    for number in cells.indices {
      let taken = pool.takeMostWorthwhile(potential, preferringInterfaces: true)
      #expect(try #require(taken).candidate.isInterface == (number < interfaces))
    }
    let none = pool.takeMostWorthwhile(potential, preferringInterfaces: true)
    #expect(none == nil)
  }

  @Test("a single atom that is unknown counts among many that are known")
  func leastKnownAtom() throws {
    let basis = ClusterBasis(ClusterBasisSettings(elements: [.lithium], degrees: [6, 5, 4]))
    let crystal = try #require(Prototype.metal(.lithium, .bcc))
    var sums = TrainingSums(basis: basis)
    for seed in 1...4 {
      let shaken = crystal.supercell(.diagonal(2, 2, 2)).rattled(by: 0.05, seed: UInt64(seed))
      let answer = TestSystems.morse.energyForcesAndStress(of: shaken)
      sums.add(try #require(TrainingExample(shaken, answer)))
    }
    let potential = LearnedPotential(sums)
    func novelty(_ size: Int) -> Novelty {
      var cell = crystal.supercell(.diagonal(size, size, size))
      cell.positions[0].vector += Vector3(0.6, 0.3, 0.1)
      return Novelty(cell, DesignRows(cell, basis: basis), potential)
    }
    let (small, large) = (novelty(3), novelty(5))
    // The mean of all forces fades among atoms far away, the rank does not.
    #expect(large.open < 0.7 * small.open)
    #expect(large.rank > 0.7 * small.rank)
    #expect(large.rank > 1.5 * max(large.open / 0.05, large.openEnergy / 0.003))
  }

  /// A crystal with stiff bonds, shaken as others are, has forces above what is learned.
  @Test("a cell whose answer would be thrown away is not asked for, however little is known of it")
  func forcesBeyondLearning() throws {
    let basis = ClusterBasis(ClusterBasisSettings(elements: [.lithium], degrees: [6, 5, 4]))
    let crystal = try #require(Prototype.metal(.lithium, .bcc)).supercell(.diagonal(2, 2, 2))
    func crowded(_ way: Double) -> Structure {
      var cell = crystal
      cell.positions[0].vector += way * (crystal.positions[1].vector - crystal.positions[0].vector)
      return cell
    }
    var sums = TrainingSums(basis: basis)
    for cell in [crowded(0.55), crowded(0.62), crystal.rattled(by: 0.05, seed: 1)] {
      let answer = TestSystems.morse.energyForcesAndStress(of: cell)
      // Stiffer than lithium, so that the crowded ones have forces of more than 8 eV/angstrom.
      sums.add(
        TrainingExample(
          structure: cell, energy: 40 * answer.energy, forces: answer.forces.map { 40 * $0 }))
    }
    let potential = LearnedPotential(sums)
    let (stiff, soft) = (crowded(0.6), crystal.rattled(by: 0.03, seed: 2))
    let novelties = [stiff, soft].map {
      Novelty($0, DesignRows($0, basis: basis), potential)
    }
    #expect(novelties.map(\.isBeyondLearning) == [true, false])
    var cells = try TrainingCandidates(elements: [.lithium], preset: .quick, largestCell: 12)
      .draw(2, seed: 1)
    (cells[0].structure, cells[1].structure) = (stiff, soft)
    // Not even where it is the only interface and one is preferred.
    cells[0].isInterface = true
    var pool = TrainingPool(cells, basis: basis)
    let taken = pool.takeMostWorthwhile(potential, preferringInterfaces: true)
    #expect(taken?.candidate.structure == soft)
    let none = pool.takeMostWorthwhile(potential)
    #expect(none == nil)
    // With nothing known nothing is left out.
    let nothing = LearnedPotential(TrainingSums(basis: basis))
    #expect(!Novelty(stiff, DesignRows(stiff, basis: basis), nothing).isBeyondLearning)
  }

  /// Slabs at one lattice parameter leave a crystal's volume open, and a strained crystal has no forces that would tell.
  @Test("a crystal of another volume is asked for because of its energy")
  func strainedCrystal() throws {
    let basis = ClusterBasis(ClusterBasisSettings(elements: [.lithium], degrees: [6, 5, 4]))
    let crystal = try #require(Prototype.metal(.lithium, .bcc))
    let slab = try OrientedCrystal(
      crystal, surface: MillerIndices(parsing: "100"), tolerance: 1e-2
    ).slabWithFewestBrokenBonds(layers: 5, vacuum: 9).structure
    var sums = TrainingSums(basis: basis)
    for seed in 1...6 {
      let shaken = slab.rattled(by: 0.1, seed: UInt64(seed))
      sums.add(
        TrainingExample(
          structure: shaken, energy: -1.9 * Double(slab.count),
          forces: Array(repeating: .zero, count: slab.count)))
    }
    let potential = LearnedPotential(sums)
    let candidate = {
      Novelty($0, DesignRows($0, basis: basis), potential)
    }
    let strained = candidate(crystal.deformed(by: Matrix3.identity * 0.96))
    #expect(strained.open < 1e-6)
    #expect(strained.openEnergy > 0.003)
    #expect(strained.rank > candidate(slab.rattled(by: 0.1, seed: 1)).rank)
  }

  /// Stores a force call of an engine with a cubic mesh.
  func record(
    _ structure: Structure, mesh: Int, as engine: EngineIdentity, in store: Store
  ) async throws {
    _ = try await CachedEngine(Renamed(identity: engine), store: store).evaluate(
      structure, sampling: Sampling(kPointGrid: KPointGrid(mesh, mesh, mesh)))
  }

  @Test("examples are those of the elements and the engine, each group with its constant")
  func examples() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let engine = CachedEngine(TestSystems.morse, store: store)
    let structure = TestSystems.triclinic
    _ = try await engine.evaluate(structure, sampling: .gammaPoint)
    _ = try await engine.evaluate(
      structure.rattled(by: 0.1, seed: 1), sampling: .gammaPoint)
    _ = try await engine.evaluate(
      structure, sampling: Sampling(kPointGrid: KPointGrid(2, 2, 2)))
    let name = TestSystems.morse.identity.name
    let identity = TestSystems.morse.identity
    let all = try store.trainingExamples(like: identity, elements: [.lithium, .chlorine])
    // A potential knows no mesh: its energies can be compared.
    #expect(all.count == 3 && all.allSatisfy { $0.energyGroup == nil })
    #expect(try store.trainingExamples(like: identity, elements: [.lithium]).isEmpty)
    // Another physics of the same name is left out; another basis set is the same.
    let stranger = MorseEngine(
      pairs: [[.lithium]: .init(depth: 0.3, width: 1.6, distance: 3.0)], cutoff: 5.5
    ).identity
    #expect(stranger.name == identity.name)
    #expect(try store.trainingExamples(like: stranger, elements: [.lithium, .chlorine]).isEmpty)
    let coarse = EngineIdentity(
      name: "gpaw", settings: ["functional": "PBE", "cutoff_ev": "300", "energy_threshold": "1"])
    let fine = EngineIdentity(name: "gpaw", settings: ["functional": "PBE", "cutoff_ev": "700"])
    #expect(coarse.physics == fine.physics)
    // No salt, whose ions would balance.
    let reduced = structure.removing(at: try #require(structure.species.firstIndex(of: .chlorine)))
    for (identity, mesh) in [(coarse, 6), (coarse, 1), (fine, 6), (fine, 1)] {
      try await record(reduced, mesh: mesh, as: identity, in: store)
    }
    // What counts where oxygen is does not count here.
    let besideAnOxide = EngineIdentity(
      name: "gpaw", settings: coarse.settings.merging(["grid_where_O": "0.1"]) { $1 })
    #expect(
      try store.trainingExamples(like: besideAnOxide, elements: [.lithium, .chlorine])
        == store.trainingExamples(like: coarse, elements: [.lithium, .chlorine]))
    #expect(
      try store.timings(engine: besideAnOxide).count == store.timings(engine: coarse).count
        && store.timings(engine: coarse).count == 2)
    var oxide = reduced
    oxide.species[0] = .oxygen
    try await record(oxide, mesh: 6, as: coarse, in: store)
    let learnedBeside = try store.trainingExamples(
      like: besideAnOxide, elements: [.lithium, .chlorine, .oxygen])
    #expect(learnedBeside.count == 4)
    let examples = try store.trainingExamples(like: coarse, elements: [.lithium, .chlorine])
    // Of the engine itself with a mesh of 24 angstrom; with one point; both with another basis set.
    #expect(
      examples.map { $0.energyGroup?.unknown }
        == [nil, .constant, .constantOfEachElement, .constantOfEachElement])
    #expect(examples.map(\.energyTrust) == [.rough, .usual, .rough, .usual])
    // Another composition in the same cell on the same mesh shares what the mesh is off by.
    var alloyed = reduced
    alloyed.species[0] = .chlorine
    try await record(alloyed, mesh: 6, as: coarse, in: store)
    let last = try store.trainingExamples(like: coarse, elements: [.lithium, .chlorine]).last
    let changed = try #require(last)
    #expect(changed.structure == alloyed && changed.mesh == examples[0].mesh)
    #expect(changed.mesh != nil && changed.mesh != examples[2].mesh)
    #expect(examples[1].mesh == nil)
    // Other elements do not.
    var other = reduced
    other.species = other.species.map { $0 == .lithium ? .sodium : $0 }
    try await record(other, mesh: 6, as: coarse, in: store)
    let apart = try #require(
      try store.trainingExamples(like: coarse, elements: [.sodium, .chlorine]).last)
    #expect(apart.mesh != nil && apart.mesh != changed.mesh)
  }

  @Test("energies of a metal's crystal on a mesh below 40 angstrom count in differences")
  func oscillatingEnergies() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let engine = EngineIdentity(name: "gpaw", settings: ["functional": "PBE", "cutoff_ev": "400"])
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    let strained = metal.deformed(by: Matrix3.identity * 1.02)
    for (structure, mesh) in [(metal, 8), (strained, 8), (metal, 12)] {
      try await record(structure, mesh: mesh, as: engine, in: store)
    }
    let examples = try store.trainingExamples(like: engine, elements: [.lithium])
    let group = try #require(examples[0].energyGroup)
    #expect(group.unknown == .constant && examples[1].energyGroup == group)
    #expect(examples[2].energyGroup == nil)
    #expect(examples.map(\.energyTrust) == [.rough, .rough, .reference])
    // Neither a salt's energy oscillates nor a semiconductor's.
    for symbols in [["Li", "Cl"], ["Si", "Si"]] {
      var other = metal
      other.species = try symbols.map { try #require(Element(symbol: $0)) }
      try await record(other, mesh: 8, as: engine, in: store)
      let elements = Set(other.species)
      let example = try #require(
        try store.trainingExamples(like: engine, elements: elements)
          .last { Set($0.structure.species) == elements })
      #expect(example.energyGroup == nil && example.energyTrust != .rough)
    }
  }

  @Test("a crystal without forces is at rest only where it is not sheared at random")
  func forcesOfSymmetry() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let engine = EngineIdentity(name: "gpaw", settings: ["functional": "PBE", "cutoff_ev": "400"])
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    let primitive = try Symmetry(of: metal).primitive
    // As an interface strains a metal, and as random shear does.
    var tetragonal = Matrix3.identity
    tetragonal[2, 2] = 0.9
    var triclinic = tetragonal
    (triclinic[0, 1], triclinic[0, 2], triclinic[1, 2]) = (0.03, -0.02, 0.05)
    for deformation in [Matrix3.identity, tetragonal, triclinic] {
      let cell = primitive.deformed(by: deformation)
      #expect(cell.count == 1)
      try await record(cell, mesh: 24, as: engine, in: store)
    }
    let examples = try store.trainingExamples(like: engine, elements: [.lithium])
    #expect(examples.map(\.energyTrust) == [.reference, .reference, .usual])
    #expect(examples.allSatisfy { $0.forces.allSatisfy { $0.length < 1e-5 } })
    // Atoms that are hardly shaken change nothing of it.
    var shaken = try Symmetry(of: try #require(Prototype.metal(.lithium, .hcp))).primitive
    shaken.positions[0].vector += Vector3(0.01, 0, 0)
    try await record(shaken.deformed(by: triclinic), mesh: 24, as: engine, in: store)
    try await record(shaken, mesh: 24, as: engine, in: store)
    let last = try store.trainingExamples(like: engine, elements: [.lithium]).suffix(2)
    #expect(last.map(\.energyTrust) == [.usual, .reference])
    #expect(last.allSatisfy { $0.forces.allSatisfy { (1e-5..<0.15).contains($0.length) } })
  }

  @Test("the energy of a salt alone counts on a mesh that would be too thin beside a metal")
  func saltEnergies() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let engine = EngineIdentity(name: "gpaw", settings: ["functional": "PBE", "cutoff_ev": "400"])
    let salt = try #require(Prototype.named("NaCl")).structure
    let beside = salt.removing(at: try #require(salt.species.firstIndex(of: .chlorine)))
    for (structure, mesh) in [(salt, 3), (salt, 2), (beside, 3)] {
      try await record(structure, mesh: mesh, as: engine, in: store)
    }
    let examples = try store.trainingExamples(like: engine, elements: [.sodium, .chlorine])
    // 17 and 11 angstrom, and 17 for what is no salt.
    #expect(examples.map { $0.energyGroup?.unknown } == [nil, .constant, .constant])
    #expect(examples[0].energyTrust != .rough)
    // Energies of oxides do not settle with the mesh.
    let oxide = try #require(Prototype.named("Li2O")).structure
    try await record(oxide, mesh: 4, as: engine, in: store)
    let oxides = try store.trainingExamples(like: engine, elements: [.lithium, .oxygen])
    #expect(oxides.map(\.energyTrust) == [.rough] && oxides[0].energyGroup == nil)
  }

  @Test("a salt that is drawn to learn from has no finer mesh than it needs")
  func saltMeshes() throws {
    var (crystals, slabs) = (0, 0)
    for candidate in try TrainingCandidates(
      elements: [.sodium, .chlorine], preset: .standard, largestCell: 16
    ).draw(60, seed: 3) {
      let (heights, mesh) = (candidate.structure.cell.heights, candidate.sampling.kPointGrid)
      let counts = candidate.structure.composition
      let isSlab = mesh.z == 1
      let least = counts[.sodium] == counts[.chlorine] ? 16 : 20.5
      for (divisions, height) in [(mesh.x, heights.x), (mesh.y, heights.y), (mesh.z, heights.z)]
        .prefix(isSlab ? 2 : 3)
      {
        // A hundredth of a division is no reason for one more.
        #expect(Double(divisions) * height > 0.99 * least)
        if least == 16 { #expect(Double(divisions - 1) * height < least) }
      }
      if least == 16 { if isSlab { slabs += 1 } else { crystals += 1 } }
    }
    #expect(crystals > 0 && slabs > 0)
  }
}
