public import Engines
public import Structures
import Synchronization

/// A cheap model of an engine, learned from its answers, that shortens relaxations and paths.
///
/// It only proposes: every result is an answer of the engine, and a relaxation is finished where the engine's own
/// forces are below the threshold.
public protocol Accelerator: Sendable {
  /// Whether there is a model that proposes; without one only what was finished before is found.
  ///
  /// Throws what reading its data throws.
  var proposes: Bool { get throws }

  /// Whether the model knows enough to choose where a relaxation asks the engine first.
  ///
  /// Throws what reading its data throws.
  var leads: Bool { get throws }

  /// What the model says of a structure, and how sure it is.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - sampling: what the engine would be asked with.
  ///   - needsDeviation: whether the deviation is wanted, which costs far more than energy and forces.
  /// - Returns: nil where the model knows too little to say anything.
  /// - Throws: what reading its data throws.
  func predict(
    _ structure: Structure, sampling: Sampling, needsDeviation: Bool
  ) throws -> AcceleratorPrediction?

  /// Answers what the engine has computed before, and throws for everything else; nil where nothing is kept.
  ///
  /// A relaxation that the engine has finished without a model is found by it.
  ///
  /// - Parameter engine: the one whose answers are wanted.
  /// - Returns: an engine with its name and settings.
  func storedAnswers(of engine: EngineIdentity) -> (any Engine)?

  /// The end of a relaxation that was finished before.
  ///
  /// What a model proposes changes with all that it learns, so a relaxation cannot be repeated from stored force
  /// calls alone: its end is kept.
  ///
  /// - Parameter question: start and thresholds.
  /// - Returns: the end; nil where this relaxation was never finished.
  /// - Throws: what reading throws.
  func finished(_ question: RelaxationQuestion) throws -> FinishedRelaxation?

  /// Keeps the end of a relaxation.
  ///
  /// - Parameters:
  ///   - relaxation: the end; only one that converged.
  ///   - question: start and thresholds.
  /// - Throws: what writing throws.
  func keep(_ relaxation: FinishedRelaxation, for question: RelaxationQuestion) throws
}

extension Accelerator {
  /// No: the engine is asked for the start itself.
  public var leads: Bool { false }

  /// Whether the engine has finished a search before, without a model: by stored answers alone it reaches its end.
  func hasPlainEnd(
    of engine: EngineIdentity, _ search: (any Engine) async throws -> RelaxationOutcome
  ) async throws -> Bool {
    guard let storedAnswers = storedAnswers(of: engine) else { return false }
    do {
      return try await search(storedAnswers) == .converged
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return false
    }
  }
}

/// An engine that brings an accelerator with it.
public protocol AcceleratedEngine: Engine {
  /// Shortens relaxations and paths that ask this engine; nil where nothing does.
  var accelerator: (any Accelerator)? { get }
}

/// A model's answer.
public struct AcceleratorPrediction: Sendable, Hashable {
  /// Energy in eV, up to a constant of the cell and its sampling.
  public var energy: Double
  /// Forces in eV/angstrom.
  public var forces: [Vector3]
  /// Stress in eV/angstrom^3, tension above zero; nil where the model has none.
  public var stress: Matrix3?
  /// Largest standard deviation of a force as a vector, eV/angstrom, 0 where it was not wanted: what more data could still
  /// change of it.
  ///
  /// Of the stress nothing is said.
  public var deviation: Double

  /// Creates an answer.
  public init(energy: Double, forces: [Vector3], stress: Matrix3? = nil, deviation: Double) {
    self.energy = energy
    self.forces = forces
    self.stress = stress
    self.deviation = deviation
  }
}

/// What a relaxation, or a path, was asked for.
public struct RelaxationQuestion: Sendable, Hashable {
  /// Geometries that it began with: one, or the two ends of a path.
  public var structures: [Structure]
  /// Mesh and boundary.
  public var sampling: Sampling
  /// Of the engine.
  public var engine: EngineIdentity
  /// What was searched for, with all its settings: another method or another limit may end elsewhere.
  public var search: Search

  /// A minimum, a path or a gap.
  public enum Search: Sendable, Hashable, Codable {
    /// A minimum of the positions in a held cell.
    case minimum(RelaxationSettings)
    /// A minimum of the positions and of the cell's free strains.
    case cell(RelaxationSettings, CellFreedom)
    /// A path between two minima.
    case path(BandSettings)
    /// The best gap between two rigid parts.
    case gap(GapSearch)
  }
}

/// How a relaxation, a path, or the scan of a gap ended.
public struct FinishedRelaxation: Sendable, Hashable, Codable {
  /// The relaxed structure, or the images between the ends of a path.
  public var structures: [Structure]
  /// Every force call in order, as in ``RelaxationResult/trace``; empty for a path and a gap.
  public var trace: [RelaxationStep]
  /// Number of force calls.
  public var forceCalls: Int
}

/// Where a run on the model leaves what the model is sure of, or goes farther than it may.
struct ModelBoundary: Error {
  /// The geometries there: one, or the images of a band.
  var structures: [Structure]
  /// Their energies by the model, eV; empty where it knows too little to say any.
  var energies: [Double] = []
}

/// The model in the engine's place, made exact where the engine has answered (``ResidualCorrection``).
final class ModelEngine: Engine {
  /// A geometry with the engine's answer.
  struct Known: Sendable {
    var structure: Structure
    var evaluation: Evaluation
  }

