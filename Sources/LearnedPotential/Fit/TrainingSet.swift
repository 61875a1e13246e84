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
  /// How far the energy can be trusted.
  public var energyTrust: EnergyTrust
  /// Names those whose energies share the error of their mesh, as cells with and without a vacancy do; nil where there is
  /// none.
  ///
  /// What they have in common is as rough as they are, the differences between them are not.
  public var mesh: String?

  /// Creates an example.
  public init(
    structure: Structure, energy: Double, forces: [Vector3], stress: Matrix3? = nil,
    energyGroup: EnergyGroup? = nil, energyTrust: EnergyTrust = .usual, mesh: String? = nil
  ) {
    self.energyTrust = energyTrust
    self.mesh = mesh
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
  ///   - energyTrust: as in the property.
  ///   - mesh: as in the property.
  public init?(
    _ structure: Structure, _ evaluation: Evaluation, energyGroup: EnergyGroup? = nil,
    energyTrust: EnergyTrust = .usual, mesh: String? = nil
  ) {
    let stress = evaluation.stress.map { stress in (0..<9).map { stress[$0 / 3, $0 % 3] } } ?? []
    guard evaluation.isConverged, evaluation.forces.count == structure.count,
      ([evaluation.energy] + stress + evaluation.forces.flatMap { [$0.x, $0.y, $0.z] })
        .allSatisfy(\.isFinite)
    else { return nil }
    self.init(
      structure: structure, energy: evaluation.energy, forces: evaluation.forces,
      stress: evaluation.stress, energyGroup: energyGroup, energyTrust: energyTrust, mesh: mesh)
  }
}

/// How far an energy can be trusted: the noise of each kind is its own.
public enum EnergyTrust: String, Sendable, Hashable, Codable {
  /// Of a cell at rest whose mesh has settled: what differences are measured against.
  ///
  /// Its noise is given, not searched for (``LearnedPotential/referenceNoise``). Forces are many, and what is left of them
  /// when functions cannot meet them makes the evidence give up such energies, by 6 meV for each atom of bcc lithium and
  /// with that a tenth of its surface energy.
  case reference
  /// As the engine tells it.
  case usual
  /// Less sure, as one of a thin mesh is.
  case rough
}
