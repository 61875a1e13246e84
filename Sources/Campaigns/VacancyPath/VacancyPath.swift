public import Engines
public import Interfaces
public import Relaxation
public import Structures

/// A vacancy followed through a metal slab layer by layer, from the surface inwards.
///
/// Every end point is made from the one before by moving one atom, so atoms keep their order by
/// construction; each is relaxed once and shared by its two hops.
public struct VacancyPath: Sendable {
  /// The slab, relaxed, without a vacancy.
  public var slab: Structure
  /// How the relaxation of that slab ended.
  public var slabOutcome: RelaxationOutcome
  /// The vacancy in each layer, from the surface.
  public var stops: [Stop]
  /// The hops between the stops that are stable, each to the next, from the surface inwards.
  ///
  /// Where some are not computed yet there are gaps between them.
  public var hops: [Hop]
  /// Whether all stops and hops that were asked for are there.
  public var isComplete = false

  /// A vacancy in one layer.
  public struct Stop: Sendable {
    /// Layer, 1 at the surface.
    public var layer: Int
    /// The slab with the vacancy, relaxed.
    public var structure: Structure
    /// Energy in eV.
    public var energy: Double
    /// How its relaxation ended.
    public var outcome: RelaxationOutcome
    /// Force calls of its relaxation.
    public var forceCalls: Int
    /// Layer that the vacancy is in after its relaxation: another one where it was not stable in its own,
    /// as in layer 2 of hcp (0001).
    public var settledLayer: Int

    /// Whether the vacancy stayed in its layer.
    public var isStable: Bool { settledLayer == layer }
  }

  /// A hop from one layer to the next in which a vacancy is stable.
  public struct Hop: Sendable {
    /// Layer that the vacancy leaves, 1 at the surface.
    public var from: Int
    /// Layer that it reaches.
    public var to: Int
    /// The path; nil where the two ends relaxed into one structure, so that there is no barrier.
    public var path: MinimumEnergyPath?

    /// Whether the slab stays the crystal that it is: no image lies deeper than both ends by a tenth of an eV.
    ///
    /// Where a model's crystal is not stable the images leave it, and what the path tells is no barrier of a hop.
    public var staysInCrystal: Bool {
      guard let energies = path?.energies, let first = energies.first, let last = energies.last
      else {
        return true
      }
      return energies.allSatisfy { !($0 < min(first, last) - Hop.depth) }
    }

    private static let depth = 0.1
  }

  /// Energies of the stops less that of the deepest, eV: negative where a vacancy is bound.
  public var relativeEnergies: [Double] {
    let last = stops.last?.energy ?? 0
    return stops.map { $0.energy - last }
  }

  /// The hops from the first stable stop on, up to the first that is not there.
  public var chain: [Hop] {
    VacancyPath.unbroken(hops, from: stops.first(where: \.isStable)?.layer) { ($0.from, $0.to) }
  }

  /// The hops that follow each other without a gap.
  ///
  /// - Parameters:
  ///   - hops: from the surface inwards.
  ///   - first: layer in which the first one begins; nil gives none.
  ///   - ends: layers of a hop.
  /// - Returns: the first hops, up to a gap.
  public static func unbroken<Item>(
    _ hops: [Item], from first: Int?, ends: (Item) -> (from: Int, to: Int)
  ) -> [Item] {
    var reached = first
    return Array(
      hops.prefix { hop in
        guard ends(hop).from == reached else { return false }
        reached = ends(hop).to
        return true
      })
  }

  /// The largest barrier on the way inwards and on the way to the surface, eV; nil without a hop that
  /// has one, and where a hop is not there, did not converge, or leaves its crystal: its barrier may be the largest.
  public var rateLimiting: (inwards: Double, outwards: Double)? {
    let paths = hops.compactMap(\.path)
    guard isComplete, hops.allSatisfy(\.staysInCrystal), paths.allSatisfy(\.isConverged),
      let inwards = paths.map(\.forwardBarrier).max(),
      let outwards = paths.map(\.reverseBarrier).max()
    else { return nil }
    return (inwards, outwards)
  }

  /// The energy along the ``chain`` of hops, stitched at the stops: figure 2 of Seymour & Aguadero (2021).
  ///
  /// - Parameter pointsPerPiece: points from one image to the next.
  /// - Returns: distance in angstrom from the first stop, and energy in eV less that of the last stop. A hop
  ///   without a barrier is a step of no length.
  public func profile(pointsPerPiece: Int) -> [(distance: Double, energy: Double)] {
    let zero = stops.last?.energy ?? 0
    var result: [(distance: Double, energy: Double)] = []
    for hop in chain {
      let start = result.last?.distance ?? 0
      let piece =
        hop.path?.profile(pointsPerPiece: pointsPerPiece)
        ?? [(0, stops[hop.from - 1].energy), (0, stops[hop.to - 1].energy)]
      result += piece.map { (distance: start + $0.distance, energy: $0.energy - zero) }
    }
    return result
  }
}

