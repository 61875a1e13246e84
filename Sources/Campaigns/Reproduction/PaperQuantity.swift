import BondBreaking
import Interfaces
import PhysicalUnits
import Relaxation
import Structures

/// A number of the paper beside the one that a reproduction found.
public struct PaperQuantity: Sendable {
  /// Name in the paper's values.
  public var id: String
  /// Name for people.
  public var name: String
  /// Figure of the paper that it belongs to; nil for bulk crystals.
  public var figure: Int?
  /// The number in the paper's unit; nil where it was not computed.
  public var value: @Sendable (ReproductionResults) -> Double?

  /// The paper's number.
  public var paper: PaperValue? { PaperValue.named(id) }

  /// All quantities that a reproduction can compute, in the paper's order.
  public static let all: [PaperQuantity] =
    crystals + PaperSurface.all.flatMap(surface) + barriers + coherent + incoherent
    + incoherentFar

  // MARK: Crystals

  private static let crystals: [PaperQuantity] = [
    PaperQuantity(id: "Li.bcc.a", name: "a of bcc Li", figure: nil) {
      $0.surfaces["Li.bcc100"]?.bulk?.latticeParameters.x
    },
    PaperQuantity(id: "Na.bcc.a", name: "a of bcc Na", figure: nil) {
      $0.surfaces["Na.bcc100"]?.bulk?.latticeParameters.x
    },
    PaperQuantity(id: "Li3OCl.a", name: "a of Li3OCl", figure: nil) { results in
      results.interfaces.first { $0.key.hasPrefix("Li3OCl") }?.value.substrateBulk
        .latticeParameters.x
    },
  ]

  // MARK: Free surfaces

  private static func surface(_ surface: PaperSurface) -> [PaperQuantity] {
    let id = surface.id
    func quantity(
      _ suffix: String, _ name: String,
      _ value: @escaping @Sendable (FreeSurfaceResult) -> Double?
    ) -> PaperQuantity {
      PaperQuantity(id: "\(id).\(suffix)", name: "\(surface.name), \(name)", figure: 1) {
        $0.surfaces[id].flatMap(value)
      }
    }
    // The paper gives sigma in J/m2 for bcc and in eV for each surface atom too.
    let relaxedAtom = surface.structure == .bcc ? "sigma.relaxed.atom" : "sigma.relaxed"
    var result = [
      quantity("density", "surface atoms") { $0.surfaceDensity.map { 100 * $0 } },
      quantity("sigma.cleaved", "sigma as cleaved") {
        $0.surfaceEnergyPerAtom(relaxed: false)?.value
      },
      quantity(relaxedAtom, "sigma relaxed") { $0.surfaceEnergyPerAtom(relaxed: true)?.value },
      quantity("Ev.free.unrelaxed", "vacancy at the surface, unrelaxed") {
        $0.surfaceVacancyEnergy(.cleaved)
      },
      quantity("Ev.bulk.unrelaxed", "vacancy in the bulk, unrelaxed") {
        $0.vacancyEnergy(layer: 6, .cleaved)
      },
      quantity("Ev.bulk.relaxed", "vacancy in the bulk, relaxed") {
        $0.vacancyEnergy(layer: 6, .relaxed)
      },
      quantity("relaxationGain.bulk", "gain by relaxing a vacancy in the bulk") {
        gain($0, layer: 6)
      },
      quantity("relaxationGain.surface", "gain by relaxing a vacancy at the surface") {
        gain($0, layer: 1)
      },
      quantity("dE.bulkFree.cleaved", "segregation energy, as cleaved") {
        $0.segregationEnergy(.cleaved)
      },
      quantity("dE.bulkFree.relaxedSurface", "segregation energy, relaxed surface") {
        $0.segregationEnergy(.relaxedSurface)
      },
      quantity("dE.bulkFree.relaxed", "segregation energy, relaxed") {
        $0.segregationEnergy(.relaxed)
      },
      quantity("dE.bulkFree", "segregation energy") { $0.segregationEnergy(.relaxed) },
    ]
    if surface.structure == .bcc {
      result.append(
        quantity("sigma.relaxed", "sigma relaxed") {
          $0.surfaceEnergy(relaxed: true).map {
            PhysicalUnits.joulePerSquareMetre(fromElectronvoltPerSquareAngstrom: $0.value)
          }
        })
    }
    for layer in [1, 2, 6] {
      result.append(
        quantity("Ev.layer\(layer)", "vacancy in layer \(layer)") {
          $0.vacancyEnergy(layer: layer, .relaxed)
        })
    }
    return result.filter { $0.paper != nil }
  }

