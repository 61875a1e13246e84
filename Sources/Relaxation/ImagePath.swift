import Structures

extension Structure {
  /// Images on straight lines to another structure, both ends included.
  ///
  /// Each atom goes the shortest way, across the border of the cell where that is shorter.
  ///
  /// - Parameters:
  ///   - end: where to.
  ///   - images: number of images between.
  ///   - keepsCentroid: whether all images are moved as a whole so that their centroids agree. Where
  ///     no atom is held, a path has no part in a drift of everything, and must not have: nothing
  ///     holds the drift back.
  /// - Returns: `images + 2` structures.
  func linearPath(to end: Structure, images: Int, keepsCentroid: Bool) -> [Structure] {
    var moves = zip(positions, end.positions).map { cell.nearestImage($1.vector - $0.vector) }
    if keepsCentroid, !moves.isEmpty {
      let drift = moves.reduce(.zero, +) / Double(moves.count)
      moves = moves.map { $0 - drift }
    }
    return (0...(images + 1)).map { image in
      var result = self
      let share = Double(image) / Double(images + 1)
      for atom in positions.indices { result.positions[atom].vector += share * moves[atom] }
      return result
    }
  }

  /// Length of the vector of all atoms' moves to another structure, angstrom.
  func distance(to other: Structure) -> Double {
    zip(positions, other.positions).map { first, second in
      let move = second.vector - first.vector
      return move.dot(move)
    }.reduce(0, +).squareRoot()
  }

  /// x, y, z of each atom in turn, angstrom.
  var coordinates: [Double] { positions.flatMap { [$0.x, $0.y, $0.z] } }

  /// The same atoms elsewhere.
  ///
  /// - Parameter coordinates: x, y, z of each atom in turn, angstrom.
  /// - Returns: the structure.
  func moved(to coordinates: [Double]) -> Structure {
    var result = self
    for atom in positions.indices {
      result.positions[atom].vector = Vector3(
        coordinates[3 * atom], coordinates[3 * atom + 1], coordinates[3 * atom + 2])
    }
    return result
  }
}

/// The image-dependent pair potential: distances between near atoms that change evenly along the path.
///
/// A band that starts on it begins without atoms that run into each other, as they may on straight lines.
///
/// ## References
/// S. Smidstrup, A. Pedersen, K. Stokbro, H. Jónsson, J. Chem. Phys. 140, 214106 (2014),
/// doi:10.1063/1.4878664.
struct PairDistancePath {
  /// Two atoms, one of them perhaps in another cell, and their distances at the two ends.
  private struct Pair: Hashable {
    var first: Int
    var second: Int
    var shift: Vector3
    var distances: (Double, Double)

    static func == (left: Pair, right: Pair) -> Bool {
      left.first == right.first && left.second == right.second
        && (left.shift - right.shift).length < 0.1
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(first)
      hasher.combine(second)
    }
  }

  /// Pairs that are nearer than this at either end count, angstrom; the weight of others is small.
  private static let reach = 5.0

  private let pairs: [Pair]
  private let images: Int

  /// Notes the pairs of both ends; positions run on from one to the other.
  init(from start: Structure, to end: Structure, images: Int) {
    self.images = images
    var found: Set<Pair> = []
    for structure in [start, end] {
      for (first, list) in structure.neighbors(within: PairDistancePath.reach).enumerated() {
        for neighbor in list where neighbor.index >= first {
          let second = neighbor.index
          let shift =
            neighbor.displacement
            - (structure.positions[second].vector - structure.positions[first].vector)
          // An atom and its own images keep their distances.
          guard second != first else { continue }
          let distances = [start, end].map {
            ($0.positions[second].vector + shift - $0.positions[first].vector).length
          }
          found.insert(
            Pair(
              first: first, second: second, shift: shift, distances: (distances[0], distances[1])))
        }
      }
    }
    pairs = found.sorted {
      ($0.first, $0.second, $0.shift.x, $0.shift.y, $0.shift.z)
        < ($1.first, $1.second, $1.shift.x, $1.shift.y, $1.shift.z)
    }
  }

  /// Moves the images of a path to where the pair potential's band settles, or nearly.
  ///
  /// - Parameters:
  ///   - path: all images, the ends included.
  ///   - fixedAtoms: atoms that stay.
  /// - Returns: the images; the ends as they were.
  func settled(_ path: [Structure], fixedAtoms: Set<Int>) -> [Structure] {
    var band = Band(
      positions: path.map(\.coordinates), springConstant: 0.1, fixedAtoms: fixedAtoms)
    var mover = FIRE()
    for _ in 0..<200 {
      for image in path.indices {
        let (value, forces) = valueAndForces(band.positions[image], image: image)
        band.take(image, energy: value, forces: forces)
      }
      band.project()
      if band.residual < 1e-3 { break }
      band.move(
        by: mover.step(
          force: band.projected, smoothed: band.projected, radius: 0.1,
          length: Vectors.longestTriple))
    }
    return zip(path, band.positions).enumerated().map { index, image in
      index == 0 || index == path.count - 1 ? image.0 : image.0.moved(to: image.1)
    }
  }

  /// The sum over pairs of `(d - d_wanted)^2 / d^4`, angstrom^-2, and minus its gradient.
  func valueAndForces(_ coordinates: [Double], image: Int) -> (Double, [Double]) {
    let share = Double(image) / Double(images + 1)
    var value = 0.0
    var forces = [Double](repeating: 0, count: coordinates.count)
    for pair in pairs {
      let (i, j) = (3 * pair.first, 3 * pair.second)
      let vector =
        Vector3(
          coordinates[j] - coordinates[i], coordinates[j + 1] - coordinates[i + 1],
          coordinates[j + 2] - coordinates[i + 2]) + pair.shift
      let distance = max(vector.length, 0.1)
      let excess = distance - ((1 - share) * pair.distances.0 + share * pair.distances.1)
      let weight = 1 / (distance * distance * distance * distance)
      value += weight * excess * excess
      let slope = 2 * weight * excess * (1 - 2 * excess / distance)
      let pull = vector * (slope / distance)
      for axis in 0..<3 {
        forces[i + axis] += pull[axis]
        forces[j + axis] -= pull[axis]
      }
    }
    return (value, forces)
  }
}
