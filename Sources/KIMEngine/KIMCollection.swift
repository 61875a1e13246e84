import CKim
public import Engines
import Foundation
public import Structures

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
    /// Digital object identifier of that publication, where there is one.
    public var doi: String?
    /// One sentence on what it is.
    public var title: String
  }

  /// All portable models by name: those that run in our process.
  public static func models() -> [Item] {
    names().map { name in
      let specification = metadata(of: name, file: "kimspec.edn")
      return Item(
        name: name, elements: list("species", in: specification),
        source: (quoted(after: "\"title\"", in: section("source-citations", in: specification))
          ?? "")
          .filter { !"{}".contains($0) },
        doi: quoted(after: "\"doi\"", in: section("source-citations", in: specification)),
        title: text("title", in: specification) ?? "")
    }
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
