import Foundation

/// The angle of a drop of the metal on the substrate, by Young and Dupre.
///
/// `W_ad = sigma (1 + cos theta)`; outside -1...1 the cosine names no angle, and the case is named.
public enum ContactAngle: Sendable, Hashable, Codable {
  /// An angle in degrees with its standard uncertainty.
  case degrees(UncertainValue)
  /// `W_ad > 2 sigma`: the drop spreads; the angle is 0.
  case perfectWetting
  /// `W_ad < 0`: the drop lifts off; the angle is 180 degrees.
  case noWetting

  /// The angle for a work of adhesion and a surface energy in the same unit.
  ///
  /// - Parameters:
  ///   - workOfAdhesion: W_ad.
  ///   - surfaceEnergy: sigma of the metal, positive.
  ///   - covariance: of both, in the square of their unit; zero where they are independent.
  public init(
    workOfAdhesion: UncertainValue, surfaceEnergy: UncertainValue, covariance: Double = 0
  ) {
    let cosine = workOfAdhesion.value / surfaceEnergy.value - 1
    // W_ad = 2 sigma to rounding is the angle 0, not a spreading drop.
    if cosine > 1 + 1e-12 {
      self = .perfectWetting
    } else if cosine < -1 - 1e-12 {
      self = .noWetting
    } else {
      // W_ad as what follows from sigma and a rest that is independent of it.
      let variance = surfaceEnergy.standardUncertainty * surfaceEnergy.standardUncertainty
      let slope = variance > 0 ? covariance / variance : 0
      let own = workOfAdhesion.standardUncertainty
      let rest = UncertainValue(
        workOfAdhesion.value,
        standardUncertainty: max(0, own * own - slope * slope * variance).squareRoot())
      let angle = UncertainValue.propagating([rest, surfaceEnergy]) { values in
        let work = values[0] + slope * (values[1] - surfaceEnergy.value)
        return ContactAngle.angle(cosine: work / values[1] - 1)
      }
      // At 0 and 180 degrees the derivative of the arc cosine has no bound; half a circle is one.
      let uncertainty = min(180, angle?.standardUncertainty ?? 180)
      self = .degrees(
        UncertainValue(
          ContactAngle.angle(cosine: cosine), standardUncertainty: uncertainty))
    }
  }

  /// The angle in degrees, 0 and 180 for the two named cases.
  public var value: Double {
    switch self {
    case .degrees(let angle): angle.value
    case .perfectWetting: 0
    case .noWetting: 180
    }
  }

  /// Work of adhesion for an angle in degrees, in the unit of the surface energy.
  public static func workOfAdhesion(surfaceEnergy: Double, degrees: Double) -> Double {
    surfaceEnergy * (1 + cos(degrees * .pi / 180))
  }

  private static func angle(cosine: Double) -> Double {
    acos(min(1, max(-1, cosine))) * 180 / .pi
  }
}
