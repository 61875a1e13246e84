import ArgumentParser
import Campaigns
import Engines
import Foundation
import Structures

/// Options of commands that ask an engine for geometries of a file.
struct RunOptions: ParsableArguments {
  @Option(help: "The engine: gpaw, or kim:MODEL as 'lacuna engines' lists them.")
  var engine = "gpaw"

  @Option(help: "MPI ranks of the engine, or instances of a KIM model. Default: all cores.")
  var cores: Int?

  @Option(help: "Settings of a plane-wave engine: quick, standard or paper.")
  var preset = "quick"

  @Option(help: "Largest force at the end, eV/angstrom.")
  var forceThreshold = 0.01

  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"

  @Flag(help: "Print no progress.") var quiet = false

  /// Runs work with the engines asked for, a store around them, and ends them whatever happens.
  ///
  /// - Parameters:
  ///   - elements: all that will be computed.
  ///   - cutoff: plane-wave cut-off in eV; nil takes the preset's.
  ///   - body: gets the engine, the one for cell relaxations, and the preset's settings.
  /// - Throws: ``OptionError``, what loading a model throws, `StoreError`, and what `body` throws.
  func withEngines(
    for elements: Set<Element>, cutoff: Double? = nil,
    _ body: (
      _ engine: any Engine, _ bulk: any Engine, _ settings: AssessmentSettings
    ) async throws -> Void
  ) async throws {
    guard let preset = Preset(rawValue: preset) else {
      throw OptionError.badValue(
        option: "--preset", value: preset, expected: "quick, standard or paper")
    }
    guard forceThreshold > 0, forceThreshold < 1 else {
      throw OptionError.badValue(
        option: "--force-threshold", value: "\(forceThreshold)",
        expected: "a number of eV/angstrom below 1")
    }
    guard cores.map({ (1...4096).contains($0) }) ?? true else {
      throw OptionError.badValue(
        option: "--cores", value: "\(cores ?? 0)", expected: "a number of MPI ranks, 1 or more")
    }
    // Surfaces and metal of a preset's settings are not used here.
    var settings = preset.settings(
      metal: .lithium, structure: .bcc, metalSurface: "100", substrateSurface: "100")
    if let cutoff { settings.electronic.cutoffEnergy = cutoff }
    let (raw, rawBulk) = try EngineArgument(parsing: engine).engines(
      electronic: settings.electronic, elements: elements, cores: cores, patience: 120)
    if let source = ModelSource(raw.identity) { tell("\(source.model): \(source.text)") }
    let store = try Store(path: store)
    do {
      try await body(
        CachedEngine(raw, store: store), CachedEngine(rawBulk, store: store), settings)
      await raw.shutDown()
    } catch {
      await raw.shutDown()
      throw error
    }
  }

  /// Tells one line of progress.
  func tell(_ text: String) {
    if !quiet { FileHandle.standardError.write(Data("  \(text)\n".utf8)) }
  }
}

extension AssessmentSettings {
  /// The mesh of a cell as this preset has it, with one k point along c for a slab.
  func sampling(for cell: Cell, slab: Bool) -> Sampling {
    Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: cell, length: slab ? meshLength : bulkMeshLength, slab: slab))
  }
}
