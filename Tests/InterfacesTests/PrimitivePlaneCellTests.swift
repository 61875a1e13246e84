import Interfaces
import Structures
import TestSupport
import Testing

@Suite("The smallest cell of a slab in its plane")
struct PrimitivePlaneCellTests {
  /// In whatever supercell a slab is written, its smallest cell holds the same atoms with the same neighbours.
  @Test func supercellsComeBack() throws {
    let rows = [
      IntegerMatrix2.diagonal(1, 1), .diagonal(3, 2), IntegerMatrix2(SIMD2(2, 1), SIMD2(-1, 3)),
      IntegerMatrix2(SIMD2(5, 2), SIMD2(2, 1)), IntegerMatrix2(SIMD2(4, -1), SIMD2(1, 2)),
    ]
    var tried = 0
    for entry in SlabPropertyTests.small.enumerated().filter({ $0.offset % 6 == 0 }).map(\.element)
    {
      let crystal = try Crystal(entry.structure, indexCell: .given)
      for surface in crystal.distinctSurfaces(maximumIndex: 1).prefix(2) {
        let oriented = OrientedCrystal(crystal, surface: surface)
        guard let cut = oriented.terminations(minimumThickness: 6).first else { continue }
        let slab = oriented.slab(cut, vacuum: 10)
        let expected = slab.structure.primitiveInPlane()
        let distances = Self.distances(expected)
        for rows in rows {
          let found = slab.supercell(rows).structure.primitiveInPlane()
          #expect(found.count == expected.count, "\(entry.name) \(surface) \(rows)")
          #expect((found.cell.volume / expected.cell.volume - 1).magnitude < 1e-6)
          #expect(found.cell.a.y.magnitude < 1e-9 && found.cell.a.z.magnitude < 1e-9)
          #expect(found.cell.b.y > 0)
          #expect(found.composition == expected.composition)
          let own = Self.distances(found)
          #expect(own.count == distances.count)
          for (own, known) in zip(own, distances) { #expect((own - known).magnitude < 1e-6) }
          // As a relaxation leaves it.
          let scattered = slab.supercell(rows).structure.rattled(by: 0.0015, seed: 3)
          #expect(scattered.primitiveInPlane().count == expected.count)
          tried += 1
        }
      }
    }
    #expect(tried > 50)
  }

  /// Four layers of lithium sulfide, S-Li-S thick, on five cells of its (111) surface: each has twelve atoms.
  @Test func sulfideHasTwelveAtoms() throws {
    let sulfide = try #require(Prototype.all.first { $0.name == "Li2S" })
    let oriented = try OrientedCrystal(
      sulfide.structure, surface: MillerIndices(parsing: "111"), tolerance: 1e-2)
    let cut = try #require(oriented.terminations(minimumThickness: 10).first { $0.facesAreAlike })
    let slab = oriented.slab(cut, vacuum: 10)
    let wide = slab.supercell(IntegerMatrix2(SIMD2(2, 1), SIMD2(-1, 2))).structure
    #expect(wide.count == 60)
    let small = wide.primitiveInPlane()
    let sulfur = try #require(Element(symbol: "S"))
    #expect(small.count == 12 && small.composition == [.lithium: 8, sulfur: 4])
    #expect((5 * small.cell.volume / wide.cell.volume - 1).magnitude < 1e-9)
  }

  /// Every distance to a neighbour, sorted.
  static func distances(_ structure: Structure) -> [Double] {
    structure.neighbors(within: 4).joined().map(\.distance).sorted()
  }

  @Test func whatIsNotRepeatedStaysAsItIs() throws {
    let slab = try OrientedCrystal(
      Prototype.all[0].structure, surface: MillerIndices(parsing: "100"), tolerance: 1e-2)
    let cut = try #require(slab.terminations(minimumThickness: 6).first)
    let wide = slab.slab(cut, vacuum: 10).supercell(.diagonal(2, 2)).structure
    let shaken = wide.rattled(by: 0.1, seed: 1)
    #expect(shaken.primitiveInPlane() == shaken)
    let vacancy = wide.removing(at: 0)
    #expect(vacancy.primitiveInPlane().count == vacancy.count)
  }
}
