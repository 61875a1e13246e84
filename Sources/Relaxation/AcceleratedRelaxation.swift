import Engines
import Structures

/// A relaxation in which a learned model goes ahead where it has proved right, in a held cell or with the cell's strains.
///
/// The engine's own relaxation (``relaxByEngine(_:strains:engine:sampling:settings:proposer:symmetry:progress:)``) takes
/// steps of the model in place of its own, and confirms each by a force call, until the engine's own forces are below
/// the threshold; where the model has led, one or two calls more may look for a lower energy there.
struct AcceleratedRelaxation {
  let engine: any Engine
  let accelerator: any Accelerator
  let sampling: Sampling
  let settings: RelaxationSettings
  /// Which strains are free; nil where the cell is held.
  var freedom: CellFreedom?

  /// Where no more coordinates of a crystal and its cell are free, it is relaxed without a model: four or five force calls
  /// do it, and stores that relax the same metal agree to the last digit.
  private static let mostFreedomsOfSimpleCells = 3
  /// Larger cells are not looked at: to count their operations would take longer than a model's step.
  private static let mostAtomsOfSimpleCells = 60

  /// Whether a cell has so many free coordinates that a model shortens its relaxation.
  static func helps(_ start: Structure, strains: [Matrix3], fixedAtoms: Set<Int>) -> Bool {
    start.count > mostAtomsOfSimpleCells
      || MoveCoordinates(from: start, strains: strains)
        .freedoms(of: start, fixedAtoms: fixedAtoms) > mostFreedomsOfSimpleCells
  }

  func run(
    _ start: Structure, progress: @Sendable (RelaxationStep) -> Void
  ) async throws -> RelaxationResult {
    let question = RelaxationQuestion(
      structures: [start], sampling: sampling, engine: engine.identity,
      search: freedom.map { .cell(settings, $0) } ?? .minimum(settings))
    let strains = freedom?.strainBasis(of: start.cell) ?? []
    if let finished = try accelerator.finished(question),
      let result = try await repeated(finished, from: start, strains: strains)
    {
      return result
    }
    // Stored answers are looked at first: to count what there is to learn from takes longer.
    let hasPlainEnd = try await accelerator.hasPlainEnd(of: engine.identity) {
      try await relaxByEngine(
        start, strains: strains, engine: $0, sampling: sampling, settings: settings
      ).outcome
    }
    let isPlain = try hasPlainEnd || !accelerator.proposes
    let result = try await relaxByEngine(
      start, strains: strains, engine: engine, sampling: sampling, settings: settings,
      proposer: isPlain
        ? nil
        : ModelProposer(
          accelerator, sampling: sampling, settings: settings,
          coordinates: MoveCoordinates(from: start, strains: strains)),
      progress: progress)
    if !isPlain, result.outcome == .converged {
      try accelerator.keep(
        FinishedRelaxation(
          structures: [result.structure],
          // A step at which the engine had no answer has no numbers that a store could keep.
          trace: result.trace.filter { $0.energy.isFinite && $0.residualForce.isFinite },
          forceCalls: result.forceCalls),
        for: question)
    }
    return result
  }

  /// A relaxation that was finished before: its end is asked for once more, which a store answers, and must still
  /// be one; nil where it is none, and the relaxation begins anew.
  private func repeated(
    _ finished: FinishedRelaxation, from start: Structure, strains: [Matrix3]
  ) async throws -> RelaxationResult? {
    guard finished.structures.count == 1, let end = finished.structures.first,
      strains.isEmpty
        ? end.isSameAtoms(as: start)
        : MoveCoordinates(from: start, strains: strains).reaches(end, from: start)
    else { return nil }
    var once = settings
    once.maximumForceCalls = 1
    var result = try await relaxByEngine(
      end, strains: strains, engine: engine, sampling: sampling, settings: once)
    guard result.outcome == .converged else { return nil }
    result.forceCalls = finished.forceCalls
    result.trace = finished.trace
    return result
  }
}

