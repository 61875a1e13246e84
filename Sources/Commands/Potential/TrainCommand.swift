import ArgumentParser
import Campaigns
import Engines
import Foundation
import LearnedPotential
import Structures

/// `lacuna train`: a learned potential from the force calls of a store, and its errors on those held out.
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fit a potential to the force calls of a store, and tell its errors.",
    discussion: """
      A linear atomic cluster expansion whose noise and prior come from the evidence. Every fifth force call is \
      held out: the errors that are told are those on data that the fit has not seen.

      Example: lacuna train Li Cl --store lacuna.sqlite
      """)

  @Argument(help: "Elements of the potential.") var elements: [String]
  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"
  @Option(help: "The engine whose force calls are learned, by its name in the store.")
  var engine = "gpaw"
  @Option(help: "Distance within which atoms feel each other, angstrom.") var cutoff = 6.5
  @Option(help: "Largest degrees of functions of one, two and three neighbours: N,N,N.")
  var degrees: String?
  @Option(help: "Power of a function's degree by which its prior narrows.") var smoothness = 2.0
  @Option(help: "Power of the map from distances to polynomials.") var exponent = 1.0
  @Flag(help: "Print the result as JSON.") var json = false

  mutating func run() async throws {
    let command = self
    try await cancellable { try command.train() }
  }

  private func train() throws {
    let elements = try elements.map { symbol in
      guard let element = Element(symbol: symbol) else {
        throw OptionError.badValue(
          option: "elements", value: symbol, expected: "symbols of elements, for example Li Cl")
      }
      return element
    }
    let limits: [(option: String, value: Double, range: ClosedRange<Double>)] = [
      ("--cutoff", cutoff, 4...12), ("--exponent", exponent, 1...4),
      ("--smoothness", smoothness, 0...8),
    ]
    for limit in limits where !limit.range.contains(limit.value) {
      throw OptionError.badValue(
        option: limit.option, value: "\(limit.value)",
        expected:
          "a number from \(Int(limit.range.lowerBound)) to \(Int(limit.range.upperBound))")
    }
    let basis = ClusterBasis(
      ClusterBasisSettings(
        elements: elements, cutoff: cutoff, degrees: try parsedDegrees(), exponent: exponent))
    guard FileManager.default.fileExists(atPath: store) else {
      throw Problem(
        message: "there is no \(store)", remedy: "A command that computes makes it; see --store.",
        code: .badInput)
    }
    let pools = try Store(path: store, isReadOnly: true).trainingPools(
      engine: engine, elements: Set(elements))
    let examples = pools.first?.examples ?? []
    guard examples.count >= 5 else {
      throw Problem(
        message: "the store has \(examples.count) force calls of '\(engine)' with these elements",
        remedy:
          "Compute some first, for example by 'lacuna assess'; 'lacuna status' tells what is there.",
        code: .wrongOption)
    }
    let report = FitReport(examples, basis: basis, smoothness: smoothness)
    print(json ? try jsonText(report) : report.text)
  }

  private func parsedDegrees() throws -> [Int]? {
    guard let degrees else { return nil }
    let numbers = degrees.split(separator: ",").map { Int($0) ?? -1 }
    guard (1...3).contains(numbers.count), numbers.allSatisfy({ (1...24).contains($0) }) else {
      throw OptionError.badValue(
        option: "--degrees", value: degrees, expected: "up to three whole numbers from 1 to 24")
    }
    return numbers
  }
}
