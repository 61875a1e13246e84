import ArgumentParser
import Campaigns
import Engines
import Foundation
import Structures

/// `lacuna reproduce`: the systems of the paper, and its numbers beside ours.
struct ReproduceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Compute the systems of Seymour & Aguadero (2021), and compare.",
    discussion: """
      Prints the paper's value beside ours for every number of its main text that was computed. A number \
      that is not there yet says so. Interrupt it whenever you like: it goes on where it was.

      Example: lacuna reproduce --figure 1 --engine kim:KimJungLee_2012_LiMg
      """)

  @Option(help: "Figure of the paper, 1 to 6.") var figure: Int?
  @Flag(help: "All figures, the most telling calculations first.") var all = false
  @Option(help: "Settings to begin from: quick, standard or paper.") var preset = "standard"
  @Option(help: "In-plane supercell that holds a vacancy. Default: the preset's.")
  var supercell: Int?
  @Option(help: "The engine: gpaw, or kim:MODEL as 'lacuna engines' lists them.")
  var engine = "gpaw"
  @Option(help: "MPI ranks of the engine, or instances of a KIM model. Default: all cores.")
  var cores: Int?
  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"
  @Flag(help: "Compute nothing: compare what is stored.") var stored = false
  @Flag(help: "Compute nothing: list the calculations and what they will cost.") var plan = false
  @Flag(help: "Print the results as JSON.") var json = false
  @Flag(help: "Print no progress.") var quiet = false

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.reproduce() }
  }

  private func reproduce() async throws {
    let tasks = try self.tasks()
    guard let preset = Preset(rawValue: preset) else {
      throw OptionError.badValue(
        option: "--preset", value: preset, expected: "quick, standard or paper")
    }
    if let supercell, !(1...8).contains(supercell) {
      throw OptionError.badValue(
        option: "--supercell", value: "\(supercell)", expected: "a whole number from 1 to 8")
    }
    let named = try EngineArgument(parsing: engine)
    let store = try Store(path: store)
    if plan {
      let plan = try await ReproductionPlan(
        tasks, preset: preset, supercell: supercell, engine: named, store: store)
      print(plan.text)
      return
    }
    let results = try await compute(tasks, preset, named, store)
    let comparison = ReproductionComparison(
      results, figure: all ? nil : figure, engine: engine, preset: preset)
    print(json ? try jsonText(comparison.document) : comparison.text)
  }

  private func tasks() throws -> [ReproductionTask] {
    if all { return ReproductionTask.all }
    guard let figure else {
      throw OptionError.badValue(
        option: "--figure", value: "", expected: "a number from 1 to 6, or --all")
    }
    guard (1...6).contains(figure) else {
      throw OptionError.badValue(
        option: "--figure", value: "\(figure)", expected: "a number from 1 to 6")
    }
    return ReproductionTask.tasks(figure: figure)
  }

  private func compute(
    _ tasks: [ReproductionTask], _ preset: Preset, _ named: EngineArgument, _ store: Store
  ) async throws -> ReproductionResults {
    let isQuiet = quiet || stored
    let tell: @Sendable (String) -> Void = { text in
      if !isQuiet { FileHandle.standardError.write(Data("  \(text)\n".utf8)) }
    }
    let reproduction = Reproduction(preset: preset, supercell: supercell, progress: tell)
    var results = ReproductionResults()
    for task in tasks {
      let electronic = preset.settings(
        metal: .lithium, structure: .bcc, metalSurface: "100", substrateSurface: "100"
      ).electronic
      do {
        let (slabs, bulk) = try named.engines(
          electronic: electronic, elements: task.elements, cores: cores, patience: 240)
        tell(task.name)
        let engines = [slabs, bulk].map { engine in
          CachedEngine(stored ? StoredAnswers(engine.identity) : engine, store: store)
        }
        do {
          try await reproduction.run(
            task, engine: engines[0], bulkEngine: engines[1], into: &results)
          await slabs.shutDown()
        } catch {
          await slabs.shutDown()
          throw error
        }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // One system that an engine cannot do must not keep the others from being done.
        guard let problem = Problem(error), problem.code != .cannotWrite else { throw error }
        results.failures[task.name] = problem.message
        tell("\(task.name): \(problem.message)")
      }
    }
    return results
  }
}
