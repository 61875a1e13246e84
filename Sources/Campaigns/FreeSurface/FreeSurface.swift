import BondBreaking
public import Engines
import Interfaces
import Relaxation
import Structures

/// A metal's free surface: its energy, and a vacancy in each layer as cleaved, in the relaxed surface, and
/// with everything relaxed.
///
/// All slabs stand in cells of one height, so that their basis sets are alike. The bulk energy of eq 3 is
/// the slope of the slabs' energies against their thickness, as for sigma.
///
/// ## References
/// I. D. Seymour, A. Aguadero, J. Mater. Chem. A 9, 19901 (2021), doi:10.1039/d1ta03254b: figures 1 and
/// S3-S5.
public struct FreeSurface: Sendable {
  /// All numbers.
  public let settings: FreeSurfaceSettings
  /// Computes slabs.
  public let engine: any Engine
  /// Relaxes the bulk cell.
  public let bulkEngine: any Engine
  /// Told of every finished step in a few words.
  public let progress: @Sendable (String) -> Void

  /// Creates a study.
  public init(
    settings: FreeSurfaceSettings, engine: any Engine, bulkEngine: any Engine,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.settings = settings
    self.engine = engine
    self.bulkEngine = bulkEngine
    self.progress = progress
  }

  /// Computes what is missing, the most telling first.
  ///
  /// - Returns: all quantities; with an engine that only answers from a store (``StoredAnswers``) those
  ///   that are stored.
  /// - Throws: what an engine throws, ``InterfaceError``, ``AssessmentError``, and `CancellationError`.
  public func run() async throws -> FreeSurfaceResult {
    var result = FreeSurfaceResult(settings: settings)
    do {
      try await compute(&result)
      result.isComplete = true
    } catch is NotComputed {
      // What is there is told; what is not stays nil.
    } catch AssessmentError.engineNotConverged(let stage, let reason) {
      result.notConverged.append("\(stage): \(reason)")
    }
    return result
  }

  /// Follows a vacancy from the surface inwards, through the same slab: figure 2.
  ///
  /// - Parameter images: images of each hop between its ends.
  /// - Returns: stops and hops; with an engine that only answers from a store those that are stored, and
  ///   nil where not even the slab is.
  /// - Throws: as ``run()``, and `BandError`.
  public func path(images: Int = 3) async throws -> VacancyPath? {
    var result = FreeSurfaceResult(settings: settings)
    do {
      let slab = try await slabs(&result).wide
      return try await followVacancy(
        through: slab, layers: settings.depth, engine: engine,
        sampling: sampling(slab.structure.cell, settings.meshLength), relaxation: relaxation,
        band: BandSettings(images: images, forceThreshold: settings.forceThreshold),
        progress: progress)
    } catch is NotComputed {
      return nil
    }
  }

  private func compute(_ result: inout FreeSurfaceResult) async throws {
    let slabs = try await slabs(&result)
    try await thicknessSeries(&result, slabs.narrow)
    guard let cleavedBulk = result.cleaved?.bulkEnergyPerAtom,
      let relaxedBulk = result.relaxed?.bulkEnergyPerAtom
    else { return }
    try await vacancies(in: slabs.wide, bulkEnergies: (cleavedBulk, relaxedBulk), &result)
  }

  /// The slabs of the thickness series by their layers, and the one that holds a vacancy.
  private func slabs(
    _ result: inout FreeSurfaceResult
  ) async throws -> (narrow: (Int) -> Slab, wide: Slab) {
    let crystal = try await bulk(&result)
    let oriented = try OrientedCrystal(
      crystal, surface: try MillerIndices(parsing: settings.surface), tolerance: 1e-2)
    result.coordination = oriented.surfaceCoordination()
    result.area = oriented.area
    result.layers = oriented.planeCounts(from: settings.layers, count: 1)[0]
    result.thicknessSeries = oriented.planeCounts(
      from: settings.thicknessSeries.min() ?? settings.layers,
      count: settings.thicknessSeries.count)
    let thickest = max(result.layers, result.thicknessSeries.max() ?? 0)
    let height = oriented.slabWithFewestBrokenBonds(
      layers: thickest, vacuum: settings.vacuum
    ).structure.cell.c.z
    let vacuum = settings.vacuum
    let narrow = { (layers: Int) in
      oriented.slabWithFewestBrokenBonds(layers: layers, vacuum: vacuum).inCell(ofHeight: height)
    }
    return (
      narrow, narrow(result.layers).supercell(.diagonal(settings.supercell, settings.supercell))
    )
  }

  // MARK: Steps

  private func bulk(_ result: inout FreeSurfaceResult) async throws -> Structure {
    guard let metal = Prototype.metal(settings.metal, settings.structure) else {
      throw AssessmentError.unknownMetal(settings.metal)
    }
    let sampling = Sampling(
      kPointGrid: AssessmentSettings.mesh(
        for: metal.cell, length: settings.bulkMeshLength, slab: false), needsStress: true)
    let relaxed = try await relaxCell(
      metal, freedom: .full, engine: bulkEngine, sampling: sampling, settings: relaxation)
    try note(relaxed, "bulk", &result)
    let bulk = try AssessmentResult.Bulk(relaxed)
    result.bulk = bulk
    progress("a = \(bulk.latticeParameters.x.formatted(digits: 3)) angstrom")
    return bulk.structure
  }

