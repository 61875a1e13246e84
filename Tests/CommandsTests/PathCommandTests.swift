import Foundation
import Testing

/// `lacuna path` and `lacuna engines` with a real KIM model.
@Suite struct PathCommandTests {
  static let model = "kim:KimJungLee_2012_LiMg"

  @Test func aVacancyIsFollowedAndTheSecondRunAsksNothing() throws {
    let program = try Program()
    let arguments = [
      "path", "--metal", "Li", "--surface", "100", "--engine", Self.model, "--layers", "5",
      "--depth", "3", "--supercell", "2", "--images", "1", "--force-threshold", "0.03", "--quiet",
      "--json",
    ]
    let first = try program.finish(program.start(arguments))
    #expect(first.code == 0, "\(first.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
    #expect((object["stops"] as? [Any])?.count == 3)
    #expect((object["hops"] as? [Any])?.count == 2)
    let second = try program.finish(program.start(arguments))
    #expect(second.output == first.output)
    let frames = try String(
      contentsOfFile: "\(program.folder)/lacuna-path/path.xyz", encoding: .utf8)
    #expect(frames.components(separatedBy: "Lattice=").count == 7)
    // Its page has an image for each frame, the stop between the two hops once; so has the page of its folder.
    let again = try program.run("report", "lacuna-path", "-o", "again.html")
    #expect(again.code == 0, "\(again.errors)")
    for page in ["lacuna-path/report.html", "again.html"] {
      let text = try String(contentsOfFile: "\(program.folder)/\(page)", encoding: .utf8)
      #expect(text.components(separatedBy: "\"name\":\"image ").count == 6, "\(page)")
      #expect(text.contains("The path of a vacancy: Li (100)"))
    }
  }

