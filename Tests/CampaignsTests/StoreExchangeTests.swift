import Campaigns
import Engines
import Foundation
import Structures
import TestSupport
import Testing

@Suite struct StoreExchangeTests {
  let engine = TestSystems.morse

  func filled(_ path: String, calls: Int) throws -> Store {
    let store = try Store(path: path)
    for seed in 0..<calls {
      let structure = TestSystems.triclinic.rattled(by: 0.1, seed: UInt64(seed))
      let key = ContentHash(
        structure: structure, sampling: .gammaPoint, engine: engine.identity)
      try store.record(
        engine.energyForcesAndStress(of: structure), key: key, structure: structure,
        sampling: .gammaPoint, engine: engine.identity)
    }
    let failed = TestSystems.triclinic
    try store.record(
      Evaluation(energy: .nan, forces: [], convergence: .notConverged(reason: "never")),
      key: ContentHash(structure: failed, sampling: .gammaPoint, engine: engine.identity),
      structure: failed, sampling: .gammaPoint, engine: engine.identity)
    return store
  }

  /// Every bit of every number comes through, what did not converge too.
  @Test func whatIsExportedReadsBackBitwise() throws {
    let folder = try TemporaryFolder()
    let store = try filled(folder.file("a.sqlite"), calls: 5)
    #expect(try store.export(to: folder.file("a.jsonl")) == 6)
    let copy = try Store(path: folder.file("b.sqlite"))
    #expect(try copy.load(from: folder.file("a.jsonl")) == (read: 6, new: 6))
    let (before, after) = (try store.forceCalls(), try copy.forceCalls())
    #expect(before.dropLast() == after.dropLast())
    #expect(after.last?.evaluation.convergence == .notConverged(reason: "never"))
    // Again, and what is exported from the copy is the same file.
    #expect(try copy.load(from: folder.file("a.jsonl")) == (read: 6, new: 0))
    _ = try copy.export(to: folder.file("b.jsonl"))
    #expect(
      FileManager.default.contents(atPath: folder.file("a.jsonl"))
        == FileManager.default.contents(atPath: folder.file("b.jsonl")))
    #expect(try store.export(to: folder.file("c.jsonl"), engine: "gpaw") == 0)
  }

  /// A number changed by hand does not pass for the engine's, and nothing of the file is taken.
  @Test func aDamagedFileChangesNothing() throws {
    let folder = try TemporaryFolder()
    let store = try filled(folder.file("a.sqlite"), calls: 3)
    _ = try store.export(to: folder.file("a.jsonl"))
    let text = try String(contentsOfFile: folder.file("a.jsonl"), encoding: .utf8)
    var lines = text.split(separator: "\n").map(String.init)
    lines[1] = lines[1].replacingOccurrences(of: "\"Li\"", with: "\"Na\"")
    lines.append("{}")
    let hollow = lines[2].replacingOccurrences(
      of: "\"energy\":[-0-9.e]+", with: "\"energy\":\"nan\"", options: .regularExpression)
    #expect(hollow != lines[2])
    let cases = [
      ("answer", [lines[0], hollow][...], 2, "its answer is not whole"),
      ("key", lines[...1], 2, "its content is not that of its key"),
      ("form", lines[3...], 2, "it is no force call"),
    ]
    for (name, content, line, reason) in cases {
      let path = folder.file("\(name).jsonl")
      try content.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let copy = try Store(path: folder.file("\(name).sqlite"))
      #expect(throws: StoreError.badExport(path: path, line: line, reason: reason)) {
        try copy.load(from: path)
      }
      #expect(try copy.summary().forceCalls == 0)
    }
  }
}
