public import BondBreaking
public import Interfaces
public import Structures
public import Thermodynamics

/// A substrate as the user named it.
public struct Substrate: Sendable, Hashable, Codable {
  /// Name for tables and files: the built-in name or the file's name without its ending.
  public var name: String
  /// Where the structure came from: "built-in" or the file's path.
  public var source: String
  /// The crystal, any cell.
  public var structure: Structure

  /// Creates a substrate.
  public init(name: String, source: String, structure: Structure) {
    self.name = name
    self.source = source
    self.structure = structure
  }

  /// A built-in crystal.
  public init(_ prototype: Prototype) {
    self.init(name: prototype.name, source: "built-in", structure: prototype.structure)
  }

  /// Whether the structure is the built-in one of that name.
  var isBuiltIn: Bool { source == "built-in" }
}

/// Everything that one assessment found; energies in eV, lengths in angstrom, see each property.
public struct AssessmentResult: Sendable, Codable {
  /// The substrate as given.
  public var substrate: Substrate
  /// The settings used, all of them.
  public var settings: AssessmentSettings
  /// The relaxed bulk metal.
  public var metalBulk: Bulk
  /// The relaxed bulk substrate.
  public var substrateBulk: Bulk
  /// How the two surface cells meet.
  public var match: LatticeMatch
  /// The strained metal's spacing of layers normal to the interface, angstrom for one repeat.
  public var strainedRepeatHeight: Double
  /// How the substrate was cut.
  public var termination: Termination
  /// First neighbours lost at the metal's surface.
  public var coordination: SurfaceCoordination
  /// Metal atoms for each area of the interface that lost first neighbours, 1/angstrom^2.
  public var surfaceDensity: Double
  /// The slabs behind the metal's bulk energy.
  public var thickness: ThicknessSeries
  /// sigma of the strained metal, relaxed, eV/angstrom^2.
  public var surfaceEnergy: UncertainValue
  /// sigma of the strained metal as cleaved, eV/angstrom^2.
  public var cleavedSurfaceEnergy: UncertainValue
  /// sigma of the substrate, eV/angstrom^2; nil where its slab is not stoichiometric.
  public var substrateSurfaceEnergy: Double?
  /// sigma of the substrate over the allowed chemical potentials; nil where its slab is
  /// stoichiometric, its faces differ, or the phases leave the range open.
  public var excessSurfaceEnergy: ExcessSurfaceEnergy?
  /// All registries tried, relaxed ones first, of each kind the strongest first: the first decides the verdict.
  public var registries: [RegistryResult]
  /// W_ad of the strongest registry, eV/angstrom^2.
  public var workOfAdhesion: UncertainValue
  /// gamma_i of the strongest registry, eV/angstrom^2; nil where the substrate's sigma is.
  public var interfaceEnergy: Double?
  /// Predicted preference of a vacancy for the interface over the bulk (eq 11), eV.
  public var segregationToInterface: UncertainValue
  /// Predicted preference of a vacancy for the free surface over the bulk (eq 12), eV.
  public var segregationToSurface: UncertainValue
  /// Angle of a drop of the metal on the substrate.
  public var contactAngle: ContactAngle
  /// The verdict on the strongest registry.
  public var verdict: Verdict
  /// What the uncertainty of W_ad - 2 sigma is made of, eV for each surface atom.
  public var spread: Spread
  /// Explicit vacancies; empty where they were not asked for, or the engine gave no answer without one.
  public var vacancies: [VacancyResult]
  /// How far the committee of a learned potential disagrees; nil for other engines.
  public var committee: CommitteeSpread?
  /// Doubts that a reader has to know, as facts.
  public var warnings: [AssessmentWarning]
  /// Cost of the assessment.
  public var cost: Cost
  /// Structures worth a file, by name.
  public var structures: [String: Structure]
  /// Those structures that are an interface, by the same names: "interface", and "vacancy-cell" where vacancies
  /// were asked for.
  public var interfaces: [String: InterfaceCell]
  /// Energy and largest force of every force call, by stage.
  public var traces: [Trace]
  /// Area of the interface cell in square angstrom.
  public var interfaceArea: Double

