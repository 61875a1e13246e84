import ArgumentParser
import Foundation
import Reports

/// `lacuna figure`: a figure for print, its data beside it.
struct FigureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure",
    abstract: "Draw a figure for print by gnuplot, with its data as CSV beside it.",
    discussion: """
      WHICH is a figure of the paper, 1 to 6, from what 'lacuna reproduce' has stored; 'map', all candidates by \
      adhesion and surface energy; or 'neb', the paths that 'lacuna path' and 'lacuna neb' found. A figure with several \
      panels gives a file for each.

      Example: lacuna figure 1 lacuna.sqlite -o figure-1.pdf
      """)

  @Argument(help: "1 to 6, map or neb.") var which: String
  @Argument(
    help: "Stores, folders and JSON files. Default: lacuna.sqlite; for a map lacuna-results.")
  var sources: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The picture, ending in .svg, .pdf or .png.", valueName: "file"))
  var output: String

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.draw() }
  }

  private func draw() async throws {
    guard let format = Gnuplot.Format(rawValue: ending.lowercased()) else {
      throw OptionError.badValue(
        option: "--output", value: output, expected: "a name that ends in .svg, .pdf or .png")
    }
    let figures = try self.figures()
    guard !figures.isEmpty else {
      throw Problem(
        message: "nothing of figure \(which) has been computed", remedy: remedy, code: .badInput)
    }
    let stem = String(output.dropLast(ending.count + 1))
    for figure in figures {
      let panel = figure.id.replacing("figure-\(which)-", with: "")
      // Figures of the paper with a panel for each system are named alike, however many are there.
      let isPanel = ["1", "2", "3", "6"].contains(which) || figures.count > 1
      let name = isPanel ? "\(stem)-\(panel)" : stem
      let picture = try OutputFile("\(name).\(ending)")
      let data = try OutputFile("\(name).csv")
      try checkMayReplace(data.path)
      try picture.write(try await Gnuplot.picture(figure, format))
      try data.write(figure.commaSeparatedValues)
      print("\(figure.title): \(name).\(ending), its data in \(name).csv")
    }
  }

  /// The data's name follows from the picture's: a table of somebody else's of that name stays.
  private func checkMayReplace(_ path: String) throws {
    guard let found = FileManager.default.contents(atPath: path),
      !found.starts(with: Data("series,".utf8))
    else { return }
    throw Problem(
      message: "\(path), where the figure's data would go, is another table",
      remedy: "Give the figure another name with --output.", code: .cannotWrite)
  }

  private var ending: String { URL(fileURLWithPath: output).pathExtension }

  private var remedy: String {
    switch which {
    case "map": "Make an assessment with: lacuna assess LiCl"
    case "neb": "Make a path with 'lacuna path --metal Li', or name the file of 'lacuna neb'."
    default: "Compute it with: lacuna reproduce --figure \(which)"
    }
  }

  private func figures() throws -> [Figure] {
    let usual = ["map": "lacuna-results", "neb": "lacuna-path"][which] ?? "lacuna.sqlite"
    let number = Int(which).flatMap { (1...6).contains($0) ? $0 : nil }
    guard number != nil || ["map", "neb"].contains(which) else {
      throw OptionError.badValue(
        option: "WHICH", value: which, expected: "a number from 1 to 6, 'map' or 'neb'")
    }
    let found = try ResultSources(sources.isEmpty ? [usual] : sources)
    switch which {
    case "map": return [CandidateMap.figure(found.assessments)].compactMap { $0 }
    case "neb":
      let ways = found.paths.map { path in
        { PathFigure.figure(path.document, name: path.name, id: $0) }
      }
      let bands = found.bands.map { band in { PathFigure.figure(band, id: $0) } }
      return (ways + bands).enumerated().map { index, draw in draw("neb-\(index + 1)") }
    default:
      return found.reproductions.enumerated().flatMap { index, document in
        ReproductionFigures.figures(document, number: number).map { figure in
          var figure = figure
          if found.reproductions.count > 1 { figure.id += "-\(index + 1)" }
          return figure
        }
      }
    }
  }
}
