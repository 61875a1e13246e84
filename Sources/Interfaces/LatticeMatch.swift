import Foundation
public import Structures

/// A pair of surface supercells, one of the metal and one of the substrate, that nearly agree.
///
/// ## References
/// A. Zur, T. C. McGill, J. Appl. Phys. 55, 378 (1984), doi:10.1063/1.333084.
public struct LatticeMatch: Sendable, Hashable, Codable {
  /// Supercell of the metal's surface cell.
  public var metal: IntegerMatrix2
  /// Supercell of the substrate's surface cell.
  public var substrate: IntegerMatrix2
  /// Deformation of the metal in the plane that makes the cells equal, rotation included.
  public var deformation: Matrix3
  /// The two principal strains of the metal, the larger in size first; dimensionless.
  public var principalStrains: SIMD2<Double>
  /// Strain of the metal (Biot's: stretch less 1) as xx, yy, xy in its own frame; dimensionless.
  public var strain: Vector3
  /// Angle by which the metal's frame is turned into the substrate's, degrees, counterclockwise.
  public var rotation: Double
  /// Area of the common cell in square angstrom: that of the substrate's supercell.
  public var area: Double
  /// Number of matches with the same multiples and strains, this one included: symmetry's copies
  /// and other orientations.
  public var multiplicity: Int

  /// The larger of the two principal strains in size, with its sign.
  public var largestStrain: Double { principalStrains.x }

  /// What the search ranks by: `area * (1 + (strain/0.08)^2)`, square angstrom.
  public var cost: Double {
    let strain = largestStrain / 0.08
    return area * (1 + strain * strain)
  }
}

extension LatticeMatch {
  /// Matches with the metal strained to the substrate, the best compromise of size and strain first.
  ///
  /// The search is complete: every pair of sublattices up to the area limit is compared, whatever
  /// its angle. Two lattices are compared by the principal strains of the map between their bases,
  /// the least strained of all choices of short bases. A match that is a supercell of a smaller one
  /// is left out, and equivalent ones are counted in ``multiplicity``.
  ///
  /// The rank is ``cost``: a one-to-one match is kept up to a strain of several percent, and a
  /// larger cell has to earn its size by a smaller strain.
  ///
  /// - Parameters:
  ///   - metal: the metal with its own surface cell.
  ///   - substrate: the substrate with its own surface cell.
  ///   - strainLimit: largest principal strain of the metal in size, dimensionless.
  ///   - areaLimit: largest area of the common cell in square angstrom.
  /// - Returns: at least one match.
  /// - Throws: ``InterfaceError/noLatticeMatch(strainLimit:areaLimit:smallestStrain:)``.
  public static func search(
    metal: OrientedCrystal, substrate: OrientedCrystal, strainLimit: Double,
    areaLimit: Double
  ) throws(InterfaceError) -> [LatticeMatch] {
    precondition((0..<1).contains(strainLimit) && areaLimit.isFinite, "limits of a match")
    let substrateCells = Int(areaLimit / substrate.area + 1e-9)
    var sources = SublatticeTable(metal.structure.cell)
    var targets = SublatticeTable(substrate.structure.cell)
    var classes = MatchClasses()
    for substrateArea in 1...max(1, substrateCells) where substrateCells > 0 {
      let ratio = substrate.area * Double(substrateArea) / metal.area
      // The product of the principal stretches is the ratio of the areas.
      let low = Int((ratio / ((1 + strainLimit) * (1 + strainLimit))).rounded(.up))
      let high = Int((ratio / ((1 - strainLimit) * (1 - strainLimit))).rounded(.down))
      guard max(1, low) <= high else { continue }
      for metalArea in max(1, low)...high {
        let candidates = sources[metalArea]
        for target in targets[substrateArea] {
          let lengths = target.lengths
          // Stretches within 1 ± limit change the lengths of the shortest vectors as little.
          let window = candidates.partition(
            from: lengths.x / (1 + strainLimit) - 1e-9, to: lengths.x / (1 - strainLimit) + 1e-9)
          for source in candidates[window] {
            let second = source.lengths.y
            guard second >= lengths.y / (1 + strainLimit) - 1e-9,
              second <= lengths.y / (1 - strainLimit) + 1e-9
            else { continue }
            let match = LatticeMatch(source: source, target: target)
            if match.largestStrain.magnitude <= strainLimit, match.isPrimitive {
              classes.add(match)
            }
          }
        }
      }
    }
    guard !classes.isEmpty else {
      throw .noLatticeMatch(
        strainLimit: strainLimit, areaLimit: areaLimit,
        smallestStrain: smallestStrain(
          &sources, &targets, substrateCells: substrateCells,
          ratio: substrate.area / metal.area))
    }
    return classes.ranked
  }

  /// The least strain of any pair of about equal areas: what to tell where nothing fits.
  private static func smallestStrain(
    _ sources: inout SublatticeTable, _ targets: inout SublatticeTable, substrateCells: Int,
    ratio: Double
  ) -> Double? {
    var smallest: Double?
    // A hint for a person, so the smallest cells will do.
    for substrateArea in 1...min(8, max(1, substrateCells)) {
      let metalArea = max(1, Int((ratio * Double(substrateArea)).rounded()))
      let candidates = sources[metalArea]
      for target in targets[substrateArea] {
        for source in candidates {
          let strain = LatticeMatch(source: source, target: target).largestStrain.magnitude
          smallest = min(smallest ?? .infinity, strain)
        }
      }
    }
    return smallest
  }

