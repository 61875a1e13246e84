import CCrypto
public import Engines
import Foundation
public import Structures

/// The name of a calculation: SHA-256 of everything that decides its result.
public struct ContentHash: Sendable, Hashable, Codable, CustomStringConvertible {
  /// 64 hexadecimal digits.
  public let hexadecimal: String

  /// The first twelve digits, for people.
  public var short: String { String(hexadecimal.prefix(12)) }

  /// All digits.
  public var description: String { hexadecimal }

  /// The hash of bytes.
  public init(of bytes: [UInt8]) {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    _ = SHA256(bytes, bytes.count, &digest)
    hexadecimal = digest.map { String(format: "%02x", $0) }.joined()
  }

  /// The key of a force call.
  ///
  /// Cell and positions are counted in steps of 1e-7 angstrom, far below any engine's resolution,
  /// so that the last bits of a compiler's arithmetic do not change a key. Settings are sorted; those that
  /// count where an element is that the cell does not have are left out.
  ///
  /// - Parameters:
  ///   - structure: the geometry; the order of atoms counts.
  ///   - sampling: mesh, boundary, and whether the stress was wanted.
  ///   - engine: name and settings.
  public init(structure: Structure, sampling: Sampling, engine: EngineIdentity) {
    var bytes = Array("lacuna force call 1\n".utf8)
    func add(_ text: String) { bytes.append(contentsOf: Array(text.utf8) + [0]) }
    func add(_ length: Double) {
      let steps = (length * 1e7).rounded()
      // Adding zero turns -0 into 0.
      withUnsafeBytes(of: (steps + 0).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for vector in [structure.cell.a, structure.cell.b, structure.cell.c] {
      for axis in 0..<3 { add(vector[axis]) }
    }
    for (element, position) in zip(structure.species, structure.positions) {
      add(element.symbol)
      for axis in 0..<3 { add(position.vector[axis]) }
    }
    let mesh = sampling.kPointGrid
    add("\(mesh.x) \(mesh.y) \(mesh.z) \(sampling.dipoleCorrection) \(sampling.needsStress)")
    add(engine.name)
    let settings = engine.reduced(to: structure.elements).settings
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
      add(key)
      add(value)
    }
    self.init(of: bytes)
  }

  /// The key of a calculation: its kind and what it was asked, as JSON with sorted keys.
  ///
  /// - Throws: what the encoding throws, for numbers that are not finite.
  public init(kind: String, of input: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    self.init(of: Array("lacuna \(kind)\n".utf8) + Array(try encoder.encode(input)))
  }
}
