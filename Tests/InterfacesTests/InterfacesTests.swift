import Interfaces
import Structures
import Testing

@Suite struct MillerIndicesTests {
  @Test(arguments: [
    ("100", 1, 0, 0), ("1-10", 1, -1, 0), ("1 0 -1", 1, 0, -1), ("(1,1,1)", 1, 1, 1),
    ("0001", 0, 0, 1), ("10-10", 1, 0, 0), ("200", 1, 0, 0), ("-1-12-3", -1, -1, -3),
  ])
  func reads(text: String, h: Int, k: Int, l: Int) throws {
    #expect(try MillerIndices(parsing: text) == MillerIndices(h, k, l))
  }

  @Test(arguments: [
    "", "000", "10", "abc", "1--0", "100-", "1111", "1 0", "99999999999999999999 0 0",
  ])
  func refuses(text: String) {
    #expect(throws: InterfaceError.self) { try MillerIndices(parsing: text) }
  }
}

@Suite struct OrientedCrystalTests {
  /// Areas of surface cells and spacings of planes of cubic crystals, by hand.
  static let textbook: [(String, String, Double, Double)] = {
    let (root2, root3) = (2.0.squareRoot(), 3.0.squareRoot())
    let (metal, salt) = (3.44, 5.13)
    return [
      ("Li", "100", metal * metal, metal / 2), ("Li", "110", metal * metal / root2, metal / root2),
      ("LiCl", "100", salt * salt / 2, salt / 2),
      ("LiCl", "110", salt * salt / root2, salt / (2 * root2)),
      ("LiCl", "111", salt * salt * root3 / 4, salt / root3),
    ]
  }()

  @Test(arguments: textbook)
  func surfaceCellsAreThoseOfTheTextbook(
    name: String, surface: String, area: Double, spacing: Double
  ) throws {
    let crystal = try #require(Prototype.named(name)).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(parsing: surface))
    #expect((oriented.area - area).magnitude < 1e-9)
    #expect((oriented.repeatHeight - spacing).magnitude < 1e-9)
  }

  /// However a crystal is cut, its volume for each atom and its bonds stay.
  @Test(arguments: Prototype.all.map(\.name))
  func everyLowIndexSurfaceKeepsTheCrystal(name: String) throws {
    let crystal = try #require(Prototype.named(name)).structure
    let distance = try #require(crystal.shortestDistance).distance
    let prepared = try Crystal(crystal)
    for h in -1...2 {
      for k in -1...2 {
        for l in -1...2 where (h, k, l) != (0, 0, 0) {
          let oriented = OrientedCrystal(prepared, surface: try MillerIndices(h, k, l))
          let volume = oriented.structure.cell.volume / Double(oriented.structure.count)
          #expect((volume - crystal.cell.volume / Double(crystal.count)).magnitude < 1e-8)
          #expect(oriented.structure.formula == crystal.formula)
          let nearest = try #require(oriented.structure.shortestDistance).distance
          #expect((nearest - distance).magnitude < 1e-8)
          let atoms = oriented.planes().map(\.atoms.count).reduce(0, +)
          #expect(atoms == oriented.structure.count)
        }
      }
    }
  }

  @Test func aSlabIsAPieceOfTheCrystal() throws {
    let crystal = try #require(Prototype.named("Li2O")).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(1, 1, 1))
    let slab = oriented.slab(planeCount: 9, vacuum: 12)
    #expect(slab.structure.count == 9)
    #expect(slab.layerCount == 9)
    let inner = slab.structure.neighbors(within: 2.1)[4].count
    let bulk = Set(crystal.neighbors(within: 2.1).map(\.count))
    #expect(bulk.contains(inner))
    let empty = slab.structure.cell.c.z - slab.thickness
    #expect((empty - 12).magnitude < 1e-9)
  }
}

@Suite struct SurfaceCoordinationTests {
  /// Lost first neighbours: bcc (100) 4 of 8 in one layer; fcc (100) 4 and (111) 3 of 12; hcp (0001)
  /// 3 of 12; hcp (10-10) 4 and 2 in two layers (8 and 10 remain, as the paper says).
  @Test(arguments: [
    ("Li", "100", 8.0, 4.0, 1), ("Li", "110", 8, 2, 1), ("Li-fcc", "100", 12, 4, 1),
    ("Li-fcc", "111", 12, 3, 1), ("Li-hcp", "0001", 12, 3, 1), ("Li-hcp", "10-10", 12, 3, 2),
  ])
  func countsAreThoseOfTheTextbook(
    name: String, surface: String, bulk: Double, lost: Double, layers: Int
  ) throws {
    let crystal = try #require(Prototype.named(name)).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(parsing: surface))
    let result = oriented.surfaceCoordination()
    #expect(result.bulkNeighbors == bulk)
    #expect((result.lostNeighbors - lost).magnitude < 1e-9)
    #expect(result.surfaceLayers == layers)
  }

  /// The paper: 12.26 atoms for each nm2 on hcp Li (0001).
  @Test func thePapersDensityFollows() throws {
    let metal = try #require(Prototype.metal(.lithium, .hcp))
    let oriented = try OrientedCrystal(metal, surface: MillerIndices(0, 0, 1))
    let density = 100 * oriented.surfaceCoordination().surfaceAtoms / oriented.area
    #expect((density - 12.26).magnitude < 0.1)
  }
}

