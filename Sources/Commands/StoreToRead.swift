import Campaigns
import Foundation

extension Store {
  /// A store that is there, to be read only.
  ///
  /// - Parameter path: the file.
  /// - Throws: ``Problem`` where there is none, `StoreError`.
  convenience init(reading path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Problem(
        message: "there is no \(path)", remedy: "A command that computes makes it; see --store.",
        code: .badInput)
    }
    try self.init(path: path, isReadOnly: true)
  }
}
