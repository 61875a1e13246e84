import BondBreaking
package import Campaigns
import Foundation
import Interfaces
import PhysicalUnits
import Structures
import Thermodynamics

/// The results of an assessment for machines: every key with its unit, documented in `docs/Lacuna.docc/JSON.md`.
package struct AssessmentDocument: Codable {
  /// Version of this form; raised when a key changes its meaning or goes.
  package static let schema = "lacuna-assessment-1"
  /// Raised when keys are added.
  package static let form = 4

  package struct Quantity: Codable {
    package var value: Double
    package var standard_uncertainty: Double

    init(_ value: UncertainValue) {
      self.value = value.value
      standard_uncertainty = value.standardUncertainty
    }
  }

  package struct SurfaceQuantity: Codable {
    package var j_per_m2: Quantity
    package var ev_per_atom: Quantity

    init(_ value: UncertainValue, density: Double) {
      j_per_m2 = Quantity(value.scaled(by: PhysicalUnits.joulePerSquareMetre))
      ev_per_atom = Quantity(value.scaled(by: 1 / density))
    }
  }

  package struct Registry: Codable {
    package var name: String
    package var is_bound: Bool
    package var rigid_gap_angstrom: Double
    package var rigid_work_of_adhesion_ev_per_atom: Double
    package var relaxed_gap_angstrom: Double?
    package var relaxed_work_of_adhesion_ev_per_atom: Double?
    package var force_calls: Int
  }

  package struct Vacancy: Codable {
    package var place: String
    package var layer: Int
    package var equivalent_sites: Int
    /// Atoms of the structure "vacancy-cell", counted from 0, whose removal makes this vacancy.
    package var atoms: [Int]?
    package var unrelaxed_ev: Double
    package var relaxed_ev: Double?
    /// Spread of a learned potential's committee.
    package var unrelaxed_deviation_ev: Double?
    package var relaxed_deviation_ev: Double?
    package var is_converged: Bool
  }

  /// The substrate's surface energy over its chemical potentials.
  package struct ExcessSurface: Codable {
    package struct Corner: Codable {
      package var phases: [String]
      package var chemical_potentials_ev: [String: Double]
      package var surface_energy_j_per_m2: Double
    }

    package var lowest_j_per_m2: Double
    package var highest_j_per_m2: Double
    package var phases_at_lowest: [String]
    package var phases_at_highest: [String]
    package var decomposition_energy_ev_per_formula: Double
    package var interface_energy_lowest_j_per_m2: Double
    package var interface_energy_highest_j_per_m2: Double
    package var corners: [Corner]

    /// - Parameters:
    ///   - range: sigma of the substrate.
    ///   - rest: sigma of the metal less W_ad, eV/angstrom^2.
    init(_ range: ExcessSurfaceEnergy, rest: Double) {
      interface_energy_lowest_j_per_m2 =
        (range.lowest + rest) * PhysicalUnits.joulePerSquareMetre
      interface_energy_highest_j_per_m2 =
        (range.highest + rest) * PhysicalUnits.joulePerSquareMetre
      let area = PhysicalUnits.joulePerSquareMetre
      lowest_j_per_m2 = range.lowest * area
      highest_j_per_m2 = range.highest * area
      phases_at_lowest = range.phasesAtLowest
      phases_at_highest = range.phasesAtHighest
      decomposition_energy_ev_per_formula = range.decompositionEnergy
      corners = range.corners.map {
        Corner(
          phases: $0.phases, chemical_potentials_ev: $0.potentials,
          surface_energy_j_per_m2: $0.value * area)
      }
    }
  }

  /// What the force calls of one stage answered, in their order.
  package struct Relaxation: Codable {
    package var stage: String
    package var energies_ev: [Double]
    package var largest_forces_ev_per_angstrom: [Double]
  }

  /// How the substrate was cut.
  package struct Cut: Codable, Equatable {
    package var lower_plane: String
    package var upper_plane: String
    package var planes: Int
    package var is_stoichiometric: Bool
    package var faces_are_alike: Bool
    package var excess: [String: Int]
    package var tasker_type: Int?

    init(_ cut: Termination) {
      lower_plane = cut.lowerPlane
      upper_plane = cut.upperPlane
      planes = cut.planeCount
      is_stoichiometric = cut.isStoichiometric
      faces_are_alike = cut.facesAreAlike
      excess = Dictionary(uniqueKeysWithValues: cut.excess.map { ($0.key.symbol, $0.value) })
      tasker_type = cut.polarity?.rawValue
    }
  }

  /// Why this pair of surfaces was taken where none was named.
  package struct SurfaceChoice: Codable {
    package struct Candidate: Codable {
      package var metal_surface: String
      package var substrate_surface: String
      package var area_angstrom2: Double
      package var principal_strains: [Double]
      package var is_non_polar: Bool
      package var is_stoichiometric: Bool

      package init(
        metal_surface: String, substrate_surface: String, area_angstrom2: Double,
        principal_strains: [Double], is_non_polar: Bool, is_stoichiometric: Bool
      ) {
        self.metal_surface = metal_surface
        self.substrate_surface = substrate_surface
        self.area_angstrom2 = area_angstrom2
        self.principal_strains = principal_strains
        self.is_non_polar = is_non_polar
        self.is_stoichiometric = is_stoichiometric
      }
    }

    package var reason: String
    package var candidates: [Candidate]

    package init(reason: String, candidates: [Candidate]) {
      self.reason = reason
      self.candidates = candidates
    }
  }

  package struct Bulk: Codable {
    package var space_group: String
    package var lattice_parameters_angstrom: [Double]
    package var energy_ev_per_atom: Double

    init(_ bulk: AssessmentResult.Bulk) {
      space_group = bulk.spaceGroup
      let lengths = bulk.latticeParameters
      lattice_parameters_angstrom = [lengths.x, lengths.y, lengths.z]
      energy_ev_per_atom = bulk.energyPerAtom
    }
  }

  package struct Thickness: Codable {
    package var layers: [Int]
    package var energies_ev: [Double]
    package var slope_reference_ev_per_atom: Quantity
    package var bulk_reference_ev_per_atom: Double
    package var difference_reference_ev_per_atom: Double
    package var fit_residual_ev: Double
    package var odd_even_difference_ev_per_atom: Double?
  }

  package struct Settings: Codable, Equatable {
    package var preset: String
    package var metal_structure: String
    package var cutoff_ev: Double
    package var bulk_cutoff_ev: Double
    package var smearing_ev: Double
    package var energy_threshold_ev: Double
    /// PAW datasets by element symbol where they are not the engine's usual ones.
    package var datasets: [String: String]?
    package var mesh_length_angstrom: Double
    package var metal_mesh_length_angstrom: Double
    package var bulk_mesh_length_angstrom: Double
    package var metal_layers: Int
    package var thickness_series_is_relaxed: Bool
    package var least_substrate_thickness_angstrom: Double
    package var substrate_planes: Int
    package var vacuum_angstrom: Double
    package var dipole_correction: Bool
    package var force_threshold_ev_per_angstrom: Double
    package var stress_threshold_ev_per_angstrom3: Double
    package var maximum_force_calls: Int
    package var strain_limit: Double
    package var area_limit_angstrom2: Double
    package var relaxed_registries: Int
    package var vacancy_supercell: Int
    package var adhesion_uncertainty_ev_per_atom: Double
    package var surface_energy_uncertainty_ev_per_atom: Double
    /// Of W_ad - 2 sigma where it is known by itself.
    package var margin_uncertainty_ev_per_atom: Double?
  }

  package struct Cost: Codable {
    package var engine: String
    package var engine_versions: [String]
    package var engine_source: ModelSource?
    /// What has relaxed in the engine's place.
    package var relaxed_by: String?
    package var force_calls: Int
    package var force_calls_by_stage: [String: Int]
    package var engine_calls: Int
    package var engine_seconds: Double
    package var total_seconds: Double
  }

  package var schema = AssessmentDocument.schema
  package var program_version = Program.version
  package var substrate: String
  package var substrate_source: String
  package var substrate_surface: String
  package var metal: String
  package var metal_surface: String
  package var verdict: String
  package var probability_of_suppression: Double
  package var margin_ev_per_atom: Quantity
  package var surface_energy: SurfaceQuantity
  package var surface_energy_cleaved: SurfaceQuantity
  package var work_of_adhesion: SurfaceQuantity
  package var substrate_surface_energy_j_per_m2: Double?
  package var substrate_surface_energy_range: ExcessSurface?
  package var interface_energy_j_per_m2: Double?
  package var substrate_cut: Cut
  package var surface_choice: SurfaceChoice?
  package var segregation_to_interface_ev: Quantity
  package var segregation_to_surface_ev: Quantity
  package var contact_angle_degrees: Double
  package var wetting: String
  package var surface_density_per_nm2: Double
  package var interface_area_angstrom2: Double
  package var principal_strains: [Double]
  package var uncertainty_shares_ev_per_atom: [String: Double]
  package var registries: [Registry]
  package var vacancies: [Vacancy]
  package var metal_bulk: Bulk
  package var substrate_bulk: Bulk
  package var thickness_series: Thickness
  package var settings: Settings
  package var cost: Cost
  package var warnings: [String]
  /// The paper's numbers where it studied this interface.
  package var paper: [ReproductionComparison.Document.Row]?
  package var relaxations: [Relaxation]?
  /// Structures by name, each as pymatgen reads it.
  package var structures: [String: StructureDocument]?
}

