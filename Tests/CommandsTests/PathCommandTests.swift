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
    let path = try program.run(
      "neb", "--from", "start.xyz", "--to", "end.xyz", "--engine", Self.model, "--quiet",
      "--images", "3")
    #expect(path.code == 0, "\(path.errors)")
    #expect(path.output.contains("barrier"))
    let frames = try String(contentsOfFile: "\(program.folder)/path.xyz", encoding: .utf8)
    #expect(frames.components(separatedBy: "Lattice=").count == 6)
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
