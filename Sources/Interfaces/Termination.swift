import Foundation
public import Structures

/// One way to cut a slab out of an oriented crystal.
public struct Termination: Sendable, Hashable, Codable {
  /// Which plane of the repeat is the lowest.
  public var firstPlane: Int
  /// Number of atomic planes.
  public var planeCount: Int
  /// What the planes were sorted with: atoms whose heights differ by less, in angstrom, share one.
  public var planeTolerance: Double
  /// Whether the slab has the crystal's composition.
  public var isStoichiometric: Bool
  /// Whether an operation of symmetry exchanges the two faces; such a slab has no dipole.
  public var facesAreAlike: Bool
  /// Composition of the outermost plane of the upper face, for example "LiCl".
  public var upperPlane: String
  /// Composition of the outermost plane of the lower face.
  public var lowerPlane: String
  /// Atoms of each element for one surface cell beyond whole formula units; empty where
  /// stoichiometric, never negative.
  public var excess: [Element: Int]
  /// Number of whole formula units for one surface cell.
  public var formulaUnits: Int
  /// Weight of the bonds cut at both faces, in bonds of ordinary length for each square angstrom.
  public var brokenBonds: Double
  /// Height from the lowest to the highest plane in angstrom.
  public var thickness: Double
  /// Mean electronegativity of the outermost plane of the upper face, Pauling's scale.
  public var upperElectronegativity: Double
  /// What Tasker's rule says of the upper face; nil where no charges are known.
  public var polarity: Polarity?
}

/// Tasker's types of surfaces of ionic crystals.
///
/// ## References
/// P. W. Tasker, J. Phys. C 12, 4977 (1979), doi:10.1088/0022-3719/12/22/036.
public enum Polarity: Int, Sendable, Hashable, Codable {
  /// Type 1: every plane is neutral.
  case neutralPlanes = 1
  /// Type 2: planes are charged, but the repeat that ends at the face has no dipole.
  case noDipole = 2
  /// Type 3: the repeat has a dipole, which diverges with thickness unless charge is moved or atoms
  /// are taken off.
  case polar = 3
}

extension OrientedCrystal {
  /// Every symmetrically distinct slab of at least `minimumThickness`, the most sensible first.
  ///
  /// The list holds, each once: all slabs of the crystal's composition, one for each class of
  /// equivalent cuts, and a slab with two like faces for each class of faces that an operation of
  /// symmetry maps to the other side (non-stoichiometric where the composition asks for it).
  ///
  /// Stoichiometric slabs with like faces come first, then non-stoichiometric ones with like faces
  /// (no dipole, but a surface energy that needs chemical potentials), then the rest; within a kind
  /// the cut through the fewest bonds, then the face of higher electronegativity, which a metal put
  /// on it continues best, then the thinner slab. A bond counts by the distance law of
  /// bond valences: that is coarse, and serves only to choose a default that does not cut a covalent
  /// group.
  ///
  /// - Parameters:
  ///   - minimumThickness: in angstrom, between the outermost planes.
  ///   - minimumPlanes: least number of planes.
  ///   - wholeRepeats: whether stoichiometric slabs are whole repeats of the stack, even where
  ///     symmetry offers the same two faces at a thinner slab.
  ///   - planeTolerance: atoms whose heights differ by less, in angstrom, share a plane.
  /// - Returns: at least one cut.
  public func terminations(
    minimumThickness: Double, minimumPlanes: Int = 1, wholeRepeats: Bool = false,
    planeTolerance: Double = OrientedCrystal.planeTolerance
  ) -> [Termination] {
    let stack = PlaneStack(self, tolerance: planeTolerance)
    var found: [Termination] = []
    var seen = Set<Int>()
    for cut in 0..<stack.count where seen.insert(stack.cutClasses[cut]).inserted {
      let partners =
        wholeRepeats
        ? [cut]
        : (0..<stack.count).filter { stack.lowerFace($0) == stack.lowerFace(cut) }
      let slabs = partners.map {
        termination(stack, lower: $0, upper: cut, minimumThickness, minimumPlanes)
      }
      if let thinnest = slabs.filter(\.isStoichiometric).min(by: { $0.planeCount < $1.planeCount })
      {
        found.append(thinnest)
      }
    }
    var covered = Set(
      found.indices.filter { found[$0].facesAreAlike }
        .map {
          stack.upperFace((found[$0].firstPlane + found[$0].planeCount - 1) % stack.count)
        })
    for upper in 0..<stack.count where covered.insert(stack.upperFace(upper)).inserted {
      let partners = (0..<stack.count).filter { stack.lowerFace($0) == stack.upperFace(upper) }
      let slabs = partners.map {
        termination(stack, lower: $0, upper: upper, minimumThickness, minimumPlanes)
      }
      if let thinnest = slabs.min(by: { $0.planeCount < $1.planeCount }) { found.append(thinnest) }
    }
    func rank(_ cut: Termination) -> Int {
      cut.facesAreAlike ? (cut.isStoichiometric ? 0 : 1) : (cut.isStoichiometric ? 2 : 3)
    }
    return found.sorted { left, right in
      if rank(left) != rank(right) { return rank(left) < rank(right) }
      // Thousandths are compared, so that equal cuts keep their order whatever the rounding.
      let bonds = [left, right].map { ($0.brokenBonds * 1000).rounded() }
      if bonds[0] != bonds[1] { return bonds[0] < bonds[1] }
      let anions = [left, right].map { ($0.upperElectronegativity * 100).rounded() }
      if anions[0] != anions[1] { return anions[0] > anions[1] }
      if left.planeCount != right.planeCount { return left.planeCount < right.planeCount }
      return left.firstPlane < right.firstPlane
    }
  }

