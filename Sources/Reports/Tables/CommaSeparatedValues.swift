/// Lines of comma-separated values, quoted as RFC 4180 says.
struct CommaSeparatedValues {
  private var lines: [String] = []

  init(header: [String]) { add(header) }

  mutating func add(_ cells: [String]) {
    lines.append(cells.map(CommaSeparatedValues.quoted).joined(separator: ","))
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
