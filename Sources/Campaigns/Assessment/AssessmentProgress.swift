/// A step of an assessment, in the order in which they run.
public enum Stage: Sendable, Hashable {
  /// Cell relaxation of the metal.
  case metalBulk
  /// Cell relaxation of the substrate.
  case substrateBulk
  /// Relaxation of the strained metal along the normal.
  case strainedMetal
  /// The slabs of different thickness.
  case thicknessSeries
  /// Relaxation of the metal slab of the interface.
  case metalSlab
  /// Relaxation of the substrate slab.
  case substrateSlab
  /// Cell relaxation of a phase that the substrate's excess is referred to.
  case reference(phase: String)
  /// Scan of the gap of a registry.
  case gapScan(registry: String)
  /// Relaxation of an interface.
  case interface(registry: String)
  /// A vacancy and its reference.
  case vacancy(place: String)

  /// The cell of the vacancies before one is made.
  static let vacancyReference = vacancy(place: "reference")

  /// Name for tables, files and JSON.
  public var name: String {
    switch self {
    case .metalBulk: "metal bulk"
    case .substrateBulk: "substrate bulk"
    case .strainedMetal: "strained metal"
    case .thicknessSeries: "thickness series"
    case .metalSlab: "metal slab"
    case .substrateSlab: "substrate slab"
    case .reference(let phase): "reference \(phase)"
    case .gapScan(let registry): "gap scan \(registry)"
    case .interface(let registry): "interface \(registry)"
    case .vacancy(let place): "vacancy \(place)"
    }
  }
}

/// What an assessment tells while it runs.
public enum AssessmentEvent: Sendable {
  /// A stage begins; the share of the whole work that is done, 0...1, by estimated cost.
  case began(Stage, doneShare: Double)
  /// A force call was answered: number within the stage, energy in eV, largest force in eV/angstrom,
  /// and the share of the whole work that is done.
  case forceCall(Stage, number: Int, energy: Double, residual: Double, doneShare: Double)
  /// A stage ended with a result in a few words.
  case ended(Stage, summary: String, forceCalls: Int)
}
