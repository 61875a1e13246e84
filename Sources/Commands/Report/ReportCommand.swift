import ArgumentParser
import Foundation
import Reports

/// `lacuna report`: one HTML page of finished results.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write one HTML page of finished results that opens with no network.",
    discussion: """
      SOURCES are folders of 'lacuna assess' and 'lacuna path', stores, JSON files of 'assess' and 'reproduce', and \
      the images of a path as extended XYZ. The page holds verdicts, tables, plots that answer to the mouse, and the \
      atoms in three dimensions.

      Example: lacuna report lacuna-results -o report.html
      """)

  @Argument(help: "Folders, stores and JSON files. Default: lacuna-results.")
  var sources: [String] = ["lacuna-results"]

  @Option(name: .shortAndLong, help: ArgumentHelp("The page.", valueName: "file"))
  var output = "report.html"

  mutating func run() throws {
    let file = try OutputFile(output)
    let found = try ResultSources(sources)
    guard !found.isEmpty else {
      throw Problem(
        message:
          "\(sources.joined(separator: ", ")) hold\(sources.count == 1 ? "s" : "") no finished result",
        remedy: "Make one with 'lacuna assess LiCl' or 'lacuna reproduce --figure 1'.",
        code: .badInput)
    }
    for remark in found.remarks {
      FileHandle.standardError.write(Data("lacuna: \(remark)\n".utf8))
    }
    try ReportFile.write(
      ReportContent(
        assessments: found.assessments, reproductions: found.reproductions, paths: found.paths,
        bands: found.bands), to: file)
    print("The page is in \(output).")
  }
}

/// Writes a page, with the viewer where it is installed.
enum ReportFile {
  static func write(_ content: ReportContent, to file: OutputFile) throws {
    try file.write(try ReportPage.html(content, viewer: ViewerBundle.text()))
  }
}
