public import Structures

/// A crystal as thermodynamics sees it: a composition and its energy.
public struct Phase: Sendable, Hashable, Codable {
  /// Name for tables, for example "Li2O".
  public var name: String
  /// Atoms of each element in one formula unit; none is zero.
  public var composition: [Element: Int]
  /// Energy of one formula unit in eV, on one engine's scale.
  public var energy: Double

  /// Creates a phase.
  ///
  /// - Parameters:
  ///   - name: for tables.
  ///   - composition: atoms in any number of formula units; reduced to one.
  ///   - energyPerAtom: energy in eV for each atom.
  public init(name: String, composition: [Element: Int], energyPerAtom: Double) {
    self.name = name
    let present = composition.filter { $0.value > 0 }
    precondition(!present.isEmpty, "a phase has atoms")
    let divisor = present.values.reduce(0, greatestCommonDivisor)
    self.composition = present.mapValues { $0 / divisor }
    energy = energyPerAtom * Double(self.composition.values.reduce(0, +))
  }
}
