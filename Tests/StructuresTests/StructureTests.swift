import Structures
import TestSupport
import Testing

@Suite struct CellTests {
  @Test func lengthsAndAnglesSurviveTheRoundTrip() {
    let cell = Cell(lengths: Vector3(3.1, 4.2, 5.3), angles: Vector3(78, 95, 112))
    #expect((cell.lengths - Vector3(3.1, 4.2, 5.3)).length < 1e-12)
    #expect((cell.angles - Vector3(78, 95, 112)).length < 1e-10)
    #expect(cell.signedVolume > 0)
  }

  @Test func reciprocalVectorsAreDualInATriclinicCell() {
    let cell = TestSystems.triclinic.cell
    let dual = cell.reciprocal
    let direct = [cell.a, cell.b, cell.c]
    for (i, left) in [dual.a, dual.b, dual.c].enumerated() {
      for (j, right) in direct.enumerated() {
        #expect((left.dot(right) - (i == j ? 1 : 0)).magnitude < 1e-12)
      }
    }
  }

  @Test func cartesianAndFractionalAreInverse() {
    let cell = TestSystems.triclinic.cell
    let position = FractionalPosition(0.3, -1.2, 2.7)
    let back = cell.fractional(cell.cartesian(position))
    #expect((back.vector - position.vector).length < 1e-12)
  }
}

@Suite struct StructureTests {
  @Test(arguments: [
    IntegerMatrix3.diagonal(2, 3, 1),
    IntegerMatrix3(SIMD3(1, 1, 0), SIMD3(-1, 1, 0), SIMD3(0, 0, 1)),
    IntegerMatrix3(SIMD3(2, 1, 0), SIMD3(0, 1, 3), SIMD3(1, 0, -1)),
    IntegerMatrix3(SIMD3(0, 1, 0), SIMD3(1, 0, 0), SIMD3(0, 0, 1)),
  ])
  func aSupercellHoldsEveryAtomOnce(matrix: IntegerMatrix3) throws {
    let start = TestSystems.triclinic
    let large = start.supercell(matrix)
    #expect(large.count == start.count * abs(matrix.determinant))
    #expect(large.formula == start.formula)
    let first = try #require(start.shortestDistance).distance
    #expect((try #require(large.shortestDistance).distance - first).magnitude < 1e-9)
  }

  @Test func neighborsOfBodyCentredCubicAreEightAndSix() throws {
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    let lists = metal.neighbors(within: 3.6)
    for list in lists {
      #expect(list.count == 14)
      #expect((list[7].distance - 3.44 * 3.0.squareRoot() / 2).magnitude < 1e-12)
      #expect((list[8].distance - 3.44).magnitude < 1e-12)
    }
  }

  @Test func anAtomSeesItsOwnImages() {
    let lone = Structure(
      cell: Cell(a: Vector3(2, 0, 0), b: Vector3(0, 2, 0), c: Vector3(0, 0, 2)),
      species: [.lithium], positions: [CartesianPosition(0.1, 5, -3)])
    #expect(lone.neighbors(within: 2.1)[0].count == 6)
    #expect(lone.neighbors(within: 4.1)[0].count == 6 + 12 + 8 + 6)
  }

  @Test func validationNamesTheFault() {
    let cell = TestSystems.triclinic.cell
    #expect(throws: StructureError.noAtoms) {
      try Structure(cell: cell, species: [], positions: []).validate()
    }
    var left = TestSystems.triclinic
    swap(&left.cell.a, &left.cell.b)
    #expect(throws: StructureError.leftHandedCell) { try left.validate() }
    var broken = TestSystems.triclinic
    broken.positions[2].vector.y = .nan
    #expect(throws: StructureError.notFinite(atom: 2)) { try broken.validate() }
    var near = TestSystems.triclinic
    near.positions[1] = CartesianPosition(near.positions[0].vector + Vector3(0.3, 0, 0))
    #expect(throws: StructureError.self) { try near.validate() }
    let flat = Structure(
      cell: Cell(a: Vector3(1, 0, 0), b: Vector3(2, 0, 0), c: Vector3(0, 0, 3)),
      species: [.lithium], positions: [CartesianPosition(0, 0, 0)])
    #expect(throws: StructureError.self) { try flat.validate() }
  }
}

@Suite struct PrototypeTests {
  /// Space groups as the paper lists its substrates; Li3P in P6_3/mmc, bcc, hcp and fcc metals.
  @Test(arguments: [
    ("LiCl", 225, 2), ("NaCl", 225, 2), ("NaBr", 225, 2), ("Li2O", 225, 3), ("Li2S", 225, 3),
    ("Li3OCl", 221, 5), ("Li3PO4", 62, 32), ("Li3PO4-beta", 31, 16), ("Li3P", 194, 8),
    ("LiMg", 221, 2), ("AlSc", 221, 2),
    ("Li", 229, 1), ("Na-hcp", 194, 2), ("Li-fcc", 225, 1),
  ])
  func prototypesHaveTheirSpaceGroup(name: String, group: Int, atoms: Int) throws {
    let prototype = try #require(Prototype.named(name))
    try prototype.structure.validate()
    let symmetry = try Symmetry(of: prototype.structure)
    #expect(symmetry.spaceGroupNumber == group)
    #expect(symmetry.primitive.count == atoms)
  }

  /// Every phosphorus has its four oxygens, every lithium four within its tetrahedron.
  @Test(arguments: ["Li3PO4", "Li3PO4-beta"])
  func tetrahedraAreWhole(name: String) throws {
    let structure = try #require(Prototype.named(name)).structure
    let phosphorus = try #require(Element(symbol: "P"))
    let oxygen = try #require(Element(symbol: "O"))
    for (reach, element) in [(1.7, phosphorus), (2.3, .lithium)] {
      for (index, list) in structure.neighbors(within: reach).enumerated()
      where structure.species[index] == element {
        #expect(list.count { structure.species[$0.index] == oxygen } == 4)
      }
    }
  }
}
