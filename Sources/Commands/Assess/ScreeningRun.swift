import ArgumentParser
import Foundation
import Reports

/// Several substrates one after the other: one that fails does not keep the others from being done.
struct ScreeningRun {
  /// Whether there is one substrate only: then its error is the command's.
  let isAlone: Bool
  /// Results in the order in which they came.
  private(set) var documents: [AssessmentDocument] = []
  /// Substrates that have none, and why.
  private(set) var failures: [Screening.Failure] = []
  /// Exit code of the first failure; nil without one.
  private(set) var firstFailure: ExitCode?

  init(isAlone: Bool) { self.isAlone = isAlone }

  /// Problems that would stop every substrate alike, beside wrong options: a missing engine, a store or disk that
  /// cannot be written.
  private static let common: [ExitCode] = [.engineMissing, .cannotWrite, .storeInUse]

  /// Does something for one substrate, and notes its failure.
  mutating func attempt(_ name: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      try note(error, name)
    }
  }

  /// Computes one substrate, and notes its result or failure.
  mutating func attempt(
    _ name: String, _ body: () async throws -> AssessmentDocument
  ) async throws {
    do {
      documents.append(try await body())
    } catch {
      try note(error, name)
    }
  }

  private mutating func note(_ error: any Error, _ name: String) throws {
    // An option that only this substrate cannot follow (its termination, its surface) is no OptionError.
    guard !isAlone, !(error is CancellationError), !(error is OptionError),
      let problem = Problem(error),
      !ScreeningRun.common.contains(problem.code)
    else { throw error }
    failures.append(Screening.Failure(substrate: name, reason: problem.message))
    if firstFailure == nil { firstFailure = problem.code }
    FileHandle.standardError.write(Data("lacuna: \(name): \(problem.text)\n".utf8))
  }
}
