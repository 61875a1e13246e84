/// Formal charges of the elements of a compound.
public enum OxidationStates {
  /// Formal charges that make the compound neutral, the usual ones of each element first.
  ///
  /// A compound is taken for ionic where its most electronegative element forms anions and stands at
  /// least 0.6 above another on Pauling's scale; the atoms of metals, alloys and covalent crystals
  /// get zero. One charge is given to all atoms of an element, so a compound of mixed
  /// valence gets the mean: Fe3O4 has iron of 8/3.
  ///
  /// - Parameter composition: number of atoms of each element.
  /// - Returns: the charge of each element in elementary charges; nil where no neutral combination
  ///   of common states exists.
  public static func guess(_ composition: [Element: Int]) -> [Element: Double]? {
    let elements = composition.keys.sorted()
    guard let choices = ionicStates(of: elements) else {
      return Dictionary(uniqueKeysWithValues: elements.map { ($0, 0) })
    }
    guard choices.allSatisfy({ !$0.isEmpty }) else { return nil }
    var best: (cost: Int, charges: [Int])?
    func search(_ index: Int, _ charges: [Int], _ cost: Int, _ total: Int) {
      if let best, cost >= best.cost { return }
      guard index < elements.count else {
        if total == 0 { best = (cost, charges) }
        return
      }
      for (rank, state) in choices[index].enumerated() {
        search(
          index + 1, charges + [state], cost + rank,
          total + state * composition[elements[index], default: 0])
      }
    }
    search(0, [], 0, 0)
    if let best {
      return Dictionary(uniqueKeysWithValues: zip(elements, best.charges.map(Double.init)))
    }
    return mixedValence(composition, elements, choices)
  }

  /// Whether a composition is that of a compound of ions whose most usual charges add up to zero.
  ///
  /// - Parameter composition: number of atoms of each element.
  /// - Returns: false for metals, alloys and where all elements are alike in electronegativity.
  public static func usualChargesBalance(in composition: [Element: Int]) -> Bool {
    let elements = composition.keys.sorted()
    guard let choices = ionicStates(of: elements) else { return false }
    var total = 0
    for (element, states) in zip(elements, choices) {
      guard let usual = states.first else { return false }
      total += usual * composition[element, default: 0]
    }
    return total == 0
  }

  /// The states that each element may have in an ionic compound of them; nil where they form none.
  private static func ionicStates(of elements: [Element]) -> [[Int]]? {
    let values = elements.compactMap(\.electronegativity)
    guard let least = values.min(), let most = values.max(), most - least >= 0.6,
      let anion = elements.max(by: { ($0.electronegativity ?? 0) < ($1.electronegativity ?? 0) }),
      common[anion.symbol, default: []].contains(where: { $0 < 0 })
    else { return nil }
    return elements.map { element in
      let states = common[element.symbol] ?? []
      // The most electronegative element takes electrons, whatever else it does elsewhere.
      return element == anion ? states.filter { $0 < 0 } : states
    }
  }

  /// First states for all but one element, which takes what is left if it lies between its states.
  private static func mixedValence(
    _ composition: [Element: Int], _ elements: [Element], _ choices: [[Int]]
  ) -> [Element: Double]? {
    for (odd, element) in elements.enumerated() where choices[odd].count > 1 {
      let others = elements.indices.filter { $0 != odd }
      let total = others.map { choices[$0][0] * composition[elements[$0], default: 0] }
        .reduce(0, +)
      let charge = -Double(total) / Double(composition[element, default: 1])
      guard let low = choices[odd].min(), let high = choices[odd].max(),
        (Double(low)...Double(high)).contains(charge)
      else { continue }
      var result = Dictionary(
        uniqueKeysWithValues: others.map { (elements[$0], Double(choices[$0][0])) })
      result[element] = charge
      return result
    }
    return nil
  }

  /// States in which the elements are met in solids, the most usual first.
  ///
  /// N. N. Greenwood, A. Earnshaw, Chemistry of the Elements, 2nd edition, 1997.
  private static let common: [String: [Int]] = [
    "H": [1, -1], "Li": [1], "Be": [2], "B": [3, -3], "C": [4, -4, 2, -2], "N": [-3, 5, 3],
    "O": [-2, -1], "F": [-1], "Na": [1], "Mg": [2], "Al": [3], "Si": [4, -4], "P": [5, -3, 3],
    "S": [-2, 6, 4, -1], "Cl": [-1, 5, 7], "K": [1], "Ca": [2], "Sc": [3], "Ti": [4, 3, 2],
    "V": [5, 4, 3, 2], "Cr": [3, 6, 2], "Mn": [2, 4, 3, 7], "Fe": [3, 2], "Co": [3, 2],
    "Ni": [2, 3],
    "Cu": [2, 1], "Zn": [2], "Ga": [3], "Ge": [4, 2, -4], "As": [5, 3, -3], "Se": [-2, 4, 6, -1],
    "Br": [-1, 5], "Rb": [1], "Sr": [2], "Y": [3], "Zr": [4], "Nb": [5, 4, 3], "Mo": [6, 4],
    "Ru": [4, 3], "Rh": [3], "Pd": [2, 4], "Ag": [1], "Cd": [2], "In": [3, 1], "Sn": [4, 2],
    "Sb": [5, 3, -3], "Te": [-2, 4, 6, -1], "I": [-1, 5, 7], "Cs": [1], "Ba": [2], "La": [3],
    "Ce": [4, 3], "Pr": [3], "Nd": [3], "Sm": [3], "Eu": [3, 2], "Gd": [3], "Tb": [3, 4], "Dy": [3],
    "Ho": [3], "Er": [3], "Tm": [3], "Yb": [3, 2], "Lu": [3], "Hf": [4], "Ta": [5], "W": [6, 4],
    "Re": [4, 7], "Os": [4], "Ir": [4, 3], "Pt": [4, 2], "Au": [3, 1], "Hg": [2, 1], "Tl": [1, 3],
    "Pb": [2, 4], "Bi": [3, 5, -3], "Th": [4], "U": [4, 6],
  ]
}
