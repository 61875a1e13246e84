import Foundation
import Testing

/// Results as files for other programs, as pages and as figures.
@Suite struct ReportCommandTests {
  static let engine = ["--engine", "kim:KimJungLee_2012_LiMg", "--quiet"]

  /// A program whose folder holds a finished assessment of LiMg with vacancies.
  static func assessed(_ more: String...) throws -> (Program, String) {
    let program = try Program()
    let result = try program.finish(
      program.start(["assess", "LiMg", "--vacancies"] + more + engine))
    #expect(result.code == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: "\(program.folder)/lacuna-results")
    let name = try #require(names.first { $0.hasPrefix("LiMg") })
    return (program, "\(program.folder)/lacuna-results/\(name)")
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  /// The same files that pymatgen, ASE and a reader of VESTA files have opened hold the same numbers: the proof that
  /// those programs read them is in `Reference/exports.json`, made by `Reference/read_exports.py`.
  @Test func otherProgramsReadTheFiles() throws {
    struct Reference: Decodable {
      struct Reading: Decodable {
        var metal_atoms: Int
        var sites_with_energy: Int
        var segregation_energy_sum_ev: Double
        var mean_z_angstrom: Double
      }
      struct Colors: Decodable {
        var sites: Int
        var green: Int
        var blue: Int
        var grey: Int
      }
      var pymatgen: Reading
      var ase_xyz: Reading
      var vesta: Colors
    }
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let reference = try JSONDecoder().decode(
      Reference.self,
      from: try Data(contentsOf: source.appendingPathComponent("Reference/exports.json")))
    let (program, folder) = try Self.assessed()
    // Its folder goes with it.
    defer { withExtendedLifetime(program) {} }

    struct Result: Decodable {
      struct Structure: Decodable {
        struct Site: Decodable {
          struct Properties: Decodable {
            var part: String
            var segregation_energy_ev: Double?
          }
          var xyz: [Double]
          var properties: Properties?
        }
        var sites: [Site]
      }
      var structures: [String: Structure]
    }
    let result = try JSONDecoder().decode(
      Result.self, from: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/result.json")))
    let sites = try #require(result.structures["vacancy-cell"]).sites
    let energies = sites.compactMap { $0.properties?.segregation_energy_ev }
    #expect(energies.count == reference.pymatgen.sites_with_energy)
    #expect(
      (energies.reduce(0, +) - reference.pymatgen.segregation_energy_sum_ev).magnitude < 1e-4)
    #expect(
      sites.filter { $0.properties?.part == "metal" }.count == reference.pymatgen.metal_atoms)
    let heights = sites.map { $0.xyz[2] }
    let mean = heights.reduce(0, +) / Double(heights.count)
    #expect((mean - reference.pymatgen.mean_z_angstrom).magnitude < 1e-3)

    let frame = try Self.text("\(folder)/vacancy-cell.xyz").split(separator: "\n")
    #expect(
      frame[1].contains(
        "Properties=species:S:1:pos:R:3:part:S:1:layer:I:1:vacancy_energy_ev:R:1:segregation_energy_ev:R:1"
      ))
    let rows = frame.dropFirst(2).map { $0.split(separator: " ") }
    let known = rows.compactMap { Double($0[7]) }.filter(\.isFinite)
    #expect(known.count == reference.ase_xyz.sites_with_energy)
    #expect((known.reduce(0, +) - reference.ase_xyz.segregation_energy_sum_ev).magnitude < 1e-4)
    #expect(rows.filter { $0[4] == "metal" }.count == reference.ase_xyz.metal_atoms)

