public import Engines
public import Structures

/// An engine that judges geometries which another one has relaxed.
///
/// ``relax(_:engine:sampling:settings:progress:)`` and
/// ``nudgedElasticBand(from:to:engine:sampling:settings:progress:)`` move atoms by the guide and ask the engine itself
/// at the end alone: energies are the engine's at the guide's geometries. In a held cell they are off to second order
/// in what the guide's forces are off by; a cell that the guide has relaxed enters to first order, by its stress.
public protocol GuidedEngine: Engine {
  /// Relaxes in the engine's place; nil where the engine does so itself.
  var guide: (any Engine)? { get }
}

extension Engine {
  /// What relaxes for this engine; nil where it does so itself.
  public var guidance: (any Engine)? { (self as? any GuidedEngine)?.guide }
}

/// A judge and its guide.
public struct ConfirmingEngine: GuidedEngine {
  private let judge: any Engine
  /// Relaxes in the judge's place.
  public let guide: (any Engine)?

  /// Has one engine judge what another one has relaxed.
  ///
  /// - Parameters:
  ///   - judge: gives every energy; a store around it keeps its answers.
  ///   - guide: moves the atoms.
  public init(judge: any Engine, guide: any Engine) {
    self.judge = judge
    self.guide = guide
  }

  /// That of the judge, which its answers have, and who has relaxed.
  public var identity: EngineIdentity {
    var identity = judge.identity
    if let guide {
      let settings = guide.identity.settings.sorted { $0.key < $1.key }
      identity.settings["relaxed_by"] =
        ([guide.identity.name] + settings.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
    }
    return identity
  }

  /// The judge's answer.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    try await judge.evaluate(structure, sampling: sampling)
  }

  /// The judge's answers.
  public func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation] {
    try await judge.evaluateAll(structures, sampling: sampling, told: told)
  }

  /// Ends both.
  public func shutDown() async {
    await judge.shutDown()
    await guide?.shutDown()
  }
}

extension RelaxationResult {
  /// The same end with another engine's answer in the place of its own.
  ///
  /// - Parameters:
  ///   - judge: asked once.
  ///   - sampling: passed to it.
  ///   - fixedAtoms: whose forces do not count.
  /// - Returns: one force call, the judge's, or none and no energy where the guide had no answer; why it ended is the guide's word, but for a judge that did not converge.
  /// - Throws: what the judge throws.
  func judged(
    by judge: any Engine, sampling: Sampling, fixedAtoms: Set<Int>
  ) async throws -> RelaxationResult {
    var result = self
    var isEnd = evaluation.isConverged && evaluation.energy.isFinite
    // Where the guide stood before it had no answer is no end either.
    if case .engineNotConverged = outcome { isEnd = false }
    guard isEnd else {
      result.evaluation.energy = .nan
      (result.forceCalls, result.trace) = (0, [])
      return result
    }
    result.evaluation = try await judge.evaluate(structure, sampling: sampling)
    if case .notConverged(let reason) = result.evaluation.convergence {
      result.outcome = .engineNotConverged(reason: reason)
    }
    result.residualForce =
      result.evaluation.forces.enumerated().filter { !fixedAtoms.contains($0.offset) }
      .map(\.element.length).max() ?? 0
    result.forceCalls = 1
    result.trace = [
      RelaxationStep(
        forceCall: 1, energy: result.evaluation.energy, residualForce: result.residualForce,
        residualStress: 0)
    ]
    return result
  }
}

extension BandSettings {
  /// The same for a guide: ends that it has not relaxed itself, or to another threshold, are the judge's.
  var forGuide: BandSettings {
    var settings = self
    settings.endForceThreshold = nil
    return settings
  }
}

extension BandResult {
  /// The same images with another engine's energies in the place of their own.
  ///
  /// - Parameters:
  ///   - judge: asked once for each image, the ends included.
  ///   - sampling: passed to it.
  ///   - fixedAtoms: whose forces do not count.
  /// - Returns: why it ended is the guide's word, but for a judge that did not converge; energies are no numbers where
  ///   an image has none.
  /// - Throws: what the judge throws.
  func judged(
    by judge: any Engine, sampling: Sampling, fixedAtoms: Set<Int>
  ) async throws -> BandResult {
    var result = self
    // The line on which the search began was the guide's, and so were the hollows.
    result.startingHighestEnergy = nil
    result.intermediateMinima = []
    result.forceCalls = max(0, images.count - 2)
    guard energies.allSatisfy(\.isFinite) else { return result }
    let answers = try await judge.evaluateAll(images, sampling: sampling) { _, _ in }
    for answer in answers {
      guard case .notConverged(let reason) = answer.convergence else { continue }
      result.outcome = .engineNotConverged(reason: reason)
    }
    result.energies = answers.map { $0.isConverged ? $0.energy : .nan }
    guard answers.allSatisfy(\.isConverged) else {
      result.tangentForces = images.map { _ in .nan }
      return result
    }
    result.residualForce = 0
    for image in images.indices.dropFirst().dropLast() {
      let (before, after) = (images[image - 1].coordinates, images[image + 1].coordinates)
      let move = zip(after, before).map(-)
      let length = Vectors.dot(move, move).squareRoot()
      let tangent = move.map { $0 / max(length, .leastNormalMagnitude) }
      var force: [Double] = []
      for (atom, vector) in answers[image].forces.enumerated() {
        force += fixedAtoms.contains(atom) ? [0, 0, 0] : [vector.x, vector.y, vector.z]
      }
      let along = Vectors.dot(force, tangent)
      result.tangentForces[image] = along
      Vectors.add(-along, tangent, to: &force)
      result.residualForce = max(result.residualForce, Vectors.longestTriple(force))
    }
    return result
  }
}
