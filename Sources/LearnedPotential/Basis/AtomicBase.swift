import Structures

/// The surroundings of one atom: neighbours sorted by element, with radial functions and harmonics of each.
struct AtomicSurroundings {
  /// A neighbour within the cut-off.
  struct Neighbor {
    /// Number of the atom of the cell that it is an image of.
    var owner: Int
    /// Vector from the centre, angstrom.
    var displacement: Vector3
    var distance: Double
  }

  /// Number of the centre's element.
  var centre: Int
  /// Neighbours of each element.
  var neighbors: [[Neighbor]]
}

extension ClusterBasis {
  /// Neighbours of every atom of a structure.
  ///
  /// - Parameter structure: of the basis's elements only.
  /// - Returns: one for each atom, neighbours in order of their distance.
  func surroundings(of structure: Structure) -> [AtomicSurroundings] {
    let numbers = structure.species.map { element -> Int in
      guard let index = index(of: element) else {
        preconditionFailure("the basis does not know \(element)")
      }
      return index
    }
    return structure.neighbors(within: settings.cutoff).enumerated().map { atom, list in
      var sorted = [[AtomicSurroundings.Neighbor]](repeating: [], count: settings.elements.count)
      for neighbor in list where neighbor.distance < settings.cutoff {
        sorted[numbers[neighbor.index]].append(
          AtomicSurroundings.Neighbor(
            owner: neighbor.index, displacement: neighbor.displacement, distance: neighbor.distance)
        )
      }
      return AtomicSurroundings(centre: numbers[atom], neighbors: sorted)
    }
  }

  /// The atomic base around one atom, and its derivatives.
  ///
  /// - Parameter surroundings: of the atom.
  /// - Returns: the A; and for each element the derivatives of its block by the components of each neighbour's
  ///   displacement, row by row: `[(A of the block) * 3 neighbours + 3 neighbour + axis]`, 1/angstrom.
  func atomicBase(
    _ surroundings: AtomicSurroundings
  ) -> (values: [Double], derivatives: [[Double]]) {
    let block = offsets[offsets.count - 1]
    var values = [Double](repeating: 0, count: baseCount)
    var derivatives: [[Double]] = []
    var harmonic = [Double](repeating: 0, count: harmonics.count)
    var gradient = [Double](repeating: 0, count: 3 * harmonics.count)
    for (element, neighbors) in surroundings.neighbors.enumerated() {
      let width = 3 * neighbors.count
      var slopes = [Double](repeating: 0, count: block * width)
      let functions = radial[surroundings.centre * settings.elements.count + element]
      for (number, neighbor) in neighbors.enumerated() {
        let unit = neighbor.displacement / neighbor.distance
        harmonic.withUnsafeMutableBufferPointer { harmonic in
          gradient.withUnsafeMutableBufferPointer { gradient in
            if let values = harmonic.baseAddress, let gradients = gradient.baseAddress {
              harmonics.evaluate(unit.x, unit.y, unit.z, values: values, gradients: gradients)
            }
          }
        }
        let (r, slope) = functions.values(at: neighbor.distance)
        for l in radialCounts.indices {
          for m in 0...(2 * l) {
            let lm = l * l + m
            let y = harmonic[lm]
            let (gx, gy, gz) = (
              gradient[lm] / neighbor.distance, gradient[harmonics.count + lm] / neighbor.distance,
              gradient[2 * harmonics.count + lm] / neighbor.distance
            )
            for n in 0..<radialCounts[l] {
              let index = offsets[l] + m * radialCounts[l] + n
              values[element * block + index] += r[n] * y
              let along = slope[n] * y
              let place = index * width + 3 * number
              slopes[place] = along * unit.x + r[n] * gx
              slopes[place + 1] = along * unit.y + r[n] * gy
              slopes[place + 2] = along * unit.z + r[n] * gz
            }
          }
        }
      }
      derivatives.append(slopes)
    }
    return (values, derivatives)
  }
}
