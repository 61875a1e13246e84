public import Engines
public import Structures

/// Moves the atoms of a structure, its cell held, until the forces are small.
///
/// Deterministic: the same start and the same answers give bitwise the same geometries, so a killed
/// relaxation goes on by replaying stored answers. With an accelerator (``AcceleratedEngine``) it goes on from what
/// the model has learned, and a finished one is found again by its start. With a guide (``GuidedEngine``) the guide
/// moves the atoms, and the engine is asked once, at the end.
///
/// - Parameters:
///   - structure: start.
///   - engine: asked once for each geometry.
///   - sampling: passed to the engine.
///   - settings: thresholds and limits.
///   - progress: told of every force call.
/// - Returns: the end, converged or not.
/// - Throws: what the engine throws, and `CancellationError`.
public func relax(
  _ structure: Structure, engine: any Engine, sampling: Sampling, settings: RelaxationSettings,
  progress: @Sendable (RelaxationStep) -> Void = { _ in }
) async throws -> RelaxationResult {
  if let guide = engine.guidance {
    return try await relax(structure, engine: guide, sampling: sampling, settings: settings)
      .judged(by: engine, sampling: sampling, fixedAtoms: settings.fixedAtoms)
  }
  if let accelerator = (engine as? any AcceleratedEngine)?.accelerator {
    return try await AcceleratedRelaxation(
      engine: engine, accelerator: accelerator, sampling: sampling, settings: settings
    ).run(structure, progress: progress)
  }
  return try await relaxByEngine(
    structure, engine: engine, sampling: sampling, settings: settings, progress: progress)
}

/// The same by the engine, with the strains that are free, with steps of a model in place of its own where a proposer has
/// one, and by no moves but symmetric ones where they are given.
func relaxByEngine(
  _ structure: Structure, strains: [Matrix3] = [], engine: any Engine, sampling: Sampling,
  settings: RelaxationSettings, proposer: ModelProposer? = nil, symmetry: SymmetricMoves? = nil,
  progress: @Sendable (RelaxationStep) -> Void = { _ in }
) async throws -> RelaxationResult {
  var relaxation = Relaxation(
    structure, strains: strains, engine: engine, sampling: sampling, settings: settings)
  relaxation.proposer = proposer
  relaxation.symmetry = symmetry
  return try await relaxation.run(progress)
}

/// Relaxes the atoms and the cell of a crystal together.
///
/// With a guide (``GuidedEngine``) the end is the guide's, answers included. An accelerator (``AcceleratedEngine``) goes
/// ahead where more than three coordinates are free, symmetry counted: with fewer four or five force calls are enough, and
/// all who relax the same metal get the same cell to the last digit.
///
/// - Parameters:
///   - structure: start.
///   - freedom: which strains are free.
///   - engine: asked once for each geometry, for the stress too.
///   - sampling: passed to the engine, stress switched on.
///   - settings: thresholds and limits.
///   - progress: told of every force call.
/// - Returns: the end, converged or not.
/// - Throws: what the engine throws, and `CancellationError`.
public func relaxCell(
  _ structure: Structure, freedom: CellFreedom, engine: any Engine, sampling: Sampling,
  settings: RelaxationSettings, progress: @Sendable (RelaxationStep) -> Void = { _ in }
) async throws -> RelaxationResult {
  if let guide = engine.guidance {
    return try await relaxCell(
      structure, freedom: freedom, engine: guide, sampling: sampling, settings: settings)
  }
  var sampling = sampling
  sampling.needsStress = true
  let strains = freedom.strainBasis(of: structure.cell)
  if let accelerator = (engine as? any AcceleratedEngine)?.accelerator,
    AcceleratedRelaxation.helps(structure, strains: strains, fixedAtoms: settings.fixedAtoms)
  {
    return try await AcceleratedRelaxation(
      engine: engine, accelerator: accelerator, sampling: sampling, settings: settings,
      freedom: freedom
    ).run(structure, progress: progress)
  }
  return try await relaxByEngine(
    structure, strains: strains, engine: engine, sampling: sampling, settings: settings,
    progress: progress)
}

/// The state of one relaxation: positions and scaled strains are one vector of coordinates.
private struct Relaxation {
  let engine: any Engine
  let sampling: Sampling
  let settings: RelaxationSettings
  let coordinates: MoveCoordinates
  var model: StepModel
  var current: Point
  var radius: Double
  /// Proposes steps by a learned model; nil where there is none.
  var proposer: ModelProposer?
  /// Whether the relaxation began where a model had relaxed the start to.
  var isLed = false
  /// Number of force calls below the threshold that looked for a lower energy.
  var gainsTried = 0
  /// Moves that are allowed; nil where all are.
  var symmetry: SymmetricMoves?
  var trace: [RelaxationStep] = []

  /// A geometry with its answer.
  struct Point {
    var structure: Structure
    var evaluation: Evaluation
    var gradient: [Double]
    var residualForce: Double
    var residualStress: Double
  }

