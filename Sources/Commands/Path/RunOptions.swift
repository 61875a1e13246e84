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

  @Flag(help: "The cell has a vacuum along c: one k point there.")
  var slab = false

  @Option(help: "Largest force at the end, eV/angstrom.")
  var forceThreshold = 0.01

  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"

  @Flag(help: "Print no progress.") var quiet = false

  /// Runs work with the engines asked for, a store around them, and ends them whatever happens.
  ///
  /// - Parameters:
  ///   - structures: what will be computed; their elements are asked of a model, the first's cell gives
  ///     the mesh.
  ///   - body: gets the engine, the one for cell relaxations, and the sampling of each.
  /// - Throws: ``OptionError``, what loading a model throws, `StoreError`, and what `body` throws.
  func withEngines(
    for structures: [Structure],
    _ body: (
      _ engine: any Engine, _ bulk: any Engine, _ sampling: Sampling
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
    guard let first = structures.first, let element = first.elements.first else { return }
    let settings = preset.settings(
      metal: element, structure: .bcc, metalSurface: "100", substrateSurface: "100")
    let (raw, rawBulk) = try EngineArgument(parsing: engine).engines(
      electronic: settings.electronic, elements: Set(structures.flatMap(\.elements)), cores: cores,
      patience: 120)
    let store = try Store(path: store)
    let sampling = Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: first.cell, length: slab ? settings.meshLength : settings.bulkMeshLength, slab: slab))
    do {
      try await body(
        CachedEngine(raw, store: store), CachedEngine(rawBulk, store: store), sampling)
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
