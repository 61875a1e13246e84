import Engines
import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// A running engine program: started, watched, quoted and ended.
final class EngineProcess: Sendable {
  /// How to start an engine.
  struct Launch: Sendable, Hashable {
    /// Absolute path of the program.
    var program: String
    /// Its arguments.
    var arguments: [String]
    /// Variables added to the environment.
    var environment: [String: String]
    /// Folder it runs in.
    var folder: String
    /// File that takes both its output and its errors.
    var logFile: String
  }

  private struct State {
    var status: String?
    var task: Task<Void, Never>?
  }

  private let launch: Launch
  private let state = Mutex(State())

  /// Starts the program; a failure to start shows as the status of an ended process.
  init(_ launch: Launch) {
    self.launch = launch
    let task = Task.detached { [weak self] in
      let status = await EngineProcess.run(launch)
      self?.state.withLock { $0.status = status }
    }
    state.withLock { $0.task = task }
  }

  /// How the process ended, in words; nil while it runs.
  var status: String? { state.withLock { $0.status } }

  /// Whether the process still runs.
  var isRunning: Bool { status == nil }

  /// The last lines that the engine printed.
  func lastLines(_ count: Int = 8) -> [String] {
    guard let data = FileManager.default.contents(atPath: launch.logFile) else { return [] }
    let text = String(decoding: data.suffix(32_768), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    return lines.filter { !$0.isEmpty }.suffix(count).map { String($0.prefix(200)) }
  }

  /// Waits until the process has ended by itself; its status, nil where it still runs.
  func waitForEnd(seconds: Double) async -> String? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      if let status { return status }
      // Not `Task.sleep`: a cancelled caller still has to wait for the engine's end.
      await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) { continuation.resume() }
      }
    }
    return status
  }

  /// Ends the process: SIGTERM, which lets mpirun clear its ranks away, then SIGKILL.
  func terminate() async {
    let task = state.withLock { $0.task }
    task?.cancel()
    await task?.value
  }

  private static func run(_ launch: Launch) async -> String {
    var options = PlatformOptions()
    options.createSession = true
    // SIGKILL to mpirun would leave its ranks alone: it needs the time to end them itself.
    options.teardownSequence = [
      .send(signal: .terminate, allowedDurationToNextStep: .seconds(6)),
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1)),
    ]
    do {
      let log = try FileDescriptor.open(
        FilePath(launch.logFile), .writeOnly, options: [.create, .append],
        permissions: .ownerReadWrite)
      let environment = launch.environment.reduce(into: [Environment.Key: String?]()) {
        $0[Environment.Key(stringLiteral: $1.key)] = $1.value
      }
      let result = try await Subprocess.run(
        .path(FilePath(launch.program)), arguments: Arguments(launch.arguments),
        environment: .inherit.updating(environment),
        workingDirectory: FilePath(launch.folder), platformOptions: options, input: .none,
        output: .fileDescriptor(log, closeAfterSpawningProcess: true),
        error: .combinedWithOutput)
      switch result.terminationStatus {
      case .exited(let code): return "exit code \(code)"
      case .signaled(let signal): return "signal \(signal)"
      }
    } catch {
      return "not started: \(error)"
    }
  }
}
