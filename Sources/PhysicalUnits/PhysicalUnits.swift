/// Physical constants and conversions.
///
/// Inside Lacuna every quantity is in eV, angstrom, eV/angstrom, eV/angstrom^3, kelvin and
/// degree; a name without a unit means these. Conversions happen where a number crosses the
/// border of the program, and only there.
///
/// ## References
/// CODATA 2018: E. Tiesinga, P. J. Mohr, D. B. Newell, B. N. Taylor, Rev. Mod. Phys. 93, 025010
/// (2021), doi:10.1103/RevModPhys.93.025010.
public enum PhysicalUnits {
  /// Elementary charge in coulomb, exact in the SI of 2019.
  public static let elementaryChargeInCoulomb = 1.602176634e-19

  /// Boltzmann constant in joule per kelvin, exact in the SI of 2019.
  public static let boltzmannConstantInJoulePerKelvin = 1.380649e-23

  /// Boltzmann constant in eV/K.
  public static let boltzmannConstant =
    boltzmannConstantInJoulePerKelvin / elementaryChargeInCoulomb

  /// One hartree in eV (CODATA 2018).
  public static let hartree = 27.211386245988

  /// One bohr in angstrom (CODATA 2018).
  public static let bohr = 0.529177210903

  /// One hartree per bohr, the i-PI protocol's unit of force, in eV/angstrom.
  public static let hartreePerBohr = hartree / bohr

  /// One eV/angstrom^2 in J/m2: the factor from our unit of surface energy to the field's.
  public static let joulePerSquareMetre = elementaryChargeInCoulomb * 1e20

  /// One eV/angstrom^3 in GPa.
  public static let gigapascal = elementaryChargeInCoulomb * 1e21

  /// One atom per square angstrom in atoms/nm2.
  public static let perSquareNanometre = 100.0

  /// Surface energy in J/m2 of a surface energy in eV/angstrom^2.
  public static func joulePerSquareMetre(fromElectronvoltPerSquareAngstrom value: Double) -> Double
  {
    value * joulePerSquareMetre
  }

  /// Surface energy in eV/angstrom^2 of a surface energy in J/m2.
  public static func electronvoltPerSquareAngstrom(fromJoulePerSquareMetre value: Double) -> Double
  {
    value / joulePerSquareMetre
  }
}
