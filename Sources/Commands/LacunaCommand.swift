public import ArgumentParser
@preconcurrency import Foundation
import Reports

/// The `lacuna` command.
public struct LacunaCommand: AsyncParsableCommand {
  /// Version of the program, written into every result.
  public static let programVersion = Program.version

  /// Name, help and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "lacuna",
    abstract: "Will voids form where this alkali metal meets that solid?",
    discussion: """
      Lacuna builds the interface of an alkali metal and a solid, computes from first principles how \
      strongly the two adhere, and says whether vacancies gather there (Seymour & Aguadero 2021, \
      doi:10.1039/d1ta03254b).

      Exit codes: 0 a result; 2 a calculation did not converge; 64 wrong option; 65 unusable input; \
      69 an engine is missing; 70 an engine failed; 73 the store or output cannot be written; 75 the \
      store is in use; 130 interrupted.
      """,
    version: programVersion,
    subcommands: [
      AssessCommand.self, MatchCommand.self, BuildCommand.self, PathCommand.self,
      RelaxCommand.self, NEBCommand.self, ReproduceCommand.self,
      CompareCommand.self, ReportCommand.self, FigureCommand.self, ConvergeCommand.self,
      StabilityCommand.self, ModelCommand.self,
      StoreCommand.self, TrainCommand.self, PotentialCommand.self, StatusCommand.self,
      ShowCommand.self,
      InstallCommand.self,
      EnginesCommand.self, DoctorCommand.self,
    ])

  /// Creates the command; for the parser.
  public init() {}

  /// Parses the arguments of the process, runs what they ask, and ends the process with its code.
  public static func start() async {
    // A pipe or file gets each line when it is written, not when a buffer is full.
    setvbuf(stdout, nil, _IOLBF, 0)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let problem where Problem(problem) != nil {
      let rendered = Problem(problem) ?? Problem(message: "\(problem)", remedy: nil, code: .failure)
      FileHandle.standardError.write(Data("lacuna: \(rendered.text)\n".utf8))
      Self.exit(withError: rendered.code)
    } catch {
      Self.exit(withError: error)
    }
  }
}
