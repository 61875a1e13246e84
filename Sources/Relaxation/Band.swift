import Foundation
import Structures

/// The images of a path between two ends, and the forces that the band exerts on them.
///
/// Only the images between the ends move; their coordinates, image after image, are one vector.
struct Band {
  /// Positions of all images, the ends included: x, y, z of each atom in turn, angstrom.
  private(set) var positions: [[Double]]
  /// Energies of all images, eV.
  private(set) var energies: [Double]
  /// Unit vectors along the path; zero at the ends.
  private(set) var tangents: [[Double]]
  /// Forces of the band on the images between the ends, eV/angstrom.
  private(set) var projected: [Double] = []
  /// Largest force of the band on an atom, eV/angstrom.
  private(set) var residual = Double.infinity
  /// The image that climbs.
  var climber: Int?
  /// Whether springs straighten kinks.
  var straightens = true
  /// Whether they pull at an image now.
  private(set) var isStraightened = false
  private var forces: [[Double]]
  private let springConstant: Double
  private let heldCoordinates: [Int]
  /// Whether no image moves as a whole.
  private let keepsCentroid: Bool

  /// The images between the ends.
  var inner: ClosedRange<Int> { 1...(positions.count - 2) }

  init(positions: [[Double]], springConstant: Double, fixedAtoms: Set<Int>) {
    self.positions = positions
    self.springConstant = springConstant
    heldCoordinates = fixedAtoms.sorted().filter { 3 * $0 + 2 < positions[0].count }
      .flatMap { [3 * $0, 3 * $0 + 1, 3 * $0 + 2] }
    keepsCentroid = Band.keepsCentroid(atoms: positions[0].count / 3, fixedAtoms: fixedAtoms)
    energies = positions.map { _ in .nan }
    forces = positions.map { $0.map { _ in 0 } }
    tangents = forces
  }

  /// Whether a path has no part in a drift of all atoms: where none is held and there are several.
  static func keepsCentroid(atoms: Int, fixedAtoms: Set<Int>) -> Bool {
    fixedAtoms.isEmpty && atoms > 1
  }

  /// Takes over an answer for one image.
  mutating func take(_ image: Int, energy: Double, forces: [Double]) {
    energies[image] = energy
    self.forces[image] = forces
  }

  /// Force along the path at each image, eV/angstrom.
  var tangentForces: [Double] {
    positions.indices.map { Vectors.dot(forces[$0], tangents[$0]) }
  }

  /// Renews the band's forces: the true ones across the path, the springs' along it; a climbing image
  /// feels the true force along the path turned round, and no spring.
  mutating func project() {
    residual = 0
    isStraightened = false
    projected = []
    for image in inner {
      let tangent = tangent(at: image)
      tangents[image] = tangent
      let along = Vectors.dot(forces[image], tangent)
      let ahead = distance(image, image + 1)
      let behind = distance(image - 1, image)
      let pull = image == climber ? -along : springConstant * (ahead - behind)
      var force = forces[image]
      Vectors.add(pull - along, tangent, to: &force)
      if straightens, let pull = straightening(at: image, tangent) {
        isStraightened = true
        Vectors.add(1, pull, to: &force)
      }
      for coordinate in heldCoordinates { force[coordinate] = 0 }
      residual = max(residual, Vectors.longestTriple(force))
      projected += force
    }
  }

  /// Stiffness of the springs that straighten kinks, eV/angstrom^2: those along the path are softer, for the images
  /// have to be held in line far more than apart.
  private static let stiffness = 3.0

