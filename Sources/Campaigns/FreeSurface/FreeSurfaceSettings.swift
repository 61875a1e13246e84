public import Structures

/// Everything that the study of a metal's free surface depends on.
public struct FreeSurfaceSettings: Sendable, Hashable, Codable {
  /// Name of the preset that the numbers began from.
  public var preset: String
  /// The metal.
  public var metal: Element
  /// Its crystal structure.
  public var structure: MetalStructure
  /// Its surface, Miller indices such as "100" or "10-10".
  public var surface: String
  /// What the electronic-structure code is asked for.
  public var electronic: ElectronicSettings
  /// Density of the mesh of slabs that hold a vacancy, angstrom; see ``AssessmentSettings/meshLength``.
  ///
  /// The thin slabs behind sigma have the same k points, unfolded: the bulk energy that a vacancy's is
  /// referred to must not come from another mesh.
  public var meshLength: Double
  /// Density of the mesh of bulk cells, angstrom.
  public var bulkMeshLength: Double
  /// Layers of the slabs whose energies give sigma and the bulk energy.
  public var thicknessSeries: [Int]
  /// Layers of the slab that holds a vacancy.
  public var layers: Int
  /// Layers that the vacancy visits, from the surface; the last one counts as bulk.
  public var depth: Int
  /// The slab with a vacancy is so many surface cells wide, both ways.
  public var supercell: Int
  /// Empty height in angstrom between a slab and its image.
  public var vacuum: Double
  /// Relaxations end when no force is larger, eV/angstrom.
  public var forceThreshold: Double
  /// Cell relaxations end when no stress component is larger, eV/angstrom^3.
  public var stressThreshold: Double
  /// Relaxations that need more force calls are reported as not converged.
  public var maximumForceCalls: Int

  /// Name for people, for example "Li bcc (100)".
  public var name: String {
    FreeSurfaceSettings.name(metal: metal, structure: structure, surface: surface)
  }

  static func name(metal: Element, structure: MetalStructure, surface: String) -> String {
    "\(metal.symbol) \(structure.rawValue) (\(surface))"
  }

  /// The numbers of a preset.
  ///
  /// The slab has eleven layers and the vacancy visits six, as in the paper, whatever the preset.
  ///
  /// - Parameters:
  ///   - preset: where meshes, cut-offs and thresholds come from.
  ///   - metal: lithium or sodium.
  ///   - structure: its crystal structure.
  ///   - surface: Miller indices.
  public init(preset: Preset, metal: Element, structure: MetalStructure, surface: String) {
    let numbers = preset.settings(
      metal: metal, structure: structure, metalSurface: surface, substrateSurface: surface)
    self.preset = preset.rawValue
    self.metal = metal
    self.structure = structure
    self.surface = surface
    electronic = numbers.electronic
    if preset == .standard {
      // A metal alone asks for less than a salt: in that slab the segregation energy is the same to 0.1 meV with
      // 250 and 300 eV.
      electronic.cutoffEnergy = 300
      electronic.energyThreshold = 1e-4
    }
    // The paper's own density, 4 by 4 k points for 2 by 2 cells of lithium. There the segregation energy of an
    // unrelaxed vacancy is 0.310 eV with 4 by 4, 0.266 with 5 by 5 and 0.318 with 6 by 6 (eleven layers,
    // PW(300)): odd meshes leave out the zone's border, and three by three is off by 0.08 eV.
    meshLength = numbers.metalMeshLength
    bulkMeshLength = numbers.bulkMeshLength
    thicknessSeries = numbers.thicknessSeries
    layers = 11
    depth = 6
    supercell = preset == .paper ? 4 : 2
    vacuum = numbers.vacuum
    forceThreshold = numbers.forceThreshold
    stressThreshold = numbers.stressThreshold
    maximumForceCalls = numbers.maximumForceCalls
  }
}