extension AssessmentDocument {
  package init(_ result: AssessmentResult) {
    let density = result.surfaceDensity
    let chosen = result.settings
    substrate = result.substrate.name
    substrate_source = result.substrate.source
    substrate_surface = chosen.substrateSurface
    metal = chosen.metal.symbol
    metal_surface = chosen.metalSurface
    verdict = result.verdict.decision.rawValue
    probability_of_suppression = result.verdict.probability
    margin_ev_per_atom = Quantity(result.verdict.margin)
    surface_energy = SurfaceQuantity(result.surfaceEnergy, density: density)
    surface_energy_cleaved = SurfaceQuantity(result.cleavedSurfaceEnergy, density: density)
    work_of_adhesion = SurfaceQuantity(result.workOfAdhesion, density: density)
    substrate_surface_energy_j_per_m2 = result.substrateSurfaceEnergy.map {
      PhysicalUnits.joulePerSquareMetre(fromElectronvoltPerSquareAngstrom: $0)
    }
    substrate_surface_energy_range = result.excessSurfaceEnergy.map {
      ExcessSurface($0, rest: result.surfaceEnergy.value - result.workOfAdhesion.value)
    }
    substrate_cut = Cut(result.termination)
    interface_energy_j_per_m2 = result.interfaceEnergy.map {
      PhysicalUnits.joulePerSquareMetre(fromElectronvoltPerSquareAngstrom: $0)
    }
    segregation_to_interface_ev = Quantity(result.segregationToInterface)
    segregation_to_surface_ev = Quantity(result.segregationToSurface)
    contact_angle_degrees = result.contactAngle.value
    wetting =
      switch result.contactAngle {
      case .degrees: "partial"
      case .perfectWetting: "perfect"
      case .noWetting: "none"
      }
    surface_density_per_nm2 = density * PhysicalUnits.perSquareNanometre
    interface_area_angstrom2 = result.interfaceArea
    principal_strains = [result.match.principalStrains.x, result.match.principalStrains.y]
    uncertainty_shares_ev_per_atom = [
      "thickness_fit": result.spread.thicknessFit, "registry": result.spread.registry,
      "relaxation": result.spread.relaxation, "engine": result.spread.engine,
    ]
    registries = AssessmentDocument.registries(of: result)
    vacancies = AssessmentDocument.vacancies(of: result)
    metal_bulk = Bulk(result.metalBulk)
    substrate_bulk = Bulk(result.substrateBulk)
    let series = result.thickness
    thickness_series = Thickness(
      layers: series.layers, energies_ev: series.energies,
      slope_reference_ev_per_atom: Quantity(series.slopeReference),
      bulk_reference_ev_per_atom: series.bulkReference,
      difference_reference_ev_per_atom: series.differenceReference,
      fit_residual_ev: series.residual, odd_even_difference_ev_per_atom: series.oddEvenDifference)
    settings = Settings(
      preset: chosen.preset, metal_structure: chosen.metalStructure.rawValue,
      cutoff_ev: chosen.electronic.cutoffEnergy,
      bulk_cutoff_ev: chosen.electronic.bulkCutoffEnergy,
      smearing_ev: chosen.electronic.smearingWidth,
      energy_threshold_ev: chosen.electronic.energyThreshold,
      datasets: chosen.electronic.datasets.filter { name, _ in
        let elements = result.substrate.structure.elements + [chosen.metal]
        return elements.contains { $0.symbol == name }
      },
      mesh_length_angstrom: chosen.meshLength,
      metal_mesh_length_angstrom: chosen.metalMeshLength,
      bulk_mesh_length_angstrom: chosen.bulkMeshLength,
      metal_layers: chosen.metalLayers, thickness_series_is_relaxed: chosen.relaxesThicknessSeries,
      least_substrate_thickness_angstrom: chosen.substrateThickness,
      substrate_planes: result.termination.planeCount, vacuum_angstrom: chosen.vacuum,
      dipole_correction: chosen.dipoleCorrection,
      force_threshold_ev_per_angstrom: chosen.forceThreshold,
      stress_threshold_ev_per_angstrom3: chosen.stressThreshold,
      maximum_force_calls: chosen.maximumForceCalls, strain_limit: chosen.strainLimit,
      area_limit_angstrom2: chosen.areaLimit,
      relaxed_registries: min(chosen.relaxedRegistries, result.registries.count),
      vacancy_supercell: chosen.vacancySupercell,
      adhesion_uncertainty_ev_per_atom: chosen.adhesionUncertainty,
      surface_energy_uncertainty_ev_per_atom: chosen.surfaceEnergyUncertainty,
      margin_uncertainty_ev_per_atom: chosen.marginUncertainty)
    let spent = result.cost
    cost = Cost(
      engine: spent.engine, engine_versions: spent.engineVersions,
      engine_source: spent.engine == "kim"
        ? spent.engineVersions.lazy.compactMap { ModelSource(model: $0) }.first : nil,
      relaxed_by: spent.relaxedBy,
      force_calls: spent.forceCalls,
      force_calls_by_stage: Dictionary(
        spent.forceCallsByStage.map { ($0.stage, $0.forceCalls) }, uniquingKeysWith: +),
      engine_calls: spent.engineCalls, engine_seconds: spent.engineSeconds,
      total_seconds: spent.totalSeconds)
    warnings = result.warnings.map(\.text)
    let known = ReproductionComparison.Document.Row.all(result)
    paper = known.isEmpty ? nil : known
    relaxations = result.traces.map {
      Relaxation(
        stage: $0.stage, energies_ev: $0.energies,
        largest_forces_ev_per_angstrom: $0.largestForces)
    }
    structures = Dictionary(
      uniqueKeysWithValues: result.structures.keys.compactMap { name in
        AssessmentDocument.structure(name, of: result).map { (name, $0) }
      })
  }

