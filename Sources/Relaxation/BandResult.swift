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
  /// Largest force on a free atom of an end that still counts as a minimum, eV/angstrom; nil lets
  /// everything pass.
  public var endForceThreshold: Double?
  /// Indices of atoms that stay where they are.
  public var fixedAtoms: Set<Int>
  /// The images before the first force call.
  public var start: Start
  /// How the images move.
  public var method: Method

  /// Structures nearer than this, in the space of all atoms, count as one, angstrom.
  static let leastDistance = 0.3

  /// Where the images of a path start.
  public enum Start: String, Sendable, Hashable, Codable, CaseIterable {
    /// On straight lines.
    case linear
    /// Where distances between near atoms change evenly (image-dependent pair potential).
    case pairDistances = "idpp"
  }

  /// How the images of a band move.
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
    /// All together by L-BFGS, preconditioned by springs between neighbours; goes over to ``fire`` where
    /// that does not get on.
    case limitedMemory = "lbfgs"
    /// All together by damped dynamics.
    case fire
  }

  /// Creates settings; units as in the properties.
  ///
  /// Without a climbing threshold it is five times the force threshold, and without one for the ends three
  /// times, at least 0.05.
  public init(
    images: Int = 3, springConstant: Double = 0.2, forceThreshold: Double = 0.02,
    climbingThreshold: Double? = nil, maximumSteps: Int = 300, largestStep: Double = 0.15,
    fixedAtoms: Set<Int> = [], start: Start = .pairDistances, method: Method = .limitedMemory
  ) {
    self.images = images
    self.springConstant = springConstant
    self.forceThreshold = forceThreshold
    self.climbingThreshold = climbingThreshold ?? 5 * forceThreshold
    self.maximumSteps = maximumSteps
    self.largestStep = largestStep
    endForceThreshold = max(0.05, 3 * forceThreshold)
    self.fixedAtoms = fixedAtoms
    self.start = start
    self.method = method
  }
}

/// A path between two minima, as one band found it.
public struct BandResult: Sendable {
  /// All images, the two ends included; positions run on across the borders of the cell.
  public var images: [Structure]
  /// Energies of all images in eV.
  public var energies: [Double]
  /// Distance along the path from the first end, angstrom.
  public var distances: [Double]
  /// Force along the path at each image, eV/angstrom: minus the slope of the energy; zero at the ends.
  public var tangentForces: [Double]
  /// Why it ended.
  public var outcome: RelaxationOutcome
  /// Largest force of the band left on an atom, eV/angstrom.
  public var residualForce: Double
  /// Number of force calls, those of the two ends not included.
  public var forceCalls: Int
  /// Images that lie in a hollow of the path, deeper than 5 meV: there is a minimum near them.
  public var intermediateMinima: [Int]

  /// Energy of the highest image where the search began, eV, which no path of least energy exceeds; nil where it began
  /// elsewhere than on a line between the ends.
  public var startingHighestEnergy: Double?

  /// A path higher than the line that it began on, by more than images between the images can tell, eV, is another one
  /// than that of least energy.
  private static let straying = 0.05
  /// Whether a path with these energies of its images, eV, is such a one.
  ///
  /// - Parameters:
  ///   - energies: along the path.
  ///   - line: of the line's highest point, eV; nil where none is known.
  /// - Returns: false where none is known.
  static func strays(_ energies: [Double], above line: Double?) -> Bool {
    guard let line, let highest = energies.max() else { return false }
    return highest > line + straying
  }

  /// Why such a path does not count.
  static let astray = RelaxationOutcome.stalled(
    reason: "the path has gone astray: it is higher than the line that it began on")

  /// Energy of the highest point above the first end, eV.
  public var forwardBarrier: Double { highestEnergy - (energies.first ?? 0) }
  /// Energy of the highest point above the last end, eV.
  public var reverseBarrier: Double { highestEnergy - (energies.last ?? 0) }
  /// Energy of the highest image, which has climbed to the saddle, eV; no number where one of the images has
  /// no energy.
  public var highestEnergy: Double {
    energies.allSatisfy(\.isFinite) ? energies.max() ?? .nan : .nan
  }

  /// The energy between the images: cubic pieces with the images' energies and forces.
  ///
  /// - Parameter pointsPerPiece: points between two images, at least 1; 1 gives the images alone.
  /// - Returns: distance from the first end in angstrom and energy in eV.
  public func profile(pointsPerPiece: Int) -> [(distance: Double, energy: Double)] {
    pathProfile(
      distances: distances, energies: energies, tangentForces: tangentForces,
      pointsPerPiece: pointsPerPiece)
  }
}

/// What is wrong with the two ends of a path; facts only.
public enum BandError: Error, Sendable, Hashable {
  /// The ends do not hold the same atoms in the same order; their numbers of atoms.
  case differentAtoms(first: Int, last: Int)
  /// The ends are in different cells.
  case differentCells
  /// A path has at least one image between its ends.
  case noImages
  /// The ends are one structure within so many angstrom: one has relaxed into the other.
  case endsCoincide(distance: Double)
  /// An end is no minimum: the largest force on a free atom there, eV/angstrom, and how small it must be.
  case endIsNoMinimum(isFirst: Bool, force: Double, threshold: Double)
}
