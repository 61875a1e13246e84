import Foundation
import Testing

/// `lacuna train`, `lacuna potential`, and an assessment by a learned potential, as a user runs them.
@Suite struct PotentialCommandTests {
  static let model = "kim:KimJungLee_2012_LiMg"

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func energy(_ result: [String: Any], _ name: String) throws -> (
    value: Double, error: Double
  ) {
    let surface = try #require(result[name] as? [String: Any])
    let atom = try #require(surface["ev_per_atom"] as? [String: Any])
    return (
      try #require(atom["value"] as? Double), try #require(atom["standard_uncertainty"] as? Double)
    )
  }

  /// The first command of the README.
  ///
  /// The paper has W_ad = 0.199 eV/atom and 0.003 for the hollow, GPAW with the
  /// same preset 0.201 and 0.024 (`Results/gpaw-standard.json`).
  @Test("lithium chloride is assessed by the potential that comes with the program")
  func shipped() throws {
    let program = try Program()
    let run = try program.run("assess", "LiCl", "--vacancies", "--json", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    let result = try object(run.output)
    #expect(result["verdict"] as? String == "voids expected")
    let work = try energy(result, "work_of_adhesion")
    #expect((work.value - 0.201).magnitude < 0.04)
    #expect(work.error > 0.001 && work.error < 0.15)
    let cost = try #require(result["cost"] as? [String: Any])
    #expect(cost["engine"] as? String == "learned")
    let vacancies = try #require(result["vacancies"] as? [[String: Any]])
    // A potential takes no time: a vacancy in every layer, unless fewer are asked for.
    #expect(vacancies.map { $0["layer"] as? Int } == Array(1...11))
    let few = try program.run(
      "assess", "LiCl", "--vacancies", "--vacancy-layers", "2-3,6", "--unrelaxed-vacancies",
      "--json",
      "--quiet")
    let fewVacancies = try #require(try object(few.output)["vacancies"] as? [[String: Any]])
    #expect(fewVacancies.map { $0["layer"] as? Int } == [1, 2, 3, 6, 11])
    #expect(
      fewVacancies.map { $0["place"] as? String }
        == ["interface", "layer 2", "layer 3", "bulk", "free surface"])
    for wrong in ["0", "3-2", "2,,3", "x", "1-2-3"] {
      let refused = try program.finish(
        program.start(["assess", "LiCl", "--vacancies", "--vacancy-layers", wrong]))
      #expect(refused.code == 64 && refused.errors.contains("--vacancy-layers"))
    }
    for alone in [["--vacancy-layers", "2"], ["--unrelaxed-vacancies"]] {
      let refused = try program.finish(program.start(["assess", "LiCl"] + alone))
      #expect(refused.code == 64 && refused.errors.contains("--vacancies beside it"))
    }
    #expect(
      vacancies.allSatisfy { ($0["relaxed_deviation_ev"] as? Double).map { $0 > 0 } ?? false })
    let warnings = try #require(result["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("learned from gpaw") })
  }

  /// An interatomic model in the place of density-functional theory judges lithium on itself, where W_ad = 2 sigma.
  @Test("what a potential has relaxed is confirmed by another engine")
  func confirmed() throws {
    let program = try Program()
    let judge = "kim:SNAP_ZuoChenLi_2019_Li"
    let arguments = [
      "assess", "Li", "--metal", "Li", "--vacancies", "--engine", "learned", "--json", "--quiet",
    ]
    func result(_ more: [String]) throws -> [String: Any] {
      let run = try program.finish(program.start(arguments + more))
      #expect(run.code == 0, "\(run.errors)")
      return try object(run.output)
    }
    let confirming = ["--confirm", "--confirm-engine", judge]
    let first = try result(confirming)
    let cost = try #require(first["cost"] as? [String: Any])
    #expect(cost["engine"] as? String == "kim")
    #expect(cost["relaxed_by"] as? String == "learned Li-Cl")
    let warnings = try #require(first["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("relaxed by learned Li-Cl; every energy is by kim") })
    let margin = try #require(first["margin_ev_per_atom"] as? [String: Any])
    #expect(try #require(margin["value"] as? Double).magnitude < 0.02)
    // The model alone, which relaxes on its own, ends as low or lower, after many more calls.
    let alone = try program.finish(
      program.start(
        ["assess", "Li", "--metal", "Li", "--vacancies", "--json", "--quiet", "--engine", judge]
          + ["--preset", "standard"]))
    #expect(alone.code == 0, "\(alone.errors)")
    let own = try object(alone.output)
    let (sigma, ownSigma) = (
      try energy(first, "surface_energy").value, try energy(own, "surface_energy").value
    )
    #expect((sigma - ownSigma).magnitude < 0.01)
    let ownCost = try #require(own["cost"] as? [String: Any])
    let (calls, ownCalls) = (
      try #require(cost["force_calls"] as? Int), try #require(ownCost["force_calls"] as? Int)
    )
    #expect(2 * calls < ownCalls)
    // A second time nothing is computed.
    let again = try result(confirming)
    #expect((again["cost"] as? [String: Any])?["engine_calls"] as? Int == 0)
    for wrong in [
      ["--engine", judge, "--confirm"], ["--confirm", "--confirm-engine", "learned"],
      ["--engine", "learned", "--confirm", "--accelerate"],
    ] {
      let refused = try program.finish(program.start(["assess", "Li", "--quiet"] + wrong))
      #expect(refused.code == 64, "\(refused.errors)")
    }
  }

  @Test("outside what it knows a potential refuses, and names the command that would train one")
  func refusal() throws {
    let program = try Program()
    let unknown = try program.run("assess", "AlSc", "--metal", "Na", "--engine", "learned")
    #expect(unknown.code == 65)
    #expect(unknown.errors.contains("lacuna train Na Al Sc --compute"))
    let missing = try program.run("assess", "LiCl", "--engine", "learned:nothing.json")
    #expect(missing.code == 65 && missing.errors.contains("Li-Cl"))
    try program.write("{\"form\": 1}", to: "bad.json")
    let bad = try program.run("potential", "info", "bad.json")
    #expect(bad.code == 65 && bad.errors.contains("bad.json"))
    // Elements that it knows, in a crystal that it has never seen: caesium chloride in place of rock salt.
    try program.write(
      "LiCl\n1\n2.9 0 0\n0 2.9 0\n0 0 2.9\nLi Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n", to: "odd.vasp"
    )
    let odd = try program.finish(
      program.start(["assess", "odd.vasp", "--metal", "Li", "--engine", "learned", "--quiet"]))
    #expect(odd.code == 2)
    #expect(
      odd.errors.contains("the stage") && odd.errors.contains("outside what the potential Li-Cl"))
    #expect(odd.errors.contains("--engine gpaw") && !odd.errors.contains("smearing"))
    #expect(odd.errors.contains("lacuna train Li Cl --compute 150 --output Li-Cl.json"))
  }

  @Test("where a potential refuses one vacancy the verdict and the other vacancies are there")
  func refusedVacancy() throws {
    let program = try Program()
    let oxide = try program.run(
      "assess", "Li2O", "--engine", "learned", "--vacancies", "--vacancy-layers", "none", "--quiet")
    #expect(oxide.code == 0, "\(oxide.errors)")
    #expect(oxide.output.contains("'vacancy interface' did not come to its end"))
    #expect(oxide.output.contains("or a potential that was trained on more cells"))
    #expect(oxide.output.contains("E_v bulk, layer 6"))
    #expect(oxide.output.contains("Verdict: voids will form."))
  }

  @Test("more engines than the machine has cores for are named as such")
  func tooManyEngines() throws {
    let program = try Program()
    let most = ProcessInfo.processInfo.processorCount
    for (engines, isTold) in [(1, false), (most + 1, true)] {
      let train = try program.run(
        "train", "Li", "--engine", Self.model, "--compute", "2", "--engines", "\(engines)",
        "--largest-cell", "8", "--degrees", "6,5,4", "--output", "Li.json")
      #expect(train.errors.contains("2 to compute"), "\(train.errors)")
      #expect(train.errors.contains("share the machine's \(most) cores") == isTold)
    }
  }

  @Test("a potential is trained on cells that it chooses, tested, exported, and used")
  func trained() throws {
    let program = try Program()
    let train = try program.run(
      "train", "Li", "--engine", Self.model, "--compute", "30", "--engines", "2", "--largest-cell",
      "16",
      "--degrees", "10,8,7", "--output", "Li.json", "--training-data", "Li.xyz", "--quiet", "--json"
    )
    #expect(train.code == 0, "\(train.errors)")
    let report = try object(train.output)
    #expect(report["force_calls"] as? Int == 30)
    let errors = try #require(report["held_out"] as? [String: Any])
    #expect((errors["force"] as? Double ?? 1) < 0.06)
    #expect((errors["withinTwoDeviations"] as? Double ?? 0) > 0.8)
    let frames = try String(contentsOfFile: "\(program.folder)/Li.xyz", encoding: .utf8)
    #expect(frames.components(separatedBy: "Lattice=").count == 31)
    #expect(frames.contains("energy=") && frames.contains("forces:R:3"))
    #expect(
      frames.contains("k_points_a=") && frames.contains("engine=\"kim\""), "\(frames.prefix(400))")
    #expect(frames.contains(" stress=\""))

    let info = try program.run("potential", "info", "Li.json", "--json")
    #expect(try object(info.output)["force_calls"] as? Int == 30)
    let domain = try #require(try object(info.output)["domain"] as? [String: Any])
    #expect(domain["forceCalls"] as? [String: Int] == ["Li": 30])
    let told = try program.run("potential", "info", "Li.json").output
    #expect(told.contains("force calls 30 of Li; cells of at most"))
    #expect(told.contains("a cell is refused where"))
    let test = try program.run("potential", "test", "Li.json", "--json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(test.output.utf8)) as? [[String: Any]])
    #expect(rows.compactMap { $0["force_calls"] as? Int }.reduce(0, +) == 30)
    let export = try program.run("potential", "export", "Li.json", "--output", "Li.yace")
    #expect(export.code == 0)
    let text = try String(contentsOfFile: "\(program.folder)/Li.yace", encoding: .utf8)
    #expect(text.hasPrefix("elements: [Li]"))

    let run = try program.run(
      "assess", "Li", "--engine", "learned:Li.json", "--preset", "quick", "--json", "--quiet")
    #expect(run.code == 0, "\(run.errors)")
    let result = try object(run.output)
    // The sum rule: the metal on itself adheres by twice its surface energy.
    let (work, sigma) = (
      try energy(result, "work_of_adhesion"), try energy(result, "surface_energy")
    )
    #expect((work.value - 2 * sigma.value).magnitude < 0.03)
  }

  @Test(
    "both faces of an oxide of three elements are known, and its sigma is told with the phases that it is beside"
  )
  func facesOfAnOxide() throws {
    let program = try Program()
    var works: [Double] = []
    for termination in ["1", "2"] {
      let run = try program.run(
        "assess", "Li3OCl", "--metal", "Li", "--termination", termination, "--quiet", "--store",
        "a.sqlite")
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.output.contains("learned Li-O-Cl"))
      let sigma = try #require(
        run.output.split(separator: "\n").first { $0.contains("sigma of the substrate") })
      #expect(sigma.hasSuffix(", beside Li, LiCl, Li2O"))
      let work = try #require(run.output.split(separator: "\n").first { $0.contains("W_ad, ") })
      works.append(try #require(Double(work.split(separator: " ")[5])))
    }
    // The oxygen face holds lithium, the chlorine face does not: GPAW on its own grid had 0.87 and 0.31.
    #expect((0.1...0.5).contains(works[0]) && (0.7...1).contains(works[1]), "\(works)")
  }

  @Test(
    "options that no potential can have are refused",
    arguments: [
      (["--degrees", "24,24,24"], "--degrees"), (["--compute", "-3"], "--compute"),
      (["--largest-cell", "2"], "'2' is no value for --largest-cell"),
      (["--cutoff", "50.5"], "'50.5' is no value for --cutoff"), (["--engines", "0"], "--engines"),
    ])
  func options(_ options: [String], _ says: String) throws {
    let program = try Program()
    let run = try program.finish(program.start(["train", "Li", "Cl"] + options))
    #expect(run.code == 64)
    #expect(run.errors.contains(says))
  }
}
