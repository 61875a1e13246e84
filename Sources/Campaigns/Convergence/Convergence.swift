public import Engines
import Interfaces
public import Structures

/// A setting that a result has to be converged in.
public enum ConvergenceVariable: String, Sendable, Hashable, Codable, CaseIterable {
  /// Plane-wave cut-off, eV.
  case cutoff
  /// Density of the mesh, angstrom: divisions times the distance of the cell's faces.
  case kpoints
  /// Layers of the slab.
  case layers
  /// In-plane supercell that holds one vacancy, cells both ways.
  case supercell
  /// Empty height between a slab and its image, angstrom.
  case vacuum

  /// Unit for tables.
  public var unit: String {
    switch self {
    case .cutoff: "eV"
    case .kpoints, .vacuum: "angstrom"
    case .layers: "layers"
    case .supercell: "cells"
    }
  }

  /// Values that are tried where none are named.
  public var usualValues: [Double] {
    switch self {
    case .cutoff: [250, 300, 350, 400, 500]
    case .kpoints: [14.5, 20.5, 27.4, 34.3]
    case .layers: [5, 7, 9, 11, 13]
    case .supercell: [2, 3, 4]
    case .vacuum: [8, 10, 12, 15, 20]
    }
  }
}

/// What is watched while a setting varies.
public enum ConvergenceQuantity: String, Sendable, Hashable, Codable, CaseIterable {
  /// The metal's surface energy for each surface atom, as cleaved, eV.
  case sigma
  /// Energy of an unrelaxed vacancy in the bulk layer less that at the surface, as cleaved, eV.
  case segregation
}

/// How a metal's surface energy, or a vacancy's preference for the surface, moves with one setting.
public struct ConvergenceResult: Sendable, Codable {
  /// The setting.
  public var variable: ConvergenceVariable
  /// What is watched.
  public var quantity: ConvergenceQuantity
  /// Its values, rising.
  public var values: [Double]
  /// The quantity in eV, in the order of the values.
  public var energies: [Double]

  /// Creates a result.
  public init(
    variable: ConvergenceVariable, quantity: ConvergenceQuantity, values: [Double],
    energies: [Double]
  ) {
    self.variable = variable
    self.quantity = quantity
    self.values = values
    self.energies = energies
  }

  /// Each energy less that of the last value, eV.
  public var differences: [Double] { energies.map { $0 - (energies.last ?? 0) } }

  /// The smallest value from which on all lie within a tolerance of the last.
  ///
  /// - Parameter tolerance: eV.
  /// - Returns: nil where only the last value itself does: then nothing is known to be enough.
  public func recommendation(tolerance: Double) -> Double? {
    let first = differences.indices.first { index in
      differences[index...].allSatisfy { $0.magnitude <= tolerance }
    }
    guard let first, first < values.count - 1 else { return nil }
    return values[first]
  }
}

/// Varies one setting of a metal's slab and holds the others.
public struct ConvergenceStudy: Sendable {
  /// All other settings.
  public let settings: FreeSurfaceSettings
  /// The metal's crystal, relaxed.
  public let crystal: Structure

  /// Creates a study.
  ///
  /// - Parameters:
  ///   - settings: what is held.
  ///   - crystal: the metal's primitive cell, relaxed.
  public init(settings: FreeSurfaceSettings, crystal: Structure) {
    self.settings = settings
    self.crystal = crystal
  }

  /// The quantity for one value of the variable.
  ///
  /// Sigma comes from two slabs, two layers apart, in cells of one height: `(E_N - N (E_(N+2) - E_N)/2)/2`.
  ///
  /// - Parameters:
  ///   - quantity: what is watched.
  ///   - variable: the setting.
  ///   - value: its value; a cut-off has to be the engine's already.
  ///   - engine: asked for two or three geometries.
  /// - Returns: energy in eV, see ``ConvergenceResult/energies``.
  /// - Throws: what the engine throws, `InterfaceError`, and ``AssessmentError`` where self-consistency was not
  ///   reached.
  public func energy(
    _ quantity: ConvergenceQuantity, _ variable: ConvergenceVariable, _ value: Double,
    engine: any Engine
  ) async throws -> Double {
    var settings = self.settings
    switch variable {
    case .cutoff: break
    case .kpoints: settings.meshLength = value
    case .layers: settings.layers = Int(value)
    case .supercell: settings.supercell = Int(value)
    case .vacuum: settings.vacuum = value
    }
    let oriented = try OrientedCrystal(
      crystal, surface: try MillerIndices(parsing: settings.surface), tolerance: 1e-2)
    func slab(_ layers: Int, height: Double) -> Slab {
      oriented.slabWithFewestBrokenBonds(layers: layers, vacuum: settings.vacuum)
        .inCell(ofHeight: height)
    }
    func height(_ layers: Int) -> Double {
      oriented.slabWithFewestBrokenBonds(layers: layers, vacuum: settings.vacuum).structure.cell.c.z
    }
    guard quantity == .sigma else {
      // The slab of a free surface's study, so that its stored answers serve here too.
      let layers = oriented.planeCounts(from: settings.layers, count: 1)[0]
      let series = oriented.planeCounts(
        from: settings.thicknessSeries.min() ?? layers, count: settings.thicknessSeries.count)
      let wide = slab(layers, height: height(max(layers, series.max() ?? 0)))
        .supercell(.diagonal(settings.supercell, settings.supercell))
      return try await segregation(wide, settings, engine)
    }
    // Two slabs whose faces are all alike, two layers apart where any number of layers does.
    let counts = oriented.planeCounts(from: settings.layers, count: 3)
    let layers = counts[0]
    let more = counts.first { $0 >= layers + 2 } ?? counts[1]
    let (thin, thick) = (slab(layers, height: height(more)), slab(more, height: height(more)))
    let sampling = Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: thin.structure.cell, length: settings.meshLength, slab: true))
    let low = try await energy(of: thin.structure, sampling, engine)
    let high = try await energy(of: thick.structure, sampling, engine)
    let surfaceAtoms = oriented.surfaceCoordination().surfaceAtoms
    let perLayer = (high - low) / Double(more - layers)
    return (low - Double(layers) * perLayer) / (2 * surfaceAtoms)
  }

  /// Energy of an unrelaxed vacancy in the bulk layer less that at the surface, eV.
  private func segregation(
    _ slab: Slab, _ settings: FreeSurfaceSettings, _ engine: any Engine
  ) async throws -> Double {
    let middle = min(settings.depth, (slab.layerCount + 1) / 2)
    let ladder = try VacancyLadder(slab, layers: middle)
    let sampling = Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: slab.structure.cell, length: settings.meshLength, slab: true))
    let surface = try await energy(
      of: ladder.structure(layer: 1, of: slab.structure), sampling, engine)
    let bulk = try await energy(
      of: ladder.structure(layer: middle, of: slab.structure), sampling, engine)
    return bulk - surface
  }

  private func energy(
    of structure: Structure, _ sampling: Sampling, _ engine: any Engine
  ) async throws -> Double {
    try await engine.convergedEnergy(of: structure, sampling: sampling, stage: "convergence")
  }
}
