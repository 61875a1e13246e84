public import Structures

/// Metal atoms of one layer that symmetry makes equivalent.
public struct SiteClass: Sendable, Hashable, Codable {
  /// Layer, 0 at the interface.
  public var layer: Int
  /// Number of the class within its layer, from 1.
  public var number: Int
  /// Indices of the members in the interface's structure.
  public var atoms: [Int]
}

/// A substrate slab with a metal slab on it, and vacuum above.
public struct InterfaceCell: Sendable, Hashable, Codable {
  /// All atoms: those of the substrate first, then those of the metal by rising layer.
  public var structure: Structure
  /// Number of substrate atoms, which come first.
  public var substrateCount: Int
  /// Layer of each metal atom, 0 at the interface; same order as the metal atoms.
  public var metalLayers: [Int]

  /// Whether the substrate is on top of the metal.
  public var isFlipped = false

  /// Indices of the metal's atoms.
  public var metalAtoms: Range<Int> { substrateCount..<structure.count }

  /// Number of layers of the metal.
  public var metalLayerCount: Int { (metalLayers.max() ?? -1) + 1 }

  /// Area of the interface in square angstrom.
  public var area: Double { structure.cell.faceArea }

  /// Distance in angstrom between the facing atoms of the substrate and the metal.
  public var gap: Double {
    let substrate = structure.positions.prefix(substrateCount).map(\.z)
    let metal = structure.positions.suffix(from: substrateCount).map(\.z)
    return isFlipped
      ? (substrate.min() ?? 0) - (metal.max() ?? 0) : (metal.min() ?? 0) - (substrate.max() ?? 0)
  }

  /// Puts a metal slab on a substrate slab.
  ///
  /// - Parameters:
  ///   - metal: slab whose a and b equal the substrate's.
  ///   - substrate: slab whose upper face meets the metal.
  ///   - registry: where the first atom of the metal's lowest layer stands.
  ///   - gap: distance in angstrom between the highest substrate and the lowest metal atom.
  ///   - height: length of the cell's c in angstrom.
  public init(
    metal: Slab, on substrate: Slab, registry: Registry, gap: Double, height: Double
  ) {
    let below = substrate.structure
    let above = metal.structure
    precondition(
      (below.cell.a - above.cell.a).length < 1e-6 && (below.cell.b - above.cell.b).length < 1e-6,
      "both slabs of an interface share a and b")
    let total = substrate.thickness + gap + metal.thickness
    precondition(height > total, "an interface needs a cell higher than itself")
    let low = (height - total) / 2
    let substrateLow = below.positions.map(\.z).min() ?? 0
    let metalLow = above.positions.map(\.z).min() ?? 0
    let first = metal.atoms(inLayer: 0).first ?? 0
    var shift = registry.site - above.positions[first].vector
    shift.z = low + substrate.thickness + gap - metalLow
    let moved = above.translated(by: shift)
    let placed = below.translated(by: Vector3(0, 0, low - substrateLow))
    var cell = below.cell
    cell.c = Vector3(0, 0, height)
    structure = Structure(
      cell: cell, species: placed.species + moved.species,
      positions: placed.positions + moved.positions)
    substrateCount = below.count
    metalLayers = metal.layers
  }

  /// The interface with the metal moved rigidly away from the substrate by `distance` angstrom.
  public func movingMetal(by distance: Double) -> InterfaceCell {
    var result = self
    let rise = isFlipped ? -distance : distance
    for index in metalAtoms { result.structure.positions[index].vector.z += rise }
    return result
  }

  /// An in-plane supercell, n along a and m along b; layers and order of the sides are kept.
  public func supercell(_ n: Int, _ m: Int) -> InterfaceCell { supercell(.diagonal(n, m)) }

  /// An in-plane supercell; layers and order of the sides are kept.
  public func supercell(_ rows: IntegerMatrix2) -> InterfaceCell {
    let matrix = rows.inSpace
    func part(_ range: Range<Int>) -> Structure {
      Structure(
        cell: structure.cell, species: Array(structure.species[range]),
        positions: Array(structure.positions[range])
      ).supercell(matrix)
    }
    let below = part(0..<substrateCount)
    let above = part(metalAtoms)
    var result = self
    result.structure = Structure(
      cell: below.cell, species: below.species + above.species,
      positions: below.positions + above.positions)
    result.substrateCount = below.count
    result.metalLayers = (0..<abs(rows.determinant)).flatMap { _ in metalLayers }
    return result
  }

  /// The smallest in-plane supercell whose periodic images are no nearer than a distance.
  ///
  /// All sublattices are compared, not only multiples of a and b, so that a cell turned by 45
  /// degrees is found where it is smaller.
  ///
  /// - Parameter distance: least distance in angstrom between an atom and its images.
  /// - Returns: the supercell in its reduced setting; of several, the one whose shortest vector is
  ///   longest.
  public func supercell(minimumDistance distance: Double) -> InterfaceCell {
    supercell(IntegerMatrix2.smallest(for: structure.cell, minimumDistance: distance))
  }

