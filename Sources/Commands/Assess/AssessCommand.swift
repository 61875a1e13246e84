import ArgumentParser
import Campaigns
import Engines
import Foundation
import Interfaces
import LearnedPotential
import Relaxation
import Reports
import SocketEngines
import Structures

/// `lacuna assess`: from a crystal to the verdict.
struct AssessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess",
    abstract: "Compute whether voids will form between a metal and a substrate.",
    discussion: """
      A SUBSTRATE is a CIF, POSCAR, extended XYZ or VESTA file or one of the built-in crystals: LiCl, \
      NaCl, NaBr, Li2O, Li2S, Li3OCl, Li3PO4 (gamma), Li3PO4-beta, Li3P, LiMg, AlSc, and the metals themselves.

      Example: lacuna assess LiCl --metal Li
      """)

  @Argument(help: "Built-in names or files; several are assessed one after the other.")
  var substrates: [String]

  @Option(help: "The alkali metal: Li or Na.")
  var metal = "Li"

  @Option(help: "Structure of the metal: bcc, hcp or fcc. Default: what suits the substrate.")
  var metalStructure: String?

  @Option(help: "Surface of the metal, for example 100. Default: what suits its structure.")
  var metalSurface: String?

  @Option(
    help: "Surface of the substrate. Default: what suits it; for a file, the best of all pairs.")
  var surface: String?

  @Option(help: "Number of the substrate's termination, as 'lacuna build slab' lists them.")
  var termination = 1

  @Option(
    help: ArgumentHelp(
      "Crystals that limit the chemical potentials of a slab with an excess, names or files with "
        + "commas between them. Default: all built-in ones of the substrate's elements.",
      valueName: "list"))
  var phases: String?

  @Option(help: ArgumentHelp("YAML file with settings by option name.", valueName: "file"))
  var settings: String?

  @OptionGroup(title: "Settings of the preset") var overrides: SettingsOverrides

  @Flag(help: "Also place vacancies at the interface, in the bulk and at the free surface.")
  var vacancies = false

  @Flag(help: "With --vacancies: only unrelaxed energies.")
  var unrelaxedVacancies = false

  @Flag(help: "Assess a substrate that does not hold the metal.")
  var foreignMetal = false

  @OptionGroup var options: EngineOptions

  @OptionGroup var confirmation: ConfirmOptions

  @Option(
    help: ArgumentHelp(
      "Minutes that the engine may take for one geometry before it counts as hung.",
      valueName: "minutes"))
  var patience = EngineOptions.patience

  @Option(help: ArgumentHelp("Folder for structures and results.", valueName: "folder"))
  var output = "lacuna-results"

  @Flag(help: "Print the results as JSON.")
  var json = false

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.assessAll() }
  }

  private func assessAll() async throws {
    let chosen = try options.checked()
    guard patience > 0, patience.isFinite else {
      throw OptionError.badValue(
        option: "--patience", value: "\(patience)", expected: "a number of minutes above 0")
    }
    let ofVacancies = [
      overrides.vacancyLayers == nil ? nil : "--vacancy-layers",
      unrelaxedVacancies ? "--unrelaxed-vacancies" : nil,
    ].compactMap(\.self)
    if !vacancies, let option = ofVacancies.first {
      throw Problem(
        message: "\(option) says nothing without --vacancies beside it",
        remedy: "Add --vacancies, or leave it away.", code: .wrongOption)
    }
    // Everything that can be wrong with the input is found before anything is computed.
    var screening = ScreeningRun(isAlone: substrates.count == 1)
    var jobs: [Job] = []
    for text in substrates {
      try screening.attempt(text) {
        jobs.append(try job(text, chosen).named(apartFrom: jobs))
      }
    }
    let store = try Store(path: options.store)
    let progress = ProgressPrinter(isQuiet: options.quiet)
    for job in jobs {
      do {
        try await screening.attempt(job.substrate.name) {
          try await run(job, store: store, progress: progress)
        }
      } catch {
        progress.close()
        throw error
      }
    }
    try finish(screening)
  }

  /// What the name or file on the command line stands for, checked.
  private func job(_ text: String, _ chosen: EngineOptions.Checked) throws -> Job {
    let argument = try SubstrateArgument(text)
    let metal = try alkaliMetal()
    let phases = try phases(for: argument.substrate)
    let elements = Set(
      phases.flatMap(\.structure.elements) + argument.substrate.structure.elements + [metal])
    let suited = chosen.suited(to: elements)
    let judge = try confirmation.judge(of: suited)
    var isCheap = false
    if case .learned = suited.engine { isCheap = judge == nil }
    let (settings, choice) = try assessmentSettings(
      for: argument, metal, preset: suited.preset,
      vacancyLayers: isCheap ? .all : nil)
    return Job(
      substrate: argument.substrate, settings: settings, choice: choice, phases: phases,
      elements: elements, chosen: suited, judge: judge)
  }

  private func alkaliMetal() throws -> Element {
    guard let element = Element(symbol: metal), [.lithium, .sodium].contains(element) else {
      throw OptionError.badValue(option: "--metal", value: metal, expected: "Li or Na")
    }
    return element
  }

  /// Computes one substrate, writes its files and prints its table.
  private func run(
    _ job: Job, store: Store, progress: ProgressPrinter
  ) async throws -> AssessmentDocument {
    if let choice = job.choice, !options.quiet {
      FileHandle.standardError.write(Data((choice.text() + "\n\n").utf8))
    }
    let engines = try engines(of: job, store: store)
    do {
      var job = job
      // The potential before its committee: where it refuses, it says at once at which stage and atom.
      var result = try await assess(job, engines, progress: progress)
      if job.judge == nil, let learned = try await self.learned(&job, progress: progress) {
        if learned.spread != nil {
          // Once more, from the store, with the committee's uncertainties.
          let cost = result.cost
          result = try await assess(job, engines, progress: ProgressPrinter(isQuiet: true))
          result.cost = cost
        }
        result.committee = learned.spread
        result.warnings += learned.warnings
      }
      await engines.slabs.shutDown()
      var document = AssessmentDocument(result)
      document.surface_choice = job.choice?.document
      try ResultFiles(folder: output).write(result, document: document)
      try record(
        document, substrate: job.substrate, settings: job.settings,
        engine: engines.slabs.identity, in: store)
      if !json {
        print(Terminal.emphasizingVerdict(in: ResultTable(result).text))
        if let choice = job.choice { print("Surfaces: \(choice.reason).") }
        print(
          "Structures and result.json are in \(ResultFiles(folder: output).folder(of: result)).")
      }
      return document
    } catch {
      progress.close()
      await engines.slabs.shutDown()
      throw (error as? AssessmentError).map { Problem($0, elements: job.elements) } ?? error
    }
  }

  /// The engines of one substrate.
  private struct Engines {
    /// Computes slabs, interfaces and every energy.
    var slabs: any Engine
    /// Relaxes bulk cells.
    var bulk: any Engine
    /// Those whose calls are counted.
    var counted: [CachedEngine]
  }

  private func engines(of job: Job, store: Store) throws -> Engines {
    func loaded(_ argument: EngineArgument) throws -> (slabs: any Engine, bulk: any Engine) {
      try argument.engines(
        electronic: job.settings.electronic, elements: job.elements, cores: job.chosen.cores,
        patience: patience)
    }
    let own = try loaded(job.chosen.engine)
    if let judge = job.judge {
      // What a potential says costs nothing: it need not be stored.
      let judging = CachedEngine(try loaded(judge).slabs, store: store)
      let engine = ConfirmingEngine(judge: judging, guide: own.slabs)
      return Engines(slabs: engine, bulk: engine, counted: [judging])
    }
    let (slabs, bulk) = (
      CachedEngine(own.slabs, store: store), CachedEngine(own.bulk, store: store)
    )
    let elements = Set(job.substrate.structure.elements + [job.settings.metal])
    let accelerated = try options.accelerated(
      (slabs, bulk), store: store, elements: elements, isOn: job.chosen.accelerates)
    return Engines(
      slabs: accelerated.slabs, bulk: accelerated.bulk, counted: [slabs, bulk])
  }

  /// What has to be said of a learned potential: how far its committee disagrees, which takes the place of the
  /// preset's uncertainties; nil for other engines.
  private func learned(
    _ job: inout Job, progress: ProgressPrinter
  ) async throws -> (spread: CommitteeSpread?, warnings: [AssessmentWarning])? {
    guard case .learned(let name) = job.chosen.engine else { return nil }
    let potential = try PotentialArgument(name, elements: job.elements)
    progress.beganCommittee()
    let spread = try await CommitteeSpread(
      of: (0..<min(AssessCommand.members, potential.file.committee.count)).map {
        potential.engine(member: $0)
      },
      settings: job.settings, phases: job.phases, substrate: job.substrate)
    if let spread {
      progress.endedCommittee(spread)
      job.settings.adhesionUncertainty = spread.workOfAdhesion
      job.settings.surfaceEnergyUncertainty = spread.surfaceEnergy
      job.settings.marginUncertainty = spread.margin
    } else {
      progress.close()
    }
    let file = potential.file
    var warnings: [AssessmentWarning] = [
      .learnedPotential(
        name: file.name, teacher: file.engine.name, forceError: file.heldOut.force,
        members: spread?.members ?? 0)
    ]
    if file.engine.isOxygenOnCoarseGrid(file.elements) {
      warnings.append(.oxygenOnCoarseGrid(potential: file.name))
    }
    return (spread, warnings)
  }

  /// Members of a learned potential's committee that run the assessment: their spread is known to a quarter.
  private static let members = 8

  /// The page, and for several substrates their ranks; ends with the code of the first that failed.
  private func finish(_ screening: ScreeningRun) throws {
    let page = "\(output)/report.html"
    try ReportFile.write(
      ReportContent(
        assessments: screening.documents, failures: screening.failures, reproductions: []),
      to: try OutputFile(page, makesFolder: true))
    if !screening.isAlone {
      let ranks = Screening(screening.documents, failures: screening.failures)
      try OutputFile("\(output)/candidates.csv").write(ranks.commaSeparatedValues)
      try OutputFile("\(output)/candidates.json").write(try jsonText(ranks) + "\n")
      if !json { print("\n\(ranks.text)\n\nThe ranks are in \(output)/candidates.csv and .json.") }
    }
    if json {
      // Several substrates give a list, however many of them failed.
      print(
        screening.isAlone
          ? try jsonText(screening.documents[0]) : try jsonText(screening.documents))
    } else {
      print("The page is \(page).")
    }
    if let code = screening.firstFailure { throw ExitCode(code.rawValue) }
  }

  /// One substrate with everything that is known before an engine starts.
  private struct Job {
    var substrate: Substrate
    var settings: AssessmentSettings
    var choice: SurfaceChoice?
    var phases: [Substrate]
    /// Everything that the engine will meet.
    var elements: Set<Element>
    /// Engine and preset, as they suit it.
    var chosen: EngineOptions.Checked
    /// Gives every energy where the engine relaxes; nil where the engine gives them itself.
    var judge: EngineArgument?

    /// The same with a name of its own: files of one name in two folders must not share a folder of results.
    func named(apartFrom others: [Job]) -> Job {
      var result = self
      var number = 1
      while others.contains(where: {
        $0.substrate.name == result.substrate.name && $0.substrate.source != substrate.source
      }) {
        number += 1
        result.substrate.name = "\(substrate.name)-\(number)"
      }
      return result
    }
  }

  /// The crystals beside which a substrate exists.
  private func phases(for substrate: Substrate) throws -> [Substrate] {
    guard let phases else {
      let elements = Set(substrate.structure.elements)
      return Prototype.all
        .filter {
          elements.isSuperset(of: $0.structure.elements) && $0.structure.elements.count > 1
            && $0.structure.formula != substrate.structure.formula
        }
        .map(Substrate.init)
    }
    return try phases.split(separator: ",").map { try SubstrateArgument(String($0)).substrate }
  }

  private func assess(
    _ job: Job, _ engines: Engines, progress: ProgressPrinter
  ) async throws -> AssessmentResult {
    let start = ContinuousClock.now
    let assessment = Assessment(
      settings: job.settings, engine: engines.slabs, bulkEngine: engines.bulk, phases: job.phases
    ) { progress.show($0) }
    var result = try await assessment.run(job.substrate)
    let statistics = engines.counted.map(\.statistics)
    result.cost.engineCalls = statistics.map(\.engineCalls).reduce(0, +)
    result.cost.engineSeconds = statistics.map(\.engineSeconds).reduce(0, +)
    result.cost.totalSeconds = (ContinuousClock.now - start) / .seconds(1)
    let versions = Set(statistics.flatMap(\.engineVersions)).sorted()
    result.cost.engineVersions = versions
    if case .kim = job.judge ?? job.chosen.engine {
      result.warnings.append(.interatomicModel(name: versions.joined(separator: ", ")))
    }
    if versions.count > 1 { result.warnings.append(.mixedVersions(versions)) }
    return result
  }

  private func record(
    _ document: AssessmentDocument, substrate: Substrate, settings: AssessmentSettings,
    engine: EngineIdentity, in store: Store
  ) throws {
    struct Input: Encodable {
      var structure: Structure
      var settings: AssessmentSettings
      var engine: EngineIdentity
      /// A stored document is never replaced: one that says more is another one.
      var form = AssessmentDocument.form
    }
    let key = try ContentHash(
      kind: "assessment",
      of: Input(structure: substrate.structure, settings: settings, engine: engine))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try store.record(
      Store.Calculation(
        key: key, kind: "assessment", label: "\(substrate.name) on \(settings.metal)",
        settings: String(decoding: try encoder.encode(settings), as: UTF8.self),
        result: try jsonText(document),
        programVersion: LacunaCommand.programVersion))
  }

  private func assessmentSettings(
    for argument: SubstrateArgument, _ element: Element, preset: Preset,
    vacancyLayers: AssessmentSettings.VacancyLayers?
  ) throws -> (AssessmentSettings, SurfaceChoice?) {
    if !foreignMetal { try argument.checkHolds(element) }
    let structure: MetalStructure
    if let metalStructure {
      guard let named = MetalStructure(rawValue: metalStructure) else {
        throw OptionError.badValue(
          option: "--metal-structure", value: metalStructure, expected: "bcc, hcp or fcc")
      }
      structure = named
    } else {
      structure = argument.prototype?.usualMetalStructure ?? .bcc
    }
    let usual = argument.prototype.flatMap {
      $0.usualMetalStructure == structure ? $0.usualMetalSurface : nil
    }
    var result = preset.settings(
      metal: element, structure: structure,
      metalSurface: metalSurface ?? usual ?? structure.usualSurface,
      substrateSurface: surface ?? argument.prototype?.usualSurface ?? "100")
    _ = try MillerIndices(parsing: result.metalSurface)
    _ = try MillerIndices(parsing: result.substrateSurface)
    result.moreVacancyLayers = vacancyLayers
    if let settings {
      for (name, value) in try SettingsOverrides.read(settings) {
        try result.override(name, with: value)
      }
    }
    for (name, value) in overrides.given { try result.override(name, with: value) }
    result.vacancies = vacancies
    result.relaxesVacancies = !unrelaxedVacancies
    result.substrateTermination = termination
    guard surface == nil, argument.prototype == nil,
      let crystal = Prototype.metal(element, structure)
    else { return (result, nil) }
    let choice = try SurfaceChoice(
      substrate: argument.substrate.structure, metal: crystal,
      metalSurface: try metalSurface.map { try MillerIndices(parsing: $0) }, settings: result)
    result.metalSurface = choice.metalSurface.indices
    result.substrateSurface = choice.substrateSurface.indices
    return (result, choice)
  }
}
