import ArgumentParser
import BondBreaking
import Campaigns
import Foundation
import Reports

/// `lacuna compare RESULTS…`: the paper's numbers beside those of several reproductions.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Set results of 'lacuna reproduce --json' beside the paper, as Markdown tables.",
    discussion: """
      Each engine and preset is a column of the first table; files that have both in common are one. A number that is \
      in none of them says so. The second has a row for each interface and engine.

      Example: lacuna compare Results/gpaw-standard.json Results/kim.json
      """)

  @Argument(help: "Files that 'lacuna reproduce --json' wrote.") var results: [String]

  mutating func run() throws {
    let read = try results.map { path in
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
    var documents: [ReproductionComparison.Document] = []
    for document in read { documents.merge(document) }
    print(
      [markdown(documents), interfaces(documents)].compactMap(\.self).joined(separator: "\n\n"))
  }

  /// A row for each interface and engine, in the paper's order; nil where no file has an interface.
  private func interfaces(_ documents: [ReproductionComparison.Document]) -> String? {
    let rows = (PaperInterface.coherent + PaperInterface.incoherent).flatMap { pair in
      documents.compactMap { document -> String? in
        guard let found = document.interfaces[pair.id] else { return nil }
        let (sigma, work) = (found.surface_energy_ev_per_atom, found.work_of_adhesion_ev_per_atom)
        let energies: [Double?] = [
          sigma, work, work - 2 * sigma, found.segregation_predicted_ev,
          found.segregation_unrelaxed_ev, found.segregation_relaxed_ev,
        ]
        let cells =
          [pair.id, heading(document), found.strain_percent.formatted(digits: 2)]
          + energies.map { $0?.formatted(digits: 3) ?? "-" }
        return "| " + cells.joined(separator: " | ") + " |"
      }
    }
    guard !rows.isEmpty else { return nil }
    return """
      Interfaces: strain of the metal in percent, sigma and W_ad in eV for each surface atom, the segregation energy of a \
      vacancy in eV by eq 11 and by explicit vacancies, unrelaxed and relaxed (above zero it is drawn to the interface).

      | interface | by | strain | sigma | W_ad | W_ad - 2 sigma | eq 11 | unrelaxed | relaxed |
      |---|---|---|---|---|---|---|---|---|
      \(rows.joined(separator: "\n"))
      """
  }

  /// Engine and preset; a model's identifier is in the file, its name is enough for a heading.
  private func heading(_ document: ReproductionComparison.Document) -> String {
    document.engine.components(separatedBy: "__")[0].replacingOccurrences(of: "_", with: " ")
      + ", \(document.preset)"
  }

  /// The file is of another kind or age.
  private struct ComparisonSchema: Error {}

  private func markdown(_ documents: [ReproductionComparison.Document]) -> String {
    let heads = documents.map(heading)
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
