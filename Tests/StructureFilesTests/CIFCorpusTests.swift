import Foundation
import StructureFiles
import Structures
import TestSupport
import Testing

/// CIFs of several writers and dialects; `Reference/cifs.py` made them and gemmi 0.7.5's answers.
enum CIFCorpus {
  struct Entry: Decodable {
    var file: String
    var cell: [Double]
    var atoms: [Atom]

    struct Atom: Decodable {
      var element: String
      var position: Vector3

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        element = try list.decode(String.self)
        position = Vector3(
          try list.decode(Double.self), try list.decode(Double.self), try list.decode(Double.self))
      }
    }
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Reference")

  static func entries() throws -> [Entry] {
    try JSONDecoder().decode(
      [Entry].self, from: Data(contentsOf: folder.appendingPathComponent("cifs.json")))
  }

  static func path(_ file: String) -> String { folder.appendingPathComponent("cif/\(file)").path }
}

@Suite struct CIFCorpusTests {
  /// The same cell and the same atoms as gemmi.
  ///
  /// Atoms on special
  /// positions that a file gives to few digits are merged by both, but not at the same one of their
  /// images. gemmi does not use a bare number of the space group ('salt-number'); we do, for rock salt
  /// has one setting.
  @Test func everyFileIsReadAsGemmiReadsIt() throws {
    let entries = try CIFCorpus.entries()
    #expect(entries.count >= 30)
    for entry in entries {
      let structure = try StructureFile.read(path: CIFCorpus.path(entry.file))
      let (lengths, angles) = (structure.cell.lengths, structure.cell.angles)
      let cell = [lengths.x, lengths.y, lengths.z, angles.x, angles.y, angles.z]
      for (ours, theirs) in zip(cell, entry.cell) { #expect((ours - theirs).magnitude < 1e-6) }
      guard entry.file != "salt-number.cif" else {
        #expect(structure.count == 8)
        continue
      }
      #expect(structure.count == entry.atoms.count, "\(entry.file)")
      let positions = structure.fractionalPositions.map(\.vector)
      for atom in entry.atoms {
        let found = zip(structure.species, positions).contains { element, position in
          var difference = position - atom.position
          difference -= difference.rounded(.toNearestOrAwayFromZero)
          return element.symbol == atom.element && difference.length < 2e-3
        }
        #expect(found, "\(entry.file): \(atom)")
      }
    }
  }

  /// Every format gives back what it was given, to 1e-10 of a cell edge and in the same order but for
  /// POSCAR, which sorts by element.
  @Test func roundTripsKeepEveryCoordinate() throws {
    for entry in try CIFCorpus.entries() {
      let original = try StructureFile.read(path: CIFCorpus.path(entry.file))
      for format in StructureFile.Format.allCases {
        let text = StructureFile.text(of: original, format: format, title: "round trip")
        let copy = try StructureFile.parse(text, path: "copy.\(format.rawValue)")
        #expect(copy.count == original.count)
        let order =
          format == .poscar
          ? original.elements.flatMap { element in
            original.species.indices.filter { original.species[$0] == element }
          } : Array(original.species.indices)
        let (before, after) = (original.fractionalPositions, copy.fractionalPositions)
        for (index, source) in order.enumerated() {
          #expect(copy.species[index] == original.species[source])
          var difference = after[index].vector - before[source].vector
          difference -= difference.rounded(.toNearestOrAwayFromZero)
          #expect(difference.length < 1e-10, "\(entry.file) as \(format)")
        }
        #expect((copy.cell.volume / original.cell.volume - 1).magnitude < 1e-10)
      }
    }
  }

  /// POSCAR of version 4: numbers without elements, whose names are on the first line.
  @Test func poscarOfVersion4IsRead() throws {
    let original = try StructureFile.read(path: CIFCorpus.path("pymatgen-MoS2-15.cif"))
    var lines = StructureFile.text(of: original, format: .poscar, title: "x")
      .split(separator: "\n").map(String.init)
    lines[0] = lines.remove(at: 5)
    let copy = try StructureFile.parse(lines.joined(separator: "\n"), path: "POSCAR")
    #expect(copy.composition == original.composition)
  }
}

@Suite struct CIFFuzzTests {
  /// 10,200 mutations of the corpus: each gives a valid structure or a clear error, and none takes
  /// much work, crashes or hangs.
  @Test func everyMutationIsReadOrRefused() throws {
    let files = try CIFCorpus.entries().map(\.file).filter { !$0.contains("NaZr2") }
    #expect(files.count >= 30)
    let texts = try files.map { try String(contentsOfFile: CIFCorpus.path($0), encoding: .utf8) }
    var random = TestSystems.Random(seed: Self.seed)
    var (read, refused) = (0, 0)
    var slowest = 0.0
    for round in 0..<10_200 {
      let text = mutated(texts[round % texts.count], &random)
      let start = Self.secondsOfThisThread()
      do {
        let structure = try StructureFile.parse(text, path: "fuzz.cif")
        // A structure that is given out is a valid one.
        try structure.validate()
        #expect(structure.count > 0)
        read += 1
      } catch is StructureFileError {
        refused += 1
      }
      slowest = max(slowest, Self.secondsOfThisThread() - start)
    }
    #expect(read + refused == 10_200)
    #expect(read > 500)
    #expect(refused > 500)
    #expect(slowest < 30)
  }

