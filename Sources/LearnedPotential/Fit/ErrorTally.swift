import Structures

/// Errors of one fit on examples that it has not seen, to be put together with those of others.
struct ErrorTally: Sendable {
  /// A component of a force.
  struct Component: Sendable {
    /// eV/angstrom.
    var error: Double
    /// Variances that the fit predicts, (eV/angstrom)^2: its noise, and what it holds open.
    var noise, open: Double
  }

  /// Number of examples.
  private(set) var examples = 0
  private(set) var components: [Component] = []
  /// Sums of squares over all components: of errors, noise, what is open, and the forces themselves.
  private(set) var square = 0.0
  private(set) var noise = 0.0
  private(set) var open = 0.0
  private(set) var size = 0.0
  /// Errors of energies whose mesh has settled, and of differences between cells with one mesh, eV for each atom.
  private(set) var energies = SumOfSquares()
  /// The same of all others.
  private(set) var roughEnergies = SumOfSquares()

  /// Nothing yet.
  init() {}

  /// Compares.
  ///
  /// - Parameters:
  ///   - potential: fitted to other examples.
  ///   - examples: of its elements.
  init(_ potential: LearnedPotential, _ examples: [TrainingExample]) {
    self.examples = examples.count
    var errors: [(example: TrainingExample, error: Double)] = []
    for example in examples {
      let prediction = potential.predict(example.structure)
      for (atom, force) in example.forces.enumerated() {
        let noise = prediction.forceNoises[atom] * prediction.forceNoises[atom]
        for axis in 0..<3 {
          let deviation = prediction.forceDeviations[atom][axis]
          let component = Component(
            error: prediction.forces[atom][axis] - force[axis], noise: noise,
            open: max(0, deviation * deviation - noise))
          components.append(component)
          square += component.error * component.error
          self.noise += component.noise
          open += component.open
          size += force[axis] * force[axis]
        }
      }
      errors.append((example, example.energyError(of: prediction.energy)))
    }
    energies = SumOfSquares(
      errors.compactMap { example, error in
        if example.energyTrust != .rough { return (example, error) }
        guard let mesh = example.mesh else { return nil }
        var difference = example
        difference.energyGroup = EnergyGroup(mesh, unknown: .init(ofMeshIn: example.energyGroup))
        difference.energyTrust = .usual
        return (difference, error)
      })
    roughEnergies = SumOfSquares(errors.filter { $0.example.energyTrust == .rough })
  }

  /// Adds those of another fit; unknown constants were taken out of each by itself.
  mutating func add(_ other: ErrorTally) {
    examples += other.examples
    components += other.components
    square += other.square
    noise += other.noise
    open += other.open
    size += other.size
    energies.add(other.energies)
    roughEnergies.add(other.roughEnergies)
  }

  /// See ``HeldOutErrors/neededStretch``.
  var neededStretch: Double {
    HeldOutErrors.neededStretch(square: square, noise: noise, open: open)
  }
}

/// Squares of errors of energies less their unknown constants, and the number of data that they are left with.
struct SumOfSquares: Sendable {
  private var sum = 0.0
  private var count = 0

  /// Nothing yet.
  init() {}

  /// Of one fit.
  ///
  /// - Parameter errors: with their examples.
  init(_ errors: [(example: TrainingExample, error: Double)]) {
    // As in a fit, energies of each trust have their own constants.
    let groups = Dictionary(grouping: errors) {
      [$0.example.energyGroup?.name, $0.example.energyTrust.rawValue]
    }
    for (_, members) in groups.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      var values = members.map(\.error)
      // The constants are taken from these data, and with each of them one datum.
      if let group = members[0].example.energyGroup {
        let constants = UnknownConstants(
          group.unknown,
          in: members.map {
            ConstantShare(
              $0.example.structure, factor: 1 / Double(max(1, $0.example.structure.count)))
          })
        values = constants.removed(from: values)
        count -= constants.count
      }
      sum += values.reduce(0) { $0 + $1 * $1 }
      count += values.count
    }
  }

  /// Adds those of another fit.
  mutating func add(_ other: SumOfSquares) {
    sum += other.sum
    count += other.count
  }

  /// Nil where nothing can be compared.
  var rootMeanSquare: Double? { count > 0 ? (sum / Double(count)).squareRoot() : nil }
}
