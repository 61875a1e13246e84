/// The three vectors that a crystal repeats by, in angstrom.
///
/// The vectors are reached by name, so that nobody has to ask whether a matrix holds them as rows
/// or columns. Initialisers do not refuse a degenerate or left-handed cell, because a reader has to
/// be able to say what is wrong with a file; ``Structure/validate(minimumDistance:)`` does.
public struct Cell: Sendable, Hashable, Codable {
  /// First cell vector in angstrom.
  public var a: Vector3
  /// Second cell vector in angstrom.
  public var b: Vector3
  /// Third cell vector in angstrom.
  public var c: Vector3

  /// Creates a cell from three vectors in angstrom.
  public init(a: Vector3, b: Vector3, c: Vector3) {
    self.a = a
    self.b = b
    self.c = c
  }

  /// Creates a cell from edge lengths in angstrom and angles in degrees.
  ///
  /// `a` lies along x and `b` in the xy plane with positive y (the usual crystallographic setting).
  ///
  /// - Parameters:
  ///   - lengths: edge lengths a, b, c in angstrom.
  ///   - angles: angles alpha (between b and c), beta (a, c), gamma (a, b) in degrees.
  public init(lengths: Vector3, angles: Vector3) {
    let cosAlpha = Cell.exactCosine(degrees: angles.x)
    let cosBeta = Cell.exactCosine(degrees: angles.y)
    let cosGamma = Cell.exactCosine(degrees: angles.z)
    let sinGamma = max(0, 1 - cosGamma * cosGamma).squareRoot()
    let cx = cosBeta
    let cy = sinGamma > 0 ? (cosAlpha - cosBeta * cosGamma) / sinGamma : 0
    let cz = max(0, 1 - cx * cx - cy * cy).squareRoot()
    self.init(
      a: Vector3(lengths.x, 0, 0),
      b: Vector3(lengths.y * cosGamma, lengths.y * sinGamma, 0),
      c: lengths.z * Vector3(cx, cy, cz))
  }

  /// Edge lengths of a, b, c in angstrom.
  public var lengths: Vector3 { Vector3(a.length, b.length, c.length) }

  /// Angles alpha (between b and c), beta (a, c), gamma (a, b) in degrees.
  public var angles: Vector3 {
    func angle(_ u: Vector3, _ v: Vector3) -> Double {
      let cosine = u.dot(v) / (u.length * v.length)
      return acosInDegrees(min(1, max(-1, cosine)))
    }
    return Vector3(angle(b, c), angle(a, c), angle(a, b))
  }

  /// Signed volume in cubic angstrom: positive for a right-handed cell.
  public var signedVolume: Double { a.dot(b.cross(c)) }

  /// Volume in cubic angstrom.
  public var volume: Double { signedVolume.magnitude }

  /// Area of the face spanned by a and b in square angstrom.
  public var faceArea: Double { a.cross(b).length }

  /// Reciprocal vectors without the factor 2 pi, in 1/angstrom: `a.dot(reciprocal.a) == 1`.
  public var reciprocal: Cell {
    let volume = signedVolume
    return Cell(a: b.cross(c) / volume, b: c.cross(a) / volume, c: a.cross(b) / volume)
  }

  /// The matrix whose columns are a, b, c: it takes fractional components to Cartesian ones in angstrom.
  public var toCartesian: Matrix3 { Matrix3(rows: a, b, c).transposed }

  /// Its inverse, whose rows are the reciprocal vectors: it takes Cartesian components in angstrom to fractional ones.
  public var toFractional: Matrix3 {
    let inverse = reciprocal
    return Matrix3(rows: inverse.a, inverse.b, inverse.c)
  }

  /// The linear map that takes the vectors of another cell to this one's.
  public func deformation(from other: Cell) -> Matrix3 { toCartesian * other.toFractional }

  /// Distances between opposite faces along a, b, c in angstrom.
  public var heights: Vector3 {
    let inverse = reciprocal
    return Vector3(1 / inverse.a.length, 1 / inverse.b.length, 1 / inverse.c.length)
  }

  /// Cartesian position, in angstrom, of a fractional one.
  public func cartesian(_ position: FractionalPosition) -> CartesianPosition {
    let f = position.vector
    return CartesianPosition(f.x * a + f.y * b + f.z * c)
  }

  /// A vector less whole cell vectors, so that no component along one exceeds half of it, angstrom.
  ///
  /// The shortest image in cells that are not very oblique, and the one that a path should take.
  public func nearestImage(_ vector: Vector3) -> Vector3 {
    var components = fractional(CartesianPosition(vector)).vector
    components -= components.rounded(.toNearestOrAwayFromZero)
    return cartesian(FractionalPosition(components)).vector
  }

  /// Fractional position of a Cartesian one in angstrom; not wrapped into the cell.
  public func fractional(_ position: CartesianPosition) -> FractionalPosition {
    let inverse = reciprocal
    let r = position.vector
    return FractionalPosition(r.dot(inverse.a), r.dot(inverse.b), r.dot(inverse.c))
  }

  /// The cell whose vectors are the integer combinations given by the rows of `matrix`.
  ///
  /// Row i holds the components of the new vector i along the old a, b, c.
  public func transformed(by matrix: IntegerMatrix3) -> Cell {
    func combine(_ row: SIMD3<Int>) -> Vector3 {
      Double(row.x) * a + Double(row.y) * b + Double(row.z) * c
    }
    return Cell(a: combine(matrix.rows.0), b: combine(matrix.rows.1), c: combine(matrix.rows.2))
  }

  /// Whether the vectors of another cell are the same within `tolerance` angstrom.
  public func isNearly(_ other: Cell, tolerance: Double = 1e-4) -> Bool {
    max((a - other.a).length, (b - other.b).length, (c - other.c).length) <= tolerance
  }

  /// The cell after the linear map `deformation`: each vector v becomes F v.
  public func deformed(by deformation: Matrix3) -> Cell {
    Cell(a: deformation.apply(a), b: deformation.apply(b), c: deformation.apply(c))
  }

  /// Cosine that is exact at 60, 90 and 120 degrees, so that cubic and hexagonal cells stay so.
  private static func exactCosine(degrees: Double) -> Double {
    switch degrees {
    case 90: 0
    case 60: 0.5
    case 120: -0.5
    default: cosOfDegrees(degrees)
    }
  }
}
