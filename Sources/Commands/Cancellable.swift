import Foundation

/// Runs work that Ctrl-C, a closed terminal or a polite kill ends in good order.
///
/// An engine has a session of its own, so the signal reaches only us.
func cancellable(_ body: @escaping @Sendable () async throws -> Void) async throws {
  let work = Task { try await body() }
  let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { work.cancel() }
    source.resume()
    return source
  }
  defer { sources.forEach { $0.cancel() } }
  try await work.value
}
