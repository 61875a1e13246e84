public import Engines
public import Structures

/// A path between two minima, split where another minimum lies on the way.
public struct MinimumEnergyPath: Sendable {
  /// The bands between neighbouring minima, in order; one where no minimum lies between the ends.
  public var bands: [BandResult]
  /// Force calls of all bands and of the minima between them, those of abandoned bands included.
  public var forceCalls: Int

  /// Whether a path in several bands is higher than the line on which the first search began.
  var isAstray = false

  /// Whether every band converged, on a path of least energy.
  public var isConverged: Bool { outcome == .converged }

  /// Why the first band that did not converge ended.
  public var outcome: RelaxationOutcome {
    bands.map(\.outcome).first { $0 != .converged }
      ?? (isAstray ? BandResult.astray : .converged)
  }

  init(bands: [BandResult], forceCalls: Int) {
    self.bands = bands
    self.forceCalls = forceCalls
  }

  /// Hollows that are deeper than 5 meV and were not split: there are minima that no end stands in.
  public var unsplitHollows: Int { bands.map(\.intermediateMinima.count).reduce(0, +) }

  /// Number of minima between the ends.
  public var minimaBetween: Int { bands.count - 1 }

  /// The largest climb forwards, eV: from a minimum to any saddle after it; no number where a band has failed.
  public var forwardBarrier: Double { largestClimb(along: bands.flatMap(\.energies)) }

  /// The largest climb backwards, eV.
  public var reverseBarrier: Double {
    largestClimb(along: bands.flatMap(\.energies).reversed())
  }

  /// All images in order, each minimum once.
  public var images: [Structure] { joined(\.images) }

  /// Energies of ``images`` in eV.
  public var energies: [Double] { joined(\.energies) }

  /// Forces along the path at ``images``, eV/angstrom: minus the slope of the energy.
  public var tangentForces: [Double] { joined(\.tangentForces) }

  /// Largest force left on an atom of any band, eV/angstrom.
  public var residualForce: Double { bands.map(\.residualForce).max() ?? 0 }

  /// Distances of ``images`` along the path from the first end, angstrom.
  public var distances: [Double] {
    var result: [Double] = [0]
    for band in bands {
      let start = result[result.count - 1]
      result += band.distances.dropFirst().map { start + $0 }
    }
    return result
  }

  /// The energy between the images too; see ``BandResult/profile(pointsPerPiece:)``.
  public func profile(pointsPerPiece: Int) -> [(distance: Double, energy: Double)] {
    var result: [(distance: Double, energy: Double)] = []
    for band in bands {
      let start = result.last?.distance ?? 0
      let piece = band.profile(pointsPerPiece: pointsPerPiece)
        .map { (distance: start + $0.distance, energy: $0.energy) }
      result += result.isEmpty ? piece : Array(piece.dropFirst())
    }
    return result
  }

  private func joined<Value>(_ values: KeyPath<BandResult, [Value]>) -> [Value] {
    bands.enumerated().flatMap { index, band in
      band[keyPath: values].dropFirst(index == 0 ? 0 : 1)
    }
  }
}

/// Finds the path of least energy between two minima, and splits it where it passes another one.
///
/// Where an image of a settled band lies in a hollow, it is relaxed; if it ends in a minimum of its own,
/// one band leads there and another on.
///
/// - Parameters:
///   - start: a relaxed minimum.
///   - end: another one, the same atoms in the same order and cell.
///   - engine: asked for every geometry.
///   - sampling: passed to the engine.
///   - settings: of every band.
///   - relaxation: of minima on the way.
///   - progress: told of every step of a band: number, largest force (eV/angstrom), whether an image climbs.
/// - Returns: the path; bands that did not converge say so.
/// - Throws: as ``nudgedElasticBand(from:to:engine:sampling:settings:progress:)``.
public func minimumEnergyPath(
  from start: Structure, to end: Structure, engine: any Engine, sampling: Sampling,
  settings: BandSettings, relaxation: RelaxationSettings,
  progress: @Sendable (_ step: Int, _ residual: Double, _ climbs: Bool) -> Void = { _, _, _ in }
) async throws -> MinimumEnergyPath {
  if let guide = engine.guidance {
    // The guide finds the whole path, split where it is; its bands are judged once, at the end.
    var path = try await minimumEnergyPath(
      from: start, to: end, engine: guide, sampling: sampling, settings: settings.forGuide,
      relaxation: relaxation, progress: progress)
    for index in path.bands.indices {
      path.bands[index] = try await path.bands[index].judged(
        by: engine, sampling: sampling, fixedAtoms: settings.fixedAtoms)
    }
    path.forceCalls = path.bands.map(\.forceCalls).reduce(0, +)
    return path
  }
  return try await split(
    from: start, to: end, engine: engine, sampling: sampling, settings: settings,
    relaxation: relaxation, splitsLeft: 3, progress: progress)
}

private func split(
  from start: Structure, to end: Structure, engine: any Engine, sampling: Sampling,
  settings: BandSettings, relaxation: RelaxationSettings, splitsLeft: Int,
  progress: @Sendable (Int, Double, Bool) -> Void
) async throws -> MinimumEnergyPath {
  let band = try await nudgedElasticBand(
    from: start, to: end, engine: engine, sampling: sampling, settings: settings,
    progress: progress)
  var whole = MinimumEnergyPath(bands: [band], forceCalls: band.forceCalls)
  guard splitsLeft > 0,
    let hollow = band.intermediateMinima.min(by: { band.energies[$0] < band.energies[$1] })
  else { return whole }
  let minimum = try await relax(
    band.images[hollow], engine: engine, sampling: sampling, settings: relaxation)
  whole.forceCalls += minimum.forceCalls
  guard minimum.outcome == .converged else { return whole }
  // Positions run on from one part to the next.
  let legs = [(start, minimum.structure), (minimum.structure, band.images.last ?? end)]
  // Else the hollow was none: its image has slid into one of the ends.
  guard legs.allSatisfy({ $0.distance(to: $1) > BandSettings.leastDistance }) else { return whole }
  var parts: [MinimumEnergyPath] = []
  for (first, last) in legs {
    parts.append(
      try await split(
        from: first, to: last, engine: engine, sampling: sampling, settings: settings,
        relaxation: relaxation, splitsLeft: splitsLeft - 1, progress: progress))
  }
  var path = MinimumEnergyPath(
    bands: parts.flatMap(\.bands),
    forceCalls: whole.forceCalls + parts.map(\.forceCalls).reduce(0, +))
  path.isAstray = BandResult.strays(path.energies, above: band.startingHighestEnergy)
  return path
}