  /// The metal atoms sorted into classes of equivalent ones by the symmetry of the whole interface.
  ///
  /// - Parameter tolerance: distance in angstrom within which atoms count as equivalent.
  /// - Returns: the classes by rising layer, within a layer by their first atom. A vacancy for each
  ///   class stands for all its members.
  public func siteClasses(tolerance: Double = 1e-2) -> [SiteClass] {
    let equivalent = PlaneSymmetry(of: structure, tolerance: tolerance).equivalentAtoms
    var members: [Int: [Int]] = [:]
    for atom in metalAtoms { members[equivalent[atom], default: []].append(atom) }
    var counts: [Int: Int] = [:]
    return members.values.map { (metalLayers[$0[0] - substrateCount], $0) }
      .sorted { ($0.0, $0.1[0]) < ($1.0, $1.1[0]) }
      .map { layer, atoms in
        counts[layer, default: 0] += 1
        return SiteClass(layer: layer, number: counts[layer, default: 0], atoms: atoms)
      }
  }

  /// The classes of sites of a supercell, from those of this cell.
  ///
  /// The supercell's own search would meet each of its many translations; here they are known.
  ///
  /// - Parameters:
  ///   - rows: as given to ``supercell(_:)-(IntegerMatrix2)``.
  ///   - tolerance: distance in angstrom within which atoms count as equivalent.
  /// - Returns: as many classes as this cell has, with the indices of the supercell's atoms. Where the
  ///   supercell lowers the symmetry of the lattice, its classes could be split further.
  public func siteClasses(
    inSupercell rows: IntegerMatrix2, tolerance: Double = 1e-2
  ) -> [SiteClass] {
    let copies = abs(rows.determinant)
    let metalCount = structure.count - substrateCount
    return siteClasses(tolerance: tolerance).map { site in
      var result = site
      result.atoms = (0..<copies).flatMap { copy in
        site.atoms.map { copies * substrateCount + copy * metalCount + $0 - substrateCount }
      }
      return result
    }
  }

  /// The interface without one metal atom.
  ///
  /// - Parameter atom: its index in ``structure``.
  /// - Returns: the interface with one metal atom less; the others keep their order.
  /// - Throws: ``InterfaceError/noSuchAtom(atom:metalAtoms:)``.
  public func vacancy(at atom: Int) throws(InterfaceError) -> InterfaceCell {
    guard metalAtoms.contains(atom) else {
      throw .noSuchAtom(atom: atom, metalAtoms: metalAtoms)
    }
    var result = self
    result.structure = structure.removing(at: atom)
    result.metalLayers.remove(at: atom - substrateCount)
    return result
  }

  /// The interface without the first metal atom of a layer.
  ///
  /// - Parameter layer: counted from 0 at the interface.
  /// - Returns: the interface with one metal atom less.
  /// - Throws: ``InterfaceError/noSuchLayer(layer:layers:)``.
  public func vacancy(inLayer layer: Int) throws(InterfaceError) -> InterfaceCell {
    guard let index = metalLayers.firstIndex(of: layer) else {
      throw .noSuchLayer(layer: layer, layers: metalLayerCount)
    }
    var result = self
    result.structure = structure.removing(at: substrateCount + index)
    result.metalLayers.remove(at: index)
    return result
  }

  /// A first guess of the gap in angstrom: no pair across it is nearer than 1.15 times the sum of
  /// its covalent radii, and one pair is that near.
  public static func estimatedGap(metal: Slab, on substrate: Slab, registry: Registry) -> Double {
    let top = substrate.structure.positions.map(\.z).max() ?? 0
    let bottom = metal.structure.positions.map(\.z).min() ?? 0
    let first = metal.atoms(inLayer: 0).first ?? 0
    let shift = registry.site - metal.structure.positions[first].vector
    let plane = PlaneMetric(substrate.structure.cell)
    var gap = 0.5
    for (element, position) in zip(metal.structure.species, metal.structure.positions) {
      for (other, site) in zip(substrate.structure.species, substrate.structure.positions) {
        let distance = 1.15 * (element.covalentRadius + other.covalentRadius)
        let lateral = plane.squaredDistance(
          plane.fractional(position.vector + shift), plane.fractional(site.vector)
        ).squareRoot()
        guard lateral < distance else { continue }
        let rise = (distance * distance - lateral * lateral).squareRoot()
        // Heights of the two atoms behind their own faces count towards the distance.
        gap = max(gap, rise - (position.z - bottom) - (top - site.z))
      }
    }
    return gap
  }
}
