import Structures

/// Data of a fit as sums over rows: grows example by example.
public struct TrainingSums: Sendable {
  /// The functions that are fitted.
  public let basis: ClusterBasis
  /// Number of examples.
  public private(set) var count = 0
  private var forces: [ForceClass: RegressionSums] = [:]
  private var stresses: RegressionSums
  /// Energies by what they are trusted.
  private var energies: [EnergyTrust: EnergyPool]
  /// Energies that share the error of a mesh.
  private var meshes: [String: [EnergyDatum]] = [:]

  /// No data yet.
  public init(basis: ClusterBasis) {
    self.basis = basis
    stresses = RegressionSums(coefficients: basis.count)
    energies = [:]
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
    addForces(example, rows)
    let root = Double(max(1, example.structure.count)).squareRoot()
    let datum = EnergyDatum(
      row: rows.energy.map { $0 / root }, target: (example.energy - rows.coreEnergy) / root,
      share: ConstantShare(example.structure, factor: 1 / root), group: example.energyGroup,
      trust: example.energyTrust)
    if let mesh = example.mesh {
      meshes[mesh, default: []].append(datum)
    } else {
      energies[datum.trust, default: EnergyPool(basis)].add(datum)
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

  /// Adds what other examples gave.
  ///
  /// - Parameter other: of the same basis.
  mutating func add(_ other: TrainingSums) {
    count += other.count
    for (kind, sums) in other.forces {
      forces[kind, default: RegressionSums(coefficients: basis.count)].add(sums)
    }
    stresses.add(other.stresses)
    for (trust, pool) in other.energies { energies[trust, default: EnergyPool(basis)].add(pool) }
    meshes.merge(other.meshes) { $0 + $1 }
  }

  /// Adds the forces on the atoms of each class to its sums.
  private mutating func addForces(_ example: TrainingExample, _ rows: DesignRows) {
    let width = 3 * rows.atoms
    for (kind, atoms) in Dictionary(grouping: 0..<rows.atoms, by: { rows.forceClasses[$0] }) {
      let columns = atoms.flatMap { [3 * $0, 3 * $0 + 1, 3 * $0 + 2] }
      var table: [Double] = []
      table.reserveCapacity(columns.count * basis.count)
      for index in 0..<basis.count {
        for column in columns { table.append(rows.forces[index * width + column]) }
      }
      let targets = columns.map { example.forces[$0 / 3][$0 % 3] - rows.coreForces[$0] }
      forces[kind, default: RegressionSums(coefficients: basis.count)].add(
        rows: table, targets: targets)
    }
  }

  /// Kinds of data, each with a noise of its own; those of forces follow in the order of ``forceClasses``.
  enum Kind: Int, CaseIterable {
    case reference, usual, rough, differences, stresses

    /// Where the search for a noise begins, in the unit of the data.
    var usualNoise: Double {
      switch self {
      case .reference: LearnedPotential.referenceNoise
      case .usual, .rough: 0.005
      case .differences: 0.02
      case .stresses: 0.05
      }
    }

    /// The least that a search may find.
    var leastNoise: Double {
      switch self {
      case .reference, .usual, .rough: 5e-4
      case .differences, .stresses: 2e-3
      }
    }
  }

  /// Classes of the forces that are known.
  var forceClasses: [ForceClass] { forces.keys.sorted() }

  /// Sums of each kind.
  var kinds: [RegressionSums] {
    var pools = energies
    var differences = RegressionSums(coefficients: basis.count)
    for (_, members) in meshes.sorted(by: { $0.key < $1.key }) {
      pools[members[0].trust, default: EnergyPool(basis)].add(EnergyDatum(meanOf: members))
      differences.add(members.map(\.ofCell), unknown: .init(ofMeshIn: members[0].group))
    }
    let bare = EnergyPool(basis)
    return [EnergyTrust.reference, .usual, .rough].map { (pools[$0] ?? bare).sums }
      + [differences, stresses] + forceClasses.compactMap { forces[$0] }
  }
}

/// An energy's row and target, both divided by the root of the number of atoms.
private struct EnergyDatum: Sendable {
  var row: [Double]
  var target: Double
  /// How much of unknown constants is in it.
  var share: ConstantShare
  var group: EnergyGroup?
  var trust: EnergyTrust

  init(
    row: [Double], target: Double, share: ConstantShare, group: EnergyGroup?, trust: EnergyTrust
  ) {
    (self.row, self.target, self.share) = (row, target, share)
    (self.group, self.trust) = (group, trust)
  }

  /// The same of the whole cell: cells with one mesh differ in few places, whatever their size.
  var ofCell: EnergyDatum {
    let factor = 1 / share.one
    return EnergyDatum(
      row: row.map { factor * $0 }, target: factor * target,
      share: ConstantShare([(factor, share)]), group: group, trust: trust)
  }

  /// What cells with one mesh have in common: as sure as one of them, for the error is in all.
  init(meanOf members: [EnergyDatum]) {
    // Along the direction that a constant of all moves them: what is left is in the differences.
    let square = members.reduce(0) { $0 + $1.share.one * $1.share.one }
    let weights = members.map {
      $0.share.one / (square * Double(members.count)).squareRoot()
    }
    row = members[0].row.indices.map { index in
      zip(weights, members).reduce(0) { $0 + $1.0 * $1.1.row[index] }
    }
    target = zip(weights, members).reduce(0) { $0 + $1.0 * $1.1.target }
    share = ConstantShare(zip(weights, members).map { ($0, $1.share) })
    (group, trust) = (members[0].group, members[0].trust)
  }
}

/// Energies of one trust.
private struct EnergyPool: Sendable {
  /// Those that count as they are.
  private var absolute: RegressionSums
  /// Those with unknown constants.
  var groups: [EnergyGroup: [EnergyDatum]] = [:]

  init(_ basis: ClusterBasis) {
    absolute = RegressionSums(coefficients: basis.count)
  }

  mutating func add(_ datum: EnergyDatum) {
    if let group = datum.group {
      groups[group, default: []].append(datum)
    } else {
      absolute.add(rows: datum.row, targets: [datum.target])
    }
  }

  mutating func add(_ other: EnergyPool) {
    absolute.add(other.absolute)
    groups.merge(other.groups) { $0 + $1 }
  }

  var sums: RegressionSums {
    var sums = absolute
    for (group, members) in groups.sorted(by: { $0.key.name < $1.key.name }) {
      sums.add(members, unknown: group.unknown)
    }
    return sums
  }
}

extension RegressionSums {
  /// Adds what unknown constants leave of energies.
  fileprivate mutating func add(_ members: [EnergyDatum], unknown: EnergyGroup.Unknown) {
    let constants = UnknownConstants(unknown, in: members.map(\.share))
    guard members.count > constants.count else { return }
    var table: [Double] = []
    table.reserveCapacity(coefficients * members.count)
    for index in 0..<coefficients {
      table += constants.removed(from: members.map { $0.row[index] })
    }
    add(
      rows: table, targets: constants.removed(from: members.map(\.target)),
      constraints: constants.count)
  }
}
