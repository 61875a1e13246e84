import Structures

/// The planes of an oriented crystal, the cuts between them, and which of those are equivalent.
///
/// Cut i lies between plane i and plane i + 1 of the endless stack. Above it begins a piece of
/// crystal with *lower face* i, below it ends one with *upper face* i. An operation of symmetry that
/// keeps the normal maps upper faces to upper faces; one that reverses it maps them to lower faces.
/// Two slabs are equivalent when an operation maps the faces of one to those of the other.
struct PlaneStack: Sendable {
  /// What the planes were sorted with, angstrom.
  let tolerance: Double
  /// Planes of one repeat by rising height.
  let planes: [OrientedCrystal.Plane]
  /// Class of each upper face, then of each lower face; equal numbers are equivalent faces.
  let faceClasses: [Int]
  /// Class of each cut: equivalent ones make equivalent stoichiometric slabs.
  let cutClasses: [Int]
  /// Weight of the bonds through each cut, for one surface cell, in ordinary bonds.
  let cutBonds: [Double]

  var count: Int { planes.count }

  func upperFace(_ cut: Int) -> Int { faceClasses[cut] }
  func lowerFace(_ cut: Int) -> Int { faceClasses[count + cut] }

  init(_ crystal: OrientedCrystal, tolerance: Double) {
    let planes = crystal.planes(tolerance: tolerance)
    let repeatHeight = crystal.repeatHeight
    let count = planes.count
    // The middle of the empty space: a plane may be thick, and its mean height off its middle.
    let middles = planes.indices.map { index in
      let above =
        index + 1 < count
        ? planes[index + 1].extent.lowerBound : planes[0].extent.lowerBound + repeatHeight
      return (planes[index].extent.upperBound + above) / 2
    }
    var faces = DisjointSets(count: 2 * count)
    var cuts = DisjointSets(count: count)
    for operation in crystal.stackOperations {
      for cut in 0..<count {
        let shift = operation.shift * repeatHeight
        let image = (operation.reverses ? -middles[cut] : middles[cut]) + shift
        // The nearest cut; planes are farther apart than the noise of a relaxed crystal.
        let distances = middles.map { middle in
          let difference = (image - middle) / repeatHeight
          return (difference - difference.rounded()).magnitude * repeatHeight
        }
        guard let least = distances.min(), least < tolerance / 2 + 1e-6,
          let target = distances.firstIndex(of: least)
        else { continue }
        cuts.join(cut, target)
        if operation.reverses {
          faces.join(cut, count + target)
          faces.join(count + cut, target)
        } else {
          faces.join(cut, target)
          faces.join(count + cut, count + target)
        }
      }
    }
    self.tolerance = tolerance
    self.planes = planes
    faceClasses = (0..<(2 * count)).map { faces.root($0) }
    cutClasses = (0..<count).map { cuts.root($0) }
    cutBonds = middles.map { cut in
      var weight = 0.0
      for bond in crystal.risingBonds {
        let start = crystal.structure.positions[bond.start].z
        // Number of heights cut + k * repeat between the two ends of the bond.
        let crossings =
          ((start + bond.rise - cut) / repeatHeight).rounded(.down)
          - ((start - cut) / repeatHeight).rounded(.down)
        weight += crossings * bond.weight
      }
      return weight
    }
  }
}

/// Sets that can be joined; the root of a set is its smallest member.
struct DisjointSets {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  func root(_ element: Int) -> Int {
    var current = element
    while parents[current] != current { current = parents[current] }
    return current
  }

  mutating func join(_ first: Int, _ second: Int) {
    let (one, other) = (root(first), root(second))
    parents[max(one, other)] = min(one, other)
  }
}
