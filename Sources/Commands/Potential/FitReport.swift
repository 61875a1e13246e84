import BondBreaking
import Foundation
import LearnedPotential

/// How well a potential does on data that its fit has not seen.
struct FitReport: Encodable {
  var coefficients: Int
  var training_examples: Int
  /// Examples learned whose energies count as they are.
  var absolute_energies: Int
  /// Examples learned whose energies count up to a constant of each element; of the others, differences within a group.
  var energies_up_to_elements: Int
  var held_out: HeldOutErrors
  var noise: LearnedPotential.Noise
  /// Noise of energies with a thin mesh, eV for the root of an atom.
  var rough_energy_noise: Double?
  /// Noise of energies of cells that share a mesh against each other, eV.
  var difference_noise: Double?
  var log_evidence: Double
  var seconds: Double

  /// About a fifth of the examples is held out, relaxations as a whole.
  ///
  /// - Parameters:
  ///   - examples: of the basis's elements.
  ///   - basis: what is fitted.
  ///   - smoothness: of the prior.
  init(_ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double) {
    let start = ContinuousClock.now
    let split = SplitFit(examples, basis: basis, smoothness: smoothness)
    // What tests the deviations takes no part in how far they are stretched.
    let within = SplitFit(split.learned, basis: basis, smoothness: smoothness)
    let stretch =
      within.held.isEmpty || within.learned.isEmpty
      ? 1 : HeldOutErrors(within.potential, within.held).neededStretch
    let potential = split.potential
    coefficients = basis.count
    training_examples = potential.exampleCount
    absolute_energies = split.learned.filter { $0.energyGroup == nil }.count
    energies_up_to_elements =
      split.learned.filter { $0.energyGroup?.unknown == .constantOfEachElement }.count
    held_out = HeldOutErrors(potential, split.held, stretch: stretch)
    noise = potential.noise
    rough_energy_noise = potential.roughEnergyNoise
    difference_noise = potential.differenceNoise
    log_evidence = potential.logEvidence
    seconds = (ContinuousClock.now - start) / .seconds(1)
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
    \(training_examples) force calls learned, \(held_out.examples) in other cells held out, \(coefficients) \
    coefficients, \(seconds.formatted(digits: 1)) s
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

/// A fit to what is not held out.
private struct SplitFit {
  let learned: [TrainingExample]
  let held: [TrainingExample]
  let potential: LearnedPotential

  init(_ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double) {
    let indices = examples.heldOut()
    held = indices.sorted().map { examples[$0] }
    learned = examples.indices.filter { !indices.contains($0) }.map { examples[$0] }
    var sums = TrainingSums(basis: basis)
    for example in learned { sums.add(example) }
    potential = LearnedPotential(sums, smoothness: smoothness)
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
