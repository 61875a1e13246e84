import Engines
import Foundation
import Structures
import TestSupport
import Testing

@testable import SocketEngines

@Suite(.serialized) struct IPISessionTests {
  let structure = TestSystems.triclinic
  let engine = TestSystems.morse

  /// A session with a client that has connected.
  func session(
    _ behaviour: AnalyticClient.Behaviour, tcp: Bool = false
  ) throws -> (IPISession, SocketListener, URL) {
    let folder = try PrivateFolder.make()
    let path = folder.appendingPathComponent("s").path
    let listener = try SocketListener(tcp ? .loopback(port: 0) : .unix(path: path))
    AnalyticClient(
      address: tcp ? .loopback(listener.port ?? 0) : .unix(path), species: structure.species,
      engine: engine, behaviour: behaviour
    ).start()
    let connection = try #require(try listener.accept(within: 60) { true })
    // A busy machine may let an honest client wait for seconds; one that falls silent is waited for to the limit.
    let isSilent = behaviour == .saysNothing || behaviour == .sendsTooFewBytes
    let limits = IPISession.Limits(answer: isSilent ? 1 : 60, transfer: isSilent ? 1 : 60)
    return (IPISession(connection: connection, limits: limits), listener, folder)
  }

  @Test(arguments: [false, true], [AnalyticClient.Behaviour.honest, .honestWithInitialization])
  func aRoundTripIsExactInATriclinicCell(
    tcp: Bool, behaviour: AnalyticClient.Behaviour
  ) throws {
    let (session, _, folder) = try session(behaviour, tcp: tcp)
    defer { PrivateFolder.remove(folder) }
    for seed in 1...3 {
      let moved = structure.rattled(by: 0.1, seed: UInt64(seed))
      let reply = try session.compute(moved)
      let truth = engine.energyForcesAndStress(of: moved)
      #expect((reply.energy - truth.energy).magnitude < 1e-10)
      for (sent, known) in zip(reply.forces, truth.forces) {
        #expect((sent - known).length < 1e-10)
      }
      let stress = try #require(truth.stress)
      for i in 0..<3 {
        for j in 0..<3 { #expect((reply.stress[i, j] - stress[i, j]).magnitude < 1e-10) }
      }
      #expect(reply.extras == Array("ok".utf8))
    }
    session.sayGoodbye()
  }

  /// Stress by finite strain and forces by finite differences through the whole path.
  @Test func derivativesHoldThroughTheSocket() throws {
    let (session, _, folder) = try session(.honest)
    defer { PrivateFolder.remove(folder) }
    let reply = try session.compute(structure)
    let step = 1e-4
    func energy(_ strain: (i: Int, j: Int), _ sign: Double) throws -> Double {
      var matrix = Matrix3.identity
      matrix[strain.i, strain.j] += sign * step / 2
      matrix[strain.j, strain.i] += sign * step / 2
      return try session.compute(structure.deformed(by: matrix)).energy
    }
    for strain in [(0, 0), (1, 2), (0, 1)] {
      let slope = (try energy(strain, 1) - energy(strain, -1)) / (2 * step)
      let stress = slope / structure.cell.volume
      #expect((reply.stress[strain.0, strain.1] - stress).magnitude < 1e-6)
    }
    var (up, down) = (structure, structure)
    up.positions[1].vector.y += step
    down.positions[1].vector.y -= step
    let slope = (try session.compute(up).energy - session.compute(down).energy) / (2 * step)
    #expect((reply.forces[1].y + slope).magnitude < 1e-6)
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      AnalyticClient.Behaviour.diesBeforeAnswering, .diesInsideTheForces, .sendsTooFewBytes,
      .sendsAnotherHeader, .sendsBabble, .countsAtomsWrongly, .saysNothing, .sendsHugeExtras,
      .sendsNegativeExtras,
    ])
  func aMisbehavingEngineIsAFaultInTime(behaviour: AnalyticClient.Behaviour) throws {
    let (session, _, folder) = try session(behaviour)
    defer { PrivateFolder.remove(folder) }
    var fault: IPISession.Fault?
    do throws(IPISession.Fault) {
      _ = try session.compute(structure)
    } catch {
      fault = error
    }
    switch behaviour {
    case .diesBeforeAnswering, .diesInsideTheForces: #expect(fault == .transfer(.closed))
    case .sendsTooFewBytes, .saysNothing:
      #expect(fault == .transfer(.timedOut(seconds: 1)))
    case .countsAtomsWrongly: #expect(fault == .wrongAtomCount(expected: 4, received: 5))
    default:
      guard case .unexpected = fault else {
        Issue.record("\(behaviour) gave \(String(describing: fault))")
        return
      }
    }
  }

  /// Waited out, the session would say `timedOut`.
  @Test(.timeLimit(.minutes(5))) func cancellingEndsAWait() async throws {
    let (session, _, folder) = try session(.saysNothing)
    defer { PrivateFolder.remove(folder) }
    let structure = structure
    let patient = IPISession(
      connection: session.connection, limits: .init(answer: 60, transfer: 60))
    let work = Task {
      try await onOwnThread {
        try patient.compute(structure)
      } onCancel: {
        patient.connection.cancel()
      }
    }
    try await Task.sleep(for: .milliseconds(300))
    work.cancel()
    await #expect(throws: IPISession.Fault.transfer(.cancelled)) { try await work.value }
  }

  @Test func nobodyConnecting() throws {
    let folder = try PrivateFolder.make()
    defer { PrivateFolder.remove(folder) }
    let path = folder.appendingPathComponent("s").path
    let listener = try SocketListener(.unix(path: path))
    #expect(throws: SocketFailure.timedOut(seconds: 0.5)) {
      try listener.accept(within: 0.5) { true }
    }
    #expect(try listener.accept(within: 5) { false } == nil)
  }

  @Test func aPathThatIsTooLongIsRefused() {
    let path = "/tmp/" + String(repeating: "x", count: 120)
    #expect(throws: EngineError.self) { try SocketListener(.unix(path: path)) }
  }

  @Test func theSocketFileGoesWithItsListener() throws {
    let folder = try PrivateFolder.make()
    defer { PrivateFolder.remove(folder) }
    let path = folder.appendingPathComponent("s").path
    do {
      let listener = try SocketListener(.unix(path: path))
      #expect(FileManager.default.fileExists(atPath: path))
      withExtendedLifetime(listener) {}
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
