public import Structures

/// What can go wrong when crystals are cut and joined; facts only.
public enum InterfaceError: Error, Sendable, Hashable {
  /// The text is no triple (or hexagonal quadruple) of small whole numbers that defines a plane.
  case badMillerIndices(String)
  /// No pair of surface cells fits below the limits; the smallest strain that was met, if any.
  case noLatticeMatch(strainLimit: Double, areaLimit: Double, smallestStrain: Double?)
  /// No slab with two faces could be cut: the crystal has no plane stack of the thickness asked.
  case noSlab(formula: String, surface: String)
  /// The crystal's symmetry was not found.
  case symmetry(StructureError)
  /// A termination's number outside the list.
  case noSuchTermination(number: Int, count: Int)
  /// A match's number outside the list.
  case noSuchMatch(number: Int, count: Int)
  /// A registry that the substrate's face does not have.
  case noSuchRegistry(name: String, known: [String])
  /// A class of sites that a layer does not have.
  case noSuchSite(layer: Int, site: Int, count: Int)
  /// Two interfaces in one cell ask for slabs whose faces are alike; whose are not.
  case facesDiffer(formula: String)
  /// An atom that is none of the metal's.
  case noSuchAtom(atom: Int, metalAtoms: Range<Int>)
  /// A layer number outside the slab.
  case noSuchLayer(layer: Int, layers: Int)
}
