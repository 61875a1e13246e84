import Engines
import Structures

/// The images of a path, the forces that the band exerts on them, and how they move.
///
/// Moved by FIRE, all images together: robust where forces are no gradient of anything, as here.
///
/// ## References
/// E. Bitzek, P. Koskinen, F. Gähler, M. Moseler, P. Gumbsch, Phys. Rev. Lett. 97, 170201 (2006),
/// doi:10.1103/PhysRevLett.97.170201.
struct Band {
  private(set) var positions: [[Vector3]]
  private let settings: BandSettings
  private var energies: [Double]
  private var forces: [[Vector3]]
  private var projected: [[Vector3]]
  private var tangents: [[Vector3]]
  private var velocities: [[Vector3]]
  private(set) var climber: Int?
  private(set) var residual = Double.infinity
  private var forceCalls = 0
  // FIRE with its authors' parameters; the time step is in units in which an atom's mass is 1.
  private var timeStep = 0.25
  private var mixing = 0.1
  private var downhill = 0

  private var inner: ClosedRange<Int> { 1...(positions.count - 2) }

  init(images: [[Vector3]], settings: BandSettings) {
    positions = images
    self.settings = settings
    let zero = images.map { $0.map { _ in Vector3.zero } }
    energies = images.map { _ in .nan }
    forces = zero
    projected = zero
    tangents = zero
    velocities = zero
  }

  mutating func setEnds(_ first: Double, _ last: Double) {
    energies[0] = first
    energies[energies.count - 1] = last
  }

  mutating func take(_ image: Int, energy: Double, forces: [Vector3]) {
    energies[image] = energy
    self.forces[image] = forces
    forceCalls += 1
  }

  /// The band's forces: the true ones across the path, the springs' along it; a climbing image feels
  /// the true force along the path turned round, and no spring.
  mutating func project() {
    residual = 0
    for image in inner {
      let tangent = tangent(at: image)
      tangents[image] = tangent
      let along = dot(forces[image], tangent)
      let ahead = length(difference(positions[image + 1], positions[image]))
      let behind = length(difference(positions[image], positions[image - 1]))
      let pull =
        image == climber ? -along : settings.springConstant * (ahead - behind)
      for atom in forces[image].indices {
        let force = forces[image][atom] + (pull - along) * tangent[atom]
        projected[image][atom] = force
        residual = max(residual, force.length)
      }
    }
  }

  /// The improved tangent of Henkelman and Jónsson: towards the neighbour of higher energy; at an
  /// extremum the mean of both, weighted by their energies.
  private func tangent(at image: Int) -> [Vector3] {
    let ahead = difference(positions[image + 1], positions[image])
    let behind = difference(positions[image], positions[image - 1])
    let (before, here, after) = (energies[image - 1], energies[image], energies[image + 1])
    let result: [Vector3]
    if after > here, here > before {
      result = ahead
    } else if after < here, here < before {
      result = behind
    } else {
      let changes = [(after - here).magnitude, (before - here).magnitude]
      let (large, small) = (max(changes[0], changes[1]), min(changes[0], changes[1]))
      let weights = after > before ? (large, small) : (small, large)
      result = zip(ahead, behind).map { weights.0 * $0 + weights.1 * $1 }
    }
    let size = length(result)
    guard size > 1e-12 else { return ahead.map { $0 / max(length(ahead), 1e-12) } }
    return result.map { $0 / size }
  }

  /// The highest image climbs from now on; another one takes over where the summit has moved.
  mutating func letHighestClimb() {
    climber = inner.max { energies[$0] < energies[$1] }
  }

  /// One step of FIRE.
  mutating func advance() {
    let power = inner.map { dot(projected[$0], velocities[$0]) }.reduce(0, +)
    let force = inner.map { dot(projected[$0], projected[$0]) }.reduce(0, +).squareRoot()
    let speed = inner.map { dot(velocities[$0], velocities[$0]) }.reduce(0, +).squareRoot()
    if power > 0 {
      for image in inner {
        for atom in velocities[image].indices {
          velocities[image][atom] =
            (1 - mixing) * velocities[image][atom]
            + (mixing * speed / max(force, 1e-12)) * projected[image][atom]
        }
      }
      downhill += 1
      if downhill > 5 {
        timeStep = min(1.1 * timeStep, 1.2)
        mixing *= 0.99
      }
    } else {
      velocities = velocities.map { $0.map { _ in .zero } }
      downhill = 0
      timeStep = max(0.5 * timeStep, 0.02)
      mixing = 0.1
    }
    var longest = 0.0
    for image in inner {
      for atom in velocities[image].indices {
        velocities[image][atom] += timeStep * projected[image][atom]
        longest = max(longest, timeStep * velocities[image][atom].length)
      }
    }
    let scale = longest > settings.largestStep ? settings.largestStep / longest : 1
    for image in inner {
      for atom in positions[image].indices {
        positions[image][atom] += (scale * timeStep) * velocities[image][atom]
      }
    }
  }

  func result(_ structures: [Structure], _ outcome: RelaxationOutcome) -> BandResult {
    var distances = [0.0]
    for image in 1..<structures.count {
      distances.append(
        (distances.last ?? 0) + structures[image - 1].distance(to: structures[image]))
    }
    let minima = inner.filter { image in
      energies[image] < min(energies[image - 1], energies[image + 1]) - 0.005
    }
    return BandResult(
      images: structures, energies: energies, distances: distances,
      tangentForces: energies.indices.map { dot(forces[$0], tangents[$0]) }, outcome: outcome,
      residualForce: residual, forceCalls: forceCalls, intermediateMinima: minima)
  }

  // MARK: Vectors of all atoms

  private func difference(_ left: [Vector3], _ right: [Vector3]) -> [Vector3] {
    zip(left, right).map { $0 - $1 }
  }

  private func dot(_ left: [Vector3], _ right: [Vector3]) -> Double {
    zip(left, right).map { $0.dot($1) }.reduce(0, +)
  }

  private func length(_ vector: [Vector3]) -> Double { dot(vector, vector).squareRoot() }
}
