import Foundation
public import Structures

/// Pairs of atoms bound by Morse's potential, smoothly cut off: an engine whose answers are exact.
///
/// `E = sum_pairs D [(1 - exp(-a (r - r0)))^2 - 1] s(r)` with a switch s that falls from 1 to 0
/// between nine tenths of the cut-off and the cut-off, with two continuous derivatives. It serves
/// tests and demonstrations: no metal is bound by pairs alone.
///
/// ## References
/// P. M. Morse, Phys. Rev. 34, 57 (1929), doi:10.1103/PhysRev.34.57.
public struct MorseEngine: Engine {
  /// Parameters of one pair of elements.
  public struct Pair: Sendable, Hashable, Codable {
    /// Depth D in eV.
    public var depth: Double
    /// Width a in 1/angstrom.
    public var width: Double
    /// Distance of least energy r0 in angstrom.
    public var distance: Double

    /// Creates parameters; depth in eV, width in 1/angstrom, distance in angstrom.
    public init(depth: Double, width: Double, distance: Double) {
      self.depth = depth
      self.width = width
      self.distance = distance
    }
  }

  private let pairs: [Set<Element>: Pair]
  private let cutoff: Double

  /// Creates an engine.
  ///
  /// - Parameters:
  ///   - pairs: parameters by the one or two elements of a pair; other pairs do not interact.
  ///   - cutoff: distance in angstrom beyond which nothing interacts.
  public init(pairs: [Set<Element>: Pair], cutoff: Double) {
    self.pairs = pairs
    self.cutoff = cutoff
  }

  /// Name "morse" and all parameters.
  public var identity: EngineIdentity {
    var settings = ["cutoff_angstrom": String(cutoff)]
    for (elements, pair) in pairs {
      let name = elements.hyphenatedSymbols
      settings[name] = "\(pair.depth) eV, \(pair.width) 1/angstrom, \(pair.distance) angstrom"
    }
    return EngineIdentity(name: "morse", settings: settings)
  }

  /// Energy, forces and always the stress; O(n^2).
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    energyForcesAndStress(of: structure)
  }

  /// The same without waiting: analytic forces need no `await`.
  public func energyForcesAndStress(of structure: Structure) -> Evaluation {
    var energy = 0.0
    var forces = [Vector3](repeating: .zero, count: structure.count)
    var virial = Matrix3.zero
    for (first, list) in structure.neighbors(within: cutoff).enumerated() {
      for neighbor in list {
        let elements: Set = [structure.species[first], structure.species[neighbor.index]]
        guard let pair = pairs[elements] else { continue }
        let (value, slope) = term(pair, neighbor.distance)
        // Each pair is met twice, once from either end.
        energy += value / 2
        let unit = neighbor.displacement / neighbor.distance
        forces[first] += unit * slope
        for i in 0..<3 {
          for j in 0..<3 {
            virial[i, j] += slope * unit[i] * neighbor.displacement[j] / 2
          }
        }
      }
    }
    return Evaluation(
      energy: energy, forces: forces, stress: virial * (1 / structure.cell.volume))
  }

  /// Energy of a pair in eV and its derivative in eV/angstrom.
  private func term(_ pair: Pair, _ r: Double) -> (value: Double, slope: Double) {
    let decay = exp(-pair.width * (r - pair.distance))
    let value = pair.depth * ((1 - decay) * (1 - decay) - 1)
    let slope = 2 * pair.depth * pair.width * (1 - decay) * decay
    let start = 0.9 * cutoff
    guard r > start else { return (value, slope) }
    let t = (r - start) / (cutoff - start)
    // 1 - 10 t^3 + 15 t^4 - 6 t^5: value, slope and curvature are continuous at both ends.
    let switching = 1 - t * t * t * (10 - 15 * t + 6 * t * t)
    let change = -30 * t * t * (1 - t) * (1 - t) / (cutoff - start)
    return (value * switching, slope * switching + value * change)
  }
}
