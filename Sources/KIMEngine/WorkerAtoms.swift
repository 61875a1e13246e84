import Structures

/// The atoms that one worker sees, numbered anew: those that it computes, then those near them.
///
/// A worker that saw the whole cell would walk through the other workers' atoms in memory; this way its
/// arrays are as small and as local as its share.
final class WorkerAtoms: Sendable {
  /// For each atom its index among the padded atoms of the neighbourhood.
  let padded: [Int32]
  /// For each atom the atom of the cell that it is, or is an image of.
  let owners: [Int32]
  /// How many contribute; they come first.
  let contributingCount: Int
  /// Where the neighbours of each atom with a list begin; one more than there are lists.
  let starts: [Int]
  /// Neighbours in this numbering, near ones first.
  let neighbors: [Int32]

  /// No atoms.
  init() {
    (padded, owners, contributingCount, starts, neighbors) = ([], [], 0, [0], [])
  }

  /// Numbers a share of a cell's atoms and what is near them.
  ///
  /// O(length of their lists).
  ///
  /// - Parameters:
  ///   - share: atoms of the cell that contribute.
  ///   - neighborhood: as built last.
  ///   - includesPaddingLists: whether all padded atoms are taken, with their lists.
  init(share: [Int32], of neighborhood: PeriodicNeighborhood, includesPaddingLists: Bool) {
    let count = neighborhood.count
    var (padded, owners, neighbors): ([Int32], [Int32], [Int32]) = ([], [], [])
    var starts = [0]
    var local = [Int32](repeating: -1, count: neighborhood.paddedCount)
    func take(_ index: Int) {
      guard local[index] < 0 else { return }
      local[index] = Int32(padded.count)
      padded.append(Int32(index))
      owners.append(index < count ? Int32(index) : neighborhood.owners[index - count])
    }
    for index in share { take(Int(index)) }
    if includesPaddingLists {
      for index in 0..<neighborhood.paddedCount { take(index) }
    } else {
      for index in share {
        for slot in neighborhood.starts[Int(index)]..<neighborhood.starts[Int(index) + 1] {
          take(Int(neighborhood.neighbors[slot]))
        }
      }
    }
    let listed = includesPaddingLists ? padded.count : share.count
    let reach = neighborhood.cutoff + neighborhood.skin
    let order = NeighborOrder(reach: reach)
    starts.reserveCapacity(listed + 1)
    for atom in 0..<listed {
      for neighbor in order.sorted(padded[atom], in: neighborhood) {
        neighbors.append(local[Int(neighbor)])
      }
      starts.append(neighbors.count)
    }
    self.padded = padded
    self.owners = owners
    contributingCount = share.count
    self.starts = starts
    self.neighbors = neighbors
  }
}

/// The order of an atom's neighbours: near ones before far ones, and among these by direction.
///
/// Models that screen a bond by the atoms beside it stop at the first one that blocks it wholly, most often
/// a near one. In a crystal every atom then meets its neighbours in the same directions one after the other,
/// so that the processor foresees where a model branches: for the modified embedded-atom model of lithium
/// that alone saves a quarter of the time.
private struct NeighborOrder {
  /// Square of the distance up to which neighbours count as near.
  private let near: Double
  /// Directions are told apart in steps of this length.
  private let step: Double

  init(reach: Double) {
    near = 0.5625 * reach * reach
    step = 0.16 * reach
  }

  func sorted(_ atom: Int32, in neighborhood: PeriodicNeighborhood) -> [Int32] {
    let own = 3 * Int(atom)
    let range = neighborhood.starts[Int(atom)]..<neighborhood.starts[Int(atom) + 1]
    return neighborhood.coordinates.withUnsafeBufferPointer { coordinates in
      range.map { slot -> (key: Int, neighbor: Int32) in
        let neighbor = neighborhood.neighbors[slot]
        let other = 3 * Int(neighbor)
        var (square, key) = (0.0, 0)
        for axis in 0..<3 {
          let difference = coordinates[other + axis] - coordinates[own + axis]
          square += difference * difference
          key = 16 * key + Int((difference / step).rounded()) + 8
        }
        return (square < near ? key : key + 4096, neighbor)
      }.sorted { ($0.key, $0.neighbor) < ($1.key, $1.neighbor) }.map(\.neighbor)
    }
  }
}
