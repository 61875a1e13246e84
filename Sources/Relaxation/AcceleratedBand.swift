import Engines
import Structures

/// A search for a path in which a learned model settles the band before the engine is asked.
///
/// The engine's own search begins from the images where the band settles on the model, its highest image climbing;
/// where the model is unsure of an image on the way, from where it would begin without a model.
struct AcceleratedBand {
  let engine: any Engine
  let accelerator: any Accelerator
  let sampling: Sampling
  let settings: BandSettings

  /// What more data could still change of a force of an image that the model has settled, eV/angstrom.
  private static let limit = 0.3
  /// Farthest that the model may move an atom of an image, angstrom.
  private static let reach = 2.0
  /// An image of more energy above the ends, eV, is none that a path goes through.
  private static let highest = 3.0

  func run(
    from start: Structure, to end: Structure,
    _ progress: @Sendable (_ step: Int, _ residual: Double, _ climbs: Bool) -> Void
  ) async throws -> BandResult {
    var search = try BandSearch(from: start, to: end, settings: settings)
    let question = RelaxationQuestion(
      structures: [start, end], images: settings.images, sampling: sampling,
      engine: engine.identity, forceThreshold: settings.forceThreshold,
      fixedAtoms: settings.fixedAtoms)
    if let finished = try accelerator.finished(question),
      finished.structures.count == settings.images
    {
      // Its first step, all of which a store answers, finds nothing left to do.
      search = try BandSearch(
        from: start, to: end, settings: settings, images: finished.structures)
      search.climbsFromTheStart = true
      var result = try await search.run(engine: engine, sampling: sampling, progress)
      result.forceCalls = finished.forceCalls
      return result
    }
    let isPlain = accelerator.proposes ? try await isStored(start, end) : true
    if isPlain { return try await search.run(engine: engine, sampling: sampling, progress) }
    var result: BandResult
    if let images = try await settledByModel(start, end, search.innerImages) {
      var confirmation = try BandSearch(
        from: start, to: end, settings: settings, images: images)
      confirmation.climbsFromTheStart = true
      result = try await confirmation.run(engine: engine, sampling: sampling, progress)
      if result.outcome != .converged {
        // The model has led astray: as if there had been none.
        let calls = result.forceCalls
        result = try await search.run(engine: engine, sampling: sampling, progress)
        result.forceCalls += calls
      }
    } else {
      result = try await search.run(engine: engine, sampling: sampling, progress)
    }
    if result.outcome == .converged {
      try accelerator.keep(
        FinishedRelaxation(
          structures: Array(result.images.dropFirst().dropLast()), trace: [],
          forceCalls: result.forceCalls), for: question)
    }
    return result
  }

  /// Whether the engine has finished this search before, without a model.
  private func isStored(_ start: Structure, _ end: Structure) async throws -> Bool {
    guard let stored = accelerator.storedAnswers else { return false }
    do {
      var search = try BandSearch(from: start, to: end, settings: settings)
      return try await search.run(engine: stored, sampling: sampling) { _, _, _ in }.outcome
        == .converged
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return false
    }
  }

  /// The images where the band settles on the model; nil where it does not, or the model is unsure.
  private func settledByModel(
    _ start: Structure, _ end: Structure, _ images: [Structure]
  ) async throws -> [Structure]? {
    var ends: [ModelEngine.Known] = []
    for structure in [start, end] {
      let evaluation = try await engine.evaluate(structure, sampling: sampling)
      guard evaluation.isConverged else { return nil }
      ends.append(ModelEngine.Known(structure: structure, evaluation: evaluation))
    }
    let model = try ModelEngine(
      accelerator, sampling: sampling, known: ends, ends: ends, origins: images,
      limit: AcceleratedBand.limit, reach: AcceleratedBand.reach)
    var inner = settings
    inner.forceThreshold = 0.5 * settings.forceThreshold
    inner.endForceThreshold = nil
    inner.maximumSteps = 200
    do {
      var search = try BandSearch(from: start, to: end, settings: inner, images: images)
      let settled = try await search.run(engine: model, sampling: sampling) { _, _, _ in }
      let top = ends.map(\.evaluation.energy).max() ?? 0
      guard settled.outcome == .converged, settled.highestEnergy < top + AcceleratedBand.highest
      else { return nil }
      return Array(settled.images.dropFirst().dropLast())
    } catch is ModelBoundary {
      return nil
    }
  }
}
