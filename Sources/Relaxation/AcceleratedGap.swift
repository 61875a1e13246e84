public import Engines
public import Structures

/// A search for the gap of least energy between two rigid parts of a cell.
public struct GapSearch: Sendable, Hashable, Codable {
  /// Atoms that move along the cell's normal, z.
  public var movingAtoms: [Int]
  /// Whether a larger gap moves them down.
  public var movesDown: Bool
  /// Gap of the structure with which the search begins, angstrom.
  public var initialGap: Double
  /// Least gap that makes sense, angstrom.
  public var least: Double
  /// Largest gap that makes sense, angstrom.
  public var largest: Double
  /// Guess of the second derivative, eV/angstrom^2.
  public var stiffness: Double
  /// Energy that a better gap may still gain, eV.
  public var tolerance: Double

  /// Creates a search.
  public init(
    movingAtoms: [Int], movesDown: Bool, initialGap: Double, range: ClosedRange<Double>,
    stiffness: Double, tolerance: Double
  ) {
    self.movingAtoms = movingAtoms
    self.movesDown = movesDown
    self.initialGap = initialGap
    (least, largest) = (range.lowerBound, range.upperBound)
    self.stiffness = stiffness
    self.tolerance = tolerance
  }

  /// The structure with another gap, angstrom.
  public func structure(_ start: Structure, gap: Double) -> Structure {
    var result = start
    let rise = (movesDown ? -1 : 1) * (gap - initialGap)
    for atom in movingAtoms { result.positions[atom].vector.z += rise }
    return result
  }

  /// Derivative of the energy by the gap, eV/angstrom.
  public func derivative(of forces: [Vector3]) -> Double {
    let rise = movingAtoms.map { forces[$0].z }.reduce(0, +)
    return movesDown ? rise : -rise
  }
}

/// Finds the gap of least energy between two rigid parts of a cell.
///
/// With an accelerator that leads (``Accelerator/leads``) the engine is first asked at the gap that the model finds, where one
/// answer is enough if the model was right. A minimum found so is kept with the accelerator and found again; where the engine
/// finds none from there, or gives no answer, the search begins anew without the model, and is replayed from its own answers.
///
/// - Parameters:
///   - search: what moves, and how far.
///   - start: with the search's initial gap.
///   - engine: asked once for each gap.
///   - sampling: passed to the engine.
/// - Returns: the best gap computed.
/// - Throws: what the engine throws, ``GapNotConverged``, and `CancellationError`.
public func minimizeGap(
  _ search: GapSearch, from start: Structure, engine: any Engine, sampling: Sampling
) async throws -> RigidGap {
  @Sendable func ask(
    _ engine: any Engine, _ gap: Double
  ) async throws -> (energy: Double, derivative: Double) {
    let evaluation = try await engine.evaluate(
      search.structure(start, gap: gap), sampling: sampling)
    if case .notConverged(let reason) = evaluation.convergence {
      throw GapNotConverged(reason: reason)
    }
    return (evaluation.energy, search.derivative(of: evaluation.forces))
  }
  @Sendable func run(
    _ engine: any Engine, _ foretold: (gap: Double, curvature: Double)?
  ) async throws -> RigidGap {
    try await minimizeGap(
      initialGap: foretold?.gap ?? search.initialGap, range: search.least...search.largest,
      stiffness: foretold?.curvature ?? search.stiffness, curvature: foretold?.curvature,
      tolerance: search.tolerance
    ) { gap in try await ask(engine, gap) }
  }
  guard let accelerator = (engine as? any AcceleratedEngine)?.accelerator else {
    return try await run(engine, nil)
  }
  let question = RelaxationQuestion(
    structures: [start], sampling: sampling, engine: engine.identity, search: .gap(search))
  if let finished = try accelerator.finished(question),
    let gap = finished.structures.first.flatMap({ search.gap(of: $0, from: start) })
  {
    let (energy, derivative) = try await ask(engine, gap)
    return RigidGap(
      gap: gap, energy: energy, derivative: derivative, isMinimum: true,
      forceCalls: finished.forceCalls)
  }
  guard
    // What the engine has finished alone is replayed, whether it found a minimum or none.
    try await !accelerator.hasPlainEnd(
      of: engine.identity,
      {
        _ = try await run($0, nil)
        return .converged
      }),
    try accelerator.leads,
    let foretold = try await search.foretold(from: start, by: accelerator, sampling: sampling)
  else { return try await run(engine, nil) }
  let led: RigidGap
  do {
    led = try await run(engine, foretold)
  } catch is GapNotConverged {
    return try await run(engine, nil)
  }
  guard led.isMinimum else { return try await run(engine, nil) }
  try accelerator.keep(
    FinishedRelaxation(
      structures: [search.structure(start, gap: led.gap)], trace: [], forceCalls: led.forceCalls),
    for: question)
  return led
}

/// An engine whose self-consistency did not converge at a gap.
public struct GapNotConverged: Error {
  /// What the engine says.
  public var reason: String
}

extension GapSearch {
  /// What the model may still learn of a force at the gap that it finds, eV/angstrom: the engine's answer there decides, and a
  /// gap that is off by a tenth of an angstrom costs a call more.
  private static let largestDeviation = 0.15
  /// Half the width over which a curvature is taken, angstrom.
  private static let step = 0.05

  /// The gap that a model finds, and the second derivative there in eV/angstrom^2; nil where it finds none or is unsure there.
  func foretold(
    from start: Structure, by accelerator: any Accelerator, sampling: Sampling
  ) async throws -> (gap: Double, curvature: Double)? {
    func answer(_ gap: Double) throws -> (energy: Double, derivative: Double)? {
      try accelerator.predict(
        structure(start, gap: gap), sampling: sampling, needsDeviation: false
      ).map { ($0.energy, derivative(of: $0.forces)) }
    }
    guard try answer(initialGap) != nil else { return nil }
    let found = try await minimizeGap(
      initialGap: initialGap, range: least...largest, stiffness: stiffness,
      tolerance: 0.01 * tolerance, maximumForceCalls: 40
    ) { gap in
      try answer(gap) ?? (.nan, .nan)
    }
    guard found.isMinimum,
      let sure = try accelerator.predict(
        structure(start, gap: found.gap), sampling: sampling, needsDeviation: true),
      sure.deviation <= GapSearch.largestDeviation,
      let farther = try answer(found.gap + GapSearch.step),
      let nearer = try answer(found.gap - GapSearch.step)
    else { return nil }
    let curvature = (farther.derivative - nearer.derivative) / (2 * GapSearch.step)
    return curvature > 0 ? (found.gap, curvature) : nil
  }

  /// The gap of a structure that the search has reached, angstrom; nil for one that it cannot reach.
  func gap(of structure: Structure, from start: Structure) -> Double? {
    guard let atom = movingAtoms.first, structure.isSameAtoms(as: start) else { return nil }
    let rise = structure.positions[atom].vector.z - start.positions[atom].vector.z
    let gap = initialGap + (movesDown ? -rise : rise)
    guard (least - 1e-6...largest + 1e-6).contains(gap),
      self.structure(start, gap: gap).farthestMove(from: structure) < 1e-5
    else { return nil }
    return gap
  }
}
