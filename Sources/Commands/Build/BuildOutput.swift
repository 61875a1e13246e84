import ArgumentParser
import Foundation
import StructureFiles
import Structures

/// Where and how built structures are written.
struct BuildOutput: ParsableArguments {
  @Option(
    name: [.short, .long], help: ArgumentHelp("Folder for the structures.", valueName: "folder"))
  var output = "lacuna-structures"

  @Option(
    help: ArgumentHelp(
      "Formats, with commas between them: vasp, cif, xyz, vesta.", valueName: "formats"))
  var format = "vasp"

  @Flag(help: "Print the table as JSON.")
  var json = false

  /// Formats asked for.
  ///
  /// - Throws: ``OptionError/badValue(option:value:expected:)``.
  func formats() throws -> [StructureFile.Format] {
    let names = format.lowercased().split(whereSeparator: { ", ".contains($0) }).map(String.init)
    let formats = names.compactMap { StructureFile.Format(rawValue: $0) }
    guard !names.isEmpty, formats.count == names.count else {
      throw OptionError.badValue(
        option: "--format", value: format, expected: "vasp, cif, xyz or vesta")
    }
    return formats
  }

  /// Writes one structure in every format; returns the paths.
  func write(
    _ structure: Structure, name: String, title: String, fixed: Set<Int> = []
  ) throws -> [String] {
    // A file's name becomes part of ours: separators in it must not lead elsewhere.
    let safe = String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
    return try formats().map { format in
      let file = try OutputFile("\(output)/\(safe).\(format.rawValue)", makesFolder: true)
      try file.write(
        StructureFile.text(of: structure, format: format, title: title, fixed: fixed))
      return file.path
    }
  }
}

/// Turns an encodable value into the JSON that is printed.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
