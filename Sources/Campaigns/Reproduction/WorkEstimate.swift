import Foundation
import Interfaces
import Structures

/// Force calls that a calculation is expected to need, by the cost of each.
public struct WorkEstimate: Sendable, Hashable {
  /// Equal force calls.
  struct Part: Sendable, Hashable {
    var calls: Int
    var load: CellLoad
    /// What they are for, where an assessment makes them.
    var stage: Stage?
  }

  var parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  /// No force calls.
  public init() { parts = [] }

  /// Number of force calls.
  public var calls: Int { parts.map(\.calls).reduce(0, +) }

  /// Atoms of the largest cell.
  public var largestCell: Int { parts.map(\.load.atoms).max() ?? 0 }

  /// Time of all calls in seconds.
  public func seconds(_ timing: TimingModel) -> Double {
    parts.map { Double($0.calls) * timing.seconds($0.load) }.reduce(0, +)
  }

  /// What is left when the first calls are done, in the order in which they are made; never nothing, for an estimate may
  /// be short.
  public func remaining(after done: Int) -> WorkEstimate {
    var (result, left) = (self, done)
    for index in parts.indices {
      let taken = min(left, parts[index].calls)
      result.parts[index].calls -= taken
      left -= taken
    }
    result.parts.removeAll { $0.calls == 0 }
    return orLast(result)
  }

  /// What is left of an interface of which a result is there: the vacancies that it lacks, for all else it has; never
  /// nothing.
  ///
  /// One that was begun counts as a whole. Stored vacancies need not be the first ones, so that their force calls cannot be counted off in order.
  public func remaining(beyond result: AssessmentResult) -> WorkEstimate {
    orLast(WorkEstimate(parts: parts.filter { result.lacks($0.stage) }))
  }

  /// One call of the last kind where nothing is left.
  private func orLast(_ left: WorkEstimate) -> WorkEstimate {
    guard left.parts.isEmpty, var last = parts.last else { return left }
    last.calls = 1
    return WorkEstimate(parts: [last])
  }

  mutating func add(_ calls: Int, _ structure: Structure, meshLength: Double, slab: Bool = true) {
    parts.append(
      Part(
        calls: calls,
        load: CellLoad(
          structure,
          mesh: AssessmentSettings.mesh(for: structure.cell, length: meshLength, slab: slab)),
        stage: nil))
  }
}

extension Reproduction {
  /// Force calls that a task is expected to need, counted from what relaxations of such cells took.
  ///
  /// - Parameters:
  ///   - task: what.
  ///   - accelerated: whether a learned model goes ahead, which matters for barriers alone.
  /// - Returns: the calls by the cells that they are of.
  /// - Throws: `InterfaceError` where a system cannot be built.
  public func estimate(of task: ReproductionTask, accelerated: Bool = false) throws -> WorkEstimate
  {
    switch task {
    case .surface(let surface):
      // Each vacancy unrelaxed twice, and a relaxation.
      return try estimate(of: settings(of: surface), callsForEachLayer: 10)
    case .path(let surface):
      // A relaxation and the three images of a hop: fifteen steps of a band, or two judgements of a settled one.
      return try estimate(
        of: settings(of: surface), callsForEachLayer: 8 + 3 * (accelerated ? 2 : 15),
        isPath: true)
    case .interface(let pair, let vacancies):
      var settings = settings(of: pair)
      settings.vacancies = vacancies
      guard let prototype = pair.prototype,
        let metal = Prototype.metal(settings.metal, settings.metalStructure)
      else { return WorkEstimate() }
      let plan = try WorkPlan(
        metal: metal, metalSurface: MillerIndices(parsing: settings.metalSurface),
        substrate: prototype.structure, surface: MillerIndices(parsing: settings.substrateSurface),
        phases: [], settings: settings)
      return plan.estimate
    }
  }

  private func estimate(
    of settings: FreeSurfaceSettings, callsForEachLayer: Int, isPath: Bool = false
  ) throws -> WorkEstimate {
    var result = WorkEstimate()
    guard let metal = Prototype.metal(settings.metal, settings.structure) else { return result }
    let oriented = try OrientedCrystal(
      metal, surface: MillerIndices(parsing: settings.surface), tolerance: 1e-2)
    result.add(4, metal, meshLength: settings.bulkMeshLength, slab: false)
    let slab = oriented.slabWithFewestBrokenBonds(
      layers: oriented.planeCounts(from: settings.layers, count: 1)[0], vacuum: settings.vacuum)
    let wide = slab.supercell(.diagonal(settings.supercell, settings.supercell)).structure
    if !isPath {
      result.add(
        4 * settings.thicknessSeries.count, slab.structure, meshLength: settings.meshLength)
    }
    result.add(5, wide, meshLength: settings.meshLength)
    result.add(callsForEachLayer * settings.depth, wide, meshLength: settings.meshLength)
    return result
  }
}

extension ReproductionResults {
  /// Whether all of a task is there.
  public func isComplete(_ task: ReproductionTask) -> Bool {
    switch task {
    case .surface(let surface): surfaces[surface.id]?.isComplete ?? false
    case .path(let surface): paths[surface.id]?.isComplete ?? false
    case .interface(let pair, let vacancies):
      interfaces[pair.id].map { !vacancies || $0.hasItsVacancies } ?? false
    }
  }
}

extension AssessmentResult {
  /// Whether a stage is one of its vacancies that is not there, or not relaxed as asked for.
  ///
  /// What comes before the vacancies is in every result.
  fileprivate func lacks(_ stage: Stage?) -> Bool {
    guard case .vacancy(let place) = stage else { return false }
    if stage == .vacancyReference {
      return !cost.forceCallsByStage.contains { $0.stage == Stage.vacancyReference.name }
    }
    let layer = settings.vacancyPlaces(metalLayers: settings.metalLayers)
      .first { $0.place == place }?.layer
    return layer.map { !isWhole(layer: $0, at: place) } ?? false
  }

  /// Whether all vacancies of a layer are there, relaxed where that was asked for, but for those that the engine gave no answer
  /// to: it would say the same again.
  ///
  /// There is one for each class of sites, with a number behind the place's name where the layer has several.
  private func isWhole(layer: Int, at place: String) -> Bool {
    let left = leftOut.map(\.stage)
    if left.contains(Stage.vacancyReference.name) { return true }
    let there = vacancies.filter { $0.layer == layer }
    let isEach = there.allSatisfy {
      !settings.relaxesVacancies || $0.relaxed != nil
        || left.contains(Stage.vacancy(place: $0.place).name)
    }
    if hasAllSites(there) { return isEach }
    let name = Stage.vacancy(place: place).name
    let refused = left.filter { stage in
      (stage == name || stage.hasPrefix(name + " ("))
        && !there.contains { Stage.vacancy(place: $0.place).name == stage }
    }
    let classes = interfaces["vacancy-cell"]?.vacancyClasses.count { $0.layer == layer - 1 }
    return isEach && !refused.isEmpty && there.count + refused.count == classes
  }

  /// Whether every vacancy that its settings ask for is there, relaxed where that was asked for.
  fileprivate var hasItsVacancies: Bool {
    settings.vacancyPlaces(metalLayers: settings.metalLayers).allSatisfy { place, layer in
      isWhole(layer: layer, at: place)
    }
  }
}
