import Structures
import TestSupport
import Testing

@Suite struct PeriodicNeighborhoodTests {
  /// The same neighbours as the plain list, for cut-offs below and above the cell.
  @Test(arguments: [2.5, 4.0, 6.5, 11.0])
  func listsAreThoseOfThePlainSearch(cutoff: Double) throws {
    let structures = [
      TestSystems.triclinic, try #require(Prototype.named("Li3PO4")).structure,
      TestSystems.triclinic.translated(by: Vector3(9, -14, 3)),
    ]
    for structure in structures {
      var neighborhood = PeriodicNeighborhood(cutoff: cutoff, skin: 0)
      neighborhood.update(structure)
      let plain = structure.neighbors(within: cutoff)
      for atom in 0..<structure.count {
        let range = neighborhood.starts[atom]..<neighborhood.starts[atom + 1]
        let own = structure.positions[atom].vector
        let distances = neighborhood.neighbors[range].map { index -> Double in
          let start = 3 * Int(index)
          let position = Vector3(
            neighborhood.coordinates[start], neighborhood.coordinates[start + 1],
            neighborhood.coordinates[start + 2])
          return (position - own).length
        }.sorted()
        let expected = plain[atom].map(\.distance)
        #expect(distances.count == expected.count)
        for (left, right) in zip(distances, expected) { #expect((left - right).magnitude < 1e-9) }
      }
    }
  }

  /// Small moves renew coordinates only; a move of half the skin, or another cell, builds anew.
  @Test func listsAreReusedWhileTheyHold() {
    let structure = TestSystems.triclinic
    var neighborhood = PeriodicNeighborhood(cutoff: 4, skin: 0.6)
    let first = neighborhood.update(structure)
    #expect(first)
    let second = neighborhood.update(structure.rattled(by: 0.15, seed: 1))
    #expect(!second)
    #expect(neighborhood.builds == 1)
    var far = structure
    far.positions[2].vector.x += 0.31
    let third = neighborhood.update(far)
    #expect(third)
    var strained = far
    strained.cell.c.z *= 1.001
    let fourth = neighborhood.update(strained)
    #expect(fourth)
    #expect(neighborhood.builds == 3)
  }

  /// What is renewed is where it belongs: each image is its owner, moved by a lattice vector.
  @Test func imagesFollowTheirOwners() {
    let structure = TestSystems.triclinic
    var neighborhood = PeriodicNeighborhood(cutoff: 5, skin: 0.8)
    neighborhood.update(structure)
    let moved = structure.rattled(by: 0.2, seed: 4)
    neighborhood.update(moved)
    for (image, owner) in neighborhood.owners.enumerated() {
      let start = 3 * (neighborhood.count + image)
      let position = Vector3(
        neighborhood.coordinates[start], neighborhood.coordinates[start + 1],
        neighborhood.coordinates[start + 2])
      let difference = moved.cell.fractional(
        CartesianPosition(position - moved.positions[Int(owner)].vector)
      ).vector
      #expect((difference - difference.rounded(.toNearestOrAwayFromZero)).length < 1e-9)
    }
  }
}
