import Interfaces
import Structures
import Testing

@Suite struct InterfaceBuilderTests {
  func builder(
    _ name: String, _ surface: String, metal: String = "Li", metalSurface: String = "100",
    strainLimit: Double = 0.15, areaLimit: Double = 80, thickness: Double = 7, termination: Int = 0
  ) throws -> InterfaceBuilder {
    let above = try OrientedCrystal(
      #require(Prototype.named(metal)).structure, surface: MillerIndices(parsing: metalSurface))
    let below = try OrientedCrystal(
      #require(Prototype.named(name)).structure, surface: MillerIndices(parsing: surface))
    let match = try #require(
      try LatticeMatch.search(
        metal: above, substrate: below, strainLimit: strainLimit, areaLimit: areaLimit
      ).first)
    return InterfaceBuilder(
      metal: above, substrate: below,
      termination: below.terminations(minimumThickness: thickness)[termination], match: match)
  }

  /// The paper's figure 6: nine lithium atoms of layer 1 over 2x2 of LiCl fall into three classes, one
  /// above chlorine and two of four; every layer has the same three.
  @Test func thePapersIncoherentCellHasThreeSitesInEachLayer() throws {
    let builder = try builder("LiCl", "100", strainLimit: 0.01, areaLimit: 120)
    #expect(builder.match.metal.determinant == 9)
    let registry = try #require(
      builder.substrateSlab(vacuum: 10).registries.first { $0.kind == .anion })
    let cell = try builder.interface(registry: registry, metalLayers: 11, vacuum: 15)
    let classes = cell.siteClasses()
    #expect(classes.filter { $0.layer == 0 }.map(\.atoms.count).sorted() == [1, 4, 4])
    #expect(classes.map(\.atoms.count).reduce(0, +) == 99)
    // The sqrt2 x sqrt2 expansion doubles the members, not the classes.
    let large = cell.supercell(IntegerMatrix2(SIMD2(1, 1), SIMD2(-1, 1)))
    #expect(large.structure.count == 2 * cell.structure.count)
    #expect(
      large.siteClasses().filter { $0.layer == 0 }.map(\.atoms.count).sorted() == [2, 8, 8])
    let vacancy = try large.vacancy(at: large.siteClasses()[0].atoms[0])
    #expect(vacancy.structure.count == large.structure.count - 1)
  }

  /// spglib finds the same classes in an interface, whose operations all keep the normal.
  @Test(arguments: [
    ("LiCl", "100", 0.06), ("Li3OCl", "100", 0.14), ("Li2O", "111", 0.1), ("LiCl", "110", 0.08),
    ("Li3PO4", "100", 0.08),
  ])
  func siteClassesAreThoseOfSpglib(name: String, surface: String, strain: Double) throws {
    let builder = try builder(name, surface, strainLimit: strain, areaLimit: 120)
    let slab = builder.substrateSlab(vacuum: 10)
    for registry in slab.registries {
      let cell = try builder.interface(registry: registry, metalLayers: 4, vacuum: 14)
      let ours = PlaneSymmetry(of: cell.structure).equivalentAtoms
      let theirs = try Symmetry(of: cell.structure, tolerance: 1e-2).equivalentAtoms
      for first in ours.indices {
        for second in 0..<first {
          #expect((ours[first] == ours[second]) == (theirs[first] == theirs[second]))
        }
      }
    }
  }

  @Test(arguments: [("LiCl", "100"), ("Li3OCl", "110"), ("Li2O", "111")])
  func theMetalTakesTheSubstratesCell(name: String, surface: String) throws {
    let builder = try builder(name, surface)
    let (metal, substrate) = (
      builder.strainedMetal.structure.cell, builder.substrate.structure.cell
    )
    #expect((metal.a - substrate.a).length < 1e-9)
    #expect((metal.b - substrate.b).length < 1e-9)
    // Biot's strain of a coherent metal is that of the two surface cells.
    let ratio = substrate.faceArea / (builder.metal.area * Double(builder.match.metal.determinant))
    let strains = builder.match.principalStrains
    #expect(((1 + strains.x) * (1 + strains.y) - ratio).magnitude < 1e-9)
  }

  /// One interface upside down, and two in a sandwich, have the distances of the plain one across
  /// them.
  @Test(arguments: ["LiCl", "LiMg"])
  func arrangementsKeepTheInterface(name: String) throws {
    let builder = try builder(name, "100")
    let registry = try #require(builder.substrateSlab(vacuum: 10).registries.first)
    func across(_ cell: InterfaceCell) -> [Double] {
      cell.structure.neighbors(within: 4.5).prefix(cell.substrateCount).flatMap { list in
        list.filter { $0.index >= cell.substrateCount }.map(\.distance)
      }.sorted()
    }
    func make(_ arrangement: InterfaceBuilder.Arrangement) throws -> InterfaceCell {
      try builder.interface(
        registry: registry, metalLayers: 5, gap: 2.6, vacuum: 12, arrangement: arrangement)
    }
    let plain = across(try make(.slab))
    #expect(!plain.isEmpty)
    let flipped = across(try make(.flipped))
    #expect(flipped.count == plain.count)
    for (left, right) in zip(plain, flipped) { #expect((left - right).magnitude < 1e-9) }
    let sandwich = try make(.sandwich)
    let twice = across(sandwich)
    #expect(twice.count == 2 * plain.count)
    for (left, right) in zip((plain + plain).sorted(), twice) {
      #expect((left - right).magnitude < 1e-6)
    }
    let free =
      sandwich.structure.cell.c.z - builder.substrateSlab(vacuum: 1).thickness
      - builder.metalSlab(layers: 5, vacuum: 1).thickness
    #expect((free - 5.2).magnitude < 1e-9)
  }

  /// What is told of a flipped interface is what is told of the plain one.
  @Test func theGapOfAFlippedInterfaceIsTheGap() throws {
    let builder = try builder("LiCl", "100")
    let registry = try #require(builder.substrateSlab(vacuum: 10).registries.first)
    let cell = try builder.interface(
      registry: registry, metalLayers: 5, gap: 2.6, vacuum: 12, arrangement: .flipped)
    #expect((cell.gap - 2.6).magnitude < 1e-9)
    #expect((cell.movingMetal(by: 0.3).gap - 2.9).magnitude < 1e-9)
    let layers = Dictionary(
      grouping: cell.metalAtoms, by: { cell.metalLayers[$0 - cell.substrateCount] })
    let nearest = try #require(layers[0]?.first)
    let farthest = try #require(layers[4]?.first)
    #expect(cell.structure.positions[nearest].z > cell.structure.positions[farthest].z)
  }

  /// A metal slab with one wide and one narrow cut at its faces makes two different interfaces.
  @Test func aSandwichWithAnAsymmetricMetalIsRefused() throws {
    let builder = try builder("Li3PO4", "100", metal: "Li-hcp", metalSurface: "10-10")
    let registry = try #require(builder.substrateSlab(vacuum: 10).registries.first)
    #expect(throws: InterfaceError.self) {
      try builder.interface(registry: registry, metalLayers: 7, vacuum: 12, arrangement: .sandwich)
    }
    _ = try builder.interface(
      registry: registry, metalLayers: 8, vacuum: 12, arrangement: .sandwich)
  }

  /// The other side of a slab with unlike faces, and of a crystal without a reversing operation.
  @Test func slabsCanBeTurnedOver() throws {
    let crystal = try #require(Prototype.named("Li3OCl")).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(1, 0, 0))
    let cut = try #require(
      oriented.terminations(minimumThickness: 8).first { !$0.facesAreAlike })
    let other = try #require(oriented.turnedOver(cut))
    #expect(other.upperPlane == cut.lowerPlane)
    #expect(other.lowerPlane == cut.upperPlane)
    #expect(other.planeCount == cut.planeCount)
    let wurtzite = try #require(
      ReferenceData.crystals.first { $0.name == "ZnS-AB_hP4_186_b_b" }
    ).structure
    let polar = try OrientedCrystal(wurtzite, surface: MillerIndices(0, 0, 1))
    #expect(polar.turnedOver(polar.terminations(minimumThickness: 8)[0]) == nil)
    let sides = try Crystal(wurtzite).distinctSurfaces(maximumIndex: 1, bothSides: true)
    let together = try Crystal(wurtzite).distinctSurfaces(maximumIndex: 1)
    #expect(sides.contains { $0.description == "(00-1)" })
    #expect(sides.count > together.count)
  }

  @Test func aSandwichOfDifferentFacesIsRefused() throws {
    let asymmetric = try builder("Li3OCl", "100", termination: 2)
    #expect(!asymmetric.termination.facesAreAlike)
    let registry = try #require(asymmetric.substrateSlab(vacuum: 10).registries.first)
    #expect(throws: InterfaceError.self) {
      try asymmetric.interface(
        registry: registry, metalLayers: 5, vacuum: 12, arrangement: .sandwich)
    }
  }

  /// Every point of the mesh gives an interface equal to one of a kept point, and no two kept points
  /// give equal ones: for a square on a square, 1/8 of the mesh.
  @Test func theGridHoldsEachTranslationOnce() throws {
    let builder = try builder("LiCl", "100")
    let metal = builder.metalSlab(layers: 3, vacuum: 10)
    let slab = builder.substrateSlab(vacuum: 10)
    let edge = slab.structure.cell.a.length
    let grid = slab.registryGrid(for: metal, spacing: edge / 8 + 1e-6)
    #expect(grid.count == 15)
    let cells = try grid.map { registry in
      try builder.interface(registry: registry, metalLayers: 3, gap: 2.6, vacuum: 12).structure
    }
    let fingerprints = cells.map { ReferenceData.Fingerprint(of: $0) }
    for first in fingerprints.indices {
      for second in 0..<first {
        #expect(!fingerprints[first].agrees(with: fingerprints[second], tolerance: 1e-6))
      }
    }
    for i in 0..<8 {
      for j in 0..<8 {
        let cell = slab.structure.cell
        let site = Double(i) / 8 * cell.a + Double(j) / 8 * cell.b
        var any = grid[0]
        any.site = site
        let fingerprint = ReferenceData.Fingerprint(
          of: try builder.interface(registry: any, metalLayers: 3, gap: 2.6, vacuum: 12).structure)
        #expect(fingerprints.contains { $0.agrees(with: fingerprint, tolerance: 1e-6) })
      }
    }
  }

  @Test func supercellsReachTheDistanceWithTheFewestAtoms() throws {
    let builder = try builder("LiCl", "100")
    let registry = try #require(builder.substrateSlab(vacuum: 10).registries.first)
    let cell = try builder.interface(registry: registry, metalLayers: 5, vacuum: 12)
    let edge = cell.structure.cell.a.length
    // A square cell turned by 45 degrees has images sqrt2 away at twice the atoms.
    let turned = cell.supercell(minimumDistance: 1.4 * edge)
    #expect(turned.structure.count == 2 * cell.structure.count)
    let doubled = cell.supercell(minimumDistance: 1.9 * edge)
    #expect(doubled.structure.count == 4 * cell.structure.count)
    #expect(doubled.metalLayerCount == 5)
    #expect(try #require(doubled.structure.shortestDistance).distance > 2.2)
  }

  /// The classes known from the small cell are those that a search of the supercell finds.
  @Test func classesOfASupercellFollowFromTheCell() throws {
    let builder = try builder("LiCl", "100", strainLimit: 0.01, areaLimit: 120)
    let registry = try #require(builder.substrateSlab(vacuum: 10).registries.first)
    let cell = try builder.interface(registry: registry, metalLayers: 3, vacuum: 12)
    let rows = IntegerMatrix2.diagonal(2, 2)
    let known = cell.siteClasses(inSupercell: rows).map { Set($0.atoms) }
    let found = cell.supercell(rows).siteClasses().map { Set($0.atoms) }
    #expect(Set(known) == Set(found))
  }

  /// In a supercell whose twelfths miss the hollow it is found all the same: as far from its
  /// neighbours as in the small cell.
  @Test func theHollowOfASupercellIsAHollow() throws {
    let crystal = try #require(Prototype.named("Li-fcc")).structure
    let oriented = try OrientedCrystal(crystal, surface: MillerIndices(1, 1, 1))
    func clearance(_ rows: IntegerMatrix2) throws -> Double {
      let slab = oriented.surfaceSupercell(rows).slab(planeCount: 3, vacuum: 10)
      let hollow = try #require(slab.registries.first { $0.kind == .hollow })
      var probe = slab.structure
      let top = probe.positions.map(\.z).max() ?? 0
      probe.species.append(.lithium)
      probe.positions.append(CartesianPosition(hollow.site.x, hollow.site.y, top))
      let last = try #require(probe.neighbors(within: 4).last)
      return try #require(last.first).distance
    }
    let small = try clearance(.identity)
    for rows in [IntegerMatrix2.diagonal(3, 1), .diagonal(4, 1), .diagonal(5, 3)] {
      #expect((try clearance(rows) - small).magnitude < 1e-3)
    }
  }

  @Test func theBridgeIsBetweenNeighbours() throws {
    let slab = try builder("LiCl", "100").substrateSlab(vacuum: 10)
    let bridge = try #require(slab.bridge)
    let top = slab.structure.positions.map(\.z).max() ?? 0
    let distances = slab.structure.positions.filter { $0.z > top - 0.1 }.flatMap { position in
      [-1.0, 0, 1].flatMap { i in
        [-1.0, 0, 1].map { j -> Double in
          let image = position.vector + i * slab.structure.cell.a + j * slab.structure.cell.b
          let difference = image - bridge.site
          return Vector3(difference.x, difference.y, 0).length
        }
      }
    }.sorted()
    #expect((distances[0] - 5.13 / 4).magnitude < 1e-6)
    #expect((distances[1] - 5.13 / 4).magnitude < 1e-6)
  }
}

