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
  /// The vacancy in each layer, from the surface.
  public var stops: [Stop]
  /// The hops between them; one less than there are stops.
  public var hops: [Hop]

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
    /// Index, in the perfect slab, of the atom that is missing.
    public var atom: Int
  }

  /// A hop from one layer to the next.
  public struct Hop: Sendable {
    /// Layer that the vacancy leaves, 1 at the surface.
    public var from: Int
    /// Layer that it reaches.
    public var to: Int
    /// The path; nil where the two ends relaxed into one structure, so that there is no barrier.
    public var path: MinimumEnergyPath?
  }

  /// Energies of the stops less that of the deepest, eV: negative where a vacancy is bound.
  public var relativeEnergies: [Double] {
    let last = stops.last?.energy ?? 0
    return stops.map { $0.energy - last }
  }

  /// The largest barrier on the way inwards and on the way to the surface, eV; nil without a hop that
  /// has one.
  public var rateLimiting: (inwards: Double, outwards: Double)? {
    let paths = hops.compactMap(\.path)
    guard let inwards = paths.map(\.forwardBarrier).max(),
      let outwards = paths.map(\.reverseBarrier).max()
    else { return nil }
    return (inwards, outwards)
  }

  /// The energy along all hops, stitched at the stops: figure 2 of Seymour & Aguadero (2021).
  ///
  /// - Parameter pointsPerPiece: points from one image to the next.
  /// - Returns: distance in angstrom from the first stop, and energy in eV less that of the last stop. A hop
  ///   without a barrier is a step of no length.
  public func profile(pointsPerPiece: Int) -> [(distance: Double, energy: Double)] {
    let zero = stops.last?.energy ?? 0
    var result: [(distance: Double, energy: Double)] = []
    for hop in hops {
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
/// - Parameters:
///   - slab: a slab of an element as cleaved; its layers are counted from the top.
///   - layers: number of layers that the vacancy visits, at least 2.
///   - engine: asked for every geometry.
///   - sampling: passed to the engine.
///   - relaxation: thresholds of the end points; the middle of the slab is free too.
///   - band: thresholds of the hops.
///   - progress: told of every stop and hop in a few words.
/// - Returns: stops and hops; what did not converge says so.
/// - Throws: what the engine throws, ``BandError``, `CancellationError`, and
///   ``InterfaceError/noSuchLayer(layer:layers:)``.
public func followVacancy(
  through slab: Slab, layers: Int, engine: any Engine, sampling: Sampling,
  relaxation: RelaxationSettings, band: BandSettings,
  progress: @Sendable (String) -> Void = { _ in }
) async throws -> VacancyPath {
  guard layers >= 2, layers <= slab.layerCount else {
    throw InterfaceError.noSuchLayer(layer: layers - 1, layers: slab.layerCount)
  }
  let perfect = try await relax(
    slab.structure, engine: engine, sampling: sampling, settings: relaxation)
  progress("slab of \(slab.structure.count) atoms relaxed, \(perfect.forceCalls) force calls")
  let sites = slab.vacancySites(layers: layers)
  // The atom that leaves the first layer is gone for good: all structures have the others in order.
  let gone = sites[0]
  func index(_ atom: Int) -> Int { atom > gone ? atom - 1 : atom }
  var start = perfect.structure.removing(at: gone)
  var path = VacancyPath(slab: perfect.structure, stops: [], hops: [])
  for (number, atom) in sites.enumerated() {
    if number > 0 {
      // The atom of this layer moves into the place that was empty.
      start.positions[index(atom)] = perfect.structure.positions[sites[number - 1]]
    }
    let result = try await relax(start, engine: engine, sampling: sampling, settings: relaxation)
    path.stops.append(
      VacancyPath.Stop(
        layer: number + 1, structure: result.structure, energy: result.evaluation.energy,
        outcome: result.outcome, forceCalls: result.forceCalls, atom: atom))
    progress("vacancy in layer \(number + 1), \(result.forceCalls) force calls")
    guard number > 0 else { continue }
    let (from, to) = (path.stops[number - 1], path.stops[number])
    var hop = VacancyPath.Hop(from: number, to: number + 1, path: nil)
    do {
      hop.path = try await minimumEnergyPath(
        from: from.structure, to: to.structure, engine: engine, sampling: sampling,
        settings: band.accepting(from.outcome, to.outcome), relaxation: relaxation)
    } catch BandError.endsCoincide {
      // One end has fallen into the other, as a vacancy in layer 2 of hcp (0001) does.
    }
    path.hops.append(hop)
    progress(
      hop.path.map { path in
        "hop \(number) to \(number + 1), \(path.forceCalls) force calls"
          + (path.minimaBetween > 0 ? ", split at \(path.minimaBetween) minima" : "")
      } ?? "layers \(number) and \(number + 1) relax into each other")
  }
  return path
}

extension Slab {
  /// One atom of each layer from the top, each the nearest to the one before.
  func vacancySites(layers: Int) -> [Int] {
    let top = layerCount - 1
    guard let first = atoms(inLayer: top).first else { return [] }
    var result = [first]
    for layer in 1..<layers {
      let members = Set(atoms(inLayer: top - layer))
      let last = result[layer - 1]
      let near = structure.neighbors(within: 8)[last]
      guard let next = near.first(where: { members.contains($0.index) }) else { break }
      result.append(next.index)
    }
    return result
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
