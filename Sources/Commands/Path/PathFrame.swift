import Relaxation
import StructureFiles
import Structures

/// The images of a path as frames of an extended XYZ file.
enum PathFrame {
  /// Key of the distance along the path from its first image, angstrom.
  static let distance = "path_distance"
  /// Key of the force along the path, eV/angstrom: minus the slope of the energy.
  static let forceAlong = "force_along_path"

  /// All images of a path, one after the other.
  static func text(_ path: MinimumEnergyPath) -> String {
    let (energies, distances, forces) = (path.energies, path.distances, path.tangentForces)
    return path.images.enumerated().map { index, image in
      ExtendedXYZ(
        image, energy: energies[index],
        numbers: [distance: distances[index], forceAlong: forces[index]]
      ).text
    }.joined()
  }
}
