import ArgumentParser
import BondBreaking
import Campaigns
import Foundation
import Reports

/// `lacuna compare RESULTS…`: the paper's numbers beside those of several reproductions.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Set results of 'lacuna reproduce --json' beside the paper, as a Markdown table.",
    discussion: """
      Each file is a column, headed by its engine and preset. A number that is in none of them says so.

      Example: lacuna compare Results/gpaw-standard.json Results/kim.json
      """)

  @Argument(help: "Files that 'lacuna reproduce --json' wrote.") var results: [String]

  mutating func run() throws {
    let documents = try results.map { path in
      guard let data = FileManager.default.contents(atPath: path) else {
        throw Problem(message: "\(path) cannot be read", remedy: nil, code: .badInput)
      }
      do {
        let document = try JSONDecoder().decode(
          ReproductionComparison.Document.self, from: data)
        guard document.schema == ReproductionComparison.schema else { throw ComparisonSchema() }
        return document
      } catch {
        throw Problem(
          message: "\(path) holds no results of 'lacuna reproduce --json'",
          remedy: "Make it with: lacuna reproduce --all --stored --json > FILE", code: .badInput)
      }
    }
    print(markdown(documents))
  }

  /// The file is of another kind or age.
  private struct ComparisonSchema: Error {}

  private func markdown(_ documents: [ReproductionComparison.Document]) -> String {
    // A model's identifier is in the file; its name is enough for a heading.
    let heads = documents.map { document in
      document.engine.components(separatedBy: "__")[0].replacingOccurrences(of: "_", with: " ")
        + ", \(document.preset)"
    }
    var lines = [
      "| quantity | unit | paper | " + heads.joined(separator: " | ") + " |",
      "|---|---|---|" + String(repeating: "---|", count: documents.count),
    ]
    var missing: [String] = []
    for quantity in PaperQuantity.all {
      guard let paper = quantity.paper else { continue }
      let digits = ReproductionComparison.digits(paper.unit)
      let cells = documents.map { document -> String in
        guard let row = document.rows.first(where: { $0.id == quantity.id }), let ours = row.ours
        else { return "-" }
        let difference =
          row.difference.map { " (" + ReproductionComparison.signed($0, digits: digits) + ")" }
        return ours.formatted(digits: digits) + (difference ?? "")
      }
      guard cells.contains(where: { $0 != "-" }) else {
        missing.append(quantity.name)
        continue
      }
      lines.append(
        "| \(quantity.name) | \(paper.unit) | \(ReproductionComparison.text(of: paper)) | "
          + cells.joined(separator: " | ") + " |")
    }
    if !missing.isEmpty {
      lines.append("\nNot computed yet: \(missing.joined(separator: "; ")).")
    }
    return lines.joined(separator: "\n")
  }
}
