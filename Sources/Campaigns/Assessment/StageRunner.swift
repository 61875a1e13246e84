import BondBreaking
import Engines
import Interfaces
import Relaxation
import Structures

/// A slab or crystal after its relaxation.
struct Relaxed: Sendable {
  var structure: Structure
  var energy: Double
  /// Largest force left in eV/angstrom.
  var residual: Double
  /// Energy that a relaxation to the end might still gain, eV: sum of F^2/(2k) with k = 1 eV/A^2.
  var remainingGain: Double
}

/// Runs the stages of an assessment one after the other and keeps their books.
final class StageRunner: Sendable {
  let engine: any Engine
  let bulkEngine: any Engine
  let settings: AssessmentSettings
  let plan: WorkPlan
  let observer: @Sendable (AssessmentEvent) -> Void
  let ledger = Ledger()

  init(
    engine: any Engine, bulkEngine: any Engine, settings: AssessmentSettings, plan: WorkPlan,
    observer: @escaping @Sendable (AssessmentEvent) -> Void
  ) {
    self.engine = engine
    self.bulkEngine = bulkEngine
    self.settings = settings
    self.plan = plan
    self.observer = observer
  }

  // MARK: Bulk

  /// Relaxes the cell and positions of a crystal; its relaxed, idealised primitive cell.
  ///
  /// The shape comes from the bulk engine, the energy from the one that computes the slabs, so that
  /// both belong to one basis set.
  func relaxBulk(_ structure: Structure, stage: Stage) async throws -> AssessmentResult.Bulk {
    try await measure(stage) { counter in
      let result = try await self.relaxedCell(structure, freedom: .full, stage: stage, counter)
      var bulk = try AssessmentResult.Bulk(result)
      bulk.energyPerAtom =
        try await self.bulkEnergy(of: bulk.structure, stage: stage, counter)
        / Double(bulk.structure.count)
      return (bulk, "a = \(bulk.latticeParameters.x.formatted(digits: 3)) angstrom")
    }
  }

  /// Relaxes the strained metal along the normal of the interface.
  func relaxStrainedMetal(_ geometry: InterfaceGeometry) async throws -> Relaxed {
    try await measure(.strainedMetal) { counter in
      let result = try await self.relaxedCell(
        geometry.strainedGuess.structure, freedom: .normalOnly, stage: .strainedMetal, counter)
      var relaxed = Relaxed(result)
      relaxed.energy = try await self.bulkEnergy(
        of: result.structure, stage: .strainedMetal, counter)
      let strain = geometry.match.largestStrain
      return (
        relaxed,
        "strain \((100 * strain).formatted(digits: 2)) %, layers repeat every "
          + "\(result.structure.cell.c.z.formatted(digits: 3)) angstrom"
      )
    }
  }

  /// A cell relaxed with the bulk engine: stresses ask for a larger basis set than energies.
  private func relaxedCell(
    _ structure: Structure, freedom: CellFreedom, stage: Stage, _ counter: CountingEngine
  ) async throws -> RelaxationResult {
    let result = try await relaxCell(
      structure, freedom: freedom, engine: counter.asking(bulkEngine),
      sampling: bulkSampling(structure.cell), settings: relaxationSettings)
    try note(result, stage: stage, isCell: true)
    return result
  }

  /// Energy of a relaxed bulk cell in eV by the engine of the slabs.
  private func bulkEnergy(
    of structure: Structure, stage: Stage, _ counter: CountingEngine
  ) async throws -> Double {
    var sampling = bulkSampling(structure.cell)
    sampling.needsStress = false
    return try await energy(of: structure, with: counter, stage: stage, sampling: sampling)
  }

  // MARK: Slabs

