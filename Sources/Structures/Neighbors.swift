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
  /// The cut-off may exceed the cell: the atom's own images then count as neighbours. Atoms are
  /// sorted into bins no thinner than the cut-off where the cell has room for them, so the cost grows
  /// linearly with the number of atoms.
  ///
  /// - Parameter cutoff: largest distance in angstrom.
  /// - Returns: for each atom its neighbours, sorted by distance. O(n * neighbours in 27 bins).
  public func neighbors(within cutoff: Double) -> [[Neighbor]] {
    guard count > 0 else { return [] }
    let heights = cell.heights
    let fractional = fractionalPositions.map { $0.snapped.wrapped }
    let cartesian = fractional.map { cell.cartesian($0).vector }
    // Bins along each axis, and how many bins away a neighbour can be (bins repeat with the cell).
    let bins = (0..<3).map { max(1, Int(min(64, heights[$0] / cutoff))) }
    let reach = (0..<3).map { axis in
      Int((cutoff / heights[axis] * Double(bins[axis])).rounded(.up))
    }
    func bin(_ position: FractionalPosition) -> (Int, Int, Int) {
      let f = position.vector
      func along(_ axis: Int, _ value: Double) -> Int {
        min(bins[axis] - 1, Int(value * Double(bins[axis])))
      }
      return (along(0, f.x), along(1, f.y), along(2, f.z))
    }
    var members = Array(repeating: [Int](), count: bins[0] * bins[1] * bins[2])
    let homes = fractional.map(bin)
    for (index, home) in homes.enumerated() {
      members[(home.0 * bins[1] + home.1) * bins[2] + home.2].append(index)
    }
    let squared = cutoff * cutoff
    return cartesian.indices.map { first in
      var found: [Neighbor] = []
      let home = homes[first]
      for i in (home.0 - reach[0])...(home.0 + reach[0]) {
        let (cellI, binI) = Structure.floorDivision(i, bins[0])
        for j in (home.1 - reach[1])...(home.1 + reach[1]) {
          let (cellJ, binJ) = Structure.floorDivision(j, bins[1])
          for k in (home.2 - reach[2])...(home.2 + reach[2]) {
            let (cellK, binK) = Structure.floorDivision(k, bins[2])
            let list = members[(binI * bins[1] + binJ) * bins[2] + binK]
            if list.isEmpty { continue }
            let image =
              Double(cellI) * cell.a + Double(cellJ) * cell.b + Double(cellK) * cell.c
            let origin = image - cartesian[first]
            for second in list {
              let displacement = cartesian[second] + origin
              let square = displacement.dot(displacement)
              guard square <= squared, !(first == second && square < 1e-20) else { continue }
              found.append(
                Neighbor(index: second, displacement: displacement, distance: square.squareRoot()))
            }
          }
        }
      }
      return found.sorted { $0.distance < $1.distance }
    }
  }

  /// Quotient rounded down and the remainder, which is never negative.
  private static func floorDivision(_ value: Int, _ divisor: Int) -> (Int, Int) {
    let remainder = ((value % divisor) + divisor) % divisor
    return ((value - remainder) / divisor, remainder)
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