  /// A relaxed crystal.
  public struct Bulk: Sendable, Codable {
    /// Primitive cell, relaxed.
    public var structure: Structure
    /// Edges of the conventional cell in angstrom.
    public var latticeParameters: Vector3
    /// Energy for each atom in eV, on the engine's scale.
    public var energyPerAtom: Double
    /// Space group as a short symbol.
    public var spaceGroup: String
  }

  /// The five-thickness method and the other references of the bulk energy.
  public struct ThicknessSeries: Sendable, Codable {
    /// Layers of each slab.
    public var layers: [Int]
    /// Energy of each slab in eV.
    public var energies: [Double]
    /// Atoms in one layer of the interface cell.
    public var atomsPerLayer: Int
    /// Bulk energy for each atom by the slope, eV; the reference that is used.
    public var slopeReference: UncertainValue
    /// Bulk energy for each atom by a bulk calculation of the strained metal, eV.
    public var bulkReference: Double
    /// Bulk energy for each atom by the difference of the two thickest slabs, eV.
    public var differenceReference: Double
    /// Root mean square residual of the line in eV for each slab.
    public var residual: Double
    /// Difference of the slopes through odd and even thicknesses, eV for each atom.
    public var oddEvenDifference: Double?
  }

  /// One registry.
  public struct RegistryResult: Sendable, Codable {
    /// The registry.
    public var registry: Registry
    /// Best gap between the rigid slabs in angstrom.
    public var rigidGap: Double
    /// W_ad at the rigid gap, eV/angstrom^2.
    public var rigidWorkOfAdhesion: Double
    /// Whether the rigid scan found a minimum; else the interface does not bind.
    public var binds: Bool
    /// Gap after relaxation in angstrom; nil where not relaxed.
    public var relaxedGap: Double?
    /// W_ad after relaxation, eV/angstrom^2; nil where not relaxed.
    public var relaxedWorkOfAdhesion: Double?
    /// Force calls of the scan and the relaxation.
    public var forceCalls: Int

    /// Whether it was relaxed: else its W_ad is a lower bound.
    public var isRelaxed: Bool { relaxedWorkOfAdhesion != nil }

    /// The best value there is, eV/angstrom^2.
    public var workOfAdhesion: Double { relaxedWorkOfAdhesion ?? rigidWorkOfAdhesion }
  }

  /// Shares of the standard uncertainty of W_ad - 2 sigma, eV for each surface atom.
  public struct Spread: Sendable, Codable {
    /// From the residual of the thickness fit.
    public var thicknessFit: Double
    /// From registries that were not relaxed.
    public var registry: Double
    /// From the forces left at the end of relaxations.
    public var relaxation: Double
    /// From the engine's cut-off and mesh, as the preset states.
    public var engine: Double
  }

  /// Energies of one vacancy.
  public struct VacancyResult: Sendable, Codable {
    /// Where: "interface", "bulk", "free surface" or "layer 3", with the number of the class of sites where the layer
    /// has several.
    public var place: String
    /// Layer of the metal, 1 at the interface.
    public var layer: Int
    /// Number of sites of the cell that are equivalent to this one.
    public var equivalentSites: Int
    /// Atoms of the structure "vacancy-cell" whose removal makes this vacancy or an equivalent one.
    public var atoms: [Int]
    /// Formation energy with all other atoms in place (eq 3), eV.
    public var unrelaxed: Double
    /// Formation energy after relaxation (eq 3), eV; nil where not relaxed, or not to an end.
    public var relaxed: Double?
    /// Whether the relaxation reached the force threshold.
    public var isConverged: Bool

    /// Place and layer in words.
    ///
    /// - Parameters:
    ///   - place: as in ``place``.
    ///   - layer: as in ``layer``.
    /// - Returns: "interface, layer 1" or "layer 3".
    public static func label(place: String, layer: Int) -> String {
      place.hasPrefix("layer") ? place : "\(place), layer \(layer)"
    }
  }

  /// What the assessment took.
  public struct Cost: Sendable, Codable {
    /// Force calls in all, those found in the store included.
    public var forceCalls: Int
    /// Force calls that the engine answered in this run.
    public var engineCalls: Int
    /// Force calls by stage, in the order of the stages.
    public var forceCallsByStage: [StageCalls]
    /// Seconds in the engine in this run.
    public var engineSeconds: Double
    /// Seconds in all in this run.
    public var totalSeconds: Double
    /// Versions of the engine behind the results.
    public var engineVersions: [String]
    /// Name of the engine.
    public var engine: String
    /// What has relaxed in its place; nil where it did so itself.
    public var relaxedBy: String?
  }