  private static func gain(_ result: FreeSurfaceResult, layer: Int) -> Double? {
    guard let before = result.vacancyEnergy(layer: layer, .relaxedSurface),
      let after = result.vacancyEnergy(layer: layer, .relaxed)
    else { return nil }
    return before - after
  }

  // MARK: Barriers

  private static let barriers: [PaperQuantity] = PaperSurface.all.flatMap { surface in
    let id = surface.id
    func barrier(
      _ suffix: String, _ name: String,
      _ chosen: @escaping @Sendable (VacancyPath) -> VacancyPath.Hop?
    ) -> PaperQuantity {
      PaperQuantity(id: "\(id).barrier.\(suffix)", name: "\(surface.name), \(name)", figure: 2) {
        results in
        // A band that did not converge has no barrier to compare, nor has a slab that changes into another crystal.
        guard let hop = results.paths[id].flatMap(chosen), hop.staysInCrystal, let path = hop.path,
          path.isConverged
        else { return nil }
        return path.forwardBarrier
      }
    }
    return [
      barrier("layer1-2", "barrier from layer 1 to 2") { path in
        path.hops.first { $0.from == 1 && $0.to == 2 }
      },
      barrier("surface", "barrier from the surface") { path in path.hops.first { $0.from == 1 } },
      barrier("layer5-6", "barrier from layer 5 to 6") { path in
        path.hops.first { $0.from == 5 && $0.to == 6 }
      },
      barrier("bulk", "barrier in the bulk") { path in path.hops.first { $0.to == 6 } },
    ].filter { $0.paper != nil }
  }

  // MARK: Interfaces

  private static let coherent: [PaperQuantity] = [
    interface("LiCl-Li", "strain", "strain of the metal", 3) {
      100 * $0.match.largestStrain
    },
    interface("LiMg-Li", "strain", "strain of the metal", 3) { 100 * $0.match.largestStrain },
    interface("LiCl-Li", "dE.bulkInt", "segregation energy", 3) { $0.segregationByVacancies },
    interface("LiMg-Li", "dE.bulkInt", "segregation energy", 3) { $0.segregationByVacancies },
    interface("LiMg-Li", "Wad", "W_ad", 4) { $0.workOfAdhesion.value / $0.surfaceDensity },
    registry("ClTop", "Cl-top"), registry("hollow", "hollow"), registry("LiTop", "Li-top"),
  ]

  private static func interface(
    _ id: String, _ suffix: String, _ name: String, _ figure: Int,
    _ value: @escaping @Sendable (AssessmentResult) -> Double?
  ) -> PaperQuantity {
    PaperQuantity(id: "\(id).\(suffix)", name: "\(id), \(name)", figure: figure) {
      $0.interfaces[id].flatMap(value)
    }
  }

  private static func registry(_ suffix: String, _ name: String) -> PaperQuantity {
    interface("LiCl-Li", "Wad.\(suffix)", "W_ad, \(name)", 5) { result in
      result.registries.first { $0.registry.name == name }.flatMap {
        $0.relaxedWorkOfAdhesion.map { $0 / result.surfaceDensity }
      }
    }
  }

  private static let incoherent: [PaperQuantity] =
    [
      PaperQuantity(
        id: "LiCl-Li.incoherent.Wad", name: "LiCl-Li, incoherent, W_ad", figure: 6
      ) { results in
        results.interfaces["LiCl-Li.incoherent"].map { $0.workOfAdhesion.value / $0.surfaceDensity }
      },
      PaperQuantity(
        id: "LiCl-Li.incoherent.mismatch", name: "LiCl-Li, incoherent, size of the strain",
        figure: 6
      ) { results in
        results.interfaces["LiCl-Li.incoherent"].map { 100 * $0.match.largestStrain.magnitude }
      },
    ]
    + (1...3).flatMap { site in
      [
        incoherentSite(site, "unrelaxed") { $0.unrelaxed },
        incoherentSite(site, "relaxed") { $0.relaxed },
      ]
    }
    + ["Li2S111-Li100", "Li3P001-Li100"].map { id in
      interface(id, "Wad", "W_ad", 6) { $0.workOfAdhesion.value / $0.surfaceDensity }
    }

