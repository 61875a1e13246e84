public import Engines
public import Structures

/// A geometry and an engine's answer, to learn from.
public struct TrainingExample: Sendable, Hashable, Codable {
  /// The geometry.
  public var structure: Structure
  /// Energy of the cell in eV.
  public var energy: Double
  /// Forces in eV/angstrom.
  public var forces: [Vector3]
  /// Stress in eV/angstrom^3, positive under tension; nil where there is none.
  public var stress: Matrix3?
  /// Those whose energies share unknown constants with this one's; nil where it is absolute.
  public var energyGroup: EnergyGroup?
  /// Whether the energy is less sure than others, as one of a thin mesh is: the noise of these is searched for apart, and
  /// so are the unknown constants of a group.
  public var hasRoughEnergy: Bool

  /// Creates an example.
  public init(
    structure: Structure, energy: Double, forces: [Vector3], stress: Matrix3? = nil,
    energyGroup: EnergyGroup? = nil, hasRoughEnergy: Bool = false
  ) {
    self.hasRoughEnergy = hasRoughEnergy
    self.structure = structure
    self.energy = energy
    self.forces = forces
    self.stress = stress
    self.energyGroup = energyGroup
  }

  /// An engine's answer as an example; nil for one that did not converge, or has what is no number.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - evaluation: the answer.
  ///   - energyGroup: as in the property.
  ///   - hasRoughEnergy: as in the property.
  public init?(
    _ structure: Structure, _ evaluation: Evaluation, energyGroup: EnergyGroup? = nil,
    hasRoughEnergy: Bool = false
  ) {
    let stress = evaluation.stress.map { stress in (0..<9).map { stress[$0 / 3, $0 % 3] } } ?? []
    guard evaluation.isConverged, evaluation.forces.count == structure.count,
      ([evaluation.energy] + stress + evaluation.forces.flatMap { [$0.x, $0.y, $0.z] })
        .allSatisfy(\.isFinite)
    else { return nil }
    self.init(
      structure: structure, energy: evaluation.energy, forces: evaluation.forces,
      stress: evaluation.stress, energyGroup: energyGroup, hasRoughEnergy: hasRoughEnergy)
  }
}

extension TrainingExample {
  /// Examples of one family have composition and cell in common, as the steps of a relaxation have: who knows some of
  /// them knows the others.
  var family: String {
    let cell = [structure.cell.a, structure.cell.b, structure.cell.c]
      .flatMap { [$0.x, $0.y, $0.z] }.map { "\(Int(($0 / 0.05).rounded()))" }
    return ([structure.formula, "\(structure.count)"] + cell).joined(separator: " ")
  }
}

extension [TrainingExample] {
  /// About a fifth of the examples, to be held out of a fit: whole families, so that nothing of them is learned.
  ///
  /// - Returns: indices of the held-out ones: of the families in their order, those with which the share held out does
  ///   not exceed a fifth of what has been seen; else the smallest family, and of a single family every fifth.
  public func heldOut() -> Set<Int> {
    var families: [String: [Int]] = [:]
    var order: [String] = []
    for (index, example) in enumerated() {
      let family = example.family
      if families[family] == nil { order.append(family) }
      families[family, default: []].append(index)
    }
    var held: Set<Int> = []
    var seen = 0
    for family in order {
      let members = families[family] ?? []
      seen += members.count
      if 5 * (held.count + members.count) <= seen { held.formUnion(members) }
    }
    if held.isEmpty, families.count > 1 {
      let smallest = order.min { (families[$0]?.count ?? 0) < (families[$1]?.count ?? 0) }
      held = Set(smallest.flatMap { families[$0] } ?? [])
    }
    return held.isEmpty ? Set(indices.filter { $0 % 5 == 4 }) : held
  }
}

/// Data of a fit as sums over rows: grows example by example.
public struct TrainingSums: Sendable {
  /// The functions that are fitted.
  public let basis: ClusterBasis
  /// Number of examples.
  public private(set) var count = 0
  private var forces: RegressionSums
  private var stresses: RegressionSums
  private var absolute: SureAndRough<RegressionSums>
  /// Energies with unknown constants, by group.
  private var groups = SureAndRough<[EnergyGroup: [Grouped]]>(sure: [:], rough: [:])

  /// The same of energies that are sure and of those that are not.
  private struct SureAndRough<Kind: Sendable>: Sendable {
    var sure: Kind
    var rough: Kind

    subscript(isRough: Bool) -> Kind {
      get { isRough ? rough : sure }
      set { if isRough { rough = newValue } else { sure = newValue } }
    }
  }

  /// A row and its target, both divided by the root of the number of atoms.
  private struct Grouped: Sendable {
    var structure: Structure
    var row: [Double]
    var target: Double
  }

  /// No data yet.
  public init(basis: ClusterBasis) {
    self.basis = basis
    forces = RegressionSums(coefficients: basis.count)
    stresses = RegressionSums(coefficients: basis.count)
    absolute = SureAndRough(
      sure: RegressionSums(coefficients: basis.count),
      rough: RegressionSums(coefficients: basis.count))
  }

  /// Adds an example.
  ///
  /// - Parameters:
  ///   - example: of the basis's elements.
  ///   - rows: its rows, where they are known already.
  public mutating func add(_ example: TrainingExample, rows: DesignRows? = nil) {
    let rows = rows ?? DesignRows(example.structure, basis: basis)
    // Atoms that lie in each other have no surroundings to learn from.
    guard rows.energy.allSatisfy(\.isFinite), rows.forces.allSatisfy(\.isFinite) else { return }
    count += 1
    var targets: [Double] = []
    for (atom, force) in example.forces.enumerated() {
      for axis in 0..<3 { targets.append(force[axis] - rows.coreForces[3 * atom + axis]) }
    }
    forces.add(rows: rows.forces, targets: targets)
    let root = Double(max(1, example.structure.count)).squareRoot()
    let energy = example.energy - rows.coreEnergy
    if let group = example.energyGroup {
      groups[example.hasRoughEnergy][group, default: []].append(
        Grouped(
          structure: example.structure, row: rows.energy.map { $0 / root }, target: energy / root))
    } else {
      absolute[example.hasRoughEnergy].add(rows: rows.energy, targets: [energy], weight: 1 / root)
    }
    if let stress = example.stress {
      let volume = example.structure.cell.volume
      let values = [
        stress[0, 0], stress[1, 1], stress[2, 2], stress[1, 2], stress[0, 2], stress[0, 1],
      ]
      stresses.add(
        rows: rows.virial, targets: zip(values, rows.coreVirial).map { $0 * volume - $1 },
        weight: 1 / root)
    }
  }

  /// Sums of sure energies, rough ones, forces and stresses.
  var kinds: [RegressionSums] { [energies(rough: false), energies(rough: true), forces, stresses] }

  private func energies(rough: Bool) -> RegressionSums {
    var energies = absolute[rough]
    for (group, members) in groups[rough].sorted(by: { $0.key.name < $1.key.name }) {
      let constants = UnknownConstants(
        of: group,
        in: members.map { ($0.structure, 1 / Double(max(1, $0.structure.count)).squareRoot()) })
      guard members.count > constants.count else { continue }
      var table: [Double] = []
      table.reserveCapacity(basis.count * members.count)
      for index in 0..<basis.count {
        table += constants.removed(from: members.map { $0.row[index] })
      }
      energies.add(
        rows: table, targets: constants.removed(from: members.map(\.target)),
        constraints: constants.count)
    }
    return energies
  }
}