/// Proposes steps of a relaxation by a model, and keeps account of how right it was.
///
/// From the present geometry the model, made exact where the engine has answered, relaxes as far as it is sure and
/// not farther than it has proved right: the distance grows where the engine finds the forces that the model
/// foretold, and shrinks where it does not. Before every force call the model foretells the forces, whoever chose
/// the step; only one that was right is asked for the next. One that knows enough to lead (``Accelerator/leads``) relaxes
/// the start before the engine is asked at all.
struct ModelProposer: Sendable {
  private let accelerator: any Accelerator
  private let sampling: Sampling
  private let settings: RelaxationSettings
  private let coordinates: MoveCoordinates
  private var known: [ModelEngine.Known] = []
  private var reach = 0.25
  private var isTrusted = false
  /// Forces on all coordinates.
  private var foretold: [Double]?

  /// What the model's open deviation may be beside the largest force now; near the end the force threshold itself
  /// is the limit.
  private static let shareOfForce = 0.35
  /// Number of the last answers at which the model is made exact.
  private static let memory = 12
  /// Farthest that an atom may ever move in one step, angstrom; with a free cell the engine's own longest step is the limit,
  /// for what the model does not know of a stress is not told.
  private static let farthest = 0.6

  private var farthestReach: Double {
    coordinates.strains.isEmpty ? ModelProposer.farthest : settings.largestStep
  }

  init(
    _ accelerator: any Accelerator, sampling: Sampling, settings: RelaxationSettings,
    coordinates: MoveCoordinates
  ) {
    self.accelerator = accelerator
    self.sampling = sampling
    self.settings = settings
    self.coordinates = coordinates
  }

  /// Has the model foretell the forces of a geometry that the engine is asked for next.
  mutating func foretell(_ structure: Structure) throws {
    foretold = try told(of: structure).flatMap { forces($0, in: structure) }
  }

  /// What the model, made exact where the engine has answered, says of a geometry, however unsure it is.
  private func told(of structure: Structure) throws -> Evaluation? {
    try ModelEngine(
      accelerator, sampling: sampling, coordinates: coordinates, known: known, origins: [],
      limit: .infinity, reach: .infinity
    ).told(of: structure)
  }

  /// Takes an answer of the engine, and judges the model by what it had foretold.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - evaluation: the answer.
  ///   - before: geometry and answer before the step; nil for the first geometry.
  mutating func take(
    _ structure: Structure, _ evaluation: Evaluation,
    before: (structure: Structure, evaluation: Evaluation)?
  ) {
    guard evaluation.isConverged, evaluation.forces.count == structure.count,
      evaluation.energy.isFinite, let truth = forces(evaluation, in: structure)
    else { return }
    known.append(ModelEngine.Known(structure: structure, evaluation: evaluation))
    known = Array(known.suffix(ModelProposer.memory))
    guard let foretold else { return }
    func size(_ forces: [Double]) -> Double { Vectors.dot(forces, forces).squareRoot() }
    let earlier = before.flatMap { forces($0.evaluation, in: $0.structure) } ?? truth
    let error = size(Vectors.difference(foretold, truth)) / max(size(earlier), 1e-12)
    if error < 0.35 {
      isTrusted = true
      reach = min(farthestReach, 1.6 * reach)
    } else if error > 0.6 {
      reach = max(0.02, 0.5 * reach)
      if error > 0.8 { isTrusted = false }
    }
  }

  /// Forces on all coordinates, eV/angstrom; nil without a stress that is needed.
  private func forces(_ evaluation: Evaluation, in structure: Structure) -> [Double]? {
    coordinates.forces(evaluation.forces, stress: evaluation.stress, in: structure)
  }

