public import BondBreaking
public import Interfaces
public import Structures

/// What is known of a metal's free surface; a quantity that was not computed is nil.
public struct FreeSurfaceResult: Sendable, Codable {
  /// All settings.
  public var settings: FreeSurfaceSettings
  /// The relaxed crystal.
  public var bulk: AssessmentResult.Bulk?
  /// First neighbours lost at the surface.
  public var coordination: SurfaceCoordination?
  /// Area of the surface cell in square angstrom.
  public var area: Double?
  /// Layers of the slabs behind sigma, and those of the slab that holds a vacancy: as in the settings, or the
  /// next numbers with which both faces are alike.
  public var thicknessSeries: [Int] = []
  /// See ``thicknessSeries``.
  public var layers = 0
  /// Energies of the slabs as cleaved, eV, and the line through them.
  public var cleaved: Series?
  /// Energies of the slabs after relaxation, eV, and the line through them.
  public var relaxed: Series?
  /// The vacancy in each layer, from the surface.
  public var vacancies: [Vacancy] = []
  /// Relaxations that stopped short, in words: what, and why.
  public var notConverged: [String] = []
  /// Whether every quantity that was asked for is there.
  public var isComplete = false

  /// Slabs of several thicknesses.
  public struct Series: Sendable, Codable {
    /// Energies in eV, in the order of ``FreeSurfaceResult/thicknessSeries``.
    public var energies: [Double]
    /// The line through them.
    public var fit: ThicknessFit
    /// Atoms of one layer of the surface cell.
    public var atomsPerLayer: Int

    /// Energy of a bulk atom in eV: the slope.
    public var bulkEnergyPerAtom: Double {
      fit.bulkEnergyPerLayer.value / Double(atomsPerLayer)
    }
  }

  /// A vacancy in one layer, in the paper's three modes; formation energies by eq 3 in eV.
  public struct Vacancy: Sendable, Codable {
    /// Layer, 1 at the surface.
    public var layer: Int
    /// Nothing relaxed.
    public var cleaved: Double?
    /// In the relaxed slab, nothing else moved.
    public var relaxedSurface: Double?
    /// Everything relaxed.
    public var relaxed: Double?
    /// Layer that the vacancy is in after its relaxation.
    public var settledLayer: Int?
    /// Whether the relaxation reached the force threshold.
    public var isConverged: Bool?
    /// The relaxed structure.
    public var structure: Structure?
  }

  /// How the vacancy's energies are computed.
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// Nothing relaxed.
    case cleaved
    /// The slab relaxed without a vacancy, and the vacancy as cut into it.
    case relaxedSurface
    /// Everything relaxed.
    case relaxed
  }

  /// Surface atoms for each area, 1/angstrom^2.
  public var surfaceDensity: Double? {
    guard let coordination, let area else { return nil }
    return coordination.surfaceAtoms / area
  }

  /// sigma in eV/angstrom^2, as cleaved or relaxed, with the standard error of the line.
  public func surfaceEnergy(relaxed isRelaxed: Bool) -> UncertainValue? {
    guard let area, let series = isRelaxed ? relaxed : cleaved else { return nil }
    return series.fit.twiceSurfaceEnergyTimesArea.scaled(by: 1 / (2 * area))
  }

  /// sigma/rho in eV for each surface atom: what eq 12 predicts for the segregation energy.
  public func surfaceEnergyPerAtom(relaxed isRelaxed: Bool) -> UncertainValue? {
    guard let density = surfaceDensity else { return nil }
    return surfaceEnergy(relaxed: isRelaxed)?.scaled(by: 1 / density)
  }

  /// Formation energy of a vacancy in one layer, eV; nil for a relaxed one that has left its layer.
  public func vacancyEnergy(layer: Int, _ mode: Mode) -> Double? {
    guard let vacancy = vacancies.first(where: { $0.layer == layer }) else { return nil }
    return switch mode {
    case .cleaved: vacancy.cleaved
    case .relaxedSurface: vacancy.relaxedSurface
    case .relaxed: vacancy.settledLayer == layer ? vacancy.relaxed : nil
    }
  }

  /// Formation energy at the surface, eV: the mean over the layers whose atoms lost first neighbours.
  ///
  /// One layer for bcc (100) and hcp (0001), two for hcp (10-10), as in the paper.
  public func surfaceVacancyEnergy(_ mode: Mode) -> Double? {
    guard let coordination else { return nil }
    let energies = (1...max(1, coordination.surfaceLayers)).map { vacancyEnergy(layer: $0, mode) }
    let known = energies.compactMap { $0 }
    return known.count == energies.count ? known.reduce(0, +) / Double(known.count) : nil
  }

  /// Formation energy in the bulk less that at the surface, eV: positive where vacancies go to the surface.
  public func segregationEnergy(_ mode: Mode) -> Double? {
    guard let bulk = vacancyEnergy(layer: settings.depth, mode),
      let surface = surfaceVacancyEnergy(mode)
    else { return nil }
    return bulk - surface
  }
}
