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
  /// Area of the common cell in square angstrom: that of the substrate's supercell.
  public var area: Double

  /// The larger of the two principal strains in size, with its sign.
  public var largestStrain: Double { principalStrains.x }
}

extension LatticeMatch {
  /// Matches with the metal strained to the substrate, the best compromise of size and strain first.
  ///
  /// Every pair of sublattices up to the area limit is compared. The rank is
  /// `area * (1 + (strain/0.08)^2)`: a one-to-one match is kept up to a strain of several percent,
  /// and a larger cell has to earn its cost by a smaller strain.
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
    var found: [LatticeMatch] = []
    var smallest: Double?
    let substrateCells = max(1, Int(areaLimit / substrate.area + 1e-9))
    for substrateArea in 1...substrateCells {
      let ratio = substrate.area * Double(substrateArea) / metal.area
      let low = Int((ratio / ((1 + strainLimit) * (1 + strainLimit))).rounded(.up))
      let high = Int((ratio / ((1 - strainLimit) * (1 - strainLimit))).rounded(.down))
      let nearest = max(1, Int(ratio.rounded()))
      for metalArea in max(1, min(low, nearest))...max(high, nearest) {
        for rows in IntegerMatrix2.sublattices(area: substrateArea) {
          let target = PlaneBasis(substrate.structure.cell, rows).reduced
          for metalRows in IntegerMatrix2.sublattices(area: metalArea) {
            let source = PlaneBasis(metal.structure.cell, metalRows).reduced
            let match = LatticeMatch(source: source, target: target)
            smallest = min(smallest ?? .infinity, match.largestStrain.magnitude)
            if match.largestStrain.magnitude <= strainLimit { found.append(match) }
          }
        }
      }
    }
    guard !found.isEmpty else {
      throw .noLatticeMatch(
        strainLimit: strainLimit, areaLimit: areaLimit, smallestStrain: smallest)
    }
    func cost(_ match: LatticeMatch) -> Double {
      let strain = match.largestStrain / 0.08
      return match.area * (1 + strain * strain)
    }
    // Ties are broken by what is in the matrices, so that the order never depends on rounding.
    return found.map { (cost($0), $0) }.sorted { left, right in
      let scale = 1e-6 * max(left.0, right.0)
      if (left.0 - right.0).magnitude > scale { return left.0 < right.0 }
      return left.1.orderingKey.lexicographicallyPrecedes(right.1.orderingKey)
    }.map(\.1)
  }

  private var orderingKey: [Int] {
    [
      substrate.first.x, substrate.first.y, substrate.second.x, substrate.second.y,
      metal.first.x, metal.first.y, metal.second.x, metal.second.y,
    ].map(abs)
  }

  /// The least strained way to lay one reduced basis on another, over the bases of equal hand.
  private init(source: PlaneBasis, target: PlaneBasis) {
    var best: LatticeMatch?
    for candidate in source.shortBases {
      let stretch = PlaneBasis.deformation(from: candidate, to: target)
      if let known = best, known.largestStrain.magnitude <= stretch.strains.x.magnitude + 1e-12 {
        continue
      }
      best = LatticeMatch(
        metal: candidate.rows, substrate: target.rows, deformation: stretch.matrix,
        principalStrains: stretch.strains, area: target.area)
    }
    guard let best else { preconditionFailure("a lattice has at least one basis") }
    self = best
  }
}

/// A basis of a sublattice in the plane: two vectors in angstrom and how they are made.
private struct PlaneBasis {
  var u: SIMD2<Double>
  var v: SIMD2<Double>
  var rows: IntegerMatrix2

  init(u: SIMD2<Double>, v: SIMD2<Double>, rows: IntegerMatrix2) {
    self.u = u
    self.v = v
    self.rows = rows
  }

  init(_ cell: Cell, _ rows: IntegerMatrix2) {
    func combine(_ row: SIMD2<Int>) -> SIMD2<Double> {
      Double(row.x) * SIMD2(cell.a.x, cell.a.y) + Double(row.y) * SIMD2(cell.b.x, cell.b.y)
    }
    self.init(u: combine(rows.first), v: combine(rows.second), rows: rows)
  }

  var area: Double { u.x * v.y - u.y * v.x }

  /// Lagrange-Gauss reduction, right-handed: the two shortest vectors of the lattice.
  var reduced: PlaneBasis {
    var basis = self
    while true {
      if (basis.v * basis.v).sum() < (basis.u * basis.u).sum() - 1e-9 {
        (basis.u, basis.v) = (basis.v, basis.u * -1)
        basis.rows = IntegerMatrix2(basis.rows.second, 0 &- basis.rows.first)
      }
      let factor = ((basis.u * basis.v).sum() / (basis.u * basis.u).sum() - 1e-9).rounded()
      if factor == 0 { return basis }
      basis.v -= factor * basis.u
      basis.rows.second = basis.rows.second &- Int(factor) &* basis.rows.first
    }
  }

  /// All right-handed bases of the same lattice made of its short vectors.
  var shortBases: [PlaneBasis] {
    let combinations = [SIMD2(1, 0), SIMD2(0, 1), SIMD2(1, 1), SIMD2(1, -1)]
    let short = combinations + combinations.map { 0 &- $0 }
    func pick(_ n: SIMD2<Int>) -> (SIMD2<Double>, SIMD2<Int>) {
      (
        Double(n.x) * u + Double(n.y) * v,
        n.x &* rows.first &+ n.y &* rows.second
      )
    }
    return short.flatMap { first in
      short.compactMap { second in
        guard first.x * second.y - first.y * second.x == 1 else { return nil }
        let (newU, firstRow) = pick(first)
        let (newV, secondRow) = pick(second)
        return PlaneBasis(u: newU, v: newV, rows: IntegerMatrix2(firstRow, secondRow))
      }
    }
  }

  /// The linear map that takes one basis to the other, and its principal strains.
  static func deformation(
    from source: PlaneBasis, to target: PlaneBasis
  ) -> (matrix: Matrix3, strains: SIMD2<Double>) {
    // F = T S^-1 with the vectors as columns.
    let determinant = source.area
    let inverse = (
      SIMD2(source.v.y, -source.v.x) / determinant, SIMD2(-source.u.y, source.u.x) / determinant
    )
    let xx = target.u.x * inverse.0.x + target.v.x * inverse.1.x
    let xy = target.u.x * inverse.0.y + target.v.x * inverse.1.y
    let yx = target.u.y * inverse.0.x + target.v.y * inverse.1.x
    let yy = target.u.y * inverse.0.y + target.v.y * inverse.1.y
    // Singular values of a 2x2 matrix in closed form.
    let sum = ((xx + yy) * (xx + yy) + (xy - yx) * (xy - yx)).squareRoot()
    let difference = ((xx - yy) * (xx - yy) + (xy + yx) * (xy + yx)).squareRoot()
    let large = (sum + difference) / 2 - 1
    let small = (sum - difference) / 2 - 1
    let strains =
      large.magnitude >= small.magnitude ? SIMD2(large, small) : SIMD2(small, large)
    return (
      Matrix3(rows: Vector3(xx, xy, 0), Vector3(yx, yy, 0), Vector3(0, 0, 1)), strains
    )
  }
}
