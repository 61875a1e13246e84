import Foundation
import GRDB

/// How the store can fail; facts only.
public enum StoreError: Error, Sendable, Hashable {
  /// Another run holds the store.
  case lockedByAnotherRun(path: String, process: String)
  /// The file was written by a newer program: migrations that this one does not know.
  case newerVersion(path: String, unknown: [String])
  /// The file is no store of ours, or is damaged; SQLite's message.
  case notAStore(path: String, reason: String)
  /// No room is left on the disk.
  case diskFull(path: String)
  /// The folder or file cannot be written; the reason.
  case notWritable(path: String, reason: String)
  /// A line of an exported file is not what it should be; 0 where the whole file is not.
  case badExport(path: String, line: Int, reason: String)
  /// Any other failure of SQLite: its extended code and message.
  case database(path: String, code: Int32, message: String)

  init(_ error: any Error, path: String) {
    if let known = error as? StoreError {
      self = known
      return
    }
    guard let database = error as? DatabaseError else {
      self = .database(path: path, code: -1, message: String(describing: error))
      return
    }
    let message = database.message ?? "no message"
    switch database.resultCode {
    case .SQLITE_FULL: self = .diskFull(path: path)
    case .SQLITE_IOERR where errno == ENOSPC: self = .diskFull(path: path)
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .notAStore(path: path, reason: message)
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
      self = .notWritable(path: path, reason: message)
    default:
      self = .database(
        path: path, code: database.extendedResultCode.rawValue, message: message)
    }
  }
}
