package import Foundation
import Subprocess

/// Draws figures for print by gnuplot, a program of its own.
package enum Gnuplot {
  /// What gnuplot writes.
  package enum Format: String, CaseIterable, Sendable { case svg, pdf, png }

  /// Why there is no picture; facts only.
  package enum Failure: Error, Sendable, Hashable {
    /// The program is not installed.
    case missing
    /// It ended with an error; its last words.
    case failed(words: String)
  }

  /// The picture of a figure.
  ///
  /// - Throws: ``Failure``, and `CancellationError`.
  package static func picture(_ figure: Figure, _ format: Format) async throws -> Data {
    let script = GnuplotScript(figure).text(format)
    let result: ExecutionResult<Void, BytesOutput, StringOutput<UTF8>>
    do {
      result = try await Subprocess.run(
        .name("gnuplot"), arguments: ["-"], input: .string(script),
        output: .bytes(limit: 64 << 20), error: .string(limit: 1 << 20))
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw Failure.missing
    }
    let words = result.standardError.trimmingCharacters(in: .whitespacesAndNewlines)
    let picture = Data(result.standardOutput)
    guard result.terminationStatus.isSuccess, !picture.isEmpty else {
      throw Failure.failed(words: String(words.suffix(400)))
    }
    return picture
  }
}
