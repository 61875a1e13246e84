import Structures

/// How a potential does on examples that its fit has not seen.
public struct HeldOutErrors: Sendable, Hashable, Codable {
  /// Number of examples.
  public var examples: Int
  /// Root mean square of errors of force components, eV/angstrom.
  public var force: Double
  /// Root mean square of what was predicted of those errors, eV/angstrom.
  public var predictedForce: Double
  /// What the fit itself holds open of the forces, which more data could still change, eV/angstrom; the rest is noise.
  public var openForce: Double
  /// Root mean square of the force components themselves, eV/angstrom.
  public var forceSize: Double
  /// Share of components within two predicted standard deviations.
  public var withinTwoDeviations: Double
  /// Factor of what the fit itself holds open, in the predicted deviations; nil in files of earlier versions, which
  /// had 1.
  public var stretch: Double?
  /// Root mean square of errors of energies whose mesh has settled, and of differences between cells with one mesh, eV for
  /// each atom; those of a group less its unknown constants; nil where no energy could be compared.
  public var energy: Double?
  /// The same of all others, whose own error is a large part of it; nil in files of earlier versions, which had them
  /// among the energies.
  public var roughEnergy: Double?

  /// Compares.
  ///
  /// - Parameters:
  ///   - potential: fitted to other examples.
  ///   - examples: of its elements.
  ///   - stretch: factor of what the fit holds open (``neededStretch``), in the predicted deviations.
  public init(
    _ potential: LearnedPotential, _ examples: [TrainingExample], stretch: Double = 1
  ) {
    var (square, predicted, open, size, inside, count) = (0.0, 0.0, 0.0, 0.0, 0, 0)
    var energies: [(example: TrainingExample, error: Double)] = []
    for example in examples {
      let prediction = potential.predict(example.structure)
      for (atom, force) in example.forces.enumerated() {
        for axis in 0..<3 {
          let error = prediction.forces[atom][axis] - force[axis]
          let noise = prediction.forceNoises[atom] * prediction.forceNoises[atom]
          let variance =
            prediction.forceDeviations[atom][axis] * prediction.forceDeviations[atom][axis]
          let opened = max(0, variance - noise)
          let stretched = noise + stretch * stretch * opened
          square += error * error
          predicted += stretched
          open += opened
          size += force[axis] * force[axis]
          inside += error * error < 4 * stretched ? 1 : 0
          count += 1
        }
      }
      energies.append((example, example.energyError(of: prediction.energy)))
    }
    let number = Double(max(1, count))
    self.examples = examples.count
    force = (square / number).squareRoot()
    predictedForce = (predicted / number).squareRoot()
    openForce = (open / number).squareRoot()
    forceSize = (size / number).squareRoot()
    withinTwoDeviations = Double(inside) / number
    energy = HeldOutErrors.rootMeanSquare(
      of: energies.compactMap { example, error in
        if example.energyTrust != .rough { return (example, error) }
        guard let mesh = example.mesh else { return nil }
        var difference = example
        difference.energyGroup = EnergyGroup(mesh, unknown: .init(ofMeshIn: example.energyGroup))
        difference.energyTrust = .usual
        return (difference, error)
      })
    roughEnergy = HeldOutErrors.rootMeanSquare(
      of: energies.filter { $0.example.energyTrust == .rough })
    self.stretch = stretch
  }

  /// By how much what a fit holds open of forces has to be stretched to explain these errors; at least 1.
  ///
  /// The posterior of a linear model takes its functions for the truth. Where they are not, errors on cells of another
  /// kind are larger than what more data of the same kind could change.
  public var neededStretch: Double {
    let opened = openForce * openForce
    let noise = predictedForce * predictedForce - (stretch ?? 1) * (stretch ?? 1) * opened
    guard opened > 0 else { return 1 }
    return max(1, (force * force - noise) / opened).squareRoot()
  }

  /// Root mean square of errors of energies for each atom, of which those of a group share unknown constants.
  ///
  /// - Parameter errors: with their examples.
  /// - Returns: in the unit of the errors; nil where none can be compared.
  public static func rootMeanSquare(
    of errors: [(example: TrainingExample, error: Double)]
  ) -> Double? {
    var (square, count) = (0.0, 0)
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
      square += values.reduce(0) { $0 + $1 * $1 }
      count += values.count
    }
    return count > 0 ? (square / Double(count)).squareRoot() : nil
  }
}

extension TrainingExample {
  /// Error of an energy of its cell in eV, eV for each atom.
  public func energyError(of energy: Double) -> Double {
    (energy - self.energy) / Double(max(1, structure.count))
  }
}
