import Engines

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
  public init(
    cutoffEnergy: Double, smearingWidth: Double = 0.1, energyThreshold: Double = 1e-4,
    datasets: [String: String] = [:]
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
    usesPointGroup = true
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
    return EngineIdentity(name: "gpaw", settings: settings)
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
  }

  var species: [Int]
  var mesh: [Int]
  var dipole: Bool
  var needs_stress: Bool
  var settings: Settings
}
