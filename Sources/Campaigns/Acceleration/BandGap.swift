import Structures

/// What a composition tells of a gap, which decides how fine a mesh of k points has to be.
extension Structure {
  /// Whether all its elements are metals, so that it is one, or an alloy.
  var isMetallic: Bool {
    species.allSatisfy { !Structure.nonmetals.contains($0.atomicNumber) }
  }

  /// Whether one of its elements is a metal.
  var holdsMetal: Bool {
    species.contains { !Structure.nonmetals.contains($0.atomicNumber) }
  }

  /// Whether it is a salt of ions with closed shells whose usual charges balance: it has a gap as a rule.
  ///
  /// A cell that holds metal beside such a salt is not balanced. (One of a peroxide with just enough metal to make an oxide
  /// of it would be.)
  var hasBalancedIons: Bool {
    species.allSatisfy { Structure.closedShells.contains($0.atomicNumber) }
      && OxidationStates.usualChargesBalance(in: composition)
  }

  /// Atomic numbers of elements that are no metals, half-metals among them.
  static let nonmetals: Set<Int> = [
    1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 32, 33, 34, 35, 36, 52, 53, 54, 85, 86,
  ]

  /// Elements whose usual ions have closed shells: alkali metals, alkaline earths, aluminium, pnictogens, chalcogens and
  /// halogens of the first rows.
  private static let closedShells: Set<Int> = [
    3, 4, 11, 12, 19, 20, 37, 38, 55, 56, 13, 7, 15, 8, 16, 34, 9, 17, 35, 53,
  ]
}
