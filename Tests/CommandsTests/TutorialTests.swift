import Foundation
import Testing

/// The tutorial shows what its commands print: each is run, and every line compared.
@Suite struct TutorialTests {
  static let resources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../docs/Lacuna.docc/Resources").standardized

  private func lines(_ name: String) throws -> [String] {
    let file = Self.resources.appendingPathComponent(name)
    return String(decoding: try Data(contentsOf: file), as: UTF8.self)
      .components(separatedBy: "\n")
  }

  /// Whether two lines are alike: the same words and counts, other numbers within two of their last digit, which is
  /// the machine's.
  private func areAlike(_ one: String, _ other: String) -> Bool {
    let (first, second) = (one.split(separator: " "), other.split(separator: " "))
    return first.count == second.count
      && zip(first, second).allSatisfy { word, wanted in
        if word == wanted { return true }
        guard let value = Double(word), let number = Double(wanted) else { return false }
        guard let decimals = wanted.split(separator: ".").dropFirst().first?.count else {
          return false
        }
        return (value - number).magnitude < 2.01 * pow(10, -Double(decimals))
      }
  }

  @Test(arguments: ["match", "assess", "converge", "stability"])
  func commandsPrintWhatIsShown(name: String) throws {
    let shown = try lines("\(name).txt")
    let command = try #require(shown.first).components(separatedBy: " ")
    #expect(command.prefix(2) == ["$", "./lacuna"])
    let program = try Program()
    try program.write(try lines("chloride.cif").joined(separator: "\n"), to: "chloride.cif")
    let result = try program.finish(program.start(Array(command.dropFirst(2))))
    #expect(result.code == 0, "\(result.errors)")
    let printed = result.output.components(separatedBy: "\n")
    #expect(printed.count + 1 == shown.count)
    for (line, wanted) in zip(printed, shown.dropFirst()) {
      // How long it took is another thing on every machine.
      if wanted.hasPrefix("  force calls") { continue }
      #expect(areAlike(line, wanted), "\(name).txt: \(wanted)")
    }
  }

  @Test(arguments: ["assess-verdict", "assess-vacancies"])
  func excerptsAreOfTheWhole(name: String) throws {
    let whole = try lines("assess.txt")
    for line in try lines("\(name).txt") { #expect(whole.contains(line), "\(line)") }
  }
}
