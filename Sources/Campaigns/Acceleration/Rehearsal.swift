import Engines
import Interfaces
package import LearnedPotential
package import Structures
import Synchronization

/// An assessment by a potential that is still learning, whose cells are what it has to know.
///
/// Cells that are drawn at random surround what an assessment passes through, but a relaxation goes its own way, and a
/// potential refuses by one atom on it. So the assessment itself is tried: the cell at which it comes to a halt is asked
/// of the engine next, and the cells in which its relaxations end are among those that may be asked.
///
/// ## References
/// E. V. Podryabinkin, A. V. Shapeev, Comput. Mater. Sci. 140, 171 (2017), doi:10.1016/j.commatsci.2017.08.031, who learn
/// on the way of a relaxation.
public struct Rehearsal: Sendable {
  /// What is assessed, for a line of progress: "Li2O on Li".
  public let name: String
  /// The stage at which it first halted, or had to go on without a registry or a vacancy; nil where it came to its end.
  public let halt: Halt?
  /// Slabs and interfaces, the last of each row of steps, small enough to be asked; crystals are among the references.
  package let cells: [TrainingCandidates.Candidate]
  /// Those that were not known, in the order in which they stood in its way; small enough to be asked.
  package let refused: [TrainingCandidates.Candidate]
  /// What makes the work of adhesion where it came to its end without vacancies: the interface of the strongest registry, and both
  /// slabs alone, on meshes that have settled; those that are small enough, none without the interface.
  package let ends: [TrainingCandidates.Candidate]

  /// Where a potential did not know on.
  public struct Halt: Sendable {
    /// Name of the stage.
    public var stage: String
    /// The potential's words, or another error's.
    public var reason: String
    /// The cell, where it is small enough to be asked and its atoms have room.
    public var cell: TrainingCandidates.Candidate?
    /// Atoms of the cell; nil where no cell is to blame.
    public var atoms: Int?
  }

  /// Layers of metal where vacancies are tried: their cells are several times as wide, and what lies deeper changes a
  /// vacancy's surroundings little.
  private static let thinLayers = 5

  /// Tries the assessments of all faces (``TrainingCandidates/faces``) of compounds of the elements on their metal: without
  /// vacancies, in small cells too where its own are too large to be asked, and with vacancies where thin cells of them are
  /// small enough.
  ///
  /// - Parameters:
  ///   - candidates: whose elements, preset and largest cell count.
  ///   - potential: the fit so far.
  ///   - known: cells that it has learned: what it leaves open there no answer changes, so it is not halted by them.
  /// - Returns: one for each compound and kind; none where the elements form no compound that a metal of them lies on.
  /// - Throws: `InterfaceError` where a built-in crystal cannot be cut, and `CancellationError`.
  package static func all(
    of candidates: TrainingCandidates, by potential: LearnedPotential, knowing known: Set<Structure>
  ) async throws -> [Rehearsal] {
    let engine = LearnedEngine(learning: potential)
    var result: [Rehearsal] = []
    for face in try candidates.faces {
      let pair = face.crystal
      guard let settings = candidates.settings(of: face) else { continue }
      func rehearse(_ kind: String, _ settings: AssessmentSettings) async throws {
        result.append(
          try await Rehearsal(
            "\(face.name) on \(settings.metal.symbol)" + kind, of: pair, settings, candidates,
            RecordingEngine(engine) { known.contains(candidates.asked(for: $0)) }))
      }
      try await rehearse("", settings)
      // What it does not know in a cell that is too large to be asked for would not be learned.
      if result.last?.halt?.cell == nil, let usual = try candidates.geometry(of: pair, settings),
        usual.atoms(try candidates.withAlikeFaces(settings)) > candidates.largestCell,
        let small = try candidates.smallSettings(of: face)
      {
        try await rehearse(", small cells", small)
      }
      var thin = settings
      thin.metalLayers = thinLayers
      thin = try candidates.withAlikeFaces(thin)
      thin.substrateThickness = TrainingCandidates.thinSubstrate
      thin.vacancies = true
      thin.relaxedRegistries = 1
      guard
        result.last?.halt == nil, let geometry = try candidates.geometry(of: pair, thin),
        thin.vacancySupercell * thin.vacancySupercell * geometry.atoms(thin)
          <= candidates.largestCell + 1
      else { continue }
      try await rehearse(", vacancies", thin)
    }
    return result
  }

