public import Engines
public import LearnedPotential
public import Structures

/// Asks an engine for the cells that a potential knows least of, learns from each answer, and goes on.
public struct ActiveLearning: Sendable {
  /// One answer.
  public struct Step: Sendable {
    /// Number of the force call, from 1.
    public var number: Int
    /// What was asked.
    public var candidate: TrainingCandidates.Candidate
    /// What the potential left open of its forces before, root mean square of components, eV/angstrom.
    public var open: Double
    /// What it left open of its energy before, eV for each atom.
    public var openEnergy: Double
    /// By how much it was wrong, root mean square of components, eV/angstrom; nil where the engine did not converge.
    public var error: Double?
  }

  private let engine: any Engine
  private let candidates: TrainingCandidates
  private let choice: Int

  /// Noise is searched for anew when there is that much more to learn from.
  private static let growth = 1.3

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - engine: with a store before it, so that every answer is kept.
  ///   - candidates: what may be asked.
  ///   - choice: cells that are drawn beyond those that are asked for.
  public init(engine: any Engine, candidates: TrainingCandidates, choice: Int = 150) {
    self.choice = choice
    self.engine = engine
    self.candidates = candidates
  }

  /// Asks and learns.
  ///
  /// - Parameters:
  ///   - calls: number of force calls.
  ///   - sums: what is known before; of a basis of the candidates' elements.
  ///   - progress: told of each answer.
  /// - Throws: what the engine throws, `InterfaceError`, and `CancellationError`.
  public func run(
    calls: Int, knowing sums: TrainingSums, progress: (Step) -> Void
  ) async throws {
    var sums = sums
    // Another beginning draws other cells: those of the last run are known.
    var open = try candidates.draw(
      choice + calls, seed: UInt64(1 + sums.count)
    ).map { (candidate: $0, rows: DesignRows($0.structure, basis: sums.basis)) }
    var searched: (potential: LearnedPotential, count: Int)?
    var number = 0
    while number < calls, !open.isEmpty {
      try Task.checkCancellation()
      let isDue = Double(sums.count) > ActiveLearning.growth * Double(searched?.count ?? -1)
      let potential = LearnedPotential(sums, keeping: isDue ? nil : searched?.potential)
      if isDue { searched = (potential, sums.count) }
      let ranks = open.map { ActiveLearning.novelty($0.candidate.structure, $0.rows, potential) }
      guard let best = ranks.indices.max(by: { ranks[$0].rank < ranks[$1].rank }) else { return }
      let (candidate, rows) = open.remove(at: best)
      let evaluation = try await engine.evaluate(
        candidate.structure, sampling: candidate.sampling)
      number += 1
      let example = TrainingExample(candidate.structure, evaluation)
      var step = Step(
        number: number, candidate: candidate, open: ranks[best].open,
        openEnergy: ranks[best].openEnergy, error: nil)
      if let example {
        let guess = potential.predict(rows, volume: candidate.structure.cell.volume)
        let square = zip(guess.forces, example.forces).reduce(0) {
          let difference = $1.0 - $1.1
          return $0 + difference.dot(difference)
        }
        step.error = (square / Double(3 * candidate.structure.count)).squareRoot()
        sums.add(example, rows: rows)
      }
      progress(step)
    }
  }

  /// What a potential leaves open of a cell, and its rank: the larger one of what forces and energy ask for.
  ///
  /// Large forces may be known less well. The energy counts for itself because a crystal that is only strained has no
  /// forces: those alone would never ask for an elastic constant, or for the lattice parameter itself.
  package static func novelty(
    _ structure: Structure, _ rows: DesignRows, _ potential: LearnedPotential
  ) -> (open: Double, openEnergy: Double, rank: Double) {
    let guess = potential.predict(rows, volume: structure.cell.volume)
    let atoms = Double(max(1, structure.count))
    let noise = guess.forceNoise * guess.forceNoise
    let open = guess.forceDeviations.reduce(0) { $0 + max(0, $1.dot($1) - 3 * noise) } / (3 * atoms)
    let size = guess.forces.reduce(0) { $0 + $1.dot($1) } / (3 * atoms)
    let energyNoise = potential.noise.energy * potential.noise.energy * atoms
    let openEnergy =
      max(0, guess.energyDeviation * guess.energyDeviation - energyNoise).squareRoot() / atoms
    return (
      open.squareRoot(), openEnergy,
      max(
        open.squareRoot() / (forceUnit + 0.2 * size.squareRoot()), openEnergy / energyUnit)
    )
  }

  /// What may be open of forces (eV/angstrom) and of energies (eV for each atom) is in the ratio of these.
  private static let (forceUnit, energyUnit) = (0.05, 0.003)
}
