public import Engines
public import Structures

/// A learned potential in an engine's place.
///
/// It answers where its committee agrees; elsewhere its answer says that it has not converged, for what it says
/// there is no better than a guess.
public struct LearnedEngine: Engine {
  /// Name "learned"; the potential's name and the hash of its file, and the number of a member of the committee.
  public let identity: EngineIdentity
  private let potential: CompiledPotential
  private let members: [CompiledPotential]
  private let name: String
  /// What its limits are divided by.
  private let strictness: Double

  /// What the committee may leave open of a force, eV/angstrom.
  public static let openForce = 0.15
  /// Where forces are large, it may leave open this share of the largest.
  public static let openShare = 0.35
  /// Members that are asked.
  private static let asked = 6
  /// By how much committees of files are stretched, usually (``HeldOutErrors/neededStretch`` of those that were fitted so
  /// far lay between 2 and 4): both limits of one that is not are divided by it.
  private static let usualStretch = 3.0

  /// Whether a reason is one of a learned potential's own, for which more training is the cure.
  ///
  /// - Parameter reason: of an answer that has not converged, whoever gave it.
  /// - Returns: whether it is.
  public static func refuses(for reason: String) -> Bool { reason.hasPrefix(refusal) }

  /// How its reasons begin.
  private static let refusal = "outside what the potential"

  /// Prepares a potential.
  ///
  /// - Parameters:
  ///   - file: the potential.
  ///   - hash: of the file's content: equal ones give equal answers.
  ///   - member: number of a member of the committee, which answers in the potential's place and is never unsure;
  ///     nil for the most probable coefficients.
  public init(_ file: PotentialFile, hash: String, member: Int? = nil) {
    var settings = ["potential": file.name, "hash": hash]
    if let member { settings["member"] = "\(member)" }
    self.init(
      name: file.name, settings: settings, strictness: 1, basis: ClusterBasis(file.basis),
      coefficients: member.map { file.committee[$0] } ?? file.coefficients,
      committee: member == nil ? file.committee.prefix(LearnedEngine.asked) : [])
  }

  /// Prepares a fit that is not in a file: its committee is not stretched, so less may be open.
  ///
  /// - Parameter potential: the fit; its answers are for trying out, and not to be stored.
  public init(learning potential: LearnedPotential) {
    let name = "in training"
    self.init(
      name: name, settings: ["potential": name], strictness: LearnedEngine.usualStretch,
      basis: potential.basis, coefficients: potential.coefficients,
      committee: potential.committee(count: LearnedEngine.asked)[...])
  }

  private init(
    name: String, settings: [String: String], strictness: Double, basis: ClusterBasis,
    coefficients: [Double], committee: ArraySlice<[Double]>
  ) {
    self.name = name
    identity = EngineIdentity(name: "learned", settings: settings)
    self.strictness = strictness
    potential = CompiledPotential(basis: basis, coefficients: coefficients)
    members = committee.map { CompiledPotential(basis: basis, coefficients: $0) }
  }

  /// The potential's answer; not converged where its committee does not agree.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - sampling: not used.
  /// - Returns: the answer, its stress always with it.
  /// - Throws: `EngineError.unsupportedElement`, and `CancellationError`.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    try Task.checkCancellation()
    if let foreign = structure.species.first(where: { !potential.elements.contains($0) }) {
      throw EngineError.unsupportedElement(
        model: name, element: foreign, supported: potential.elements)
    }
    if let refusal = Evaluation.refusing(collapsed: structure) { return refusal }
    let start = ContinuousClock.now
    var (answer, _) = potential.evaluate(structure)
    let open = openForces(structure)
    let limit =
      max(LearnedEngine.openForce, LearnedEngine.openShare * answer.largestForce) / strictness
    if !answer.energy.isFinite || !answer.largestForce.isFinite {
      answer.convergence = .notConverged(
        reason: "\(LearnedEngine.refusal) \(name) has learned: atoms lie in each other")
    } else if let worst = open.indices.max(by: { open[$0] < open[$1] }), !(open[worst] <= limit) {
      answer.convergence = .notConverged(
        reason: "\(LearnedEngine.refusal) \(name) has learned: the force on "
          + "\(structure.species[worst]) (atom \(worst + 1)) is open by \(open[worst].inTenths) eV/angstrom"
      )
    }
    answer.origin = Evaluation.Origin(
      engineVersion: name,
      wallTimeInSeconds: (ContinuousClock.now - start) / .seconds(1), selfConsistencySteps: nil)
    return answer
  }

  /// Standard deviation of each atom's force over the committee, eV/angstrom; none without one.
  private func openForces(_ structure: Structure) -> [Double] {
    guard members.count > 1 else { return [] }
    let answers = members.map { $0.evaluate(structure).evaluation.forces }
    let number = Double(members.count)
    return structure.species.indices.map { atom in
      let mean = answers.reduce(Vector3.zero) { $0 + $1[atom] } / number
      let square = answers.reduce(0) { sum, forces in
        let difference = forces[atom] - mean
        return sum + difference.dot(difference)
      }
      return (square / (number - 1)).squareRoot()
    }
  }
}

extension Double {
  /// Two digits behind the point.
  fileprivate var inTenths: String { "\((self * 100).rounded() / 100)" }
}
