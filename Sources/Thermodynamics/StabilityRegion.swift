public import Structures

/// The chemical potentials at which a compound exists beside its competing phases.
///
/// With `mu_i` in eV on the engine's scale, the compound fixes `sum n_i mu_i = E`, and each competing
/// phase asks for `sum n_i mu_i <= E_phase`, or it would grow. That is a convex polytope; its corners
/// are the limits that are quoted as "rich" and "poor" in an element.
///
/// ## References
/// K. Reuter, M. Scheffler, Phys. Rev. B 65, 035406 (2001), doi:10.1103/PhysRevB.65.035406.
public struct StabilityRegion: Sendable {
  /// The compound.
  public let compound: Phase
  /// The phases that limit it.
  public let competing: [Phase]
  /// Energy of the compound above its decomposition products in eV for one formula unit; zero where it
  /// is stable.
  public let decompositionEnergy: Double
  /// Corners of the region.
  public let corners: [Corner]

  private let elements: [Element]

  /// A corner of the region.
  public struct Corner: Sendable, Hashable {
    /// Chemical potentials in eV for each atom, on the engine's scale.
    public var potentials: [Element: Double]
    /// Phases in equilibrium with the compound there.
    public var phases: [String]
    /// Whether the corner is one of the box that stands in for missing phases, not of the region.
    public var isOpen: Bool
  }

  /// How far potentials may go where no phase limits them, eV: beyond any formation energy.
  private static let reach = 50.0
  /// Energies that differ by less, eV, are equal.
  private static let tolerance = 1e-7

  /// Finds the region.
  ///
  /// A compound that is not stable has none. Its potentials are then those of its decomposition
  /// products, and ``decompositionEnergy`` says how far above them it is.
  ///
  /// - Parameters:
  ///   - compound: the compound.
  ///   - competing: phases of its elements; others, and the compound itself, are left out.
  public init(compound: Phase, competing: [Phase]) {
    let elements = compound.composition.keys.sorted()
    let rivals = competing.filter { phase in
      phase.composition != compound.composition
        && phase.composition.keys.allSatisfy(elements.contains)
    }
    self.compound = compound
    self.competing = rivals
    self.elements = elements
    func row(_ phase: Phase) -> [Double] {
      elements.map { Double(phase.composition[$0, default: 0]) }
    }
    let own = row(compound)
    // The box that keeps an open region finite: upper and lower limits of each potential, about
    // what an atom of the element has in these phases, for codes count energies from anywhere.
    let centers = StabilityRegion.energyPerAtom(
      elements.count, phases: ([compound] + rivals).map { (row($0), $0.energy) })
    let box = elements.indices.flatMap { index in
      [1.0, -1.0].map { sign in
        Constraint(
          row: elements.indices.map { $0 == index ? sign : 0 },
          limit: sign * centers[index] + StabilityRegion.reach, name: nil)
      }
    }
    let limits =
      rivals.map { Constraint(row: row($0), limit: $0.energy, name: $0.name) } + box
    // The hull under the compound: the largest sum n_i mu_i that every phase allows.
    let hull =
      StabilityRegion.corners(limits, equality: nil)
      .map { corner in zip(own, corner.values).map(*).reduce(0, +) }.max() ?? .infinity
    decompositionEnergy = max(0, compound.energy - hull)
    let fixed = Constraint(
      row: own, limit: min(compound.energy, hull), name: compound.name)
    corners = StabilityRegion.corners(limits, equality: fixed).map { corner in
      Corner(
        potentials: Dictionary(uniqueKeysWithValues: zip(elements, corner.values)),
        phases: corner.tight.compactMap { limits[$0].name },
        isOpen: corner.tight.contains { limits[$0].name == nil })
    }
  }

