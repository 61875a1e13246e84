import ArgumentParser
import Foundation

/// A file that results go to, looked at before anything is computed for it.
struct OutputFile {
  let path: String

  /// Checks that the file's folder is there, and makes the one that a command writes several files into.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - makesFolder: whether a missing folder is made.
  /// - Throws: ``Problem`` that names the path.
  init(_ path: String, makesFolder: Bool = false) throws {
    self.path = path
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw OutputFile.problem(path, "it is a folder")
    }
    if makesFolder {
      do {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw OutputFile.problem(path, error.localizedDescription)
      }
    }
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw OutputFile.problem(path, "there is no folder \(folder)") }
  }

  /// Writes the whole text at once.
  func write(_ text: String) throws { try write(Data(text.utf8)) }

  /// Writes all bytes at once.
  func write(_ data: Data) throws {
    do {
      try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
      throw error
    } catch {
      throw OutputFile.problem(path, error.localizedDescription)
    }
  }

  private static func problem(_ path: String, _ reason: String) -> Problem {
    Problem(
      message: "\(path) cannot be written: \(reason)", remedy: "Name another place with --output.",
      code: .cannotWrite)
  }
}