  /// The slab from the lower face of one cut to the upper face of another, thick enough.
  private func termination(
    _ stack: PlaneStack, lower: Int, upper: Int, _ minimumThickness: Double, _ minimumPlanes: Int
  ) -> Termination {
    let count = stack.count
    let first = (lower + 1) % count
    var planes = (upper - lower - 1 + count) % count + 1
    func thickness(_ planes: Int) -> Double {
      let last = first + planes - 1
      return stack.planes[last % count].height + Double(last / count) * repeatHeight
        - stack.planes[first].height
    }
    if thickness(planes) < minimumThickness - 1e-6 {
      let missing = minimumThickness - 1e-6 - thickness(planes)
      planes += count * Int((missing / repeatHeight).rounded(.up))
    }
    while planes < minimumPlanes { planes += count }
    var composition: [Element: Int] = [:]
    for layer in 0..<planes {
      for atom in stack.planes[(first + layer) % count].atoms {
        composition[structure.species[atom.index], default: 0] += 1
      }
    }
    let (units, excess) = structure.formulaUnits(in: composition)
    let last = (first + planes - 1) % count
    return Termination(
      firstPlane: first, planeCount: planes, planeTolerance: stack.tolerance,
      isStoichiometric: excess.isEmpty,
      facesAreAlike: stack.upperFace(upper) == stack.lowerFace(lower),
      upperPlane: formula(of: stack.planes[last]), lowerPlane: formula(of: stack.planes[first]),
      excess: excess, formulaUnits: units,
      brokenBonds: (stack.cutBonds[lower] + stack.cutBonds[upper]) / area,
      thickness: thickness(planes),
      upperElectronegativity: electronegativity(of: stack.planes[last]),
      polarity: polarity(stack, cut: upper))
  }

  /// The slab of the same make with its two faces exchanged.
  ///
  /// - Parameter cut: one of the terminations of this crystal.
  /// - Returns: `cut` itself where its faces are alike; nil where no operation of the crystal reverses
  ///   the normal, and the opposite indices show the other side.
  public func turnedOver(_ cut: Termination) -> Termination? {
    guard !cut.facesAreAlike else { return cut }
    let stack = PlaneStack(self, tolerance: cut.planeTolerance)
    let count = stack.count
    let lower = stack.lowerFace((cut.firstPlane + count - 1) % count)
    let upper = stack.upperFace((cut.firstPlane + cut.planeCount - 1) % count)
    for low in 0..<count where stack.lowerFace(low) == upper {
      for high in 0..<count where stack.upperFace(high) == lower {
        let candidate = termination(stack, lower: low, upper: high, 0, cut.planeCount)
        if candidate.planeCount == cut.planeCount { return candidate }
      }
    }
    return nil
  }