  /// A vacancy's hop by hand: slab, two ends, relaxed, and the path between them.
  @Test func aStructureIsRelaxedAndAPathFound() throws {
    let program = try Program()
    func crystal(_ atoms: [(Double, Double, Double)], edge: Double) -> String {
      let rows = atoms.map { "Li \($0.0) \($0.1) \($0.2)" }.joined(separator: "\n")
      return "\(atoms.count)\nLattice=\"\(edge) 0 0 0 \(edge) 0 0 0 \(edge)\" "
        + "Properties=species:S:1:pos:R:3\n\(rows)\n"
    }
    let a = 3.532
    var sites: [(Double, Double, Double)] = []
    for i in 0..<2 {
      for j in 0..<2 {
        for k in 0..<2 {
          let corner = (Double(i) * a, Double(j) * a, Double(k) * a)
          sites += [corner, (corner.0 + a / 2, corner.1 + a / 2, corner.2 + a / 2)]
        }
      }
    }
    var start = sites
    let empty = start.remove(at: 0)
    var end = start
    end[0] = empty
    try program.write(crystal(start, edge: 2 * a), to: "start.xyz")
    try program.write(crystal(end, edge: 2 * a), to: "end.xyz")
    let relaxed = try program.run("relax", "start.xyz", "--engine", Self.model, "--quiet")
    #expect(relaxed.code == 0, "\(relaxed.errors)")
    #expect(relaxed.output.contains("relaxed.xyz"))
    let held = try program.run(
      "relax", "start.xyz", "--engine", Self.model, "--quiet", "--fix", "1-14", "-o", "held.xyz")
    #expect(held.code == 0, "\(held.errors)")
    // Divisions of the mesh times the cell's edge, 2 a = 6.9 angstrom or a little more.
    let fine = try program.run(
      "relax", "start.xyz", "--engine", Self.model, "--quiet", "--mesh-length", "20", "--store",
      "fine.sqlite", "--max-force-calls", "1", "--force-threshold", "0.9")
    #expect(fine.code == 0, "\(fine.errors)")
    let calls = try program.run("store", "export", "fine.jsonl", "--store", "fine.sqlite")
    #expect(calls.code == 0, "\(calls.errors)")
    let stored = try String(contentsOfFile: "\(program.folder)/fine.jsonl", encoding: .utf8)
    #expect(stored.contains("\"kPointGrid\":{\"x\":3,\"y\":3,\"z\":3}"), "\(stored.prefix(300))")
    let path = try program.run(
      "neb", "--from", "start.xyz", "--to", "end.xyz", "--engine", Self.model, "--quiet",
      "--images", "3")
    #expect(path.code == 0, "\(path.errors)")
    #expect(path.output.contains("barrier"))
    let frames = try String(contentsOfFile: "\(program.folder)/path.xyz", encoding: .utf8)
    #expect(frames.components(separatedBy: "Lattice=").count == 6)
    // Its page and its figure: through the images, with the slopes that the file gives.
    let page = try program.run("report", "path.xyz")
    #expect(page.code == 0, "\(page.errors)")
    let figure = try program.run("figure", "neb", "path.xyz", "-o", "hop.svg")
    #expect(figure.code == 0, "\(figure.errors)")
    let data = try String(contentsOfFile: "\(program.folder)/hop.csv", encoding: .utf8)
    #expect(data.components(separatedBy: "\nimages,").count == 6)
    #expect(data.components(separatedBy: "\ninterpolated,").count > 40)
    // Numbers beyond all that atoms have are refused, and a structure alone is no path.
    let wild = frames.replacing("energy=-", with: "energy=-1e300 was=-")
    try program.write(wild, to: "WILD.XYZ")
    let refused = try program.finish(program.start(["figure", "neb", "WILD.XYZ", "-o", "a.svg"]))
    #expect(refused.code == 65)
    #expect(refused.errors.contains("frame 1 of WILD.XYZ"), "\(refused.errors)")
    let alone = try program.run("report", "start.xyz")
    #expect(alone.code == 65)
    #expect(alone.errors.contains("start.xyz is no path"))
    // Another number of atoms at the end, and atoms that are not there.
    try program.write(crystal(sites, edge: 2 * a), to: "whole.xyz")
    for arguments in [
      ["neb", "--from", "start.xyz", "--to", "whole.xyz", "--engine", Self.model],
      ["neb", "--from", "start.xyz", "--to", "start.xyz", "--engine", Self.model, "--quiet"],
      ["relax", "start.xyz", "--fix", "1-99", "--engine", Self.model],
    ] {
      let result = try program.finish(program.start(arguments))
      #expect(result.code != 0)
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
  }

  /// Atoms too near, a flat cell, an end that is no minimum: one line each, and where.
  @Test func unusableStructuresGetOneLine() throws {
    let program = try Program()
    func file(_ name: String, _ lattice: String, _ second: String) throws {
      try program.write(
        "2\nLattice=\"\(lattice)\" Properties=species:S:1:pos:R:3\nLi 0 0 0\nLi \(second)\n",
        to: name)
    }
    let cube = "9 0 0 0 9 0 0 0 9"
    try file("near.xyz", cube, "0.05 0 0")
    try file("flat.xyz", "6 0 0 0 6 0 6 6 0", "3 3 3")
    try file("a.xyz", cube, "2 0 0")
    try file("b.xyz", cube, "0 2 0")
    let cases: [([String], Int32, String)] = [
      (["relax", "near.xyz"], 65, "0.050 angstrom apart"),
      (["relax", "flat.xyz"], 65, "a volume of 0.000"),
      (["neb", "--from", "a.xyz", "--to", "b.xyz", "--relaxed"], 65, "is no minimum"),
      (["relax", "a.xyz", "--method", "newton"], 64, "--method"),
      (["relax", "a.xyz", "--cell", "xy"], 64, "--cell"),
      (["relax", "a.xyz", "--mesh-length", "0"], 64, "--mesh-length"),
      (["relax", "a.xyz", "--cutoff", "500"], 64, "an engine with plane waves"),
      (["converge", "cutoff"], 64, "no plane waves"),
      (["converge", "layers", "--values", "3,1e30"], 64, "--values"),
      (["converge", "layers", "--metal", "K"], 64, "--metal"),
      (["stability", "Li6PS5Cl", "--entries", "near.xyz"], 65, "near.xyz"),
    ]
    for (arguments, code, word) in cases {
      let result = try program.finish(
        program.start(arguments + ["--engine", Self.model, "--quiet"]))
      #expect(result.code == code, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(word), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
  }

  /// The settings of the model show what is enough, and an alloy is stable beside its metal.
  @Test func convergenceAndStabilityAreTold() throws {
    let program = try Program()
    let layers = try program.finish(
      program.start(["converge", "layers", "--engine", Self.model, "--quiet"]))
    #expect(layers.code == 0, "\(layers.errors)")
    #expect(layers.output.contains("that is enough"))
    let alloy = try program.finish(
      program.start(["stability", "LiMg", "--engine", Self.model, "--quiet"]))
    #expect(alloy.code == 0, "\(alloy.errors)")
    #expect(alloy.output.contains("it stays as it is"))
    try program.write(
      """
      [{"composition": {"Li": 2}, "energy": -3.8, "correction": 0},
       {"composition": {"P": 4}, "energy": -21.6}, {"composition": {"Cl": 2}, "energy": -3.6},
       {"composition": {"Li": 2, "S": 1}, "energy": -12.2}, {"composition": {"S": 1}, "energy": -4.1},
       {"composition": {"Li": 3, "P": 1}, "energy": -14.3}, {"composition": {"Li": 1, "Cl": 1}, "energy": -7.8},
       {"composition": {"Li": 6, "P": 1, "S": 5, "Cl": 1}, "energy": -56.0}]
      """, to: "entries.json")
    let argyrodite = try program.finish(
      program.start(["stability", "Li6PS5Cl", "--entries", "entries.json"]))
    #expect(argyrodite.code == 0, "\(argyrodite.errors)")
    #expect(argyrodite.output.contains("Li6PS5Cl + 8 Li -> "), "\(argyrodite.output)")
    #expect(argyrodite.output.contains("5 Li2S"))
  }

  @Test func aWholeAssessmentRunsOnAModel() throws {
    let program = try Program()
    let result = try program.run("assess", "LiMg", "--engine", Self.model, "--json", "--quiet")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("KimJungLee_2012_LiMg"))
    #expect(result.output.contains("interatomic model"))
    #expect(!FileManager.default.fileExists(atPath: "\(program.folder)/kim.log"))
  }

  @Test func modelsAreListedByElement() throws {
    let result = try Program().run("engines", "--elements", "Li,Mg")
    #expect(result.code == 0)
    #expect(result.output.contains("MEAM_LAMMPS_KimJungLee_2012_LiMg"))
    #expect(!result.output.contains("NicholAckland"))
  }

  @Test(arguments: [
    (["assess", "LiCl", "--engine", "kim:KimJungLee_2012_LiMg"], 65, "Cl"),
    (["assess", "LiCl", "--engine", "kim:of_nobody"], 65, "of_nobody"),
    (["assess", "LiCl", "--engine", "vasp"], 64, "--engine"),
    (["path", "--metal", "LiCl", "--engine", "kim:KimJungLee_2012_LiMg"], 64, "--metal"),
    (["path", "--depth", "12", "--layers", "5"], 64, "--depth"),
    (["engines", "--elements", "Xx"], 64, "--elements"),
  ])
  func mistakesGetOneLine(arguments: [String], code: Int32, word: String) throws {
    let program = try Program()
    let result = try program.finish(program.start(arguments))
    #expect(result.code == code, "\(result.errors)")
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
  }
}
