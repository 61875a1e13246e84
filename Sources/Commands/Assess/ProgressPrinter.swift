import BondBreaking
import Campaigns
import Foundation
import Reports
import Synchronization

/// Tells a person how far an assessment is: one line for each stage, rewritten where it can be.
final class ProgressPrinter: Sendable {
  private struct State {
    var stage = ""
    var lineIsOpen = false
  }

  private let state = Mutex(State())
  private let start = ContinuousClock.now
  private let isTerminal: Bool
  private let isQuiet: Bool

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    isTerminal = isatty(STDERR_FILENO) == 1
  }

  func show(_ event: AssessmentEvent) {
    guard !isQuiet else { return }
    switch event {
    case .began(let stage, let share):
      if isTerminal { rewrite("\(head(stage, share)) ...") }
    case .forceCall(let stage, let number, _, let residual, let share):
      guard isTerminal else { return }
      // What matters most comes first: a narrow terminal cuts the end.
      rewrite(
        "\(head(stage, share)) call \(number), "
          + "largest force \(residual.formatted(digits: 3)) eV/angstrom")
    case .ended(let stage, let summary, let calls):
      finish(stage.name, "\(summary) (\(calls) force call\(calls == 1 ? "" : "s"))")
    }
  }

  /// The members of a potential's committee begin to do all of it once more.
  func beganCommittee() {
    if !isQuiet, isTerminal { rewrite("[\(elapsed)] committee: each member on its own ...") }
  }

  /// How far they are apart.
  func endedCommittee(_ spread: CommitteeSpread) {
    guard !isQuiet else { return }
    let adhesion = spread.workOfAdhesion.formatted(digits: 3)
    let sigma = spread.surfaceEnergy.formatted(digits: 3)
    finish(
      "committee", "W_ad +- \(adhesion), sigma +- \(sigma) eV/atom (\(spread.members) members)")
  }

  private var elapsed: String {
    clockTime((ContinuousClock.now - start) / .seconds(1))
  }

  private func head(_ stage: Stage, _ share: Double) -> String {
    "[\(elapsed)] \((100 * share).formatted(digits: 0)) %\(forecast(share)), \(stage.name):"
  }

  /// What is left by the share that is done; nothing is said before a twentieth.
  private func forecast(_ share: Double) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard share > 0.05, share < 1 else { return "" }
    return ", about \(clockTime(seconds * (1 - share) / share)) left"
  }

  private func rewrite(_ line: String) {
    state.withLock { state in
      // A line that wraps could not be rewritten.
      write("\r\u{1B}[K" + String(line.prefix(ProgressPrinter.terminalWidth - 1)))
      state.lineIsOpen = true
    }
  }

  private func finish(_ name: String, _ summary: String) {
    let name = name.padding(toLength: 22, withPad: " ", startingAt: 0)
    let line = "[\(elapsed)] \(name) \(summary)"
    state.withLock { state in
      write((state.lineIsOpen ? "\r\u{1B}[K" : "") + line + "\n")
      state.lineIsOpen = false
    }
  }

  /// Ends a line that is being rewritten, so that what follows starts on its own.
  func close() {
    state.withLock { state in
      if state.lineIsOpen { write("\n") }
      state.lineIsOpen = false
    }
  }

  private func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }

  /// Columns of the terminal; 80 where it does not say.
  private static var terminalWidth: Int {
    var size = winsize()
    let status = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
    return status == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
  }
}
