public import Engines
public import Structures

/// What GPAW is asked for: everything that can change a number.
public struct GPAWSettings: Sendable, Hashable, Codable {
  /// Plane-wave cut-off in eV.
  public var cutoffEnergy: Double
  /// Width of the first-order Methfessel-Paxton smearing in eV.
  public var smearingWidth: Double
  /// Exchange-correlation functional by GPAW's name.
  public var functional: String
  /// Self-consistency: change of the energy in eV for each valence electron.
  public var energyThresholdPerElectron: Double
  /// Self-consistency: change of the density in electrons for each valence electron.
  public var densityThresholdPerElectron: Double
  /// Self-consistency: residual of the states in eV^2 for each valence electron.
  public var eigenstatesThresholdPerElectron: Double
  /// Most self-consistency steps before gentler mixing is tried, with three times as many.
  public var maximumSteps: Int
  /// Names of PAW datasets by element symbol, as GPAW's `setups` takes them.
  ///
  /// ["Na": "1"] is the one with a single valence electron; elements without a name get GPAW's usual dataset.
  public var datasets: [String: String]
  /// Largest distance of the real-space grid's points by element symbol, angstrom, for cells with that element; GPAW's
  /// own where that is smaller, for oxygen from 614 eV on.
  public var gridSpacings: [String: Double]
  /// Whether the crystal's point group thins the mesh; left by itself where a geometry breaks it.
  public var usesPointGroup: Bool

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - cutoffEnergy: plane-wave cut-off in eV.
  ///   - smearingWidth: Methfessel-Paxton width in eV.
  ///   - energyThreshold: change of a cell's energy in eV that counts as converged. GPAW counts for
  ///     each electron; a fiftieth is passed on, which is no weaker for cells up to 50 electrons.
  ///   - datasets: names of PAW datasets by element symbol; only those of elements that are computed, for each
  ///     enters the engine's identity.
  ///   - elements: all that will be computed: the grids of those that need a finer one than GPAW's own enter the identity. Of those that
  ///     are not named cells are computed on GPAW's own.
  public init(
    cutoffEnergy: Double, smearingWidth: Double = 0.1, energyThreshold: Double = 1e-4,
    datasets: [String: String] = [:], elements: Set<Element> = []
  ) {
    self.cutoffEnergy = cutoffEnergy
    self.smearingWidth = smearingWidth
    functional = "PBE"
    energyThresholdPerElectron = energyThreshold / 50
    // GPAW's own defaults belong to 1e-4 eV; the energy's error is quadratic in the density's. On a
    // Li/LiCl slab 1e-3 eV saves a sixth of the steps and moves forces by 0.004 eV/angstrom.
    densityThresholdPerElectron = 1e-4 * (energyThreshold / 1e-4).squareRoot()
    eigenstatesThresholdPerElectron = 4e-8 * energyThreshold / 1e-4
    maximumSteps = 120
    self.datasets = datasets
    gridSpacings = GPAWSettings.finerGrids.filter { name, _ in
      elements.contains { $0.symbol == name }
    }
    usesPointGroup = true
  }

  /// Grids that GPAW's own are too coarse for, angstrom.
  ///
  /// What of the density such a grid cannot hold makes energy and forces hang on where an atom lies on it. Two layers of Li2O (111) in
  /// vacuum, moved by 0 to 0.15 angstrom along it (GPAW 22.8, 4 by 4 k points): forces on oxygen change by (root mean square)
  /// 173 meV/angstrom and the energy by 23 meV with 400 eV and points 0.210 angstrom apart, as GPAW chooses them; by 63 and 10 with
  /// 0.204, 4.9 and 0.25 with 0.183. With 340 eV by 202 and 22 at 0.229 (GPAW's), 0.9 and 0.05 at 0.183, 0.7 and 0.00 at 0.172.
  /// Forces on Li, Na, Mg, Al, Sc, P, S and Cl change by less than 1 meV/angstrom on GPAW's grid at 400 eV.
  private static let finerGrids = ["O": 0.175]

  /// The name of a grid among the settings of an identity.
  fileprivate static func gridSetting(where element: String) -> String {
    "grid_spacing_angstrom_where_\(element)"
  }

  /// The distance of grid points for a cell, angstrom; nil for GPAW's own.
  func gridSpacing(for structure: Structure) -> Double? {
    structure.elements.compactMap { gridSpacings[$0.symbol] }.min()
  }

  /// The settings as they enter keys and results.
  var identity: EngineIdentity {
    var settings = [
      "mode": "plane waves",
      "cutoff_ev": String(cutoffEnergy),
      "functional": functional,
      "smearing": "Methfessel-Paxton, order 1",
      "smearing_ev": String(smearingWidth),
      "energy_threshold_ev_per_electron": String(energyThresholdPerElectron),
      "density_threshold_per_electron": String(densityThresholdPerElectron),
      "eigenstates_threshold_ev2_per_electron": String(eigenstatesThresholdPerElectron),
      "maximum_steps": String(maximumSteps),
      "reported_energy": "free energy",
    ]
    for (element, name) in datasets { settings["dataset_\(element)"] = name }
    for (element, spacing) in gridSpacings {
      settings[GPAWSettings.gridSetting(where: element)] = String(spacing)
    }
    return EngineIdentity(name: "gpaw", settings: settings)
  }
}

extension EngineIdentity {
  /// Whether answers of this engine for cells of some elements are GPAW's on its own grid, where one of them needs a finer.
  public func isOxygenOnCoarseGrid(_ elements: [Element]) -> Bool {
    name == "gpaw" && elements.contains(.oxygen)
      && settings[GPAWSettings.gridSetting(where: Element.oxygen.symbol)] == nil
  }
}

extension Structure {
  /// Whether usual charges of an oxide do not balance, as where a metal lies on it: charge then goes to and fro, and
  /// self-consistency is slow.
  var isUnbalancedOxide: Bool {
    elements.contains(.oxygen) && !OxidationStates.usualChargesBalance(in: composition)
  }
}

/// The text of an INIT message for our GPAW client.
struct GPAWTask: Sendable, Hashable, Encodable {
  struct Settings: Sendable, Hashable, Encodable {
    var cutoff_ev: Double
    var smearing_ev: Double
    var xc: String
    var energy_ev_per_electron: Double
    var density_per_electron: Double
    var eigenstates_ev2_per_electron: Double
    var maximum_steps: Int
    var point_group: Bool
    var datasets: [String: String]
    /// Nil for GPAW's own.
    var grid_spacing_angstrom: Double?
  }

  var species: [Int]
  var mesh: [Int]
  var dipole: Bool
  var needs_stress: Bool
  /// Whether the client's mixer damps long waves of the charge.
  var damps_long_waves: Bool
  var settings: Settings
}
