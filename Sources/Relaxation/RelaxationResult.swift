public import Engines
public import Structures

/// When a relaxation ends.
public struct RelaxationSettings: Sendable, Hashable, Codable {
  /// Largest force on a free atom at the end, eV/angstrom.
  public var forceThreshold: Double
  /// Largest component of the free stress at the end, eV/angstrom^3.
  public var stressThreshold: Double
  /// Most force calls.
  public var maximumForceCalls: Int
  /// Longest step of one atom in angstrom.
  public var largestStep: Double
  /// Indices of atoms that stay where they are.
  public var fixedAtoms: Set<Int>
  /// How steps are found.
  public var method: RelaxationMethod

  /// Creates settings; units as in the properties.
  public init(
    forceThreshold: Double, stressThreshold: Double = 6e-4, maximumForceCalls: Int = 200,
    largestStep: Double = 0.25, fixedAtoms: Set<Int> = [],
    method: RelaxationMethod = .automatic
  ) {
    self.forceThreshold = forceThreshold
    self.stressThreshold = stressThreshold
    self.maximumForceCalls = maximumForceCalls
    self.largestStep = largestStep
    self.fixedAtoms = fixedAtoms
    self.method = method
  }
}

/// How the steps of a relaxation are found.
public enum RelaxationMethod: String, Sendable, Hashable, Codable, CaseIterable {
  /// A quasi-Newton method on a matrix for up to 120 atoms, ``limitedMemory`` for more.
  case automatic
  /// L-BFGS preconditioned by springs between neighbours; cost grows linearly with the atoms.
  case limitedMemory = "lbfgs"
  /// Damped dynamics: several times as many force calls, but it needs nothing of the forces.
  case fire
}

/// One force call of a relaxation.
public struct RelaxationStep: Sendable, Hashable, Codable {
  /// Number of the force call, from 1.
  public var forceCall: Int
  /// Energy in eV.
  public var energy: Double
  /// Largest force on a free atom in eV/angstrom.
  public var residualForce: Double
  /// Largest component of the free stress in eV/angstrom^3; 0 where the cell is held.
  public var residualStress: Double
}

/// How a relaxation ended.
public enum RelaxationOutcome: Sendable, Hashable, Codable {
  /// Forces, and stress where the cell is free, are below their thresholds.
  case converged
  /// The number of force calls ran out.
  case forceCallLimit
  /// The engine did not reach self-consistency; its reason.
  case engineNotConverged(reason: String)
  /// No step made progress any more; why.
  case stalled(reason: String)
}

/// The end of a relaxation: the last structure that was kept, and how it was reached.
public struct RelaxationResult: Sendable {
  /// The structure.
  public var structure: Structure
  /// The engine's answer at exactly this structure.
  public var evaluation: Evaluation
  /// Number of force calls.
  public var forceCalls: Int
  /// Why it ended.
  public var outcome: RelaxationOutcome
  /// Every force call in order; the last is not the end where it looked for a lower energy and found none.
  public var trace: [RelaxationStep]
  /// Largest force on a free atom at the end, eV/angstrom.
  public var residualForce: Double
}
