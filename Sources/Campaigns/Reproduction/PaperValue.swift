import Foundation

/// A number of Seymour & Aguadero (2021), doi:10.1039/d1ta03254b, or one that they quote.
public struct PaperValue: Sendable, Hashable, Decodable {
  /// Name of the quantity, for example "LiCl-Li.Wad.ClTop".
  public var id: String
  /// The number; nil where the paper gives a range.
  public var value: Double?
  /// Smallest and largest value of a range.
  public var range: [Double]?
  /// Unit in the paper's words.
  public var unit: String
  /// Whether the paper itself says "about".
  public var approximate: Bool?
  /// What has to be known to compare with it.
  public var note: String?

  /// Whether the paper quotes it from elsewhere.
  public var isQuoted: Bool { id.hasPrefix("literature.") }

  /// How far a number lies from the paper's, in its unit: zero inside a range.
  public func difference(of number: Double) -> Double? {
    if let value { return number - value }
    guard let range, range.count == 2 else { return nil }
    if number < range[0] { return number - range[0] }
    return number > range[1] ? number - range[1] : 0
  }

  /// All values in the paper's order.
  public static let all: [PaperValue] = {
    struct File: Decodable {
      var source: String
      var values: [PaperValue]
    }
    do {
      return try JSONDecoder().decode(
        File.self, from: Data(PackageResources.paper_values_json)
      ).values
    } catch {
      preconditionFailure("the paper's values are part of this program: \(error)")
    }
  }()

  /// The value of a name; nil where the paper has none.
  public static func named(_ id: String) -> PaperValue? { all.first { $0.id == id } }
}
