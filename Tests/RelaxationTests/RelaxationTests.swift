import Engines
import Relaxation
import Structures
import TestSupport
import Testing

@Suite struct RelaxationTests {
  let engine = TestSystems.morse

  func slab() throws -> Structure {
    let metal = try #require(Prototype.metal(.lithium, .fcc))
    var slab = metal.supercell(.diagonal(1, 1, 6))
    slab.cell.c.z += 15
    return slab
  }

  @Test func forcesEndBelowTheThresholdAndTheEnergyFell() async throws {
    let start = TestSystems.triclinic.rattled(by: 0.15, seed: 1)
    let result = try await relax(
      start, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-4))
    #expect(result.outcome == .converged)
    #expect(result.evaluation.largestForce <= 1.01e-4)
    #expect(result.evaluation.energy < result.trace[0].energy)
    #expect(result.forceCalls == result.trace.count)
    let again = engine.energyForcesAndStress(of: result.structure)
    #expect(again.energy == result.evaluation.energy)
  }

  @Test func theSameStartGivesBitwiseTheSameEnd() async throws {
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 2)
    let settings = RelaxationSettings(forceThreshold: 1e-3)
    let first = try await relax(
      start, engine: engine, sampling: .gammaPoint, settings: settings)
    let second = try await relax(
      start, engine: engine, sampling: .gammaPoint, settings: settings)
    #expect(first.structure == second.structure)
    #expect(first.trace == second.trace)
  }

  @Test func rotationChangesNothing() async throws {
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 3)
    let rotation = Matrix3(
      rows: Vector3(0, -1, 0), Vector3(0.6, 0, -0.8), Vector3(0.8, 0, 0.6))
    let settings = RelaxationSettings(forceThreshold: 1e-4)
    let plain = try await relax(
      start, engine: engine, sampling: .gammaPoint, settings: settings)
    let turned = try await relax(
      start.deformed(by: rotation), engine: engine, sampling: .gammaPoint, settings: settings)
    #expect((plain.evaluation.energy - turned.evaluation.energy).magnitude < 1e-6)
    #expect(abs(plain.forceCalls - turned.forceCalls) <= 2)
  }

  @Test func fixedAtomsStay() async throws {
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 4)
    let result = try await relax(
      start, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-3, fixedAtoms: [0, 2]))
    #expect(result.outcome == .converged)
    #expect(result.structure.positions[0] == start.positions[0])
    #expect(result.structure.positions[2] == start.positions[2])
    #expect(result.structure.positions[1] != start.positions[1])
  }

  @Test func theLimitOfForceCallsIsAResult() async throws {
    let result = try await relax(
      TestSystems.triclinic.rattled(by: 0.2, seed: 5), engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-9, maximumForceCalls: 3))
    #expect(result.outcome == .forceCallLimit)
    #expect(result.forceCalls == 3)
  }

  /// Every way of finding steps ends in the same minimum.
  @Test(arguments: RelaxationMethod.allCases)
  func everyMethodEndsInTheSameMinimum(method: RelaxationMethod) async throws {
    let start = TestSystems.triclinic.rattled(by: 0.1, seed: 7)
    let settings = RelaxationSettings(
      forceThreshold: 1e-4, maximumForceCalls: 3000, method: method)
    let reference = try await relax(
      start, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-4))
    let result = try await relax(start, engine: engine, sampling: .gammaPoint, settings: settings)
    #expect(result.outcome == .converged)
    #expect((result.evaluation.energy - reference.evaluation.energy).magnitude < 1e-6)
  }

  struct Stubborn: Engine {
    let identity = EngineIdentity(name: "stubborn", settings: [:])
    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      Evaluation(
        energy: .nan, forces: [Vector3](repeating: .zero, count: structure.count),
        convergence: .notConverged(reason: "never"))
    }
  }

  @Test func anEngineThatDoesNotConvergeIsAResult() async throws {
    let result = try await relax(
      TestSystems.triclinic, engine: Stubborn(), sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 0.01))
    #expect(result.outcome == .engineNotConverged(reason: "never"))
  }

  struct Broken: Engine {
    let identity = EngineIdentity(name: "broken", settings: [:])
    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      var forces = [Vector3](repeating: .zero, count: structure.count)
      forces[1].y = .nan
      return Evaluation(energy: -1, forces: forces)
    }
  }

  /// A force that is no number is not a small one.
  @Test(arguments: RelaxationMethod.allCases)
  func aForceThatIsNoNumberIsNoConvergence(method: RelaxationMethod) async throws {
    let result = try await relax(
      TestSystems.triclinic, engine: Broken(), sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 0.01, maximumForceCalls: 5, method: method))
    #expect(result.outcome != .converged)
    #expect(result.residualForce == .infinity)
  }

  /// Forces with noise like a plane-wave code's, drawn from the geometry so that it repeats.
  struct Noisy: Engine {
    let inner: MorseEngine
    let amplitude: Double
    var identity: EngineIdentity { inner.identity }
    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      var result = inner.energyForcesAndStress(of: structure)
      let seed = structure.positions.reduce(UInt64(0)) { $0 &+ $1.vector.z.bitPattern }
      var random = TestSystems.Random(seed: seed)
      for index in result.forces.indices {
        for axis in 0..<3 {
          result.forces[index][axis] += Double.random(
            in: -amplitude...amplitude, using: &random)
        }
      }
      result.energy += Double.random(in: -1e-4...1e-4, using: &random)
      return result
    }
  }

  @Test(arguments: [0.03, 0.01])
  func noiseDoesNotKeepItFromConverging(threshold: Double) async throws {
    let result = try await relax(
      TestSystems.triclinic.rattled(by: 0.1, seed: 6),
      engine: Noisy(inner: engine, amplitude: 2e-3), sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: threshold, maximumForceCalls: 60))
    #expect(result.outcome == .converged)
  }

  /// A cleaved slab of twelve layers is the chain that plain BFGS finds hard: the model Hessian needs
  /// half its force calls or fewer.
  @Test func aThickSlabNeedsHalfTheCallsOfPlainBFGS() async throws {
    let start = try slab()
    let threshold = 0.005
    let result = try await relax(
      start, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: threshold))
    let plain = PlainBFGS.forceCalls(start, engine: engine, threshold: threshold)
    #expect(result.outcome == .converged)
    #expect(2 * result.forceCalls <= plain, "\(result.forceCalls) against \(plain)")
  }
}

