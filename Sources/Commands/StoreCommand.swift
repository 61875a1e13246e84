import ArgumentParser
import Campaigns

/// `lacuna store`: calculations carried from one store to another.
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Carry calculations from one store to another.",
    discussion: "Example: lacuna store import Results/calculations.jsonl",
    subcommands: [Export.self, Import.self])

  /// `lacuna store export FILE`.
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Write all force calls of a store to a text file.",
      discussion: """
        One JSON object a line, each with its engine, settings, geometry and answer: small changes of a \
        store make small changes of the file.

        Example: lacuna store export calculations.jsonl --engine gpaw
        """)

    @Argument(help: "The file to write.") var file: String
    @Option(help: "Only force calls of this engine, for example gpaw.") var engine: String?
    @Option(help: ArgumentHelp("The store.", valueName: "file")) var store = "lacuna.sqlite"

    mutating func run() throws {
      guard !ResultSources.isDatabase(file) else {
        throw Problem(
          message: "\(file) is a store, which an export would replace",
          remedy: "Name another file; the store to read is --store.", code: .cannotWrite)
      }
      let count = try Store(path: store, isReadOnly: true).export(to: file, engine: engine)
      print("\(count) force calls: \(file)")
    }
  }

  /// `lacuna store import FILE`.
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import",
      abstract: "Take over the force calls of an exported file.",
      discussion: """
        What is there already stays as it is. A file with a damaged line changes nothing.

        Example: lacuna store import Results/calculations.jsonl
        """)

    @Argument(help: "The file to read.") var file: String
    @Option(help: ArgumentHelp("The store, made where there is none.", valueName: "file"))
    var store = "lacuna.sqlite"

    mutating func run() throws {
      let (read, new) = try Store(path: store).load(from: file)
      print("\(read) force calls, \(new) of them new: \(store)")
    }
  }
}
