import BondBreaking
import Foundation
import LearnedPotential

/// A fit, and how well it does on data that it has not seen.
struct FitReport: Encodable {
  var coefficients: Int
  var force_calls: Int
  /// Force calls whose energies count as they are.
  var absolute_energies: Int
  /// Force calls whose energies count up to a constant of each element; of the others, differences within a group.
  var energies_up_to_elements: Int
  /// Over all force calls, in five parts, each foretold by a fit to the other four.
  var held_out: HeldOutErrors
  var noise: LearnedPotential.Noise
  /// Noise of energies with a thin mesh, eV for the root of an atom.
  var rough_energy_noise: Double?
  /// Noise of energies of cells that share a mesh against each other, eV.
  var difference_noise: Double?
  var log_evidence: Double
  var seconds: Double

  /// Tells of a fit.
  ///
  /// - Parameters:
  ///   - validation: the fit to all examples, and those that test it.
  ///   - examples: all of them.
  ///   - seconds: what it took.
  init(_ validation: CrossValidation, _ examples: [TrainingExample], seconds: Double) {
    let potential = validation.potential
    coefficients = potential.basis.count
    force_calls = potential.exampleCount
    absolute_energies = examples.filter { $0.energyGroup == nil }.count
    energies_up_to_elements =
      examples.filter { $0.energyGroup?.unknown == .constantOfEachElement }.count
    held_out = validation.errors
    noise = potential.noise
    rough_energy_noise = potential.roughEnergyNoise
    difference_noise = potential.differenceNoise
    log_evidence = potential.logEvidence
    self.seconds = seconds
  }

  private var roughNoise: String {
    rough_energy_noise.map { " (with a thin mesh \((1000 * $0).formatted(digits: 1)))" } ?? ""
  }

  private var differences: String {
    difference_noise.map {
      ", of cells that share one \((1000 * $0).formatted(digits: 0)) meV against each other"
    } ?? ""
  }

  var text: String {
    """
    \(force_calls) force calls learned, \(coefficients) coefficients, \(seconds.formatted(digits: 1)) s
    The energies of \(absolute_energies) count as they are, those of \(energies_up_to_elements) with another basis set up to a \
    constant of each element; of the others, with too thin a mesh, differences.

    \(held_out.table)

    Noise that the fit found: forces \((1000 * noise.force).formatted(digits: 1)) meV/angstrom, energies \
    \((1000 * noise.energy).formatted(digits: 1)) meV for the root of an atom\(roughNoise)\
    \(differences). \
    Logarithm of the evidence: \(log_evidence.formatted(digits: 1)).
    """
  }
}

extension HeldOutErrors {
  /// Lines for people.
  var table: String {
    """
    held out, a fifth at a time       error   predicted
    forces (meV/angstrom, RMS)   \((1000 * force).padded(10)) \((1000 * predictedForce).padded(11))
      of forces themselves       \((1000 * forceSize).padded(10))
      within two deviations (%)  \((100 * withinTwoDeviations).padded(10))
    energies (meV/atom, RMS)     \(energy.map { (1000 * $0).padded(10) } ?? "         -")
      with a thin mesh           \(roughEnergy.map { (1000 * $0).padded(10) } ?? "         -")
    """
  }
}

extension Double {
  fileprivate func padded(_ width: Int) -> String {
    let text = String(format: "%.1f", self)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