@Suite struct CellRelaxationTests {
  let engine = TestSystems.morse

  /// The lattice parameter of least energy by a fine scan, against relaxations from 3 % either side.
  @Test(arguments: [0.97, 1.03])
  func aStrainedCrystalFindsItsLatticeParameter(factor: Double) async throws {
    let start = try #require(Prototype.metal(.lithium, .fcc))
    func energy(_ scale: Double) -> Double {
      let f = Matrix3.identity * scale
      return engine.energyForcesAndStress(of: start.deformed(by: f)).energy
    }
    let scan = (0...6000).map { 0.89 + Double($0) * 2.5e-5 }
    let best = try #require(scan.min { energy($0) < energy($1) })
    let result = try await relaxCell(
      start.deformed(by: Matrix3.identity * (best * factor)), freedom: .full, engine: engine,
      sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-3, stressThreshold: 1e-6))
    #expect(result.outcome == .converged)
    #expect((result.structure.cell.a.x / start.cell.a.x - best).magnitude < 1e-4)
    #expect(result.forceCalls <= 10, "\(result.forceCalls)")
  }

  @Test func onlyTheNormalMovesUnderAnEpitaxialStrain() async throws {
    let metal = try #require(Prototype.metal(.lithium, .fcc))
    let strained = metal.deformed(
      by: Matrix3(rows: Vector3(1.03, 0, 0), Vector3(0, 1.03, 0), Vector3(0, 0, 1)))
    let result = try await relaxCell(
      strained, freedom: .normalOnly, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 1e-3, stressThreshold: 1e-6))
    #expect(result.outcome == .converged)
    #expect(result.structure.cell.a == strained.cell.a)
    #expect(result.structure.cell.b == strained.cell.b)
    let stress = try #require(result.evaluation.stress)
    #expect(stress[2, 2].magnitude < 1e-6)
    #expect(stress[0, 0] > 1e-4)
  }

  /// A slab's plane stays, and what is left of the stress is in it alone: c may lean.
  @Test func aHeldPlaneLeavesOnlyItsOwnStress() async throws {
    let start = TestSystems.triclinic
    let result = try await relaxCell(
      start, freedom: .inPlaneFixed, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(
        forceThreshold: 1e-3, stressThreshold: 1e-5, maximumForceCalls: 300))
    #expect(result.outcome == .converged)
    #expect((result.structure.cell.a - start.cell.a).length < 1e-9)
    #expect((result.structure.cell.b - start.cell.b).length < 1e-9)
    let stress = try #require(result.evaluation.stress)
    // a and b do not lie in xy here: what has to go is the traction on their plane.
    let area = start.cell.a.cross(start.cell.b)
    #expect(stress.apply(area / area.length).length < 2e-5)
    #expect(stress.rows.map(\.length).max() ?? 0 > 1e-4)
  }

  /// The shape stays and the pressure goes.
  @Test func aHydrostaticCellKeepsItsShape() async throws {
    let start = TestSystems.triclinic
    let result = try await relaxCell(
      start, freedom: .hydrostatic, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(
        forceThreshold: 1e-3, stressThreshold: 1e-5, maximumForceCalls: 300))
    #expect(result.outcome == .converged)
    let scale = result.structure.cell.a.x / start.cell.a.x
    for (after, before) in zip(
      [result.structure.cell.a, result.structure.cell.b, result.structure.cell.c],
      [start.cell.a, start.cell.b, start.cell.c])
    {
      #expect((after - scale * before).length < 1e-9)
    }
    let stress = try #require(result.evaluation.stress)
    #expect((stress[0, 0] + stress[1, 1] + stress[2, 2]).magnitude < 3e-5)
  }

  @Test func aTriclinicCellRelaxesCompletely() async throws {
    let result = try await relaxCell(
      TestSystems.triclinic, freedom: .full, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(
        forceThreshold: 1e-3, stressThreshold: 1e-5, maximumForceCalls: 300))
    #expect(result.outcome == .converged)
    let stress = try #require(result.evaluation.stress)
    #expect(stress.rows.flatMap { [$0.x, $0.y, $0.z] }.allSatisfy { $0.magnitude < 2e-5 })
  }
}