  /// Smallest and largest value of a sum of potentials over the region.
  ///
  /// - Parameter excess: how many atoms of each element are taken at their potential; others than
  ///   the compound's elements have none.
  /// - Returns: the two corners; nil where the region is open in that direction, so that a phase is
  ///   missing, or where an element is not the compound's.
  public func range(
    of excess: [Element: Int]
  ) -> (lowest: Corner, highest: Corner)? {
    guard excess.keys.allSatisfy(elements.contains) else { return nil }
    let values = corners.map { ($0, sum(excess, at: $0)) }
    guard let low = values.map(\.1).min(), let high = values.map(\.1).max() else { return nil }
    // Of corners with equal values, one of the region itself if there is any.
    func corner(_ value: Double) -> Corner? {
      values.first { ($0.1 - value).magnitude < 1e-6 && !$0.0.isOpen }?.0
    }
    guard let lowest = corner(low), let highest = corner(high) else { return nil }
    return (lowest, highest)
  }

  /// Sum of the potentials of an excess at a corner, eV.
  public func sum(_ excess: [Element: Int], at corner: Corner) -> Double {
    // In a fixed order: the last bits of a sum depend on it.
    excess.sorted { $0.key < $1.key }
      .map { Double($0.value) * corner.potentials[$0.key, default: 0] }.reduce(0, +)
  }

  // MARK: Geometry

  /// Energies of the elements' atoms that add up best to those of the phases (least squares), eV.
  private static func energyPerAtom(
    _ count: Int, phases: [(row: [Double], energy: Double)]
  ) -> [Double] {
    let total = phases.map(\.energy).reduce(0, +)
    let atoms = phases.flatMap(\.row).reduce(0, +)
    let mean = total / atoms
    // A weak pull to the mean decides what the phases leave open.
    let pull = 1e-6
    let equations = (0..<count).map { i -> Constraint in
      let row = (0..<count).map { j in
        phases.map { $0.row[i] * $0.row[j] }.reduce(0, +) + (i == j ? pull : 0)
      }
      return Constraint(
        row: row, limit: phases.map { $0.row[i] * $0.energy }.reduce(0, +) + pull * mean, name: nil)
    }
    return solve(equations) ?? Array(repeating: mean, count: count)
  }

  /// `row . mu <= limit`.
  private struct Constraint {
    var row: [Double]
    var limit: Double
    var name: String?
  }

  private typealias Point = (values: [Double], tight: [Int])

  /// Corners of the polytope: every choice of as many tight constraints as there are potentials.
  private static func corners(_ limits: [Constraint], equality: Constraint?) -> [Point] {
    let dimension = limits.first?.row.count ?? 0
    let free = dimension - (equality == nil ? 0 : 1)
    var found: [Point] = []
    func visit(_ start: Int, _ chosen: [Int]) {
      guard chosen.count < free else {
        let rows = (equality.map { [$0] } ?? []) + chosen.map { limits[$0] }
        guard let values = solve(rows) else { return }
        let isInside = limits.allSatisfy { limit in
          zip(limit.row, values).map(*).reduce(0, +) <= limit.limit + tolerance
        }
        guard isInside,
          !found.contains(where: { known in
            zip(known.values, values).allSatisfy { ($0 - $1).magnitude < 1e-6 }
          })
        else { return }
        let tight = limits.indices.filter { index in
          (zip(limits[index].row, values).map(*).reduce(0, +) - limits[index].limit).magnitude
            < 10 * tolerance
        }
        found.append((values, tight))
        return
      }
      guard start < limits.count else { return }
      for index in start..<limits.count { visit(index + 1, chosen + [index]) }
    }
    visit(0, [])
    return found
  }

  /// Solution of a square system of equations by Gauss elimination; nil where it is singular.
  private static func solve(_ constraints: [Constraint]) -> [Double]? {
    var rows = constraints.map { $0.row + [$0.limit] }
    let count = rows.count
    for pivot in 0..<count {
      guard
        let best = (pivot..<count).max(by: {
          rows[$0][pivot].magnitude < rows[$1][pivot].magnitude
        }), rows[best][pivot].magnitude > 1e-9
      else { return nil }
      rows.swapAt(pivot, best)
      for row in 0..<count where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        guard factor != 0 else { continue }
        for column in pivot...count { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return (0..<count).map { rows[$0][count] / rows[$0][$0] }
  }
}
