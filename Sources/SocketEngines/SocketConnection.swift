import Engines
import Foundation
import Synchronization

#if canImport(Glibc)
  @preconcurrency import Glibc
#else
  import Darwin
#endif

/// How a transfer over a socket can fail.
enum SocketFailure: Error, Sendable, Hashable {
  /// The peer closed the connection or died.
  case closed
  /// Nothing came for so long.
  case timedOut(seconds: Double)
  /// The waiting task was cancelled.
  case cancelled
  /// The operating system refused; its error number.
  case system(errorNumber: Int32)
}

/// The end of a wait.
private struct Deadline {
  private let seconds: Double
  private let end: ContinuousClock.Instant

  /// So many seconds from now.
  init(in seconds: Double) {
    self.seconds = seconds
    end = .now + .seconds(seconds)
  }

  /// Throws ``SocketFailure/timedOut(seconds:)`` once it is reached.
  func check() throws(SocketFailure) {
    guard ContinuousClock.now < end else { throw .timedOut(seconds: seconds) }
  }
}

/// A connected socket with blocking, time-limited transfers.
///
/// Its calls block and so belong on a thread of their own, never on the cooperative pool.
final class SocketConnection: Sendable {
  private let descriptor: Int32
  private let isCancelled = Atomic<Bool>(false)

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Makes the present and every later wait end within a fifth of a second.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Reads exactly `count` bytes.
  ///
  /// - Parameters:
  ///   - count: number of bytes.
  ///   - seconds: limit for all of them together.
  /// - Returns: the bytes.
  /// - Throws: ``SocketFailure``.
  func read(_ count: Int, within seconds: Double) throws(SocketFailure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    let deadline = Deadline(in: seconds)
    while filled < count {
      try wait(for: Int16(POLLIN), until: deadline)
      let received = buffer.withUnsafeMutableBytes { bytes in
        recv(descriptor, bytes.baseAddress?.advanced(by: filled), count - filled, 0)
      }
      if received == 0 { throw .closed }
      if received < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        if errno == ECONNRESET { throw .closed }
        throw .system(errorNumber: errno)
      }
      filled += received
    }
    return buffer
  }

  /// Writes all bytes.
  func write(_ bytes: [UInt8], within seconds: Double) throws(SocketFailure) {
    var sent = 0
    let deadline = Deadline(in: seconds)
    while sent < bytes.count {
      try wait(for: Int16(POLLOUT), until: deadline)
      // Without MSG_NOSIGNAL a dead peer would end this process by SIGPIPE.
      let count = bytes.withUnsafeBytes { raw in
        send(
          descriptor, raw.baseAddress?.advanced(by: sent), bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        if errno == EPIPE || errno == ECONNRESET { throw .closed }
        throw .system(errorNumber: errno)
      }
      sent += count
    }
  }

  private func wait(for events: Int16, until deadline: Deadline) throws(SocketFailure) {
    while true {
      if isCancelled.load(ordering: .relaxed) { throw .cancelled }
      try deadline.check()
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let ready = poll(&entry, 1, 200)
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw .system(errorNumber: errno) }
    }
  }
}

/// A socket that waits for one engine to connect.
final class SocketListener: Sendable {
  /// Where it listens.
  enum Address: Sendable, Hashable {
    /// A UNIX-domain socket at a path of at most 107 bytes.
    case unix(path: String)
    /// TCP on the loopback interface; port 0 takes a free one.
    case loopback(port: UInt16)
  }

  private let descriptor: Int32
  private let path: String?
  private let isCancelled = Atomic<Bool>(false)
  /// The port that a loopback listener got.
  let port: UInt16?

  init(_ address: Address) throws(EngineError) {
    switch address {
    case .unix(let path):
      descriptor = try SocketListener.listenUNIX(path)
      self.path = path
      port = nil
    case .loopback(let port):
      let (descriptor, actual) = try SocketListener.listenLoopback(port)
      self.descriptor = descriptor
      path = nil
      self.port = actual
    }
  }

  deinit {
    close(descriptor)
    if let path { unlink(path) }
  }

  /// Makes the present and every later wait end within a fifth of a second.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Waits for a peer.
  ///
  /// - Parameters:
  ///   - seconds: limit for the wait.
  ///   - goesOn: asked five times a second; `false` ends the wait.
  /// - Returns: the connection, nil where `goesOn` ended the wait.
  /// - Throws: ``SocketFailure``.
  func accept(
    within seconds: Double, while goesOn: () -> Bool
  ) throws(SocketFailure) -> SocketConnection? {
    let deadline = Deadline(in: seconds)
    while true {
      try deadline.check()
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, 200)
      if ready > 0 {
        let peer = Glibc.accept(descriptor, nil, nil)
        guard peer >= 0 else {
          if errno == EINTR || errno == ECONNABORTED { continue }
          throw .system(errorNumber: errno)
        }
        return SocketConnection(descriptor: peer)
      }
      if ready < 0, errno != EINTR { throw .system(errorNumber: errno) }
      if isCancelled.load(ordering: .relaxed) { throw .cancelled }
      guard goesOn() else { return nil }
    }
  }

  private static func listenUNIX(_ path: String) throws(EngineError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < capacity else {
      throw .system(operation: "socket path", path: path, errorNumber: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else {
      throw .system(operation: "socket", path: path, errorNumber: errno)
    }
    unlink(path)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(descriptor, 1) == 0 else {
      let number = errno
      close(descriptor)
      throw .system(operation: "bind", path: path, errorNumber: number)
    }
    return descriptor
  }

  private static func listenLoopback(
    _ port: UInt16
  ) throws(EngineError) -> (descriptor: Int32, port: UInt16) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else {
      throw .system(operation: "socket", path: "loopback", errorNumber: errno)
    }
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 1) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard bound else {
      let number = errno
      close(descriptor)
      throw .system(operation: "bind", path: "loopback port \(port)", errorNumber: number)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}
