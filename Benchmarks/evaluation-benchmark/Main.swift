import Engines
import Foundation
import LearnedPotential
import StructureFiles
import Structures

/// Times a learned potential on one core, and prints one JSON line: what `Benchmarks/evaluation` and `Scripts/check-exports`
/// compare.
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
    var forces_ev_per_angstrom: [[Double]]
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
      var answer = potential.evaluate(structure, neighborhood, cores: 1).evaluation
      let clock = ContinuousClock.now
      for _ in 0..<repeats {
        answer = potential.evaluate(structure, neighborhood, cores: 1).evaluation
      }
      rows.append(
        Row(
          atoms: structure.count,
          seconds_per_call: (ContinuousClock.now - clock) / .seconds(1) / Double(repeats),
          energy_ev: answer.energy,
          forces_ev_per_angstrom: answer.forces.map { [$0.x, $0.y, $0.z] }))
    }
    print(String(decoding: try JSONEncoder().encode(rows), as: UTF8.self))
  }
}
