import Foundation
import Interfaces
import Structures

/// The two relaxed crystals, turned and matched: what has to be known before slabs are cut.
struct InterfaceGeometry: Sendable {
  /// The metal with its own surface cell, unstrained.
  let metal: OrientedCrystal
  /// The substrate with the surface cell of the interface.
  let substrate: OrientedCrystal
  /// How they meet.
  let match: LatticeMatch
  /// The metal's interface cell strained to the substrate, its height a guess.
  let strainedGuess: OrientedCrystal
  /// How the substrate is cut.
  let termination: Termination
  /// First neighbours lost at the metal's surface.
  let coordination: SurfaceCoordination

  /// By the match of least cost.
  init(
    metal: Structure, metalSurface: MillerIndices, substrate: Structure, surface: MillerIndices,
    settings: AssessmentSettings
  ) throws {
    let all = try InterfaceGeometry.all(
      metal: metal, metalSurface: metalSurface, substrate: substrate, surface: surface,
      settings: settings)
    guard let best = all.first else {
      throw InterfaceError.noLatticeMatch(
        strainLimit: settings.strainLimit, areaLimit: settings.areaLimit, smallestStrain: nil)
    }
    self = best
  }

  /// By every match within the limits of the settings, that of least cost first; each is made when it is looked at.
  static func all(
    metal: Structure, metalSurface: MillerIndices, substrate: Structure, surface: MillerIndices,
    settings: AssessmentSettings
  ) throws -> LazyMapSequence<[LatticeMatch], InterfaceGeometry> {
    // Relaxed cells carry the engine's noise: the symmetry is looked for with some tolerance.
    let orientedMetal = try OrientedCrystal(metal, surface: metalSurface, tolerance: 1e-2)
    let orientedSubstrate = try OrientedCrystal(substrate, surface: surface, tolerance: 1e-2)
    let matches = try LatticeMatch.search(
      metal: orientedMetal, substrate: orientedSubstrate, strainLimit: settings.strainLimit,
      areaLimit: max(settings.areaLimit, orientedSubstrate.area))
    let cuts = orientedSubstrate.terminations(minimumThickness: settings.substrateThickness)
    guard cuts.indices.contains(settings.substrateTermination - 1) else {
      throw InterfaceError.noSuchTermination(
        number: settings.substrateTermination, count: cuts.count)
    }
    let termination = cuts[settings.substrateTermination - 1]
    let coordination = orientedMetal.surfaceCoordination()
    return matches.lazy.map { match in
      let below = orientedSubstrate.surfaceSupercell(match.substrate)
      return InterfaceGeometry(
        metal: orientedMetal, substrate: below, match: match,
        strainedGuess: orientedMetal.strained(by: match, onto: below.structure.cell),
        termination: termination, coordination: coordination)
    }
  }

  private init(
    metal: OrientedCrystal, substrate: OrientedCrystal, match: LatticeMatch,
    strainedGuess: OrientedCrystal, termination: Termination, coordination: SurfaceCoordination
  ) {
    self.metal = metal
    self.substrate = substrate
    self.match = match
    self.strainedGuess = strainedGuess
    self.termination = termination
    self.coordination = coordination
  }

  /// Atoms of an interface cell with the settings' numbers of layers.
  func atoms(_ settings: AssessmentSettings) -> Int {
    let metal = strainedGuess.slabWithFewestBrokenBonds(layers: settings.metalLayers, vacuum: 1)
    return metal.structure.count + substrate.slab(termination, vacuum: 1).structure.count
  }

  /// Metal atoms with lost first neighbours for each area of the interface, 1/angstrom^2.
  var surfaceDensity: Double {
    coordination.surfaceAtoms * Double(abs(match.metal.determinant)) / substrate.area
  }
}

/// The slabs of an assessment, all in cells of one height so that their basis sets are the same.
struct Slabs: Sendable {
  /// The strained, relaxed metal.
  let strainedMetal: OrientedCrystal
  /// The substrate slab, as cleaved.
  let substrate: Slab
  /// Height of every slab's cell in angstrom.
  let height: Double

  init(geometry: InterfaceGeometry, strainedMetal: Structure, settings: AssessmentSettings) throws {
    let oriented = OrientedCrystal(
      oriented: strainedMetal, surface: geometry.strainedGuess.surface)
    self.strainedMetal = oriented
    let cut = geometry.termination
    let below = geometry.substrate.slab(cut, vacuum: settings.vacuum)
    let above = Slabs.metal(oriented, layers: settings.metalLayers, vacuum: settings.vacuum)
    let gap =
      below.registries.map {
        InterfaceCell.estimatedGap(metal: above, on: below, registry: $0)
      }.max() ?? 3
    let joined = below.thickness + gap + above.thickness
    // The thickest slab of the series must have its vacuum too.
    let thickest = Slabs.metal(
      oriented, layers: settings.thicknessSeries.max() ?? settings.metalLayers,
      vacuum: settings.vacuum
    ).thickness
    height = max(joined, thickest) + settings.vacuum
    substrate = below.inCell(ofHeight: height)
  }

  /// Atoms in one layer of the metal.
  var atomsPerLayer: Int { strainedMetal.structure.count / strainedMetal.planes().count }

  /// The metal slab with a number of layers, as cleaved.
  func metal(layers: Int) -> Slab {
    Slabs.metal(strainedMetal, layers: layers, vacuum: 1).inCell(ofHeight: height)
  }

  private static func metal(_ crystal: OrientedCrystal, layers: Int, vacuum: Double) -> Slab {
    crystal.slabWithFewestBrokenBonds(layers: layers, vacuum: vacuum)
  }
}
