import Foundation
import Testing

/// `lacuna build` and `lacuna match` as a person uses them.
@Suite struct BuildCommandTests {
  @Test func everyTerminationIsListedAndWritten() throws {
    let program = try Program()
    let result = try program.run("build", "slab", "Li3OCl", "--surface", "100")
    #expect(result.code == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[1].contains("Li1 Cl1"))
    for number in 1...3 {
      let poscar = try String(
        contentsOfFile: "\(program.folder)/lacuna-structures/Li3OCl-100-\(number).vasp",
        encoding: .utf8)
      #expect(poscar.contains("Direct"))
    }
  }

  @Test func everyFormatIsReadBack() throws {
    let program = try Program()
    let written = try program.run(
      "build", "slab", "LiCl", "--surface", "110", "--format", "vasp,cif,xyz,vesta")
    #expect(written.code == 0)
    for ending in ["vasp", "cif", "xyz", "vesta"] {
      let file = "lacuna-structures/LiCl-110-1.\(ending)"
      let again = try program.run(
        "build", "slab", file, "--indices", "given", "--surface", "001", "--json", "-o", "again")
      #expect(again.code == 0, "\(ending): \(again.errors)")
    }
  }

  @Test func heldLayersAreWritten() throws {
    let program = try Program()
    _ = try program.run(
      "build", "slab", "LiCl", "--surface", "100", "--layers", "6", "--fix-bottom", "2", "--format",
      "vasp,xyz")
    let poscar = try String(
      contentsOfFile: "\(program.folder)/lacuna-structures/LiCl-100-1.vasp", encoding: .utf8)
    #expect(poscar.contains("Selective dynamics"))
    #expect(poscar.components(separatedBy: "F F F").count == 5)
    #expect(poscar.components(separatedBy: "T T T").count == 9)
  }

  @Test func thePapersIncoherentInterfaceIsOneCommand() throws {
    let program = try Program()
    let result = try program.run(
      "build", "interface", "LiCl", "--max-area", "120", "--max-strain", "1", "--match", "2",
      "--metal-layers", "11", "--supercell", "sqrt2", "--json")
    // The smaller cell of less strain and more atoms comes first or second; take the 3x3 one.
    let first = try program.run(
      "build", "interface", "LiCl", "--max-area", "120", "--max-strain", "1", "--metal-layers",
      "11", "--supercell", "sqrt2", "--json")
    let texts = [result.output, first.output].joined()
    #expect(texts.contains("[\n        3,\n        0\n      ]"))
    #expect([result.code, first.code].contains(0))
  }

  @Test func vacanciesAreBuiltForEachClass() throws {
    let program = try Program()
    let result = try program.run(
      "build", "vacancy", "LiCl", "--max-area", "120", "--max-strain", "1", "--layer", "1")
    #expect(result.code == 0)
    for site in 1...3 {
      #expect(
        FileManager.default.fileExists(
          atPath: "\(program.folder)/lacuna-structures/Li-on-LiCl-layer-1-site-\(site).vasp"))
    }
    #expect(result.output.contains("(100) on LiCl (100)"))
  }

  /// The examples of the help texts are commands that run.
  @Test(arguments: [
    ["build"], ["build", "slab"], ["build", "interface"], ["build", "vacancy"], ["match"],
  ])
  func examplesOfTheHelpRun(command: [String]) throws {
    let program = try Program()
    let help = try program.finish(program.start(command + ["--help"]))
    #expect(help.code == 0)
    let words = help.output.split(whereSeparator: \.isNewline).joined(separator: " ")
      .components(separatedBy: "USAGE:")[0].components(separatedBy: "Example")
    let examples = try #require(words.last).components(separatedBy: "lacuna ").dropFirst()
    #expect(!examples.isEmpty)
    for example in examples where !example.contains("mine.cif") {
      let arguments = example.split(separator: " ").map(String.init)
      let result = try program.finish(program.start(arguments))
      #expect(result.code == 0, "\(example): \(result.errors)")
    }
  }

  @Test func matchesAreListedAndRanked() throws {
    let program = try Program()
    let result = try program.run(
      "match", "Li", "LiCl", "--surface-a", "100", "--surface-b", "100", "--max-area", "120",
      "--rank", "strain", "--json")
    #expect(result.code == 0)
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    let strains = list.compactMap { ($0["principalStrains"] as? [Double])?.first?.magnitude }
    #expect(strains.count == list.count)
    #expect(strains == strains.sorted())
  }

  @Test func aFileWithoutASurfaceIsMatchedOnItsBestOne() throws {
    let program = try Program()
    _ = try program.run("build", "slab", "Li2S", "--surface", "111", "--format", "cif")
    try program.write(
      """
      data_salt
      _cell_length_a 5.13
      _cell_length_b 5.13
      _cell_length_c 5.13
      _space_group_IT_number 225
      loop_
      _atom_site_label
      _atom_site_fract_x
      _atom_site_fract_y
      _atom_site_fract_z
      Li 0 0 0
      Cl 0.5 0.5 0.5
      """, to: "salt.cif")
    let result = try program.run("build", "interface", "salt.cif")
    #expect(result.code == 0)
    #expect(result.output.contains("Li (100) on salt (100)"))
  }

  @Test(arguments: [
    (["build", "slab", "LiCl", "--surface", "1x0"], 64, "Miller"),
    (["build", "slab", "LiCl", "--max-index", "0"], 64, "--max-index"),
    (["build", "slab", "LiCl", "--termination", "7"], 64, "termination 7"),
    (["build", "slab", "LiCl", "--format", "pdf"], 64, "--format"),
    (["build", "slab", "LiCl", "--supercell", "1,1,2,2"], 64, "--supercell"),
    (["build", "slab", "LiCl", "--vacuum", "0"], 64, "--vacuum"),
    (["build", "slab", "nothing.cif"], 65, "nothing.cif"),
    (["build", "interface", "LiCl", "--registry", "S-top"], 64, "Cl-top"),
    (["build", "interface", "LiCl", "--match", "99"], 64, "match 99"),
    (["build", "interface", "LiCl", "--max-strain", "0.001"], 65, "--max-strain"),
    (
      ["build", "interface", "Li3OCl", "--termination", "3", "--arrangement", "sandwich"], 65,
      "faces"
    ),
    (["build", "vacancy", "LiCl", "--layer", "40"], 64, "layer 40"),
    (["build", "vacancy", "LiCl", "--layer", "1", "--site", "9"], 64, "class 9"),
    (["match", "Li", "LiCl", "--rank", "beauty"], 64, "--rank"),
    (["match", "Li", "LiCl", "--elastic", "1,2"], 64, "--elastic"),
    (["match", "LiMg", "LiCl", "--rank", "energy"], 64, "--elastic"),
  ])
  func mistakesGetOneLine(arguments: [String], code: Int32, word: String) throws {
    let program = try Program()
    let result = try program.finish(program.start(arguments))
    #expect(result.code == code, "\(result.errors)")
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(result.output.isEmpty)
  }
}