  /// Whether a slab of this crystal with its planes counted from `firstPlane` has like faces.
  func facesAreAlike(firstPlane: Int, planeCount: Int) -> Bool {
    let stack = PlaneStack(self, tolerance: OrientedCrystal.planeTolerance)
    let lower = (firstPlane + stack.count - 1) % stack.count
    let upper = (firstPlane + planeCount - 1) % stack.count
    return stack.upperFace(upper) == stack.lowerFace(lower)
  }

  private func electronegativity(of plane: Plane) -> Double {
    let values = plane.atoms.map { structure.species[$0.index].electronegativity ?? 0 }
    return values.reduce(0, +) / Double(max(1, values.count))
  }

  private func formula(of plane: Plane) -> String {
    Structure.formula(of: composition(of: plane))
  }

  private func composition(of plane: Plane) -> [Element: Int] {
    plane.atoms.reduce(into: [:]) { $0[structure.species[$1.index], default: 0] += 1 }
  }

  /// Tasker's type of the upper face at a cut, from the repeat of planes below it.
  private func polarity(_ stack: PlaneStack, cut: Int) -> Polarity? {
    guard let charges else { return nil }
    let sums = stack.planes.map { plane in
      plane.atoms.map { charges[$0.index] }.reduce(0, +)
    }
    var dipole = 0.0
    for step in 0..<stack.count {
      let index = (cut + 1 + step) % stack.count
      let wraps = Double((cut + 1 + step) / stack.count)
      // Atom by atom: a rough plane has a dipole of its own.
      for atom in stack.planes[index].atoms {
        let height = structure.positions[atom.index].z + (Double(atom.shift) + wraps) * repeatHeight
        dipole += charges[atom.index] * height
      }
    }
    guard dipole.magnitude < 0.05 else { return .polar }
    // Charges are whole or simple fractions: a hundredth is rounding.
    return sums.contains { $0.magnitude > 0.01 } ? .noDipole : .neutralPlanes
  }

  /// Numbers of planes with which a slab of an element loses the fewest bonds at both faces.
  ///
  /// For most surfaces any number does. Where planes lie at uneven distances, as in hcp (10-10), every second
  /// number leaves one face that is cut through the short distance: such slabs have two different surface
  /// energies, and a series that mixes them none at all.
  ///
  /// - Parameters:
  ///   - least: the smallest number wanted.
  ///   - count: how many numbers.
  /// - Returns: rising numbers, the first ones from `least` on.
  public func planeCounts(from least: Int, count: Int) -> [Int] {
    let cuts = PlaneStack(self, tolerance: OrientedCrystal.planeTolerance).cutBonds
    let planes = cuts.count
    let best = (cuts.min() ?? 0) * 1.001 + 1e-12
    var result: [Int] = []
    var number = max(1, least)
    while result.count < count {
      let isAlike = (0..<planes).contains { first in
        cuts[(first + planes - 1) % planes] <= best && cuts[(first + number - 1) % planes] <= best
      }
      if isAlike { result.append(number) }
      number += 1
    }
    return result
  }

  /// The lowest plane for a slab of an element: cut where the fewest bonds are lost.
  public func firstPlaneWithFewestBrokenBonds(planeCount: Int) -> Int {
    let cuts = PlaneStack(self, tolerance: OrientedCrystal.planeTolerance).cutBonds
    let planes = cuts.count
    let costs = (0..<planes).map { first in
      cuts[(first + planes - 1) % planes] + cuts[(first + planeCount - 1) % planes]
    }
    guard let least = costs.min() else { return 0 }
    return costs.firstIndex { $0 < least * 1.001 + 1e-12 } ?? 0
  }
}

extension Structure {
  /// How many whole formula units of this compound a composition holds, and what is left over.
  ///
  /// - Parameter composition: number of atoms of each element.
  /// - Returns: the largest number of units, and the atoms beyond them; none is negative.
  public func formulaUnits(
    in composition: [Element: Int]
  ) -> (units: Int, excess: [Element: Int]) {
    let own = self.composition
    let divisor = max(1, own.values.reduce(0, greatestCommonDivisor))
    let units = own.map { composition[$0.key, default: 0] / ($0.value / divisor) }.min() ?? 0
    var excess = composition
    for (element, number) in own { excess[element, default: 0] -= units * (number / divisor) }
    return (units, excess.filter { $0.value != 0 })
  }
}
