import Engines
import PhysicalUnits
import Structures

/// One connection to an engine that speaks the i-PI protocol, the server's side.
///
/// Messages are blank-padded headers of 12 bytes, native-endian 8-byte doubles and 4-byte integers,
/// in hartree and bohr. The cell is sent with its vectors as columns; the virial that comes back is
/// -V times the stress.
///
/// ## References
/// M. Ceriotti, J. More, D. E. Manolopoulos, Comput. Phys. Commun. 185, 1019 (2014),
/// doi:10.1016/j.cpc.2013.10.027.
struct IPISession: Sendable {
  /// Limits in seconds.
  struct Limits: Sendable, Hashable {
    /// For the self-consistency of one geometry.
    var answer: Double
    /// For the rest of a message once it began, and for replies that need no work.
    var transfer: Double

    init(answer: Double = 4 * 3600, transfer: Double = 30) {
      self.answer = answer
      self.transfer = transfer
    }
  }

  /// What the engine sent for one geometry, in house units.
  struct Reply: Sendable {
    var energy: Double
    var forces: [Vector3]
    var stress: Matrix3
    var extras: [UInt8]
  }

  /// What went wrong in a session: a transfer, or an answer against the protocol.
  enum Fault: Error, Sendable, Hashable {
    case transfer(SocketFailure)
    case unexpected(expected: String, received: String)
    case wrongAtomCount(expected: Int, received: Int)
  }

  /// Largest extras that are taken: what is longer is babble.
  static let largestExtras = 16 << 20

  let connection: SocketConnection
  let limits: Limits

  /// Computes one geometry.
  ///
  /// - Parameters:
  ///   - structure: cell and positions; species are the engine's business.
  ///   - initialization: bytes of the INIT message that is sent when the engine asks for it; by
  ///     default the single zero byte that Quantum ESPRESSO wants.
  /// - Returns: the engine's answer.
  /// - Throws: ``Fault``.
  func compute(
    _ structure: Structure, initialization: [UInt8] = [0]
  ) throws(Fault) -> Reply {
    var status = try ask("STATUS", limit: limits.transfer)
    if status == "NEEDINIT" {
      var message = IPISession.header("INIT")
      IPISession.append(Int32(0), to: &message)
      IPISession.append(Int32(initialization.count), to: &message)
      try send(message + initialization)
      status = try ask("STATUS", limit: limits.transfer)
    }
    guard status == "READY" else {
      throw .unexpected(expected: "READY", received: status)
    }
    try send(IPISession.positionMessage(structure))
    // The reply to this STATUS comes only after the whole self-consistency.
    let done = try ask("STATUS", limit: limits.answer)
    guard done == "HAVEDATA" else {
      throw .unexpected(expected: "HAVEDATA", received: done)
    }
    try send(IPISession.header("GETFORCE"))
    let answer = try header(limit: limits.transfer)
    guard answer == "FORCEREADY" else {
      throw .unexpected(expected: "FORCEREADY", received: answer)
    }
    return try forces(for: structure)
  }

  /// Asks the engine to end; a peer that is gone already is no fault.
  func sayGoodbye() {
    do throws(SocketFailure) {
      try connection.write(IPISession.header("EXIT"), within: 1)
    } catch {
      // Nobody is left to be told.
    }
  }

  private func forces(for structure: Structure) throws(Fault) -> Reply {
    let energy = try doubles(1)[0] * PhysicalUnits.hartree
    let count = try integer()
    guard count == structure.count else {
      throw .wrongAtomCount(expected: structure.count, received: count)
    }
    let components = try doubles(3 * count).map { $0 * PhysicalUnits.hartreePerBohr }
    let virial = try doubles(9).map { $0 * PhysicalUnits.hartree }
    let length = try integer()
    guard (0...IPISession.largestExtras).contains(length) else {
      throw .unexpected(expected: "a length of the extras", received: String(length))
    }
    let extras = try read(length)
    let forces = (0..<count).map {
      Vector3(components[3 * $0], components[3 * $0 + 1], components[3 * $0 + 2])
    }
    // Only the upper triangle: LAMMPS leaves the lower one empty.
    let factor = -1 / structure.cell.volume
    let (xx, yy, zz) = (virial[0], virial[4], virial[8])
    let (xy, xz, yz) = (virial[1], virial[2], virial[5])
    let stress =
      Matrix3(rows: Vector3(xx, xy, xz), Vector3(xy, yy, yz), Vector3(xz, yz, zz)) * factor
    return Reply(energy: energy, forces: forces, stress: stress, extras: extras)
  }

  // MARK: Bytes

  private func ask(_ text: String, limit: Double) throws(Fault) -> String {
    try send(IPISession.header(text))
    return try header(limit: limit)
  }

  private func send(_ bytes: [UInt8]) throws(Fault) {
    do throws(SocketFailure) {
      try connection.write(bytes, within: limits.transfer)
    } catch {
      throw .transfer(error)
    }
  }

  private func header(limit: Double) throws(Fault) -> String {
    let bytes = try read(12, limit: limit)
    guard bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw .unexpected(
        expected: "a header",
        received: bytes.map { String($0, radix: 16) }.joined(separator: " "))
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return String(text.prefix { $0 != " " })
  }

  private func read(_ count: Int, limit: Double? = nil) throws(Fault) -> [UInt8] {
    do throws(SocketFailure) {
      return try connection.read(count, within: limit ?? limits.transfer)
    } catch {
      throw .transfer(error)
    }
  }

  private func integer() throws(Fault) -> Int {
    let bytes = try read(4)
    return Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) })
  }

  private func doubles(_ count: Int) throws(Fault) -> [Double] {
    let bytes = try read(8 * count)
    return bytes.withUnsafeBytes { raw in
      (0..<count).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
    }
  }

  static func header(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    precondition(bytes.count <= 12, "i-PI headers have at most 12 characters")
    return bytes + [UInt8](repeating: 0x20, count: 12 - bytes.count)
  }

  static func append<Value>(_ value: Value, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  static func positionMessage(_ structure: Structure) -> [UInt8] {
    var message = header("POSDATA")
    let cell = structure.cell
    for axis in 0..<3 {
      for vector in [cell.a, cell.b, cell.c] {
        append(vector[axis] / PhysicalUnits.bohr, to: &message)
      }
    }
    // Rows of the inverse belong to the cell vectors: h^-1 h = 1.
    let inverse = cell.reciprocal
    for vector in [inverse.a, inverse.b, inverse.c] {
      for axis in 0..<3 { append(vector[axis] * PhysicalUnits.bohr, to: &message) }
    }
    append(Int32(structure.count), to: &message)
    for position in structure.positions {
      for axis in 0..<3 { append(position.vector[axis] / PhysicalUnits.bohr, to: &message) }
    }
    return message
  }
}
