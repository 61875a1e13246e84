import ArgumentParser
import Campaigns
import Engines
import Foundation
import Relaxation
import Reports
import Structures

/// Options of every command that asks an engine and keeps its answers.
struct EngineOptions: ParsableArguments {
  @Option(
    help: """
      The engine: gpaw, learned, learned:POTENTIAL, or kim:MODEL; see 'lacuna engines'. Default: gpaw; for assess a \
      potential that comes with the program, where one knows the elements.
      """)
  var engine: String?

  @Option(help: "MPI ranks of the engine, or instances of a KIM model. Default: all cores.")
  var cores: Int?

  @Option(help: "Settings: quick, standard or paper. Default: what suits the command.")
  var preset: String?

  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"

  @Flag(
    inversion: .prefixedNo,
    help: """
      Let a potential that learns from the store go ahead in relaxations and paths, but for cells with at most three free \
      coordinates; the engine confirms every result. Default: with gpaw, as soon as there are 100 force calls to learn from, \
      in the store or of what comes with the program.
      """)
  var accelerate: Bool?

  @Flag(help: "Print no progress.") var quiet = false

  /// What was chosen, checked.
  struct Checked {
    var engine: EngineArgument
    var cores: Int?
    var preset: Preset
    /// Whether engine and preset were named, or are the usual ones.
    var namesEngine: Bool
    var namesPreset: Bool
    private var accelerate: Bool?

    init(_ options: EngineOptions, usual: Preset) throws {
      guard let preset = options.preset.map({ Preset(rawValue: $0) }) ?? usual else {
        throw OptionError.badValue(
          option: "--preset", value: options.preset ?? "", expected: "quick, standard or paper")
      }
      guard options.cores.map({ (1...4096).contains($0) }) ?? true else {
        throw OptionError.badValue(
          option: "--cores", value: "\(options.cores ?? 0)",
          expected: "a number of MPI ranks, 1 or more")
      }
      engine = try options.engine.map { try EngineArgument(parsing: $0) } ?? .gpaw
      cores = options.cores
      self.preset = preset
      namesEngine = options.engine != nil
      namesPreset = options.preset != nil
      accelerate = options.accelerate
    }

    /// Whether a learned potential goes ahead; nil where that hangs on how much there is to learn from.
    ///
    /// Beside an interatomic model the learning itself would take the time.
    var accelerates: Bool? { accelerate ?? (engine == .gpaw ? nil : false) }

    /// What suits the elements where nothing was named: a potential that comes with the program if it knows them,
    /// and with any potential the better preset, which costs it nothing.
    func suited(to elements: Set<Element>) -> Checked {
      var result = self
      if !namesEngine, PotentialArgument.knows(elements) {
        result.engine = .learned(potential: nil)
      }
      if case .learned = result.engine, !namesPreset { result.preset = .standard }
      return result
    }
  }

  /// Minutes that an engine may take for one geometry before it counts as hung.
  static let patience = 240.0

  /// Checks all options.
  ///
  /// - Parameter usual: the preset where none is named.
  /// - Returns: what was chosen.
  /// - Throws: ``OptionError/badValue(option:value:expected:)``.
  func checked(usual: Preset = .quick) throws -> Checked {
    try Checked(self, usual: usual)
  }

  /// Runs work with the engines asked for, a store around them, and ends them whatever happens.
  ///
  /// - Parameters:
  ///   - elements: all that will be computed.
  ///   - electronic: what a plane-wave code is asked for; nil takes the preset's.
  ///   - body: gets the engine, the one for cell relaxations, and the preset's settings.
  /// - Throws: ``OptionError``, what loading a model throws, `StoreError`, and what `body` throws.
  func withEngines(
    for elements: Set<Element>, electronic: ElectronicSettings? = nil,
    _ body: (
      _ engine: any Engine, _ bulk: any Engine, _ settings: AssessmentSettings
    ) async throws -> Void
  ) async throws {
    let chosen = try checked()
    var settings = chosen.preset.general
    if let electronic { settings.electronic = electronic }
    let (raw, rawBulk) = try chosen.engine.engines(
      electronic: settings.electronic, elements: elements, cores: cores,
      patience: EngineOptions.patience)
    if let source = ModelSource(raw.identity) { tell("\(source.model): \(source.text)") }
    let store = try Store(path: store)
    do {
      let (engine, bulk) = try accelerated(
        (CachedEngine(raw, store: store), CachedEngine(rawBulk, store: store)), store: store,
        elements: elements, isOn: chosen.accelerates)
      try await body(engine, bulk, settings)
      await raw.shutDown()
    } catch {
      await raw.shutDown()
      throw error
    }
  }