  /// Where the model relaxes the start of a relaxation to before the engine has said anything; nil where it does not know
  /// enough to lead, or is unsure of the start itself.
  ///
  /// A stored answer of the engine at the start is passed over: begun with it, lithium chloride's slab took a call more.
  ///
  /// - Parameter start: where the relaxation begins.
  /// - Returns: the geometry for the engine's first answer, and the model's answer at the start, by which it is judged.
  /// - Throws: what the model throws, and `CancellationError`.
  func beginning(
    of start: Structure
  ) async throws -> (structure: Structure, foretold: Evaluation)? {
    guard try accelerator.leads, known.isEmpty,
      let foretold = try told(of: start), var forces = forces(foretold, in: start)
    else { return nil }
    for atom in settings.fixedAtoms where atom < start.count {
      for axis in 0..<3 { forces[3 * atom + axis] = 0 }
    }
    let goal = try await goal(
      from: start, residual: coordinates.length(forces), reach: farthestReach)
    return goal.map { ($0, foretold) }
  }

  /// Forgets what the engine has said, where a beginning by the model was none.
  mutating func beginAnew() {
    known = []
    foretold = nil
  }

  /// Where the model relaxes to; nil where it knows nothing, is not to be trusted, or sees nothing to do.
  ///
  /// - Parameters:
  ///   - structure: the present geometry.
  ///   - residual: the engine's largest force there on an atom or a strain, eV/angstrom.
  /// - Returns: a geometry for the engine.
  /// - Throws: what the model throws, and `CancellationError`.
  func proposal(from structure: Structure, residual: Double) async throws -> Structure? {
    isTrusted ? try await goal(from: structure, residual: residual, reach: reach) : nil
  }

  /// Where the model relaxes to from a geometry whose forces are below the threshold; nil where it foretells less than a gain, eV.
  ///
  /// Throws what the model throws, and `CancellationError`.
  func lower(
    than structure: Structure, by gain: Double, residual: Double
  ) async throws -> Structure? {
    guard let goal = try await goal(from: structure, residual: residual, reach: reach),
      let here = try told(of: structure), let there = try told(of: goal)
    else { return nil }
    return here.energy - there.energy > gain ? goal : nil
  }

  /// Where the model relaxes to as far as it is sure; nil where it knows nothing or sees nothing to do.
  ///
  /// It leaves the structure the symmetry that it has (``SymmetricMoves``), as steps by an engine's symmetric forces do.
  private func goal(
    from structure: Structure, residual: Double, reach: Double
  ) async throws -> Structure? {
    let model = try ModelEngine(
      accelerator, sampling: sampling, coordinates: coordinates, known: known,
      origins: [structure],
      limit: max(settings.forceThreshold, ModelProposer.shareOfForce * residual), reach: reach)
    guard try model.told(of: structure) != nil else { return nil }
    var inner = settings
    inner.forceThreshold = 0.3 * settings.forceThreshold
    inner.stressThreshold = 0.3 * settings.stressThreshold
    inner.maximumForceCalls = 150
    var result: Structure
    do {
      result = try await relaxByEngine(
        structure, strains: coordinates.strains, engine: model, sampling: sampling,
        settings: inner,
        symmetry: SymmetricMoves(
          of: structure, strains: coordinates.strains, fixedAtoms: settings.fixedAtoms)
      ).structure
    } catch let boundary as ModelBoundary {
      // Where the model is unsure the engine's answer tells most.
      result = boundary.structures[0]
    }
    let move = coordinates.farthestMove(from: structure, to: result)
    if move > reach {
      let step = coordinates.step(from: structure, to: result)
      result = coordinates.moved(structure, by: step.map { $0 * (reach / move) })
    }
    return move > 1e-4 ? result : nil
  }
}

extension Structure {
  /// Whether another structure has the same atoms in the same cell, wherever they are.
  ///
  /// A store finds a relaxation by its start to some 1e-7 angstrom, so the cell of its end may differ in the last digits.
  func isSameAtoms(as other: Structure) -> Bool {
    species == other.species && cell.isNearly(other.cell, tolerance: 1e-6)
  }

  /// Farthest move of an atom from its place in another structure of the same atoms, angstrom.
  func farthestMove(from other: Structure) -> Double {
    zip(positions, other.positions).map { ($0.vector - $1.vector).length }.max() ?? 0
  }
}
