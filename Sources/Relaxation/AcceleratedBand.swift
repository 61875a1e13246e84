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
      structures: [start, end], sampling: sampling, engine: engine.identity, search: .path(settings)
    )
    if let finished = try accelerator.finished(question),
      let result = try await repeated(finished, from: start, to: end)
    {
      return result
    }
    let isPlain =
      if accelerator.proposes {
        try await accelerator.hasPlainEnd {
          var search = try BandSearch(from: start, to: end, settings: settings)
          return try await search.run(engine: $0, sampling: sampling) { _, _, _ in }.outcome
        }
      } else {
        true
      }
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

  /// A path that was found before: its images are asked for once more, all of which a store answers, and must still
  /// be one; nil where they are none, and the search begins anew.
  private func repeated(
    _ finished: FinishedRelaxation, from start: Structure, to end: Structure
  ) async throws -> BandResult? {
    guard finished.structures.count == settings.images,
      finished.structures.allSatisfy({ $0.isSameAtoms(as: start) })
    else { return nil }
    var once = settings
    once.maximumSteps = 1
    var search = try BandSearch(from: start, to: end, settings: once, images: finished.structures)
    search.climbsFromTheStart = true
    var result = try await search.run(engine: engine, sampling: sampling) { _, _, _ in }
    guard result.outcome == .converged else { return nil }
    result.forceCalls = finished.forceCalls
    return result
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
