import Engines
import Foundation
import Glibc
import PhysicalUnits
import Structures

/// An engine of our own on the other side of a socket: honest, or misbehaving in a chosen way.
struct AnalyticClient: Sendable {
  enum Behaviour: Sendable, CaseIterable {
    case honest, honestWithInitialization
    case diesBeforeAnswering, diesInsideTheForces, sendsTooFewBytes, sendsAnotherHeader
    case sendsBabble, countsAtomsWrongly, saysNothing, sendsHugeExtras, sendsNegativeExtras
  }

  enum Address: Sendable {
    case unix(String)
    case loopback(UInt16)
  }

  let address: Address
  let species: [Element]
  let engine: MorseEngine
  let behaviour: Behaviour

  /// Connects and serves on a thread of its own until the server says EXIT or goes away.
  func start() {
    Thread.detachNewThread { serve() }
  }

  private func serve() {
    let descriptor = connected()
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var result: Evaluation?
    var isReady = behaviour != .honestWithInitialization
    while let header = read(descriptor, 12).map({ String(decoding: $0, as: UTF8.self) }) {
      switch header.trimmingCharacters(in: .whitespaces) {
      case "STATUS":
        write(descriptor, pad(!isReady ? "NEEDINIT" : result == nil ? "READY" : "HAVEDATA"))
      case "INIT":
        guard read(descriptor, 4) != nil, let length = read(descriptor, 4).map(integer),
          read(descriptor, length) != nil
        else { return }
        isReady = true
      case "POSDATA":
        guard let cell = read(descriptor, 72).map(doubles), read(descriptor, 72) != nil,
          let count = read(descriptor, 4).map(integer),
          let positions = read(descriptor, 24 * count).map(doubles)
        else { return }
        if behaviour == .diesBeforeAnswering { return }
        if behaviour == .saysNothing {
          sleep(5)
          return
        }
        let bohr = PhysicalUnits.bohr
        func column(_ index: Int) -> Vector3 {
          Vector3(cell[index], cell[3 + index], cell[6 + index]) * bohr
        }
        result = engine.energyForcesAndStress(
          of: Structure(
            cell: Cell(a: column(0), b: column(1), c: column(2)), species: species,
            positions: (0..<count).map {
              CartesianPosition(
                Vector3(positions[3 * $0], positions[3 * $0 + 1], positions[3 * $0 + 2]) * bohr)
            }))
        volume = column(0).dot(column(1).cross(column(2)))
      case "GETFORCE":
        guard let answer = result else { return }
        send(answer, descriptor)
        result = nil
        if behaviour != .honest, behaviour != .honestWithInitialization { return }
      default:
        return
      }
    }
  }

  private func send(_ answer: Evaluation, _ descriptor: Int32) {
    if behaviour == .sendsBabble {
      write(descriptor, [UInt8](repeating: 0x07, count: 400))
      return
    }
    if behaviour == .sendsAnotherHeader {
      write(descriptor, pad("HAVEDATA"))
      return
    }
    let hartree = PhysicalUnits.hartree
    let count = answer.forces.count + (behaviour == .countsAtomsWrongly ? 1 : 0)
    var bytes = pad("FORCEREADY") + raw(answer.energy / hartree) + raw(Int32(count))
    for force in answer.forces {
      for axis in 0..<3 { bytes += raw(force[axis] / PhysicalUnits.hartreePerBohr) }
    }
    if behaviour == .diesInsideTheForces {
      write(descriptor, Array(bytes.prefix(bytes.count - 13)))
      return
    }
    let stress = answer.stress ?? .zero
    for i in 0..<3 {
      for j in 0..<3 { bytes += raw(-stress[i, j] * volumeOfLastCell / hartree) }
    }
    if behaviour == .sendsTooFewBytes {
      write(descriptor, bytes)
      sleep(3)
      return
    }
    if behaviour == .sendsHugeExtras { bytes += raw(Int32.max) }
    if behaviour == .sendsNegativeExtras { bytes += raw(Int32(-5)) }
    bytes += raw(Int32(2)) + Array("ok".utf8)
    write(descriptor, bytes)
  }

  // MARK: Bytes

  private final class Box: @unchecked Sendable {
    // Only the client's own thread touches it.
    var value = 0.0
  }

  private let box = Box()
  private var volume: Double {
    get { box.value }
    nonmutating set { box.value = newValue }
  }
  private var volumeOfLastCell: Double { box.value }

  init(address: Address, species: [Element], engine: MorseEngine, behaviour: Behaviour) {
    self.address = address
    self.species = species
    self.engine = engine
    self.behaviour = behaviour
  }

  private func connected() -> Int32 {
    switch address {
    case .unix(let path):
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let status = withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      return status == 0 ? descriptor : -1
    case .loopback(let port):
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      let status = withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      return status == 0 ? descriptor : -1
    }
  }

  private func read(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let received = buffer.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, 0)
      }
      if received <= 0 { return nil }
      filled += received
    }
    return buffer
  }

  private func write(_ descriptor: Int32, _ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  private func pad(_ text: String) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0x20, count: 12 - text.utf8.count)
  }

  private func raw<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  private func integer(_ bytes: [UInt8]) -> Int {
    Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) })
  }

  private func doubles(_ bytes: [UInt8]) -> [Double] {
    bytes.withUnsafeBytes { raw in
      (0..<(bytes.count / 8)).map {
        raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
      }
    }
  }
}
