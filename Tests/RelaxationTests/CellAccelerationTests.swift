import Engines
import Structures
import Synchronization
import TestSupport
import Testing

@testable import Relaxation

@Suite("Cell relaxations that a model shortens")
struct CellAccelerationTests {
  typealias Model = AccelerationTests.Model
  typealias Counted = AccelerationTests.Counted

  static let crystal = TestSystems.triclinic.supercell(.diagonal(2, 1, 1))
  /// Near the crystal's minimum, so that all ways lead to the same one.
  static let start = Task {
    try await relaxCell(
      crystal, freedom: .full, engine: TestSystems.morse, sampling: .gammaPoint,
      settings: RelaxationSettings(
        forceThreshold: 1e-3, stressThreshold: 1e-5, maximumForceCalls: 500)
    ).structure.deformed(
      by: Matrix3(rows: Vector3(1.02, 0.005, 0), Vector3(0.005, 0.99, 0), Vector3(0, 0, 1.01))
    ).rattled(by: 0.03, seed: 6)
  }
  static let settings = RelaxationSettings(forceThreshold: 0.005, stressThreshold: 1e-4)

  @Test(
    "a model that is right leaves the engine a few calls; one that is wrong does no harm",
    arguments: [CellFreedom.full, .inPlaneFixed, .normalOnly, .hydrostatic])
  func models(freedom: CellFreedom) async throws {
    let start = try await Self.start.value
    let plain = Counted(nil)
    let truth = try await relaxCell(
      start, freedom: freedom, engine: plain, sampling: .gammaPoint, settings: Self.settings)
    #expect(truth.outcome == .converged)
    let own = plain.calls.withLock { $0 }
    for (factor, most) in [(1.0, 5), (0.7, own), (-1, 2 * own)] {
      let engine = Counted(Model(factor: factor))
      let result = try await relaxCell(
        start, freedom: freedom, engine: engine, sampling: .gammaPoint,
        settings: Self.settings)
      #expect(result.outcome == .converged)
      #expect(result.evaluation == TestSystems.morse.energyForcesAndStress(of: result.structure))
      #expect(result.residualForce < 0.005)
      #expect(try #require(result.trace.last).residualStress < 1e-4)
      #expect(abs(result.evaluation.energy - truth.evaluation.energy) < 2e-3)
      #expect(engine.calls.withLock { $0 } <= most, "factor \(factor), alone \(own)")
      if freedom == .inPlaneFixed || freedom == .normalOnly {
        #expect((result.structure.cell.a - start.cell.a).length < 1e-9)
        #expect((result.structure.cell.b - start.cell.b).length < 1e-9)
      }
    }
  }

  @Test("a finished one is found again, and is another question with other strains free")
  func finished() async throws {
    let start = try await Self.start.value
    let model = Model(factor: 0.9)
    let engine = Counted(model)
    func relaxed(_ freedom: CellFreedom) async throws -> RelaxationResult {
      try await relaxCell(
        start, freedom: freedom, engine: engine, sampling: .gammaPoint,
        settings: Self.settings)
    }
    let first = try await relaxed(.full)
    let before = engine.calls.withLock { $0 }
    let second = try await relaxed(.full)
    #expect(engine.calls.withLock { $0 } == before + 1)
    #expect(second.structure == first.structure && second.trace == first.trace)
    #expect(try await relaxed(.hydrostatic).structure != first.structure)
    // An end in a cell that the start cannot reach is none, however small its forces are.
    let question = RelaxationQuestion(
      structures: [start], sampling: asked, engine: engine.identity,
      search: .cell(Self.settings, .normalOnly))
    let own = try await relaxed(.normalOnly)
    #expect((own.structure.cell.a - start.cell.a).length < 1e-9)
    for wrong in [first.structure, first.structure.removing(at: 0), Self.collapsed(start)] {
      model.keep(FinishedRelaxation(structures: [wrong], trace: [], forceCalls: 1), for: question)
      let again = try await relaxed(.normalOnly)
      #expect((again.structure.cell.a - start.cell.a).length < 1e-9)
      #expect(again.outcome == .converged && again.structure.count == start.count)
    }
  }

  /// The mesh with which cell relaxations ask.
  private var asked: Sampling {
    var sampling = Sampling.gammaPoint
    sampling.needsStress = true
    return sampling
  }

  private static func collapsed(_ structure: Structure) -> Structure {
    structure.deformed(
      by: Matrix3(rows: Vector3(1, 0, 0), Vector3(0, 1, 0), Vector3(0, 0, 1e-9)))
  }

  @Test("free coordinates are counted without those that symmetry holds")
  func freedoms() throws {
    let salt = try #require(Prototype.named("LiCl")).structure
    let hexagonal = try #require(Prototype.metal(.lithium, .hcp))
    for (structure, freedom, count) in [
      (salt, CellFreedom.full, 1), (salt, .normalOnly, 1), (hexagonal, .full, 2),
      (TestSystems.triclinic, .full, 15), (TestSystems.triclinic, .hydrostatic, 10),
    ] {
      let coordinates = MoveCoordinates(
        from: structure, strains: freedom.strainBasis(of: structure.cell))
      #expect(coordinates.freedoms(of: structure, fixedAtoms: []) == count, "\(freedom)")
    }
  }

