import Interfaces
import Structures
import TestSupport
import Testing

/// What must hold for every slab of every crystal.
@Suite struct SlabPropertyTests {
  /// Reference crystals that are small enough to be cut often.
  static let small = ReferenceData.crystals.filter { $0.species.count <= 24 }

  /// An atom deeper than the radius has all the neighbours that it has in the bulk; a composition is
  /// whole formula units and the excess that is told; the vacuum is as wide as asked.
  @Test func slabsArePiecesOfTheCrystal() throws {
    var deep = 0
    for entry in Self.small.enumerated().filter({ $0.offset % 3 == 0 }).map(\.element) {
      let crystal = try Crystal(entry.structure, indexCell: .given)
      let bulk = crystal.structure.neighbors(within: 3.2).map { list in list.map(\.distance) }
      for surface in crystal.distinctSurfaces(maximumIndex: 1) {
        let oriented = OrientedCrystal(crystal, surface: surface)
        for cut in oriented.terminations(minimumThickness: 8) {
          let slab = oriented.slab(cut, vacuum: 11)
          #expect((slab.structure.cell.c.z - slab.thickness - 11).magnitude < 1e-9)
          #expect(slab.thickness > 8 - 0.3)
          var composition = cut.excess
          for (element, number) in crystal.structure.composition {
            let divisor = crystal.structure.composition.values.reduce(0, gcd)
            composition[element, default: 0] += cut.formulaUnits * number / divisor
          }
          #expect(composition == slab.structure.composition)
          let heights = slab.structure.positions.map(\.z)
          let (low, high) = (heights.min() ?? 0, heights.max() ?? 0)
          for (atom, list) in slab.structure.neighbors(within: 3.2).enumerated()
          where heights[atom] > low + 3.2 && heights[atom] < high - 3.2 {
            deep += 1
            let own = list.map(\.distance)
            let known = bulk.enumerated().contains { index, distances in
              crystal.structure.species[index] == slab.structure.species[atom]
                && distances.count == own.count
                && zip(distances, own).allSatisfy { ($0 - $1).magnitude < 1e-6 }
            }
            #expect(known, "\(entry.name) \(surface)")
          }
        }
      }
    }
    #expect(deep > 1000)
  }

