import Engines
import Foundation
import LearnedPotential
import Structures
import TestSupport
import Testing

@Suite("Potentials in files and in an engine's place")
struct PotentialFileTests {
  /// A potential learned from a Morse potential's answers.
  static func file(examples count: UInt64 = 40) async throws -> PotentialFile {
    let held = try await LearnedPotentialTests.examples(300..<306)
    let potential = LearnedPotentialTests.trained(
      on: try await LearnedPotentialTests.examples(0..<count))
    return PotentialFile(
      potential, name: "Li-Cl", engine: TestSystems.morse.identity,
      heldOut: HeldOutErrors(potential, held))
  }

  @Test("what is written is read, and answers alike to the last bit")
  func roundTrip() async throws {
    let file = try await Self.file()
    let again = try PotentialFile(data: try file.data)
    #expect(again == file)
    let structure = TestSystems.triclinic.rattled(by: 0.1, seed: 2)
    let answers = try await [file, again].asyncMap {
      try await LearnedEngine($0, hash: "").evaluate(structure, sampling: .gammaPoint)
    }
    #expect(answers[0].energy == answers[1].energy && answers[0].forces == answers[1].forces)
  }

  @Test("a file that is no potential, or a damaged one, is refused")
  func refused() async throws {
    let good = try await Self.file()
    func data(_ change: (inout PotentialFile) -> Void) throws -> Data {
      var file = good
      change(&file)
      return try file.data
    }
    func error(_ data: Data) -> PotentialFileError? {
      do throws(PotentialFileError) {
        _ = try PotentialFile(data: data)
        return nil
      } catch {
        return error
      }
    }
    #expect(error(Data("{}".utf8)) == .notPotential)
    #expect(error(Data("pair_style pace".utf8)) == .notPotential)
    #expect(error(try good.data.dropLast(100)) == .notPotential)
    #expect(error(try data { $0.form = 9 }) == .otherForm(9, known: 1))
    #expect(error(try data { $0.basis.degrees = [10_000] }) == .badSettings)
    #expect(error(try data { $0.basis.cutoff = 1e9 }) == .badSettings)
    #expect(
      error(try data { $0.coefficients.removeLast() })
        == .wrongCount(good.coefficients.count - 1, expected: good.coefficients.count))
    #expect(error(try data { $0.committee = [] }) != nil)
  }

  @Test("near its data it answers; far from them, and for other elements, it refuses")
  func domain() async throws {
    let engine = LearnedEngine(try await Self.file(), hash: "abc")
    #expect(engine.identity.settings == ["potential": "Li-Cl", "hash": "abc"])
    let structure = TestSystems.triclinic.rattled(by: 0.1, seed: 2)
    let near = try await engine.evaluate(structure, sampling: .gammaPoint)
    #expect(near.isConverged)
    let collapsed = try await engine.evaluate(
      structure.deformed(by: Matrix3.identity * 1e-6), sampling: .gammaPoint)
    #expect(!collapsed.isConverged)
    let truth = TestSystems.morse.energyForcesAndStress(of: structure)
    for (force, expected) in zip(near.forces, truth.forces) {
      #expect((force - expected).length < 0.2)
    }
    // Pulled apart: no data, hardly a force, and no agreement.
    let far = structure.deformed(by: Matrix3.identity * 1.3)
    let answer = try await engine.evaluate(far, sampling: .gammaPoint)
    guard case .notConverged(let reason) = answer.convergence else {
      Issue.record("a potential must not answer where its committee disagrees")
      return
    }
    #expect(reason.contains("Li-Cl") && reason.contains("eV/angstrom"))
    var foreign = structure
    foreign.species[0] = .sodium
    await #expect(throws: EngineError.self) {
      try await engine.evaluate(foreign, sampling: .gammaPoint)
    }
  }

  /// Rock salt: unlike atoms half an edge apart, like ones by sqrt(1/2) of it.
  @Test("what was seen is counted by elements, with the shortest distances")
  func seen() {
    let edge = 5.0
    let salt = Structure(
      cell: Cell(a: Vector3(edge, 0, 0), b: Vector3(0, edge, 0), c: Vector3(0, 0, edge)),
      species: [
        .lithium, .lithium, .lithium, .lithium, .chlorine, .chlorine, .chlorine, .chlorine,
      ],
      fractionalPositions: [
        FractionalPosition(0, 0, 0), FractionalPosition(0.5, 0.5, 0),
        FractionalPosition(0.5, 0, 0.5), FractionalPosition(0, 0.5, 0.5),
        FractionalPosition(0.5, 0, 0), FractionalPosition(0, 0.5, 0),
        FractionalPosition(0, 0, 0.5), FractionalPosition(0.5, 0.5, 0.5),
      ])
    let metal = Structure(
      cell: Cell(a: Vector3(3.4, 0, 0), b: Vector3(0, 3.4, 0), c: Vector3(0, 0, 3.4)),
      species: [.lithium, .lithium],
      fractionalPositions: [FractionalPosition(0, 0, 0), FractionalPosition(0.5, 0.5, 0.5)])
    let domain = TrainingDomain([salt, metal, metal])
    #expect(domain.forceCalls == ["Li": 2, "Li-Cl": 1])
    #expect(domain.largestCell == 8)
    let expected = [
      "Li-Cl": edge / 2, "Cl": edge / 2.0.squareRoot(), "Li": 3.4 * 0.75.squareRoot(),
    ]
    #expect(Set(domain.shortestDistances.keys) == Set(expected.keys))
    for (pair, distance) in expected {
      #expect(abs((domain.shortestDistances[pair] ?? 0) - distance) < 1e-12, "\(pair)")
    }
  }

  /// Errors of 13 with noise of 4 and 3 held open: sqrt((13^2 - 4^2)/3^2) times as much explains them, and with that the
  /// prediction is as large as the errors.
  @Test("what a fit holds open is stretched to what its errors are")
  func stretch() throws {
    func errors(_ predicted: Double, force: Double, stretch: Double) throws -> HeldOutErrors {
      try JSONDecoder().decode(
        HeldOutErrors.self,
        from: Data(
          """
          {"examples": 1, "force": \(force), "predictedForce": \(predicted), "openForce": 3, "forceSize": 50,
           "withinTwoDeviations": 1, "stretch": \(stretch)}
          """.utf8))
    }
    let plain = try errors(5, force: 13, stretch: 1)
    #expect((plain.neededStretch - (153.0 / 9).squareRoot()).magnitude < 1e-12)
    let stretched = try errors(13, force: 13, stretch: (153.0 / 9).squareRoot())
    #expect((stretched.neededStretch - (153.0 / 9).squareRoot()).magnitude < 1e-12)
    // Never less than what the fit itself holds open.
    #expect(try errors(5, force: 1, stretch: 1).neededStretch == 1)
  }

  @Test("the committee's spread of forces is as large as the errors on held-out data")
  func committee() async throws {
    let file = try await Self.file()
    let members = (0..<file.committee.count).map { LearnedEngine(file, hash: "", member: $0) }
    var (spread, error) = (0.0, 0.0)
    for example in try await LearnedPotentialTests.examples(400..<410) {
      let answers = try await members.asyncMap {
        try await $0.evaluate(example.structure, sampling: .gammaPoint).forces
      }
      let mean = try await LearnedEngine(file, hash: "").evaluate(
        example.structure, sampling: .gammaPoint
      ).forces
      for atom in example.forces.indices {
        spread +=
          answers.reduce(0) { $0 + ($1[atom] - mean[atom]).dot($1[atom] - mean[atom]) }
          / Double(answers.count)
        let difference = mean[atom] - example.forces[atom]
        error += difference.dot(difference)
      }
    }
    let ratio = (spread / error).squareRoot()
    #expect(ratio > 0.5 && ratio < 2, "ratio \(ratio)")
  }
}

extension Sequence where Self: Sendable, Element: Sendable {
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value]
  {
    var result: [Value] = []
    for element in self { result.append(try await body(element)) }
    return result
  }
}