  /// A spring's force across the path where the path kinks: none of it at a turn of 75 degrees, all at 105.
  ///
  /// Where a structure is soft across the path nothing else holds an image: the path gets longer and longer, and
  /// its images run away. Paths that turn less feel nothing of it.
  ///
  /// ## References
  /// H. Jónsson, G. Mills, K. W. Jacobsen, in Classical and Quantum Dynamics in Condensed Phase Simulations, World
  /// Scientific 1998, 385, doi:10.1142/9789812839664_0016; they let it through from the smallest turn on.
  private func straightening(at image: Int, _ tangent: [Double]) -> [Double]? {
    let ahead = zip(positions[image + 1], positions[image]).map(-)
    let behind = zip(positions[image], positions[image - 1]).map(-)
    let lengths = (Vectors.dot(ahead, ahead) * Vectors.dot(behind, behind)).squareRoot()
    guard lengths > 1e-12 else { return nil }
    let turn = acos(max(-1, min(1, Vectors.dot(ahead, behind) / lengths))) * 180 / Double.pi
    let share = 0.5 * (1 - cos(Double.pi * max(0, min(1, (turn - 75) / 30))))
    guard share > 0 else { return nil }
    let pull = zip(ahead, behind).map { Band.stiffness * ($0 - $1) }
    let along = Vectors.dot(pull, tangent)
    return zip(pull, tangent).map { share * ($0 - along * $1) }
  }

  /// The improved tangent of Henkelman and Jónsson: towards the neighbour of higher energy; at an
  /// extremum the mean of both, weighted by their energies.
  private func tangent(at image: Int) -> [Double] {
    let ahead = zip(positions[image + 1], positions[image]).map(-)
    let behind = zip(positions[image], positions[image - 1]).map(-)
    let (before, here, after) = (energies[image - 1], energies[image], energies[image + 1])
    var result: [Double]
    if after > here, here > before {
      result = ahead
    } else if after < here, here < before {
      result = behind
    } else {
      let changes = ((after - here).magnitude, (before - here).magnitude)
      let (large, small) = (max(changes.0, changes.1), min(changes.0, changes.1))
      let weights = after > before ? (large, small) : (small, large)
      result = zip(ahead, behind).map { weights.0 * $0 + weights.1 * $1 }
    }
    var size = Vectors.dot(result, result).squareRoot()
    if size < 1e-12 {
      // Three equal energies: the chord.
      result = zip(ahead, behind).map(+)
      size = max(Vectors.dot(result, result).squareRoot(), 1e-12)
    }
    return result.map { $0 / size }
  }

  /// Distance between two images in the space of all atoms, angstrom.
  func distance(_ first: Int, _ second: Int) -> Double {
    zip(positions[first], positions[second]).map { ($1 - $0) * ($1 - $0) }.reduce(0, +)
      .squareRoot()
  }

  /// Whether an image is above both ends by more than a margin, eV: without one the path only rises or falls.
  func hasSaddle(higherThan margin: Double) -> Bool {
    let highest = inner.map { energies[$0] }.max() ?? -.infinity
    return highest > max(energies[0], energies[energies.count - 1]) + margin
  }

  /// Whether the image that climbs is the highest one.
  var highestClimbs: Bool {
    climber != nil && climber == inner.max { energies[$0] < energies[$1] }
  }

  /// Lets the highest image climb; returns whether another one climbed before.
  mutating func letHighestClimb() -> Bool {
    let highest = inner.max { energies[$0] < energies[$1] }
    defer { climber = highest }
    return climber != highest
  }

  /// Moves the images between the ends, held atoms not, and where none is held no image as a whole: were
  /// they to drift, the tangents would turn into the drift, and the band run away along it.
  mutating func move(by step: [Double]) {
    let count = positions[0].count
    for image in inner {
      var move = Array(step[((image - 1) * count)..<(image * count)])
      for coordinate in heldCoordinates { move[coordinate] = 0 }
      if keepsCentroid {
        for axis in 0..<3 {
          let axes = stride(from: axis, to: count, by: 3)
          let mean = axes.map { move[$0] }.reduce(0, +) / Double(max(1, count / 3))
          for coordinate in axes { move[coordinate] -= mean }
        }
      }
      Vectors.add(1, move, to: &positions[image])
    }
  }

  /// Images that lie in a hollow of the path, deeper than `depth` eV.
  func hollows(deeperThan depth: Double) -> [Int] {
    inner.filter { image in
      energies[image] < min(energies[image - 1], energies[image + 1]) - depth
    }
  }
}
