import Engines
import Foundation
import LearnedPotential
import StructureFiles
import Structures

/// Times a learned potential on one core, and prints one JSON line: what `Benchmarks/evaluation` compares.
///
///     evaluation-benchmark POTENTIAL REPEATS FILE...
///
/// Energies, forces and stress of each file's atoms, with a neighbour list that is there already.
@main
enum EvaluationBenchmark {
  struct Row: Encodable {
    var atoms: Int
    var seconds_per_call: Double
    var energy_ev: Double
  }

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let repeats = Int(arguments[2]), repeats > 0,
      let data = FileManager.default.contents(atPath: arguments[1])
    else {
      FileHandle.standardError.write(
        Data("usage: evaluation-benchmark POTENTIAL REPEATS FILE...\n".utf8))
      exit(64)
    }
    let file = try PotentialFile(data: data)
    let potential = CompiledPotential(
      basis: ClusterBasis(file.basis), coefficients: file.coefficients)
    var rows: [Row] = []
    for path in arguments[3...] {
      let structure = try StructureFile.read(path: path)
      var neighborhood = PeriodicNeighborhood(cutoff: file.basis.cutoff, skin: 0)
      neighborhood.update(structure)
      var energy = potential.evaluate(structure, neighborhood, cores: 1).evaluation.energy
      let clock = ContinuousClock.now
      for _ in 0..<repeats {
        energy = potential.evaluate(structure, neighborhood, cores: 1).evaluation.energy
      }
      rows.append(
        Row(
          atoms: structure.count,
          seconds_per_call: (ContinuousClock.now - clock) / .seconds(1) / Double(repeats),
          energy_ev: energy))
    }
    print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self))
  }
}