  /// spglib, asked about the finished slab, agrees on whether its faces are alike.
  @Test func facesAreAlikeWhereSpglibSaysSo() throws {
    var (alike, different) = (0, 0)
    for entry in Self.small.enumerated().filter({ $0.offset % 4 == 1 }).map(\.element) {
      let crystal = try Crystal(entry.structure, indexCell: .given)
      for surface in crystal.distinctSurfaces(maximumIndex: 1).prefix(4) {
        let oriented = OrientedCrystal(crystal, surface: surface)
        // Thick enough that a slab is not more symmetric than its two faces.
        for cut in oriented.terminations(minimumThickness: 9) {
          let slab = oriented.slab(cut, vacuum: 11)
          #expect(
            try slab.facesAreAlike(tolerance: 1e-3) == cut.facesAreAlike,
            "\(entry.name) \(surface) \(cut)")
          if cut.facesAreAlike { alike += 1 } else { different += 1 }
        }
      }
    }
    #expect(alike > 50)
    #expect(different > 50)
  }

  /// Without any symmetry: of all cuts of a stack, as many slabs differ in their profile and
  /// distances as terminations are listed.
  @Test(arguments: ["LiCl", "Li2O", "Li3OCl", "Li3P", "LiMg", "Li-hcp", "Li3PO4"])
  func noTerminationIsMissedThatBruteForceFinds(name: String) throws {
    let crystal = try Crystal(#require(Prototype.named(name)).structure)
    for surface in crystal.distinctSurfaces(maximumIndex: name == "Li3PO4" ? 1 : 2) {
      let oriented = OrientedCrystal(crystal, surface: surface)
      let count = oriented.planes().count
      var distinct: [ReferenceData.Fingerprint] = []
      for first in 0..<count {
        let slab = oriented.slab(firstPlane: first, planeCount: 2 * count, vacuum: 10)
        let fingerprint = ReferenceData.Fingerprint(of: slab.structure)
        if !distinct.contains(where: { $0.agrees(with: fingerprint, tolerance: 1e-6) }) {
          distinct.append(fingerprint)
        }
      }
      let listed = oriented.terminations(
        minimumThickness: 0, minimumPlanes: 2 * count, wholeRepeats: true
      ).filter { $0.planeCount == 2 * count }
      #expect(listed.count == distinct.count, "\(name) \(surface)")
    }
  }

  /// Another origin, orientation, order of atoms or cell of the same crystal gives the same surfaces.
  @Test(arguments: ["LiCl", "Li2O", "Li3OCl", "Li3P", "Li-hcp", "Li3PO4"])
  func theDescriptionOfTheCrystalDoesNotMatter(name: String) throws {
    let original = try #require(Prototype.named(name)).structure
    let rotation = Matrix3(
      rows: Vector3(0.36, 0.48, -0.8), Vector3(-0.8, 0.6, 0), Vector3(0.48, 0.64, 0.6))
    var permuted = original
    permuted.species.reverse()
    permuted.positions.reverse()
    let variants = [
      original.translated(by: Vector3(0.31, -1.27, 0.73)), original.deformed(by: rotation),
      permuted,
      original.supercell(.diagonal(1, 2, 1)),
      original.supercell(IntegerMatrix3(SIMD3(1, 1, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1))),
    ]
    let expected = try summary(original)
    for variant in variants {
      let found = try summary(variant)
      #expect(Set(found).subtracting(expected) == [])
      #expect(Set(expected).subtracting(found) == [])
      #expect(found.count == expected.count)
    }
  }

  private func summary(_ structure: Structure) throws -> [String] {
    let crystal = try Crystal(structure, tolerance: 1e-4)
    return crystal.distinctSurfaces(maximumIndex: 1).flatMap { surface -> [String] in
      let oriented = OrientedCrystal(crystal, surface: surface)
      return oriented.terminations(minimumThickness: 7).map { cut in
        // The offset keeps the numbers of these crystals off the borders of rounding.
        let numbers = [oriented.area, cut.thickness, cut.brokenBonds]
          .map { String(($0 * 1e4 + 0.217).rounded()) }
        let planes = [cut.lowerPlane, cut.upperPlane].sorted().joined(separator: "-")
        return "\(numbers) \(planes) \(cut.planeCount) \(cut.facesAreAlike)"
      }
    }.sorted()
  }

  /// Textbook types: rock salt (100) 1, (110) 1, (111) 3; fluorite (111) 2; a perovskite of charges
  /// +1/-1 on (100) 3, Li3OCl with its neutral planes 1; wurtzite (0001) 3.
  @Test func polarityIsThatOfTheTextbook() throws {
    func polarity(_ structure: Structure, _ surface: String) throws -> Polarity? {
      let oriented = try OrientedCrystal(structure, surface: MillerIndices(parsing: surface))
      return oriented.terminations(minimumThickness: 8).first?.polarity
    }
    let salt = try #require(Prototype.named("LiCl")).structure
    #expect(try polarity(salt, "100") == .neutralPlanes)
    #expect(try polarity(salt, "110") == .neutralPlanes)
    #expect(try polarity(salt, "111") == .polar)
    #expect(try polarity(#require(Prototype.named("Li2O")).structure, "111") == .noDipole)
    #expect(try polarity(#require(Prototype.named("Li3OCl")).structure, "100") == .neutralPlanes)
    #expect(try polarity(#require(Prototype.named("LiMg")).structure, "100") == .neutralPlanes)
    let wurtzite = try #require(
      ReferenceData.crystals.first { $0.name == "ZnS-AB_hP4_186_b_b" }
    ).structure
    #expect(try polarity(wurtzite, "0001") == .polar)
    #expect(try polarity(wurtzite, "10-10") == .neutralPlanes)
    // A bilayer taken for one neutral plane has its dipole all the same.
    let blende = try #require(
      ReferenceData.crystals.first { $0.name == "ZnS-AB_cF8_216_c_a" }
    ).structure
    let oriented = try OrientedCrystal(blende, surface: MillerIndices(1, 1, 1))
    let rough = oriented.terminations(minimumThickness: 8, planeTolerance: 1)
    #expect(rough.allSatisfy { $0.polarity == .polar })
    // What a termination was found with, its slab is cut with.
    for cut in rough {
      #expect(
        oriented.slab(cut, vacuum: 10).structure.composition.values.reduce(0, +)
          == cut.planeCount * 2)
    }
  }
}

private func gcd(_ first: Int, _ second: Int) -> Int {
  var (m, n) = (abs(first), abs(second))
  while n != 0 { (m, n) = (n, m % n) }
  return m
}
