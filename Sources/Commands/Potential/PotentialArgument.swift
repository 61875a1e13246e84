import Campaigns
import Foundation
import LearnedPotential
import Structures

/// A learned potential by its file, or one that comes with the program by its name.
struct PotentialArgument: Sendable {
  /// The potential.
  let file: PotentialFile
  /// Hash of the file's content.
  let hash: String

  /// The potential that an engine is asked for by.
  ///
  /// - Parameters:
  ///   - text: path or name; nil takes what comes with the program.
  ///   - elements: that will be computed.
  /// - Throws: ``Problem``.
  init(_ text: String?, elements: Set<Element>) throws {
    if let text { try self.init(text) } else { try self.init(covering: elements) }
  }

  /// The engine.
  ///
  /// - Parameter member: of the committee in the potential's place.
  /// - Returns: the engine.
  func engine(member: Int? = nil) -> LearnedEngine {
    LearnedEngine(file, hash: hash, member: member)
  }

  /// Reads a file, or one that comes with the program.
  ///
  /// - Parameter text: path of a file, or a name such as "Li-Cl".
  /// - Throws: ``Problem``.
  init(_ text: String) throws {
    let shipped = PotentialArgument.shippedPath(text)
    let path = FileManager.default.fileExists(atPath: text) ? text : shipped
    guard let path, let data = FileManager.default.contents(atPath: path) else {
      throw Problem(
        message: "there is no potential '\(text)'",
        remedy: "Give a file that 'lacuna train ... --output' has written, or one of "
          + PotentialArgument.shippedNames.joined(separator: ", ") + ".",
        code: .badInput)
    }
    do throws(PotentialFileError) {
      file = try PotentialFile(data: data)
    } catch {
      throw Problem(error, path: path)
    }
    hash = ContentHash(of: [UInt8](data)).hexadecimal
  }

  /// The potential with the fewest elements that comes with the program and knows all that are asked for, of several the
  /// first by name.
  ///
  /// - Parameter elements: that will be computed.
  /// - Throws: ``Problem`` where there is none.
  init(covering elements: Set<Element>) throws {
    let symbols = elements.sorted().map(\.symbol)
    guard let name = PotentialArgument.shippedName(for: elements) else {
      let (command, file) = Problem.training(of: elements)
      throw Problem(
        message:
          "no potential that comes with the program knows \(symbols.joined(separator: ", "))",
        remedy:
          "Train one: \(command), then use --engine learned:\(file).",
        code: .badInput)
    }
    try self.init(name)
  }

  /// Whether a potential that comes with the program knows all elements.
  static func knows(_ elements: Set<Element>) -> Bool { shippedName(for: elements) != nil }

  private static func shippedName(for elements: Set<Element>) -> String? {
    let known = shippedNames.map { (name: $0, elements: $0.split(separator: "-").map(String.init)) }
    return known.filter { Set($0.elements).isSuperset(of: elements.map(\.symbol)) }
      .min { ($0.elements.count, $0.name) < ($1.elements.count, $1.name) }?.name
  }

  /// Names of the potentials that come with the program.
  static var shippedNames: [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: shippedFolder)
    return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// The force calls that the potentials which come with the program were learned from.
  ///
  /// - Parameter elements: that will be computed.
  /// - Returns: all of them, of any elements; none where no potential knows all that are asked for.
  /// - Throws: `StoreError`, where the program's own file is damaged.
  static func learnedCalls(for elements: Set<Element>) throws -> [Store.ForceCall] {
    guard knows(elements) else { return [] }
    return try shippedCalls.get()
  }

  /// Read once, when a model is needed first.
  private static let shippedCalls = Result {
    try Store.forceCalls(inExport: "\(shippedFolder)/calculations.jsonl")
  }

  private static var shippedFolder: String {
    Bundle.module.bundleURL.appendingPathComponent("Potentials").path
  }

  private static func shippedPath(_ name: String) -> String? {
    shippedNames.contains(name) ? "\(shippedFolder)/\(name).json" : nil
  }
}

extension Problem {
  /// A file that is no potential.
  init(_ error: PotentialFileError, path: String) {
    let what =
      switch error {
      case .notPotential: "it is no file of a potential"
      case .otherForm(let form, let known): "its form is \(form), and this program reads \(known)"
      case .badSettings: "its functions cannot be built"
      case .wrongCount(let count, let expected):
        "it has \(count) coefficients where its functions need \(expected)"
      case .notFinite: "one of its coefficients is no number"
      }
    self.init(
      message: "cannot use \(path): \(what)",
      remedy: "Write it anew: lacuna train ELEMENTS --output FILE", code: .badInput)
  }
}
