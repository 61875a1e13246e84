public import Engines
import Interfaces
public import Structures

/// Everything that an assessment depends on beside the crystals: stated in full with each result.
public struct AssessmentSettings: Sendable, Hashable, Codable {
  /// Name of the preset that the numbers began from.
  public var preset: String
  /// The alkali metal.
  public var metal: Element
  /// Crystal structure of the metal.
  public var metalStructure: MetalStructure
  /// Surface of the metal, Miller indices such as "100".
  public var metalSurface: String
  /// Surface of the substrate, Miller indices with respect to its conventional cell.
  public var substrateSurface: String
  /// Number of the substrate's termination in the list of its cuts, from 1.
  public var substrateTermination: Int

  /// What the electronic-structure code is asked for.
  public var electronic: ElectronicSettings

  /// Density of the mesh of slabs and interfaces: along each reciprocal vector it has at least this
  /// length (angstrom) divided by the distance of the cell's faces; 1 along the vacuum.
  public var meshLength: Double
  /// The same for the thin slabs behind sigma: their quantum-size effects ask for a dense mesh, and
  /// without a substrate they are cheap.
  public var metalMeshLength: Double
  /// The same for bulk cells, which are cheap and decide the lattice parameters.
  public var bulkMeshLength: Double

  /// Number of layers of the metal on the interface.
  public var metalLayers: Int
  /// Numbers of layers of the slabs whose energies give the metal's bulk energy; five of them.
  public var thicknessSeries: [Int]
  /// Whether the slabs of the series are relaxed; else they stay as cleaved, and only the slab that
  /// belongs to the interface is relaxed.
  public var relaxesThicknessSeries: Bool
  /// Least thickness of the substrate slab in angstrom, from atom to atom.
  public var substrateThickness: Double
  /// Empty height in angstrom above the interface slab.
  public var vacuum: Double
  /// Whether the dipole of an interface slab is decoupled from its images.
  public var dipoleCorrection: Bool

  /// Relaxations end when no force is larger, eV/angstrom.
  public var forceThreshold: Double
  /// Cell relaxations end when no stress component is larger, eV/angstrom^3.
  public var stressThreshold: Double
  /// Relaxations that need more force calls are reported as not converged.
  public var maximumForceCalls: Int

  /// Largest principal strain of the metal in size, dimensionless.
  public var strainLimit: Double
  /// Largest area of the interface cell in square angstrom.
  public var areaLimit: Double
  /// How many registries are relaxed, the strongest at their rigid gaps first.
  public var relaxedRegistries: Int

  /// Whether vacancies are placed at the interface, at the free surface and between them.
  public var vacancies: Bool
  /// Layers of the metal in which vacancies are placed beside those at the interface, in the middle and at the free
  /// surface; nil for none.
  public var moreVacancyLayers: VacancyLayers?
  /// In-plane supercell of the interface cell that holds one vacancy.
  public var vacancySupercell: Int
  /// Whether the atoms around a vacancy are relaxed too, beside the unrelaxed energy.
  public var relaxesVacancies: Bool

  /// What is known of the error of W_ad by the engine's settings, eV for each surface atom.
  public var adhesionUncertainty: Double
  /// What is known of the error of sigma by the engine's settings, eV for each surface atom.
  public var surfaceEnergyUncertainty: Double
  /// What is known of the error of W_ad - 2 sigma, eV for each surface atom; nil where those of W_ad and sigma are
  /// independent of each other.
  public var marginUncertainty: Double?

  /// Some layers of the metal, or all.
  public enum VacancyLayers: Sendable, Hashable, Codable {
    /// Every one.
    case all
    /// These, in rising order, 1 at the interface.
    case some([Int])
  }

  /// Where vacancies are placed, from the interface outwards.
  ///
  /// - Parameter last: number of layers of the metal.
  /// - Returns: a name for each place and its layer, 1 at the interface.
  public func vacancyPlaces(metalLayers last: Int) -> [(place: String, layer: Int)] {
    let middle = (last + 1) / 2
    return (1...max(1, last)).compactMap { layer in
      // Of a film of one or two layers a layer is several of these: the interface comes first.
      if layer == 1 { return ("interface", layer) }
      if layer == last { return ("free surface", layer) }
      if layer == middle { return ("bulk", layer) }
      let isWanted =
        switch moreVacancyLayers {
        case nil: false
        case .all?: true
        case .some(let layers)?: layers.contains(layer)
        }
      return isWanted ? ("layer \(layer)", layer) : nil
    }
  }
}

/// What any plane-wave code is asked for.
public struct ElectronicSettings: Sendable, Hashable, Codable {
  /// Plane-wave cut-off in eV.
  public var cutoffEnergy: Double
  /// Plane-wave cut-off of cell relaxations in eV.
  ///
  /// Stresses converge more slowly than energies: with 340 eV the stress puts LiMg at 3.387 angstrom
  /// and the energy at 3.435; with 700 eV both are at 3.437.
  public var bulkCutoffEnergy: Double
  /// Width of the first-order Methfessel-Paxton smearing in eV.
  public var smearingWidth: Double
  /// Self-consistency ends when the energy changes by less, eV.
  public var energyThreshold: Double
  /// Names of PAW datasets by element symbol, in the engine's own words; others get its usual one.
  public var datasets: [String: String]

  /// One valence electron for sodium, as in the paper.
  ///
  /// GPAW puts bcc Na at 4.197 angstrom with it, at 250 eV as at 400 eV; with seven at 4.211 and 4.200 angstrom, in
  /// twice the time for a bulk cell. The paper has 4.194.
  public static let usualDatasets = ["Na": "1"]

  /// Creates settings; energies in eV.
  public init(
    cutoffEnergy: Double, bulkCutoffEnergy: Double, smearingWidth: Double,
    energyThreshold: Double, datasets: [String: String] = ElectronicSettings.usualDatasets
  ) {
    self.cutoffEnergy = cutoffEnergy
    self.bulkCutoffEnergy = bulkCutoffEnergy
    self.smearingWidth = smearingWidth
    self.energyThreshold = energyThreshold
    self.datasets = datasets
  }
}

extension AssessmentSettings {
  /// The same with numbers of layers that leave both faces of the metal alike; see
  /// `OrientedCrystal.planeCounts(from:count:)`.
  ///
  /// - Throws: `InterfaceError` where the surface cannot be cut.
  func withAlikeFaces(of metal: Structure, surface: MillerIndices) throws -> AssessmentSettings {
    let oriented = try OrientedCrystal(metal, surface: surface, tolerance: 1e-2)
    var result = self
    result.metalLayers = oriented.planeCounts(from: metalLayers, count: 1)[0]
    result.thicknessSeries = oriented.planeCounts(
      from: thicknessSeries.min() ?? metalLayers, count: thicknessSeries.count)
    return result
  }

  /// Gamma-centred mesh for a cell.
  ///
  /// - Parameters:
  ///   - cell: the cell.
  ///   - length: density in angstrom: divisions times the distance of the cell's faces.
  ///   - slab: whether c is the vacuum's direction, which then has one division.
  /// - Returns: the numbers of divisions, each at least 1.
  public static func mesh(for cell: Cell, length: Double, slab: Bool) -> KPointGrid {
    let heights = cell.heights
    func divisions(_ height: Double) -> Int {
      // A hundredth of a division is rounding in the lattice parameter, not a reason for one more.
      max(1, Int((length / height - 0.01).rounded(.up)))
    }
    return KPointGrid(
      divisions(heights.x), divisions(heights.y), slab ? 1 : divisions(heights.z))
  }
}