  init(
    _ structure: Structure, strains: [Matrix3], engine: any Engine, sampling: Sampling,
    settings: RelaxationSettings
  ) {
    self.engine = engine
    self.sampling = sampling
    self.settings = settings
    let coordinates = MoveCoordinates(from: structure, strains: strains)
    self.coordinates = coordinates
    radius = settings.largestStep
    model = StepModel(
      structure, method: settings.method, strains: strains,
      strainLength: coordinates.strainLength, length: { coordinates.length($0) })
    current = Point(
      structure: structure, evaluation: Evaluation(energy: .nan, forces: []), gradient: [],
      residualForce: .infinity, residualStress: .infinity)
  }

  mutating func run(
    _ progress: (RelaxationStep) -> Void
  ) async throws -> RelaxationResult {
    if try await !begunByModel(progress) {
      current = try await answer(at: current.structure, before: nil, progress)
    }
    var refusals = 0
    var refusedProposals = 0
    while true {
      if case .notConverged(let reason) = current.evaluation.convergence {
        return result(.engineNotConverged(reason: reason))
      }
      guard isFinite(current) else {
        return result(.stalled(reason: "the engine gave a force or an energy that is no number"))
      }
      if isConverged(current) {
        if try await gainsMore(progress) { continue }
        return result(.converged)
      }
      if trace.count >= settings.maximumForceCalls { return result(.forceCallLimit) }
      try Task.checkCancellation()

      var step = free(
        model.step(gradient: current.gradient, radius: radius, length: coordinates.length))
      let proposed = try await proposer?.proposal(
        from: current.structure, residual: coordinates.length(current.gradient))
      if let proposed {
        step = free(coordinates.step(from: current.structure, to: proposed))
      }
      let predicted = model.predictedDecrease(gradient: current.gradient, step: step)
      let goal = coordinates.moved(current.structure, by: step)
      let next = try await answer(
        at: goal, before: (current.structure, current.evaluation), progress)
      if proposed != nil, !next.evaluation.isConverged || !isFinite(next) {
        // A geometry that no engine can answer is the model's fault: on without it.
        proposer = nil
        continue
      }
      if case .notConverged(let reason) = next.evaluation.convergence {
        return result(.engineNotConverged(reason: reason))
      }
      guard isFinite(next) else {
        current = next
        continue
      }
      let change = zip(next.gradient, current.gradient).map(-)
      let rise = next.evaluation.energy - current.evaluation.energy
      let length = coordinates.length(step)
      model.update(step: step, change: change)
      guard model.isJudgedByEnergy else {
        current = next
        continue
      }
      // Near the end, energies differ by less than the engine's noise: there the forces decide.
      let isWorse = rise > noise && severity(next) > 0.9 * severity(current)
      if isWorse {
        if proposed != nil {
          // A step of the model's says nothing of how far the own one may go.
          refusedProposals += 1
          if refusedProposals >= Relaxation.mostRefusedProposals { proposer = nil }
          continue
        }
        refusals += 1
        radius = 0.4 * length
        if refusals > 5 || radius < 1e-4 {
          return result(.stalled(reason: "\(refusals) steps in a row raised the energy"))
        }
      } else if proposed != nil {
        refusals = 0
        current = next
      } else {
        refusals = 0
        if -rise > 0.7 * predicted || predicted < Relaxation.energyNoise {
          radius = min(settings.largestStep, max(radius, 2 * length))
        } else if -rise < 0.2 * predicted {
          radius = max(0.5 * length, 0.01)
        }
        current = next
      }
    }
  }

  /// Asks the engine first where a model that leads has relaxed the start to.
  ///
  /// - Returns: false where no model leads, and where the engine has no answer there or finds forces far larger than the model
  ///   did at the start, which then is where the relaxation begins.
  private mutating func begunByModel(
    _ progress: (RelaxationStep) -> Void
  ) async throws -> Bool {
    let start = current.structure
    guard settings.maximumForceCalls > 1,
      let beginning = try await proposer?.beginning(of: start),
      let forces = coordinates.forces(
        beginning.foretold.forces, stress: beginning.foretold.stress, in: start)
    else { return false }
    let point = try await answer(
      at: allowed(beginning.structure), before: (start, beginning.foretold), progress)
    let atStart = max(coordinates.length(free(forces)), settings.forceThreshold)
    if isFinite(point), coordinates.length(point.gradient) <= Relaxation.farOff * atStart {
      current = point
      isLed = true
      return true
    }
    proposer?.beginAnew()
    return false
  }

