import ArgumentParser
import Campaigns
import Engines
import Relaxation

/// Options of commands in which another engine may confirm what a learned potential has relaxed.
struct ConfirmOptions: ParsableArguments {
  @Flag(
    help: """
      Let the learned potential relax, and take every energy from an engine that is asked once at each end.
      """)
  var confirm = false

  @Option(help: "The engine that confirms: gpaw or kim:MODEL. Default: gpaw.")
  var confirmEngine: String?

  /// Name of the engine that confirms.
  var engineName: String { confirmEngine ?? EngineArgument.usual }

  /// The engine that confirms; nil where nothing is to be confirmed.
  ///
  /// - Parameter chosen: the engine that relaxes, and whether it was to be accelerated.
  /// - Returns: GPAW or a model.
  /// - Throws: ``OptionError``, and ``Problem`` where it is no potential that relaxes.
  func judge(of chosen: EngineOptions.Checked) throws -> EngineArgument? {
    guard confirm else {
      guard let confirmEngine else { return nil }
      throw OptionError.badValue(
        option: "--confirm-engine", value: confirmEngine, expected: "--confirm beside it")
    }
    let judge = try EngineArgument(parsing: engineName)
    guard case .learned = chosen.engine else {
      throw Problem(
        message: "--confirm confirms what a learned potential has relaxed, and none relaxes here",
        remedy: "Give --engine learned:FILE, or leave --confirm away.", code: .wrongOption)
    }
    if case .learned = judge {
      throw OptionError.badValue(
        option: "--confirm-engine", value: engineName, expected: "gpaw or kim:MODEL")
    }
    guard chosen.accelerates != true else {
      throw Problem(
        message:
          "--accelerate has nothing to do beside --confirm: the engine that confirms relaxes nothing",
        remedy: "Leave one of them away.", code: .wrongOption)
    }
    return judge
  }
}
