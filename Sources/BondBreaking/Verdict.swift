import Foundation

/// Whether vacancies will gather at the interface: `W_ad >= 2 sigma` weighed with its uncertainty.
public struct Verdict: Sendable, Hashable, Codable {
  /// The answer.
  public enum Decision: String, Sendable, Hashable, Codable {
    /// Vacancies are not drawn to the interface.
    case voidsSuppressed = "voids suppressed"
    /// Vacancies are drawn to the interface.
    case voidsExpected = "voids expected"
    /// The uncertainty is too large to say.
    case undecided
  }

  /// `(W_ad - 2 sigma)/rho` in eV for each surface atom; not negative where voids are suppressed.
  public let margin: UncertainValue
  /// Probability that `W_ad >= 2 sigma`, normal errors assumed.
  public let probability: Double
  /// The answer at the confidence asked for.
  public let decision: Decision

  /// Weighs the criterion.
  ///
  /// - Parameters:
  ///   - margin: `(W_ad - 2 sigma)/rho` in eV for each surface atom.
  ///   - confidence: probability that a definite answer needs, above 0.5.
  public init(margin: UncertainValue, confidence: Double = 0.95) {
    precondition(confidence > 0.5 && confidence < 1, "a confidence lies between 0.5 and 1")
    self.margin = margin
    if margin.standardUncertainty > 0 {
      probability = 0.5 * erfc(-margin.value / (margin.standardUncertainty * 2.0.squareRoot()))
    } else {
      // The criterion includes equality.
      probability = margin.value >= 0 ? 1 : 0
    }
    if probability >= confidence {
      decision = .voidsSuppressed
    } else if probability <= 1 - confidence {
      decision = .voidsExpected
    } else {
      decision = .undecided
    }
  }

  /// Weighs the criterion for a work of adhesion and a surface energy in eV/angstrom^2.
  ///
  /// - Parameters:
  ///   - workOfAdhesion: W_ad.
  ///   - surfaceEnergy: sigma of the metal.
  ///   - density: surface atoms for each square angstrom.
  ///   - covariance: of W_ad and sigma, eV^2/angstrom^4; both rest on the metal slab's energy.
  ///   - confidence: probability that a definite answer needs.
  public init(
    workOfAdhesion: UncertainValue, surfaceEnergy: UncertainValue, density: Double,
    covariance: Double = 0, confidence: Double = 0.95
  ) {
    let (u, v) = (workOfAdhesion.standardUncertainty, surfaceEnergy.standardUncertainty)
    let variance = max(0, u * u + 4 * v * v - 4 * covariance)
    self.init(
      margin: UncertainValue(
        (workOfAdhesion.value - 2 * surfaceEnergy.value) / density,
        standardUncertainty: variance.squareRoot() / density),
      confidence: confidence)
  }
}
