/// The energy along a path, between its images too: cubic pieces with the images' energies and slopes.
///
/// - Parameters:
///   - distances: of the images along the path, angstrom, rising.
///   - energies: of the images, eV.
///   - tangentForces: forces along the path at the images, eV/angstrom: minus the slope of the energy.
///   - pointsPerPiece: points between two images, at least 1; 1 gives the images alone.
/// - Returns: distance in angstrom and energy in eV; none without images.
public func pathProfile(
  distances: [Double], energies: [Double], tangentForces: [Double], pointsPerPiece: Int
) -> [(distance: Double, energy: Double)] {
  precondition(
    distances.count == energies.count && energies.count == tangentForces.count,
    "a distance, an energy and a force for each image")
  guard let last = energies.last, let end = distances.last else { return [] }
  var result: [(distance: Double, energy: Double)] = []
  for piece in 0..<(energies.count - 1) {
    let width = distances[piece + 1] - distances[piece]
    for point in 0..<max(1, pointsPerPiece) {
      let t = Double(point) / Double(max(1, pointsPerPiece))
      // Hermite's cubic polynomials; the slope is minus the force along the path.
      let (rest, square) = (1 - t, t * t)
      let energy =
        (1 + 2 * t) * rest * rest * energies[piece]
        + square * (3 - 2 * t) * energies[piece + 1]
        - width
        * (t * rest * rest * tangentForces[piece] - square * rest * tangentForces[piece + 1])
      result.append((distances[piece] + t * width, energy))
    }
  }
  return result + [(end, last)]
}

/// The largest climb along a path, eV: from any image to a later one.
///
/// - Parameter energies: of the images, eV.
/// - Returns: at least 0; no number where an image has none.
public func largestClimb(along energies: some Sequence<Double>) -> Double {
  var (lowest, climb) = (Double.infinity, 0.0)
  for energy in energies {
    guard energy.isFinite else { return .nan }
    // From the lowest point before: a hollow that was not split counts as what it is.
    lowest = min(lowest, energy)
    climb = max(climb, energy - lowest)
  }
  return climb
}
