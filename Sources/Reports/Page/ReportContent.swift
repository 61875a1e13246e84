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

  /// A path with its profile and its images: a vacancy's way through a slab, or a band of any two minima.
  package struct Path: Codable {
    package var name: String
    package var way: PathDocument?
    package var band: BandDocument?
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
  package var paths: [Path]

  /// - Parameters:
  ///   - documents: assessments in the order in which they are shown.
  ///   - failures: substrates that could not be assessed.
  ///   - comparisons: reproductions beside the paper.
  ///   - ways: vacancies followed through slabs, with a name for each.
  ///   - bands: bands between any two minima.
  ///   - date: when the page is written.
  package init(
    assessments documents: [AssessmentDocument], failures: [Screening.Failure] = [],
    reproductions comparisons: [ReproductionComparison.Document] = [],
    paths ways: [(name: String, document: PathDocument)] = [], bands: [BandDocument] = [],
    date: Date = Date()
  ) {
    written_at = date.ISO8601Format()
    assessments = documents.enumerated().map { index, document in
      let viewers = AtomViewer.all(document, id: "atoms-\(index)")
      return Assessment(
        document: document.withoutStructures,
        figures: AssessmentFigures.all(
          document, prefix: "assessment-\(index)", viewer: viewers.first),
        viewers: viewers)
    }
    screening =
      documents.count > 1 || !failures.isEmpty
      ? Screening(documents, failures: failures) : nil
    reproductions = comparisons.enumerated().map { index, document in
      // One page may hold several: their names must differ.
      func named(_ id: String) -> String { "reproduction-\(index)-\(id)" }
      let viewers = ReproductionViewers.all(document).map { viewer in
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
    paths =
      ways.enumerated().map { Path(name: $1.name, way: $1.document, number: $0) }
      + bands.enumerated().map { Path($1, number: ways.count + $0) }
    title = ReportContent.title(documents, comparisons: comparisons.count, paths: paths)
  }

  private static func title(
    _ documents: [AssessmentDocument], comparisons: Int, paths: [Path]
  ) -> String {
    switch (documents.count, comparisons, paths.count) {
    case (1, 0, 0): "\(documents[0].metal) on \(documents[0].substrate): will voids form?"
    case (0, 0, 1):
      (paths[0].way == nil ? "Energy along a path" : "The path of a vacancy")
        + ": \(paths[0].name)"
    case (0, 0, 0): "No substrate could be assessed"
    case (0, 0, _): "\(paths.count) paths"
    case (0, _, 0): "Seymour & Aguadero (2021), computed again"
    case (_, 0, 0): "\(documents.count) substrates: where will voids form?"
    default: "Lacuna: results"
    }
  }
}

extension ReportContent.Path {
  /// A vacancy's way through a slab.
  fileprivate init(name: String, way: PathDocument, number: Int) {
    let viewer = AtomViewer(way, id: "path-\(number)-atoms", title: "Images, \(name)")
    self.name = name
    self.way = way.withoutImages
    figures = [
      PathFigure.figure(way, name: name, id: "path-\(number)", viewer: viewer?.id)
    ]
    viewers = [viewer].compactMap { $0 }
  }

  /// A band between two minima.
  fileprivate init(_ band: BandDocument, number: Int) {
    let viewer = band.images.map {
      AtomViewer(
        id: "path-\(number)-atoms", title: "Images, \(band.name)", frames: $0,
        distances: band.distances_angstrom, energies: band.energies_relative_ev)
    }
    name = band.name
    self.band = band.withoutImages
    figures = [PathFigure.figure(band, id: "path-\(number)", viewer: viewer?.id)]
    viewers = [viewer].compactMap { $0 }
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