  /// Small numbers first, positive before negative.
  fileprivate var orderingKey: [Int] {
    let entries = [
      substrate.first.x, substrate.first.y, substrate.second.x, substrate.second.y,
      metal.first.x, metal.first.y, metal.second.x, metal.second.y,
    ]
    return entries.map(abs) + entries.map { $0 < 0 ? 1 : 0 }
  }

  /// Whether no smaller pair of supercells has the same deformation.
  ///
  /// Both matrices have a common left factor, and the match is a supercell of a smaller one, exactly
  /// where the greatest common divisor of the 2x2 minors of the two matrices side by side exceeds 1.
  private var isPrimitive: Bool {
    let columns = [
      SIMD2(metal.first.x, metal.second.x), SIMD2(metal.first.y, metal.second.y),
      SIMD2(substrate.first.x, substrate.second.x), SIMD2(substrate.first.y, substrate.second.y),
    ]
    var divisor = 0
    for i in 0..<4 {
      for j in (i + 1)..<4 {
        divisor = greatestCommonDivisor(
          divisor, columns[i].x * columns[j].y - columns[i].y * columns[j].x)
      }
    }
    return divisor == 1
  }

  /// The least strained way to lay one reduced basis on another, over the bases of equal hand.
  private init(source: PlaneLattice, target: PlaneLattice) {
    var best: (lattice: PlaneLattice, map: PlaneDeformation, strains: SIMD2<Double>)?
    for candidate in source.shortBases {
      let map = PlaneLattice.deformation(from: candidate, to: target)
      let strains = map.principalStrains
      if let best, best.strains.x.magnitude <= strains.x.magnitude + 1e-12 { continue }
      best = (candidate, map, strains)
    }
    guard let best else { preconditionFailure("a lattice has at least one basis") }
    let strain = best.map.strain
    self.init(
      metal: best.lattice.rows, substrate: target.rows, deformation: best.map.matrix,
      principalStrains: best.strains, strain: Vector3(strain.xx, strain.yy, strain.xy),
      rotation: best.map.rotation * 180 / .pi, area: target.area, multiplicity: 1)
    assert(metal.determinant > 0 && substrate.determinant > 0, "supercells are right-handed")
  }
}

/// Matches sorted into classes of equal multiples and strains, one of each kept.
private struct MatchClasses {
  private struct Key: Hashable {
    var metal: Int
    var substrate: Int
    var first: Int
    var second: Int
  }

  private var classes: [Key: LatticeMatch] = [:]

  var isEmpty: Bool { classes.isEmpty }

  /// Keeps the match of a class with the simplest matrices, and counts the others.
  mutating func add(_ match: LatticeMatch) {
    let key = Key(
      metal: match.metal.determinant, substrate: match.substrate.determinant,
      first: Int((match.principalStrains.x * 1e7).rounded()),
      second: Int((match.principalStrains.y * 1e7).rounded()))
    guard let known = classes[key] else {
      classes[key] = match
      return
    }
    var kept = match.orderingKey.lexicographicallyPrecedes(known.orderingKey) ? match : known
    kept.multiplicity = known.multiplicity + 1
    classes[key] = kept
  }

  /// All classes by rising cost; ties are broken by what is in the matrices, so that the order never
  /// depends on rounding.
  var ranked: [LatticeMatch] {
    classes.values.map { (($0.cost * 1e6).rounded(), $0.orderingKey, $0) }
      .sorted { left, right in
        if left.0 != right.0 { return left.0 < right.0 }
        return left.1.lexicographicallyPrecedes(right.1)
      }.map(\.2)
  }
}

/// The reduced sublattices of a surface cell by their area, made when asked for.
struct SublatticeTable {
  private let cell: Cell
  private var tables: [Int: [PlaneLattice]] = [:]

  init(_ cell: Cell) { self.cell = cell }

  /// All sublattices of `multiple` cells by rising length of their shortest vector.
  subscript(multiple: Int) -> [PlaneLattice] {
    mutating get {
      if let known = tables[multiple] { return known }
      let made = IntegerMatrix2.sublattices(area: multiple)
        .map { PlaneLattice(cell, $0).reduced }
        .map { ($0.lengths.x, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
      tables[multiple] = made
      return made
    }
  }
}

extension [PlaneLattice] {
  /// Positions of the lattices, sorted by it, whose shortest vector is between two lengths.
  fileprivate func partition(from low: Double, to high: Double) -> Range<Int> {
    func first(where isPast: (Double) -> Bool) -> Int {
      var (below, above) = (0, count)
      while below < above {
        let middle = (below + above) / 2
        if isPast(self[middle].lengths.x) { above = middle } else { below = middle + 1 }
      }
      return below
    }
    return first { $0 >= low }..<first { $0 > high }
  }
}

extension Double {
  /// The angle of the point (x, y) in radians.
  static func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
}
