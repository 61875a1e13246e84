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
  /// the hollow: the point farthest from all atoms of that zone. For rock salt (100) these are the three of
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

  /// The point farthest from the atoms of the zone: the best of a mesh, then improved until it moves
  /// by less than a ten-thousandth of an angstrom.
  private func hollow(of zone: [Int]) -> Vector3 {
    let plane = PlaneMetric(structure.cell)
    let sites = zone.map { plane.fractional(structure.positions[$0].vector) }
    func clearance(_ point: SIMD2<Double>) -> Double {
      sites.map { plane.squaredDistance($0, point) }.min() ?? 0
    }
    // Twelfths hold every special point of a primitive cell; larger cells get a finer mesh.
    let divisions = [structure.cell.a, structure.cell.b].map { vector in
      12 * max(1, Int((vector.length / 6).rounded()))
    }
    var best = (distance: -1.0, point: SIMD2(0.0, 0.0))
    for i in 0..<divisions[0] {
      for j in 0..<divisions[1] {
        let point = SIMD2(Double(i) / Double(divisions[0]), Double(j) / Double(divisions[1]))
        let distance = clearance(point)
        if distance > best.distance + 1e-6 { best = (distance, point) }
      }
    }
    var step = 0.5 / Double(divisions.min() ?? 12)
    while step * max(structure.cell.a.length, structure.cell.b.length) > 1e-4 {
      var moved = false
      for (i, j) in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)] {
        let point = best.point + step * SIMD2(Double(i), Double(j))
        let distance = clearance(point)
        if distance > best.distance + 1e-6 {
          best = (distance, point)
          moved = true
        }
      }
      if !moved { step /= 2 }
    }
    return plane.cartesian(best.point)
  }
}