  private func thicknessSeries(
    _ result: inout FreeSurfaceResult, _ slab: (Int) -> Slab
  ) async throws {
    var (cleaved, relaxed): ([Double], [Double]) = ([], [])
    var atoms = 1
    let series = result.thicknessSeries
    for layers in series {
      let slab = slab(layers)
      atoms = slab.structure.count / layers
      let sampling = unfoldedSampling(slab.structure.cell)
      cleaved.append(
        try await energy(of: slab.structure, sampling, "slab of \(layers) layers"))
      let end = try await relax(
        slab.structure, engine: engine, sampling: sampling, settings: relaxation)
      try note(end, "slab of \(layers) layers", &result)
      relaxed.append(end.evaluation.energy)
    }
    func fitted(_ energies: [Double]) -> FreeSurfaceResult.Series {
      FreeSurfaceResult.Series(
        energies: energies,
        fit: ThicknessFit(layers: series, energies: energies),
        atomsPerLayer: atoms)
    }
    result.cleaved = fitted(cleaved)
    result.relaxed = fitted(relaxed)
    if let sigma = result.surfaceEnergyPerAtom(relaxed: true) {
      progress("sigma = \(sigma.value.formatted(digits: 3)) eV for each surface atom")
    }
  }

  /// The surface and the bulk first: their difference says most.
  private func vacancies(
    in slab: Slab, bulkEnergies: (cleaved: Double, relaxed: Double),
    _ result: inout FreeSurfaceResult
  ) async throws {
    let ladder = try VacancyLadder(slab, layers: settings.depth)
    let sampling = sampling(slab.structure.cell, settings.meshLength)
    let perfect = try await energy(of: slab.structure, sampling, "slab")
    let end = try await relax(
      slab.structure, engine: engine, sampling: sampling, settings: relaxation)
    try note(end, "slab", &result)
    var relaxedSlab = slab
    relaxedSlab.structure = end.structure
    progress("slab of \(slab.structure.count) atoms relaxed, \(end.forceCalls) force calls")
    result.vacancies = (1...settings.depth).map { FreeSurfaceResult.Vacancy(layer: $0) }
    let surfaceLayers = result.coordination?.surfaceLayers ?? 1
    let first = Array(1...min(surfaceLayers, settings.depth)) + [settings.depth]
    let rest = (1...settings.depth).filter { !first.contains($0) }
    for layers in [first, rest] {
      for layer in layers {
        let cleaved = try await energy(
          of: ladder.structure(layer: layer, of: slab.structure), sampling, "vacancy")
        result.vacancies[layer - 1].cleaved = cleaved - perfect + bulkEnergies.cleaved
        let frozen = try await energy(
          of: ladder.structure(layer: layer, of: end.structure), sampling, "vacancy")
        result.vacancies[layer - 1].relaxedSurface =
          frozen - end.evaluation.energy + bulkEnergies.relaxed
      }
      for layer in layers {
        try await relaxVacancy(
          in: layer, ladder.structure(layer: layer, of: end.structure), relaxedSlab,
          reference: end.evaluation.energy - bulkEnergies.relaxed, sampling, &result)
      }
    }
  }

  /// Relaxes everything around a vacancy; the energy is counted from the whole slab less one bulk atom, eV.
  private func relaxVacancy(
    in layer: Int, _ start: Structure, _ slab: Slab, reference: Double, _ sampling: Sampling,
    _ result: inout FreeSurfaceResult
  ) async throws {
    let relaxed = try await relax(
      start, engine: engine, sampling: sampling, settings: relaxation)
    try note(relaxed, "vacancy in layer \(layer)", &result)
    let energy = relaxed.evaluation.energy - reference
    result.vacancies[layer - 1].relaxed = energy
    result.vacancies[layer - 1].settledLayer =
      VacancyLadder.layerOfVacancy(in: relaxed.structure, of: slab)
    result.vacancies[layer - 1].isConverged = relaxed.outcome == .converged
    result.vacancies[layer - 1].structure = relaxed.structure
    progress(
      "vacancy in layer \(layer): \(energy.formatted(digits: 3)) eV, "
        + "\(relaxed.forceCalls) force calls")
  }

  // MARK: Support

  private var relaxation: RelaxationSettings { settings.relaxation }

  private func sampling(_ cell: Cell, _ length: Double) -> Sampling {
    Sampling(kPointGrid: AssessmentSettings.mesh(for: cell, length: length, slab: true))
  }

  /// The k points of the slab with a vacancy, unfolded into the surface cell.
  private func unfoldedSampling(_ cell: Cell) -> Sampling {
    var wide = cell
    wide.a = Double(settings.supercell) * cell.a
    wide.b = Double(settings.supercell) * cell.b
    var result = sampling(wide, settings.meshLength)
    result.kPointGrid.x *= settings.supercell
    result.kPointGrid.y *= settings.supercell
    return result
  }

  private func energy(
    of structure: Structure, _ sampling: Sampling, _ stage: String
  ) async throws -> Double {
    try await engine.convergedEnergy(of: structure, sampling: sampling, stage: stage)
  }

  /// Notes a relaxation that stopped short; throws where the engine itself did not converge.
  private func note(
    _ relaxed: RelaxationResult, _ name: String, _ result: inout FreeSurfaceResult
  ) throws {
    switch relaxed.outcome {
    case .converged: return
    case .engineNotConverged(let reason):
      throw AssessmentError.engineNotConverged(stage: name, reason: reason)
    case .forceCallLimit:
      result.notConverged.append("\(name): \(relaxed.forceCalls) force calls were the limit")
    case .stalled(let reason):
      result.notConverged.append("\(name): \(reason)")
    }
  }
}
