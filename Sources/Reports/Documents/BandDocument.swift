import Relaxation
package import Structures

/// A band of images of the same atoms in the same cell, as `lacuna neb` or another program left it in a file.
package struct BandDocument: Codable {
  /// What the path is called, for example its file.
  package var name: String
  /// Distances of the images along the path, angstrom.
  package var distances_angstrom: [Double]
  /// Energies of the images less that of the first.
  package var energies_relative_ev: [Double]
  /// Minus the slope of the energy along the path; nil where the file does not say.
  package var forces_along_ev_per_angstrom: [Double]?
  /// The largest climb forwards, from any image to a later one.
  package var forward_barrier_ev: Double
  /// The largest climb backwards.
  package var reverse_barrier_ev: Double
  /// The images; left out beside a view of them.
  package var images: [AtomViewer.Frame]?

  /// An image of a band.
  package struct Image {
    var structure: Structure
    var energy: Double
    var distance: Double?
    var forceAlong: Double?

    /// - Parameters:
    ///   - structure: the image.
    ///   - energy: eV.
    ///   - distance: along the path from the first image, angstrom; nil where it is not known.
    ///   - forceAlong: force along the path, eV/angstrom; nil where it is not known.
    package init(
      _ structure: Structure, energy: Double, distance: Double?, forceAlong: Double?
    ) {
      self.structure = structure
      self.energy = energy
      self.distance = distance
      self.forceAlong = forceAlong
    }
  }

  /// - Parameters:
  ///   - name: what the path is called.
  ///   - images: in order, of the same atoms in the same cell; at least two. Distances that are not there, or that
  ///     do not rise, are measured as the moves of all atoms together.
  package init(name: String, images: [Image]) {
    self.name = name
    let energies = images.map(\.energy)
    let known = images.compactMap(\.distance)
    let rises = zip(known, known.dropFirst()).allSatisfy { $0 < $1 }
    distances_angstrom =
      known.count == images.count && rises
      ? known : BandDocument.distances(images.map(\.structure))
    energies_relative_ev = energies.map { $0 - energies[0] }
    let forces = images.compactMap(\.forceAlong)
    forces_along_ev_per_angstrom = forces.count == images.count ? forces : nil
    forward_barrier_ev = largestClimb(along: energies)
    reverse_barrier_ev = largestClimb(along: energies.reversed())
    self.images = images.enumerated().map { AtomViewer.Frame($1.structure, name: "image \($0)") }
  }

  private static func distances(_ images: [Structure]) -> [Double] {
    var result = [0.0]
    for (first, second) in zip(images, images.dropFirst()) {
      let square = zip(first.positions, second.positions).map { from, to in
        // Other programs put an atom that crosses a face back into the cell.
        let move = first.cell.nearestImage(to.vector - from.vector)
        return move.dot(move)
      }.reduce(0, +)
      result.append(result[result.count - 1] + square.squareRoot())
    }
    return result
  }

  /// Energies between the images too; the images alone where the slopes are not known.
  var profile: [(distance: Double, energy: Double)] {
    guard let forces = forces_along_ev_per_angstrom else {
      return zip(distances_angstrom, energies_relative_ev).map { (distance: $0, energy: $1) }
    }
    return pathProfile(
      distances: distances_angstrom, energies: energies_relative_ev, tangentForces: forces,
      pointsPerPiece: 12)
  }

  /// The same without structures: a view carries them.
  var withoutImages: BandDocument {
    var result = self
    result.images = nil
    return result
  }
}
