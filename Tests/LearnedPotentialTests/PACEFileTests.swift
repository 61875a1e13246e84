import Engines
import Foundation
import Structures
import TestSupport
import Testing

@testable import LearnedPotential

/// What ML-PACE's own evaluator says of an exported potential is in `Reference/pace.json`, made by
/// `Reference/pace_reference.py` from the two files that this test writes where LACUNA_RECORD names a folder.
@Suite("Potentials for LAMMPS's ML-PACE")
struct PACEFileTests {
  struct Reference: Decodable {
    struct Answer: Decodable {
      var energy_ev: Double
      var forces_ev_per_angstrom: [[Double]]
      var stress_ev_per_angstrom3: [Double]
    }
    var answers: [Answer]
  }

  static let basis = ClusterBasis(
    ClusterBasisSettings(
      elements: [.lithium, .chlorine], cutoff: 5.5, degrees: [8, 7, 7], exponent: 1.5))

  static let structures: [Structure] = (0..<4).map { seed in
    TestSystems.triclinic.deformed(by: Matrix3.identity * (0.94 + 0.03 * Double(seed)))
      .rattled(by: 0.2, seed: UInt64(seed))
  }

  /// Coefficients that fall with degree, as a fit's do.
  static let coefficients: [Double] = {
    var random = SplitMix(state: 3)
    return basis.degrees.map { degree, order in
      order == 0 ? -2 : random.normal() / (1 + degree * degree)
    }
  }()

  @Test("ML-PACE's evaluator gives the same energies, forces and stresses")
  func evaluator() throws {
    let text = PACEFile(basis: Self.basis, coefficients: Self.coefficients).text
    if let folder = ProcessInfo.processInfo.environment["LACUNA_RECORD"] {
      try text.write(toFile: "\(folder)/pace.yace", atomically: true, encoding: .utf8)
      let frames = Self.structures.map { structure in
        let cell = structure.cell
        let vectors = [cell.a, cell.b, cell.c].map { "\($0.x) \($0.y) \($0.z)" }
        return "\(structure.count)\nLattice=\"\(vectors.joined(separator: " "))\" pbc=\"T T T\"\n"
          + zip(structure.species, structure.positions).map { element, position in
            "\(element) \(position.x) \(position.y) \(position.z)\n"
          }.joined()
      }
      try frames.joined()
        .write(toFile: "\(folder)/pace.xyz", atomically: true, encoding: .utf8)
    }
    let reference = try JSONDecoder().decode(
      Reference.self,
      from: try Data(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
          .appendingPathComponent("Reference/pace.json")))
    #expect(reference.answers.count == Self.structures.count)
    let potential = CompiledPotential(basis: Self.basis, coefficients: Self.coefficients)
    for (structure, expected) in zip(Self.structures, reference.answers) {
      let answer = potential.evaluate(structure).evaluation
      #expect(abs(answer.energy - expected.energy_ev) < 1e-8)
      for (force, other) in zip(answer.forces, expected.forces_ev_per_angstrom) {
        for axis in 0..<3 { #expect(abs(force[axis] - other[axis]) < 1e-7) }
      }
      let stress = try #require(answer.stress)
      let order = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
      for ((i, j), other) in zip(order, expected.stress_ev_per_angstrom3) {
        #expect(abs(stress[i, j] - other) < 1e-8)
      }
    }
  }
}