  /// Energies of the slabs of the thickness series and the line through them.
  ///
  /// The slab of the interface is relaxed on the series' mesh in any case: what it gains by that
  /// belongs to sigma, and a coarse mesh would misjudge it.
  func thicknessSeries(_ slabs: Slabs) async throws -> SeriesResult {
    try await measure(.thicknessSeries) { counter in
      var energies: [Double] = []
      var gain = 0.0
      var remaining = 0.0
      let layers = Set(self.settings.thicknessSeries).union([self.settings.metalLayers])
      for number in layers.sorted() {
        let slab = slabs.metal(layers: number).structure
        let sampling = self.metalSampling(slab.cell)
        let isOfInterface = number == self.settings.metalLayers
        var energy = try await self.energy(
          of: slab, with: counter, stage: .thicknessSeries, sampling: sampling)
        if self.settings.relaxesThicknessSeries || isOfInterface {
          let result = try await relax(
            slab, engine: counter, sampling: sampling, settings: self.relaxationSettings)
          try self.note(result, stage: .thicknessSeries)
          if isOfInterface {
            gain = energy - result.evaluation.energy
            remaining = self.remainingGain(result)
          }
          if self.settings.relaxesThicknessSeries { energy = result.evaluation.energy }
        }
        if self.settings.thicknessSeries.contains(number) { energies.append(energy) }
      }
      let fit = ThicknessFit(layers: self.settings.thicknessSeries, energies: energies)
      let cleaved =
        fit.twiceSurfaceEnergyTimesArea.value + (self.settings.relaxesThicknessSeries ? gain : 0)
      let sigma = (cleaved - gain) / 2 / Double(slabs.atomsPerLayer)
      return (
        SeriesResult(
          energies: energies, fit: fit, relaxationGain: gain, remainingGain: remaining),
        "sigma = \(sigma.formatted(digits: 3)) eV for each atom of a layer"
      )
    }
  }

  /// Relaxes a slab with its cell held.
  func relaxSlab(_ slab: Slab, stage: Stage) async throws -> RelaxedSlab {
    try await measure(stage) { counter in
      let sampling = self.slabSampling(slab.structure.cell)
      let start = try await counter.evaluate(slab.structure, sampling: sampling)
      let result = try await relax(
        slab.structure, engine: counter, sampling: sampling, settings: self.relaxationSettings)
      try self.note(result, stage: stage)
      var relaxed = slab
      relaxed.structure = result.structure
      let gain = start.energy - result.evaluation.energy
      return (
        RelaxedSlab(slab: relaxed, state: Relaxed(result), cleavedEnergy: start.energy),
        "relaxation gains \(gain.formatted(digits: 4)) eV"
      )
    }
  }

  // MARK: Support

  /// Relaxation settings of the assessment.
  var relaxationSettings: RelaxationSettings { settings.relaxation }

  func bulkSampling(_ cell: Cell) -> Sampling { settings.bulkSampling(cell) }

