/// A periodic arrangement of atoms: a cell, and for each atom its element and position.
///
/// A slab is a structure like any other, with a vacuum in its cell along c; periodicity is always
/// three-dimensional, as it is for the plane-wave codes. Nothing of a calculation (cut-off, k
/// points, energies) is kept here.
///
/// The order of atoms is meaningful and preserved by every operation that keeps the atoms.
public struct Structure: Sendable, Hashable, Codable {
  /// Cell vectors in angstrom.
  public var cell: Cell
  /// Element of each atom.
  public var species: [Element]
  /// Position of each atom in angstrom, same order as `species`; not necessarily inside the cell.
  public var positions: [CartesianPosition]

  /// Creates a structure from Cartesian positions in angstrom.
  public init(cell: Cell, species: [Element], positions: [CartesianPosition]) {
    precondition(species.count == positions.count, "one position for each atom")
    self.cell = cell
    self.species = species
    self.positions = positions
  }

  /// Creates a structure from fractional positions.
  public init(cell: Cell, species: [Element], fractionalPositions: [FractionalPosition]) {
    self.init(
      cell: cell, species: species, positions: fractionalPositions.map(cell.cartesian))
  }

  /// Number of atoms in the cell.
  public var count: Int { species.count }

  /// Fractional position of each atom, same order as `species`, not wrapped.
  public var fractionalPositions: [FractionalPosition] { positions.map(cell.fractional) }

  /// Number of atoms of each element.
  public var composition: [Element: Int] {
    species.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// Elements in the order of their first atom.
  public var elements: [Element] {
    var seen = Set<Element>()
    return species.filter { seen.insert($0).inserted }
  }

  /// Reduced chemical formula, elements by rising electronegativity: "Li3OCl" reads "Li3ClO".
  public var formula: String { Structure.formula(of: composition) }

  /// Reduced chemical formula of a composition, elements by rising electronegativity.
  public static func formula(of counts: [Element: Int]) -> String {
    let divisor = counts.values.reduce(0, greatestCommonDivisor)
    guard divisor > 0 else { return "" }
    return counts.keys.sorted { ($0.electronegativity ?? 9, $0) < ($1.electronegativity ?? 9, $1) }
      .map { element in
        let number = counts[element, default: 0] / divisor
        return element.symbol + (number == 1 ? "" : String(number))
      }.joined()
  }

  /// The supercell with the vectors `matrix` makes; the atoms of each copy follow one another.
  ///
  /// - Parameter matrix: rows are the new vectors in units of the old; its determinant must not be
  ///   zero.
  /// - Returns: a structure with `|det| * count` atoms, wrapped into the new cell. O(det * count).
  public func supercell(_ matrix: IntegerMatrix3) -> Structure {
    precondition(matrix.determinant != 0, "a supercell matrix must not be singular")
    let target = cell.transformed(by: matrix)
    var species: [Element] = []
    var positions: [CartesianPosition] = []
    for shift in Structure.translations(inside: matrix) {
      let offset =
        Double(shift.x) * cell.a + Double(shift.y) * cell.b + Double(shift.z) * cell.c
      for (element, position) in zip(self.species, self.positions) {
        species.append(element)
        let moved = CartesianPosition(position.vector + offset)
        positions.append(target.cartesian(target.fractional(moved).snapped.wrapped))
      }
    }
    return Structure(cell: target, species: species, positions: positions)
  }

  /// The structure under a homogeneous deformation: cell and positions alike mapped by F.
  public func deformed(by deformation: Matrix3) -> Structure {
    Structure(
      cell: cell.deformed(by: deformation), species: species,
      positions: positions.map { CartesianPosition(deformation.apply($0.vector)) })
  }

  /// The structure in another cell, where each atom keeps its fractional place.
  public func keepingFractions(in other: Cell) -> Structure {
    guard other != cell else { return self }
    let map = other.deformation(from: cell)
    return Structure(
      cell: other, species: species,
      positions: positions.map { CartesianPosition(map.apply($0.vector)) })
  }

  /// The structure with all atoms moved by `offset`, in angstrom.
  public func translated(by offset: Vector3) -> Structure {
    var result = self
    for index in positions.indices { result.positions[index].vector += offset }
    return result
  }

  /// The structure without the atom at `index`; the others keep their order.
  public func removing(at index: Int) -> Structure {
    var result = self
    result.species.remove(at: index)
    result.positions.remove(at: index)
    return result
  }

  /// The structure with every atom moved by whole cell vectors into the cell.
  public var wrapped: Structure {
    Structure(
      cell: cell, species: species,
      fractionalPositions: fractionalPositions.map { $0.snapped.wrapped })
  }

  /// Lattice points of the old cell, one in each old cell that the new cell holds.
  private static func translations(inside matrix: IntegerMatrix3) -> [SIMD3<Int>] {
    let (r, s, t) = matrix.rows
    func bounds(_ axis: Int) -> ClosedRange<Int> {
      let values = [r[axis], s[axis], t[axis]]
      return values.filter { $0 < 0 }.reduce(0, +)...values.filter { $0 > 0 }.reduce(0, +)
    }
    // Integer arithmetic alone decides what is inside, so that no atom is lost or doubled by
    // rounding: n = x * M  <=>  x = n * adj(M) / det(M).
    let determinant = matrix.determinant
    let adjugate = [
      SIMD3(
        s.y * t.z - s.z * t.y, r.z * t.y - r.y * t.z, r.y * s.z - r.z * s.y),
      SIMD3(
        s.z * t.x - s.x * t.z, r.x * t.z - r.z * t.x, r.z * s.x - r.x * s.z),
      SIMD3(
        s.x * t.y - s.y * t.x, r.y * t.x - r.x * t.y, r.x * s.y - r.y * s.x),
    ]
    var result: [SIMD3<Int>] = []
    for i in bounds(0) {
      for j in bounds(1) {
        for k in bounds(2) {
          let n = i &* adjugate[0] &+ j &* adjugate[1] &+ k &* adjugate[2]
          let scaled = determinant > 0 ? n : 0 &- n
          if (0..<3).allSatisfy({ scaled[$0] >= 0 && scaled[$0] < abs(determinant) }) {
            result.append(SIMD3(i, j, k))
          }
        }
      }
    }
    assert(result.count == abs(determinant), "one translation for each old cell")
    return result
  }
}

extension FractionalPosition {
  /// Components within 1e-10 of a whole number set to it, so that wrapping does not split a plane.
  var snapped: FractionalPosition {
    var result = vector
    for axis in 0..<3 where (result[axis] - result[axis].rounded()).magnitude < 1e-10 {
      result[axis] = result[axis].rounded()
    }
    return FractionalPosition(result)
  }
}

/// Greatest common divisor of two integers, never negative.
package func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
  var (m, n) = (abs(first), abs(second))
  while n != 0 { (m, n) = (n, m % n) }
  return m
}
