import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Structures

/// Options of commands that relax geometries to a force of the user's.
struct RunOptions: ParsableArguments {
  @OptionGroup var engines: EngineOptions

  @Option(help: "Largest force at the end, eV/angstrom.")
  var forceThreshold = 0.01

  @Option(help: ArgumentHelp("Plane-wave cut-off in eV. Default: the preset's.", valueName: "ev"))
  var cutoff: Double?

  /// The engine by its name on the command line.
  var engine: String { engines.engine ?? EngineArgument.usual }

  /// Runs work with the engines asked for; see ``EngineOptions``.
  func withEngines(
    for elements: Set<Element>,
    _ body: (
      _ engine: any Engine, _ bulk: any Engine, _ settings: AssessmentSettings
    ) async throws -> Void
  ) async throws {
    guard forceThreshold > 0, forceThreshold < 1 else {
      throw OptionError.badValue(
        option: "--force-threshold", value: "\(forceThreshold)",
        expected: "a number of eV/angstrom below 1")
    }
    try await engines.withEngines(for: elements, electronic: try electronic(), body)
  }

  /// What a plane-wave code is asked for with the cut-off that was named; nil where the preset's own is meant.
  private func electronic() throws -> ElectronicSettings? {
    guard let cutoff else { return nil }
    let chosen = try engines.checked()
    guard chosen.engine.hasPlaneWaves else {
      throw OptionError.badValue(
        option: "--cutoff", value: cutoff.formatted(digits: 0),
        expected: "an engine with plane waves: --engine gpaw")
    }
    var settings = chosen.preset.general
    for name in ["cutoff", "bulk-cutoff"] { try settings.override(name, with: "\(cutoff)") }
    return settings.electronic
  }

  /// Tells one line of progress.
  func tell(_ text: String) { engines.tell(text) }
}
