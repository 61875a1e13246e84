import Campaigns
import Foundation
import Reports
import StructureFiles
import Structures

/// Finished results, wherever they lie: a folder of `assess`, a store, or a JSON file.
struct ResultSources {
  /// Assessments, each once.
  private(set) var assessments: [AssessmentDocument] = []
  /// Comparisons with the paper, one for each engine and preset.
  private(set) var reproductions: [ReproductionComparison.Document] = []
  /// Vacancies followed through a slab, with a name for each.
  private(set) var paths: [(name: String, document: PathDocument)] = []
  /// Bands between two minima.
  private(set) var bands: [BandDocument] = []
  /// What was passed over, in words.
  private(set) var remarks: [String] = []

  /// Reads all sources.
  ///
  /// - Parameter sources: folders, stores and files.
  /// - Throws: ``Problem`` for one that is not there or holds nothing, and `StoreError`.
  init(_ sources: [String]) throws {
    for source in sources {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
        throw Problem(
          message: "there is no \(source)",
          remedy:
            "Name a folder of 'lacuna assess' or 'lacuna path', a store, a JSON file of results, or the images "
            + "of a path as extended XYZ.",
          code: .badInput)
      }
      if isFolder.boolValue {
        try addFolder(source)
      } else if ResultSources.isDatabase(source) {
        try addStore(source)
      } else if ["xyz", "extxyz"].contains(URL(fileURLWithPath: source).pathExtension.lowercased())
      {
        bands.append(try ResultSources.band(source))
      } else {
        guard try add(json: source) else {
          throw Problem(
            message: "\(source) holds no results of this version of Lacuna",
            remedy:
              "Give a result.json of 'lacuna assess', what 'lacuna reproduce --json' printed, or the images of a path "
              + "as extended XYZ.",
            code: .badInput)
        }
      }
    }
  }

  /// Whether nothing was found.
  var isEmpty: Bool {
    assessments.isEmpty && reproductions.isEmpty && paths.isEmpty && bands.isEmpty
  }

  /// Whether a file is an SQLite database, as a store is.
  static func isDatabase(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { _ = try? handle.close() }
    let head = handle.readData(ofLength: 15)
    return head == Data("SQLite format 3".utf8)
  }

  private mutating func addFolder(_ folder: String) throws {
    let names = FileManager.default.enumerator(atPath: folder)
    var files: [String] = []
    while let name = names?.nextObject() as? String {
      if ["result.json", "path.json"].contains(URL(fileURLWithPath: name).lastPathComponent) {
        files.append("\(folder)/\(name)")
      }
    }
    for file in files.sorted() where try !add(json: file) {
      remarks.append("\(file) is of another version of Lacuna and was passed over")
    }
  }

  private mutating func addStore(_ path: String) throws {
    let store = try Store(path: path, isReadOnly: true)
    for calculation in try store.calculations() {
      let data = Data(calculation.result.utf8)
      let isKnown =
        switch calculation.kind {
        case "assessment": addAssessments(data)
        case "reproduction": addReproduction(data)
        default: true
        }
      if !isKnown {
        remarks.append(
          "\(calculation.kind) \(calculation.label) of \(calculation.createdAt) is of another version of Lacuna and "
            + "was passed over")
      }
    }
  }

  /// A path with the images that lie beside it; without them where they are not there or are not its own.
  private mutating func withImages(_ document: PathDocument, beside path: String) -> PathDocument {
    let images = URL(fileURLWithPath: path).deletingLastPathComponent()
      .appendingPathComponent("path.xyz").path
    guard document.hasBands, FileManager.default.fileExists(atPath: images) else {
      return document
    }
    let own = (try? ResultSources.frames(of: images)).flatMap { frames in
      document.with(hopImages: frames.map { ($0.structure, $0.energy ?? .nan) })
    }
    if own == nil {
      remarks.append("the images in \(images) are not those of \(path), which is shown without")
    }
    return own ?? document
  }

  /// The images of a path as `lacuna neb` writes them, or another program.
  private static func band(_ path: String) throws -> BandDocument {
    let frames = try frames(of: path)
    let images = frames.compactMap { frame in
      frame.energy.map {
        BandDocument.Image(
          frame.structure, energy: $0, distance: frame.numbers[PathFrame.distance],
          forceAlong: frame.numbers[PathFrame.forceAlong])
      }
    }
    guard images.count == frames.count, images.count > 1,
      frames.allSatisfy({
        $0.structure.species == frames[0].structure.species
          && $0.structure.cell == frames[0].structure.cell
      })
    else {
      throw Problem(
        message:
          "\(path) is no path: a path has two images or more, of the same atoms in the same cell, each with "
          + "its energy",
        remedy: "Make one with: lacuna neb --from A --to B", code: .badInput)
    }
    return BandDocument(name: URL(fileURLWithPath: path).lastPathComponent, images: images)
  }

  /// All frames of a file, their numbers such as can be drawn.
  private static func frames(of path: String) throws -> [ExtendedXYZ] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Problem(message: "\(path) cannot be read", remedy: nil, code: .badInput)
    }
    let frames = try ExtendedXYZ.parseAll(String(decoding: data, as: UTF8.self), path: path)
    for (index, frame) in frames.enumerated() {
      let cell = frame.structure.cell
      let lengths =
        [cell.a, cell.b, cell.c].map(\.length) + frame.structure.positions.map(\.vector.length)
      let numbers = lengths + frame.numbers.values + [frame.energy ?? 0]
      guard numbers.allSatisfy({ $0.magnitude < 1e6 }) else {
        throw Problem(
          message: "frame \(index + 1) of \(path) holds a number beyond all that atoms have",
          remedy: "Lengths are in angstrom, energies in eV.", code: .badInput)
      }
    }
    return frames
  }

  /// Whether the file held results.
  private mutating func add(json path: String) throws -> Bool {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Problem(message: "\(path) cannot be read", remedy: nil, code: .badInput)
    }
    if let document = ResultSources.decoded(PathDocument.self, data) {
      let name = document.origin.map { "\($0.metal) (\($0.surface))" } ?? "lacuna path"
      paths.append((name: name, document: withImages(document, beside: path)))
      return true
    }
    return addAssessments(data) || addReproduction(data)
  }

  private mutating func addAssessments(_ data: Data) -> Bool {
    let found =
      ResultSources.decoded(AssessmentDocument.self, data).map { [$0] }
      ?? ResultSources.decoded([AssessmentDocument].self, data)
    guard let found, found.allSatisfy({ $0.schema == AssessmentDocument.schema }) else {
      return false
    }
    for document in found {
      // The same assessment from its folder and from the store, or computed again: the later one counts, unless it
      // knows less of vacancies.
      let known = assessments.firstIndex { $0.isSameAssessment(as: document) }
      guard let known else {
        assessments.append(document)
        continue
      }
      if document.vacancyDetail >= assessments[known].vacancyDetail {
        assessments[known] = document
      }
    }
    return true
  }

  private mutating func addReproduction(_ data: Data) -> Bool {
    guard let found = ResultSources.decoded(ReproductionComparison.Document.self, data),
      found.schema == ReproductionComparison.schema
    else { return false }
    reproductions.merge(found)
    return true
  }

  /// The value, nil where the data is of another form: what that means is the caller's to say.
  private static func decoded<Value: Decodable>(_ type: Value.Type, _ data: Data) -> Value? {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      return nil
    }
  }
}