  /// Takes a step of the model below the threshold where a model has led and foretells that energy is left to gain.
  ///
  /// An engine's own steps pass a threshold on their way to the minimum; a model that leads stops at its own minimum, where
  /// the engine's forces may be just below it: a slab of 20 atoms of lithium ended 20 meV above GPAW's own end so. However
  /// right the model was at the last answer does not count: forces below the threshold are small beside its errors, and
  /// what it foretells from there is made exact at the answers.
  ///
  /// - Returns: whether there is an end of lower energy; else the present one is the end, and the last call is not.
  private mutating func gainsMore(
    _ progress: (RelaxationStep) -> Void
  ) async throws -> Bool {
    guard isLed, gainsTried < Relaxation.mostGainsTried,
      trace.count < settings.maximumForceCalls,
      let lower = try await proposer?.lower(
        than: current.structure, by: max(Relaxation.worthwhileGain, noise),
        residual: coordinates.length(current.gradient))
    else { return false }
    try Task.checkCancellation()
    gainsTried += 1
    let next = try await answer(
      at: allowed(lower), before: (current.structure, current.evaluation), progress)
    guard isFinite(next), isConverged(next),
      next.evaluation.energy < current.evaluation.energy - noise
    else { return false }
    current = next
    return true
  }

  /// Energy for which a force call below the threshold is worth it, eV for the cell.
  static let worthwhileGain = 0.002

  /// Most such calls in one relaxation.
  static let mostGainsTried = 2

  /// How many times larger than the model's at the start forces may be where it has led; to go back costs a call too.
  static let farOff = 2.0

  /// A model that has raised the energy as often is asked no more.
  static let mostRefusedProposals = 2

  /// Energies that differ by less, eV for each atom, are taken as equal.
  static let energyNoise = 2e-5

  /// The same for the cell, eV.
  private var noise: Double { Relaxation.energyNoise * Double(current.structure.count) }

  private func isConverged(_ point: Point) -> Bool {
    point.residualForce <= settings.forceThreshold
      && point.residualStress <= settings.stressThreshold
  }

  private func isFinite(_ point: Point) -> Bool {
    [point.residualForce, point.residualStress, point.evaluation.energy].allSatisfy(\.isFinite)
  }

  /// Residuals in units of their thresholds, the larger one.
  private func severity(_ point: Point) -> Double {
    max(
      point.residualForce / settings.forceThreshold,
      point.residualStress / settings.stressThreshold)
  }

  /// The nearest geometry to a model's goal that moves from the present one may reach.
  private func allowed(_ goal: Structure) -> Structure {
    coordinates.moved(
      current.structure, by: free(coordinates.step(from: current.structure, to: goal)))
  }

  /// The engine's answer, which the model foretells first and learns from after.
  ///
  /// The model is judged beside the geometry and answer before, where the step began; the first has none.
  private mutating func answer(
    at structure: Structure, before: (structure: Structure, evaluation: Evaluation)?,
    _ progress: (RelaxationStep) -> Void
  ) async throws -> Point {
    try proposer?.foretell(structure)
    let point = try await evaluate(structure, progress)
    proposer?.take(structure, point.evaluation, before: before)
    return point
  }

  private mutating func evaluate(
    _ structure: Structure, _ progress: (RelaxationStep) -> Void
  ) async throws -> Point {
    let evaluation = try await engine.evaluate(structure, sampling: sampling)
    // What did not converge has no forces to speak of, and a store keeps none.
    let forces =
      evaluation.isConverged
      ? evaluation.forces : [Vector3](repeating: .zero, count: structure.count)
    let stress = evaluation.stress ?? .zero
    let onCoordinates = coordinates.forces(forces, stress: stress, in: structure) ?? []
    let gradient = free(onCoordinates.map { -$0 })
    let residualForce =
      evaluation.isConverged
      ? Vectors.longestTriple(Array(gradient[..<(3 * structure.count)])) : .infinity
    var residualStress = 0.0
    for component in coordinates.contracted(stress) {
      residualStress = component.isFinite ? max(residualStress, component.magnitude) : .infinity
    }
    let step = RelaxationStep(
      forceCall: trace.count + 1, energy: evaluation.energy, residualForce: residualForce,
      residualStress: residualStress)
    trace.append(step)
    progress(step)
    return Point(
      structure: structure, evaluation: evaluation, gradient: gradient,
      residualForce: residualForce, residualStress: residualStress)
  }

  /// A vector of coordinates without the parts that are held: what breaks a symmetry that is kept, and fixed atoms, or,
  /// where none is fixed, the drift of the whole crystal, which the engine's noise alone would drive.
  private func free(_ given: [Double]) -> [Double] {
    let vector = symmetry?.projected(given) ?? given
    var result = vector
    let atoms = current.structure.count
    if settings.fixedAtoms.isEmpty {
      for axis in 0..<3 {
        let mean =
          (0..<atoms).map { vector[3 * $0 + axis] }.reduce(0, +) / Double(max(1, atoms))
        for atom in 0..<atoms { result[3 * atom + axis] -= mean }
      }
    } else {
      for atom in settings.fixedAtoms where atom < atoms {
        for axis in 0..<3 { result[3 * atom + axis] = 0 }
      }
    }
    return result
  }

  private func result(_ outcome: RelaxationOutcome) -> RelaxationResult {
    RelaxationResult(
      structure: current.structure, evaluation: current.evaluation, forceCalls: trace.count,
      outcome: outcome, trace: trace, residualForce: current.residualForce)
  }
}
