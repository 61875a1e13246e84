import Foundation
import Testing

/// `lacuna reproduce`, `compare` and `store` with a real KIM model.
@Suite struct ReproduceCommandTests {
  static let engine = ["--engine", "kim:KimJungLee_2012_LiMg", "--preset", "quick"]

  @Test func aFigureIsComputedOnceAndComparedAgain() throws {
    let program = try Program()
    let arguments = ["reproduce", "--figure", "1", "--quiet"] + Self.engine
    let planned = try program.finish(program.start(arguments + ["--plan"]))
    #expect(planned.code == 0, "\(planned.errors)")
    #expect(planned.output.contains("4 calculations"))
    #expect(planned.output.contains("no timings"))
    let before = try program.finish(program.start(arguments + ["--stored"]))
    #expect(before.output.contains("not computed"))
    #expect(!before.output.contains("Formation energy"))
    let first = try program.finish(program.start(arguments))
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.output.contains("Formation energy of a vacancy in Li bcc (100)"))
    // The model does not know sodium: said, not left out.
    #expect(first.output.contains("was not made for Na: Na bcc (100), sigma and vacancies"))
    let stored = try program.finish(program.start(arguments + ["--stored"]))
    #expect(stored.output == first.output)
    let again = try program.finish(program.start(arguments + ["--plan"]))
    #expect(again.output.contains("done"))

    let json = try program.finish(program.start(arguments + ["--stored", "--json"]))
    try program.write(json.output, to: "kim.json")
    let table = try program.finish(program.start(["compare", "kim.json"]))
    #expect(table.code == 0, "\(table.errors)")
    #expect(table.output.contains("| Li bcc (100), sigma relaxed | J/m2 | 0.463 |"))
    #expect(table.output.contains("Not computed yet: a of bcc Na"))

    // Carried to another store, it is all there without an engine.
    let export = try program.finish(program.start(["store", "export", "calls.jsonl"]))
    #expect(export.code == 0, "\(export.errors)")
    let load = try program.finish(
      program.start(["store", "import", "calls.jsonl", "--store", "other.sqlite"]))
    #expect(load.code == 0, "\(load.errors)")
    let carried = try program.finish(
      program.start(arguments + ["--stored", "--store", "other.sqlite"]))
    #expect(carried.output == first.output)
  }

  /// A system is computed without its vacancies first: what both calculations have in common is told once.
  @Test func progressIsToldOnce() throws {
    let program = try Program()
    let result = try program.finish(
      program.start(
        ["reproduce", "--all", "--system", "LiMg-Li", "--unrelaxed-vacancies"] + Self.engine))
    #expect(result.code == 0, "\(result.errors)")
    let lines = result.errors.split(separator: "\n")
    #expect(lines.contains("  LiMg-Li") && lines.contains("  LiMg-Li, with vacancies"))
    #expect(lines.filter { $0.contains("metal bulk") }.count == 1)
    #expect(lines.filter { $0.contains("vacancy bulk") }.count == 1)
    #expect(Set(lines).count == lines.count)
  }

  @Test(arguments: [
    (["reproduce", "--figure", "7"], 64, "--figure"),
    (["reproduce"], 64, "--figure"), (["reproduce", "--table", "S9"], 64, "S5"),
    (["reproduce", "--all", "--figure", "2"], 64, "--all"),
    (["reproduce", "--figure", "1", "--preset", "best"], 64, "--preset"),
    (["reproduce", "--figure", "1", "--supercell", "0"], 64, "--supercell"),
    (["reproduce", "--figure", "1", "--unrelaxed-vacancies"], 64, "--unrelaxed-vacancies"),
    (["compare", "nothing.json"], 65, "nothing.json"),
    (["store", "import", "nothing.jsonl"], 65, "nothing.jsonl"),
  ])
  func mistakesGetOneLine(arguments: [String], code: Int32, word: String) throws {
    let program = try Program()
    let result = try program.finish(program.start(arguments))
    #expect(result.code == code, "\(result.errors)")
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }
}
