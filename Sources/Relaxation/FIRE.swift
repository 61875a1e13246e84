/// Damped dynamics that gains speed downhill and stops where it would climb: the fast inertial relaxation
/// engine.
///
/// It needs forces alone, not even the gradient of anything: the last resort where quasi-Newton steps
/// fail. Parameters are its authors'; the time step is in units in which every coordinate has a mass of 1.
///
/// ## References
/// E. Bitzek, P. Koskinen, F. Gähler, M. Moseler, P. Gumbsch, Phys. Rev. Lett. 97, 170201 (2006),
/// doi:10.1103/PhysRevLett.97.170201.
struct FIRE: Sendable {
  private var velocity: [Double] = []
  /// Masses times velocities.
  private var momentum: [Double] = []
  private var timeStep = 0.25
  private var mixing = 0.1
  private var downhill = 0

  /// The next move of all coordinates.
  ///
  /// - Parameters:
  ///   - force: on each coordinate, atom by atom.
  ///   - smoothed: the force divided by the masses; where these are what a preconditioner says, soft
  ///     and stiff motions take equal times.
  ///   - radius: longest move of an atom, or of a coordinate that belongs to none, angstrom.
  ///   - length: length of a move in that sense.
  /// - Returns: the move in angstrom.
  mutating func step(
    force: [Double], smoothed: [Double], radius: Double, length: ([Double]) -> Double
  ) -> [Double] {
    if velocity.isEmpty {
      velocity = [Double](repeating: 0, count: force.count)
      momentum = velocity
    }
    let power = Vectors.dot(force, velocity)
    if power > 0 {
      let speed = max(0, Vectors.dot(velocity, momentum)).squareRoot()
      let size = max(Vectors.dot(force, smoothed), 1e-24).squareRoot()
      for index in velocity.indices {
        velocity[index] = (1 - mixing) * velocity[index] + mixing * speed / size * smoothed[index]
        momentum[index] = (1 - mixing) * momentum[index] + mixing * speed / size * force[index]
      }
      downhill += 1
      if downhill > 5 {
        timeStep = min(1.1 * timeStep, 1.2)
        mixing *= 0.99
      }
    } else {
      for index in velocity.indices { (velocity[index], momentum[index]) = (0, 0) }
      downhill = 0
      timeStep = max(0.5 * timeStep, 0.02)
      mixing = 0.1
    }
    for index in velocity.indices {
      velocity[index] += timeStep * smoothed[index]
      momentum[index] += timeStep * force[index]
    }
    let move = velocity.map { timeStep * $0 }
    let longest = length(move)
    return longest > radius ? move.map { $0 * (radius / longest) } : move
  }
}

/// Sums over all coordinates.
enum Vectors {
  /// The scalar product.
  static func dot(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }

  /// The first less the second.
  static func difference(_ first: [Double], _ second: [Double]) -> [Double] {
    zip(first, second).map { $0 - $1 }
  }

  /// Adds a multiple of one vector to another.
  static func add(_ factor: Double, _ other: [Double], to vector: inout [Double]) {
    for index in vector.indices { vector[index] += factor * other[index] }
  }

  /// Length of the longest triple of coordinates: the move of one atom; infinite where one is no number.
  static func longestTriple(_ vector: [Double]) -> Double {
    var longest = 0.0
    for start in stride(from: 0, to: vector.count - 2, by: 3) {
      let square =
        vector[start] * vector[start] + vector[start + 1] * vector[start + 1]
        + vector[start + 2] * vector[start + 2]
      guard square.isFinite else { return .infinity }
      longest = max(longest, square)
    }
    return longest.squareRoot()
  }
}