@Suite struct RigidGapTests {
  /// Morse wells of known minimum, deep and weak, from starts too near and too far.
  @Test(arguments: [(0.3, 1.8), (0.3, 4.0), (0.02, 2.2), (0.02, 4.2), (1.0, 2.5)])
  func findsTheMinimum(depth: Double, start: Double) async throws {
    let result = try await minimizeGap(
      initialGap: start, range: 1.0...6.0, stiffness: 1, tolerance: 1e-4
    ) { gap in
      let decay = 1 - (-1.3 * (gap - 2.5)).exponential
      let slope = 2 * depth * 1.3 * decay * (1 - decay)
      return (depth * (decay * decay - 1), slope)
    }
    #expect(result.isMinimum)
    #expect((result.energy + depth).magnitude < 5e-4)
    #expect(result.forceCalls <= 9, "\(result.forceCalls)")
  }

  @Test("a first guess that is right and a curvature that is known leave one call")
  func knownCurvature() async throws {
    // The last curvature is twice too high: by it less than the tolerance is left to gain, in truth more.
    for (start, curvature, most) in [
      (2.5, 1.014, 1), (2.505, 1.014, 1), (2.7, 1.014, 4), (2.515, 2.028, 3),
    ] {
      let result = try await minimizeGap(
        initialGap: start, range: 1.0...6.0, stiffness: curvature, curvature: curvature,
        tolerance: 1e-4
      ) { gap in
        let decay = 1 - (-1.3 * (gap - 2.5)).exponential
        return (0.3 * (decay * decay - 1), 0.78 * decay * (1 - decay))
      }
      #expect(result.isMinimum && result.forceCalls <= most)
      #expect((result.energy + 0.3).magnitude < 1e-4)
    }
  }

  @Test func aRepulsiveCurveHasNoMinimum() async throws {
    let result = try await minimizeGap(
      initialGap: 2, range: 1...4, stiffness: 1, tolerance: 1e-6
    ) { gap in (1 / gap, -1 / (gap * gap)) }
    #expect(!result.isMinimum)
    #expect((result.gap - 4).magnitude < 1e-9)
  }
}