  /// The other formats, 3,000 mutations; what is read is also cut, for bad cells must not get that far.
  @Test func mutationsOfOtherFormatsAreReadOrRefused() throws {
    let names = ["pymatgen-LiFePO4-5.cif", "spinel-origin-2.cif", "tenorite-i2a.cif"]
    let structures = try names.map { try StructureFile.read(path: CIFCorpus.path($0)) }
    let formats: [StructureFile.Format] = [.poscar, .extendedXYZ, .vesta]
    var random = TestSystems.Random(seed: Self.seed)
    var (read, refused) = (0, 0)
    for round in 0..<3000 {
      let format = formats[round % 3]
      let text = StructureFile.text(
        of: structures[(round / 3) % 3], format: format, title: "fuzz")
      do {
        let structure = try StructureFile.parse(
          mutated(text, &random), path: "fuzz.\(format.rawValue)")
        try structure.validate()
        if round % 20 < 3 { _ = try? Symmetry(of: structure) }
        read += 1
      } catch is StructureFileError {
        refused += 1
      }
    }
    #expect(read + refused == 3000)
    #expect(min(read, refused) > 200)
  }

  /// The processor time of this thread: what else the machine does is not the parser's.
  private static func secondsOfThisThread() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// Another seed for a longer search: `LACUNA_FUZZ_SEED`.
  private static let seed =
    UInt64(ProcessInfo.processInfo.environment["LACUNA_FUZZ_SEED"] ?? "") ?? 20_211

  private func mutated(_ text: String, _ random: inout TestSystems.Random) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<(1 + random.below(4)) {
      guard !bytes.isEmpty else { break }
      let place = random.below(bytes.count)
      switch random.below(9) {
      case 0: bytes[place] = UInt8(random.below(256))
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(UInt8(32 + random.below(95)), at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + random.below(200)))
      case 4: bytes.removeSubrange(place...)
      case 5:
        let end = min(bytes.count, place + random.below(80))
        bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
      case 6:
        // A digit elsewhere, which stays a number.
        if let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) {
          bytes[digit] = UInt8(48 + random.below(10))
        }
      case 7:
        let words = [
          "1e308", "-0", "nan", "?", ".", "'", "\"", ";\n", "loop_", "data_x", "1(2)", "inf",
        ]
        bytes.insert(contentsOf: Array(words[random.below(words.count)].utf8), at: place)
      default:
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let (first, second) = (random.below(lines.count), random.below(lines.count))
        lines.swapAt(first, second)
        bytes = Array(lines.joined(separator: [10]))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
