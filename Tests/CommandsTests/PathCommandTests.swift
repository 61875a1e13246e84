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
