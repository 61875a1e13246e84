public import Structures

/// What a potential has seen: outside of it the potential has to guess.
public struct TrainingDomain: Sendable, Hashable, Codable {
  /// Number of force calls by the elements that a cell holds, as "Li-Cl".
  public var forceCalls: [String: Int]
  /// Number of atoms of the largest cell.
  public var largestCell: Int
  /// Shortest distance of two atoms by their elements, as "Li-Cl", angstrom; only pairs that came within reach.
  public var shortestDistances: [String: Double]

  /// How far atoms are looked for, angstrom: no pair of neighbours in a crystal or at an interface is further apart.
  private static let reach = 6.0

  /// Looks through cells.
  ///
  /// - Parameter structures: what was learned.
  /// - Complexity: O(n) in the number of all atoms.
  public init(_ structures: [Structure]) {
    forceCalls = [:]
    shortestDistances = [:]
    largestCell = structures.map(\.count).max() ?? 0
    for structure in structures {
      forceCalls[structure.elements.hyphenatedSymbols, default: 0] += 1
      for (atom, neighbors) in structure.neighbors(within: TrainingDomain.reach).enumerated() {
        for neighbor in neighbors {
          let pair = Set([structure.species[atom], structure.species[neighbor.index]])
            .hyphenatedSymbols
          shortestDistances[pair] = min(shortestDistances[pair] ?? .infinity, neighbor.distance)
        }
      }
    }
  }
}
