import Foundation
public import Structures

/// A crystal turned so that a lattice plane lies in xy: the raw material of every slab.
///
/// The cell's a points along x, b lies in xy, and c climbs by one lattice plane: repeating the
/// atoms along c stacks the crystal. The cell is primitive, so a and b are the surface cell.
public struct OrientedCrystal: Sendable {
  /// Cell and atoms, a and b perpendicular to z.
  public var structure: Structure
  /// The plane that lies in xy.
  public var surface: MillerIndices
  /// Rows: the x, y and z of the turned crystal in the frame of the crystal that was cut.
  let frame: Matrix3
  /// Whether the crystal was cubic with its edges along x, y and z before it was turned.
  let isCubicFrame: Bool
  /// What the crystal's symmetry does to heights; the identity alone where no symmetry is known.
  let stackOperations: [StackOperation]
  /// Bonds that climb, from which cuts are weighed.
  let risingBonds: [RisingBond]
  /// Formal charge of each atom; nil where none is known.
  let charges: [Double]?

  /// Atoms at one height: a plane of the stack.
  public struct Plane: Sendable {
    /// Mean height above the start of the repeat in angstrom, below `repeatHeight`; negative where
    /// the start cuts the plane.
    public var height: Double
    /// Height of the lowest and of the highest atom of the plane, on the same scale.
    public var extent: ClosedRange<Double>
    /// Indices into `structure`, with the number of c vectors that bring each atom to this height.
    public var atoms: [(index: Int, shift: Int)]
  }

  /// An operation that maps the stack of planes to itself: height `z` becomes `±z + shift`.
  struct StackOperation: Sendable, Hashable {
    /// Whether up becomes down.
    var reverses: Bool
    /// In units of the repeat, `0 <= shift < 1`.
    var shift: Double
  }

  /// A bond with its start, how far it climbs (angstrom), and its weight in ordinary bonds.
  struct RisingBond: Sendable {
    var start: Int
    var rise: Double
    var weight: Double
  }

  /// Turns a crystal so that `surface` lies in xy.
  ///
  /// Which planes and cuts are equivalent is decided in integers, so the same crystal is cut alike on
  /// every machine.
  ///
  /// - Parameters:
  ///   - crystal: the crystal with its symmetry.
  ///   - surface: the lattice plane, with respect to `crystal.structure`.
  public init(_ crystal: Crystal, surface: MillerIndices) {
    let plane = SIMD3(surface.h, surface.k, surface.l)
    // Components of the plane's normal along the primitive reciprocal vectors.
    let rows = crystal.primitiveRows.map { ($0 &* plane).wrappedSum() }
    let scaled = SIMD3(rows[0], rows[1], rows[2])
    let divisor = greatestCommonDivisor(greatestCommonDivisor(scaled.x, scaled.y), scaled.z)
    let indices = SIMD3(scaled.x / divisor, scaled.y / divisor, scaled.z / divisor)
    let primitive = crystal.primitive
    let (inPlane, climbing) = OrientedCrystal.planeBasis(indices, cell: primitive.cell)
    var matrix = IntegerMatrix3(inPlane.0, inPlane.1, climbing)
    if matrix.determinant < 0 { matrix = IntegerMatrix3(inPlane.1, inPlane.0, climbing) }
    precondition(matrix.determinant == 1, "an oriented primitive cell holds one primitive cell")
    let turned = primitive.supercell(matrix)
    structure = turned.turnedIntoPlane()
    frame = turned.cell.planeFrame
    isCubicFrame = crystal.structure.cell.isCubicAlongAxes
    self.surface = surface
    charges = crystal.charges
    let repeats = Double(crystal.denominator) / Double(divisor)
    stackOperations = Array(
      Set(
        crystal.operations.compactMap { operation -> StackOperation? in
          let image = operation.rotation.applied(toRow: plane)
          guard image == plane || image == 0 &- plane else { return nil }
          let t = operation.translation
          let height =
            repeats * (Double(plane.x) * t.x + Double(plane.y) * t.y + Double(plane.z) * t.z)
          // A billionth of a repeat is rounding: equal operations shall be equal.
          let shift = ((height - height.rounded(.down)) * 1e9).rounded() / 1e9
          return StackOperation(reverses: image != plane, shift: shift == 1 ? 0 : shift)
        })
    ).sorted { ($0.reverses ? 1 : 0, $0.shift) < ($1.reverses ? 1 : 0, $1.shift) }
    let reciprocal = primitive.cell.reciprocal
    let normal =
      Double(indices.x) * reciprocal.a + Double(indices.y) * reciprocal.b
      + Double(indices.z) * reciprocal.c
    let unit = normal / normal.length
    risingBonds = crystal.bonds.compactMap { bond in
      let rise = bond.displacement.dot(unit)
      return rise > 0 ? RisingBond(start: bond.start, rise: rise, weight: bond.weight) : nil
    }
  }

  /// Turns a crystal so that `surface`, indexed in its conventional cell, lies in xy.
  ///
  /// - Parameters:
  ///   - crystal: any cell of the crystal; the indices refer to its standard conventional cell.
  ///   - surface: the lattice plane.
  ///   - tolerance: distance in angstrom for finding the symmetry.
  /// - Throws: ``InterfaceError/symmetry(_:)``.
  public init(
    _ crystal: Structure, surface: MillerIndices, tolerance: Double = 1e-3
  ) throws(InterfaceError) {
    self.init(try Crystal(crystal, tolerance: tolerance), surface: surface)
  }

