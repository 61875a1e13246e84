import Interfaces
import Structures
import TestSupport
import Testing

@testable import Campaigns

@Suite("Cells that are asked for") struct TrainingCandidatesTests {
  @Test("known cells are not asked for again, and a rehearsal waits for the cell of the last halt")
  func askedCells() throws {
    let cells = try TrainingCandidates(elements: [.lithium], preset: .quick, largestCell: 12)
      .draw(3, seed: 1)
    var asked = AskedCells(known: [cells[0].structure], interval: 4)
    #expect(asked.unasked(cells + cells) == Array(cells[1...]))
    #expect(asked.isRehearsalDue(after: 0))
    asked.wait(for: [cells[1]], after: 0)
    asked.add(cells[1])
    #expect(!asked.isRehearsalDue(after: 1))
    asked.answer(cells[1], isLearned: true, after: 1)
    #expect(asked.isRehearsalDue(after: 1))
    #expect(asked.learned == Set(cells[...1].map(\.structure)))
    #expect(asked.unasked(cells) == [cells[2]])
    // No halt: others have their turn.
    asked.wait(for: [], after: 1)
    #expect(!asked.isRehearsalDue(after: 4) && asked.isRehearsalDue(after: 5))
    // Nothing was learned there.
    asked.wait(for: [cells[2]], after: 5)
    asked.add(cells[2])
    asked.answer(cells[2], isLearned: false, after: 6)
    #expect(!asked.learned.contains(cells[2].structure))
    #expect(!asked.isRehearsalDue(after: 9) && asked.isRehearsalDue(after: 10))
  }

  @Test("ends are kept for the last calls, whole or not at all")
  func keptEnds() throws {
    let cells = try TrainingCandidates(elements: [.lithium], preset: .quick, largestCell: 12)
      .draw(6, seed: 2)
    var asked = AskedCells(known: [cells[0].structure], interval: 4)
    asked.keepForTheEnd([[cells[5]]], atMost: 2)
    // In place of the one that was kept: of three cells two are not known, and the next two have no room.
    asked.keepForTheEnd([Array(cells[0...2]), Array(cells[3...4])], atMost: 2)
    #expect(asked.unasked(cells) == Array(cells[1...]))
    #expect(asked.unasked(cells, leavingOutEnds: true) == Array(cells[3...]))
    var isEnding = asked.beginEnding(callsLeft: 3)
    #expect(!isEnding && !asked.isEnding)
    isEnding = asked.beginEnding(callsLeft: 2)
    #expect(isEnding && asked.isEnding)
    #expect(asked.takeEnd() == cells[1] && asked.takeEnd() == cells[2] && asked.takeEnd() == nil)
    // From then on.
    isEnding = asked.beginEnding(callsLeft: 9)
    #expect(isEnding)
  }

