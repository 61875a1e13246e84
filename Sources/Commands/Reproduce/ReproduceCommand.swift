import ArgumentParser
import Campaigns
import Engines
import Foundation
import Relaxation
import Reports
import Structures
import Synchronization

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
  @Option(help: "Table of the paper's supplement: S5 (surfaces), S6 (interfaces), S7 (incoherent).")
  var table: String?
  @Flag(help: "All figures, the most telling calculations first.") var all = false
  @Option(help: "Only this system, by its name in the paper's values, for example LiMg-Li.")
  var system: String?
  @Option(help: "In-plane supercell that holds a vacancy. Default: the preset's.")
  var supercell: Int?
  @Flag(help: "At interfaces: only unrelaxed energies of vacancies, one force call each.")
  var unrelaxedVacancies = false
  @Flag(help: "Compute nothing: compare what is stored.") var stored = false
  @Flag(help: "Compute nothing: list the calculations and what they will cost.") var plan = false
  @Flag(help: "Print the results as JSON.") var json = false
  @Option(name: .shortAndLong, help: ArgumentHelp("The HTML page.", valueName: "file"))
  var output = "lacuna-reproduction.html"
  @OptionGroup var options: EngineOptions
  @OptionGroup var confirmation: ConfirmOptions

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.reproduce() }
  }

  private func reproduce() async throws {
    let tasks = try self.tasks()
    let chosen = try options.checked(usual: .standard)
    if let supercell, !(1...8).contains(supercell) {
      throw OptionError.badValue(
        option: "--supercell", value: "\(supercell)", expected: "a whole number from 1 to 8")
    }
    let hasVacancies = tasks.contains { task in
      if case .interface(_, vacancies: true) = task { true } else { false }
    }
    guard !unrelaxedVacancies || hasVacancies else {
      throw Problem(
        message: "--unrelaxed-vacancies says nothing here: there are no vacancies at interfaces",
        remedy: "Leave it away, or name figure 3, 4 or 6.", code: .wrongOption)
    }
    let judge = try confirmation.judge(of: chosen)
    guard judge == nil || !plan else {
      throw Problem(
        message: "--plan cannot tell what --confirm will cost",
        remedy: "Leave one of them away.", code: .wrongOption)
    }
    // Who only looks leaves the store to a run that is going on.
    let store = try Store(path: options.store, isReadOnly: (plan || stored) && storeExists)
    if plan {
      let plan = try await ReproductionPlan(
        tasks, of: reproduction(chosen), chosen: chosen, store: store)
      print(plan.text)
      return
    }
    let page = try OutputFile(output)
    let results = try await compute(tasks, chosen, judge: judge, store)
    let engine = options.engine ?? EngineArgument.usual
    let comparison = ReproductionComparison(
      results, figure: try chosenFigure(),
      engine: judge == nil ? engine : "\(engine), confirmed by \(confirmation.engineName)",
      preset: chosen.preset)
    print(json ? try jsonText(comparison.document.withoutImages) : comparison.text)
    if !store.isReadOnly { try record(comparison.document, in: store) }
    try ReportFile.write(
      ReportContent(assessments: [], reproductions: [comparison.document]), to: page)
    if !json { print("\nThe page is \(output).") }
  }

  private func reproduction(
    _ chosen: EngineOptions.Checked, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) -> Reproduction {
    Reproduction(
      preset: chosen.preset, supercell: supercell, relaxesVacancies: !unrelaxedVacancies,
      progress: progress)
  }

  /// Keeps the comparison for `report` and `figure`; each that differs is a row of its own.
  private func record(_ document: ReproductionComparison.Document, in store: Store) throws {
    let text = try jsonText(document)
    try store.record(
      Store.Calculation(
        key: try ContentHash(kind: "reproduction", of: document), kind: "reproduction",
        label: "\(document.engine), \(document.preset)",
        settings: figure.map { "{\"figure\":\($0)}" } ?? "{}", result: text,
        programVersion: Program.version))
  }

  private var storeExists: Bool { FileManager.default.fileExists(atPath: options.store) }

  private func tasks() throws -> [ReproductionTask] {
    let tasks = try chosenFigure().map(ReproductionTask.tasks(figure:)) ?? ReproductionTask.all
    guard let system else { return tasks }
    let chosen = tasks.filter { $0.system.lowercased() == system.lowercased() }
    guard !chosen.isEmpty else {
      var names: [String] = []
      for name in tasks.map(\.system) where !names.contains(name) { names.append(name) }
      throw OptionError.badValue(
        option: "--system", value: system, expected: names.joined(separator: ", "))
    }
    return chosen
  }

  /// The figure asked for, by its number or by the table of the same systems; nil for all.
  private func chosenFigure() throws -> Int? {
    let tables = ["S5": 1, "S6": 4, "S7": 6]
    switch (figure, table, all) {
    case (nil, nil, true): return nil
    case (let figure?, nil, false):
      guard (1...6).contains(figure) else {
        throw OptionError.badValue(
          option: "--figure", value: "\(figure)", expected: "a number from 1 to 6")
      }
      return figure
    case (nil, let table?, false):
      guard let figure = tables[table.uppercased()] else {
        throw OptionError.badValue(option: "--table", value: table, expected: "S5, S6 or S7")
      }
      return figure
    default:
      throw Problem(
        message: "name one figure or table, or all of them",
        remedy: "Give --figure with a number from 1 to 6, --table, or --all.", code: .wrongOption)
    }
  }

  private func compute(
    _ tasks: [ReproductionTask], _ chosen: EngineOptions.Checked, judge: EngineArgument?,
    _ store: Store
  ) async throws -> ReproductionResults {
    let options = self.options
    let isQuiet = stored
    // A calculation with vacancies begins with what the one without them has told.
    let told = Mutex<Set<String>>([])
    let tell: @Sendable (String) -> Void = { line in
      if !isQuiet, told.withLock({ $0.insert(line).inserted }) { options.tell(line) }
    }
    let reproduction = self.reproduction(chosen, progress: tell)
    var results = ReproductionResults()
    var system: String?
    for task in tasks {
      if task.system != system { told.withLock { $0 = [] } }
      system = task.system
      do {
        tell(task.name)
        func loaded(_ argument: EngineArgument) throws -> (slabs: any Engine, bulk: any Engine) {
          try argument.engines(
            electronic: reproduction.electronic(of: task), elements: task.elements,
            cores: chosen.cores, patience: EngineOptions.patience)
        }
        func cached(_ engine: any Engine) -> CachedEngine {
          CachedEngine(stored ? StoredAnswers(engine.identity) : engine, store: store)
        }
        let own = try loaded(chosen.engine)
        let engine: any Engine
        let bulk: any Engine
        if let judge {
          // What a potential says costs nothing: it need not be stored.
          engine = ConfirmingEngine(judge: cached(try loaded(judge).slabs), guide: own.slabs)
          bulk = engine
        } else {
          (engine, bulk) = try options.accelerated(
            (cached(own.slabs), cached(own.bulk)), store: store, elements: task.elements,
            isOn: chosen.accelerates, looksOnly: stored)
        }
        do {
          try await reproduction.run(task, engine: engine, bulkEngine: bulk, into: &results)
          await engine.shutDown()
        } catch {
          await engine.shutDown()
          throw error
        }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // One system that an engine cannot do must not keep the others from being done; an engine or a store
        // that is not there keeps all.
        guard let problem = Problem(error),
          ![.cannotWrite, .engineMissing, .storeInUse].contains(problem.code)
        else { throw error }
        results.failures[task.name] = problem.message
        tell("\(task.name): \(problem.message)")
      }
    }
    return results
  }
}
