import Structures

/// First neighbours in the bulk and what a surface takes of them.
public struct SurfaceCoordination: Sendable, Hashable, Codable {
  /// Number of first neighbours of a bulk atom, `N_b` of the bond-breaking model.
  public var bulkNeighbors: Double
  /// Mean number of first neighbours lost by an atom that lost any, `N_s`.
  public var lostNeighbors: Double
  /// Number of atoms of one face, for each surface cell, that lost first neighbours.
  public var surfaceAtoms: Double
  /// Number of atomic layers of one face with such atoms.
  public var surfaceLayers: Int
}

extension OrientedCrystal {
  /// Counts the first neighbours that the atoms of a face have lost.
  ///
  /// The first shell ends at the first gap of more than 10 % between successive distances, so that
  /// the two sub-shells of a non-ideal hcp crystal count as one, and the second shell of bcc, 15 %
  /// farther, does not. Take an unstrained crystal: strain can close that gap, but changes no bond.
  /// Every atom that lost a first neighbour counts, so bcc (100) and hcp (0001) have one surface
  /// layer and hcp (10-10) two (Seymour & Aguadero 2021, doi:10.1039/d1ta03254b).
  public func surfaceCoordination() -> SurfaceCoordination {
    let bond = firstShellRadius()
    let bulk = structure.coordinationNumbers(bondLength: bond)
    let planes = planes()
    // Thick enough that no atom sees both faces.
    let count =
      planes.count * (Int((2 * bond / repeatHeight).rounded(.up)) + 1) + 2 * planes.count
    let first = firstPlaneWithFewestBrokenBonds(planeCount: count)
    let slab = slab(firstPlane: first, planeCount: count, vacuum: 2 * bond + 1)
    let numbers = slab.structure.coordinationNumbers(bondLength: bond)
    let mean = Double(bulk.reduce(0, +)) / Double(bulk.count)
    let lower = slab.layers.indices.filter {
      2 * slab.layers[$0] < count && Double(numbers[$0]) < mean - 1e-6
    }
    let lost = lower.map { mean - Double(numbers[$0]) }.reduce(0, +)
    return SurfaceCoordination(
      bulkNeighbors: mean, lostNeighbors: lost / Double(max(1, lower.count)),
      surfaceAtoms: Double(lower.count), surfaceLayers: Set(lower.map { slab.layers[$0] }).count)
  }

  /// Distance in angstrom between the first and the second shell of neighbours.
  func firstShellRadius() -> Double {
    var cutoff = 4.0
    while cutoff < 20 {
      let distances = structure.neighbors(within: cutoff).flatMap { $0.map(\.distance) }.sorted()
      for (near, far) in zip(distances, distances.dropFirst()) where far > 1.1 * near {
        return (near + far) / 2
      }
      cutoff *= 1.5
    }
    // Disorder can close every gap.
    return 1.2 * (structure.shortestDistance?.distance ?? cutoff)
  }
}
