import Foundation
import Testing

/// The committed results belong to the committed force calls, and the README's table to the results.
@Suite struct ResultsTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let results = root.appendingPathComponent("Results").path

  /// Numbers of a file of `lacuna reproduce --json`, by their names.
  func numbers(_ text: String) throws -> [String: Double] {
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let rows = try #require(object["rows"] as? [[String: Any]])
    var result: [String: Double] = [:]
    for row in rows {
      guard let id = row["id"] as? String, let ours = row["ours"] as? Double else { continue }
      result[id] = ours
    }
    return result
  }

  /// Works of adhesion of a file of `lacuna reproduce --json`, by the interfaces' names, eV for each surface atom.
  func adhesion(_ text: String) throws -> [String: Double] {
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return try #require(object["interfaces"] as? [String: [String: Any]])
      .compactMapValues { $0["work_of_adhesion_ev_per_atom"] as? Double }
  }

  /// Every number of ours follows from the stored force calls alone.
  @Test(arguments: [
    ("gpaw-standard", ["calculations", "later"]), ("gpaw-quick", ["calculations", "later"]),
    ("gpaw-quick-alloys", ["alloys"]),
  ])
  func theResultsFollowFromTheForceCalls(name: String, files: [String]) throws {
    let program = try Program()
    for file in files {
      let load = try program.finish(
        program.start(["store", "import", "\(Self.results)/\(file).jsonl"]))
      #expect(load.code == 0, "\(load.errors)")
    }
    let preset = name.split(separator: "-").map(String.init)[1]
    let again = try program.finish(
      program.start(["reproduce", "--all", "--stored", "--json", "--preset", preset]))
    #expect(again.code == 0, "\(again.errors)")
    let text = try String(contentsOfFile: "\(Self.results)/\(name).json", encoding: .utf8)
    for read in [numbers, adhesion] {
      let (fresh, committed) = (try read(again.output), try read(text))
      #expect(!committed.isEmpty)
      #expect(Set(fresh.keys) == Set(committed.keys))
      for (id, value) in committed {
        #expect((try #require(fresh[id]) - value).magnitude < 1e-6, "\(id)")
      }
    }
  }

  @Test(
    "each potential that comes with the program was fitted to the committed calculations, and gave the results",
    arguments: [
      ("Li-Cl", ["--figure", "5"], 3, 1, 0.04),
      ("Na", ["--figure", "1", "--system", "Na.bcc100"], 3, 0, 0.04),
      ("Li-Mg", ["--figure", "4", "--system", "LiMg-Li"], 1, 1, 0.04),
      ("Li-S", ["--all", "--system", "Li2S111-Li100"], 1, 1, 0.04),
      ("Li-P", ["--all", "--system", "Li3P001-Li100"], 1, 1, 0.04),
      // A lattice parameter, and W_ad for which the paper has no number. Of a shaken cell with forces of 0.9 eV/angstrom it
      // is off by 0.066.
      ("Li-O-Cl", ["--figure", "4", "--system", "Li3OCl-Li.O"], 1, 1, 0.07),
      // The paper has no numbers for these.
      ("Li-O", ["--figure", "4", "--system", "Li2O-Li"], 0, 1, 0.04),
      ("Li-Al-Sc", ["--figure", "4", "--system", "AlSc-Li"], 0, 1, 0.04),
      // Of a shaken cell of lithium and oxygen with forces of 0.3 eV/angstrom it is off by 0.053.
      ("Li-O-P", ["--figure", "4", "--system", "Li3PO4-Li"], 0, 1, 0.06),
      ("Na-Cl", ["--figure", "4", "--system", "NaCl-Na"], 0, 1, 0.04),
      ("Na-Br", ["--figure", "4", "--system", "NaBr-Na"], 0, 1, 0.04),
    ])
  func learnedResults(
    name: String, figure: [String], numbersAtLeast: Int, interfacesAtLeast: Int,
    forceErrorBelow: Double
  ) throws {
    let program = try Program()
    _ = try program.finish(
      program.start(["store", "import", "\(Self.results)/calculations.jsonl"]))
    let info = try program.run("potential", "info", name, "--json")
    let test = try program.run("potential", "test", name, "--json")
    struct Info: Decodable { var force_calls: Int }
    struct Row: Decodable {
      var atoms: Int
      var force_calls: Int
      var force_error: Double
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(test.output.utf8))
    let known = try JSONDecoder().decode(Info.self, from: Data(info.output.utf8)).force_calls
    #expect(rows.map(\.force_calls).reduce(0, +) == known)
    let weights = rows.map { Double($0.atoms * $0.force_calls) }
    let squares = zip(rows, weights).map { $1 * $0.force_error * $0.force_error }
    #expect((squares.reduce(0, +) / weights.reduce(0, +)).squareRoot() < 0.03)
    #expect(rows.allSatisfy { $0.force_error < forceErrorBelow })
    let again = try program.finish(
      program.start(
        ["reproduce"] + figure + [
          "--engine", "learned", "--preset", "standard", "--json", "--quiet",
        ]))
    #expect(again.code == 0, "\(again.errors)")
    let text = try String(contentsOfFile: "\(Self.results)/learned-standard.json", encoding: .utf8)
    #expect(try numbers(again.output).count >= numbersAtLeast)
    #expect(try adhesion(again.output).count >= interfacesAtLeast)
    for read in [numbers, adhesion] {
      let committed = try read(text)
      for (id, value) in try read(again.output) {
        #expect((try #require(committed[id]) - value).magnitude < 1e-4, "\(id)")
      }
    }
  }

  /// What GPAW's force calls that a fit had not seen say of each potential, beside what the README says and what a user may
  /// expect: two deviations hold 90 to 99 % of forces, and forces are within 40 meV/angstrom.
  @Test func errorsOnUnseenCellsAreWhatTheReadmeSays() throws {
    struct Info: Decodable {
      struct HeldOut: Decodable {
        var force: Double
        var forceSize: Double
        var energy: Double
        var roughEnergy: Double
        var withinTwoDeviations: Double
      }
      struct Domain: Decodable {
        var forceCalls: [String: Int]
      }
      var force_calls: Int
      var held_out: HeldOut
      var domain: Domain
    }
    let readme = try String(
      contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    let program = try Program()
    let names = try JSONDecoder().decode(
      [String].self, from: Data(try program.run("potential", "info", "--json").output.utf8))
    #expect(names.count >= 11)
    for name in names {
      let info = try JSONDecoder().decode(
        Info.self, from: Data(try program.run("potential", "info", name, "--json").output.utf8))
      let errors = info.held_out
      func milli(_ value: Double, _ digits: Int = 0) -> String {
        String(format: "%.\(digits)f", 1000 * value)
      }
      let row =
        "| \(name) | \(info.force_calls) | \(milli(errors.force)) of \(milli(errors.forceSize)) | "
        + "\(milli(errors.energy, 1)) | \(milli(errors.roughEnergy, 1)) | "
        + "\(milli(errors.withinTwoDeviations / 10)) % |"
      #expect(readme.contains(row), "\(row)")
      #expect((0.9...0.99).contains(errors.withinTwoDeviations), "\(name)")
      #expect(errors.force < 0.040, "\(name)")
      #expect(info.domain.forceCalls.values.reduce(0, +) == info.force_calls)
    }
  }

  @Test("the same force calls give the same potential to the last digit, in every process")
  func trainingIsReproducible() throws {
    let program = try Program()
    _ = try program.finish(
      program.start(["store", "import", "\(Self.results)/calculations.jsonl"]))
    let files = try (1...2).map { _ in
      let run = try program.run(
        "train", "Na", "Br", "--degrees", "6,5,4", "--output", "Na-Br.json", "--quiet")
      #expect(run.code == 0, "\(run.errors)")
      return try String(contentsOfFile: "\(program.folder)/Na-Br.json", encoding: .utf8)
    }
    #expect(files[0].count > 1000 && files[0] == files[1])
  }

  /// What the potential relaxes is what GPAW was asked for: its answers are found again, and give the same numbers.
  @Test func theConfirmedResultsFollowFromTheirForceCalls() throws {
    let program = try Program()
    let load = try program.finish(
      program.start(["store", "import", "\(Self.results)/confirmed.jsonl"]))
    #expect(load.code == 0, "\(load.errors)")
    let again = try program.finish(
      program.start([
        "reproduce", "--figure", "5", "--engine", "learned", "--confirm", "--preset", "standard",
        "--stored", "--json",
      ]))
    #expect(again.code == 0, "\(again.errors)")
    let fresh = try numbers(again.output)
    let committed = try numbers(
      try String(contentsOfFile: "\(Self.results)/confirmed-standard.json", encoding: .utf8))
    #expect(committed.count >= 3 && Set(fresh.keys) == Set(committed.keys))
    for (id, value) in committed {
      #expect((try #require(fresh[id]) - value).magnitude < 1e-6, "\(id)")
    }
  }

  @Test func theReadmeShowsTheResults() throws {
    let files = [
      "gpaw-standard", "gpaw-quick", "gpaw-quick-alloys", "learned-standard", "confirmed-standard",
      "kim-lithium", "kim-sodium",
    ]
    .map { "\(Self.results)/\($0).json" }
    let program = try Program()
    let table = try program.finish(program.start(["compare"] + files))
    #expect(table.code == 0, "\(table.errors)")
    let readme = try String(
      contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(readme.contains(table.output.trimmingCharacters(in: .whitespacesAndNewlines)))
  }
}