  private init(
    _ name: String, of pair: Prototype, _ settings: AssessmentSettings,
    _ candidates: TrainingCandidates, _ recorder: RecordingEngine
  ) async throws {
    var failure: String?
    var result: AssessmentResult?
    do {
      result = try await Assessment(
        settings: settings, engine: recorder, phases: candidates.phases(of: pair),
        observer: { if case .began(let stage, _) = $0 { recorder.begin(stage) } }
      ).run(Substrate(pair))
    } catch is CancellationError {
      throw CancellationError()
    } catch AssessmentError.engineNotConverged(_, let words) {
      failure = words
    } catch {
      // A fit that knows little may end in a crystal that cannot be cut, or in none.
      failure = "\(error)"
    }
    let met = recorder.met
    func candidate(
      _ met: RecordingEngine.Met, isSettled: Bool = false
    ) -> TrainingCandidates.Candidate? {
      candidates.candidate(
        "\(name), \(met.stage.name)" + (isSettled ? ", settled mesh" : ""), met.structure,
        isSlab: !met.stage.isOfCrystal, isInterface: met.stage.isOfInterface, isSettled: isSettled)
    }
    self.name = name
    cells = met.filter { $0.refusal == nil && !$0.stage.isOfCrystal }.compactMap { candidate($0) }
    self.refused = met.filter { $0.refusal != nil }.compactMap { candidate($0) }
    // An assessment goes on without a registry or a vacancy; what stands first in its way is asked first.
    let refused = met.first { $0.refusal != nil }
    let reason = refused?.refusal ?? failure
    let strongest = result?.registries.first.flatMap { first in
      met.first { $0.stage == .interface(registry: first.registry.name) }
    }
    let slabs = met.filter { $0.stage == .substrateSlab || $0.stage == .metalSlab }
    if reason == nil, !settings.vacancies,
      let interface = strongest.flatMap({
        candidate($0, isSettled: true)
      })
    {
      ends = [interface] + slabs.compactMap { candidate($0, isSettled: true) }
    } else {
      ends = []
    }
    if let reason {
      halt = Halt(
        stage: (refused ?? met.last)?.stage.name ?? "", reason: reason,
        cell: refused.flatMap { candidate($0) }, atoms: refused?.structure.count)
    } else {
      halt = nil
    }
  }
}

extension Stage {
  /// Whether its cells are crystals, without a vacuum.
  fileprivate var isOfCrystal: Bool {
    switch self {
    case .metalBulk, .substrateBulk, .strainedMetal, .reference: true
    default: false
    }
  }

  /// Whether a metal lies on a compound in its cells.
  fileprivate var isOfInterface: Bool {
    switch self {
    case .gapScan, .interface, .vacancy: true
    default: false
    }
  }
}

/// Remembers the cells that an engine was asked for: of each row of steps with the same atoms the last.
private final class RecordingEngine: Engine {
  struct Met: Sendable {
    var stage: Stage
    var structure: Structure
    /// Why there was no answer; nil where there was one.
    var refusal: String?
  }

  private let engine: LearnedEngine
  private let isKnown: @Sendable (Structure) -> Bool
  private let state = Mutex<(stage: Stage, met: [Met])>((.metalBulk, []))

  init(_ engine: LearnedEngine, isKnown: @escaping @Sendable (Structure) -> Bool) {
    self.engine = engine
    self.isKnown = isKnown
  }

  var identity: EngineIdentity { engine.identity }

  var met: [Met] { state.withLock { $0.met } }

  func begin(_ stage: Stage) { state.withLock { $0.stage = stage } }

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    var answer = try await engine.evaluate(structure, sampling: sampling)
    var refusal: String?
    if case .notConverged(let reason) = answer.convergence {
      if isKnown(structure), answer.energy.isFinite, answer.largestForce.isFinite {
        answer.convergence = .converged
      } else {
        refusal = reason
      }
    }
    state.withLock { state in
      let next = Met(stage: state.stage, structure: structure, refusal: refusal)
      if let last = state.met.last, last.stage == next.stage,
        last.structure.species == structure.species
      {
        state.met.removeLast()
      }
      state.met.append(next)
    }
    return answer
  }
}
