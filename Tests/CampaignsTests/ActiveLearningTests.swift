import Campaigns
import Engines
import Foundation
import Interfaces
import LearnedPotential
import Structures
import Synchronization
import TestSupport
import Testing

@Suite("Cells that are computed to learn from")
struct ActiveLearningTests {
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
}
