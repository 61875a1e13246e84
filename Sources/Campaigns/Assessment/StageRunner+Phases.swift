import Interfaces
import Structures
import Thermodynamics

extension StageRunner {
  /// The chemical potentials at which the substrate exists beside its phases and the metal.
  ///
  /// - Parameters:
  ///   - substrate: the substrate.
  ///   - bulk: its relaxed crystal.
  ///   - metalBulk: the relaxed metal, which is always one of the phases.
  ///   - geometry: tells whether the slab has an excess at all.
  ///   - phases: the crystals that compete with the substrate.
  /// - Returns: the region; nil where the slab is stoichiometric, so that no phase is computed.
  /// - Throws: what the engine throws, and ``AssessmentError``.
  func stabilityRegion(
    of substrate: Substrate, bulk: AssessmentResult.Bulk, metalBulk: AssessmentResult.Bulk,
    geometry: InterfaceGeometry, phases: [Substrate]
  ) async throws -> StabilityRegion? {
    guard !geometry.termination.isStoichiometric else { return nil }
    var competing = [
      Phase(
        name: settings.metal.symbol, composition: metalBulk.structure.composition,
        energyPerAtom: metalBulk.energyPerAtom)
    ]
    let elements = Set(bulk.structure.elements)
    for phase in phases
    where elements.isSuperset(of: phase.structure.elements)
      && phase.structure.formula != bulk.structure.formula
      && phase.structure.elements != [settings.metal]
    {
      let relaxed = try await relaxBulk(
        try Assessment.primitive(phase.structure),
        stage: .reference(phase: phase.name))
      competing.append(
        Phase(
          name: phase.name, composition: relaxed.structure.composition,
          energyPerAtom: relaxed.energyPerAtom))
    }
    return StabilityRegion(
      compound: Phase(
        name: substrate.name, composition: bulk.structure.composition,
        energyPerAtom: bulk.energyPerAtom),
      competing: competing)
  }
}
