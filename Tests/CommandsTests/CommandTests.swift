import Foundation
import Testing

/// The built program as a person runs it.
final class Program {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/lacuna-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      // What cannot be removed is a temporary file of the system's.
    }
  }

  /// `LACUNA_BINARY` where it is set, else the debug build beside the tests.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["LACUNA_BINARY"] { return path }
    let source = URL(fileURLWithPath: #filePath)
    let root = source.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(".build/debug/lacuna").path
  }()

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  @discardableResult
  func run(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> (code: Int32, output: String, errors: String) {
    try finish(start(arguments, environment: environment))
  }

  /// A running program with its two pipes.
  struct Running {
    let process: Process
    let output: Pipe
    let errors: Pipe
  }

  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return Running(process: process, output: output, errors: errors)
  }

  func finish(_ running: Running) throws -> (code: Int32, output: String, errors: String) {
    let text = String(
      decoding: running.output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let said = String(
      decoding: running.errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    running.process.waitUntilExit()
    return (running.process.terminationStatus, text, said)
  }
}

@Suite struct ModelCommandTests {
  @Test func anAngleGivesTheVerdict() throws {
    let result = try Program().run("model", "--sigma", "0.463", "--contact-angle", "95")
    #expect(result.code == 0)
    // 0.463 (1 + cos 95) = 0.4226 J/m2.
    #expect(result.output.contains("0.4226"))
    #expect(result.output.contains("voids will form"))
  }

  @Test func uncertaintiesAreCarried() throws {
    let result = try Program().run(
      "model", "--sigma", "0.463", "--wad", "0.67±0.05", "--density", "8.47", "--json")
    #expect(result.code == 0)
    struct Document: Decodable {
      struct Entry: Decodable {
        var value: Double
        var standard_uncertainty: Double
      }
      var schema: String
      var quantities: [String: Entry]
    }
    let document = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8))
    let segregation = try #require(document.quantities["segregation_to_interface_ev"])
    // (0.463 - 0.335) J/m2 over 8.47 atoms/nm2 and 0.160218 J nm2/(m2 eV).
    #expect((segregation.value - 0.128 / 8.47 / 0.1602176634).magnitude < 1e-6)
    #expect((segregation.standard_uncertainty - 0.025 / 8.47 / 0.1602176634).magnitude < 1e-6)
  }

  @Test func mistakesAreOneLine() throws {
    let program = try Program()
    for arguments in [["--sigma", "x"], ["--contact-angle", "200"], []] {
      let result = try program.run(
        "model", arguments[safe: 0] ?? "--json", arguments[safe: 1] ?? "--json")
      #expect(result.code == 64)
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    let result = try program.run(
      "model", "--sigma", "0.5", "--wad", "0.9", "--contact-angle", "90")
    #expect(result.code == 64)
    #expect(result.errors.contains("contradict"))
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

@Suite struct AssessMistakesTests {
  static let cif = """
    data_x
    _cell_length_a 5.14
    _cell_length_b 5.14
    _cell_length_c 5.14
    _symmetry_space_group_name_H-M 'F m -3 m'
    loop_
    _atom_site_label
    _atom_site_fract_x
    _atom_site_fract_y
    _atom_site_fract_z
    _atom_site_occupancy
    Li1 0 0 0 1
    Cl1 0.5 0.5 0.5 1
    """

  func expect(
    _ program: Program, _ arguments: [String], code: Int32, says words: String,
    environment: [String: String] = [:]
  ) throws {
    let padded = arguments + Array(repeating: "--quiet", count: max(0, 6 - arguments.count))
    let result = try program.run(
      "assess", padded[0], padded[1], padded[2], padded[3], padded[4], padded[5],
      environment: environment)
    #expect(result.code == code, "\(arguments): \(result.errors)")
    #expect(result.errors.contains(words), "\(arguments): \(result.errors)")
    let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("  |") }
    #expect(lines.count == 1, "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test func badInputIsNamedAndNothingIsMade() throws {
    let program = try Program()
    try program.write("", to: "empty.cif")
    try program.write("data_x\n_a 1\n", to: "nocell.cif")
    try program.write(
      Self.cif.components(separatedBy: "loop_")[0], to: "noatoms.cif")
    try program.write(Self.cif.replacing("0 0 0 1", with: "0 0 0 0.5"), to: "partial.cif")
    try program.write(Self.cif.replacing("0.5 0.5 0.5", with: "0.05 0 0"), to: "near.cif")
    try program.write(Self.cif.replacing("Li1 0", with: "Xq 0"), to: "element.cif")
    try program.write(Self.cif.replacing("Li1 0", with: "Na1 0"), to: "salt.cif")
    try program.write("cutof: 300\n", to: "typo.yaml")
    try program.write("a: [1\n", to: "broken.yaml")
    try expect(program, ["empty.cif"], code: 65, says: "empty.cif is empty")
    try expect(program, ["nocell.cif"], code: 65, says: "no unit cell")
    try expect(program, ["noatoms.cif"], code: 65, says: "no atoms")
    try expect(program, ["partial.cif"], code: 65, says: "line 12: site Li1")
    try expect(program, ["near.cif"], code: 65, says: "angstrom apart")
    try expect(program, ["element.cif"], code: 65, says: "line 12: 'Xq'")
    try expect(program, ["salt.cif"], code: 65, says: "--foreign-metal")
    try expect(program, ["missing.cif"], code: 65, says: "no such file")
    try expect(program, ["LiCk"], code: 65, says: "Did you mean LiCl?")
    try expect(program, ["LiCl", "--metal", "K"], code: 64, says: "--metal")
    try expect(program, ["LiCl", "--surface", "1x0"], code: 64, says: "Miller")
    try expect(program, ["LiCl", "--cutoff", "7"], code: 64, says: "--cutoff")
    for text in ["Na", "Na=", "Xx=1", "Na=../1", "Na=1,Na=2"] {
      try expect(program, ["LiCl", "--datasets", text], code: 64, says: "--datasets")
    }
    try expect(program, ["LiCl", "--settings", "typo.yaml"], code: 64, says: "'cutoff'")
    try expect(program, ["LiCl", "--settings", "broken.yaml"], code: 64, says: "broken.yaml")
    try expect(
      program, ["LiCl", "--max-strain", "1", "--max-area", "15"], code: 65, says: "--max-strain")
    try expect(
      program, ["LiCl", "--store", "/no/such/folder/x.sqlite"], code: 73, says: "--store")
    try expect(program, ["LiCl", "--store", "salt.cif"], code: 65, says: "not a store")
    let left = try FileManager.default.contentsOfDirectory(atPath: program.folder)
    #expect(!left.contains("lacuna-results"))
  }

  /// A machine without GPAW: in a mount namespace of its own an empty file hides the program.
  @Test(.enabled(if: getuid() == 0)) func aMissingEngineNamesItsPackage() throws {
    let program = try Program()
    guard FileManager.default.fileExists(atPath: "/usr/bin/gpaw") else { return }
    let script =
      "mount --bind /dev/null /usr/bin/gpaw || exit 99; exec \(Program.path) assess LiCl --engine gpaw --quiet"
    let hidden = Process()
    hidden.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    hidden.arguments = ["--mount", "/bin/sh", "-c", script]
    hidden.currentDirectoryURL = URL(fileURLWithPath: program.folder)
    let (output, errors) = (Pipe(), Pipe())
    hidden.standardOutput = output
    hidden.standardError = errors
    try hidden.run()
    let said = try program.finish(.init(process: hidden, output: output, errors: errors))
    // 99 and 1: this machine does not let a test hide a file.
    guard said.code != 99, said.code != 1 else { return }
    #expect(said.code == 69)
    #expect(said.errors.contains("apt-get install gpaw"))
  }

  @Test func helpAndVersionExist() throws {
    let program = try Program()
    #expect(try program.run("--version").output.hasPrefix("0."))
    for command in ["assess", "model", "doctor"] {
      let help = try program.run(command, "--help")
      #expect(help.code == 0)
      #expect(help.output.contains("lacuna \(command)"))
    }
  }
}
