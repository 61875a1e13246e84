import Engines
import Structures

/// A search for a path in which a learned model settles the band before the engine is asked.
///
/// The engine judges the band where it has settled on the model; from its answers the model is made exact there
/// (``ResidualCorrection``) and settles the band anew, until the engine's own forces on the band are below the
/// threshold. Where that leads no farther the engine's own search goes on, from the best band so far.
struct AcceleratedBand {
  let engine: any Engine
  let accelerator: any Accelerator
  let sampling: Sampling
  let settings: BandSettings

  /// What more data could still change of a force of an image that the model has settled, eV/angstrom.
  private static let limit = 0.3
  /// Farthest that the model may move an atom of an image at first, angstrom.
  private static let reach = 2.0
  /// Farthest after the engine has judged a band.
  private static let laterReach = 0.6
  /// Most rounds of settling and judging.
  private static let rounds = 10
  /// A round is one that helps if it leaves no more than this share of the largest force.
  private static let progress = 0.7
  /// Rounds that do not help before the engine goes on alone.
  private static let patience = 2
  /// Last answers at which the model is made exact.
  private static let memory = 24
  /// Steps that the engine's own search takes from there before it begins anew on a line.
  private static let stepsFromBest = 30
  /// An image of more energy above the ends, eV, is none that a path goes through.
  private static let highest = 3.0

  func run(
    from start: Structure, to end: Structure,
    _ progress: @Sendable (_ step: Int, _ residual: Double, _ climbs: Bool) -> Void
  ) async throws -> BandResult {
    let fresh = try BandSearch(from: start, to: end, settings: settings)
    let question = RelaxationQuestion(
      structures: [start, end], sampling: sampling, engine: engine.identity, search: .path(settings)
    )
    if let finished = try accelerator.finished(question),
      let result = try await repeated(finished, from: start, to: end)
    {
      return result
    }
    // Stored answers first, as for relaxations.
    let hasPlainEnd = try await accelerator.hasPlainEnd(of: engine.identity) {
      var search = fresh
      return try await search.run(engine: $0, sampling: sampling) { _, _, _ in }.outcome
    }
    let isPlain = try hasPlainEnd || !accelerator.proposes
    var search = fresh
    if isPlain { return try await search.run(engine: engine, sampling: sampling, progress) }
    var result = try await settledInRounds(start, end, search.innerImages, progress)
    if result.outcome != .converged {
      // The model has led no farther: on by the engine alone, from the best that the model has reached if that is near.
      var calls = result.forceCalls
      if result.residualForce < settings.climbingThreshold {
        var short = settings
        short.maximumSteps = min(settings.maximumSteps, AcceleratedBand.stepsFromBest)
        var onward = try BandSearch(
          from: start, to: end, settings: short,
          images: Array(result.images.dropFirst().dropLast()))
        onward.climbsFromTheStart = true
        result = try await onward.run(engine: engine, sampling: sampling, progress)
        calls += result.forceCalls
      }
      if result.outcome != .converged {
        result = try await search.run(engine: engine, sampling: sampling, progress)
        calls += result.forceCalls
      }
      result.forceCalls = calls
    }
    if result.outcome == .converged {
      try accelerator.keep(
        FinishedRelaxation(
          structures: Array(result.images.dropFirst().dropLast()), trace: [],
          forceCalls: result.forceCalls), for: question)
    }
    return result
  }

  /// A band that the model settles, the engine judges, and the model settles again, knowing the engine's answers.
  ///
  /// - Parameters:
  ///   - start: first end.
  ///   - end: last end.
  ///   - images: where the images between them begin.
  ///   - progress: told of every round.
  /// - Returns: the band with the smallest forces by the engine, converged or not, and the force calls of all rounds.
  /// - Throws: what the engine throws, ``BandError``, and `CancellationError`.
  private func settledInRounds(
    _ start: Structure, _ end: Structure, _ images: [Structure],
    _ progress: (_ step: Int, _ residual: Double, _ climbs: Bool) -> Void
  ) async throws -> BandResult {
    var ends: [ModelEngine.Known] = []
    for structure in [start, end] {
      ends.append(
        ModelEngine.Known(
          structure: structure,
          evaluation: try await engine.evaluate(structure, sampling: sampling)))
    }
    var best = try await judged(start, end, images, by: KnownAnswers(ends))
    best.residualForce = .infinity
    guard ends.allSatisfy(\.evaluation.isConverged) else { return best }
    // The ends are known to every round: what lies between them is forgotten first.
    var known: [ModelEngine.Known] = []
    let memory = max(AcceleratedBand.memory - ends.count, images.count)
    var (from, calls, failures) = (images, 0, 0)
    var line: Double?
    for round in 1...AcceleratedBand.rounds {
      guard
        let settled = try await settledByModel(
          start, end, from, known: ends + known.suffix(memory),
          top: ends.map(\.evaluation.energy).max() ?? 0,
          isFirst: round == 1)
      else { break }
      if round == 1 { line = settled.startingHighestEnergy }
      let answers = try await engine.evaluateAll(settled.images, sampling: sampling)
      calls += settled.images.count
      let found = ModelEngine.Known.pairs(settled.images, answers)
      var judged = try await judged(start, end, settled.images, by: KnownAnswers(ends + found))
      if judged.outcome == .converged, BandResult.strays(judged.energies, above: line) {
        judged.outcome = BandResult.astray
      }
      progress(round, judged.residualForce, true)
      if !(judged.residualForce < AcceleratedBand.progress * best.residualForce) { failures += 1 }
      if judged.residualForce < best.residualForce { best = judged }
      if judged.outcome == .converged || failures > AcceleratedBand.patience { break }
      guard answers.allSatisfy(\.isConverged) else { break }
      known += found
      from = Array(best.images.dropFirst().dropLast())
    }
    best.forceCalls = calls
    return best
  }