  @Test("a simple crystal is relaxed without a model, so that all get the same cell")
  func simple() async throws {
    let crystal = try #require(Prototype.named("LiCl")).structure
    let ends = try await [nil, Model(factor: 1)].asyncMap { model in
      try await relaxCell(
        crystal.deformed(by: Matrix3.identity * 0.98), freedom: .full, engine: Counted(model),
        sampling: .gammaPoint, settings: Self.settings
      ).structure
    }
    #expect(ends[0] == ends[1])
  }

  @Test("a step between two structures leads there, and forces are derivatives of the energy")
  func coordinates() throws {
    let start = Self.crystal
    for freedom in CellFreedom.allCases {
      let coordinates = MoveCoordinates(from: start, strains: freedom.strainBasis(of: start.cell))
      var random = TestSystems.Random(seed: 9)
      let step = (0..<(3 * start.count + coordinates.strains.count)).map { _ in
        Double.random(in: -0.1...0.1, using: &random)
      }
      let goal = coordinates.moved(start, by: step)
      for (given, found) in zip(step, coordinates.step(from: start, to: goal)) {
        #expect(abs(given - found) < 1e-12)
      }
      #expect(coordinates.length(step) <= 0.1 * 3.0.squareRoot())
      // Where the cell is that of the start, derivatives are exact.
      let here = TestSystems.morse.energyForcesAndStress(of: start)
      let forces = try #require(
        coordinates.forces(here.forces, stress: here.stress, in: start))
      func energy(_ amount: Double) -> Double {
        TestSystems.morse.energyForcesAndStress(
          of: coordinates.moved(start, by: step.map { $0 * amount })
        ).energy
      }
      let slope = (energy(1e-4) - energy(-1e-4)) / 2e-4
      #expect(abs(slope + Vectors.dot(forces, step)) < 1e-6)
      // What is put in as forces on strains comes out as a stress that has them.
      let stress = coordinates.stress(ofForces: step, in: goal)
      let back = try #require(
        coordinates.forces(
          [Vector3](repeating: .zero, count: goal.count), stress: stress, in: goal))
      for (given, found) in zip(step[(3 * goal.count)...], back[(3 * goal.count)...]) {
        #expect(abs(given - found) < 1e-12)
      }
      #expect(coordinates.forces(here.forces, stress: nil, in: start) == nil)
    }
  }

  @Test("atoms keep their places in a cell that is turned, which no strain can follow")
  func turned() {
    let start = Self.crystal
    let coordinates = MoveCoordinates(
      from: start, strains: CellFreedom.full.strainBasis(of: start.cell))
    let angle = 1e-3
    let turned = start.deformed(
      by: Matrix3(rows: Vector3(1, -angle, 0), Vector3(angle, 1, 0), Vector3(0, 0, 1)))
    let step = coordinates.step(from: start, to: turned)
    #expect(step.allSatisfy { $0.magnitude < 1e-9 })
    #expect(coordinates.farthestMove(from: start, to: turned) < 1e-9)
  }

  @Test("strains of a cubic crystal are even ones, and those that are held break no axis")
  func symmetry() throws {
    let crystal = try #require(Prototype.named("LiCl")).structure
    let strains = CellFreedom.full.strainBasis(of: crystal.cell)
    let atoms = [Double](repeating: 0, count: 3 * crystal.count)
    let even = SymmetricMoves(of: crystal, strains: strains)
      .projected(atoms + [3, 0, 0, 1, 2, 3])
    for (index, value) in even.suffix(6).enumerated() {
      #expect(abs(value - (index < 3 ? 1 : 0)) < 1e-12)
    }
    let cube = Structure(
      cell: Cell(a: Vector3(3.4, 0, 0), b: Vector3(0, 3.4, 0), c: Vector3(0, 0, 3.4)),
      species: [.lithium], fractionalPositions: [FractionalPosition(0, 0, 0)])
    for (freedom, given, kept) in [
      (CellFreedom.normalOnly, [2.0], [2.0]), (.inPlaneFixed, [2.0, 1, 1], [2.0, 0, 0]),
      (.hydrostatic, [2.0], [2.0]),
    ] {
      let moves = SymmetricMoves(of: cube, strains: freedom.strainBasis(of: cube.cell))
      for (found, expected) in zip(moves.projected([0, 0, 0] + given).suffix(given.count), kept) {
        #expect(abs(found - expected) < 1e-12, "\(freedom)")
      }
    }
  }
}

extension Sequence {
  fileprivate func asyncMap<Result>(
    _ transform: (Element) async throws -> Result
  ) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