  func metalSampling(_ cell: Cell) -> Sampling {
    Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: cell, length: settings.metalMeshLength, slab: true))
  }

  /// A vacancy asks for the metal's dense mesh: a coarse one moves its energy by a tenth of an eV.
  func vacancySampling(_ cell: Cell) -> Sampling {
    Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: cell, length: settings.metalMeshLength, slab: true),
      dipoleCorrection: settings.dipoleCorrection)
  }

  func slabSampling(_ cell: Cell, dipole: Bool = false) -> Sampling {
    Sampling(
      kPointGrid: AssessmentSettings.mesh(for: cell, length: settings.meshLength, slab: true),
      dipoleCorrection: dipole && settings.dipoleCorrection)
  }

  /// Energy of one geometry in eV; one that did not converge ends the stage, for every later number would rest on it.
  func energy(
    of structure: Structure, with counter: CountingEngine, stage: Stage, sampling: Sampling
  ) async throws -> Double {
    try await counter.convergedEnergy(of: structure, sampling: sampling, stage: stage.name)
  }

  /// Runs one stage with an engine that counts and reports.
  func measure<Value: Sendable>(
    _ stage: Stage,
    _ body: (CountingEngine) async throws -> (value: Value, summary: String)
  ) async throws -> Value {
    try Task.checkCancellation()
    observer(.began(stage, doneShare: ledger.doneShare(plan: plan, stage: stage)))
    let counter = CountingEngine(
      engine: engine, stage: stage, plan: plan, ledger: ledger, observer: observer)
    let (value, summary) = try await body(counter)
    ledger.finish(stage, plan: plan)
    observer(.ended(stage, summary: summary, forceCalls: ledger.calls(in: stage)))
    return value
  }

  /// What a slab that another engine has relaxed might still gain, eV; 0 where the engine has done so itself.
  private func remainingGain(_ result: RelaxationResult) -> Double {
    engine.guidance == nil ? 0 : Relaxed(result).remainingGain
  }

  /// Notes a relaxation that stopped short; throws where the engine itself did not converge.
  func note(_ result: RelaxationResult, stage: Stage, isCell: Bool = false) throws {
    if case .engineNotConverged(let reason) = result.outcome {
      throw AssessmentError.engineNotConverged(stage: stage.name, reason: reason)
    }
    // Cells are the guide's alone: there is nothing of the judge's to tell.
    if engine.guidance != nil, !isCell { ledger.noteJudged(force: result.residualForce) }
    switch result.outcome {
    case .converged, .engineNotConverged:
      return
    case .forceCallLimit:
      ledger.warn(
        .notConverged(
          stage: stage.name, residual: result.evaluation.largestForce,
          reason: "\(settings.maximumForceCalls) force calls were the limit"))
    case .stalled(let reason):
      ledger.warn(
        .notConverged(
          stage: stage.name, residual: result.evaluation.largestForce, reason: reason))
    }
  }
}

extension AssessmentResult.Bulk {
  /// The primitive cell of a relaxed crystal and its symmetry.
  ///
  /// - Throws: ``AssessmentError/structure(_:)``.
  init(_ result: RelaxationResult) throws(AssessmentError) {
    do throws(StructureError) {
      let symmetry = try Symmetry(of: result.structure, tolerance: 1e-2)
      self.init(
        structure: symmetry.primitive, latticeParameters: symmetry.conventional.cell.lengths,
        energyPerAtom: result.evaluation.energy / Double(result.structure.count),
        spaceGroup: symmetry.spaceGroupSymbol)
    } catch {
      throw .structure(error)
    }
  }
}

/// The thickness series: energies in its order, the line through them, and what the slab of the
/// interface gains by relaxing on the same mesh, eV.
struct SeriesResult: Sendable {
  var energies: [Double]
  var fit: ThicknessFit
  var relaxationGain: Double
  /// What it might still gain where another engine has relaxed it, eV; an engine that relaxes by itself ends below its
  /// threshold, which is within its own uncertainty.
  var remainingGain: Double
}

/// A slab after its relaxation, and its energy before.
struct RelaxedSlab: Sendable {
  var slab: Slab
  var state: Relaxed
  /// Energy as cleaved in eV.
  var cleavedEnergy: Double
}

/// The two relaxed slabs of an interface and the height of their common cell in angstrom.
struct InterfaceParts: Sendable {
  var metal: RelaxedSlab
  var substrate: RelaxedSlab
  var height: Double

  /// Area of the interface in square angstrom.
  var area: Double { substrate.slab.area }

  /// W_ad in eV/angstrom^2 (eq 2) for the energy of the joined slabs in eV.
  func workOfAdhesion(joined energy: Double) -> Double {
    (metal.state.energy + substrate.state.energy - energy) / area
  }
}

extension Relaxed {
  init(_ result: RelaxationResult) {
    structure = result.structure
    energy = result.evaluation.energy
    residual = result.evaluation.largestForce
    remainingGain = result.evaluation.forces.map { $0.dot($0) / 2 }.reduce(0, +)
  }
}
