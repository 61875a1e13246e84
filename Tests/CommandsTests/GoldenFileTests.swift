import Foundation
import Testing

/// What the program prints, kept as files: a change of a table, a help text or a figure is made on purpose.
///
/// LACUNA_RECORD=1 ./test --filter GoldenFileTests writes the files anew, and fails, so that it cannot pass by accident.
@Suite struct GoldenFileTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden")

  /// Compares with the file of that name.
  private func check(_ text: String, _ name: String) throws {
    let file = Self.folder.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["LACUNA_RECORD"] == "1" {
      try FileManager.default.createDirectory(
        at: Self.folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      Issue.record("\(name) was recorded; look at it, and run again without LACUNA_RECORD")
      return
    }
    let kept = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let (lines, wanted) = (text.components(separatedBy: "\n"), kept.components(separatedBy: "\n"))
    for (number, pair) in zip(lines, wanted).enumerated() where pair.0 != pair.1 {
      Issue.record("\(name), line \(number + 1): \(pair.0) in place of \(pair.1)")
      return
    }
    #expect(lines.count == wanted.count, "\(name)")
  }

  /// Numbers with four decimals: the last digits are the machine's.
  private func rounded(_ text: String) throws -> String {
    let number = try Regex("-?[0-9]+\\.[0-9]{5,}(e-?[0-9]+)?")
    return text.replacing(number) { match in
      String(format: "%.4f", Double(match.0) ?? .nan)
    }
  }

  @Test(arguments: ["", "assess", "report", "figure", "reproduce"])
  func helpIsAsItWas(command: String) throws {
    let program = try Program()
    let result = try program.finish(
      program.start(
        (command.isEmpty ? [] : [command]) + ["--help"], environment: ["COLUMNS": "80"]))
    #expect(result.code == 0)
    #expect(command.isEmpty || result.output.contains("Example: lacuna \(command)"))
    try check(result.output, "help\(command.isEmpty ? "" : "-\(command)").txt")
  }

  @Test func theModelsTableIsAsItWas() throws {
    let result = try Program().run(
      "model", "--sigma", "0.463", "--wad", "0.67±0.05", "--density", "8.47")
    try check(result.output, "model.txt")
  }

  @Test func anAssessmentsTableMapAndDataAreAsTheyWere() throws {
    let program = try Program()
    let result = try program.finish(
      program.start([
        "assess", "LiMg", "Li", "--engine", "kim:KimJungLee_2012_LiMg", "--quiet", "--vacancies",
      ]))
    #expect(result.code == 0, "\(result.errors)")
    let time = try Regex("[0-9]+:[0-9]{2}:[0-9]{2}")
    try check(result.output.replacing(time, with: "0:00:00"), "assess.txt")
    let map = try program.run("figure", "map", "-o", "map.svg")
    #expect(map.code == 0, "\(map.errors)")
    for name in ["map.svg", "map.csv"] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(program.folder)/\(name)"))
      try check(try rounded(String(decoding: data, as: UTF8.self)), name)
    }
    let ranks = try Data(
      contentsOf: URL(fileURLWithPath: "\(program.folder)/lacuna-results/candidates.csv"))
    try check(try rounded(String(decoding: ranks, as: UTF8.self)), "candidates.csv")
  }
}
