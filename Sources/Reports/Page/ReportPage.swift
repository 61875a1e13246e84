import Foundation

/// One HTML file that opens from a disk with no network: data, style, script and viewer inside it.
package enum ReportPage {
  /// Writes the page.
  ///
  /// - Parameters:
  ///   - content: what it shows.
  ///   - viewer: chemiscope's bundle; nil leaves the places of the views empty and says so.
  /// - Returns: the whole file; 3.3 MB with the viewer.
  /// - Throws: what the encoding throws, for numbers that are not finite.
  package static func html(_ content: ReportContent, viewer: String?) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Nothing in a string may end the script that holds the data.
    let data = String(decoding: try encoder.encode(content), as: UTF8.self)
      .replacing("<", with: "\\u003c")
    let parts = [
      "/*STYLE*/": text(PackageResources.report_css), "/*VIEWER*/": viewer ?? "",
      "/*PLOT*/": text(PackageResources.plot_js), "/*VIEWS*/": text(PackageResources.views_js),
      "/*SCRIPT*/": text(PackageResources.report_js),
      "/*DATA*/": data,
    ]
    return filled(text(PackageResources.report_html), with: parts)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Puts each part in the place of its marker, in one pass: a marker within a part stays what it is.
  private static func filled(_ template: String, with parts: [String: String]) -> String {
    var result = ""
    var rest = template[...]
    while let start = rest.range(of: "/*") {
      result += rest[..<start.lowerBound]
      rest = rest[start.lowerBound...]
      if let (marker, part) = parts.first(where: { rest.hasPrefix($0.key) }) {
        result += part
        rest = rest.dropFirst(marker.count)
      } else {
        result += "/*"
        rest = rest.dropFirst(2)
      }
    }
    return result + rest
  }
}
