import Structures

/// A pair of surfaces that could form an interface, with the best way to match them.
public struct CandidatePair: Sendable {
  /// Surface of the metal.
  public var metalSurface: MillerIndices
  /// Surface of the substrate.
  public var substrateSurface: MillerIndices
  /// The best slab of the substrate on that surface.
  public var termination: Termination
  /// The best match by ``LatticeMatch/cost``.
  public var match: LatticeMatch

  /// Whether the substrate's slab has no dipole and its surface is none of Tasker's type 3.
  public var isNonPolar: Bool {
    termination.polarity != .polar && termination.facesAreAlike
  }

  /// Sum of the sizes of the substrate's indices: low for the surfaces that crystals show.
  public var indexSum: Int {
    abs(substrateSurface.h) + abs(substrateSurface.k) + abs(substrateSurface.l)
  }

  /// Whether the strain is below 8 %, where a strained metal is still a fair model of a coherent one.
  public var isModeratelyStrained: Bool { match.largestStrain.magnitude <= 0.08 }

  /// All pairs of distinct low-index surfaces that match, the one to take first.
  ///
  /// Non-polar pairs come before polar ones, stoichiometric slabs before others, strains below 8 %
  /// before larger ones, and then the least ``LatticeMatch/cost``: strain weighed against the size of
  /// the cell. Pairs of equal cost go to the lower indices.
  ///
  /// - Parameters:
  ///   - metal: the metal.
  ///   - substrate: the substrate.
  ///   - metalSurfaces: surfaces of the metal to try.
  ///   - maximumIndex: largest index of the substrate's surfaces.
  ///   - minimumThickness: of the substrate's slab in angstrom.
  ///   - planeTolerance: atoms whose heights differ by less, in angstrom, share a plane.
  ///   - strainLimit: largest principal strain of the metal in size.
  ///   - areaLimit: largest area of the common cell in square angstrom.
  /// - Returns: the pairs; none where nothing matches.
  public static func search(
    metal: Crystal, substrate: Crystal, metalSurfaces: [MillerIndices], maximumIndex: Int,
    minimumThickness: Double, planeTolerance: Double = OrientedCrystal.planeTolerance,
    strainLimit: Double, areaLimit: Double
  ) -> [CandidatePair] {
    let metals = metalSurfaces.map { OrientedCrystal(metal, surface: $0) }
    var found: [CandidatePair] = []
    for surface in substrate.distinctSurfaces(
      maximumIndex: maximumIndex, bothSides: true)
    {
      let oriented = OrientedCrystal(substrate, surface: surface)
      guard
        let termination = oriented.terminations(
          minimumThickness: minimumThickness, planeTolerance: planeTolerance
        ).first
      else { continue }
      for metal in metals {
        guard
          let match = try? LatticeMatch.search(
            metal: metal, substrate: oriented, strainLimit: strainLimit, areaLimit: areaLimit
          ).first
        else { continue }
        found.append(
          CandidatePair(
            metalSurface: metal.surface, substrateSurface: surface, termination: termination,
            match: match))
      }
    }
    return found.sorted { left, right in
      if left.isNonPolar != right.isNonPolar { return left.isNonPolar }
      if left.termination.isStoichiometric != right.termination.isStoichiometric {
        return left.termination.isStoichiometric
      }
      if left.isModeratelyStrained != right.isModeratelyStrained {
        return left.isModeratelyStrained
      }
      // Thousandths are compared, so that ties do not depend on rounding.
      let costs = [left, right].map { ($0.match.cost * 1000).rounded() }
      if costs[0] != costs[1] { return costs[0] < costs[1] }
      return left.indexSum < right.indexSum
    }
  }
}
