import CKim
import Engines
import Foundation
import Structures

/// The KIM models that are installed on this machine.
public enum KIMCollection {
  /// An installed model.
  public struct Item: Sendable, Hashable, Codable {
    /// Name with its identifier.
    public var name: String
    /// Elements that its metadata lists.
    public var elements: [String]
    /// Title of the publication behind it.
    public var source: String
    /// Authors, journal, volume, pages and year of that publication.
    public var reference: String
    /// Digital object identifier of that publication, where there is one.
    public var doi: String?
    /// One sentence on what it is.
    public var title: String
    /// Licence, as far as the machine knows it: a Debian package says it of all its models; nil for models
    /// that came another way.
    public var licence: String?
  }

  /// All portable models by name: those that run in our process.
  public static func models() -> [Item] { names().map(item) }

  /// One model.
  ///
  /// - Parameter name: full, or a part that only one model has.
  /// - Returns: what its metadata says; nil where it is not installed.
  public static func model(named name: String) -> Item? {
    let full = fullName(of: name)
    return names().contains(full) ? item(full) : nil
  }

  private static func item(_ name: String) -> Item {
    let specification = metadata(of: name, file: "kimspec.edn")
    let citation = section("source-citations", in: specification)
    func field(_ key: String) -> String? {
      quoted(after: "\"\(key)\"", in: citation).map { $0.filter { !"{}\\".contains($0) } }
    }
    let authors = (field("author") ?? "").components(separatedBy: " and ")
      .map { String($0.prefix { $0 != "," }) }.joined(separator: ", ")
    let place = [field("journal"), field("volume"), field("pages")].compactMap { $0 }
      .joined(separator: " ")
    return Item(
      name: name, elements: list("species", in: specification), source: field("title") ?? "",
      reference: [authors, place, field("year") ?? ""].filter { !$0.isEmpty }
        .joined(separator: ", "),
      doi: field("doi"), title: text("title", in: specification) ?? "", licence: licence(of: name))
  }

  /// What Debian's package says of the licence of its models.
  private static func licence(of name: String) -> String? {
    guard let library = libraryFile(of: name), library.hasPrefix("/usr/lib/"),
      let text = try? String(
        contentsOfFile: "/usr/share/doc/openkim-models/copyright", encoding: .utf8)
    else { return nil }
    // Paragraphs of a machine-readable copyright file; the one for all files comes first.
    return text.components(separatedBy: "\n\n").first { $0.contains("Files: *") }?
      .split(separator: "\n").first { $0.hasPrefix("License:") }
      .map { $0.dropFirst(8).trimmingCharacters(in: .whitespaces) }
  }

  private static func libraryFile(of name: String) -> String? {
    withCollections { collections -> String? in
      var file: UnsafePointer<CChar>?
      var collection = KIM_COLLECTION_system
      guard
        KIM_Collections_GetItemLibraryFileNameAndCollection(
          collections, KIM_COLLECTION_ITEM_TYPE_portableModel, name, &file, &collection) == 0
      else { return nil }
      return file.map { String(cString: $0) }
    } ?? nil
  }

  /// Names of all portable models.
  static func names() -> [String] {
    withCollections { collections in
      var extent: Int32 = 0
      guard
        KIM_Collections_CacheListOfItemNamesByType(
          collections, KIM_COLLECTION_ITEM_TYPE_portableModel, &extent) == 0
      else { return [] }
      return (0..<extent).compactMap { index in
        var name: UnsafePointer<CChar>?
        guard KIM_Collections_GetItemNameByType(collections, index, &name) == 0 else { return nil }
        return name.map { String(cString: $0) }
      }.sorted()
    } ?? []
  }

  /// The installed model whose name is most like what was typed: it holds it, or begins alike.
  static func nearest(to name: String) -> String? {
    let wanted = name.lowercased()
    let names = names()
    return names.first { $0.lowercased().contains(wanted) && !wanted.isEmpty }
      ?? names.map { ($0, $0.lowercased().commonPrefix(with: wanted)) }
      .max { $0.1.count < $1.1.count }.flatMap { $0.1.count > 8 ? $0.0 : nil }
  }

  /// The full name of a model of which a part was typed, if only one holds it.
  static func fullName(of name: String) -> String {
    let matching = names().filter { $0.lowercased().contains(name.lowercased()) }
    return matching.contains(name) || matching.count != 1 ? name : matching[0]
  }

  private static func metadata(of name: String, file wanted: String) -> String {
    withCollections { collections in
      var extent: Int32 = 0
      guard
        KIM_Collections_CacheListOfItemMetadataFiles(
          collections, KIM_COLLECTION_ITEM_TYPE_portableModel, name, &extent) == 0
      else { return "" }
      for index in 0..<extent {
        var file: UnsafePointer<CChar>?
        var length: UInt32 = 0
        var raw: UnsafePointer<UInt8>?
        var isText: Int32 = 0
        var text: UnsafePointer<CChar>?
        guard
          KIM_Collections_GetItemMetadataFile(
            collections, index, &file, &length, &raw, &isText, &text) == 0,
          let file, String(cString: file).hasSuffix(wanted), let text
        else { continue }
        return String(cString: text)
      }
      return ""
    } ?? ""
  }

  private static func withCollections<Value: Sendable>(
    _ body: (OpaquePointer) -> Value
  ) -> Value? {
    KIMLibrary.exclusively {
      var created: OpaquePointer?
      guard KIM_Collections_Create(&created) == 0, let collections = created else { return nil }
      defer { KIM_Collections_Destroy(&created) }
      return body(collections)
    }
  }

  // MARK: Metadata, in EDN: "key" "value" and "key" ["value" "value"]

  private static func text(_ key: String, in metadata: String) -> String? {
    quoted(after: "\"\(key)\"", in: metadata)
  }

  private static func section(_ key: String, in metadata: String) -> String {
    guard let range = metadata.range(of: "\"\(key)\"") else { return "" }
    return String(metadata[range.upperBound...])
  }

  private static func list(_ key: String, in metadata: String) -> [String] {
    let rest = section(key, in: metadata)
    guard let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") else {
      return []
    }
    return rest[open..<close].split(separator: "\"").map(String.init)
      .filter { Element(symbol: $0) != nil }
  }

  private static func quoted(after key: String, in text: String) -> String? {
    guard let range = text.range(of: key) else { return nil }
    let rest = text[range.upperBound...]
    guard let open = rest.firstIndex(of: "\"") else { return nil }
    let body = rest[rest.index(after: open)...]
    guard let close = body.firstIndex(of: "\"") else { return nil }
    return String(body[..<close])
  }
}
