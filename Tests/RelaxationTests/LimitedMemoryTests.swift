import Engines
import KIMEngine
import Relaxation
import Structures
import TestSupport
import Testing

@Suite struct LimitedMemoryTests {
  /// A crystal of many atoms finds back to the energy of the perfect one, in few force calls.
  @Test func aRattledCrystalFindsBack() async throws {
    let engine = try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium])
    let perfect = try #require(Prototype.metal(.lithium, .bcc))
      .deformed(by: Matrix3.identity * (3.532 / 3.44)).supercell(.diagonal(5, 5, 5))
    #expect(perfect.count == 250)
    let energy = try engine.energyForcesAndStress(of: perfect).energy
    let result = try await relax(
      perfect.rattled(by: 0.12, seed: 12), engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-3))
    #expect(result.outcome == .converged)
    #expect((result.evaluation.energy - energy).magnitude < 1e-3)
    #expect(result.forceCalls < 40)
  }

  /// Few and many atoms go by different models of the energy: a supercell above the limit and its cell
  /// below it end at the same energy for each atom and the same cell, held atoms and strains included.
  @Test func bothModelsEndAtOneMinimum() async throws {
    let engine = try KIMEngine(
      model: "KimJungLee_2012_LiMg", elements: [.lithium, #require(Element(symbol: "Mg"))])
    let start = try #require(Prototype.named("LiMg")).structure.supercell(.diagonal(2, 2, 3))
    var sheared = Matrix3.identity
    sheared[0, 1] = 0.02
    sheared[2, 2] = 1.03
    let small = try await relaxCell(
      start.deformed(by: sheared), freedom: .full, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-3, stressThreshold: 1e-5))
    let large = try await relaxCell(
      start.deformed(by: sheared).supercell(.diagonal(2, 2, 2)), freedom: .full, engine: engine,
      sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-3, stressThreshold: 1e-5))
    #expect(small.outcome == .converged)
    #expect(large.outcome == .converged)
    #expect((large.evaluation.energy / 8 - small.evaluation.energy).magnitude < 1e-4)
    let ratio = large.structure.cell.volume / small.structure.cell.volume / 8
    #expect((ratio - 1).magnitude < 1e-3)
  }

  @Test func heldAtomsOfALargeCellStay() async throws {
    let engine = try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium])
    let start = try #require(Prototype.metal(.lithium, .bcc)).supercell(.diagonal(4, 4, 5))
      .rattled(by: 0.1, seed: 2)
    let held = Set(0..<40)
    let result = try await relax(
      start, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 5e-3, fixedAtoms: held))
    #expect(result.outcome == .converged)
    for atom in held { #expect(result.structure.positions[atom] == start.positions[atom]) }
    #expect(result.structure.positions[100] != start.positions[100])
  }
}
