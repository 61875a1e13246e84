public import Engines
public import Structures

/// How a path between two minima is found.
public struct BandSettings: Sendable, Hashable, Codable {
  /// Number of images between the two ends.
  public var images: Int
  /// Stiffness of the springs between images, eV/angstrom^2.
  public var springConstant: Double
  /// Largest force of the band on an atom at the end, eV/angstrom.
  public var forceThreshold: Double
  /// The highest image climbs once the band's largest force is below this, eV/angstrom.
  public var climbingThreshold: Double
  /// Most steps of the band; each asks the engine once for every image.
  public var maximumSteps: Int
  /// Longest move of an atom in one step, angstrom.
  public var largestStep: Double

  /// Creates settings; units as in the properties.
  public init(
    images: Int = 3, springConstant: Double = 3, forceThreshold: Double = 0.02,
    climbingThreshold: Double = 0.3, maximumSteps: Int = 300, largestStep: Double = 0.15
  ) {
    self.images = images
    self.springConstant = springConstant
    self.forceThreshold = forceThreshold
    self.climbingThreshold = climbingThreshold
    self.maximumSteps = maximumSteps
    self.largestStep = largestStep
  }
}

/// A path between two minima.
public struct BandResult: Sendable {
  /// All images, the two ends included; positions run on across the borders of the cell.
  public var images: [Structure]
  /// Energies of all images in eV.
  public var energies: [Double]
  /// Distance along the path from the first end, angstrom.
  public var distances: [Double]
  /// Force along the path at each image, eV/angstrom; zero at the ends.
  public var tangentForces: [Double]
  /// Why it ended.
  public var outcome: RelaxationOutcome
  /// Largest force of the band left on an atom, eV/angstrom.
  public var residualForce: Double
  /// Number of force calls, those of the two ends not included.
  public var forceCalls: Int
  /// Images that lie in a hollow of the path, deeper than 5 meV: the path should be split there.
  public var intermediateMinima: [Int]

  /// Energy of the highest point above the first end, eV.
  public var forwardBarrier: Double { highestEnergy - (energies.first ?? 0) }
  /// Energy of the highest point above the last end, eV.
  public var reverseBarrier: Double { highestEnergy - (energies.last ?? 0) }
  /// Energy of the highest image, which has climbed to the saddle, eV.
  public var highestEnergy: Double { energies.max() ?? 0 }
}

/// Finds the path of least energy between two minima: the climbing nudged elastic band.
///
/// The tangent is the improved one, which follows the neighbour of higher energy; with the older mean
/// tangent bands kink. The band settles first, then its highest image climbs. Every geometry goes
/// through the engine, so a store around it lets a killed search go on where it was.
///
/// - Parameters:
///   - start: a relaxed minimum.
///   - end: another one, the same atoms in the same order.
///   - engine: asked for every image of every step.
///   - sampling: passed to the engine.
///   - settings: thresholds and limits.
///   - progress: told of every step: number, largest force of the band (eV/angstrom), whether an image
///     climbs.
/// - Returns: the path, converged or not.
/// - Throws: ``BandError``, what the engine throws, and `CancellationError`.
///
/// ## References
/// G. Henkelman, B. P. Uberuaga, H. Jónsson, J. Chem. Phys. 113, 9901 (2000), doi:10.1063/1.1329672;
/// G. Henkelman, H. Jónsson, J. Chem. Phys. 113, 9978 (2000), doi:10.1063/1.1323224.
public func nudgedElasticBand(
  from start: Structure, to end: Structure, engine: any Engine, sampling: Sampling,
  settings: BandSettings,
  progress: @Sendable (_ step: Int, _ residual: Double, _ climbs: Bool) -> Void = { _, _, _ in }
) async throws -> BandResult {
  guard start.species == end.species else {
    throw BandError.differentAtoms(first: start.count, last: end.count)
  }
  guard settings.images > 0 else { throw BandError.noImages }
  let path = start.linearPath(to: end, images: settings.images)
  guard let last = path.last else { throw BandError.noImages }
  let distance = start.distance(to: last)
  guard distance > 0.3 else { throw BandError.endsCoincide(distance: distance) }
  var band = Band(
    images: path.map { $0.positions.map(\.vector) }, settings: settings)
  var energies: [Double] = []
  for structure in [start, last] {
    let evaluation = try await engine.evaluate(structure, sampling: sampling)
    if case .notConverged(let reason) = evaluation.convergence {
      return band.result(path, .engineNotConverged(reason: reason))
    }
    energies.append(evaluation.energy)
  }
  band.setEnds(energies[0], energies[1])
  var structures = path
  for step in 1...settings.maximumSteps {
    try Task.checkCancellation()
    for image in 1...settings.images {
      for atom in structures[image].positions.indices {
        structures[image].positions[atom].vector = band.positions[image][atom]
      }
      let evaluation = try await engine.evaluate(structures[image], sampling: sampling)
      if case .notConverged(let reason) = evaluation.convergence {
        return band.result(structures, .engineNotConverged(reason: reason))
      }
      band.take(image, energy: evaluation.energy, forces: evaluation.forces)
    }
    band.project()
    progress(step, band.residual, band.climber != nil)
    if band.residual < settings.forceThreshold, band.climber != nil {
      return band.result(structures, .converged)
    }
    if band.residual < settings.climbingThreshold { band.letHighestClimb() }
    band.advance()
  }
  return band.result(structures, .forceCallLimit)
}

/// What is wrong with the two ends of a path; facts only.
public enum BandError: Error, Sendable, Hashable {
  /// The ends do not hold the same atoms in the same order; their numbers of atoms.
  case differentAtoms(first: Int, last: Int)
  /// A path has at least one image between its ends.
  case noImages
  /// The ends are one structure within so many angstrom: one has relaxed into the other.
  case endsCoincide(distance: Double)
}

extension Structure {
  /// Images on straight lines to another structure, both ends included.
  ///
  /// Each atom goes the shortest way, across the border of the cell where that is shorter.
  func linearPath(to end: Structure, images: Int) -> [Structure] {
    let moves = zip(positions, end.positions).map { from, to -> Vector3 in
      var difference = cell.fractional(CartesianPosition(to.vector - from.vector)).vector
      difference -= difference.rounded(.toNearestOrAwayFromZero)
      return cell.cartesian(FractionalPosition(difference)).vector
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
}
