import Structures
import Testing

@Suite struct OxidationStatesTests {
  func composition(_ formula: [String: Int]) -> [Element: Int] {
    var composition: [Element: Int] = [:]
    for (symbol, number) in formula {
      if let element = Element(symbol: symbol) { composition[element] = number }
    }
    return composition
  }

  func guess(_ formula: [String: Int]) -> [String: Double]? {
    OxidationStates.guess(composition(formula)).map { states in
      Dictionary(uniqueKeysWithValues: states.map { ($0.key.symbol, $0.value) })
    }
  }

  @Test func compoundsAreNeutral() {
    #expect(guess(["Li": 1, "Cl": 1]) == ["Li": 1, "Cl": -1])
    #expect(guess(["Li": 3, "P": 1, "O": 4]) == ["Li": 1, "P": 5, "O": -2])
    #expect(guess(["Li": 6, "P": 1, "S": 5, "Cl": 1]) == ["Li": 1, "P": 5, "S": -2, "Cl": -1])
    #expect(guess(["Li": 1, "Co": 1, "O": 2]) == ["Li": 1, "Co": 3, "O": -2])
    #expect(guess(["Li": 1, "Fe": 1, "P": 1, "O": 4]) == ["Li": 1, "Fe": 2, "P": 5, "O": -2])
    #expect(guess(["Li": 3, "P": 1]) == ["Li": 1, "P": -3])
    #expect(guess(["Fe": 1, "S": 2]) == ["Fe": 2, "S": -1])
  }

  @Test func alloysAndElementsHaveNone() {
    #expect(guess(["Li": 1, "Mg": 1]) == ["Li": 0, "Mg": 0])
    #expect(guess(["Al": 1, "Sc": 1]) == ["Al": 0, "Sc": 0])
    #expect(guess(["Na": 1]) == ["Na": 0])
  }

  @Test(
    "a salt balances, with metal beside it no more",
    arguments: [
      (["Na": 4, "Cl": 4], true), (["Li": 2, "O": 1], true), (["Li": 3, "O": 1, "Cl": 1], true),
      (["Li": 3, "P": 1, "O": 4], true), (["Li": 3, "P": 1], true), (["Li": 2, "S": 1], true),
      (["Na": 5, "Cl": 4], false), (["Li": 9, "O": 4], false), (["Li": 5, "P": 1, "O": 4], false),
      (["Na": 2, "Li": 3, "O": 1, "Cl": 1], false), (["Li": 3], false),
      (["Li": 1, "Mg": 1], false),
      (["Al": 1, "Sc": 1], false), (["Si": 2], false), (["Li": 2, "O": 2], false),
    ])
  func saltsBalance(formula: [String: Int], balances: Bool) {
    #expect(OxidationStates.usualChargesBalance(in: composition(formula)) == balances)
  }

  @Test func mixedValenceIsAMean() {
    let magnetite = guess(["Fe": 3, "O": 4])
    #expect(((magnetite?["Fe"] ?? 0) - 8.0 / 3).magnitude < 1e-9)
  }

  @Test func whatHasNoNeutralCombinationHasNoGuess() {
    #expect(guess(["Li": 5, "F": 1]) == nil)
  }
}