  private static func incoherentSite(
    _ site: Int, _ mode: String,
    _ value: @escaping @Sendable (AssessmentResult.VacancyResult) -> Double?
  ) -> PaperQuantity {
    PaperQuantity(
      id: "LiCl-Li.incoherent.Ev.site\(site).\(mode)",
      name: "LiCl-Li, incoherent, vacancy at site \(site), \(mode)", figure: 6
    ) { results in
      interfaceSites(results).flatMap { value($0[site - 1]) }
    }
  }

  /// The three classes of sites of the incoherent LiCl interface in the paper's order, by falling strength:
  /// Cl-top, then between it and hollow, then towards Li-top.
  private static func interfaceSites(
    _ results: ReproductionResults
  ) -> [AssessmentResult.VacancyResult]? {
    guard let result = results.interfaces["LiCl-Li.incoherent"] else { return nil }
    let sites = result.vacancies.filter { $0.layer == 1 }.sorted { $0.unrelaxed > $1.unrelaxed }
    return sites.count == 3 && result.hasAllSites(sites) ? sites : nil
  }

  /// Means over a layer far from the incoherent interface, each class counted as often as it occurs.
  private static let incoherentFar: [PaperQuantity] = [
    PaperQuantity(
      id: "LiCl-Li.incoherent.Ev.free.unrelaxed",
      name: "LiCl-Li, incoherent, vacancy at the free surface, unrelaxed", figure: 6
    ) { results in
      results.interfaces["LiCl-Li.incoherent"]?.meanVacancyEnergy("free surface") { $0.unrelaxed }
    },
    PaperQuantity(
      id: "LiCl-Li.incoherent.Ev.free.relaxed",
      name: "LiCl-Li, incoherent, vacancy at the free surface, relaxed", figure: 6
    ) { results in
      results.interfaces["LiCl-Li.incoherent"]?.meanVacancyEnergy("free surface") { $0.relaxed }
    },
    PaperQuantity(
      id: "LiCl-Li.incoherent.dE.site1", name: "LiCl-Li, incoherent, segregation to site 1",
      figure: 6
    ) { results in
      guard let site = interfaceSites(results)?[0].relaxed,
        let bulk = results.interfaces["LiCl-Li.incoherent"]?.meanVacancyEnergy(
          "bulk", { $0.relaxed })
      else { return nil }
      return bulk - site
    },
  ]
}

extension AssessmentResult {
  /// Formation energy of a vacancy in the bulk less that at the interface, eV, by explicit vacancies.
  ///
  /// Positive where vacancies go to the interface. Where the interface has several classes of sites, the one
  /// where a vacancy costs least counts. Nil without vacancies, and where a relaxation did not converge.
  public var segregationByVacancies: Double? {
    segregation { $0.isConverged ? $0.relaxed : nil }
  }

  /// The same with nothing relaxed, eV.
  public var unrelaxedSegregationByVacancies: Double? { segregation { $0.unrelaxed } }

  private func segregation(_ energy: (VacancyResult) -> Double?) -> Double? {
    let there = vacancies.filter { $0.layer == 1 }
    let interface = there.compactMap(energy)
    guard hasAllSites(there), interface.count == there.count, let weakest = interface.min(),
      let far = meanVacancyEnergy("bulk", energy)
    else {
      return nil
    }
    return far - weakest
  }

  /// Whether these are all vacancies of their layer: one for each class of sites of the cell that they are in.
  func hasAllSites(_ vacancies: [VacancyResult]) -> Bool {
    guard let layer = vacancies.first?.layer, let cell = interfaces["vacancy-cell"] else {
      return false
    }
    return vacancies.map(\.equivalentSites).reduce(0, +)
      == cell.metalLayers.count { $0 == layer - 1 }
  }

  /// Mean formation energy at a place in eV, each class of sites counted as often as it occurs.
  ///
  /// - Parameters:
  ///   - place: "interface", "bulk" or "free surface".
  ///   - energy: which of a vacancy's energies.
  /// - Returns: nil where one of the place's classes is missing.
  func meanVacancyEnergy(_ place: String, _ energy: (VacancyResult) -> Double?) -> Double? {
    let there = vacancies.filter { $0.place.hasPrefix(place) }
    let known = there.compactMap { vacancy in
      energy(vacancy).map { (energy: $0, weight: Double(vacancy.equivalentSites)) }
    }
    guard hasAllSites(there), known.count == there.count else { return nil }
    return known.map { $0.energy * $0.weight }.reduce(0, +) / known.map(\.weight).reduce(0, +)
  }
}
