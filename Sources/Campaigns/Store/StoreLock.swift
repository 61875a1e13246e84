import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps other runs out of a store for as long as it lives.
///
/// The lock is the kernel's, on a file beside the store: it goes with the process, however that
/// ends, so a stale one cannot be left. The file itself stays; it holds the number of the process.
final class StoreLock: Sendable {
  private let descriptor: Int32

  init(store: String) throws(StoreError) {
    let path = store + ".lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    var isFree = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    if !isFree {
      // Somebody may only have asked whether it is held.
      usleep(50_000)
      isFree = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }
    guard isFree else {
      var buffer = [UInt8](repeating: 0, count: 32)
      let count = max(0, pread(descriptor, &buffer, buffer.count, 0))
      let holder = String(decoding: buffer.prefix(count), as: UTF8.self)
      close(descriptor)
      throw .lockedByAnotherRun(
        path: store, process: holder.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    let text = Array("\(getpid())\n".utf8)
    // The number only serves a message: a full disk must not keep the store shut.
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  deinit { close(descriptor) }

  /// Whether a run holds the lock now; takes it for no longer than the question.
  static func isHeld(store: String) -> Bool {
    let descriptor = open(store + ".lock", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }
}
