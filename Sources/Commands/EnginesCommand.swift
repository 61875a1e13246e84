import ArgumentParser
import KIMEngine
import Reports
import SocketEngines
import Structures

/// `lacuna engines`: what can be asked for with `--engine`.
struct EnginesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines",
    abstract: "List the engines that --engine takes: gpaw, and every installed KIM model.",
    discussion: """
      A model may be named by a part of its name that no other has: --engine kim:KimJungLee_2012_LiMg.

      Example: lacuna engines --elements Li,Mg
      """)

  @Option(help: "Only models that know all of these elements, with commas between them.")
  var elements: String?

  @Flag(help: "Print the list as JSON.") var json = false

  func run() throws {
    let wanted = try (elements ?? "").split(separator: ",").map { text in
      let symbol = text.filter { !$0.isWhitespace }
      guard let element = Element(symbol: symbol) else {
        throw OptionError.badValue(
          option: "--elements", value: elements ?? "", expected: "symbols of elements, as Li,Mg")
      }
      return element.symbol
    }
    let models = KIMCollection.models().filter { Set($0.elements).isSuperset(of: wanted) }
    guard !json else { return print(try jsonText(models)) }
    var table = TextTable(header: ["engine", "elements", "licence", "source"])
    table.add(["gpaw", "all", "GPL-3.0", "density-functional theory; lacuna doctor says more"])
    for model in models {
      table.add([
        "kim:" + model.name,
        model.elements.count > 8
          ? "\(model.elements.count) elements" : model.elements.joined(separator: " "),
        model.licence ?? "not stated",
        String(model.source.prefix(60)) + (model.doi.map { " doi:\($0)" } ?? ""),
      ])
    }
    print(table.text)
    if !models.isEmpty {
      print(
        "\nCite the source of a model with its results.")
    }
    if models.isEmpty {
      print(
        "\nNo KIM model" + (wanted.isEmpty ? "" : " for \(wanted.joined(separator: ", "))")
          + " is installed. Debian has them in the package openkim-models.")
    }
  }
}
