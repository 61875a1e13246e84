import Foundation
public import Structures

/// A linear atomic cluster expansion with coefficients that were learned, and what the data leave open.
public struct LearnedPotential: Sendable {
  /// The functions.
  public let basis: ClusterBasis
  /// Most probable coefficients in the order of the basis, eV.
  public let coefficients: [Double]
  /// Noise of energies for the root of an atom (eV), of forces (eV/angstrom), and of volume times stress for the
  /// root of an atom (eV), as the fit found it.
  public let noise: Noise
  /// Noise of energies that are less sure (``EnergyTrust/rough``), eV for the root of an atom; nil without any.
  public let roughEnergyNoise: Double?
  /// Noise of energies of cells that share a mesh against each other, eV; nil without any.
  public let differenceNoise: Double?
  /// Noise of reference energies (``EnergyTrust/reference``), eV for the root of an atom.
  ///
  /// About how far GPAW's energies of lithium still move with meshes from 39 angstrom on. Of the two values that were tried
  /// it gives a sigma of lithium (100) that is 5 meV above GPAW's; 2 meV gives 15.
  public static let referenceNoise = 7e-4
  /// Number of examples that it was learned from.
  public let exampleCount: Int
  /// Noise of the forces of each class, eV/angstrom.
  private let forceNoises: [ForceClass: Double]
  private let posterior: Posterior

  /// Noise of a fit: what the functions cannot tell.
  public struct Noise: Sendable, Hashable, Codable {
    /// eV for the root of an atom.
    public var energy: Double
    /// eV/angstrom; root mean square over all forces, whose classes have noises of their own.
    public var force: Double
    /// eV for the root of an atom.
    public var virial: Double
  }

  /// Learns from data.
  ///
  /// O(coefficients^3) for each step of the search for noise and prior.
  ///
  /// - Parameters:
  ///   - data: sums over examples.
  ///   - smoothness: power of a function's degree by which its prior narrows.
  ///   - start: a potential whose noise and prior are kept; nil searches for them.
  public init(_ data: TrainingSums, smoothness: Double = 2, keeping start: LearnedPotential? = nil)
  {
    basis = data.basis
    exampleCount = data.count
    let degrees = data.basis.degrees
    let orders = degrees.map(\.order).max() ?? 0
    let widths = start?.posterior.widths ?? [20, 10, 3, 1]
    let groups = (0...orders).map { order in
      Posterior.PriorGroup(
        members: degrees.indices.filter { degrees[$0].order == order }, width: widths[order],
        isHeld: order == 0)
    }
    let kinds = data.kinds
    let classes = data.forceClasses
    let others = TrainingSums.Kind.allCases
    let begin =
      start.map { Array($0.posterior.noise.prefix(others.count)) } ?? others.map(\.usualNoise)
    let found = Posterior(
      sums: kinds,
      noise: begin + classes.map { start?.forceNoises[$0] ?? ForceClass.usualNoise },
      heldNoise: [TrainingSums.Kind.reference.rawValue],
      leastNoise: others.map(\.leastNoise) + classes.map { _ in ForceClass.leastNoise },
      groups: groups,
      roughness: degrees.map { $0.order == 0 ? 1 : pow($0.degree, smoothness) },
      searches: start == nil)
    posterior = found
    coefficients = found.mean
    func known(_ kind: TrainingSums.Kind) -> Double? {
      kinds[kind.rawValue].count > 0 ? found.noise[kind.rawValue] : nil
    }
    forceNoises = Dictionary(uniqueKeysWithValues: zip(classes, found.noise[others.count...]))
    // Where no energy is usual, the noise of rough ones is that of energies, or else that of references.
    noise = Noise(
      energy: known(.usual) ?? known(.rough) ?? known(.reference)
        ?? found.noise[TrainingSums.Kind.usual.rawValue],
      force: LearnedPotential.rootMeanSquare(
        found.noise[others.count...], of: kinds[others.count...].map(\.count))
        ?? ForceClass.usualNoise,
      virial: found.noise[TrainingSums.Kind.stresses.rawValue])
    roughEnergyNoise = known(.rough)
    differenceNoise = known(.differences)
  }