@Suite struct InterfaceCellTests {
  func parts(_ name: String) throws -> (metal: Slab, substrate: Slab) {
    let crystal = try #require(Prototype.named(name)).structure
    let below = try OrientedCrystal(crystal, surface: MillerIndices(1, 0, 0))
    let metal = try OrientedCrystal(
      try #require(Prototype.metal(.lithium, .bcc)), surface: MillerIndices(1, 0, 0))
    let ratio = below.structure.cell.a.x / metal.structure.cell.a.x
    let strained = OrientedCrystal(
      oriented: metal.structure.deformed(
        by: Matrix3(rows: Vector3(ratio, 0, 0), Vector3(0, ratio, 0), Vector3(0, 0, 1))),
      surface: metal.surface)
    return (
      strained.slab(planeCount: 5, vacuum: 10), below.slab(planeCount: 4, vacuum: 10)
    )
  }

  @Test func registriesOfRockSaltAreAnionCationAndBetween() throws {
    let (metal, substrate) = try parts("LiCl")
    let registries = substrate.registries
    #expect(registries.map(\.name) == ["Cl-top", "Li-top", "hollow"])
    for registry in registries {
      let cell = InterfaceCell(
        metal: metal, on: substrate, registry: registry, gap: 2.6, height: 40)
      #expect((cell.gap - 2.6).magnitude < 1e-9)
      let atom = try #require(cell.metalAtoms.first)
      let near = cell.structure.neighbors(within: 3.5)[atom].filter {
        $0.index < cell.substrateCount && $0.displacement.z > -2.7
      }
      let species = near.map { cell.structure.species[$0.index] }
      let lateral = near.map { ($0.displacement - Vector3(0, 0, $0.displacement.z)).length }
      switch registry.kind {
      case .anion: #expect(species.first == .chlorine && lateral[0] < 1e-6)
      case .cation: #expect(species.first == .lithium && lateral[0] < 1e-6)
      default: #expect(lateral.allSatisfy { $0 > 1.7 })
      }
    }
  }

  /// On an alloy of the caesium chloride type the hollow is the fourfold site, as in the paper.
  @Test func theHollowOfAnAlloyContinuesItsStacking() throws {
    let substrate = try parts("LiMg").substrate
    let hollow = try #require(substrate.registries.first { $0.kind == .hollow })
    let half = 0.5 * (substrate.structure.cell.a + substrate.structure.cell.b)
    let top = try #require(substrate.structure.positions.max { $0.z < $1.z }).vector
    let difference = hollow.site - top - half
    let cell = substrate.structure.cell
    var fraction = cell.fractional(CartesianPosition(difference)).vector
    fraction -= fraction.rounded(.toNearestOrAwayFromZero)
    #expect(Vector3(fraction.x, fraction.y, 0).length < 1e-6)
  }

  @Test func aVacancyTakesOneAtomOfItsLayer() throws {
    let (metal, substrate) = try parts("LiCl")
    let registry = try #require(substrate.registries.first)
    let cell = InterfaceCell(
      metal: metal, on: substrate, registry: registry, gap: 2.6, height: 40
    ).supercell(2, 2)
    #expect(cell.metalLayerCount == 5)
    #expect(cell.structure.count == 4 * (8 + 5))
    let vacancy = try cell.vacancy(inLayer: 4)
    #expect(vacancy.structure.count == cell.structure.count - 1)
    #expect(vacancy.metalLayers.filter { $0 == 4 }.count == 3)
    #expect(throws: InterfaceError.noSuchLayer(layer: 5, layers: 5)) {
      try cell.vacancy(inLayer: 5)
    }
  }
}

@Suite struct TerminationTests {
  @Test(arguments: [
    ("LiCl", "100", true), ("Li2O", "111", true), ("Li3PO4", "100", true),
    ("Li3PO4-beta", "010", true), ("Li3OCl", "100", false), ("LiMg", "100", false),
  ])
  func theDefaultCutHasLikeFaces(name: String, surface: String, stoichiometric: Bool) throws {
    let crystal = try #require(Prototype.named(name)).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(parsing: surface))
    let cut = try #require(oriented.terminations(minimumThickness: 7.5).first)
    #expect(cut.facesAreAlike)
    #expect(cut.isStoichiometric == stoichiometric)
    #expect(cut.thickness >= 7.5)
  }

  @Test(arguments: [("Li3PO4", "100"), ("Li3PO4-beta", "010")])
  func phosphateGroupsAreNotCut(name: String, surface: String) throws {
    let crystal = try #require(Prototype.named(name)).structure
    let phosphorus = try #require(Element(symbol: "P"))
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(parsing: surface))
    let cut = try #require(oriented.terminations(minimumThickness: 7.5).first)
    let slab = oriented.slab(firstPlane: cut.firstPlane, planeCount: cut.planeCount, vacuum: 10)
    for (index, list) in slab.structure.neighbors(within: 1.7).enumerated()
    where slab.structure.species[index] == phosphorus {
      #expect(list.count == 4)
    }
  }

  /// Li2O (111): lithium outermost on both sides, the non-polar cut between two lithium planes.
  @Test func lithiumOxideIsCutBetweenLithiumPlanes() throws {
    let crystal = try #require(Prototype.named("Li2O")).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(1, 1, 1))
    let cut = try #require(oriented.terminations(minimumThickness: 7.5).first)
    let slab = oriented.slab(firstPlane: cut.firstPlane, planeCount: cut.planeCount, vacuum: 10)
    #expect(slab.atoms(inLayer: 0).allSatisfy { slab.structure.species[$0] == .lithium })
    #expect(
      slab.atoms(inLayer: slab.layerCount - 1).allSatisfy {
        slab.structure.species[$0] == .lithium
      })
  }
}
