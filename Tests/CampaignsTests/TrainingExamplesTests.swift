import Campaigns
import Engines
import LearnedPotential
import Structures
import TestSupport
import Testing

@Suite("What a store teaches")
struct TrainingExamplesTests {
  /// That of the presets, whose energies count as they are.
  let engine = EngineIdentity(name: "gpaw", settings: ["functional": "PBE", "cutoff_ev": "400"])

  /// Stores a force call of an engine with a cubic mesh.
  func record(
    _ structure: Structure, mesh: Int, as engine: EngineIdentity, in store: Store
  ) async throws {
    _ = try await CachedEngine(RenamedEngine(identity: engine), store: store).evaluate(
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
