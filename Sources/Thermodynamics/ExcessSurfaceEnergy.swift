public import Structures

/// Surface energy of a slab whose composition is not the bulk's, over all allowed potentials (eq 1).
///
/// `sigma = (E_slab - m E_bulk - sum dn_i mu_i) / 2A`, with m whole formula units and an excess dn_i of
/// each element. A single number would hide the choice of the potentials.
///
/// ## References
/// I. D. Seymour, A. Aguadero, J. Mater. Chem. A 9, 19901 (2021), doi:10.1039/d1ta03254b, eq 1.
public struct ExcessSurfaceEnergy: Sendable, Hashable, Codable {
  /// Smallest value in the region of stability, eV/angstrom^2.
  public var lowest: Double
  /// Largest value in the region of stability, eV/angstrom^2.
  public var highest: Double
  /// Phases in equilibrium with the compound where sigma is smallest.
  public var phasesAtLowest: [String]
  /// Phases in equilibrium with the compound where sigma is largest.
  public var phasesAtHighest: [String]
  /// Energy of the compound above its decomposition products, eV for one formula unit.
  public var decompositionEnergy: Double
  /// Every corner of the region with its value.
  public var corners: [Corner]

  /// sigma at one corner of the region.
  public struct Corner: Sendable, Hashable, Codable {
    /// Phases in equilibrium with the compound.
    public var phases: [String]
    /// Chemical potentials in eV for each atom on the engine's scale, by symbol.
    public var potentials: [String: Double]
    /// sigma in eV/angstrom^2.
    public var value: Double
  }

  /// Evaluates eq 1 over the region; nil where the phases leave it open, so that there is no range.
  ///
  /// - Parameters:
  ///   - slabEnergy: energy of the slab in eV.
  ///   - formulaUnits: whole formula units in the slab, m.
  ///   - excess: atoms beyond them, dn.
  ///   - area: of one face in square angstrom; both faces are taken to be alike.
  ///   - region: of the slab's compound.
  public init?(
    slabEnergy: Double, formulaUnits: Int, excess: [Element: Int], area: Double,
    region: StabilityRegion
  ) {
    guard let range = region.range(of: excess) else { return nil }
    let bound = slabEnergy - Double(formulaUnits) * region.compound.energy
    func sigma(_ corner: StabilityRegion.Corner) -> Double {
      (bound - region.sum(excess, at: corner)) / (2 * area)
    }
    // A large potential makes excess atoms cheap.
    lowest = sigma(range.highest)
    highest = sigma(range.lowest)
    phasesAtLowest = range.highest.phases
    phasesAtHighest = range.lowest.phases
    decompositionEnergy = region.decompositionEnergy
    corners = region.corners.filter { !$0.isOpen }.map { corner in
      Corner(
        phases: corner.phases,
        potentials: Dictionary(
          uniqueKeysWithValues: corner.potentials.map { ($0.key.symbol, $0.value) }),
        value: sigma(corner))
    }
  }
}