  /// Root mean square of noises of so many data each; nil without any.
  private static func rootMeanSquare(_ noises: ArraySlice<Double>, of counts: [Int]) -> Double? {
    let square = zip(noises, counts).reduce(0) { $0 + Double($1.1) * $1.0 * $1.0 }
    let count = counts.reduce(0, +)
    return count > 0 ? (square / Double(count)).squareRoot() : nil
  }

  /// Logarithm of the probability of the data, for the choice between bases.
  public var logEvidence: Double { posterior.logEvidence }

  /// Coefficients drawn from what the data leave open; equal seeds give equal ones.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - seed: of the random numbers.
  /// - Returns: for each member its coefficients in the order of the basis, eV.
  public func committee(count: Int, seed: UInt64 = 1) -> [[Double]] {
    var generator = SplitMix(state: seed)
    return (0..<count).map { _ in posterior.sample { generator.normal() } }
  }

  /// Energy, forces and stress of a structure with their uncertainties.
  ///
  /// For one geometry at a time; ``CompiledPotential`` is the fast way without uncertainties.
  ///
  /// - Parameter structure: of the potential's elements.
  /// - Returns: values and standard deviations. O(coefficients^2 atoms).
  public func predict(_ structure: Structure) -> Prediction {
    predict(DesignRows(structure, basis: basis), volume: structure.cell.volume)
  }

  /// The same from rows that are known already.
  ///
  /// - Parameters:
  ///   - rows: of the potential's basis.
  ///   - volume: of the cell, cubic angstrom.
  /// - Returns: as for a structure.
  public func predict(_ rows: DesignRows, volume: Double) -> Prediction {
    var energy = rows.coreEnergy
    var forces = rows.coreForces
    var virial = rows.coreVirial
    let width = 3 * rows.atoms
    for (index, coefficient) in coefficients.enumerated() where coefficient != 0 {
      energy += coefficient * rows.energy[index]
      for k in 0..<width { forces[k] += coefficient * rows.forces[index * width + k] }
      for k in 0..<6 { virial[k] += coefficient * rows.virial[index * 6 + k] }
    }
    let variances = posterior.variances(rows: rows.forces, count: width)
    let noises = rows.forceClasses.map { forceNoises[$0] ?? ForceClass.usualNoise }
    let v = virial.map { $0 / volume }
    return Prediction(
      energy: energy,
      forces: (0..<rows.atoms).map {
        Vector3(forces[3 * $0], forces[3 * $0 + 1], forces[3 * $0 + 2])
      },
      stress: Matrix3(
        rows: Vector3(v[0], v[5], v[4]), Vector3(v[5], v[1], v[3]), Vector3(v[4], v[3], v[2])),
      energyDeviation: (posterior.variances(rows: rows.energy, count: 1)[0]
        + noise.energy * noise.energy * Double(rows.atoms)).squareRoot(),
      forceDeviations: (0..<rows.atoms).map { atom in
        let own = (0..<3).map {
          (variances[3 * atom + $0] + noises[atom] * noises[atom]).squareRoot()
        }
        return Vector3(own[0], own[1], own[2])
      }, forceNoises: noises)
  }

  /// What a learned potential says of a structure.
  public struct Prediction: Sendable, Hashable {
    /// eV.
    public var energy: Double
    /// eV/angstrom.
    public var forces: [Vector3]
    /// eV/angstrom^3, positive under tension.
    public var stress: Matrix3
    /// Standard deviation of the energy, eV.
    public var energyDeviation: Double
    /// Standard deviations of the components of each force, eV/angstrom.
    public var forceDeviations: [Vector3]

    /// Noise of the components of each force, a part of every deviation, eV/angstrom.
    public var forceNoises: [Double]

    /// The largest standard deviation of a force as a vector, eV/angstrom.
    public var largestDeviation: Double { forceDeviations.map(\.length).max() ?? 0 }

    /// The same without the noise: what more data could still change, eV/angstrom.
    public var largestOpenDeviation: Double {
      zip(forceDeviations, forceNoises).map { max(0, $0.dot($0) - 3 * $1 * $1) }.max()?
        .squareRoot() ?? 0
    }
  }
}
