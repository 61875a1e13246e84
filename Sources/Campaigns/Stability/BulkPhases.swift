public import Engines
import Relaxation
import Structures
public import Thermodynamics

/// The energy of a relaxed crystal, for thermodynamics.
///
/// - Parameters:
///   - crystal: any cell; its primitive one is relaxed, shape and positions.
///   - engine: relaxes it, and gives the energy too: all phases have to come from one engine.
///   - settings: mesh and thresholds.
/// - Returns: the phase, its energy on the engine's scale.
/// - Throws: what the engine throws, and ``AssessmentError``: a crystal that did not relax to the end is
///   refused, for a reaction energy would rest on it.
public func bulkPhase(
  of crystal: Substrate, engine: any Engine, settings: AssessmentSettings
) async throws -> Phase {
  let primitive = try Assessment.primitive(crystal.structure)
  let relaxed = try await relaxCell(
    primitive, freedom: .full, engine: engine, sampling: settings.bulkSampling(primitive.cell),
    settings: settings.relaxation)
  switch relaxed.outcome {
  case .converged: break
  case .engineNotConverged(let reason), .stalled(let reason):
    throw AssessmentError.engineNotConverged(stage: "bulk of \(crystal.name)", reason: reason)
  case .forceCallLimit:
    throw AssessmentError.engineNotConverged(
      stage: "bulk of \(crystal.name)", reason: "the force calls ran out")
  }
  return Phase(
    name: crystal.name, composition: relaxed.structure.composition,
    energyPerAtom: relaxed.evaluation.energy / Double(relaxed.structure.count))
}
