import BondBreaking
import Campaigns
import Foundation
import LearnedPotential
import Reports
import Structures

/// How well a potential does on data that its fit has not seen.
struct FitReport: Encodable {
  var coefficients: Int
  var training_examples: Int
  var held_out_examples: Int
  /// Root mean square of errors of held-out force components, eV/angstrom; and of what the fit predicted.
  var force_error: Double
  var predicted_force_error: Double
  /// Root mean square of all held-out force components, eV/angstrom.
  var force_size: Double
  /// Share of held-out components within two predicted standard deviations.
  var within_two_deviations: Double
  /// Root mean square of errors of energy differences inside groups of one cell and mesh, eV/atom.
  var energy_error: Double
  var noise: LearnedPotential.Noise
  var log_evidence: Double
  var seconds: Double

  init(_ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double) {
    let start = ContinuousClock.now
    var sums = TrainingSums(basis: basis)
    var heldOut: [TrainingExample] = []
    for (number, example) in examples.enumerated() {
      if number % 5 == 4 { heldOut.append(example) } else { sums.add(example) }
    }
    let potential = LearnedPotential(sums, smoothness: smoothness)
    var (square, predicted, size, inside, count) = (0.0, 0.0, 0.0, 0, 0)
    var energies: [String: [(error: Double, atoms: Double)]] = [:]
    for example in heldOut {
      let prediction = potential.predict(example.structure)
      for (atom, force) in example.forces.enumerated() {
        for axis in 0..<3 {
          let error = prediction.forces[atom][axis] - force[axis]
          let deviation = prediction.forceDeviations[atom][axis]
          square += error * error
          predicted += deviation * deviation
          size += force[axis] * force[axis]
          inside += abs(error) < 2 * deviation ? 1 : 0
          count += 1
        }
      }
      energies[example.energyGroup ?? "", default: []].append(
        (prediction.energy - example.energy, Double(example.structure.count)))
    }
    var (energySquare, energyCount) = (0.0, 0)
    for group in energies.values where group.count > 1 {
      let mean = group.map(\.error).reduce(0, +) / Double(group.count)
      for (error, atoms) in group {
        energySquare += (error - mean) * (error - mean) / (atoms * atoms)
      }
      energyCount += group.count - 1
    }
    let number = Double(max(1, count))
    coefficients = basis.count
    training_examples = sums.count
    held_out_examples = heldOut.count
    force_error = (square / number).squareRoot()
    predicted_force_error = (predicted / number).squareRoot()
    force_size = (size / number).squareRoot()
    within_two_deviations = Double(inside) / number
    energy_error = (energySquare / Double(max(1, energyCount))).squareRoot()
    noise = potential.noise
    log_evidence = potential.logEvidence
    seconds = (ContinuousClock.now - start) / .seconds(1)
  }

  var text: String {
    """
    \(training_examples) force calls learned, \(held_out_examples) held out, \(coefficients) coefficients, \
    \(seconds.formatted(digits: 1)) s

    held out                          error   predicted
    forces (meV/angstrom, RMS)   \((1000 * force_error).padded(10)) \((1000 * predicted_force_error).padded(11))
      of forces themselves       \((1000 * force_size).padded(10))
      within two deviations (%)  \((100 * within_two_deviations).padded(10))
    energies (meV/atom, RMS)     \((1000 * energy_error).padded(10))

    Noise that the fit found: forces \((1000 * noise.force).formatted(digits: 1)) meV/angstrom. \
    Logarithm of the evidence: \(log_evidence.formatted(digits: 1)).
    Energies are compared inside groups of one cell and mesh: another mesh shifts them.
    """
  }
}

extension Double {
  fileprivate func padded(_ width: Int) -> String {
    let text = String(format: "%.1f", self)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
