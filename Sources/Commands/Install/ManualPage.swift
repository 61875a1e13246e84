import ArgumentParser
import Foundation

/// The man page, made from what the commands say of themselves.
struct ManualPage {
  /// What the argument parser tells of a command; the part that a page needs.
  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        var kind: String
        var name: String
      }

      var kind: String
      var shouldDisplay: Bool
      var names: [Name]?
      var valueName: String?
      var defaultValue: String?
      var abstract: String?
      var isOptional: Bool
      var isRepeating: Bool
    }

    var commandName: String
    var abstract: String?
    var discussion: String?
    var subcommands: [Command]?
    var arguments: [Argument]?
  }

  private let command: Command

  /// - Throws: where the parser's own description is not what it was.
  init() throws {
    struct Tool: Decodable { var command: Command }
    command = try JSONDecoder().decode(Tool.self, from: Data(LacunaCommand._dumpHelp().utf8))
      .command
  }

  /// The page in the words of man(7).
  var text: String {
    var lines = [
      ".TH LACUNA 1 \"\" \"Lacuna \(LacunaCommand.programVersion)\" \"User Commands\"", ".SH NAME",
      escaped("lacuna - \(command.abstract ?? "")"), ".SH SYNOPSIS", ".B lacuna",
      ".I COMMAND", "[\\fIoptions\\fR]", ".SH DESCRIPTION",
    ]
    lines += paragraphs(command.discussion ?? "")
    lines.append(".SH COMMANDS")
    for entry in command.subcommands ?? [] where entry.commandName != "help" {
      lines += section(entry, path: "lacuna")
    }
    lines += [
      ".SH FILES", ".TP", ".I lacuna.sqlite",
      "The store: every force call and every finished result; nothing is computed twice.", ".TP",
      ".I lacuna-results", "Structures, results and the page of each assessment.",
      ".SH SEE ALSO",
      "I. D. Seymour, A. Aguadero, J. Mater. Chem. A 9, 19901 (2021), doi:10.1039/d1ta03254b.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ entry: Command, path: String) -> [String] {
    let name = "\(path) \(entry.commandName)"
    let arguments = (entry.arguments ?? []).filter {
      $0.shouldDisplay && !($0.names ?? []).contains { ["help", "version"].contains($0.name) }
    }
    let positional = arguments.filter { $0.kind == "positional" }.map { argument in
      let word =
        "\\fI\(escaped((argument.valueName ?? "value").uppercased()))\\fR"
        + (argument.isRepeating ? "..." : "")
      return argument.isOptional ? "[\(word)]" : word
    }
    var lines = [".SS \(escaped(name)) \(positional.joined(separator: " "))"]
    lines.append(escaped(entry.abstract ?? ""))
    if let discussion = entry.discussion { lines += [".PP"] + paragraphs(discussion) }
    for argument in arguments where argument.kind != "positional" {
      lines += [".TP", names(of: argument), escaped(argument.abstract ?? "")]
      if let value = argument.defaultValue { lines.append(escaped("(default: \(value))")) }
    }
    for below in entry.subcommands ?? [] where below.commandName != "help" {
      lines += section(below, path: name)
    }
    return lines
  }

  private func names(of argument: Command.Argument) -> String {
    let names = (argument.names ?? []).map { name in
      "\\fB" + escaped((name.kind == "long" ? "--" : "-") + name.name) + "\\fR"
    }
    let value =
      argument.kind == "option" ? " \\fI\(escaped(argument.valueName ?? "value"))\\fR" : ""
    return names.joined(separator: ", ") + value
  }

  private func paragraphs(_ text: String) -> [String] {
    text.components(separatedBy: "\n\n").flatMap { [escaped($0), ".PP"] }.dropLast()
  }

  /// Text that troff prints as it is: no line begins with a dot or quote, hyphens stay hyphens.
  private func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("-", with: "\\-")
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&\($0)" : String($0) }
      .joined(separator: "\n")
  }
}
