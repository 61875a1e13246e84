import Engines
import Foundation
import Structures

extension Double {
  /// e to this power.
  var exponential: Double { exp(self) }
}

/// BFGS as it is used where nothing is known: the baseline for counts of force calls.
///
/// The first Hessian is the unit matrix times 70 eV/angstrom^2 and steps are of at most 0.2 angstrom,
/// the defaults of ASE 3.22.
enum PlainBFGS {
  static func forceCalls(_ start: Structure, engine: MorseEngine, threshold: Double) -> Int {
    let size = 3 * start.count
    var inverse = [Double](repeating: 0, count: size * size)
    for index in 0..<size { inverse[index * size + index] = 1 / 70 }
    var structure = start
    var calls = 0
    var previous: (gradient: [Double], step: [Double])?
    while calls < 500 {
      let forces = engine.energyForcesAndStress(of: structure).forces
      calls += 1
      if (forces.map(\.length).max() ?? 0) < threshold { return calls }
      let gradient: [Double] = forces.flatMap { [-$0.x, -$0.y, -$0.z] }
      if let (old, step) = previous {
        let change: [Double] = zip(gradient, old).map { $0 - $1 }
        let curvature: Double = zip(step, change).map(*).reduce(0, +)
        if curvature > 1e-12 { update(&inverse, size, step, change, curvature) }
      }
      var step = product(inverse, gradient).map { -$0 }
      var longest = 0.0
      for atom in 0..<start.count {
        let move = Vector3(step[3 * atom], step[3 * atom + 1], step[3 * atom + 2])
        longest = max(longest, move.length)
      }
      if longest > 0.2 { step = step.map { $0 * 0.2 / longest } }
      for atom in 0..<start.count {
        let move = Vector3(step[3 * atom], step[3 * atom + 1], step[3 * atom + 2])
        structure.positions[atom].vector += move
      }
      previous = (gradient, step)
    }
    return calls
  }

  /// Square matrix, by rows, times a vector.
  private static func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
    let size = vector.count
    return (0..<size).map { row in
      var sum = 0.0
      for column in 0..<size { sum += matrix[row * size + column] * vector[column] }
      return sum
    }
  }

  /// The inverse form of the BFGS update (Nocedal & Wright 2006, eq 6.17).
  private static func update(
    _ inverse: inout [Double], _ size: Int, _ s: [Double], _ y: [Double], _ curvature: Double
  ) {
    let hy = product(inverse, y)
    let yhy = zip(y, hy).map(*).reduce(0, +)
    for row in 0..<size {
      for column in 0..<size {
        let outer = (1 + yhy / curvature) * s[row] * s[column]
        let mixed = hy[row] * s[column] + s[row] * hy[column]
        inverse[row * size + column] += (outer - mixed) / curvature
      }
    }
  }
}
