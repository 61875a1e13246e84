package import Foundation

/// Everything that a page shows.
package struct ReportContent: Codable {
  /// One assessment with its plots and the view of its atoms.
  package struct Assessment: Codable {
    package var document: AssessmentDocument
    package var figures: [Figure]
    package var viewers: [AtomViewer]
  }

  /// One comparison with the paper.
  package struct Reproduction: Codable {
    package var document: ReproductionComparison.Document
    package var figures: [Figure]
    package var viewers: [AtomViewer]
  }

  package var title: String
  package var program_version = Program.version
  /// ISO 8601, UTC.
  package var written_at: String
  package var assessments: [Assessment]
  /// Nil for a single substrate.
  package var screening: Screening?
  package var reproductions: [Reproduction]

  /// - Parameters:
  ///   - documents: assessments in the order in which they are shown.
  ///   - failures: substrates that could not be assessed.
  ///   - comparisons: reproductions beside the paper.
  ///   - date: when the page is written.
  package init(
    assessments documents: [AssessmentDocument], failures: [Screening.Failure] = [],
    reproductions comparisons: [ReproductionComparison.Document], date: Date = Date()
  ) {
    written_at = date.ISO8601Format()
    assessments = documents.enumerated().map { index, document in
      let viewer = AtomViewer(document, id: "atoms-\(index)")
      return Assessment(
        document: document.withoutStructures,
        figures: AssessmentFigures.all(document, prefix: "assessment-\(index)", viewer: viewer),
        viewers: [viewer].compactMap { $0 })
    }
    screening =
      documents.count > 1 || !failures.isEmpty
      ? Screening(documents, failures: failures) : nil
    reproductions = comparisons.enumerated().map { index, document in
      // One page may hold several: their names must differ.
      func named(_ id: String) -> String { "reproduction-\(index)-\(id)" }
      let viewers = ReproductionFigures.viewers(document).map { viewer in
        var viewer = viewer
        viewer.id = named(viewer.id)
        return viewer
      }
      return Reproduction(
        document: document.withoutImages,
        figures: ReproductionFigures.figures(document).map { figure in
          var figure = figure
          figure.id = named(figure.id)
          figure.viewer = figure.viewer.map(named).flatMap { id in
            viewers.contains { $0.id == id } ? id : nil
          }
          return figure
        }, viewers: viewers)
    }
    title =
      switch (documents.count, comparisons.count) {
      case (1, 0):
        "\(documents[0].metal) on \(documents[0].substrate): will voids form?"
      case (0, 0): "No substrate could be assessed"
      case (0, _): "Seymour & Aguadero (2021), computed again"
      case (_, 0): "\(documents.count) substrates: where will voids form?"
      default: "Lacuna: results"
      }
  }
}

extension AssessmentDocument {
  /// The views carry the atoms: twice would double the page.
  fileprivate var withoutStructures: AssessmentDocument {
    var result = self
    result.structures = nil
    return result
  }
}
