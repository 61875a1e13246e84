public import Structures

/// A crystal turned so that a lattice plane lies in xy: the raw material of every slab.
///
/// The cell's a points along x, b lies in xy, and c climbs by one lattice plane: repeating the
/// atoms along c stacks the crystal. The cell is primitive, so a and b are the surface cell.
public struct OrientedCrystal: Sendable, Hashable, Codable {
  /// Cell and atoms, a and b perpendicular to z.
  public var structure: Structure
  /// The plane that lies in xy, with respect to the conventional cell.
  public var surface: MillerIndices

  /// Atoms at one height: a plane of the stack.
  public struct Plane: Sendable, Hashable {
    /// Mean height above the start of the repeat in angstrom, `0 <= height < repeatHeight`.
    public var height: Double
    /// Indices into `structure`, with the number of c vectors that bring each atom to this height.
    public var atoms: [(index: Int, shift: Int)]

    /// Equal heights and members.
    public static func == (left: Plane, right: Plane) -> Bool {
      left.height == right.height && left.atoms.elementsEqual(right.atoms, by: ==)
    }

    /// Feeds the height to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(height) }
  }

  /// Turns a crystal so that `surface` lies in xy.
  ///
  /// - Parameters:
  ///   - crystal: any cell of the crystal; the indices refer to its standard conventional cell.
  ///   - surface: the lattice plane.
  ///   - tolerance: distance in angstrom for finding the symmetry.
  /// - Throws: ``InterfaceError/symmetry(_:)``.
  public init(
    _ crystal: Structure, surface: MillerIndices, tolerance: Double = 1e-3
  ) throws(InterfaceError) {
    let symmetry: Symmetry
    do throws(StructureError) {
      symmetry = try Symmetry(of: crystal, tolerance: tolerance)
    } catch {
      throw .symmetry(error)
    }
    let primitive = symmetry.primitive
    let reciprocal = symmetry.conventional.cell.reciprocal
    let normal =
      Double(surface.h) * reciprocal.a + Double(surface.k) * reciprocal.b
      + Double(surface.l) * reciprocal.c
    let indices = OrientedCrystal.primitiveIndices(normal, primitive.cell)
    let (inPlane, climbing) = OrientedCrystal.planeBasis(indices, cell: primitive.cell)
    var matrix = IntegerMatrix3(inPlane.0, inPlane.1, climbing)
    if matrix.determinant < 0 { matrix = IntegerMatrix3(inPlane.1, inPlane.0, climbing) }
    self.init(
      oriented: primitive.supercell(matrix).turnedIntoPlane(), surface: surface)
  }

  /// Takes a structure whose a and b already lie in xy.
  public init(oriented structure: Structure, surface: MillerIndices) {
    precondition(
      structure.cell.a.z.magnitude < 1e-9 && structure.cell.b.z.magnitude < 1e-9,
      "a and b of an oriented crystal lie in xy")
    self.structure = structure
    self.surface = surface
  }

  /// Height of one repeat in angstrom: the normal component of c.
  public var repeatHeight: Double { structure.cell.c.z }

  /// Area of the surface cell in square angstrom.
  public var area: Double { structure.cell.faceArea }

  /// The atomic planes of one repeat by rising height.
  ///
  /// - Parameter tolerance: atoms whose heights follow each other by less than this, in angstrom,
  ///   belong to one plane.
  /// - Returns: at least one plane for a crystal with atoms.
  public func planes(tolerance: Double = 0.25) -> [Plane] {
    let height = repeatHeight
    let entries = structure.positions.enumerated().map { index, position in
      let repeats = Int((position.z / height + 1e-9).rounded(.down))
      return (height: position.z - Double(repeats) * height, index: index, shift: -repeats)
    }.sorted { ($0.height, $0.index) < ($1.height, $1.index) }
    var groups: [[(height: Double, index: Int, shift: Int)]] = []
    for entry in entries {
      if let last = groups.last?.last, entry.height - last.height < tolerance {
        groups[groups.count - 1].append(entry)
      } else {
        groups.append([entry])
      }
    }
    // A plane cut in two by the border of the repeat is joined again below it.
    if groups.count > 1, let top = groups.last, let highest = top.last, let first = groups[0].first,
      first.height + height - highest.height < tolerance
    {
      groups[0] =
        top.map { ($0.height - height, $0.index, $0.shift - 1) } + groups[0]
      groups.removeLast()
    }
    return groups.map { group in
      let mean = group.map(\.height).reduce(0, +) / Double(group.count)
      return Plane(height: mean, atoms: group.map { ($0.index, $0.shift) })
    }.sorted { $0.height < $1.height }
  }

