import Structures

/// A basis of a two-dimensional lattice in the xy plane: two vectors in angstrom and how they are
/// made of the surface cell.
struct PlaneLattice {
  var u: SIMD2<Double>
  var v: SIMD2<Double>
  var rows: IntegerMatrix2

  init(u: SIMD2<Double>, v: SIMD2<Double>, rows: IntegerMatrix2) {
    self.u = u
    self.v = v
    self.rows = rows
  }

  /// The sublattice `rows` of the lattice that the a and b of a cell span.
  init(_ cell: Cell, _ rows: IntegerMatrix2) {
    func combine(_ row: SIMD2<Int>) -> SIMD2<Double> {
      Double(row.x) * SIMD2(cell.a.x, cell.a.y) + Double(row.y) * SIMD2(cell.b.x, cell.b.y)
    }
    self.init(u: combine(rows.first), v: combine(rows.second), rows: rows)
  }

  /// Signed area of the cell in square angstrom.
  var area: Double { u.x * v.y - u.y * v.x }

  /// Lengths of both vectors in angstrom.
  var lengths: SIMD2<Double> {
    SIMD2((u * u).sum().squareRoot(), (v * v).sum().squareRoot())
  }

  /// Lagrange-Gauss reduction, right-handed: the two shortest vectors of the lattice.
  var reduced: PlaneLattice {
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
  var shortBases: [PlaneLattice] {
    PlaneLattice.unimodular.map { first, second in
      PlaneLattice(
        u: Double(first.x) * u + Double(first.y) * v,
        v: Double(second.x) * u + Double(second.y) * v,
        rows: IntegerMatrix2(
          first.x &* rows.first &+ first.y &* rows.second,
          second.x &* rows.first &+ second.y &* rows.second))
    }
  }

  /// Pairs of rows from -1, 0, 1 with determinant 1.
  private static let unimodular: [(SIMD2<Int>, SIMD2<Int>)] = {
    let half = [SIMD2(1, 0), SIMD2(0, 1), SIMD2(1, 1), SIMD2(1, -1)]
    let short = half + half.map { 0 &- $0 }
    return short.flatMap { first in
      short.compactMap { second in
        first.x * second.y - first.y * second.x == 1 ? (first, second) : nil
      }
    }
  }()

  /// The linear map that takes one basis to the other.
  static func deformation(from source: PlaneLattice, to target: PlaneLattice) -> PlaneDeformation {
    // F = T S^-1 with the vectors as columns.
    let determinant = source.area
    let first = SIMD2(source.v.y, -source.v.x) / determinant
    let second = SIMD2(-source.u.y, source.u.x) / determinant
    return PlaneDeformation(
      xx: target.u.x * first.x + target.v.x * second.x,
      xy: target.u.x * first.y + target.v.x * second.y,
      yx: target.u.y * first.x + target.v.y * second.x,
      yy: target.u.y * first.y + target.v.y * second.y)
  }
}

/// A linear map of the plane, `F = R U` with a rotation R and a stretch U.
struct PlaneDeformation: Sendable {
  var xx: Double
  var xy: Double
  var yx: Double
  var yy: Double

  /// Angle of R in radians, counterclockwise.
  var rotation: Double { Double.arcTangent(yx - xy, xx + yy) }

  /// The two principal stretches less 1, the larger in size first.
  var principalStrains: SIMD2<Double> {
    // Singular values of a 2x2 matrix in closed form.
    let sum = ((xx + yy) * (xx + yy) + (xy - yx) * (xy - yx)).squareRoot()
    let difference = ((xx - yy) * (xx - yy) + (xy + yx) * (xy + yx)).squareRoot()
    let large = (sum + difference) / 2 - 1
    let small = (sum - difference) / 2 - 1
    return large.magnitude >= small.magnitude ? SIMD2(large, small) : SIMD2(small, large)
  }

  /// Biot's strain `U - 1`: xx, yy and xy in the frame of the undeformed lattice.
  var strain: (xx: Double, yy: Double, xy: Double) {
    let length = ((xx + yy) * (xx + yy) + (yx - xy) * (yx - xy)).squareRoot()
    let (cosine, sine) = ((xx + yy) / length, (yx - xy) / length)
    return (
      cosine * xx + sine * yx - 1, cosine * yy - sine * xy - 1, cosine * xy + sine * yy
    )
  }

  /// The map as a matrix that leaves z alone.
  var matrix: Matrix3 {
    Matrix3(rows: Vector3(xx, xy, 0), Vector3(yx, yy, 0), Vector3(0, 0, 1))
  }
}
