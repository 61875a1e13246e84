import Engines
import Structures

/// A relaxation of atoms in a held cell in which a learned model goes ahead where it has proved right.
///
/// The engine's own relaxation (``relaxByEngine(_:engine:sampling:settings:proposer:symmetry:progress:)``) takes steps of the
/// model in place of its own, and confirms each by a force call, until the engine's own forces are below the
/// threshold.
struct AcceleratedRelaxation {
  let engine: any Engine
  let accelerator: any Accelerator
  let sampling: Sampling
  let settings: RelaxationSettings

  func run(
    _ start: Structure, progress: @Sendable (RelaxationStep) -> Void
  ) async throws -> RelaxationResult {
    let question = RelaxationQuestion(
      structures: [start], sampling: sampling, engine: engine.identity, search: .minimum(settings))
    if let finished = try accelerator.finished(question),
      let result = try await repeated(finished, from: start)
    {
      return result
    }
    let isPlain =
      if accelerator.proposes {
        try await accelerator.hasPlainEnd {
          try await relaxByEngine(start, engine: $0, sampling: sampling, settings: settings).outcome
        }
      } else {
        true
      }
    let result = try await relaxByEngine(
      start, engine: engine, sampling: sampling, settings: settings,
      proposer: isPlain ? nil : ModelProposer(accelerator, sampling: sampling, settings: settings),
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
    _ finished: FinishedRelaxation, from start: Structure
  ) async throws -> RelaxationResult? {
    guard finished.structures.count == 1, finished.structures[0].isSameAtoms(as: start) else {
      return nil
    }
    var once = settings
    once.maximumForceCalls = 1
    var result = try await relaxByEngine(
      finished.structures[0], engine: engine, sampling: sampling, settings: once)
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
/// the step; only one that was right is asked for the next.
struct ModelProposer: Sendable {
  private let accelerator: any Accelerator
  private let sampling: Sampling
  private let settings: RelaxationSettings
  private var known: [ModelEngine.Known] = []
  private var reach = 0.25
  private var isTrusted = false
  private var foretold: [Vector3]?

  /// What the model's open deviation may be beside the largest force now; near the end the force threshold itself
  /// is the limit.
  private static let shareOfForce = 0.35
  /// Number of the last answers at which the model is made exact.
  private static let memory = 12
  /// Farthest that an atom may ever move in one step, angstrom.
  private static let farthest = 0.6

  init(_ accelerator: any Accelerator, sampling: Sampling, settings: RelaxationSettings) {
    self.accelerator = accelerator
    self.sampling = sampling
    self.settings = settings
  }

  /// Has the model foretell the forces of a geometry that the engine is asked for next.
  mutating func foretell(_ structure: Structure) throws {
    foretold = try ModelEngine(
      accelerator, sampling: sampling, known: known, origins: [], limit: .infinity,
      reach: .infinity
    ).forces(of: structure)
  }

  /// Takes an answer of the engine, and judges the model by what it had foretold.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - evaluation: the answer.
  ///   - before: the forces before the step; nil for the first geometry.
  mutating func take(_ structure: Structure, _ evaluation: Evaluation, before: [Vector3]?) {
    guard evaluation.isConverged, evaluation.forces.count == structure.count,
      evaluation.energy.isFinite
    else { return }
    known.append(ModelEngine.Known(structure: structure, evaluation: evaluation))
    known = Array(known.suffix(ModelProposer.memory))
    guard let foretold else { return }
    func size(_ forces: [Vector3]) -> Double {
      forces.reduce(0) { $0 + $1.dot($1) }.squareRoot()
    }
    let error =
      size(zip(foretold, evaluation.forces).map { $0 - $1 })
      / max(size(before ?? evaluation.forces), 1e-12)
    if error < 0.35 {
      isTrusted = true
      reach = min(ModelProposer.farthest, 1.6 * reach)
    } else if error > 0.6 {
      reach = max(0.02, 0.5 * reach)
      if error > 0.8 { isTrusted = false }
    }
  }

  /// Where the model relaxes to; nil where it knows nothing, is not to be trusted, or sees nothing to do.
  ///
  /// It leaves the structure the symmetry that it has (``SymmetricMoves``), as steps by an engine's symmetric forces do.
  ///
  /// - Parameters:
  ///   - structure: the present geometry.
  ///   - residual: the engine's largest force there, eV/angstrom.
  /// - Returns: a geometry for the engine.
  /// - Throws: what the model throws, and `CancellationError`.
  func proposal(from structure: Structure, residual: Double) async throws -> Structure? {
    guard isTrusted,
      try accelerator.predict(structure, sampling: sampling, needsDeviation: false) != nil
    else {
      return nil
    }
    let model = try ModelEngine(
      accelerator, sampling: sampling, known: known, origins: [structure],
      limit: max(settings.forceThreshold, ModelProposer.shareOfForce * residual), reach: reach)
    var inner = settings
    inner.forceThreshold = 0.3 * settings.forceThreshold
    inner.maximumForceCalls = 150
    var result: Structure
    do {
      result = try await relaxByEngine(
        structure, engine: model, sampling: sampling, settings: inner,
        symmetry: SymmetricMoves(of: structure, fixedAtoms: settings.fixedAtoms)
      ).structure
    } catch let boundary as ModelBoundary {
      // Where the model is unsure the engine's answer tells most.
      result = boundary.structures[0]
    }
    result = result.limited(to: reach, from: structure)
    return result.farthestMove(from: structure) > 1e-4 ? result : nil
  }
}

extension Structure {
  /// Whether another structure has the same atoms in the same cell, wherever they are.
  func isSameAtoms(as other: Structure) -> Bool { species == other.species && cell == other.cell }

  /// Farthest move of an atom from its place in another structure of the same atoms, angstrom.
  func farthestMove(from other: Structure) -> Double {
    zip(positions, other.positions).map { ($0.vector - $1.vector).length }.max() ?? 0
  }

  /// The same where no atom is farther from its place in another structure than a limit: all moves are scaled alike.
  ///
  /// - Parameters:
  ///   - reach: the limit, angstrom.
  ///   - origin: the other structure, the same atoms in the same order.
  /// - Returns: a structure between the two.
  func limited(to reach: Double, from origin: Structure) -> Structure {
    let move = farthestMove(from: origin)
    guard move > reach else { return self }
    var result = self
    for atom in positions.indices {
      let own = origin.positions[atom].vector
      result.positions[atom].vector = own + (positions[atom].vector - own) * (reach / move)
    }
    return result
  }
}
