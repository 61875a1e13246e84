import Interfaces
import Structures

/// A vacancy in each layer of a metal slab, from its surface inwards.
///
/// Every structure is made from the one before by moving one atom, so all hold the same atoms in the same
/// order and any two can be the ends of a path.
struct VacancyLadder: Sendable {
  /// For each layer from the surface the atom of the whole slab that is missing there.
  let atoms: [Int]

  /// Chooses one atom of each layer from the top, each the nearest to the one before.
  ///
  /// - Parameters:
  ///   - slab: a slab of an element.
  ///   - layers: number of layers.
  /// - Throws: ``InterfaceError/noSuchLayer(layer:layers:)`` where the slab has fewer, or where a layer has
  ///   no atom within 8 angstrom of the one before.
  init(_ slab: Slab, layers: Int) throws(InterfaceError) {
    guard layers >= 1, layers <= slab.layerCount else {
      throw .noSuchLayer(layer: layers - 1, layers: slab.layerCount)
    }
    let top = slab.layerCount - 1
    var chosen: [Int] = []
    for layer in 0..<layers {
      let members = slab.atoms(inLayer: top - layer)
      guard let last = chosen.last else {
        chosen += members.prefix(1)
        continue
      }
      let near = slab.structure.neighbors(within: 8)[last]
      guard let next = near.first(where: { members.contains($0.index) }) else {
        throw .noSuchLayer(layer: layer, layers: slab.layerCount)
      }
      chosen.append(next.index)
    }
    atoms = chosen
  }

  /// The slab with its vacancy in one layer.
  ///
  /// - Parameters:
  ///   - layer: counted from 1 at the surface.
  ///   - slab: the atoms of the slab that the ladder was made for, perhaps relaxed.
  /// - Returns: the slab without the atom of the first layer, and those above the vacancy moved up by one.
  func structure(layer: Int, of slab: Structure) -> Structure {
    // The atom that leaves the first layer is gone for good: all structures have the others in order.
    let gone = atoms[0]
    var result = slab.removing(at: gone)
    for step in 1..<max(1, layer) {
      let atom = atoms[step]
      result.positions[atom > gone ? atom - 1 : atom] = slab.positions[atoms[step - 1]]
    }
    return result
  }

  /// The layer that a vacancy is in after a relaxation, which may have carried it elsewhere.
  ///
  /// O(atoms squared).
  ///
  /// - Parameters:
  ///   - structure: the slab with its vacancy, relaxed.
  ///   - slab: the whole slab.
  /// - Returns: the layer of the site that is farthest from any atom, counted from 1 at the surface.
  static func layerOfVacancy(in structure: Structure, of slab: Slab) -> Int {
    let cell = slab.structure.cell
    let nearest = slab.structure.positions.map { site in
      structure.positions.map { cell.nearestImage($0.vector - site.vector).length }.min()
        ?? .infinity
    }
    let empty = nearest.indices.max { nearest[$0] < nearest[$1] } ?? 0
    return slab.layerCount - slab.layers[empty]
  }
}
