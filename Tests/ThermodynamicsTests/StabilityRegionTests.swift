import Structures
import Testing
import Thermodynamics

@Suite struct StabilityRegionTests {
  static let oxygen = Element(symbol: "O") ?? .lithium

  /// Li3OCl between Li, Li2O and LiCl with made-up energies: formation of Li3OCl from Li2O and LiCl
  /// gains `gain` eV.
  func region(gain: Double, withLithium: Bool = true) -> StabilityRegion {
    let oxide = Phase(
      name: "Li2O", composition: [.lithium: 2, Self.oxygen: 1], energyPerAtom: -14.4 / 3)
    let chloride = Phase(
      name: "LiCl", composition: [.lithium: 1, .chlorine: 1], energyPerAtom: -7.2 / 2)
    let metal = Phase(name: "Li", composition: [.lithium: 2], energyPerAtom: -1.9)
    let compound = Phase(
      name: "Li3OCl", composition: [.lithium: 3, Self.oxygen: 1, .chlorine: 1],
      energyPerAtom: (-14.4 - 7.2 - gain) / 5)
    return StabilityRegion(
      compound: compound, competing: [oxide, chloride, compound] + (withLithium ? [metal] : []))
  }

  /// By hand: mu(Li) + mu(Cl) lies between E(Li3OCl) - E(Li2O) and E(LiCl).
  @Test func theExcessOfLithiumChlorideIsBoundedByBothBinaries() throws {
    let region = region(gain: 0.3)
    #expect(region.decompositionEnergy == 0)
    let excess: [Element: Int] = [.lithium: 1, .chlorine: 1]
    let range = try #require(region.range(of: excess))
    #expect((region.sum(excess, at: range.highest) + 7.2).magnitude < 1e-9)
    #expect((region.sum(excess, at: range.lowest) + 7.5).magnitude < 1e-9)
    #expect(range.highest.phases.contains("LiCl"))
    #expect(range.lowest.phases.contains("Li2O"))
  }

  /// Every corner satisfies the compound's equation and every phase's inequality.
  @Test func cornersAreAllowed() {
    let region = region(gain: 0.3)
    #expect(region.corners.contains { !$0.isOpen })
    for corner in region.corners {
      let own = region.sum(region.compound.composition, at: corner)
      #expect((own - region.compound.energy).magnitude < 1e-6)
      for phase in region.competing {
        #expect(region.sum(phase.composition, at: corner) <= phase.energy + 1e-6)
      }
    }
  }

  /// Without chlorine gas nothing limits mu(Li) from below alone: its own excess has no range.
  @Test func anOpenDirectionHasNoRange() {
    #expect(region(gain: 0.3).range(of: [.lithium: 1]) == nil)
    #expect(region(gain: 0.3).range(of: [.sodium: 1]) == nil)
  }

  /// Above the hull the potentials are those of the products, and the height is said.
  @Test func anUnstableCompoundTakesThePotentialsOfItsProducts() throws {
    let region = region(gain: -0.05)
    #expect((region.decompositionEnergy - 0.05).magnitude < 1e-9)
    let excess: [Element: Int] = [.lithium: 1, .chlorine: 1]
    let range = try #require(region.range(of: excess))
    #expect((region.sum(excess, at: range.highest) + 7.2).magnitude < 1e-6)
    #expect((region.sum(excess, at: range.lowest) + 7.2).magnitude < 1e-6)
  }

  /// Total energies of an all-electron kind: the elements are hundreds of eV apart.
  @Test func theScaleOfTheEnergiesDoesNotMatter() throws {
    let region = StabilityRegion(
      compound: Phase(
        name: "LiCl", composition: [.lithium: 1, .chlorine: 1], energyPerAtom: -667.0 / 2),
      competing: [
        Phase(name: "Li", composition: [.lithium: 1], energyPerAtom: -203),
        Phase(name: "Cl2", composition: [.chlorine: 2], energyPerAtom: -460),
      ])
    #expect(region.decompositionEnergy == 0)
    let range = try #require(region.range(of: [.chlorine: 1]))
    #expect((range.highest.potentials[.chlorine, default: 0] + 460).magnitude < 1e-6)
    #expect((range.lowest.potentials[.chlorine, default: 0] + 464).magnitude < 1e-6)
  }

  /// A binary: mu of one element runs from its own phase down to that of the other's.
  @Test func aBinaryRunsBetweenItsElements() throws {
    let chloride = Phase(
      name: "LiCl", composition: [.lithium: 4, .chlorine: 4], energyPerAtom: -3.6)
    let region = StabilityRegion(
      compound: chloride,
      competing: [
        Phase(name: "Li", composition: [.lithium: 1], energyPerAtom: -1.9),
        Phase(name: "Cl2", composition: [.chlorine: 8], energyPerAtom: -1.8),
      ])
    let range = try #require(region.range(of: [.lithium: 1]))
    #expect((range.highest.potentials[.lithium, default: 0] + 1.9).magnitude < 1e-9)
    #expect((range.lowest.potentials[.lithium, default: 0] + 5.4).magnitude < 1e-9)
    #expect(region.corners.count == 2)
  }
}

@Suite struct ExcessSurfaceEnergyTests {
  /// The two terminations of one crystal, cleaved from each other: whatever the potentials, sigma of
  /// both adds up to the same cleavage energy, for what one slab has in excess the other lacks.
  @Test func complementaryTerminationsAddUp() throws {
    let region = StabilityRegionTests().region(gain: 0.3)
    let unit = region.compound.energy
    let area = 15.1
    // 3 units + LiCl and 3 units + Li2O, together 7 units; 1.1 eV for each of the four faces.
    let chloride = 3 * unit + (-7.35) + 2.2
    let oxide = 3 * unit + (unit + 7.35) + 2.2
    let first = try #require(
      ExcessSurfaceEnergy(
        slabEnergy: chloride, formulaUnits: 3, excess: [.lithium: 1, .chlorine: 1], area: area,
        region: region))
    let second = try #require(
      ExcessSurfaceEnergy(
        slabEnergy: oxide, formulaUnits: 3,
        excess: [.lithium: 2, StabilityRegionTests.oxygen: 1], area: area, region: region))
    for (left, right) in zip(first.corners, second.corners) {
      #expect((left.value + right.value - 2.2 / area).magnitude < 1e-9)
    }
    #expect(first.highest > first.lowest)
    #expect((first.highest - first.lowest - 0.3 / (2 * area)).magnitude < 1e-9)
    #expect(first.phasesAtLowest.contains("LiCl"))
    #expect(second.phasesAtLowest.contains("Li2O"))
  }
}
