public import Engines
public import Structures

/// What a reproduction of the paper has found so far, by the systems' names.
public struct ReproductionResults: Sendable {
  /// Free surfaces.
  public var surfaces: [String: FreeSurfaceResult] = [:]
  /// Vacancies followed from a surface inwards.
  public var paths: [String: VacancyPath] = [:]
  /// Interfaces, with vacancies where they are there.
  public var interfaces: [String: AssessmentResult] = [:]
  /// Systems that could not be computed, and why.
  public var failures: [String: String] = [:]

  /// Nothing found.
  public init() {}
}

/// One calculation of a reproduction.
public enum ReproductionTask: Sendable, Hashable {
  /// Surface energy and vacancies by layer.
  case surface(PaperSurface)
  /// Barriers from the surface inwards.
  case path(PaperSurface)
  /// Adhesion and registries, and vacancies where asked for.
  case interface(PaperInterface, vacancies: Bool)

  /// Elements that its engine has to know.
  public var elements: Set<Element> {
    switch self {
    case .surface(let surface), .path(let surface): [surface.metal]
    case .interface(let pair, _):
      Set(pair.prototype?.structure.elements ?? []).union([pair.metal])
    }
  }

  /// Name of its system in the paper's values, for example "LiMg-Li".
  public var system: String {
    switch self {
    case .surface(let surface), .path(let surface): surface.id
    case .interface(let pair, _): pair.id
    }
  }

  /// Name for people.
  public var name: String {
    switch self {
    case .surface(let surface): "\(surface.name), sigma and vacancies"
    case .path(let surface): "\(surface.name), barriers"
    case .interface(let pair, let vacancies): "\(pair.id)" + (vacancies ? ", with vacancies" : "")
    }
  }

  /// The calculations behind a figure of the paper.
  ///
  /// - Parameter figure: 1 to 6.
  /// - Returns: in the order of what they tell; none for another number.
  public static func tasks(figure: Int) -> [ReproductionTask] {
    switch figure {
    case 1: PaperSurface.all.map(ReproductionTask.surface)
    case 2: PaperSurface.all.map(ReproductionTask.path)
    case 3: PaperInterface.coherent.prefix(2).map { .interface($0, vacancies: true) }
    case 4: PaperInterface.coherent.map { .interface($0, vacancies: true) }
    case 5: PaperInterface.coherent.prefix(1).map { .interface($0, vacancies: false) }
    case 6: PaperInterface.incoherent.map { .interface($0, vacancies: true) }
    default: []
    }
  }

  /// All calculations, the cheap and telling ones first.
  public static var all: [ReproductionTask] {
    let coherent = PaperInterface.coherent
    let bcc = PaperSurface.all.prefix(2)
    let early: [ReproductionTask] =
      bcc.map(ReproductionTask.surface)
      + coherent.prefix(2).map { .interface($0, vacancies: false) }
    let adhesion = coherent.dropFirst(2).map { ReproductionTask.interface($0, vacancies: false) }
    let late: [ReproductionTask] =
      PaperSurface.all.dropFirst(2).map(ReproductionTask.surface)
      + coherent.map { .interface($0, vacancies: true) }
      + PaperSurface.all.map(ReproductionTask.path)
      + PaperInterface.incoherent.map { .interface($0, vacancies: true) }
    return early + adhesion + late
  }
}

/// Computes the systems of Seymour & Aguadero (2021), doi:10.1039/d1ta03254b, one after the other.
public struct Reproduction: Sendable {
  /// Where all numbers come from.
  public let preset: Preset
  /// In-plane supercell of a vacancy; nil takes the preset's.
  public let supercell: Int?
  /// Whether vacancies at interfaces are relaxed too; unrelaxed they cost one force call each.
  public let relaxesVacancies: Bool
  /// Told of every step in a few words.
  public let progress: @Sendable (String) -> Void

  /// Creates a reproduction.
  public init(
    preset: Preset, supercell: Int? = nil, relaxesVacancies: Bool = true,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.preset = preset
    self.supercell = supercell
    self.relaxesVacancies = relaxesVacancies
    self.progress = progress
  }

  /// What the engine of a task is asked for.
  public func electronic(of task: ReproductionTask) -> ElectronicSettings {
    switch task {
    case .surface(let surface), .path(let surface): settings(of: surface).electronic
    case .interface(let pair, _): settings(of: pair).electronic
    }
  }

  /// Settings of a free surface.
  public func settings(of surface: PaperSurface) -> FreeSurfaceSettings {
    var result = FreeSurfaceSettings(
      preset: preset, metal: surface.metal, structure: surface.structure, surface: surface.surface)
    if let supercell { result.supercell = supercell }
    return result
  }

  /// Settings of an interface.
  public func settings(of pair: PaperInterface) -> AssessmentSettings {
    var result = pair.settings(preset)
    if let supercell, pair.isCoherent { result.vacancySupercell = supercell }
    result.relaxesVacancies = relaxesVacancies
    return result
  }

  /// Computes one task, and adds what it found.
  ///
  /// With an engine that only answers from a store (``StoredAnswers``) what is stored is added.
  ///
  /// - Parameters:
  ///   - task: what.
  ///   - engine: computes slabs and interfaces.
  ///   - bulkEngine: relaxes bulk cells.
  ///   - results: gets it.
  /// - Throws: what an engine throws, `InterfaceError`, ``AssessmentError``, `BandError`,
  ///   `CancellationError`.
  public func run(
    _ task: ReproductionTask, engine: any Engine, bulkEngine: any Engine,
    into results: inout ReproductionResults
  ) async throws {
    switch task {
    case .surface(let surface):
      let result = try await study(of: surface, engine, bulkEngine).run()
      if result.bulk != nil { results.surfaces[surface.id] = result }
    case .path(let surface):
      results.paths[surface.id] = try await study(of: surface, engine, bulkEngine).path()
    case .interface(let pair, let vacancies):
      // First without vacancies: where only they are missing, the rest is there.
      for isWhole in vacancies ? [false, true] : [false] {
        if let result = try await assess(pair, vacancies: isWhole, engine, bulkEngine) {
          results.interfaces[pair.id] = result
        }
      }
    }
  }

  private func study(
    of surface: PaperSurface, _ engine: any Engine, _ bulkEngine: any Engine
  ) -> FreeSurface {
    FreeSurface(
      settings: settings(of: surface), engine: engine, bulkEngine: bulkEngine, progress: progress)
  }

  private func assess(
    _ pair: PaperInterface, vacancies: Bool, _ engine: any Engine, _ bulkEngine: any Engine
  ) async throws -> AssessmentResult? {
    guard let prototype = pair.prototype else { return nil }
    var settings = settings(of: pair)
    settings.vacancies = vacancies
    let progress = self.progress
    let assessment = Assessment(
      settings: settings, engine: engine, bulkEngine: bulkEngine,
      phases: []
    ) { event in
      if case .ended(let stage, let summary, let calls) = event {
        progress("\(stage.name): \(summary) (\(calls) force calls)")
      }
    }
    do {
      return try await assessment.run(
        Substrate(prototype))
    } catch is NotComputed {
      return nil
    }
  }
}