  /// Engines with the accelerator that they are to bring, one for both.
  ///
  /// - Parameters:
  ///   - engines: that of slabs and that of bulk cells, each with its store before it.
  ///   - store: what is learned from.
  ///   - elements: all that will be computed.
  ///   - isOn: whether a model goes ahead, nil where it waits until there is enough to learn from.
  ///   - looksOnly: whether the engines give stored answers only; relaxations that were accelerated before are found then.
  /// - Returns: the engines with their accelerator.
  /// - Throws: `StoreError`.
  func accelerated(
    _ engines: (slabs: CachedEngine, bulk: CachedEngine), store: Store, elements: Set<Element>,
    isOn: Bool?, looksOnly: Bool = false
  ) throws -> (slabs: any Engine, bulk: any Engine) {
    if looksOnly {
      let finished = FinishedRelaxations(store: store)
      return (
        LearningEngine(engines.slabs, finding: finished),
        LearningEngine(engines.bulk, finding: finished)
      )
    }
    if isOn == false { return engines }
    let learner = try EngineOptions.learner(
      store: store, engine: engines.slabs.identity, elements: elements,
      waitsForEnough: isOn == nil)
    return (
      LearningEngine(engines.slabs, learner: learner),
      LearningEngine(engines.bulk, learner: learner)
    )
  }

  /// A model that learns from a store and from what comes with the program.
  ///
  /// - Parameters:
  ///   - store: what is learned from.
  ///   - engine: whose answers.
  ///   - elements: all that will be computed.
  ///   - waitsForEnough: whether it proposes nothing before there is enough to learn from.
  /// - Returns: the model. The store is read now, what comes with the program when the model is asked first.
  /// - Throws: `StoreError`.
  static func learner(
    store: Store, engine: EngineIdentity, elements: Set<Element>, waitsForEnough: Bool
  ) throws -> StoreAccelerator {
    try StoreAccelerator(
      store: store, engine: engine, elements: elements,
      others: { try PotentialArgument.learnedCalls(for: elements) },
      waitsForEnough: waitsForEnough)
  }

  /// Tells one line of progress.
  func tell(_ text: String) {
    if !quiet { FileHandle.standardError.write(Data("  \(text)\n".utf8)) }
  }
}

/// The relaxed cell of a crystal, which everything after it rests on.
///
/// - Parameters:
///   - crystal: any cell.
///   - engine: relaxes it.
///   - settings: mesh and limit of force calls.
///   - forceThreshold: eV/angstrom; nil takes the settings'.
///   - stressThreshold: eV/angstrom^3; nil takes the settings'.
/// - Returns: the relaxed crystal.
/// - Throws: what the engine throws, and ``Problem`` where the relaxation did not reach its end.
func relaxedCrystal(
  _ crystal: Structure, engine: any Engine, settings: AssessmentSettings,
  forceThreshold: Double? = nil, stressThreshold: Double? = nil
) async throws -> Structure {
  let result = try await relaxCell(
    crystal, freedom: .full, engine: engine,
    sampling: settings.sampling(for: crystal.cell, slab: false),
    settings: RelaxationSettings(
      forceThreshold: forceThreshold ?? settings.forceThreshold,
      stressThreshold: stressThreshold ?? settings.stressThreshold,
      maximumForceCalls: settings.maximumForceCalls))
  guard result.outcome == .converged else {
    throw Problem(
      message: "the crystal did not relax to the end: \(result.outcome.words)",
      remedy: "Begin from a cell nearer to the engine's own lattice parameter.",
      code: .notConverged)
  }
  return result.structure
}

extension AssessmentSettings {
  /// The mesh of a cell as this preset has it, with one k point along c for a slab.
  func sampling(for cell: Cell, slab: Bool) -> Sampling {
    Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: cell, length: slab ? meshLength : bulkMeshLength, slab: slab))
  }
}