  @Test("small interfaces are drawn where those of an assessment are too large")
  func smallInterfaces() throws {
    let sulfur = try #require(Element(symbol: "S"))
    let candidates = TrainingCandidates(
      elements: [.lithium, sulfur], preset: .standard, largestCell: 31)
    let sulfide = try #require(Prototype.named("Li2S"))
    let settings = try #require(candidates.settings(of: sulfide))
    let usual = try #require(try candidates.geometry(of: sulfide, settings))
    #expect(usual.atoms(settings) > 100)
    let cells = try candidates.draw(40, seed: 1).filter(\.isInterface)
    #expect(cells.count > 10)
    #expect(cells.allSatisfy { $0.structure.count <= 31 })
    #expect(Set(cells.map { ($0.structure.cell.a.length * 1000).rounded() }).count > 1)
    let small = try #require(
      try candidates.smallSettings(
        of: CompoundFace(crystal: sulfide, name: "Li2S")))
    // Of a crystal as built in, and as one relaxes that is a little larger.
    for size in [1, 1.003] {
      let geometry = try InterfaceGeometry(
        metal: #require(Prototype.metal(.lithium, .bcc)),
        metalSurface: MillerIndices(parsing: "100"),
        substrate: sulfide.structure.deformed(by: Matrix3.identity * size),
        surface: MillerIndices(parsing: "111"), settings: small)
      #expect(geometry.atoms(small) <= 31)
      #expect(abs(geometry.match.substrate.determinant) == 3)
      #expect((0.1...0.15).contains(geometry.match.largestStrain.magnitude))
    }
    // Where they are small enough nothing else is drawn.
    let chloride = try #require(Prototype.named("LiCl"))
    let chlorides = TrainingCandidates(
      elements: [.lithium, .chlorine], preset: .standard, largestCell: 24)
    let face = CompoundFace(crystal: chloride, name: "LiCl")
    #expect(try chlorides.smallInterfaces(of: face).geometries.count == 1)
  }

  @Test("where a layer of the substrate has many atoms, one layer is drawn from")
  func thinnestSubstrate() throws {
    let elements = try ["Li", "P", "O"].map { try #require(Element(symbol: $0)) }
    let candidates = TrainingCandidates(
      elements: Set(elements), preset: .standard, largestCell: 28)
    for name in ["Li3PO4", "Li3PO4-beta"] {
      let face = CompoundFace(crystal: try #require(Prototype.named(name)), name: name)
      let small = try candidates.smallInterfaces(of: face)
      #expect(!small.geometries.isEmpty)
      // Whole phosphate groups in stoichiometric layers: 16 atoms in place of 32.
      for geometry in small.geometries {
        let slab = geometry.substrate.slab(geometry.termination, vacuum: 9).structure
        #expect(slab.count == 16 && slab.hasBalancedIons)
      }
      let settings = try #require(try candidates.smallSettings(of: face))
      #expect(settings.substrateThickness < 3.5)
      #expect(try #require(small.geometries.first).atoms(settings) <= 28)
    }
    let cells = try candidates.draw(40, seed: 1).filter(\.isInterface)
    #expect(cells.contains { $0.structure.elements.count == 3 })
    // Slabs of two layers, each with a surface on one side only: one layer is no slab.
    let roomy = TrainingCandidates(
      elements: Set(elements), preset: .standard, largestCell: 32)
    let slabs = try roomy.draw(120, seed: 1).filter { $0.kind.hasPrefix("Li3PO4(100)") }
    #expect(!slabs.isEmpty && slabs.allSatisfy { $0.structure.count == 32 })
  }

  @Test("phosphate groups are moved, and changed little")
  func stiffBonds() throws {
    let phosphate = try #require(Prototype.named("Li3PO4-beta")).structure
    let moves = zip(phosphate.rattled(by: 0.25, seed: 1).positions, phosphate.positions).map {
      $0.vector - $1.vector
    }
    let softened = StiffBonds(phosphate).softened(moves)
    var shaken = phosphate
    for (index, move) in softened.enumerated() { shaken.positions[index].vector += move }
    let (oxygen, phosphorus) = try (
      #require(Element(symbol: "O")), #require(Element(symbol: "P"))
    )
    func bonds(_ structure: Structure) -> [Double] {
      structure.neighbors(within: 2).enumerated()
        .filter { structure.species[$0.offset] == phosphorus }
        .flatMap { $0.element.filter { structure.species[$0.index] == oxygen }.map(\.distance) }
    }
    #expect(bonds(phosphate).count == 8 && bonds(shaken).count == 8)
    let stretched = bonds(shaken).map { ($0 / 1.54 - 1).magnitude }
    #expect(stretched.allSatisfy { $0 < 0.06 + 0.005 } && stretched.contains { $0 > 0.03 })
    // Lithium moves as it would; the groups' mean moves are kept.
    for (index, element) in phosphate.species.enumerated() where element == .lithium {
      #expect(softened[index] == moves[index])
    }
    let drift = softened.reduce(Vector3.zero, +) - moves.reduce(Vector3.zero, +)
    #expect(drift.length < 1e-9)
    // Nothing is stiff in a salt or a metal.
    for name in ["Li2O", "LiCl", "AlSc", "Li"] {
      let crystal = try #require(Prototype.named(name)).structure
      let moves = Array(repeating: Vector3(0.1, 0.2, 0), count: crystal.count)
      var other = moves
      other[0] = Vector3(-0.2, 0, 0.1)
      #expect(StiffBonds(crystal).softened(other) == other)
    }
  }

  @Test("of a compound all faces are learned that are as good as its usual one")
  func faces() throws {
    let candidates = TrainingCandidates(
      elements: [.lithium, .oxygen, .chlorine], preset: .standard, largestCell: 24)
    let faces = try candidates.faces
    #expect(
      faces.map(\.name).sorted() == ["Li2O", "Li3OCl (Li2O)", "Li3OCl (LiCl)", "LiCl"])
    // What lies outermost on the substrate is what the face is named after, in thin cells too.
    for face in faces where face.crystal.name == "Li3OCl" {
      let geometry = try #require(try candidates.smallInterfaces(of: face).geometries.first)
      #expect(face.name == "Li3OCl (\(geometry.termination.upperPlane))")
      let small = try #require(try candidates.smallSettings(of: face))
      #expect(small.substrateTermination == face.termination)
    }
  }

  @Test("a compound lies under its own metal, one without any under the other elements' metal")
  func metalsOfCompounds() throws {
    func element(_ symbol: String) throws -> Element { try #require(Element(symbol: symbol)) }
    let alloy = TrainingCandidates(
      elements: [try element("Al"), try element("Sc"), .lithium], preset: .standard, largestCell: 24
    )
    let faces = try alloy.faces
    #expect(faces.map(\.name) == ["AlSc (Al)", "AlSc (Sc)"])
    for face in faces {
      #expect(alloy.settings(of: face)?.metal == .lithium)
      let cell = try #require(try alloy.smallInterfaces(of: face).geometries.first)
      #expect(cell.match.largestStrain.magnitude < 0.03)
    }
    let cells = try alloy.draw(30, seed: 1).filter(\.isInterface)
    #expect(cells.count > 8 && cells.allSatisfy { $0.structure.elements.count == 3 })
    // Without a metal there is none.
    let bare = TrainingCandidates(
      elements: [try element("Al"), try element("Sc")], preset: .standard, largestCell: 24)
    #expect(try bare.faces.isEmpty)
    let salts = TrainingCandidates(
      elements: [.lithium, .sodium, .chlorine], preset: .standard, largestCell: 24)
    for (name, metal) in [("LiCl", Element.lithium), ("NaCl", .sodium)] {
      #expect(salts.settings(of: try #require(Prototype.named(name)))?.metal == metal)
    }
  }
}
