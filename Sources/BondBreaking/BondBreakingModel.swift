import Foundation

/// The bond-breaking model as a calculator: what is known in, all that follows out.
///
/// Relations are applied until nothing new follows. Uncertainties are propagated from the inputs to
/// each result through the whole chain at once, so an input that is used twice counts once.
public struct BondBreakingModel: Sendable {
  /// A quantity of the model.
  ///
  /// Energies for each area in eV/angstrom^2, for each atom in eV, the
  /// density in 1/angstrom^2, the angle in degrees, bonds as numbers.
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    /// sigma of the metal.
    case surfaceEnergy
    /// sigma/rho.
    case surfaceEnergyPerAtom
    /// sigma of the substrate.
    case substrateSurfaceEnergy
    /// W_ad.
    case workOfAdhesion
    /// W_ad/rho.
    case workOfAdhesionPerAtom
    /// gamma of the interface.
    case interfaceEnergy
    /// theta.
    case contactAngle
    /// rho.
    case density
    /// N_b.
    case bulkBonds
    /// N_s.
    case lostBonds
    /// N_i.
    case interfaceBonds
    /// e_m-m.
    case metalBondEnergy
    /// e_m-sub.
    case interfaceBondEnergy
    /// W_ad - 2 sigma.
    case margin
    /// (W_ad - 2 sigma)/rho.
    case marginPerAtom
    /// E_v in the bulk less E_v at the interface.
    case segregationToInterface
    /// E_v in the bulk less E_v at the free surface.
    case segregationToSurface
    /// E_v in the bulk.
    case bulkVacancyEnergy
    /// E_v at the free surface.
    case surfaceVacancyEnergy
    /// E_v at the interface.
    case interfaceVacancyEnergy
  }

  /// A result: a value, its uncertainty, and the relation that gave it.
  public struct Result: Sendable, Hashable {
    /// The value with its standard uncertainty, unit as in ``Quantity``.
    public var value: UncertainValue
    /// The relation, for example "eq 11"; "given" for an input.
    public var origin: String
  }

  /// Inputs that exclude each other.
  public struct Contradiction: Error, Sendable, Hashable {
    /// The quantity with two values.
    public var quantity: Quantity
    /// The value that was given or followed first.
    public var first: Double
    /// The value that follows from the others.
    public var second: Double
    /// The relation that gives the second value.
    public var relation: String
    /// The quantities that the relation uses.
    public var inputs: [Quantity]
  }

  /// All quantities that are known, inputs included.
  public let results: [Quantity: Result]

  /// Everything that follows from some inputs.
  ///
  /// - Parameter inputs: independent quantities.
  /// - Throws: ``Contradiction`` where two of them give a third quantity two values that differ by
  ///   more than 1 % and by more than three standard uncertainties.
  public init(_ inputs: [Quantity: UncertainValue]) throws(Contradiction) {
    let order = Quantity.allCases.filter { inputs[$0] != nil }
    let given = order.compactMap { inputs[$0] }
    let values = Dictionary(uniqueKeysWithValues: zip(order, given.map(\.value)))
    let (known, origins) = BondBreakingModel.derive(values)
    var results: [Quantity: Result] = [:]
    for (quantity, value) in known {
      let origin = origins[quantity] ?? "given"
      let propagated = UncertainValue.propagating(given) { moved in
        let inputs = Dictionary(uniqueKeysWithValues: zip(order, moved))
        return BondBreakingModel.derive(inputs).known[quantity]
      }
      results[quantity] = Result(
        value: inputs[quantity] ?? propagated ?? UncertainValue(value), origin: origin)
    }
    self.results = results
    try BondBreakingModel.check(results)
  }

  /// The verdict; nil where neither the margin for each atom nor that for each area follows.
  public var verdict: Verdict? {
    if let margin = results[.marginPerAtom]?.value { return Verdict(margin: margin) }
    // The sign needs no density: any positive one gives the same probability.
    return results[.margin].map { Verdict(margin: $0.value) }
  }

  // MARK: Relations

  fileprivate struct Relation: Sendable {
    var target: Quantity
    var inputs: [Quantity]
    var name: String
    var value: @Sendable ([Double]) -> Double?
  }

  private static func derive(
    _ inputs: [Quantity: Double]
  ) -> (known: [Quantity: Double], origins: [Quantity: String]) {
    var known = inputs
    var origins: [Quantity: String] = [:]
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for relation in relations where known[relation.target] == nil {
        let values = relation.inputs.compactMap { known[$0] }
        guard values.count == relation.inputs.count, let value = relation.value(values),
          value.isFinite
        else { continue }
        known[relation.target] = value
        origins[relation.target] = relation.name
        isGrowing = true
      }
    }
    return (known, origins)
  }

  private static func check(_ results: [Quantity: Result]) throws(Contradiction) {
    for relation in relations {
      let inputs = relation.inputs.compactMap { results[$0]?.value }
      guard inputs.count == relation.inputs.count, let known = results[relation.target]?.value,
        let implied = UncertainValue.propagating(inputs, through: relation.value)
      else { continue }
      let difference = (known.value - implied.value).magnitude
      let uncertainty =
        (known.standardUncertainty * known.standardUncertainty
        + implied.standardUncertainty * implied.standardUncertainty).squareRoot()
      // Differences of large numbers are compared on the scale of what they are made of.
      let scale = max(
        known.value.magnitude, implied.value.magnitude, relation.scale(inputs.map(\.value)))
      if difference > 0.01 * scale, difference > 3 * uncertainty {
        throw Contradiction(
          quantity: relation.target, first: known.value, second: implied.value,
          relation: relation.name, inputs: relation.inputs)
      }
    }
  }

  private static let relations: [Relation] =
    ratio(.surfaceEnergyPerAtom, .surfaceEnergy, .density, "sigma/rho")
    + ratio(.workOfAdhesionPerAtom, .workOfAdhesion, .density, "W_ad/rho")
    + ratio(.marginPerAtom, .margin, .density, "(W_ad - 2 sigma)/rho")
    + ratio(.metalBondEnergy, .surfaceEnergyPerAtom, .lostBonds, "eq 4")
    + [
      Relation(
        target: .workOfAdhesionPerAtom, inputs: [.interfaceBonds, .interfaceBondEnergy],
        name: "eq 7"
      ) { 2 * $0[0] * $0[1] },
      Relation(
        target: .interfaceBondEnergy, inputs: [.workOfAdhesionPerAtom, .interfaceBonds],
        name: "eq 7"
      ) { $0[1] == 0 ? nil : $0[0] / (2 * $0[1]) },
      Relation(
        target: .interfaceBonds, inputs: [.workOfAdhesionPerAtom, .interfaceBondEnergy],
        name: "eq 7"
      ) { $0[1] == 0 ? nil : $0[0] / (2 * $0[1]) },
      Relation(
        target: .workOfAdhesion, inputs: [.surfaceEnergy, .contactAngle], name: "Young-Dupre"
      ) { ContactAngle.workOfAdhesion(surfaceEnergy: $0[0], degrees: $0[1]) },
      Relation(
        target: .workOfAdhesionPerAtom, inputs: [.surfaceEnergyPerAtom, .contactAngle],
        name: "Young-Dupre"
      ) { ContactAngle.workOfAdhesion(surfaceEnergy: $0[0], degrees: $0[1]) },
      Relation(
        target: .surfaceEnergy, inputs: [.workOfAdhesion, .contactAngle], name: "Young-Dupre"
      ) { $0[1] > 179 ? nil : $0[0] / (1 + cos($0[1] * .pi / 180)) },
      Relation(
        target: .contactAngle, inputs: [.workOfAdhesion, .surfaceEnergy], name: "Young-Dupre",
        value: angle),
      Relation(
        target: .contactAngle, inputs: [.workOfAdhesionPerAtom, .surfaceEnergyPerAtom],
        name: "Young-Dupre", value: angle),
      Relation(
        target: .interfaceEnergy,
        inputs: [.surfaceEnergy, .substrateSurfaceEnergy, .workOfAdhesion], name: "eq 7"
      ) { $0[0] + $0[1] - $0[2] },
      Relation(
        target: .workOfAdhesion,
        inputs: [.surfaceEnergy, .substrateSurfaceEnergy, .interfaceEnergy], name: "eq 7"
      ) { $0[0] + $0[1] - $0[2] },
      Relation(
        target: .substrateSurfaceEnergy,
        inputs: [.interfaceEnergy, .workOfAdhesion, .surfaceEnergy], name: "eq 7"
      ) { $0[0] + $0[1] - $0[2] },
      Relation(
        target: .margin, inputs: [.workOfAdhesion, .surfaceEnergy], name: "W_ad - 2 sigma"
      ) { $0[0] - 2 * $0[1] },
      Relation(
        target: .marginPerAtom, inputs: [.workOfAdhesionPerAtom, .surfaceEnergyPerAtom],
        name: "(W_ad - 2 sigma)/rho"
      ) { $0[0] - 2 * $0[1] },
      Relation(target: .segregationToInterface, inputs: [.marginPerAtom], name: "eq 11") {
        -$0[0] / 2
      },
      Relation(target: .segregationToSurface, inputs: [.surfaceEnergyPerAtom], name: "eq 12") {
        $0[0]
      },
      Relation(
        target: .bulkVacancyEnergy, inputs: [.bulkBonds, .metalBondEnergy], name: "eq 8"
      ) { $0[0] * $0[1] },
      Relation(
        target: .surfaceVacancyEnergy, inputs: [.bulkBonds, .lostBonds, .metalBondEnergy],
        name: "eq 9"
      ) { ($0[0] - $0[1]) * $0[2] },
      Relation(
        target: .interfaceVacancyEnergy, inputs: [.bulkVacancyEnergy, .segregationToInterface],
        name: "eqs 10 and 11"
      ) { $0[0] - $0[1] },
    ]

  /// `quotient = numerator/denominator` and its two other readings.
  private static func ratio(
    _ quotient: Quantity, _ numerator: Quantity, _ denominator: Quantity, _ name: String
  ) -> [Relation] {
    let divide: @Sendable ([Double]) -> Double? = { $0[1] == 0 ? nil : $0[0] / $0[1] }
    return [
      Relation(target: quotient, inputs: [numerator, denominator], name: name, value: divide),
      Relation(target: numerator, inputs: [quotient, denominator], name: name) { $0[0] * $0[1] },
      Relation(target: denominator, inputs: [numerator, quotient], name: name, value: divide),
    ]
  }

  @Sendable private static func angle(_ values: [Double]) -> Double? {
    guard values[1] > 0 else { return nil }
    switch ContactAngle(
      workOfAdhesion: UncertainValue(values[0]), surfaceEnergy: UncertainValue(values[1]))
    {
    case .degrees(let angle): return angle.value
    case .perfectWetting, .noWetting: return nil
    }
  }
}

extension BondBreakingModel.Relation {
  /// Size of the terms that a sum or difference is made of; 0 for products and angles.
  fileprivate func scale(_ inputs: [Double]) -> Double {
    switch target {
    case .margin, .marginPerAtom: inputs.map(\.magnitude).max() ?? 0
    case .interfaceEnergy, .substrateSurfaceEnergy: inputs.map(\.magnitude).max() ?? 0
    case .contactAngle: 90
    default: 0
    }
  }
}
