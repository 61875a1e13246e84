import BondBreaking
package import Campaigns
package import Engines
package import Interfaces
package import Relaxation
package import Structures

/// The results of a path for machines, and their table.
package struct PathDocument: Codable {
  package struct Stop: Codable {
    package var layer: Int
    /// Layer that the vacancy is in after its relaxation.
    package var settled_layer: Int
    /// Nil where the engine did not converge.
    package var energy_relative_ev: Double?
    package var is_converged: Bool
    package var force_calls: Int
  }

  package struct Hop: Codable {
    package var from: Int
    package var to: Int
    package var forward_barrier_ev: Double?
    package var reverse_barrier_ev: Double?
    package var is_converged: Bool
    /// Whether no image lies deeper than both stops by a tenth of an eV; else the slab is no stable crystal.
    package var stays_in_crystal: Bool?
    /// Minima between the two stops, at which the path was split.
    package var minima_between: Int
    package var force_calls: Int
    package var distances_angstrom: [Double]
    package var energies_relative_ev: [Double?]
  }

  /// The energy along the chain up to the first hop that is not computed, between the images too.
  package struct Profile: Codable {
    package var distances_angstrom: [Double]
    package var energies_relative_ev: [Double?]
  }

  /// What was followed, and how.
  package struct Origin: Codable {
    package var metal: String
    package var surface: String
    package var layers: Int
    package var atoms: Int
    package var images_of_a_hop: Int
    package var force_threshold_ev_per_angstrom: Double
    package var preset: String
    package var engine: String
    package var engine_settings: [String: String]

    package init(
      metal: String, surface: String, slab: Slab, band: BandSettings, preset: String,
      engine: EngineIdentity
    ) {
      self.metal = metal
      self.surface = surface
      layers = slab.layerCount
      atoms = slab.structure.count
      images_of_a_hop = band.images
      force_threshold_ev_per_angstrom = band.forceThreshold
      self.preset = preset
      self.engine = engine.name
      engine_settings = engine.settings
    }
  }

  package var schema = "lacuna-path-1"
  package var program_version = Program.version
  package var engine_source: ModelSource?
  /// Nil for a path within a comparison, which says it once for all, and for one of an earlier version.
  package var origin: Origin?
  /// Whether the slab without a vacancy relaxed to the end.
  package var slab_is_converged: Bool
  package var stops: [Stop]
  package var hops: [Hop]
  package var profile: Profile
  package var rate_limiting_inwards_ev: Double?
  package var rate_limiting_outwards_ev: Double?
  /// The images of the ``chain`` in their order, each stop once; left out of what is printed.
  package var images: [AtomViewer.Frame]?

  package init(_ path: VacancyPath, source: ModelSource?, origin: Origin? = nil) {
    engine_source = source
    self.origin = origin
    slab_is_converged = path.slabOutcome == .converged
    stops = zip(path.stops, path.relativeEnergies).map { stop, energy in
      Stop(
        layer: stop.layer, settled_layer: stop.settledLayer,
        energy_relative_ev: PathDocument.known(energy),
        is_converged: stop.outcome == .converged, force_calls: stop.forceCalls)
    }
    let zero = path.stops.last?.energy ?? 0
    hops = path.hops.map { hop in
      Hop(
        from: hop.from, to: hop.to,
        forward_barrier_ev: PathDocument.known(hop.path?.forwardBarrier),
        reverse_barrier_ev: PathDocument.known(hop.path?.reverseBarrier),
        is_converged: (hop.path?.isConverged ?? true) && hop.staysInCrystal,
        stays_in_crystal: hop.staysInCrystal,
        minima_between: hop.path?.minimaBetween ?? 0, force_calls: hop.path?.forceCalls ?? 0,
        distances_angstrom: hop.path?.distances ?? [],
        energies_relative_ev: (hop.path?.energies ?? []).map { PathDocument.known($0 - zero) })
    }
    let points = path.profile(pointsPerPiece: 8)
    profile = Profile(
      distances_angstrom: points.map(\.distance),
      energies_relative_ev: points.map { PathDocument.known($0.energy) })
    rate_limiting_inwards_ev = path.rateLimiting?.inwards
    rate_limiting_outwards_ev = path.rateLimiting?.outwards
    images = PathDocument.frames(path.chain.compactMap { $0.path?.images })
  }

  /// A number, or nil for what is none: JSON has no word for it.
  private static func known(_ value: Double?) -> Double? {
    value.flatMap { $0.isFinite ? $0 : nil }
  }

  /// The same without structures: a few numbers for a terminal or a repository.
  package var withoutImages: PathDocument {
    var result = self
    result.images = nil
    return result
  }

  /// Whether any hop has images.
  package var hasBands: Bool { hops.contains { !$0.distances_angstrom.isEmpty } }

  /// The same with the images of its hops as they lie in a file.
  ///
  /// - Parameter hopImages: hop after hop, each with both of its stops, with their energies in eV.
  /// - Returns: the document with its ``images``; nil where they are not its own: as many, of the same atoms, with
  ///   energies that differ as it says.
  package func with(hopImages: [(structure: Structure, energy: Double)]) -> PathDocument? {
    var rest = hopImages[...]
    var bands: [[Structure]] = []
    let drawn = unbrokenHops.count
    for (index, hop) in hops.enumerated() where !hop.energies_relative_ev.isEmpty {
      let images = rest.prefix(hop.energies_relative_ev.count)
      guard images.count == hop.energies_relative_ev.count, let first = images.first,
        images.allSatisfy({ $0.structure.species == hopImages[0].structure.species })
      else { return nil }
      for (image, energy) in zip(images, hop.energies_relative_ev) {
        guard let energy, let zero = hop.energies_relative_ev[0] else { continue }
        guard (image.energy - first.energy - (energy - zero)).magnitude < 1e-6 else { return nil }
      }
      if index < drawn { bands.append(images.map(\.structure)) }
      rest = rest.dropFirst(images.count)
    }
    guard rest.isEmpty, hasBands else { return nil }
    var result = self
    result.images = PathDocument.frames(bands)
    return result
  }

  /// The images of neighbouring bands, each stop once.
  private static func frames(_ bands: [[Structure]]) -> [AtomViewer.Frame] {
    // The last image of a hop is the first of the next.
    bands.enumerated().flatMap { $1.dropFirst($0 == 0 ? 0 : 1) }
      .enumerated().map { AtomViewer.Frame($1, name: "image \($0)") }
  }

  private var stableLayers: [Int] {
    stops.filter { $0.settled_layer == $0.layer }.map(\.layer)
  }

  /// The hops from the surface on, up to the first that is not computed.
  private var unbrokenHops: [Hop] {
    VacancyPath.unbroken(hops, from: stableLayers.first) { ($0.from, $0.to) }
  }

  /// Hops between stops that are there which are not computed yet.
  var missingHops: [(from: Int, to: Int)] {
    zip(stableLayers, stableLayers.dropFirst()).filter { from, to in
      !hops.contains { $0.from == from && $0.to == to }
    }.map { (from: $0, to: $1) }
  }

  /// Distances and energies of the images up to the first hop that is not computed, each stop once, in the order of
  /// ``images``.
  var chain: (distances: [Double], energies: [Double?], labels: [String]) {
    var (distances, energies, labels): ([Double], [Double?], [String]) = ([], [], [])
    var start = 0.0
    for hop in unbrokenHops {
      let images = zip(hop.distances_angstrom, hop.energies_relative_ev)
      for (index, (distance, energy)) in images.enumerated() where index > 0 || distances.isEmpty {
        distances.append(start + distance)
        energies.append(energy)
        labels.append("layer \(hop.from) to \(hop.to), image \(index)")
      }
      start += hop.distances_angstrom.last ?? 0
    }
    return (distances, energies, labels)
  }

  /// Where along the chain lie hops that did not converge: their images say nothing.
  var openStretches: [ClosedRange<Double>] {
    var start = 0.0
    return unbrokenHops.compactMap { hop in
      let end = start + max(0, hop.distances_angstrom.last ?? 0)
      defer { start = end }
      return hop.is_converged ? nil : start...end
    }
  }

  package func text(name: String) -> String {
    var table = TextTable(
      header: ["layer", "E (eV)", "hop", "inwards (eV)", "outwards (eV)", "force calls", "note"])
    let missing = missingHops
    for stop in stops {
      let hop = hops.first { $0.from == stop.layer }
      var notes: [String] = stop.is_converged ? [] : ["stop not converged"]
      if stop.settled_layer != stop.layer { notes.append("falls to layer \(stop.settled_layer)") }
      if missing.contains(where: { $0.from == stop.layer }) { notes.append("hop not computed yet") }
      if let hop {
        if hop.distances_angstrom.isEmpty { notes.append("the layers relax into each other") }
        if hop.stays_in_crystal != false, !hop.is_converged { notes.append("hop not converged") }
        if hop.stays_in_crystal == false { notes.append("the slab leaves its crystal: no hop") }
        if hop.minima_between > 0 {
          notes.append("split at \(hop.minima_between) minima on the way")
        }
      }
      table.add([
        "\(stop.layer)", stop.energy_relative_ev?.formatted(digits: 3) ?? "-",
        hop.map { "\($0.from)-\($0.to)" } ?? "",
        hop?.forward_barrier_ev?.formatted(digits: 3) ?? (hop == nil ? "" : "-"),
        hop?.reverse_barrier_ev?.formatted(digits: 3) ?? (hop == nil ? "" : "-"),
        "\(stop.force_calls + (hop?.force_calls ?? 0))", notes.joined(separator: "; "),
      ])
    }
    var lines = [
      "A vacancy in \(name), energies relative to layer \(stops.last?.layer ?? 0):", "",
    ]
    lines.append(table.text)
    if let inwards = rate_limiting_inwards_ev, let outwards = rate_limiting_outwards_ev {
      lines.append(
        "\nThe largest barrier is \(inwards.formatted(digits: 3)) eV inwards and "
          + "\(outwards.formatted(digits: 3)) eV towards the surface.")
    }
    if !slab_is_converged { lines.append("The slab without a vacancy did not relax to the end.") }
    if let engine_source { lines.append("Model \(engine_source.model): \(engine_source.text).") }
    return lines.joined(separator: "\n")
  }
}
