import Structures

/// How a potential does on examples that its fit has not seen.
public struct HeldOutErrors: Sendable, Hashable, Codable {
  /// Number of examples.
  public var examples: Int
  /// Root mean square of errors of force components, eV/angstrom.
  public var force: Double
  /// Root mean square of what the fit predicted of those errors, eV/angstrom.
  public var predictedForce: Double
  /// The part of that which more data could still change; the rest is noise, eV/angstrom.
  public var openForce: Double
  /// Root mean square of the force components themselves, eV/angstrom.
  public var forceSize: Double
  /// Share of components within two predicted standard deviations.
  public var withinTwoDeviations: Double
  /// Root mean square of errors of energies, eV for each atom; those of a group less its mean error; nil where
  /// no energy could be compared.
  public var energy: Double?

  /// Compares.
  ///
  /// - Parameters:
  ///   - potential: fitted to other examples.
  ///   - examples: of its elements.
  public init(_ potential: LearnedPotential, _ examples: [TrainingExample]) {
    var (square, predicted, open, size, inside, count) = (0.0, 0.0, 0.0, 0.0, 0, 0)
    var energies: [(group: String?, error: Double)] = []
    for example in examples {
      let prediction = potential.predict(example.structure)
      for (atom, force) in example.forces.enumerated() {
        for axis in 0..<3 {
          let error = prediction.forces[atom][axis] - force[axis]
          let deviation = prediction.forceDeviations[atom][axis]
          square += error * error
          predicted += deviation * deviation
          open += max(0, deviation * deviation - prediction.forceNoise * prediction.forceNoise)
          size += force[axis] * force[axis]
          inside += abs(error) < 2 * deviation ? 1 : 0
          count += 1
        }
      }
      energies.append((example.energyGroup, example.energyError(of: prediction.energy)))
    }
    let number = Double(max(1, count))
    self.examples = examples.count
    force = (square / number).squareRoot()
    predictedForce = (predicted / number).squareRoot()
    openForce = (open / number).squareRoot()
    forceSize = (size / number).squareRoot()
    withinTwoDeviations = Double(inside) / number
    energy = HeldOutErrors.rootMeanSquare(of: energies)
  }

  /// Root mean square of errors of energies, of which those of a group share an unknown constant.
  ///
  /// - Parameter errors: with their groups, nil for absolute ones.
  /// - Returns: in the unit of the errors; nil where none can be compared.
  public static func rootMeanSquare(of errors: [(group: String?, error: Double)]) -> Double? {
    var (square, count) = (0.0, 0)
    for (group, members) in Dictionary(grouping: errors, by: \.group)
      .sorted(by: { ($0.key ?? "") < ($1.key ?? "") })
    {
      let values = members.map(\.error)
      let mean = group == nil ? 0 : values.reduce(0, +) / Double(values.count)
      square += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      // The mean is taken from these data, and with it one of them.
      count += values.count - (group == nil ? 0 : 1)
    }
    return count > 0 ? (square / Double(count)).squareRoot() : nil
  }
}

extension TrainingExample {
  /// Error of an energy of its cell in eV, eV for each atom.
  public func energyError(of energy: Double) -> Double {
    (energy - self.energy) / Double(max(1, structure.count))
  }
}
