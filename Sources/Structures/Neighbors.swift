/// An atom seen from another one: which atom, in which periodic image, and where.
public struct Neighbor: Sendable, Hashable {
  /// Index of the neighbouring atom in the structure.
  public var index: Int
  /// Vector from the central atom to this image of the neighbour, in angstrom.
  public var displacement: Vector3
  /// Length of `displacement` in angstrom.
  public var distance: Double
}

extension Structure {
  /// Every neighbour of every atom within `cutoff` angstrom, periodic images included.
  ///
  /// The cut-off may exceed the cell: the atom's own images then count as neighbours.
  ///
  /// - Parameter cutoff: largest distance in angstrom.
  /// - Returns: for each atom its neighbours, sorted by distance. O(n^2 * images).
  public func neighbors(within cutoff: Double) -> [[Neighbor]] {
    let heights = cell.heights
    let fractional = fractionalPositions.map { $0.snapped.wrapped }
    let cartesian = fractional.map { cell.cartesian($0).vector }
    // Wrapped atoms are less than one cell apart in each direction, hence the added 1.
    let reach = (0..<3).map { Int((cutoff / heights[$0]).rounded(.up)) + 1 }
    var images: [Vector3] = []
    for i in -reach[0]...reach[0] {
      for j in -reach[1]...reach[1] {
        for k in -reach[2]...reach[2] {
          images.append(Double(i) * cell.a + Double(j) * cell.b + Double(k) * cell.c)
        }
      }
    }
    let squared = cutoff * cutoff
    return cartesian.indices.map { first in
      var found: [Neighbor] = []
      for image in images {
        let origin = image - cartesian[first]
        for second in cartesian.indices {
          let displacement = cartesian[second] + origin
          let square = displacement.dot(displacement)
          guard square <= squared, !(first == second && square < 1e-20) else { continue }
          found.append(
            Neighbor(index: second, displacement: displacement, distance: square.squareRoot()))
        }
      }
      return found.sorted { $0.distance < $1.distance }
    }
  }

  /// Shortest distance between two atoms, periodic images included, in angstrom.
  ///
  /// - Returns: the distance and the indices of the two atoms (equal where an atom is nearest to
  ///   its own image); nil for a structure without atoms.
  public var shortestDistance: (distance: Double, first: Int, second: Int)? {
    guard count > 0 else { return nil }
    var cutoff = 3.0
    while true {
      let lists = neighbors(within: cutoff)
      let nearest = lists.enumerated().compactMap { index, list in
        list.first.map { (distance: $0.distance, first: index, second: $0.index) }
      }
      if let best = nearest.min(by: { $0.distance < $1.distance }) { return best }
      cutoff *= 2
    }
  }

  /// Number of neighbours of each atom that are no farther than `bondLength` angstrom.
  public func coordinationNumbers(bondLength: Double) -> [Int] {
    neighbors(within: bondLength).map(\.count)
  }
}
