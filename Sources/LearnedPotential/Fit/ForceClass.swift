import Structures

/// Forces that share a noise: those on one element, in cells of that element alone or in cells of several.
///
/// Functions follow forces in a metal far better than those on ions. One noise for all takes the ions' forces for as well
/// known as the metal's, of which there are many: too little was left open of them, and the fit strained to meet what it
/// cannot. Of 328 force calls for Li and O the logarithm of the evidence is 40253 with one noise and 50082 with these, and
/// energies of cells that were held out are off by 1.9 in place of 3.1 meV/atom. Salts alone apart from cells that hold a
/// metal too were tried as well: no better.
struct ForceClass: Sendable, Hashable, Comparable {
  /// Number of the atom's element among the basis's.
  var element: Int
  /// Whether all atoms of the cell are of one element.
  var isInElement: Bool

  /// Where the search for a noise begins, eV/angstrom.
  static let usualNoise = 0.03
  /// Below it forces are not to be trusted, eV/angstrom.
  static let leastNoise = 1e-3

  /// The class of each atom of a structure.
  ///
  /// - Parameters:
  ///   - structure: of the basis's elements only.
  ///   - elements: the basis's.
  /// - Returns: one for each atom.
  static func classes(of structure: Structure, in elements: [Element]) -> [ForceClass] {
    let isInElement = structure.elements.count == 1
    return structure.species.map { species in
      guard let element = elements.firstIndex(of: species) else {
        preconditionFailure("a structure of the basis's elements")
      }
      return ForceClass(element: element, isInElement: isInElement)
    }
  }

  static func < (first: ForceClass, second: ForceClass) -> Bool {
    (first.element, first.isInElement ? 1 : 0) < (second.element, second.isInElement ? 1 : 0)
  }
}
