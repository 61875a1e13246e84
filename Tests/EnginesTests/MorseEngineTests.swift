import Engines
import Structures
import TestSupport
import Testing

@Suite struct MorseEngineTests {
  let engine = TestSystems.morse

  @Test func aDimerHasTheDepthAtItsDistance() {
    let box = Cell(a: Vector3(20, 0, 0), b: Vector3(0, 20, 0), c: Vector3(0, 0, 20))
    let dimer = Structure(
      cell: box, species: [.lithium, .lithium],
      positions: [CartesianPosition(0, 0, 0), CartesianPosition(3, 0, 0)])
    let result = engine.energyForcesAndStress(of: dimer)
    #expect((result.energy + 0.2).magnitude < 1e-12)
    #expect(result.largestForce < 1e-12)
  }

  @Test func forcesAreMinusTheDerivativeOfTheEnergy() {
    let structure = TestSystems.triclinic
    let forces = engine.energyForcesAndStress(of: structure).forces
    let step = 1e-4
    for atom in 0..<structure.count {
      for axis in 0..<3 {
        var (up, down) = (structure, structure)
        up.positions[atom].vector[axis] += step
        down.positions[atom].vector[axis] -= step
        let derivative =
          (engine.energyForcesAndStress(of: up).energy
            - engine.energyForcesAndStress(of: down).energy) / (2 * step)
        #expect((forces[atom][axis] + derivative).magnitude < 1e-6)
      }
    }
  }

  @Test func stressIsTheDerivativeByStrain() throws {
    let structure = TestSystems.triclinic
    let stress = try #require(engine.energyForcesAndStress(of: structure).stress)
    let step = 1e-5
    for i in 0..<3 {
      for j in 0..<3 {
        func energy(_ sign: Double) -> Double {
          var strain = Matrix3.identity
          strain[i, j] += sign * step / 2
          strain[j, i] += sign * step / 2
          return engine.energyForcesAndStress(of: structure.deformed(by: strain)).energy
        }
        let derivative = (energy(1) - energy(-1)) / (2 * step) / structure.cell.volume
        #expect((stress[i, j] - derivative).magnitude < 1e-7)
      }
    }
  }

  @Test func energyIsExtensiveAndInvariant() {
    let structure = TestSystems.triclinic
    let energy = engine.energyForcesAndStress(of: structure).energy
    let matrix = IntegerMatrix3(SIMD3(1, 1, 0), SIMD3(0, 2, 0), SIMD3(1, 0, 1))
    let double = engine.energyForcesAndStress(of: structure.supercell(matrix)).energy
    #expect((double - 2 * energy).magnitude < 1e-9)
    let moved = structure.translated(by: Vector3(1.3, -7.1, 0.4)).wrapped
    #expect((engine.energyForcesAndStress(of: moved).energy - energy).magnitude < 1e-9)
    let turned = structure.deformed(
      by: Matrix3(rows: Vector3(0, -1, 0), Vector3(0.6, 0, -0.8), Vector3(0.8, 0, 0.6)))
    #expect((engine.energyForcesAndStress(of: turned).energy - energy).magnitude < 1e-9)
  }

  @Test func forcesSumToZero() {
    let forces = engine.energyForcesAndStress(of: TestSystems.triclinic).forces
    #expect(forces.reduce(Vector3.zero, +).length < 1e-10)
  }
}