/// Follows a vacancy from the surface of a slab inwards.
///
/// The hops at both ends come first, from the surface and in the crystal: the others only join them.
///
/// - Parameters:
///   - slab: a slab of an element as cleaved; its layers are counted from the top.
///   - layers: number of layers that the vacancy visits, at least 2.
///   - engine: asked for every geometry.
///   - sampling: passed to the engine.
///   - relaxation: thresholds of the end points; the middle of the slab is free too.
///   - band: thresholds of the hops.
///   - progress: told of every stop and hop in a few words.
/// - Returns: stops and hops; what did not converge says so. With an engine that only answers from a store
///   (``StoredAnswers``) the stops from the surface on that are stored, and the hops between them that are.
/// - Throws: what the engine throws, ``BandError``, `CancellationError`, and
///   ``InterfaceError/noSuchLayer(layer:layers:)``.
public func followVacancy(
  through slab: Slab, layers: Int, engine: any Engine, sampling: Sampling,
  relaxation: RelaxationSettings, band: BandSettings,
  progress: @Sendable (String) -> Void = { _ in }
) async throws -> VacancyPath {
  guard layers >= 2 else {
    throw InterfaceError.noSuchLayer(layer: layers - 1, layers: slab.layerCount)
  }
  let ladder = try VacancyLadder(slab, layers: layers)
  let perfect = try await relax(
    slab.structure, engine: engine, sampling: sampling, settings: relaxation)
  progress("slab of \(slab.structure.count) atoms relaxed, \(perfect.forceCalls) force calls")
  var relaxed = slab
  relaxed.structure = perfect.structure
  var path = VacancyPath(
    slab: perfect.structure, slabOutcome: perfect.outcome, stops: [], hops: [])
  path.isComplete = true
  for layer in 1...layers {
    do {
      try await path.addStop(
        layer, ladder.structure(layer: layer, of: perfect.structure), in: relaxed, engine: engine,
        sampling: sampling, relaxation: relaxation, progress: progress)
    } catch is NotComputed {
      path.isComplete = false
      break
    }
  }
  let stable = path.stops.filter(\.isStable)
  var pairs = Array(zip(stable, stable.dropFirst()))
  if pairs.count > 2 { pairs.insert(pairs.removeLast(), at: 1) }
  for (from, to) in pairs {
    do {
      try await path.addHop(
        from: from, to: to, engine: engine, sampling: sampling, relaxation: relaxation, band: band,
        progress: progress)
    } catch is NotComputed {
      path.isComplete = false
    }
  }
  path.hops.sort { $0.from < $1.from }
  return path
}

extension VacancyPath {
  fileprivate mutating func addStop(
    _ layer: Int, _ start: Structure, in slab: Slab, engine: any Engine, sampling: Sampling,
    relaxation: RelaxationSettings, progress: (String) -> Void
  ) async throws {
    let result = try await relax(start, engine: engine, sampling: sampling, settings: relaxation)
    let stop = Stop(
      layer: layer, structure: result.structure, energy: result.evaluation.energy,
      outcome: result.outcome, forceCalls: result.forceCalls,
      settledLayer: VacancyLadder.layerOfVacancy(in: result.structure, of: slab))
    stops.append(stop)
    progress(
      "vacancy in layer \(layer), \(result.forceCalls) force calls"
        + (stop.isStable ? "" : ": it falls to layer \(stop.settledLayer)"))
  }

  fileprivate mutating func addHop(
    from: Stop, to stop: Stop, engine: any Engine, sampling: Sampling,
    relaxation: RelaxationSettings, band: BandSettings, progress: (String) -> Void
  ) async throws {
    var hop = Hop(from: from.layer, to: stop.layer, path: nil)
    do {
      hop.path = try await minimumEnergyPath(
        from: from.structure, to: stop.structure, engine: engine, sampling: sampling,
        settings: band.accepting(from.outcome, stop.outcome), relaxation: relaxation)
    } catch BandError.endsCoincide {
      // One end has relaxed into the other.
    }
    hops.append(hop)
    progress(
      hop.path.map { path in
        "hop \(hop.from) to \(hop.to), \(path.forceCalls) force calls"
          + (path.minimaBetween > 0 ? ", split at \(path.minimaBetween) minima" : "")
      } ?? "layers \(hop.from) and \(hop.to) relax into each other")
  }
}

extension BandSettings {
  /// The same for ends of which some did not converge: that is told of the stop, and the hop still tried.
  fileprivate func accepting(_ outcomes: RelaxationOutcome...) -> BandSettings {
    var result = self
    if outcomes.contains(where: { $0 != .converged }) { result.endForceThreshold = nil }
    return result
  }
}
