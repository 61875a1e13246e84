import Structures

/// Two crystals, cut and matched: from here interfaces of any registry, gap and size are put together.
public struct InterfaceBuilder: Sendable {
  /// The metal with its own surface cell, unstrained.
  public let metal: OrientedCrystal
  /// The substrate with the surface cell of the match.
  public let substrate: OrientedCrystal
  /// How they meet.
  public let match: LatticeMatch
  /// How the substrate is cut.
  public let termination: Termination
  /// The metal strained to the substrate.
  public let strainedMetal: OrientedCrystal

  /// How the two slabs share a cell.
  public enum Arrangement: String, Sendable, CaseIterable {
    /// Metal on the substrate, and vacuum above the metal.
    case slab
    /// Substrate on the metal: the same interface upside down, vacuum above the substrate.
    case flipped
    /// Two interfaces and no vacuum.
    case sandwich
  }

  /// Matches two oriented crystals.
  ///
  /// - Parameters:
  ///   - metal: the metal, unstrained.
  ///   - substrate: the substrate with its primitive surface cell.
  ///   - termination: how the substrate is cut; one of its terminations.
  ///   - match: how they meet; one of their matches.
  public init(
    metal: OrientedCrystal, substrate: OrientedCrystal, termination: Termination,
    match: LatticeMatch
  ) {
    self.metal = metal
    self.substrate = substrate.surfaceSupercell(match.substrate)
    self.match = match
    self.termination = termination
    strainedMetal = metal.strained(by: match, onto: self.substrate.structure.cell)
  }

  /// The slab of the substrate in the cell of the match.
  public func substrateSlab(vacuum: Double) -> Slab { substrate.slab(termination, vacuum: vacuum) }

  /// The slab of the strained metal, cut where the fewest bonds break.
  public func metalSlab(layers: Int, vacuum: Double) -> Slab {
    strainedMetal.slabWithFewestBrokenBonds(layers: layers, vacuum: vacuum)
  }

  /// An interface with one registry.
  ///
  /// - Parameters:
  ///   - registry: one of the substrate slab's registries.
  ///   - metalLayers: number of the metal's layers.
  ///   - gap: distance in angstrom between the highest substrate and the lowest metal plane; nil
  ///     takes ``InterfaceCell/estimatedGap(metal:on:registry:)``.
  ///   - vacuum: empty height in angstrom; not used for a sandwich.
  ///   - arrangement: how the slabs share the cell.
  /// - Returns: the interface.
  /// - Throws: ``InterfaceError/facesDiffer(formula:)`` where a sandwich would have two different
  ///   interfaces, ``InterfaceError/noSuchRegistry(name:known:)`` where it is asked for a point of a
  ///   mesh, which only one face has.
  public func interface(
    registry: Registry, metalLayers: Int, gap: Double? = nil, vacuum: Double,
    arrangement: Arrangement = .slab
  ) throws(InterfaceError) -> InterfaceCell {
    let below = substrateSlab(vacuum: vacuum)
    let above = metalSlab(layers: metalLayers, vacuum: vacuum)
    let distance =
      gap ?? InterfaceCell.estimatedGap(metal: above, on: below, registry: registry)
    let cell = InterfaceCell(
      metal: above, on: below, registry: registry, gap: distance,
      height: below.thickness + distance + above.thickness + vacuum)
    switch arrangement {
    case .slab: return cell
    case .flipped: return cell.turnedUpsideDown
    case .sandwich:
      guard termination.facesAreAlike else {
        throw .facesDiffer(formula: substrate.structure.formula)
      }
      let first = strainedMetal.firstPlaneWithFewestBrokenBonds(planeCount: metalLayers)
      guard metal.facesAreAlike(firstPlane: first, planeCount: metalLayers) else {
        throw .facesDiffer(formula: metal.structure.formula)
      }
      guard registry.kind != .grid else {
        throw .noSuchRegistry(name: registry.name, known: below.registries.map(\.name))
      }
      return cell.sandwich(metal: above, substrate: below, registry: registry, gap: distance)
    }
  }
}

extension InterfaceCell {
  /// The interface turned by 180 degrees about x: the substrate on top.
  ///
  /// A rotation and no mirror, so a chiral crystal keeps its hand.
  var turnedUpsideDown: InterfaceCell {
    var result = self
    let height = structure.cell.c.z
    result.structure.cell.b = Vector3(-structure.cell.b.x, structure.cell.b.y, 0)
    for index in structure.positions.indices {
      let position = structure.positions[index].vector
      result.structure.positions[index] = CartesianPosition(
        position.x, -position.y, height - position.z)
    }
    result.structure = result.structure.wrapped
    result.isFlipped = true
    return result
  }

  /// The interface without vacuum: the metal's upper face meets the image of the substrate's lower
  /// face at the same gap, and c leans so that the registry there is of the same kind.
  fileprivate func sandwich(
    metal: Slab, substrate: Slab, registry: Registry, gap: Double
  ) -> InterfaceCell {
    var result = self
    let height = substrate.thickness + metal.thickness + 2 * gap
    // Seen from below, the substrate's lower face has its registries where the turned slab has them.
    var turned = substrate
    turned.structure.positions = substrate.structure.positions.map {
      CartesianPosition($0.x, $0.y, -$0.z)
    }
    let partner =
      turned.registries.first { $0.name == registry.name }
      ?? [turned.bridge].compactMap { $0 }.first { $0.name == registry.name } ?? registry
    let offset = structure.positions[0].vector - substrate.structure.positions[0].vector
    let site = partner.site + Vector3(offset.x, offset.y, 0)
    let topLayer = metalLayerCount - 1
    guard let top = metalLayers.firstIndex(of: topLayer) else { return self }
    let atom = structure.positions[substrateCount + top].vector
    // The shortest of the equivalent leanings.
    var lean = Cell(a: structure.cell.a, b: structure.cell.b, c: Vector3(0, 0, 1)).fractional(
      CartesianPosition(atom.x - site.x, atom.y - site.y, 0)
    ).vector
    lean -= lean.rounded(.toNearestOrAwayFromZero)
    let shift = lean.x * structure.cell.a + lean.y * structure.cell.b
    result.structure.cell.c = Vector3(shift.x, shift.y, height)
    let low = structure.positions.prefix(substrateCount).map(\.z).min() ?? 0
    result.structure = result.structure.translated(by: Vector3(0, 0, gap / 2 - low))
    return result
  }
}