  /// The crystal with its surface cell multiplied by a two-dimensional integer matrix.
  public func surfaceSupercell(_ matrix: IntegerMatrix2) -> OrientedCrystal {
    let cell = structure.supercell(
      IntegerMatrix3(
        SIMD3(matrix.rows.0.x, matrix.rows.0.y, 0), SIMD3(matrix.rows.1.x, matrix.rows.1.y, 0),
        SIMD3(0, 0, 1)))
    return OrientedCrystal(oriented: cell.turnedIntoPlane(), surface: surface)
  }

  /// Coprime components of a normal along the primitive reciprocal vectors.
  private static func primitiveIndices(_ normal: Vector3, _ cell: Cell) -> SIMD3<Int> {
    let raw = [normal.dot(cell.a), normal.dot(cell.b), normal.dot(cell.c)]
    // Primitive vectors are thirds, halves or wholes of conventional ones: six times is whole.
    let scaled = raw.map { Int(($0 * 6).rounded()) }
    let divisor = max(1, scaled.reduce(0, greatestCommonDivisor))
    return SIMD3(scaled[0] / divisor, scaled[1] / divisor, scaled[2] / divisor)
  }

  /// Two short lattice vectors in the plane and the one next to the normal that climbs one plane.
  private static func planeBasis(
    _ indices: SIMD3<Int>, cell: Cell
  ) -> (inPlane: (SIMD3<Int>, SIMD3<Int>), climbing: SIMD3<Int>) {
    func cartesian(_ n: SIMD3<Int>) -> Vector3 {
      Double(n.x) * cell.a + Double(n.y) * cell.b + Double(n.z) * cell.c
    }
    let (divisor, p, q) = bezout(indices.x, indices.y)
    var first: SIMD3<Int>
    var second: SIMD3<Int>
    var climbing: SIMD3<Int>
    if divisor == 0 {
      // The plane is spanned by the first two primitive vectors.
      (first, second, climbing) = (SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, indices.z))
    } else {
      first = SIMD3(indices.y / divisor, -indices.x / divisor, 0)
      second = SIMD3(-p * indices.z, -q * indices.z, divisor)
      let (_, s, t) = bezout(divisor, indices.z)
      climbing = SIMD3(s * p, s * q, t)
    }
    // Lagrange-Gauss reduction: the shortest two vectors of the plane's lattice.
    while true {
      if cartesian(second).length < cartesian(first).length { swap(&first, &second) }
      let (u, v) = (cartesian(first), cartesian(second))
      let factor = Int((u.dot(v) / u.dot(u) - 1e-9).rounded())
      if factor == 0 { break }
      second = second &- factor &* first
    }
    // The obtuse choice for hexagonal planes is the usual setting (gamma = 120 degrees).
    if cartesian(first).dot(cartesian(second)) > 1e-9 { second = 0 &- second }
    // Bring the climbing vector as near to the normal as the plane's lattice allows.
    var best = climbing
    let reach = -2...2
    while true {
      let start = best
      for i in reach {
        for j in reach {
          let candidate = start &+ i &* first &+ j &* second
          if lateral(cartesian(candidate), indices, cell)
            < lateral(cartesian(best), indices, cell) - 1e-9
          {
            best = candidate
          }
        }
      }
      if best == start { break }
    }
    return ((first, second), best)
  }

  /// Length of a vector's component in the plane, in angstrom.
  private static func lateral(_ vector: Vector3, _ indices: SIMD3<Int>, _ cell: Cell) -> Double {
    let reciprocal = cell.reciprocal
    let normal =
      Double(indices.x) * reciprocal.a + Double(indices.y) * reciprocal.b
      + Double(indices.z) * reciprocal.c
    let unit = normal / normal.length
    return (vector - vector.dot(unit) * unit).length
  }
}

/// `m x + n y = gcd(m, n)`: the divisor (not negative) and x, y.
private func bezout(_ m: Int, _ n: Int) -> (divisor: Int, x: Int, y: Int) {
  var (previous, current) = (m, n)
  var (x0, x1, y0, y1) = (1, 0, 0, 1)
  while current != 0 {
    let quotient = previous / current
    (previous, current) = (current, previous - quotient * current)
    (x0, x1) = (x1, x0 - quotient * x1)
    (y0, y1) = (y1, y0 - quotient * y1)
  }
  return previous < 0 ? (-previous, -x0, -y0) : (previous, x0, y0)
}

extension Structure {
  /// The structure rotated so that a lies along x, b in xy with positive y, and c climbs.
  func turnedIntoPlane() -> Structure {
    let x = cell.a / cell.a.length
    let normal = cell.a.cross(cell.b)
    let z = normal / normal.length
    let rotation = Matrix3(rows: x, z.cross(x), z)
    var turned = deformed(by: rotation)
    turned.cell.a = Vector3(cell.a.length, 0, 0)
    turned.cell.b.z = 0
    return turned
  }
}
