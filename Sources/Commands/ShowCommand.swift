import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Reports
import StructureFiles
import Structures

/// `lacuna show HASH`: one stored result or force call.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print one stored result as JSON, or a force call as an extended XYZ frame.",
    discussion: """
      HASH is the beginning of a name that 'lacuna status' or 'lacuna store export' shows, at least four digits.

      Example: lacuna show 3fa94c --store lacuna.sqlite
      """)

  @Argument(help: "The first digits of its hash.") var hash: String
  @Option(help: ArgumentHelp("The store.", valueName: "file")) var store = "lacuna.sqlite"

  mutating func run() throws {
    let wanted = hash.lowercased()
    guard (4...64).contains(wanted.count), wanted.allSatisfy(\.isHexDigit) else {
      throw OptionError.badValue(
        option: "HASH", value: hash, expected: "four or more hexadecimal digits")
    }
    guard FileManager.default.fileExists(atPath: store) else {
      throw Problem(
        message: "there is no \(store)", remedy: "Name the store with --store.", code: .badInput)
    }
    let opened = try Store(path: store, isReadOnly: true)
    let results = try opened.calculations().filter { $0.key.hexadecimal.hasPrefix(wanted) }
    let calls = try opened.forceCalls().filter { $0.key.hexadecimal.hasPrefix(wanted) }
    switch (results.count, calls.count) {
    case (1, 0): print(results[0].result)
    case (0, 1): print(frame(of: calls[0]), terminator: "")
    case (0, 0):
      throw Problem(
        message: "\(store) holds nothing whose hash begins with \(hash)",
        remedy: "List what is there with: lacuna status \(store)", code: .badInput)
    default:
      throw Problem(
        message: "\(results.count + calls.count) entries of \(store) begin with \(hash)",
        remedy: "Give more digits.", code: .badInput)
    }
  }

  /// Geometry, energy and forces of a force call; what was asked goes to standard error, which no file takes.
  private func frame(of call: Store.ForceCall) -> String {
    let mesh = call.sampling.kPointGrid
    var lines = [
      "\(call.engine.name) \(call.evaluation.origin.engineVersion), \(call.createdAt)",
      "k points \(mesh.x) \(mesh.y) \(mesh.z)"
        + (call.sampling.dipoleCorrection ? ", dipole decoupled" : ""),
    ]
    lines += call.engine.settings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    if case .notConverged(let reason) = call.evaluation.convergence {
      lines.append("not converged: \(reason)")
    }
    FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    let isConverged = call.evaluation.isConverged
    return ExtendedXYZ(
      call.structure, energy: isConverged ? call.evaluation.energy : nil,
      forces: isConverged ? call.evaluation.forces : nil
    ).text
  }
}
