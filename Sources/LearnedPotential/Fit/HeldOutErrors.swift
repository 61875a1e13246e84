import Structures

/// How a potential does on examples that its fit has not seen.
public struct HeldOutErrors: Sendable, Hashable, Codable {
  /// Number of examples.
  public var examples: Int
  /// Root mean square of errors of force components, eV/angstrom.
  public var force: Double
  /// Root mean square of what was predicted of those errors, eV/angstrom.
  public var predictedForce: Double
  /// What the fit itself holds open of the forces, which more data could still change, eV/angstrom; the rest is noise.
  public var openForce: Double
  /// Root mean square of the force components themselves, eV/angstrom.
  public var forceSize: Double
  /// Share of components within two predicted standard deviations.
  public var withinTwoDeviations: Double
  /// Factor of what the fit itself holds open, in the predicted deviations; nil in files of earlier versions, which
  /// had 1.
  public var stretch: Double?
  /// Root mean square of errors of energies whose mesh has settled, and of differences between cells with one mesh, eV for
  /// each atom; those of a group less its unknown constants; nil where no energy could be compared.
  public var energy: Double?
  /// The same of all others, whose own error is a large part of it; nil in files of earlier versions, which had them
  /// among the energies.
  public var roughEnergy: Double?

  /// Compares.
  ///
  /// - Parameters:
  ///   - potential: fitted to other examples.
  ///   - examples: of its elements.
  ///   - stretch: factor of what the fit holds open (``neededStretch``), in the predicted deviations.
  public init(
    _ potential: LearnedPotential, _ examples: [TrainingExample], stretch: Double = 1
  ) {
    self.init([(ErrorTally(potential, examples), stretch)])
  }

  /// Puts parts together, each foretold by a fit of its own.
  ///
  /// - Parameter parts: errors, and the factor of what their fit holds open.
  init(_ parts: [(tally: ErrorTally, stretch: Double)]) {
    var whole = ErrorTally()
    var (stretched, inside) = (0.0, 0)
    for (tally, stretch) in parts {
      whole.add(tally)
      stretched += stretch * stretch * tally.open
      inside +=
        tally.components.filter {
          $0.error * $0.error < 4 * ($0.noise + stretch * stretch * $0.open)
        }.count
    }
    let number = Double(max(1, whole.components.count))
    examples = whole.examples
    force = (whole.square / number).squareRoot()
    predictedForce = ((whole.noise + stretched) / number).squareRoot()
    openForce = (whole.open / number).squareRoot()
    forceSize = (whole.size / number).squareRoot()
    withinTwoDeviations = Double(inside) / number
    energy = whole.energies.rootMeanSquare
    roughEnergy = whole.roughEnergies.rootMeanSquare
    // One factor that stands for those of all parts.
    stretch = whole.open > 0 ? (stretched / whole.open).squareRoot() : 1
  }

  /// By how much what a fit holds open of forces has to be stretched to explain these errors; at least 1.
  ///
  /// The posterior of a linear model takes its functions for the truth. Where they are not, errors on cells of another
  /// kind are larger than what more data of the same kind could change.
  public var neededStretch: Double {
    let opened = openForce * openForce
    let noise = predictedForce * predictedForce - (stretch ?? 1) * (stretch ?? 1) * opened
    return HeldOutErrors.neededStretch(square: force * force, noise: noise, open: opened)
  }

  /// The same of mean or summed squares: of errors, of noise, and of what is open.
  static func neededStretch(square: Double, noise: Double, open: Double) -> Double {
    open > 0 ? max(1, (square - noise) / open).squareRoot() : 1
  }

  /// Root mean square of errors of energies for each atom, of which those of a group share unknown constants.
  ///
  /// - Parameter errors: with their examples.
  /// - Returns: in the unit of the errors; nil where none can be compared.
  public static func rootMeanSquare(
    of errors: [(example: TrainingExample, error: Double)]
  ) -> Double? {
    SumOfSquares(errors).rootMeanSquare
  }
}

extension TrainingExample {
  /// Error of an energy of its cell in eV, eV for each atom.
  public func energyError(of energy: Double) -> Double {
    (energy - self.energy) / Double(max(1, structure.count))
  }
}
