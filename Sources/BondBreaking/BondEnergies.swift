/// The bond-breaking model: surfaces, interfaces and vacancies by the bonds they lack.
///
/// Energies in eV, surface energies and works in eV/angstrom^2, densities in 1/angstrom^2; the
/// formulas hold in any consistent units. All are of I. D. Seymour, A. Aguadero, J. Mater. Chem. A
/// 9, 19901 (2021), doi:10.1039/d1ta03254b, with its equation numbers.
public enum BondBreaking {
  /// Surface energy for `lostBonds` broken bonds at each surface atom (eqs 4 and 5).
  public static func surfaceEnergy(
    lostBonds: Double, bondEnergy: Double, density: Double
  ) -> Double {
    lostBonds * bondEnergy * density
  }

  /// Work of adhesion of `interfaceBonds` bonds at each metal atom (eq 7; note the factor 2).
  public static func workOfAdhesion(
    interfaceBonds: Double, bondEnergy: Double, density: Double
  ) -> Double {
    2 * interfaceBonds * bondEnergy * density
  }

  /// Energy of the interface: what separates it from the two surfaces (eqs 6 and 7).
  public static func interfaceEnergy(
    metalSurfaceEnergy: Double, substrateSurfaceEnergy: Double, workOfAdhesion: Double
  ) -> Double {
    metalSurfaceEnergy + substrateSurfaceEnergy - workOfAdhesion
  }

  /// Energy of a vacancy in the bulk (eq 8), eV.
  public static func bulkVacancyEnergy(bulkBonds: Double, bondEnergy: Double) -> Double {
    bulkBonds * bondEnergy
  }

  /// Energy of a vacancy in a free surface (eq 9), eV.
  public static func surfaceVacancyEnergy(
    bulkBonds: Double, lostBonds: Double, bondEnergy: Double
  ) -> Double {
    (bulkBonds - lostBonds) * bondEnergy
  }

  /// Energy of a vacancy at the interface (eq 10), eV.
  public static func interfaceVacancyEnergy(
    bulkBonds: Double, lostBonds: Double, bondEnergy: Double, interfaceBonds: Double,
    interfaceBondEnergy: Double
  ) -> Double {
    interfaceBonds * interfaceBondEnergy
      + surfaceVacancyEnergy(bulkBonds: bulkBonds, lostBonds: lostBonds, bondEnergy: bondEnergy)
  }

  /// How much a vacancy prefers the interface to the bulk, eV, by energies (eq 11).
  ///
  /// Positive: vacancies gather at the interface. Zero exactly where `W_ad = 2 sigma`.
  public static func segregationToInterface(
    metalSurfaceEnergy: Double, workOfAdhesion: Double, density: Double
  ) -> Double {
    (metalSurfaceEnergy - workOfAdhesion / 2) / density
  }

  /// How much a vacancy prefers the interface to the bulk, eV, by bonds.
  ///
  /// Equation 8 minus equation 10: `N_s e_mm - N_i e_ms`. The middle expression printed in the
  /// paper's equation 11 has `N_b` in the place of `N_s`; it does not follow from 8 and 10, nor
  /// does it equal the right-hand side.
  public static func segregationToInterface(
    lostBonds: Double, bondEnergy: Double, interfaceBonds: Double, interfaceBondEnergy: Double
  ) -> Double {
    lostBonds * bondEnergy - interfaceBonds * interfaceBondEnergy
  }

  /// How much a vacancy prefers a free surface to the bulk, eV (eq 12).
  public static func segregationToSurface(
    metalSurfaceEnergy: Double, density: Double
  ) -> Double {
    metalSurfaceEnergy / density
  }
}
