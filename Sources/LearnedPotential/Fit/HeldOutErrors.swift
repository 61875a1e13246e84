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
    var groups: [String: [Double]] = [:]
    var (energySquare, energyCount) = (0.0, 0)
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
      let error = (prediction.energy - example.energy) / Double(max(1, example.structure.count))
      if let group = example.energyGroup {
        groups[group, default: []].append(error)
      } else {
        energySquare += error * error
        energyCount += 1
      }
    }
    for (_, errors) in groups.sorted(by: { $0.key < $1.key }) where errors.count > 1 {
      let mean = errors.reduce(0, +) / Double(errors.count)
      energySquare += errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      // The mean is taken from these data, and with it one of them.
      energyCount += errors.count - 1
    }
    let number = Double(max(1, count))
    self.examples = examples.count
    force = (square / number).squareRoot()
    predictedForce = (predicted / number).squareRoot()
    openForce = (open / number).squareRoot()
    forceSize = (size / number).squareRoot()
    withinTwoDeviations = Double(inside) / number
    energy = energyCount > 0 ? (energySquare / Double(energyCount)).squareRoot() : nil
  }
}
