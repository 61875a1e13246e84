import Engines
import Foundation
import GRDB
import Structures

extension Store {
  /// Writes every force call to a text file: one JSON object a line, in the order in which they came; then the ends
  /// of relaxations in which a learned model went ahead.
  ///
  /// Numbers are written so that they read back bitwise, for what is computed next hangs on every bit.
  ///
  /// - Parameters:
  ///   - path: the file; one that is there is replaced when the new one is whole.
  ///   - engine: name of the engine whose calls are wanted; nil takes all.
  /// - Returns: number of force calls written.
  /// - Throws: ``StoreError``.
  public func export(to path: String, engine: String? = nil) throws(StoreError) -> Int {
    let calls = try forceCalls().filter { engine == nil || $0.engine.name == engine }
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = Store.notANumber
      var text = Data()
      for call in calls {
        text += try encoder.encode(call)
        text.append(UInt8(ascii: "\n"))
      }
      // Ends of relaxations are answers that are here.
      let keys = Set(calls.map(\.key.hexadecimal))
      for calculation in try relaxations(ofCalls: keys) {
        text += try encoder.encode(calculation)
        text.append(UInt8(ascii: "\n"))
      }
      try text.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .notWritable(path: path, reason: error.localizedDescription)
    }
    return calls.count
  }

  /// Takes over the force calls of an exported file; those that are there already stay as they are.
  ///
  /// All or nothing: a file with a damaged line changes nothing.
  ///
  /// - Parameter path: the file.
  /// - Returns: number of force calls in the file, and of those that were new.
  /// - Throws: ``StoreError/badExport(path:line:reason:)`` for a line that is no force call, or whose key is
  ///   not that of its content; other cases of ``StoreError``.
  public func load(from path: String) throws(StoreError) -> (read: Int, new: Int) {
    let (calls, relaxations) = try Store.read(path)
    let before = try summary().forceCalls
    try record(calls)
    for relaxation in relaxations { try record(relaxation) }
    return (calls.count, try summary().forceCalls - before)
  }

  /// The force calls of an exported file, without a store.
  ///
  /// - Parameter path: the file.
  /// - Returns: all of them, in its order.
  /// - Throws: ``StoreError/badExport(path:line:reason:)``.
  public static func forceCalls(inExport path: String) throws(StoreError) -> [ForceCall] {
    try read(path).calls
  }

  private static func read(
    _ path: String
  ) throws(StoreError) -> (calls: [ForceCall], relaxations: [Calculation]) {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw .badExport(path: path, line: 0, reason: "it cannot be read as text")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var calls: [ForceCall] = []
    var relaxations: [Calculation] = []
    for (index, line) in text.split(separator: "\n").enumerated() {
      if let relaxation = try? decoder.decode(Calculation.self, from: Data(line.utf8)) {
        guard try Store.isWhole(relaxation) else {
          throw .badExport(
            path: path, line: index + 1, reason: "its content is not that of its key")
        }
        relaxations.append(relaxation)
        continue
      }
      guard let call = try? decoder.decode(ForceCall.self, from: Data(line.utf8)) else {
        throw .badExport(path: path, line: index + 1, reason: "it is no force call")
      }
      let key = ContentHash(
        structure: call.structure, sampling: call.sampling, engine: call.engine)
      guard key == call.key else {
        throw .badExport(path: path, line: index + 1, reason: "its content is not that of its key")
      }
      let evaluation = call.evaluation
      let numbers =
        [evaluation.energy] + evaluation.forces.flatMap { [$0.x, $0.y, $0.z] }
        + (evaluation.stress?.rows.flatMap { [$0.x, $0.y, $0.z] } ?? [])
      guard
        !evaluation.isConverged
          || numbers.allSatisfy(\.isFinite) && evaluation.forces.count == call.structure.count
      else {
        throw .badExport(path: path, line: index + 1, reason: "its answer is not whole")
      }
      calls.append(call)
    }
    return (calls, relaxations)
  }

  private static let notANumber = JSONEncoder.NonConformingFloatEncodingStrategy.convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
}