    let vesta = try Self.text("\(folder)/vacancy-cell.vesta")
    let start = try #require(vesta.range(of: "SITET\n")).upperBound
    let colors = vesta[start...].split(separator: "\n").prefix(reference.vesta.sites)
      .map { $0.split(separator: " ")[3...5].joined(separator: " ") }
    #expect(colors.filter { $0 == "86 172 77" }.count == reference.vesta.green)
    #expect(colors.filter { $0 == "52 96 196" }.count == reference.vesta.blue)
    #expect(colors.filter { $0 == "168 168 168" }.count == reference.vesta.grey)
  }

  /// One that fails does not keep the others from being done, and is named everywhere.
  @Test func severalSubstratesAreRanked() throws {
    let program = try Program()
    let result = try program.finish(
      program.start(["assess", "Li", "LiMg", "nothing.cif", "LiCl"] + Self.engine))
    #expect(result.code == 65, "the first failure's: \(result.errors)")
    #expect(result.errors.contains("nothing.cif cannot be read"))
    #expect(result.errors.contains("was not made for Cl"))
    let ranks = try Self.text("\(program.folder)/lacuna-results/candidates.csv")
      .split(separator: "\n")
    #expect(ranks.count == 3)
    // LiMg holds lithium better than lithium itself does.
    #expect(ranks[1].hasPrefix("LiMg,100,Li,100,0.3"))
    #expect(ranks[2].hasPrefix("Li,100,Li,100,-0.0"))
    #expect(result.output.contains("Not assessed: LiCl: "))
    let page = try Self.text("\(program.folder)/lacuna-results/report.html")
    #expect(page.contains("was not made for Cl"))
    let map = try program.run("figure", "map", "-o", "map.svg")
    #expect(map.code == 0, "\(map.errors)")
    #expect(try Self.text("\(program.folder)/map.svg").contains("Li on LiMg (100)"))
    #expect(try Self.text("\(program.folder)/map.csv").contains("Li on LiMg (100)"))
  }

  @Test func filesOfOneNameDoNotMeet() throws {
    let program = try Program()
    for folder in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: "\(program.folder)/\(folder)", withIntermediateDirectories: true)
      let built = try program.run(
        "build", "slab", "Li", "--surface", "100", "--format", "cif", "--output", "\(folder)/out")
      #expect(built.code == 0, "\(built.errors)")
      // A primitive cell of lithium, once as it is and once larger.
      let edge = folder == "a" ? "3.53" : "3.60"
      try program.write(
        """
        data_metal
        _cell_length_a \(edge)
        _cell_length_b \(edge)
        _cell_length_c \(edge)
        _cell_angle_alpha 90
        _cell_angle_beta 90
        _cell_angle_gamma 90
        loop_
        _atom_site_label
        _atom_site_type_symbol
        _atom_site_fract_x
        _atom_site_fract_y
        _atom_site_fract_z
        Li1 Li 0 0 0
        Li2 Li 0.5 0.5 0.5

        """, to: "\(folder)/metal.cif")
    }
    let result = try program.finish(
      program.start(
        ["assess", "a/metal.cif", "b/metal.cif", "--surface", "100"] + Self.engine))
    #expect(result.code == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: "\(program.folder)/lacuna-results")
    #expect(names.filter { $0.hasPrefix("metal-") }.count == 2, "\(names)")
  }

  @Test func aStoreTellsWhatItHolds() throws {
    let (program, folder) = try Self.assessed()
    let status = try program.run("status")
    #expect(status.code == 0, "\(status.errors)")
    #expect(status.output.contains("no run is filling it"))
    #expect(status.output.contains("LiMg on Li"))
    struct Status: Decodable {
      struct Result: Decodable { var hash: String }
      var results: [Result]
      var is_in_use: Bool
    }
    let json = try program.run("status", "--json")
    let decoded = try JSONDecoder().decode(Status.self, from: Data(json.output.utf8))
    #expect(!decoded.is_in_use)
    let shown = try program.run("show", try #require(decoded.results.first).hash)
    #expect(try shown.output == Self.text("\(folder)/result.json"))
    // The page from the store and from the folder shows the same assessment once.
    let page = try program.run("report", "lacuna-results", "lacuna.sqlite", "-o", "page.html")
    #expect(page.code == 0, "\(page.errors)")
    let text = try Self.text("\(program.folder)/page.html")
    #expect(text.components(separatedBy: "\"verdict\":\"voids").count == 2)
  }

  @Test(arguments: [
    (["figure", "7", "-o", "a.svg"], 64, "1 to 6"), (["figure", "map", "-o", "a.gif"], 64, ".svg"),
    (["figure", "1", "-o", "a.svg"], 65, "lacuna.sqlite"), (["report", "nothing"], 65, "nothing"),
    (["report"], 65, "lacuna-results"), (["status"], 65, "lacuna.sqlite"),
    (["show", "xyz"], 64, "HASH"), (["show", "abcd"], 65, "lacuna.sqlite"),
  ])
  func mistakesGetOneLine(arguments: [String], code: Int32, word: String) throws {
    let program = try Program()
    let result = try program.finish(program.start(arguments))
    #expect(result.code == code, "\(result.errors)")
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }

  @Test func completionsAndManPageAreInstalled() throws {
    let program = try Program()
    let result = try program.run("install", "--prefix", program.folder)
    #expect(result.code == 0, "\(result.errors)")
    let page = try Self.text("\(program.folder)/share/man/man1/lacuna.1")
    #expect(page.contains(".SS lacuna assess"))
    #expect(page.contains("\\-\\-metal"))
    // Nothing that troff would take for a command of its own.
    for line in page.split(separator: "\n") where line.hasPrefix(".") {
      #expect(
        [".TH", ".SH", ".SS", ".TP", ".PP", ".B ", ".I "].contains { line.hasPrefix($0) }, "\(line)"
      )
    }
    let bash = try Self.text("\(program.folder)/share/bash-completion/completions/lacuna")
    #expect(bash.contains("assess"))
  }
}
