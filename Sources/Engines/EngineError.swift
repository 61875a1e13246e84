public import Structures

/// How an engine can fail; facts only, worded by the command line.
///
/// A calculation that did not converge is no error: see ``Evaluation/Convergence``.
public enum EngineError: Error, Sendable, Hashable {
  /// A program is not installed; the packages that would bring it.
  case programMissing(program: String, packages: [String])
  /// The process ended before it connected; how, and its last lines.
  case startFailed(engine: String, status: String, lastLines: [String])
  /// The process did not connect within the limit, seconds.
  case noConnection(engine: String, seconds: Double, lastLines: [String])
  /// The process went away in the middle of its work; how, and its last lines.
  case died(engine: String, status: String, lastLines: [String])
  /// Nothing came for so long, seconds.
  case silent(engine: String, seconds: Double, lastLines: [String])
  /// The answer does not follow the protocol: what was expected, what came.
  case protocolViolation(engine: String, expected: String, received: String, lastLines: [String])
  /// The answer has a number that is not finite; which quantity.
  case notFinite(engine: String, quantity: String, lastLines: [String])
  /// The answer is for another number of atoms.
  case wrongAtomCount(engine: String, expected: Int, received: Int, lastLines: [String])
  /// The engine refused the calculation: its own message.
  case refused(engine: String, message: String)
  /// No model of that name is installed; the installed one that is most like it.
  case unknownModel(name: String, nearest: String?)
  /// A model was not made for an element; those that it was made for.
  case unsupportedElement(model: String, element: Element, supported: [Element])
  /// A socket or folder of ours could not be made; the operating system's error number.
  case system(operation: String, path: String, errorNumber: Int32)
}
