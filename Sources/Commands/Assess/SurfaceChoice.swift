import BondBreaking
import Campaigns
import Interfaces
import Reports
import Structures

/// The pair of surfaces that an assessment takes, and why.
struct SurfaceChoice {
  /// Surface of the metal.
  var metalSurface: MillerIndices
  /// Surface of the substrate.
  var substrateSurface: MillerIndices
  /// One sentence.
  var reason: String
  /// What there was to choose from, the best first.
  var candidates: [CandidatePair]

  /// Compares all pairs of low-index surfaces and takes the first of ``CandidatePair``'s order.
  ///
  /// - Throws: ``InterfaceError``.
  init(
    substrate: Structure, metal: Structure, metalSurface: MillerIndices?,
    settings: AssessmentSettings
  ) throws {
    let crystal = try Crystal(substrate, tolerance: 1e-2)
    let metalCrystal = try Crystal(metal, tolerance: 1e-2)
    let surfaces =
      metalSurface.map { [$0] } ?? metalCrystal.distinctSurfaces(maximumIndex: 1)
    candidates = CandidatePair.search(
      metal: metalCrystal, substrate: crystal, metalSurfaces: surfaces, maximumIndex: 1,
      minimumThickness: settings.substrateThickness, strainLimit: settings.strainLimit,
      areaLimit: settings.areaLimit)
    guard let best = candidates.first else {
      throw InterfaceError.noLatticeMatch(
        strainLimit: settings.strainLimit, areaLimit: settings.areaLimit, smallestStrain: nil)
    }
    self.metalSurface = best.metalSurface
    substrateSurface = best.substrateSurface
    let strain = (100 * best.match.largestStrain.magnitude).formatted(digits: 1)
    let polar = best.isNonPolar ? "a non-polar" : "a polar (no other matches)"
    let kind = best.termination.isStoichiometric ? "stoichiometric" : "non-stoichiometric"
    reason =
      "\(settings.metal) \(best.metalSurface) on \(best.substrateSurface): \(polar), \(kind) slab with "
      + "the best match, \(best.match.area.formatted(digits: 1)) square angstrom at \(strain) % of "
      + "strain, among \(candidates.count) pairs of surfaces"
  }

  /// The first candidates as a table, and the choice.
  func text(count: Int = 6) -> String {
    var table = TextTable(
      header: ["metal", "substrate", "area", "strain %", "non-polar", "stoichiometric"])
    for pair in candidates.prefix(count) {
      table.add([
        pair.metalSurface.description, pair.substrateSurface.description,
        pair.match.area.formatted(digits: 1),
        (100 * pair.match.largestStrain).formatted(digits: 2), pair.isNonPolar ? "yes" : "no",
        pair.termination.isStoichiometric ? "yes" : "no",
      ])
    }
    return table.text + "\nTaken: \(reason)."
  }

  /// The choice for the JSON.
  var document: AssessmentDocument.SurfaceChoice {
    AssessmentDocument.SurfaceChoice(
      reason: reason,
      candidates: candidates.map { pair in
        .init(
          metal_surface: pair.metalSurface.description,
          substrate_surface: pair.substrateSurface.description, area_angstrom2: pair.match.area,
          principal_strains: [pair.match.principalStrains.x, pair.match.principalStrains.y],
          is_non_polar: pair.isNonPolar, is_stoichiometric: pair.termination.isStoichiometric)
      })
  }
}
