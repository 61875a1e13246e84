import BondBreaking
public import Engines
import Interfaces
import Relaxation
public import Structures

/// From a crystal and a metal to the verdict: every calculation in its order.
///
/// All geometries go through one engine, one after the other, so that a store wrapped around the
/// engine (``CachedEngine``) lets an interrupted assessment go on where it was: every step is a
/// deterministic function of the settings and of the energies and forces before it.
///
/// ## References
/// I. D. Seymour, A. Aguadero, J. Mater. Chem. A 9, 19901 (2021), doi:10.1039/d1ta03254b.
public struct Assessment: Sendable {
  /// All numbers of the assessment.
  public let settings: AssessmentSettings
  /// The engine that computes slabs and interfaces, and every energy that is reported.
  public let engine: any Engine
  /// The engine that relaxes bulk cells: stresses ask for a larger basis set than energies.
  public let bulkEngine: any Engine
  /// Crystals beside which the substrate exists.
  ///
  /// They limit the chemical potentials that the surface energy of a slab with an excess is referred
  /// to, and are relaxed only where there is such an excess.
  public let phases: [Substrate]
  /// Told of every stage and force call.
  public let observer: @Sendable (AssessmentEvent) -> Void

  /// Creates an assessment.
  ///
  /// - Parameters:
  ///   - settings: all numbers.
  ///   - engine: computes slabs, interfaces and every energy.
  ///   - bulkEngine: relaxes bulk cells; nil takes `engine`.
  ///   - phases: crystals beside which the substrate exists.
  ///   - observer: told of every stage and force call.
  public init(
    settings: AssessmentSettings, engine: any Engine, bulkEngine: (any Engine)? = nil,
    phases: [Substrate] = [],
    observer: @escaping @Sendable (AssessmentEvent) -> Void = { _ in }
  ) {
    self.settings = settings
    self.engine = engine
    self.bulkEngine = bulkEngine ?? engine
    self.phases = phases
    self.observer = observer
  }

  /// Runs every stage.
  ///
  /// - Parameter substrate: a valid structure.
  /// - Returns: all results; what did not converge is said in its warnings.
  /// - Throws: ``AssessmentError``, ``InterfaceError``, ``EngineError``, errors of a store around the
  ///   engine, and `CancellationError`.
  public func run(_ substrate: Substrate) async throws -> AssessmentResult {
    guard let metal = Prototype.metal(settings.metal, settings.metalStructure) else {
      throw AssessmentError.unknownMetal(settings.metal)
    }
    let surface = try MillerIndices(parsing: settings.substrateSurface)
    let metalSurface = try MillerIndices(parsing: settings.metalSurface)
    let settings = try self.settings.withAlikeFaces(of: metal, surface: metalSurface)
    let plan = try WorkPlan(
      metal: metal, metalSurface: metalSurface, substrate: substrate.structure, surface: surface,
      phases: phases, settings: settings)
    let runner = StageRunner(
      engine: engine, bulkEngine: bulkEngine, settings: settings, plan: plan, observer: observer)

    let metalBulk = try await runner.relaxBulk(metal, stage: .metalBulk)
    let substrateBulk = try await runner.relaxBulk(
      try Assessment.primitive(substrate.structure), stage: .substrateBulk)
    let geometry = try InterfaceGeometry(
      metal: metalBulk.structure, metalSurface: metalSurface, substrate: substrateBulk.structure,
      surface: surface, settings: settings)
    let strained = try await runner.relaxStrainedMetal(geometry)
    let slabs = try Slabs(geometry: geometry, strainedMetal: strained.structure, settings: settings)
    let series = try await runner.thicknessSeries(slabs)
    let metalSlab = try await runner.relaxSlab(
      slabs.metal(layers: settings.metalLayers), stage: .metalSlab)
    let substrateSlab = try await runner.relaxSlab(slabs.substrate, stage: .substrateSlab)
    let region = try await runner.stabilityRegion(
      of: substrate, bulk: substrateBulk, metalBulk: metalBulk, geometry: geometry, phases: phases)
    let parts = InterfaceParts(metal: metalSlab, substrate: substrateSlab, height: slabs.height)
    let registries = try await runner.registries(parts)
    let (vacancies, vacancyCell) = try await runner.vacancies(
      on: registries.strongest,
      bulkEnergy: series.fit.bulkEnergyPerLayer.value / Double(slabs.atomsPerLayer))
    var result = AssessmentEvaluation(
      substrate: substrate, settings: settings, metalBulk: metalBulk, substrateBulk: substrateBulk,
      geometry: geometry, strained: strained, slabs: slabs, series: series, parts: parts,
      registries: registries, region: region, vacancies: vacancies,
      vacancyCell: vacancyCell
    ).result(ledger: runner.ledger, engine: engine.identity.name)
    if let doubt = AssessmentWarning.vacancyContradicting(
      gain: result.segregationByVacancies ?? result.unrelaxedSegregationByVacancies,
      predicted: result.segregationToInterface.value)
    {
      result.warnings.append(doubt)
    }
    if let guide = engine.guidance?.identity {
      let name = ([guide.name] + [guide.settings["potential"]].compactMap { $0 })
        .joined(separator: " ")
      result.cost.relaxedBy = name
      if let force = runner.ledger.largestJudgedForce {
        result.warnings.append(
          .relaxedByAnother(guide: name, judge: engine.identity.name, force: force))
      }
    }
    return result
  }

  /// The standard primitive cell: its mesh of k points has the crystal's symmetry.
  static func primitive(_ structure: Structure) throws -> Structure {
    do {
      return try Symmetry(of: structure, tolerance: 1e-2).primitive
    } catch {
      throw AssessmentError.structure(error)
    }
  }
}

/// What can stop an assessment beside its engine; facts only.
public enum AssessmentError: Error, Sendable, Hashable {
  /// Lacuna has no prototype of this metal.
  case unknownMetal(Element)
  /// The substrate is a salt without the metal's element.
  case foreignMetal(metal: Element, substrate: String)
  /// A structure is not usable.
  case structure(StructureError)
  /// A cell relaxation, a slab or every registry could not go on: the engine did not converge; stage and its words.
  case engineNotConverged(stage: String, reason: String)
  /// W_ad, sigma or W_ad - 2 sigma of a learned potential's committee have that standard deviation, eV for each surface
  /// atom: the potential knows too little of metal, substrate or both.
  case committeeDisagrees(deviation: Double)
}
