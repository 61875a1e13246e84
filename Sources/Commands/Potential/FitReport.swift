import BondBreaking
import Foundation
import LearnedPotential

/// How well a potential does on data that its fit has not seen.
struct FitReport: Encodable {
  var coefficients: Int
  var training_examples: Int
  var held_out: HeldOutErrors
  var noise: LearnedPotential.Noise
  var log_evidence: Double
  var seconds: Double

  /// Every fifth example is held out.
  ///
  /// - Parameters:
  ///   - examples: of the basis's elements.
  ///   - basis: what is fitted.
  ///   - smoothness: of the prior.
  init(_ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double) {
    let start = ContinuousClock.now
    var sums = TrainingSums(basis: basis)
    var heldOut: [TrainingExample] = []
    for (number, example) in examples.enumerated() {
      if number % 5 == 4 { heldOut.append(example) } else { sums.add(example) }
    }
    let potential = LearnedPotential(sums, smoothness: smoothness)
    coefficients = basis.count
    training_examples = sums.count
    held_out = HeldOutErrors(potential, heldOut)
    noise = potential.noise
    log_evidence = potential.logEvidence
    seconds = (ContinuousClock.now - start) / .seconds(1)
  }

  var text: String {
    """
    \(training_examples) force calls learned, \(held_out.examples) held out, \(coefficients) coefficients, \
    \(seconds.formatted(digits: 1)) s

    \(held_out.table)

    Noise that the fit found: forces \((1000 * noise.force).formatted(digits: 1)) meV/angstrom. \
    Logarithm of the evidence: \(log_evidence.formatted(digits: 1)).
    """
  }
}

extension HeldOutErrors {
  /// Lines for people.
  var table: String {
    """
    held out                          error   predicted
    forces (meV/angstrom, RMS)   \((1000 * force).padded(10)) \((1000 * predictedForce).padded(11))
      of forces themselves       \((1000 * forceSize).padded(10))
      within two deviations (%)  \((100 * withinTwoDeviations).padded(10))
    energies (meV/atom, RMS)     \(energy.map { (1000 * $0).padded(10) } ?? "         -")
    """
  }
}

extension Double {
  fileprivate func padded(_ width: Int) -> String {
    let text = String(format: "%.1f", self)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
