import Structures

/// Groups of atoms that stiff bonds hold together, as phosphate: shaken as other atoms are, they are pulled by forces that
/// no relaxation meets and no potential learns.
struct StiffBonds {
  private let bonds: [(first: Int, second: Int, displacement: Vector3)]
  /// For each atom the lowest index of its group's atoms, its own where it is alone.
  private let groups: [Int]

  /// Bonds shorter than that part of the sum of both covalent radii are stiff: 0.89 in phosphate, 1.03 in Li2O.
  private static let shortest = 0.95

  /// By how much a stiff bond's length is changed at most, in parts of it.
  ///
  /// 6 % of a bond between phosphorus and oxygen are 0.09 angstrom and about 4 eV/angstrom.
  static let largestStretch = 0.06

  /// Finds them; O(atoms * stiff bonds).
  init(_ structure: Structure) {
    let reach = 2 * StiffBonds.shortest * (structure.elements.map(\.covalentRadius).max() ?? 0)
    var bonds: [(first: Int, second: Int, displacement: Vector3)] = []
    var groups = Array(0..<structure.count)
    for (atom, list) in structure.neighbors(within: max(1, reach)).enumerated() {
      for neighbor in list where neighbor.index > atom {
        let radii =
          structure.species[atom].covalentRadius + structure.species[neighbor.index].covalentRadius
        guard neighbor.distance < StiffBonds.shortest * radii else { continue }
        bonds.append((atom, neighbor.index, neighbor.displacement))
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
    var shares: [Int: Double] = [:]
    for bond in bonds {
      let length = bond.displacement.length
      let change = displacements[bond.second] - displacements[bond.first]
      let stretch = ((bond.displacement + change).length / length - 1).magnitude
      let share = stretch > StiffBonds.largestStretch ? StiffBonds.largestStretch / stretch : 1
      shares[groups[bond.first]] = min(shares[groups[bond.first]] ?? 1, share)
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
