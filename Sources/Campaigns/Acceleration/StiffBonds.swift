import Structures

/// Groups of atoms that stiff bonds hold together, as phosphate: shaken as other atoms are, they are pulled by forces that
/// no relaxation meets and no potential learns.
struct StiffBonds {
  private struct Bond {
    let first: Int
    let second: Int
    let displacement: Vector3

    /// Whether it keeps its length within ``largestStretch`` when its ends move by that share of their displacements.
    func holds(_ share: Double, of displacements: [Vector3]) -> Bool {
      let change = share * (displacements[second] - displacements[first])
      let stretch = (displacement + change).length / displacement.length - 1
      return stretch.magnitude <= StiffBonds.largestStretch
    }
  }

  private let bonds: [Bond]
  /// For each atom the lowest index of its group's atoms, its own where it is alone.
  private let groups: [Int]

  /// Bonds of two nonmetals that are shorter than that part of the sum of both covalent radii are stiff: 0.89 in phosphate.
  ///
  /// A metal's may be as short where it is pressed against an ion or strained, and are soft.
  private static let shortest = 0.95

  /// By how much a stiff bond's length is changed at most, in parts of it.
  ///
  /// 6 % of a bond between phosphorus and oxygen are 0.09 angstrom and about 4 eV/angstrom.
  static let largestStretch = 0.06

  /// Factor by which a group's share of its displacements falls until all its bonds hold.
  private static let step = 0.95

  /// Finds them; O(atoms * stiff bonds).
  init(_ structure: Structure) {
    let reach = 2 * StiffBonds.shortest * (structure.elements.map(\.covalentRadius).max() ?? 0)
    var bonds: [Bond] = []
    var groups = Array(0..<structure.count)
    let isNonmetal = structure.species.map { Structure.nonmetals.contains($0.atomicNumber) }
    for (atom, list) in structure.neighbors(within: max(1, reach)).enumerated()
    where isNonmetal[atom] {
      for neighbor in list where neighbor.index > atom && isNonmetal[neighbor.index] {
        let radii =
          structure.species[atom].covalentRadius + structure.species[neighbor.index].covalentRadius
        guard neighbor.distance < StiffBonds.shortest * radii else { continue }
        bonds.append(
          Bond(first: atom, second: neighbor.index, displacement: neighbor.displacement))
        let (kept, joined) = (
          min(groups[atom], groups[neighbor.index]), max(groups[atom], groups[neighbor.index])
        )
        for index in groups.indices where groups[index] == joined { groups[index] = kept }
      }
    }
    self.bonds = bonds
    self.groups = groups
  }

  /// Displacements of all atoms by which no stiff bond is stretched too far: groups move as they would, their atoms within
  /// them less.
  ///
  /// - Parameter displacements: one for each atom, angstrom.
  /// - Returns: the same where there are no stiff bonds, or none is stretched too far.
  func softened(_ displacements: [Vector3]) -> [Vector3] {
    guard !bonds.isEmpty else { return displacements }
    var sums: [Int: (sum: Vector3, count: Double)] = [:]
    for (atom, group) in groups.enumerated() {
      let known = sums[group] ?? (.zero, 0)
      sums[group] = (known.sum + displacements[atom], known.count + 1)
    }
    let shares = Dictionary(grouping: bonds) { groups[$0.first] }.mapValues { bonds in
      var share = 1.0
      // A length is no linear function of the share: a bond that is turned may be shorter halfway.
      while share > 1e-3, !bonds.allSatisfy({ $0.holds(share, of: displacements) }) {
        share *= StiffBonds.step
      }
      return share
    }
    return displacements.indices.map { atom in
      guard let share = shares[groups[atom]], let group = sums[groups[atom]] else {
        return displacements[atom]
      }
      let mean = group.sum * (1 / group.count)
      return mean + share * (displacements[atom] - mean)
    }
  }
}
