import Foundation

/// What a terminal may be sent beside plain text.
enum Terminal {
  /// Whether standard output is a terminal that wants color: not with NO_COLOR set (no-color.org) or TERM=dumb.
  static var hasColor: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
      && environment["TERM"] != "dumb"
  }

  /// The text with its verdict in bold, green where voids are suppressed, red where they will form and yellow where
  /// that is open; unchanged where there is no color.
  static func emphasizingVerdict(in text: String, hasColor: Bool = Terminal.hasColor) -> String {
    guard hasColor, let start = text.range(of: "Verdict: ", options: .backwards),
      let end = text[start.upperBound...].firstIndex(of: ".")
    else { return text }
    let verdict = text[start.upperBound..<end]
    let color =
      verdict.contains("suppressed") ? 32 : verdict.contains("will form") ? 31 : 33
    return text[..<start.upperBound] + "\u{1B}[1;\(color)m\(verdict)\u{1B}[0m" + text[end...]
  }
}