  let identity = EngineIdentity(name: "learned model", settings: [:])
  private let accelerator: any Accelerator
  private let sampling: Sampling
  private let coordinates: MoveCoordinates
  /// Ends of a band.
  private let ends: [Structure]
  private let visited: [Structure]
  private let correction: ResidualCorrection?
  /// Energy of the engine less that of model and correction, eV.
  private let shift: Double
  /// Largest open deviation of a force that is let pass, eV/angstrom.
  private let limit: Double
  /// Farthest that an atom, or a strain, may be from its place where the run began, angstrom.
  private let reach: Double
  /// Where the run began: one geometry, or the images of a band.
  private let origins: [Structure]
  /// Number of times that it was asked.
  private let count = Mutex(0)

  /// Takes what the engine has said near where the model will run.
  ///
  /// - Parameters:
  ///   - accelerator: the model.
  ///   - sampling: what the engine is asked with.
  ///   - coordinates: those that the run changes.
  ///   - known: answers of the engine in this cell, or with its strains.
  ///   - ends: of a band: told whatever the limits are. By the model as all between them, for the engine's energies beside
  ///     the model's would make a step of the difference, and a saddle where a path only falls.
  ///   - origins: where the run begins.
  ///   - limit: of open deviations, eV/angstrom.
  ///   - reach: of moves, angstrom.
  /// - Throws: what the model throws.
  init(
    _ accelerator: any Accelerator, sampling: Sampling, coordinates: MoveCoordinates,
    known: [Known], ends: [Structure] = [], origins: [Structure], limit: Double, reach: Double
  ) throws {
    self.origins = origins
    self.accelerator = accelerator
    self.sampling = sampling
    self.coordinates = coordinates
    self.ends = ends
    self.limit = limit
    self.reach = reach
    visited = known.map(\.structure)
    var (points, residuals, energies): ([[Double]], [[Double]], [Double]) = ([], [], [])
    for answer in known {
      guard
        let prediction = try accelerator.predict(
          answer.structure, sampling: sampling, needsDeviation: false),
        let truth = coordinates.forces(
          answer.evaluation.forces, stress: answer.evaluation.stress, in: answer.structure),
        let guess = coordinates.forces(
          prediction.forces, stress: prediction.stress, in: answer.structure)
      else {
        continue
      }
      points.append(coordinates.values(of: answer.structure))
      residuals.append(Vectors.difference(truth, guess))
      energies.append(answer.evaluation.energy - prediction.energy)
    }
    let correction =
      points.isEmpty ? nil : ResidualCorrection(points: points, residuals: residuals)
    self.correction = correction
    let shifts = zip(points, energies).map { point, energy in
      energy - (correction?.value(at: point).energy ?? 0)
    }
    shift = shifts.reduce(0, +) / Double(max(1, shifts.count))
  }

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    if ends.contains(structure), let end = try told(of: structure) { return end }
    return try answer([structure])[0]
  }

  func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation] {
    let answers = try answer(structures)
    for (index, evaluation) in answers.enumerated() { try told(index, evaluation) }
    return answers
  }

  /// What model and correction say whatever the limits are; nil where the model knows too little.
  func told(of structure: Structure) throws -> Evaluation? {
    try prediction(of: structure, needsDeviation: false).map { corrected($0, at: structure) }
  }

  /// The model's answer; nil where it knows too little, or no stress where one is needed.
  private func prediction(
    of structure: Structure, needsDeviation: Bool
  ) throws -> AcceleratorPrediction? {
    let prediction = try accelerator.predict(
      structure, sampling: sampling, needsDeviation: needsDeviation)
    return coordinates.strains.isEmpty || prediction?.stress != nil ? prediction : nil
  }

  /// What model and correction say together.
  private func corrected(
    _ prediction: AcceleratorPrediction, at structure: Structure
  ) -> Evaluation {
    var answer = Evaluation(
      energy: prediction.energy + shift, forces: prediction.forces, stress: prediction.stress)
    guard let added = correction?.value(at: coordinates.values(of: structure)) else {
      return answer
    }
    answer.energy = prediction.energy + added.energy + shift
    for atom in answer.forces.indices {
      answer.forces[atom] =
        prediction.forces[atom]
        + Vector3(added.forces[3 * atom], added.forces[3 * atom + 1], added.forces[3 * atom + 2])
    }
    answer.stress = prediction.stress.map {
      $0 + coordinates.stress(ofForces: added.forces, in: structure)
    }
    return answer
  }

  private func answer(_ structures: [Structure]) throws -> [Evaluation] {
    try Task.checkCancellation()
    var answers: [Evaluation] = []
    var worst = 0.0
    var farthest = 0.0
    // Between two looks the model moves atoms by hundredths of an angstrom.
    let number = count.withLock {
      $0 += 1
      return $0
    }
    let needsDeviation = limit.isFinite && number % 4 == 1
    for (index, structure) in structures.enumerated() {
      guard
        let prediction = try prediction(of: structure, needsDeviation: needsDeviation)
      else {
        throw ModelBoundary(structures: structures)
      }
      answers.append(corrected(prediction, at: structure))
      // Where the engine has answered nothing is open.
      if !visited.contains(structure) { worst = max(worst, prediction.deviation / limit) }
      if origins.count == structures.count {
        farthest = max(farthest, coordinates.farthestMove(from: origins[index], to: structure))
      }
    }
    if worst > 1 || farthest > reach {
      throw ModelBoundary(structures: structures, energies: answers.map(\.energy))
    }
    return answers
  }
}
