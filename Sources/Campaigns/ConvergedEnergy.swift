import Engines
import Relaxation
import Structures

extension Engine {
  /// Energy of one geometry in eV, on which later numbers will rest.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - sampling: passed on.
  ///   - stage: what it is for, told where the electrons do not converge.
  /// - Returns: the energy.
  /// - Throws: ``AssessmentError/engineNotConverged(stage:reason:)``, and what the engine throws.
  func convergedEnergy(
    of structure: Structure, sampling: Sampling, stage: String
  ) async throws -> Double {
    let evaluation = try await evaluate(structure, sampling: sampling)
    if case .notConverged(let reason) = evaluation.convergence {
      throw AssessmentError.engineNotConverged(stage: stage, reason: reason)
    }
    return evaluation.energy
  }
}

extension AssessmentSettings {
  /// Thresholds of every relaxation of the assessment.
  var relaxation: RelaxationSettings {
    RelaxationSettings(
      forceThreshold: forceThreshold, stressThreshold: stressThreshold,
      maximumForceCalls: maximumForceCalls)
  }

  /// The mesh of a bulk cell, its stress wanted.
  func bulkSampling(_ cell: Cell) -> Sampling {
    Sampling(
      kPointGrid: AssessmentSettings.mesh(for: cell, length: bulkMeshLength, slab: false),
      needsStress: true)
  }
}

extension FreeSurfaceSettings {
  /// Thresholds of every relaxation of the study.
  var relaxation: RelaxationSettings {
    RelaxationSettings(
      forceThreshold: forceThreshold, stressThreshold: stressThreshold,
      maximumForceCalls: maximumForceCalls)
  }
}
