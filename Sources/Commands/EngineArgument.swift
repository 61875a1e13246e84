import Campaigns
import Engines
import Foundation
import KIMEngine
import Logging
import SocketEngines
import Structures

/// What `--engine` stands for.
enum EngineArgument: Sendable, Equatable {
  /// Density-functional theory by GPAW, a process of its own.
  case gpaw
  /// An installed KIM model, in this process.
  case kim(model: String)
  /// A learned potential by its file or name; nil for what comes with the program and knows the elements.
  case learned(potential: String?)

  /// Name of the engine where none is asked for.
  static let usual = "gpaw"

  /// Whether it is a code with plane waves and k points, rather than a potential.
  var hasPlaneWaves: Bool { self == .gpaw }

  /// Reads "gpaw", "kim:MODEL", "learned" or "learned:POTENTIAL".
  ///
  /// - Throws: ``OptionError/badValue(option:value:expected:)``.
  init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first?.lowercased(), parts.count) {
    case ("gpaw", 1): self = .gpaw
    case ("kim", 2): self = .kim(model: parts[1])
    case ("learned", 1): self = .learned(potential: nil)
    case ("learned", 2): self = .learned(potential: parts[1])
    default:
      throw OptionError.badValue(
        option: "--engine", value: text,
        expected: "gpaw, kim:MODEL, learned or learned:POTENTIAL (see: lacuna engines)")
    }
  }

  /// The engine of slabs and the one that relaxes bulk cells.
  ///
  /// - Parameters:
  ///   - electronic: what a plane-wave code is asked for.
  ///   - elements: all that will be computed.
  ///   - cores: MPI ranks of a process, or instances of a model; nil takes all cores.
  ///   - patience: minutes for one geometry before a process counts as hung.
  /// - Returns: both; one process or model may serve both.
  /// - Throws: `EngineError` where a model cannot be loaded.
  func engines(
    electronic: ElectronicSettings, elements: Set<Element>, cores: Int?, patience: Double
  ) throws -> (slabs: any Engine, bulk: any Engine) {
    switch self {
    case .gpaw:
      let gpaw = GPAWEngine(
        settings: GPAWSettings(electronic, cutoff: electronic.cutoffEnergy, elements),
        cores: cores ?? ProcessInfo.processInfo.processorCount,
        limits: .init(answer: 60 * patience),
        logger: Logger(label: "lacuna") { label in
          // Standard output belongs to the results.
          var handler = StreamLogHandler.standardError(label: label)
          handler.logLevel = .warning
          return handler
        })
      return (
        gpaw,
        gpaw.sharingProcess(
          settings: GPAWSettings(electronic, cutoff: electronic.bulkCutoffEnergy, elements))
      )
    case .kim(let model):
      let engine = try KIMEngine(
        model: model, elements: elements.sorted(), workers: cores)
      return (engine, engine)
    case .learned(let potential):
      let engine = try PotentialArgument(potential, elements: elements).engine()
      return (engine, engine)
    }
  }
}

extension GPAWSettings {
  /// GPAW's settings for what any plane-wave code is asked for, with one of its two cut-offs in eV.
  ///
  /// Datasets of elements that do not occur are left out, or a change of one would disown all stored results.
  fileprivate init(_ electronic: ElectronicSettings, cutoff: Double, _ elements: Set<Element>) {
    self.init(
      cutoffEnergy: cutoff, smearingWidth: electronic.smearingWidth,
      energyThreshold: electronic.energyThreshold,
      datasets: electronic.datasets.filter { name, _ in elements.contains { $0.symbol == name } },
      elements: elements)
  }
}
