/// Points sorted into boxes, so that those near one are found without asking all.
struct NeighborBins: Sendable {
  /// Neighbours of a range of points.
  struct Lists: Sendable {
    /// Where each list ends in ``neighbors``.
    var ends: [Int] = []
    /// Members of the lists, in the order of the boxes.
    var neighbors: [Int32] = []
  }

  private let coordinates: [Double]
  private var low = [Double](repeating: .infinity, count: 3)
  private var widths: [Double] = []
  private var counts: [Int] = []
  /// Where the members of each box begin; boxes along the last axis lie next to each other.
  private var first: [Int] = []
  private var members: [Int32] = []

  /// Sorts points.
  ///
  /// O(n).
  ///
  /// - Parameters:
  ///   - coordinates: x, y, z of each in turn.
  ///   - width: least width of a box.
  init(_ coordinates: [Double], width: Double) {
    self.coordinates = coordinates
    let total = coordinates.count / 3
    var high = [Double](repeating: -.infinity, count: 3)
    for index in 0..<total {
      for axis in 0..<3 {
        low[axis] = min(low[axis], coordinates[3 * index + axis])
        high[axis] = max(high[axis], coordinates[3 * index + axis])
      }
    }
    // Not more boxes than points: atoms far apart must not cost memory.
    let most = max(1, min(1000, Int(Double(max(1, total)).squareRoot()) + 30))
    counts = (0..<3).map { max(1, min(most, Int(((high[$0] - low[$0]) / width).rounded(.down)))) }
    widths = (0..<3).map { max((high[$0] - low[$0]) / Double(counts[$0]), 1e-9) }
    var box = [Int](repeating: 0, count: total)
    first = [Int](repeating: 0, count: counts[0] * counts[1] * counts[2] + 1)
    for index in 0..<total {
      let home = self.home(of: index)
      box[index] = (home.0 * counts[1] + home.1) * counts[2] + home.2
      first[box[index] + 1] += 1
    }
    for index in 1..<first.count { first[index] += first[index - 1] }
    var next = first
    members = [Int32](repeating: 0, count: total)
    for index in 0..<total {
      members[next[box[index]]] = Int32(index)
      next[box[index]] += 1
    }
  }

  private func home(of index: Int) -> (Int, Int, Int) {
    func along(_ axis: Int) -> Int {
      min(
        counts[axis] - 1,
        max(0, Int((coordinates[3 * index + axis] - low[axis]) / widths[axis])))
    }
    return (along(0), along(1), along(2))
  }

  /// Neighbours of some points.
  ///
  /// O(number of points in 27 boxes) for each.
  ///
  /// - Parameters:
  ///   - points: whose.
  ///   - reach: how near they are, at most the least width of a box.
  /// - Returns: one list for each point, without itself.
  func lists(of points: Range<Int>, within reach: Double) -> Lists {
    let squared = reach * reach
    var result = Lists()
    result.ends.reserveCapacity(points.count)
    result.neighbors.reserveCapacity(points.count * 64)
    coordinates.withUnsafeBufferPointer { positions in
      members.withUnsafeBufferPointer { members in
        for index in points {
          let (x, y, z) = (
            positions[3 * index], positions[3 * index + 1], positions[3 * index + 2]
          )
          let home = home(of: index)
          for i in max(0, home.0 - 1)...min(counts[0] - 1, home.0 + 1) {
            for j in max(0, home.1 - 1)...min(counts[1] - 1, home.1 + 1) {
              let row = (i * counts[1] + j) * counts[2]
              let range =
                first[row + max(0, home.2 - 1)]..<first[row + min(counts[2] - 1, home.2 + 1) + 1]
              for slot in range {
                let other = Int(members[slot])
                let dx = positions[3 * other] - x
                let dy = positions[3 * other + 1] - y
                let dz = positions[3 * other + 2] - z
                if dx * dx + dy * dy + dz * dz <= squared, other != index {
                  result.neighbors.append(Int32(other))
                }
              }
            }
          }
          result.ends.append(result.neighbors.count)
        }
      }
    }
    return result
  }
}
