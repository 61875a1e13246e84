import Engines
import Foundation
import Synchronization

extension IPISession.Fault {
  /// The fault as an engine's failure, with its exit status and its last lines.
  func engineError(engine: String, process: EngineProcess) async -> any Error {
    switch self {
    case .transfer(.closed):
      // mpirun reports a rank's end up to ten seconds late.
      let status = await process.waitForEnd(seconds: 12) ?? "connection closed"
      return EngineError.died(engine: engine, status: status, lastLines: process.lastLines())
    case .transfer(.timedOut(let seconds)):
      return EngineError.silent(
        engine: engine, seconds: seconds, lastLines: process.lastLines())
    case .transfer(.cancelled):
      return CancellationError()
    case .transfer(.system(let number)):
      return EngineError.system(operation: "transfer", path: engine, errorNumber: number)
    case .unexpected(let expected, let received):
      return EngineError.protocolViolation(
        engine: engine, expected: expected, received: received, lastLines: process.lastLines())
    case .wrongAtomCount(let expected, let received):
      return EngineError.wrongAtomCount(
        engine: engine, expected: expected, received: received, lastLines: process.lastLines())
    }
  }
}

/// Runs a blocking body on a thread that is not of the cooperative pool.
///
/// - Parameters:
///   - body: may block; its error is passed on.
///   - onCancel: called when the task is cancelled; it has to make the body return.
/// - Returns: what the body returns.
/// - Throws: what the body throws.
func onOwnThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value, onCancel: @escaping @Sendable () -> Void
) async throws -> Value {
  try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Value, any Error>) in
      Thread.detachNewThread {
        continuation.resume(with: Result(catching: body))
      }
    }
  } onCancel: {
    onCancel()
  }
}

/// A folder that only its owner can enter, for a socket and an engine's files.
enum PrivateFolder {
  static func make() throws(EngineError) -> URL {
    let base = FileManager.default.temporaryDirectory.path
    var template = Array("\(base)/lacuna-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) } != nil
    }
    let path = String(
      decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard made else {
      throw .system(operation: "make a folder", path: base, errorNumber: errno)
    }
    return URL(fileURLWithPath: path, isDirectory: true)
  }

  /// Removes the folder; what cannot be removed is left to the system's cleaning of its own.
  static func remove(_ folder: URL) {
    do {
      try FileManager.default.removeItem(at: folder)
    } catch {
      // A file that a dying rank still writes is no reason to fail.
    }
  }
}
