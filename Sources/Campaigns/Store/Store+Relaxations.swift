import Engines
import Foundation
import Relaxation
import Structures

/// Ends of relaxations, paths and scans of gaps in which a learned model went ahead.
///
/// What a model proposes changes with all that it learns, so that such a relaxation cannot be repeated from stored
/// force calls alone: its end is a calculation of its own.
extension Store {
  /// Kind of the calculations that hold such ends.
  static let relaxationKind = "relaxation"

  /// The end of a relaxation or path that was finished before; nil where there is none.
  func finishedRelaxation(
    _ question: RelaxationQuestion
  ) throws -> FinishedRelaxation? {
    guard let calculation = try calculation(for: try Store.key(of: question)) else { return nil }
    return try JSONDecoder().decode(FinishedRelaxation.self, from: Data(calculation.result.utf8))
  }

  /// Keeps the end of a relaxation or path.
  func record(
    _ relaxation: FinishedRelaxation, for question: RelaxationQuestion
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let what =
      switch question.search {
      case .minimum: ""
      case .cell: ", cell"
      case .path(let settings): ", path of \(settings.images) images"
      case .gap: ", gap"
      }
    try record(
      Calculation(
        key: try Store.key(of: question), kind: Store.relaxationKind,
        label: "\(question.structures[0].formula), \(question.structures[0].count) atoms\(what)",
        settings: String(
          decoding: try encoder.encode(Store.facts(of: question)), as: UTF8.self),
        result: String(
          decoding: try encoder.encode(Kept(relaxation, of: question)), as: UTF8.self),
        programVersion: ""))
  }

  /// Ends of relaxations that are force calls of these keys, or began with them.
  ///
  /// Where a model led, the engine was never asked for the start; ends that were kept before models did have no keys of their
  /// own.
  func relaxations(ofCalls keys: Set<String>) throws(StoreError) -> [Calculation] {
    try calculations(where: "kind = ?", Store.relaxationKind).filter { calculation in
      func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
      }
      let own =
        decoded(Kept.self, calculation.result)?.ends
        ?? decoded(Facts.self, calculation.settings)?.starts
      return own.map(keys.isSuperset) ?? false
    }
  }

  /// The end of a relaxation as it is stored: a ``FinishedRelaxation`` with the keys of the force calls at its geometries.
  private struct Kept: Codable {
    var structures: [Structure]
    var trace: [RelaxationStep]
    var forceCalls: Int
    var ends: [String]?

    init(_ relaxation: FinishedRelaxation, of question: RelaxationQuestion) {
      structures = relaxation.structures
      trace = relaxation.trace
      forceCalls = relaxation.forceCalls
      ends = relaxation.structures.map {
        ContentHash(structure: $0, sampling: question.sampling, engine: question.engine).hexadecimal
      }
    }
  }

  /// Whether a calculation that was read from a file is the end of a relaxation, under the key of its question.
  ///
  /// Whether its end is one is found out where it is used: the engine's forces there are in the store.
  static func isWhole(_ calculation: Calculation) throws(StoreError) -> Bool {
    guard calculation.kind == relaxationKind,
      let facts = try? JSONDecoder().decode(Facts.self, from: Data(calculation.settings.utf8)),
      (try? JSONDecoder().decode(FinishedRelaxation.self, from: Data(calculation.result.utf8)))
        != nil
    else { return false }
    return (try? ContentHash(kind: relaxationKind, of: facts)) == calculation.key
  }

  /// What a question is known by; geometries by the keys of their force calls.
  private struct Facts: Codable {
    var starts: [String]
    /// Without its fixed atoms, whose order in a set is by chance.
    var search: RelaxationQuestion.Search
    var fixedAtoms: [Int]
  }

  private static func facts(of question: RelaxationQuestion) -> Facts {
    var fixedAtoms: Set<Int>
    let search: RelaxationQuestion.Search
    switch question.search {
    case .minimum(var settings):
      fixedAtoms = settings.fixedAtoms
      settings.fixedAtoms = []
      search = .minimum(settings)
    case .cell(var settings, let freedom):
      fixedAtoms = settings.fixedAtoms
      settings.fixedAtoms = []
      search = .cell(settings, freedom)
    case .path(var settings):
      fixedAtoms = settings.fixedAtoms
      settings.fixedAtoms = []
      search = .path(settings)
    case .gap(var gap):
      fixedAtoms = []
      // From lattice constants, whose last digits another build may round otherwise; starts are known as roughly.
      func rounded(_ length: Double) -> Double { (length * 1e6).rounded() / 1e6 }
      gap.initialGap = rounded(gap.initialGap)
      gap.least = rounded(gap.least)
      gap.largest = rounded(gap.largest)
      search = .gap(gap)
    }
    return Facts(
      starts: question.structures.map {
        ContentHash(structure: $0, sampling: question.sampling, engine: question.engine).hexadecimal
      },
      search: search, fixedAtoms: fixedAtoms.sorted())
  }

  private static func key(of question: RelaxationQuestion) throws -> ContentHash {
    try ContentHash(kind: relaxationKind, of: facts(of: question))
  }
}
