import ArgumentParser
import Foundation

/// A value of an option or of the settings file that cannot be used; facts only.
enum OptionError: Error, Sendable, Hashable {
  case badValue(option: String, value: String, expected: String)
  case unknownSetting(name: String, file: String, nearest: String?)
  case badSettingsFile(file: String, line: Int?, reason: String)
  case unknownSubstrate(name: String, nearest: String?, known: [String])
}

extension Problem {
  init(_ error: OptionError) {
    switch error {
    case .badValue(let option, let value, let expected):
      self.init(
        message: "'\(value)' is no value for \(option)", remedy: "It takes \(expected).",
        code: .wrongOption)
    case .unknownSetting(let name, let file, let nearest):
      self.init(
        message: "\(file) has an unknown setting '\(name)'",
        remedy: nearest.map { "Did you mean '\($0)'?" }
          ?? "Settings have the names of the options, without the dashes before them.",
        code: .wrongOption)
    case .badSettingsFile(let file, let line, let reason):
      self.init(
        message: "\(file)\(line.map { ", line \($0)" } ?? ""): \(reason)", remedy: nil,
        code: .wrongOption)
    case .unknownSubstrate(let name, let nearest, let known):
      let hint = nearest.map { "Did you mean \($0)? " } ?? ""
      self.init(
        message: "there is no file '\(name)' and no built-in substrate of that name",
        remedy: hint + "Built in are \(known.joined(separator: ", ")).", code: .badInput)
    }
  }
}

/// The candidate that needs the fewest edits to become `name`, if they are few.
func nearest(to name: String, in candidates: [String]) -> String? {
  func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (character == other ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
  let scored = candidates.map { ($0, distance(Array(name.lowercased()), Array($0.lowercased()))) }
  guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(1, name.count / 3) else {
    return nil
  }
  return best.0
}