  /// What answers of the engine that are there already say of a band: one step, its highest image climbing.
  ///
  /// The band is taken as it stands: where one has settled with a kink, springs that straighten it would count as forces.
  private func judged(
    _ start: Structure, _ end: Structure, _ images: [Structure], by answers: any Engine
  ) async throws -> BandResult {
    var once = settings
    once.maximumSteps = 1
    var search = try BandSearch(from: start, to: end, settings: once, images: images)
    search.climbsFromTheStart = true
    search.straightens = false
    return try await search.run(engine: answers, sampling: sampling) { _, _, _ in }
  }

  /// A path that was found before: its images are asked for once more, all of which a store answers, and must still
  /// be one; nil where they are none, and the search begins anew.
  private func repeated(
    _ finished: FinishedRelaxation, from start: Structure, to end: Structure
  ) async throws -> BandResult? {
    guard finished.structures.count == settings.images,
      finished.structures.allSatisfy({ $0.isSameAtoms(as: start) })
    else { return nil }
    var result = try await judged(start, end, finished.structures, by: engine)
    guard result.outcome == .converged else { return nil }
    result.forceCalls = finished.forceCalls
    return result
  }

  /// The images where the band settles on the model, with the highest energy of the line that it began on.
  ///
  /// A band that the engine has judged before may end where it leaves what the model is sure of, or has moved as far as
  /// it may: there the engine's answers tell most.
  ///
  /// - Returns: nil where it does not settle, or lies far above the ends.
  private func settledByModel(
    _ start: Structure, _ end: Structure, _ images: [Structure], known: [ModelEngine.Known],
    top: Double, isFirst: Bool
  ) async throws -> (images: [Structure], startingHighestEnergy: Double?)? {
    let model = try ModelEngine(
      accelerator, sampling: sampling, coordinates: MoveCoordinates(from: start), known: known,
      ends: [start, end], origins: images, limit: AcceleratedBand.limit,
      reach: isFirst ? AcceleratedBand.reach : AcceleratedBand.laterReach)
    var inner = settings
    inner.forceThreshold = 0.3 * settings.forceThreshold
    inner.endForceThreshold = nil
    inner.maximumSteps = 200
    do {
      var search = try BandSearch(from: start, to: end, settings: inner, images: images)
      search.climbsFromTheStart = !isFirst
      let settled = try await search.run(engine: model, sampling: sampling) { _, _, _ in }
      guard settled.outcome == .converged, settled.highestEnergy < top + AcceleratedBand.highest
      else { return nil }
      return (Array(settled.images.dropFirst().dropLast()), settled.startingHighestEnergy)
    } catch let boundary as ModelBoundary {
      // The first band begins on a line: what leaves from there has never been a path.
      guard !isFirst, boundary.energies.count == images.count, boundary.structures != images,
        boundary.energies.allSatisfy({ $0 < top + AcceleratedBand.highest })
      else { return nil }
      return (boundary.structures, nil)
    }
  }
}

extension ModelEngine.Known {
  /// Geometries with their answers.
  fileprivate static func pairs(
    _ structures: [Structure], _ evaluations: [Evaluation]
  ) -> [ModelEngine.Known] {
    zip(structures, evaluations).map { ModelEngine.Known(structure: $0, evaluation: $1) }
  }
}

/// Answers of an engine that are there already; everything else has not converged.
private struct KnownAnswers: Engine {
  let identity = EngineIdentity(name: "answers", settings: [:])
  private let known: [ModelEngine.Known]

  init(_ known: [ModelEngine.Known]) { self.known = known }

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    known.first { $0.structure == structure }?.evaluation
      ?? Evaluation(
        energy: .nan, forces: structure.positions.map { _ in .zero },
        convergence: .notConverged(reason: "not asked"))
  }
}
