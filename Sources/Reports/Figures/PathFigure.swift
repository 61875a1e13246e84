/// The energy of a vacancy along its way.
package enum PathFigure {
  /// A vacancy's way from a surface inwards: the images, and the curve between them.
  package static func figure(
    _ path: PathDocument, name: String, id: String, viewer: String? = nil
  ) -> Figure {
    let (distances, energies, labels) = path.chain
    let open = path.openStretches
    func known(_ distances: [Double], _ energies: [Double?]) -> [Double?] {
      zip(distances, energies).map { distance, energy in
        open.contains { $0.lowerBound + 1e-9 < distance && distance < $0.upperBound - 1e-9 }
          ? nil : energy
      }
    }
    let failed = path.hops.filter { !$0.is_converged }.map { "\($0.from) to \($0.to)" }
    let missing = path.missingHops.map { "\($0.from) to \($0.to)" }
    let curve = Figure.Series(
      "interpolated", .line, .ours, x: path.profile.distances_angstrom,
      y: known(path.profile.distances_angstrom, path.profile.energies_relative_ev))
    let images = Figure.Series(
      "images", .points, .ours, x: distances, y: known(distances, energies), labels: labels,
      sites: viewer == nil ? nil : Array(distances.indices))
    var figure = Figure(
      id: id, title: "A vacancy on its way from the surface, \(name)",
      caption:
        "Energy along the climbing-image nudged elastic band, layer by layer, less that of the deepest stop."
        + (failed.isEmpty
          ? "" : " Not converged and left out: layer \(failed.joined(separator: ", ")).")
        + (missing.isEmpty
          ? ""
          : " Not computed yet: layer \(missing.joined(separator: ", ")); the curve ends at the first of them."),
      x: Figure.Axis(label: "path", unit: "angstrom"),
      y: Figure.Axis(label: "energy", unit: "eV"), series: [curve, images],
      guides: [.horizontal(0, "")])
    figure.viewer = viewer
    return figure
  }

  /// A band between two minima.
  package static func figure(
    _ band: BandDocument, id: String, viewer: String? = nil
  ) -> Figure {
    let profile = band.profile
    let images = band.distances_angstrom.indices
    var figure = Figure(
      id: id, title: "Energy along the path, \(band.name)",
      caption: "Energy along the path less that of its first image."
        + (band.forces_along_ev_per_angstrom == nil
          ? " The file gives no forces along the path: its images are joined by straight lines."
          : ""),
      x: Figure.Axis(label: "path", unit: "angstrom"),
      y: Figure.Axis(label: "energy", unit: "eV"),
      series: [
        Figure.Series(
          "interpolated", .line, .ours, x: profile.map(\.distance), y: profile.map(\.energy)),
        Figure.Series(
          "images", .points, .ours, x: band.distances_angstrom, y: band.energies_relative_ev,
          labels: images.map { "image \($0)" }, sites: viewer == nil ? nil : Array(images)),
      ], guides: [.horizontal(0, "")])
    figure.viewer = viewer
    return figure
  }
}
