public import Structures

/// Where an atom of the metal's first layer stands over the substrate.
public struct Registry: Sendable, Hashable, Codable {
  /// Name of the alignment: "Cl-top", "Li-top" or "hollow".
  public var name: String
  /// Kind of the site below.
  public var kind: Kind
  /// Lateral position of the site in the substrate slab's frame, angstrom; z is zero.
  public var site: Vector3

  /// What an atom stands over.
  public enum Kind: Sendable, Hashable, Codable {
    /// The highest atom of the more electronegative kind.
    case anion
    /// The highest atom of the less electronegative kind.
    case cation
    /// The highest atom of an element in a substrate that has no anions.
    case metal
    /// The point farthest from all atoms of the top.
    case hollow
    /// Halfway between two neighbouring atoms of the top.
    case bridge
    /// A point of a mesh.
    case grid
  }
}

extension Slab {
  /// The registries of high symmetry over the slab's upper face.
  ///
  /// One for the highest atom of each element that reaches to within 1.2 angstrom of the top, and
  /// the hollow: the point farthest from all atoms of that zone, on a mesh of twelfths that holds
  /// every special point of the five plane lattices. For rock salt (100) these are the three of
  /// Seymour & Aguadero 2021: above the anion, above the cation, and between.
  public var registries: [Registry] {
    let top = structure.positions.map(\.z).max() ?? 0
    let zone = structure.positions.indices.filter { structure.positions[$0].z > top - 1.2 }
    var result: [Registry] = []
    for element in structure.elements {
      let candidates = zone.filter { structure.species[$0] == element }
      guard
        let highest = candidates.max(by: {
          // Equal heights (to a thousandth) go to the first atom, whatever the rounding.
          structure.positions[$0].z < structure.positions[$1].z - 1e-3
        })
      else { continue }
      let position = structure.positions[highest].vector
      result.append(
        Registry(
          name: "\(element.symbol)-top", kind: kind(of: element),
          site: Vector3(position.x, position.y, 0)))
    }
    result.append(Registry(name: "hollow", kind: .hollow, site: hollow(of: zone)))
    func order(_ registry: Registry) -> Int {
      switch registry.kind {
      case .anion: 0
      case .cation, .metal: 1
      case .hollow: 2
      case .bridge, .grid: 3
      }
    }
    return result.enumerated().sorted {
      (order($0.element), $0.offset) < (order($1.element), $1.offset)
    }
    .map(\.element)
  }

  /// Halfway between the highest atom and its nearest neighbour of the top, and so a kind of site
  /// that ``registries`` leaves out; nil where the top has one atom and its images alone are farther
  /// than 6 angstrom.
  public var bridge: Registry? {
    let top = structure.positions.map(\.z).max() ?? 0
    let zone = structure.positions.indices.filter { structure.positions[$0].z > top - 1.2 }
    guard let first = zone.first(where: { structure.positions[$0].z > top - 1e-3 }) else {
      return nil
    }
    let members = Set(zone)
    let neighbor = structure.neighbors(within: 6)[first].first {
      members.contains($0.index)
        && Vector3($0.displacement.x, $0.displacement.y, 0).length > 0.5
    }
    guard let neighbor else { return nil }
    let middle = structure.positions[first].vector + 0.5 * neighbor.displacement
    return Registry(name: "bridge", kind: .bridge, site: Vector3(middle.x, middle.y, 0))
  }

  private func kind(of element: Element) -> Registry.Kind {
    let values = structure.elements.compactMap(\.electronegativity)
    guard let least = values.min(), let most = values.max(), most - least > 1.0 else {
      return .metal
    }
    return (element.electronegativity ?? most) > (least + most) / 2 ? .anion : .cation
  }

  private func hollow(of zone: [Int]) -> Vector3 {
    let cell = Cell(a: structure.cell.a, b: structure.cell.b, c: Vector3(0, 0, 1))
    let sites = zone.map { index -> Vector3 in
      Vector3(structure.positions[index].x, structure.positions[index].y, 0)
    }
    var best = (distance: -1.0, site: Vector3.zero)
    for i in 0..<12 {
      for j in 0..<12 {
        let point = Double(i) / 12 * cell.a + Double(j) / 12 * cell.b
        let distance =
          sites.map { cell.lateralDistance($0, point) }.min() ?? 0
        if distance > best.distance + 1e-6 { best = (distance, point) }
      }
    }
    return best.site
  }
}

extension Cell {
  /// Shortest distance in the plane of a and b between two points and all their images, angstrom.
  func lateralDistance(_ first: Vector3, _ second: Vector3) -> Double {
    var shortest = Double.infinity
    let flat = Cell(a: a, b: b, c: Vector3(0, 0, 1))
    var difference = flat.fractional(CartesianPosition(first - second)).vector
    difference -= difference.rounded(.toNearestOrAwayFromZero)
    difference.z = 0
    for i in -1...1 {
      for j in -1...1 {
        let moved = difference + Vector3(Double(i), Double(j), 0)
        let vector = flat.cartesian(FractionalPosition(moved)).vector
        shortest = min(shortest, vector.length)
      }
    }
    return shortest
  }
}