  /// Takes a structure whose a and b already lie in xy, without knowing its symmetry.
  public init(oriented structure: Structure, surface: MillerIndices) {
    self.init(
      structure: structure, surface: surface, frame: .identity, isCubicFrame: false,
      operations: [],
      bonds: OrientedCrystal.risingBonds(of: structure), charges: nil)
  }

  private init(
    structure: Structure, surface: MillerIndices, frame: Matrix3, isCubicFrame: Bool,
    operations: [StackOperation],
    bonds: [RisingBond], charges: [Double]?
  ) {
    precondition(
      structure.cell.a.z.magnitude < 1e-9 && structure.cell.b.z.magnitude < 1e-9,
      "a and b of an oriented crystal lie in xy")
    self.structure = structure
    self.surface = surface
    self.frame = frame
    self.isCubicFrame = isCubicFrame
    stackOperations =
      operations.isEmpty ? [StackOperation(reverses: false, shift: 0)] : operations
    risingBonds = bonds
    self.charges = charges
  }

  private static func risingBonds(of structure: Structure) -> [RisingBond] {
    Crystal.bonds(of: structure).compactMap { bond in
      bond.displacement.z > 0
        ? RisingBond(start: bond.start, rise: bond.displacement.z, weight: bond.weight) : nil
    }
  }

  /// Height of one repeat in angstrom: the normal component of c.
  public var repeatHeight: Double { structure.cell.c.z }

  /// Area of the surface cell in square angstrom.
  public var area: Double { structure.cell.faceArea }

  /// Atoms whose heights differ by less than this, in angstrom, share a plane.
  public static let planeTolerance = 0.1

  /// The atomic planes of one repeat by rising height.
  ///
  /// - Parameter tolerance: atoms whose heights follow each other by less than this, in angstrom,
  ///   belong to one plane.
  /// - Returns: at least one plane for a crystal with atoms.
  public func planes(tolerance: Double = OrientedCrystal.planeTolerance) -> [Plane] {
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
      return Plane(
        height: mean, extent: (group.first?.height ?? mean)...(group.last?.height ?? mean),
        atoms: group.map { ($0.index, $0.shift) })
    }.sorted { $0.height < $1.height }
  }

  /// The crystal with its surface cell strained, turned and put on a substrate's.
  ///
  /// The height is changed so that 85 % of the change of volume is undone: between the answer of an
  /// incompressible metal and that of a stiff one, a start for a relaxation along the normal.
  ///
  /// - Parameters:
  ///   - match: how the two fit.
  ///   - substrate: the substrate's surface cell, already the supercell of the match.
  /// - Returns: the supercell of this crystal with exactly the substrate's a and b.
  public func strained(by match: LatticeMatch, onto substrate: Cell) -> OrientedCrystal {
    var result = surfaceSupercell(match.metal)
    let own = result.structure.cell
    // F maps (a, b) to (A, B): F = [A B][a b]^-1, in the plane.
    let area = own.a.x * own.b.y - own.a.y * own.b.x
    let first = Vector3(own.b.y, -own.b.x, 0) / area
    let second = Vector3(-own.a.y, own.a.x, 0) / area
    let x = substrate.a.x * first + substrate.b.x * second
    let y = substrate.a.y * first + substrate.b.y * second
    let height = pow(substrate.faceArea / own.faceArea, -0.85)
    result.structure = result.structure.deformed(
      by: Matrix3(rows: x, y, Vector3(0, 0, height)))
    result.structure.cell.a = Vector3(substrate.a.x, substrate.a.y, 0)
    result.structure.cell.b = Vector3(substrate.b.x, substrate.b.y, 0)
    return OrientedCrystal(oriented: result.structure, surface: surface)
  }

  /// The crystal with its surface cell multiplied by a two-dimensional integer matrix.
  public func surfaceSupercell(_ matrix: IntegerMatrix2) -> OrientedCrystal {
    let cell = structure.supercell(matrix.inSpace)
    let copies = abs(matrix.determinant)
    return OrientedCrystal(
      structure: cell.turnedIntoPlane(), surface: surface,
      frame: cell.cell.planeFrame * frame, isCubicFrame: isCubicFrame, operations: stackOperations,
      bonds: (0..<copies).flatMap { copy in
        risingBonds.map {
          RisingBond(start: copy * structure.count + $0.start, rise: $0.rise, weight: $0.weight)
        }
      },
      charges: charges.map { own in (0..<copies).flatMap { _ in own } })
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
    var turned = deformed(by: cell.planeFrame)
    turned.cell.a = Vector3(cell.a.length, 0, 0)
    turned.cell.b.z = 0
    return turned
  }
}

extension Cell {
  /// Whether the edges are equal and lie along x, y and z.
  fileprivate var isCubicAlongAxes: Bool {
    let edge = a.x
    return (a - Vector3(edge, 0, 0)).length < 1e-4 * edge
      && (b - Vector3(0, edge, 0)).length < 1e-4 * edge
      && (c - Vector3(0, 0, edge)).length < 1e-4 * edge
  }

  /// Rows: unit vectors along a, in the plane of a and b, and along their normal.
  fileprivate var planeFrame: Matrix3 {
    let x = a / a.length
    let normal = a.cross(b)
    let z = normal / normal.length
    return Matrix3(rows: x, z.cross(x), z)
  }
}
