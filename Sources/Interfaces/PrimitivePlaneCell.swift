public import Structures

extension Structure {
  /// The smallest cell that repeats a slab or an interface in its plane.
  ///
  /// A slab in the supercell of a match is many times that of its surface. The normal keeps its place, which a primitive
  /// cell of the crystal made of slab and vacuum need not do.
  ///
  /// - Parameter tolerance: distance in angstrom within which atoms are repeated.
  /// - Returns: the cell with the two shortest vectors, a along x; as many atoms fewer as the area is smaller, each the
  ///   first of those that are repeated. The structure itself where nothing in it is. O(operations * atoms * atoms at one
  ///   height).
  public func primitiveInPlane(tolerance: Double = 1e-2) -> Structure {
    var translations = PlaneSymmetry(of: self, tolerance: tolerance).operations
      .filter { $0.rotation == .identity }.map(\.translation)
    // As often repeated as there are of them each is a vector of the cell: that takes the atoms' scatter out.
    let order = Double(translations.count)
    translations = translations.map { ($0 * order).rounded(.toNearestOrAwayFromZero) / order }
    guard translations.count > 1,
      let lattice = PlaneLattice(
        repeating: cell, by: translations,
        area: PlaneLattice(cell, .identity).area.magnitude / Double(translations.count))
    else { return self }
    let small = Cell(
      a: Vector3(lattice.u.x, lattice.u.y, 0), b: Vector3(lattice.v.x, lattice.v.y, 0), c: cell.c)
    var kept: [Int] = []
    for atom in positions.indices
    where !kept.contains(where: { other in
      species[other] == species[atom]
        && small.nearestImage(positions[atom].vector - positions[other].vector).length
          < 2 * tolerance
    }) {
      kept.append(atom)
    }
    guard kept.count * translations.count == count else { return self }
    return Structure(
      cell: small, species: kept.map { species[$0] }, positions: kept.map { positions[$0] }
    ).turnedIntoPlane()
  }
}

extension PlaneLattice {
  /// The lattice of a cell and of translations between its points; nil where they make none of that area.
  ///
  /// - Parameters:
  ///   - cell: whose a and b are in it.
  ///   - translations: in units of a and b.
  ///   - area: of its cell, square angstrom.
  fileprivate init?(repeating cell: Cell, by translations: [SIMD2<Double>], area: Double) {
    let (a, b) = (SIMD2(cell.a.x, cell.a.y), SIMD2(cell.b.x, cell.b.y))
    var points: [SIMD2<Double>] = []
    for translation in translations {
      for i in -1...1 {
        for j in -1...1 {
          points.append((translation.x + Double(i)) * a + (translation.y + Double(j)) * b)
        }
      }
    }
    points.sort { ($0 * $0).sum() < ($1 * $1).sum() }
    for (number, u) in points.enumerated() {
      for v in points[..<number] {
        let basis = PlaneLattice(u: v, v: u, rows: .identity)
        // Rounding of translations makes areas a little wrong; that of another basis is twice as large at least.
        guard (basis.area.magnitude / area - 1).magnitude < 0.1 else { continue }
        self = (basis.area > 0 ? basis : PlaneLattice(u: v, v: u * -1, rows: .identity)).reduced
        return
      }
    }
    return nil
  }
}