  /// What the force calls of one stage answered, in their order.
  public struct Trace: Sendable, Codable {
    /// Name of the stage.
    public var stage: String
    /// Energy of the cell in eV.
    public var energies: [Double]
    /// Largest force in eV/angstrom.
    public var largestForces: [Double]
  }

  /// Force calls of one stage.
  public struct StageCalls: Sendable, Codable {
    /// Name of the stage.
    public var stage: String
    /// Number of force calls.
    public var forceCalls: Int
  }
}

extension AssessmentResult {
  /// The stages of which something is left out, and why (``AssessmentWarning/leftOut(stage:reason:)``).
  var leftOut: [(stage: String, reason: String)] {
    warnings.compactMap {
      if case .leftOut(let stage, let reason) = $0 { (stage, reason) } else { nil }
    }
  }
}

extension AssessmentWarning {
  /// Explicit vacancies and eq 11 differ by 0.06 to 0.08 eV at interfaces where the model holds (GPAW: LiCl, NaCl, NaBr, LiMg);
  /// by more than this, eV, and with the other sign they contradict it.
  private static let largestModelError = 0.1

  /// The doubt where an explicit vacancy goes the other way than the model says.
  ///
  /// - Parameters:
  ///   - gain: of a vacancy by going to the interface from the bulk, eV; nil where it is not known.
  ///   - predicted: the same by eq 11, eV.
  /// - Returns: nil where both have one sign, or differ by no more than elsewhere.
  package static func vacancyContradicting(gain: Double?, predicted: Double) -> AssessmentWarning? {
    guard let gain, gain * predicted < 0, (gain - predicted).magnitude > largestModelError else {
      return nil
    }
    return .vacancyContradicts(gain: gain, predicted: predicted)
  }
}

/// Something that weakens a result; facts, worded by the command line.
public enum AssessmentWarning: Sendable, Hashable, Codable {
  /// A relaxation ended above its threshold: the stage, the residual in eV/angstrom, the reason.
  case notConverged(stage: String, residual: Double, reason: String)
  /// A vacancy is missing, or the relaxation of one or of a registry: the stage, and why the engine gave no answer.
  case leftOut(stage: String, reason: String)
  /// The metal is strained by more than 8 %; dimensionless.
  case largeStrain(Double)
  /// Slopes through odd and even thicknesses differ by so much, eV for each atom.
  case oddEven(difference: Double)
  /// The substrate slab is not stoichiometric, and the phases given do not limit the chemical
  /// potentials: its sigma and gamma_i are not defined. The excess, and the phases used.
  case openPotentials(excess: String, phases: [String])
  /// The substrate's energy above its decomposition products, eV for one formula unit.
  case unstableSubstrate(energy: Double)
  /// The substrate's surface is polar (Tasker's type 3).
  case polarSurface
  /// The faces of the substrate slab differ: it may be polar, and its sigma is a mean of two.
  case facesDiffer
  /// The strongest registry does not bind: W_ad is below zero or at the end of the scan.
  case doesNotBind(registry: String)
  /// An explicit vacancy gains so much by going to the interface from the bulk, where eq 11 has the other sign: both eV.
  case vacancyContradicts(gain: Double, predicted: Double)
  /// The slab is thinner than twice the reach of the surface in the paper: layers.
  case thinMetal(layers: Int)
  /// The engine is an interatomic model: its own error is in no uncertainty.
  case interatomicModel(name: String)
  /// The engine is a learned potential: its name, what the engine it learned from is, and the root mean square of its
  /// errors of held-out force components, eV/angstrom; members of its committee behind the uncertainties, 0 where
  /// they say nothing.
  case learnedPotential(name: String, teacher: String, forceError: Double, members: Int)
  /// The learned potential has oxygen from GPAW's own real-space grid, by which forces on it are off.
  case oxygenOnCoarseGrid(potential: String)
  /// One engine has relaxed, another gave every energy: their names, and the largest force of the latter where the
  /// former had ended, eV/angstrom.
  case relaxedByAnother(guide: String, judge: String, force: Double)
  /// Results of more than one version of the engine are mixed.
  case mixedVersions([String])
}
