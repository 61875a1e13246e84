import ArgumentParser
import BondBreaking
import Engines
import Foundation
import Relaxation
import Structures

extension Problem {
  init(_ error: EngineError) {
    func quoted(_ lines: [String]) -> String? {
      guard !lines.isEmpty else { return "It printed nothing." }
      return "Its last lines:\n" + lines.map { "  | \($0)" }.joined(separator: "\n")
    }
    switch error {
    case .programMissing(let program, let packages):
      self.init(
        message: "\(program) is not installed",
        remedy: "Install it with: sudo apt-get install \(packages.joined(separator: " "))",
        code: .engineMissing)
    case .startFailed(let engine, let status, let lines):
      self.init(
        message: "\(engine) ended before it connected (\(status))", remedy: quoted(lines),
        code: .engineFailed)
    case .noConnection(let engine, let seconds, let lines):
      self.init(
        message: "\(engine) did not connect within \(seconds.formatted(digits: 0)) s",
        remedy: quoted(lines), code: .engineFailed)
    case .died(let engine, let status, let lines):
      self.init(
        message: "\(engine) died twice at the same geometry (\(status))", remedy: quoted(lines),
        code: .engineFailed)
    case .silent(let engine, let seconds, let lines):
      self.init(
        message: "\(engine) gave no answer for \(seconds.formatted(digits: 0)) s and was ended",
        remedy: quoted(lines), code: .engineFailed)
    case .protocolViolation(let engine, let expected, let received, let lines):
      self.init(
        message: "\(engine) sent '\(received)' where \(expected) was due", remedy: quoted(lines),
        code: .engineFailed)
    case .notFinite(let engine, let quantity, let lines):
      self.init(
        message: "\(engine) sent a \(quantity) that is no number", remedy: quoted(lines),
        code: .engineFailed)
    case .wrongAtomCount(let engine, let expected, let received, let lines):
      self.init(
        message: "\(engine) sent forces for \(received) atoms, not \(expected)",
        remedy: quoted(lines), code: .engineFailed)
    case .refused(let engine, let text):
      self.init(message: "\(engine) refused: \(text)", remedy: nil, code: .engineFailed)
    case .unknownModel(let name, let nearest):
      self.init(
        message: "no KIM model '\(name)' is installed",
        remedy: nearest.map { "Did you mean \($0)? " }.map { $0 + "See: lacuna engines" }
          ?? "See: lacuna engines", code: .badInput)
    case .unsupportedElement(let model, let element, let supported):
      self.init(
        message: "\(model) was not made for \(element)",
        remedy: "It knows \(supported.map(\.symbol).joined(separator: ", ")). "
          + "See: lacuna engines --elements \(element)", code: .badInput)
    case .system(let operation, let path, let number):
      self.init(
        message: "could not \(operation) at \(path): \(String(cString: strerror(number)))",
        remedy: "Set TMPDIR to a folder with a short name that you can write to.",
        code: .cannotWrite)
    }
  }

  init(_ error: BandError) {
    switch error {
    case .differentAtoms(let first, let last):
      self.init(
        message: "the two ends of the path do not hold the same atoms in the same order "
          + "(\(first) and \(last) atoms)",
        remedy: "Make one end from the other by moving atoms.", code: .badInput)
    case .differentCells:
      self.init(
        message: "the two ends of the path are in different cells",
        remedy: "Relax both ends in one cell.", code: .badInput)
    case .endIsNoMinimum(let isFirst, let force, let threshold):
      self.init(
        message:
          "the \(isFirst ? "first" : "last") end of the path is no minimum: the largest force there "
          + "is \(force.formatted(digits: 3)) eV/angstrom, more than \(threshold.formatted(digits: 3))",
        remedy: "Relax it to a smaller --force-threshold first, and leave out --relaxed.",
        code: .badInput)
    case .noImages:
      self.init(
        message: "a path needs at least one image between its ends", remedy: nil,
        code: .wrongOption)
    case .endsCoincide(let distance):
      self.init(
        message: "the two ends of the path are one structure within "
          + "\(distance.formatted(digits: 2)) angstrom: one has relaxed into the other",
        remedy: nil, code: .badInput)
    }
  }
}