@Suite struct ElasticConstantsTests {
  /// Equal in-plane strain of a cube's face: (c11 + c12 - 2 c12^2 / c11) e^2 for each volume.
  @Test func biaxialStrainOfACubeFaceIsTheTextbooks() throws {
    let constants = try #require(ElasticConstants.bodyCentredCubic(.lithium))
    let metal = try OrientedCrystal(
      #require(Prototype.named("Li")).structure, surface: MillerIndices(1, 0, 0))
    let substrate = try OrientedCrystal(
      #require(Prototype.named("LiCl")).structure, surface: MillerIndices(1, 0, 0))
    let match = try #require(
      LatticeMatch.search(metal: metal, substrate: substrate, strainLimit: 0.1, areaLimit: 20).first
    )
    let strain = match.largestStrain
    let (c11, c12) = (constants.c11, constants.c12)
    let expected = (c11 + c12 - 2 * c12 * c12 / c11) * strain * strain
    let energy = try #require(
      metal.strainEnergyDensity(of: match, constants: constants))
    #expect((energy / expected - 1).magnitude < 1e-9)
  }

  /// Isotropic constants know no direction: E/(1 - nu) e^2 on every face.
  @Test(arguments: ["100", "110", "111"])
  func isotropicConstantsKnowNoDirection(surface: String) throws {
    let (young, poisson) = (20.0, 0.3)
    let factor = young / ((1 + poisson) * (1 - 2 * poisson))
    let constants = ElasticConstants(
      gigapascalC11: factor * (1 - poisson), c12: factor * poisson,
      c44: young / (2 * (1 + poisson)))
    let metal = try OrientedCrystal(
      #require(Prototype.named("Li")).structure, surface: MillerIndices(parsing: surface))
    let larger = OrientedCrystal(
      oriented: metal.structure.deformed(by: Matrix3.identity * 1.02), surface: metal.surface)
    let match = try #require(
      LatticeMatch.search(metal: metal, substrate: larger, strainLimit: 0.03, areaLimit: 30).first)
    let energy = try #require(
      metal.strainEnergyDensity(of: match, constants: constants))
    let expected = young / (1 - poisson) * 0.02 * 0.02 / 160.2176634
    #expect((energy / expected - 1).magnitude < 1e-6)
  }
}

@Suite struct CandidatePairTests {
  /// For rock salt the pair of the paper, (100) on (100), comes first: small, stoichiometric, and not
  /// polar; every polar surface comes after every other one.
  @Test func rockSaltTakesThePapersPair() throws {
    let metal = try Crystal(#require(Prototype.named("Li")).structure)
    let pairs = CandidatePair.search(
      metal: metal, substrate: try Crystal(#require(Prototype.named("LiCl")).structure),
      metalSurfaces: metal.distinctSurfaces(maximumIndex: 1), maximumIndex: 1,
      minimumThickness: 7, strainLimit: 0.15, areaLimit: 80)
    let best = try #require(pairs.first)
    #expect(best.metalSurface.description == "(100)")
    #expect(best.substrateSurface.description == "(100)")
    let polar = pairs.map(\.isNonPolar)
    #expect(polar == polar.sorted { $0 && !$1 })
    #expect(pairs.contains { !$0.isNonPolar })
  }
}
