import Foundation
import Testing

/// Every command's help shows how it is used.
@Suite struct HelpTests {
  /// Names under "SUBCOMMANDS:" of a help text.
  private func subcommands(_ help: String) -> [String] {
    guard let start = help.range(of: "SUBCOMMANDS:\n") else { return [] }
    return help[start.upperBound...].components(separatedBy: "\n\n")[0]
      .split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }

  @Test func everyCommandHasAnExample() throws {
    let program = try Program()
    var waiting: [[String]] = [[]]
    var seen = 0
    while let command = waiting.popLast() {
      let help = try program.finish(program.start(command + ["--help"]))
      #expect(help.code == 0, "\(command)")
      let name = command.joined(separator: " ")
      #expect(
        command.isEmpty || help.output.contains("Example: lacuna \(name)")
          || help.output.contains("Examples: lacuna \(name)"), "lacuna \(name)")
      seen += 1
      waiting += subcommands(help.output).filter { $0 != "help" }.map { command + [$0] }
    }
    #expect(seen > 25, "\(seen)")
  }
}