  /// A structure of a result, with what is known of its sites where it is an interface.
  private static func structure(
    _ name: String, of result: AssessmentResult
  ) -> StructureDocument? {
    let properties = result.interfaces[name].map {
      SiteEnergies.properties(of: $0, vacancies: name == "vacancy-cell" ? result.vacancies : [])
    }
    return result.structures[name].map { StructureDocument($0, properties: properties) }
  }

  /// The interface that a view shows: the cell of the vacancies where there is one.
  static func shownInterface(of result: AssessmentResult) -> StructureDocument? {
    structure("vacancy-cell", of: result) ?? structure("interface", of: result)
  }

  static func registries(of result: AssessmentResult) -> [Registry] {
    let density = result.surfaceDensity
    return result.registries.map { entry in
      Registry(
        name: entry.registry.name, is_bound: entry.binds, rigid_gap_angstrom: entry.rigidGap,
        rigid_work_of_adhesion_ev_per_atom: entry.rigidWorkOfAdhesion / density,
        relaxed_gap_angstrom: entry.relaxedGap,
        relaxed_work_of_adhesion_ev_per_atom: entry.relaxedWorkOfAdhesion.map { $0 / density },
        force_calls: entry.forceCalls)
    }
  }

  static func vacancies(of result: AssessmentResult) -> [Vacancy] {
    result.vacancies.map {
      let spread = result.committee?.vacancies[$0.place]
      return Vacancy(
        place: $0.place, layer: $0.layer, equivalent_sites: $0.equivalentSites, atoms: $0.atoms,
        unrelaxed_ev: $0.unrelaxed, relaxed_ev: $0.relaxed,
        unrelaxed_deviation_ev: spread?.unrelaxed, relaxed_deviation_ev: spread?.relaxed,
        is_converged: $0.isConverged)
    }
  }
}

extension AssessmentDocument {
  /// How much it knows of vacancies: the number of relaxed ones, then that of all.
  package var vacancyDetail: Int {
    1000 * vacancies.filter { $0.relaxed_ev != nil }.count + vacancies.count
  }

  /// Whether two documents answer the same question with the same engine and settings.
  package func isSameAssessment(as other: AssessmentDocument) -> Bool {
    substrate == other.substrate && substrate_source == other.substrate_source
      && substrate_surface == other.substrate_surface && metal == other.metal
      && metal_surface == other.metal_surface && cost.engine == other.cost.engine
      && cost.engine_versions == other.cost.engine_versions
      && cost.relaxed_by == other.cost.relaxed_by && settings == other.settings
      && substrate_cut == other.substrate_cut
  }
}
