import Engines
import Foundation
import KIMEngine
import StructureFiles
import Structures

/// Times force calls of a KIM model, and prints one JSON line: what `Benchmarks/potentials` compares.
///
///     potential-benchmark MODEL STEPS FILE...
///
/// Each file's atoms, which may be rattled, move for so many steps of 1 fs, so that neighbour lists are
/// renewed as often as in real work.
@main
enum PotentialBenchmark {
  /// One file's times.
  struct Row: Encodable {
    var atoms: Int
    var steps: Int
    var seconds_per_call: Double
    var energy_ev: Double
  }

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let steps = Int(arguments[2]), steps > 0 else {
      FileHandle.standardError.write(Data("usage: potential-benchmark MODEL STEPS FILE...\n".utf8))
      exit(64)
    }
    var rows: [Row] = []
    for path in arguments[3...] {
      let structure = try StructureFile.read(path: path)
      let engine = try KIMEngine(model: arguments[1], elements: structure.elements)
      rows.append(try time(structure, engine, steps: steps))
    }
    print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self))
  }

  /// Velocity Verlet from rest; the first call, which builds everything, is not counted.
  private static func time(
    _ start: Structure, _ engine: KIMEngine, steps: Int
  ) throws -> Row {
    var structure = start
    // 1 fs; masses in eV fs^2/angstrom^2, all as lithium's: what counts is that atoms move.
    let (step, mass) = (1.0, 6.94 * 103.642697)
    var velocities = [Vector3](repeating: .zero, count: structure.count)
    var current = try engine.energyForcesAndStress(of: structure)
    let clock = ContinuousClock.now
    for _ in 0..<steps {
      for atom in velocities.indices {
        velocities[atom] += (0.5 * step / mass) * current.forces[atom]
        structure.positions[atom].vector += step * velocities[atom]
      }
      current = try engine.energyForcesAndStress(of: structure)
      for atom in velocities.indices {
        velocities[atom] += (0.5 * step / mass) * current.forces[atom]
      }
    }
    return Row(
      atoms: structure.count, steps: steps,
      seconds_per_call: (ContinuousClock.now - clock) / .seconds(1) / Double(steps),
      energy_ev: current.energy)
  }
}
