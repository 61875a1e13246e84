import Structures

/// What becomes of a substrate beside as much of a metal as it will take.
///
/// The metal is a reservoir at its bulk energy; the products are those of least energy among the phases, so
/// that no kinetics enters: a reaction that is found may still not run.
///
/// ## References
/// S. P. Ong et al., Chem. Mater. 20, 1798 (2008), doi:10.1021/cm702327g (phases in equilibrium with a
/// reservoir); Y. Zhu, X. He, Y. Mo, ACS Appl. Mater. Interfaces 7, 23685 (2015),
/// doi:10.1021/acsami.5b07517.
public struct MetalReaction: Sendable, Hashable {
  /// A phase and how much of it.
  public struct Product: Sendable, Hashable {
    /// The phase.
    public var phase: Phase
    /// Its formula units for one of the substrate.
    public var amount: Double
  }

  /// The substrate.
  public var substrate: Phase
  /// Atoms of the metal that one formula unit takes up; below zero where it gives some off.
  public var metalAtoms: Double
  /// What it becomes; the substrate itself where it is stable.
  public var products: [Product]
  /// Energy of the reaction in eV for one formula unit of the substrate; zero or negative.
  public var energy: Double

  /// Whether the substrate stays as it is.
  public var isStable: Bool { energy > -MetalReaction.tolerance }

  /// Energy of the reaction in eV for each atom of what reacts.
  public var energyPerAtom: Double {
    let atoms = Double(substrate.composition.values.reduce(0, +)) + max(0, metalAtoms)
    return energy / atoms
  }

  /// Energies that differ by less, eV for a formula unit, are equal.
  private static let tolerance = 1e-6

  /// Finds the reaction.
  ///
  /// - Parameters:
  ///   - substrate: one of the phases, or a crystal besides them.
  ///   - metal: the phase of the metal alone; its energy is the reservoir's.
  ///   - phases: what may form; those with other elements are left out.
  public init(of substrate: Phase, with metal: Phase, among phases: [Phase]) {
    let element = metal.composition.keys.sorted().first
    let potential = metal.energy / Double(metal.composition.values.reduce(0, +))
    let others = substrate.composition.keys.filter { $0 != element }.sorted()
    func atoms(_ phase: Phase) -> Double {
      Double(element.map { phase.composition[$0, default: 0] } ?? 0)
    }
    let known = Set(others + [element].compactMap { $0 })
    let candidates =
      [substrate]
      + phases.filter { phase in
        phase.composition.keys.allSatisfy(known.contains)
          && phase.composition.keys.contains { $0 != element }
      }
    let amounts =
      LinearProgram.minimum(
        costs: candidates.map { $0.energy - potential * atoms($0) },
        rows: others.map { other in
          candidates.map { Double($0.composition[other, default: 0]) }
        },
        values: others.map { Double(substrate.composition[$0, default: 0]) })
      ?? candidates.indices.map { $0 == 0 ? 1 : 0 }
    let products = zip(candidates, amounts).filter { $0.1 > 1e-9 }
      .map { Product(phase: $0.0, amount: $0.1) }
    let after = products.map { $0.amount * ($0.phase.energy - potential * atoms($0.phase)) }
      .reduce(0, +)
    let gain = min(0, after - (substrate.energy - potential * atoms(substrate)))
    self.substrate = substrate
    energy = gain
    // Of equal energies the substrate itself.
    let isStable = gain > -MetalReaction.tolerance
    self.products = isStable ? [Product(phase: substrate, amount: 1)] : products
    metalAtoms =
      isStable
      ? 0 : products.map { $0.amount * atoms($0.phase) }.reduce(0, +) - atoms(substrate)
  }
}

/// Where a compound stands above the phases that it can fall apart into, without anything from outside.
public struct HullDistance: Sendable, Hashable {
  /// Energy above the hull in eV for each atom; zero for a stable compound.
  public var energyPerAtom: Double
  /// The phases of the hull at this composition; the compound itself where it is stable.
  public var products: [MetalReaction.Product]

  /// Measures a compound against phases.
  ///
  /// - Parameters:
  ///   - compound: the compound, among the phases or not.
  ///   - phases: what may form; those with other elements are left out.
  public init(of compound: Phase, among phases: [Phase]) {
    let elements = compound.composition.keys.sorted()
    let candidates =
      [compound] + phases.filter { $0.composition.keys.allSatisfy(elements.contains) }
    let amounts =
      LinearProgram.minimum(
        costs: candidates.map(\.energy),
        rows: elements.map { element in
          candidates.map { Double($0.composition[element, default: 0]) }
        },
        values: elements.map { Double(compound.composition[$0, default: 0]) })
      ?? candidates.indices.map { $0 == 0 ? 1 : 0 }
    let products = zip(candidates, amounts).filter { $0.1 > 1e-9 }
      .map { MetalReaction.Product(phase: $0.0, amount: $0.1) }
    let after = products.map { $0.amount * $0.phase.energy }.reduce(0, +)
    let atoms = Double(compound.composition.values.reduce(0, +))
    energyPerAtom = max(0, (compound.energy - after) / atoms)
    self.products =
      energyPerAtom < 1e-7 ? [MetalReaction.Product(phase: compound, amount: 1)] : products
  }
}
