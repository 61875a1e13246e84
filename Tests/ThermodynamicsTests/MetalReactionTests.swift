import Foundation
import Structures
import Testing

@testable import Thermodynamics

@Suite struct MetalReactionTests {
  /// pymatgen's hull distances and grand-potential reactions; `Reference/stability.py` made the file.
  struct Reference: Decodable {
    struct Row: Decodable {
      var id: String
      var formula: String
      var composition: [String: Int]
      var energy_per_atom: Double
      var above_hull: Double
      var reaction_with_lithium: Double
    }

    var rows: [Row]
  }

  static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Reference/stability.json")

  @Test func hullsAndReactionsArePymatgens() throws {
    let data = try Data(contentsOf: Self.file)
    let phases = try ComputedEntries.read(data)
    let rows = try JSONDecoder().decode(Reference.self, from: data).rows
    #expect(phases.count == 44)
    #expect(rows.count == 40)
    let lithium = try #require(phases.first { $0.composition == [.lithium: 1] })
    var (stable, reacting) = (0, 0)
    for row in rows {
      let composition = try #require(ChemicalFormula.composition(of: row.formula))
      let compound = Phase(
        name: row.formula, composition: composition, energyPerAtom: row.energy_per_atom)
      let hull = HullDistance(of: compound, among: phases)
      #expect((hull.energyPerAtom - max(0, row.above_hull)).magnitude < 1e-7, "\(row.id)")
      let reaction = MetalReaction(of: compound, with: lithium, among: phases)
      #expect((reaction.energy - min(0, row.reaction_with_lithium)).magnitude < 1e-6, "\(row.id)")
      stable += hull.energyPerAtom < 1e-6 ? 1 : 0
      reacting += reaction.isStable ? 0 : 1
      // Nothing is lost: the atoms before are the atoms after.
      var atoms: [Element: Double] = [.lithium: -reaction.metalAtoms]
      for product in reaction.products {
        for (element, count) in product.phase.composition {
          atoms[element, default: 0] += product.amount * Double(count)
        }
      }
      for element in Set(atoms.keys).union(compound.composition.keys) {
        let before = Double(compound.composition[element, default: 0])
        #expect((atoms[element, default: 0] - before).magnitude < 1e-7, "\(row.id) \(element)")
      }
    }
    #expect(stable > 3)
    #expect(reacting > 20)
  }

  /// The argyrodite's reaction of the paper: Li6PS5Cl + 8 Li -> 5 Li2S + Li3P + LiCl.
  ///
  /// Energies of formation in eV for each formula unit, made up but for their order; elements at zero.
  @Test func theArgyroditeFallsApartAsInThePaper() throws {
    func phase(_ formula: String, _ energy: Double) throws -> Phase {
      let composition = try #require(ChemicalFormula.composition(of: formula))
      let units = Phase(name: formula, composition: composition, energyPerAtom: 1)
      let atoms = Double(units.composition.values.reduce(0, +))
      return Phase(name: formula, composition: composition, energyPerAtom: energy / atoms)
    }
    let lithium = try phase("Li", 0)
    let phases = try [
      lithium, phase("P", 0), phase("S", 0), phase("Cl", 0), phase("Li2S", -4.3),
      phase("Li3P", -3.2), phase("LiCl", -4.1), phase("Li3PS4", -8.4), phase("P2S5", -2.0),
      phase("Li6PS5Cl", -16.9),
    ]
    let argyrodite = phases[9]
    let reaction = MetalReaction(of: argyrodite, with: lithium, among: phases)
    #expect((reaction.metalAtoms - 8).magnitude < 1e-9)
    let products = Dictionary(
      uniqueKeysWithValues: reaction.products.map { ($0.phase.name, $0.amount) })
    #expect(Set(products.keys) == ["Li2S", "Li3P", "LiCl"])
    #expect((try #require(products["Li2S"]) - 5).magnitude < 1e-9)
    #expect((reaction.energy - (5 * -4.3 - 3.2 - 4.1 + 16.9)).magnitude < 1e-9)
    // Lithium sulphide beside lithium is what it is.
    #expect(MetalReaction(of: phases[4], with: lithium, among: phases).isStable)
  }

  @Test func formulasAreRead() throws {
    let garnet = try #require(ChemicalFormula.composition(of: "Li7La3(ZrO6)2"))
    #expect(garnet[.lithium] == 7)
    #expect(garnet[try #require(Element(symbol: "O"))] == 12)
    #expect(ChemicalFormula.composition(of: "LiLi2")?[.lithium] == 3)
    for text in [
      "", "li", "Xx2", "Li(", "Li)", "(Li", "Li2.5", "2Li", "Li0", "Li-", "Li99999999",
      String(repeating: "(", count: 99),
    ] {
      #expect(ChemicalFormula.composition(of: text) == nil, "\(text)")
    }
  }

  @Test func badEntriesAreFacts() throws {
    func failure(_ text: String) -> ComputedEntries.Failure? {
      do throws(ComputedEntries.Failure) {
        _ = try ComputedEntries.read(Data(text.utf8))
        return nil
      } catch {
        return error
      }
    }
    #expect(failure("nonsense") == .notAList)
    #expect(failure("{\"a\": 1}") == .notAList)
    #expect(failure("[1]") == .badEntry(number: 1, reason: "it has no composition"))
    #expect(
      failure("[{\"composition\": {\"Li\": 1}}]")
        == .badEntry(number: 1, reason: "it has no energy"))
    #expect(
      failure("[{\"composition\": {\"Qq\": 1}, \"energy\": -1}]")
        == .badEntry(number: 1, reason: "'Qq' is no element"))
    #expect(
      failure("[{\"composition\": {\"Li\": 0.5}, \"energy\": -1}]")
        == .badEntry(number: 1, reason: "it has 0.5 atoms of Li"))
    #expect(failure("{\"entries\": [{\"composition\": {\"Li+\": 2}, \"energy\": -3.8}]}") == nil)
  }

  /// Small programs with answers by hand: degenerate, impossible, and without a bound.
  @Test func linearProgramsByHand() {
    // min -x - 2y with x + y + s = 4, y + t = 3: y = 3, x = 1.
    let solution = LinearProgram.minimum(
      costs: [-1, -2, 0, 0], rows: [[1, 1, 1, 0], [0, 1, 0, 1]], values: [4, 3])
    #expect(solution == [1, 3, 0, 0])
    #expect(LinearProgram.minimum(costs: [1], rows: [[1], [1]], values: [1, 2]) == nil)
    #expect(LinearProgram.minimum(costs: [-1, 0], rows: [[1, -1]], values: [0]) == nil)
    // The same equation twice.
    #expect(
      LinearProgram.minimum(costs: [1, 3], rows: [[1, 1], [2, 2]], values: [1, 2]) == [1, 0])
  }
}
