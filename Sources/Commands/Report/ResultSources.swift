import Campaigns
import Foundation
import Reports

/// Finished results, wherever they lie: a folder of `assess`, a store, or a JSON file.
struct ResultSources {
  /// Assessments, each once.
  private(set) var assessments: [AssessmentDocument] = []
  /// Comparisons with the paper, one for each engine and preset.
  private(set) var reproductions: [ReproductionComparison.Document] = []
  /// Vacancies followed through a slab, with a name for each.
  private(set) var paths: [(name: String, document: PathDocument)] = []
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
          remedy: "Name a folder of 'lacuna assess', a store, or a JSON file of results.",
          code: .badInput)
      }
      if isFolder.boolValue {
        try addFolder(source)
      } else if ResultSources.isDatabase(source) {
        try addStore(source)
      } else {
        guard try add(json: source) else {
          throw Problem(
            message: "\(source) holds no results of this version of Lacuna",
            remedy:
              "Give a result.json of 'lacuna assess', or what 'lacuna reproduce --json' printed.",
            code: .badInput)
        }
      }
    }
  }

  /// Whether nothing was found.
  var isEmpty: Bool { assessments.isEmpty && reproductions.isEmpty && paths.isEmpty }

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

  /// Whether the file held results.
  private mutating func add(json path: String) throws -> Bool {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Problem(message: "\(path) cannot be read", remedy: nil, code: .badInput)
    }
    if let path = ResultSources.decoded(PathDocument.self, data) {
      paths.append((name: "lacuna path", document: path))
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
    let known = reproductions.firstIndex {
      $0.engine == found.engine && $0.preset == found.preset
    }
    if let known {
      reproductions[known].add(found)
    } else {
      reproductions.append(found)
    }
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
