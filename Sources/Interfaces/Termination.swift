import Foundation
import Structures

/// One way to cut a slab out of an oriented crystal.
public struct Termination: Sendable, Hashable, Codable {
  /// Which plane of the repeat is the lowest.
  public var firstPlane: Int
  /// Number of atomic planes.
  public var planeCount: Int
  /// Whether the slab has the crystal's composition.
  public var isStoichiometric: Bool
  /// Whether an operation of symmetry exchanges the two faces; such a slab has no dipole.
  public var facesAreAlike: Bool
  /// Weight of the bonds cut at both faces, in bonds of ordinary length for each square angstrom.
  public var brokenBonds: Double
  /// Height from the lowest to the highest atom in angstrom.
  public var thickness: Double
}

extension OrientedCrystal {
  /// The cuts between `minimumThickness` and one repeat more, the most sensible first.
  ///
  /// Stoichiometric slabs with like faces come first, then non-stoichiometric ones with like faces
  /// (no dipole, but a surface energy that needs chemical potentials), then the rest; within a kind
  /// the cut through the fewest bonds, then the thinner slab. A bond counts `exp((R - d)/0.37)`
  /// with R the sum of the covalent radii, the distance law of bond valences (I. D. Brown,
  /// D. Altermatt, Acta Cryst. B 41, 244 (1985), doi:10.1107/S0108768185002063): that is coarse, and
  /// serves only to choose a default that does not cut a covalent group.
  ///
  /// - Parameter minimumThickness: in angstrom, between the outermost atoms.
  /// - Returns: at least one cut.
  /// - Throws: ``InterfaceError/symmetry(_:)``, ``InterfaceError/noSlab(formula:surface:)``.
  public func terminations(
    minimumThickness: Double
  ) throws(InterfaceError) -> [Termination] {
    let planes = planes()
    let most = Int((minimumThickness / repeatHeight).rounded(.up)) * planes.count + planes.count + 1
    let cuts = brokenBondsByCut()
    var found: [Termination] = []
    for first in planes.indices {
      // The thinnest slab that is thick enough, of each kind.
      var seen = Set<[Bool]>()
      for count in 1...most {
        let slab = slab(firstPlane: first, planeCount: count, vacuum: 10)
        guard slab.thickness >= minimumThickness - 1e-6 else { continue }
        let stoichiometric = slab.structure.formula == structure.formula
        let alike = try slab.facesAreAlike()
        guard seen.insert([stoichiometric, alike]).inserted else { continue }
        let lower = cuts[(first + planes.count - 1) % planes.count]
        let upper = cuts[(first + count - 1) % planes.count]
        found.append(
          Termination(
            firstPlane: first, planeCount: count, isStoichiometric: stoichiometric,
            facesAreAlike: alike, brokenBonds: (lower + upper) / area, thickness: slab.thickness))
      }
    }
    guard !found.isEmpty else {
      throw .noSlab(formula: structure.formula, surface: surface.description)
    }
    func rank(_ cut: Termination) -> Int {
      cut.facesAreAlike ? (cut.isStoichiometric ? 0 : 1) : (cut.isStoichiometric ? 2 : 3)
    }
    return found.sorted { left, right in
      if rank(left) != rank(right) { return rank(left) < rank(right) }
      let difference = left.brokenBonds - right.brokenBonds
      if difference.magnitude > 1e-3 * max(left.brokenBonds, right.brokenBonds) {
        return difference < 0
      }
      if left.planeCount != right.planeCount { return left.planeCount < right.planeCount }
      return left.firstPlane < right.firstPlane
    }
  }

  /// The lowest plane for a slab of an element: cut where the fewest bonds are lost.
  public func firstPlaneWithFewestBrokenBonds(planeCount: Int) -> Int {
    let cuts = brokenBondsByCut()
    let planes = cuts.count
    let costs = (0..<planes).map { first in
      cuts[(first + planes - 1) % planes] + cuts[(first + planeCount - 1) % planes]
    }
    guard let least = costs.min() else { return 0 }
    return costs.firstIndex { $0 < least * 1.001 + 1e-12 } ?? 0
  }

  /// Weight of the bonds through the cut above each plane of the repeat, for one surface cell.
  private func brokenBondsByCut() -> [Double] {
    let planes = planes()
    let height = repeatHeight
    let neighbors = structure.neighbors(within: 4)
    return planes.indices.map { index in
      let upper = index + 1 < planes.count ? planes[index + 1].height : planes[0].height + height
      let cut = (planes[index].height + upper) / 2
      var weight = 0.0
      for (atom, list) in neighbors.enumerated() {
        let start = structure.positions[atom].z
        for neighbor in list where neighbor.displacement.z > 0 {
          let end = start + neighbor.displacement.z
          // Number of heights cut + k * height between the two ends of the bond.
          let crossings =
            ((end - cut) / height).rounded(.down) - ((start - cut) / height).rounded(.down)
          let radii =
            structure.species[atom].covalentRadius
            + structure.species[neighbor.index].covalentRadius
          weight += crossings * exp((radii - neighbor.distance) / 0.37)
        }
      }
      return weight
    }
  }
}
