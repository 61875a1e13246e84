public import Engines
public import LearnedPotential
public import Structures

/// Asks engines for the cells that a potential knows least of, learns from each answer, and goes on.
public struct ActiveLearning: Sendable {
  /// One answer.
  public struct Step: Sendable {
    /// Number of the force call, from 1.
    public var number: Int
    /// What was asked.
    public var candidate: TrainingCandidates.Candidate
    /// What the potential leaves open of its forces without it, root mean square of components, eV/angstrom.
    public var open: Double
    /// What it leaves open of its energy without it, eV for each atom.
    public var openEnergy: Double
    /// By how much it is wrong without it, root mean square of components, eV/angstrom; nil where it was not learned: the engine
    /// did not converge, or forces were too large.
    public var error: Double?
  }

  private let engines: [any Engine]
  private let candidates: TrainingCandidates
  private let choice: Int

  /// Noise is searched for anew when there is that much more to learn from.
  private static let growth = 1.3

  /// And where an answer is that many deviations away: what is known of one element's forces says nothing of
  /// another's, and a prior from the first would make believe that little is open.
  private static let surprise = 2.0

  /// Answers after which assessments that came to their end are tried anew, or the number of engines, where that is more.
  private static let answersBetweenRehearsals = 4

  /// The part of a run's force calls, its last ones, that may go to where assessments have ended, on settled meshes.
  ///
  /// A work of adhesion is a small difference of large energies, of which forces tell little; and the meshes of all
  /// other cells with a metal leave several meV for each atom open.
  private static let shareOfEnds = 5

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - engines: one for each force call that runs at a time, all alike, with a store before each, so that every answer
  ///     is kept.
  ///   - candidates: what may be asked.
  ///   - choice: cells that are drawn beyond those that are asked for.
  public init(engines: [any Engine], candidates: TrainingCandidates, choice: Int = 150) {
    precondition(!engines.isEmpty, "someone has to be asked")
    self.choice = choice
    self.engines = engines
    self.candidates = candidates
  }

  /// A force call that was answered.
  private struct Call: Sendable {
    var engine: Int
    var chosen: TrainingPool.Chosen
    var evaluation: Evaluation
  }

  /// Asks and learns.
  ///
  /// An engine that has answered is asked at once for what is least known for its cost then. What the others are
  /// computing counts as known, with the answers that the potential expects, unless those could not be learned: how much a
  /// cell tells does not hang on its answer.
  ///
  /// - Parameters:
  ///   - calls: number of force calls.
  ///   - sums: what is known before; of a basis of the candidates' elements.
  ///   - cells: those that it was learned from, of whatever mesh and cut-off; a rehearsal does not ask for them again.
  ///   - references: cells that are asked for before any other, in their order.
  ///   - rehearsed: told of each try of an assessment.
  ///   - progress: told of each answer.
  /// - Throws: what the first engine throws that fails, once the others have answered; `InterfaceError`, and
  ///   `CancellationError`.
  public func run(
    calls: Int, knowing sums: TrainingSums, of cells: Set<Structure> = [],
    beginningWith references: [TrainingCandidates.Candidate] = [],
    rehearsed: ([Rehearsal]) -> Void = { _ in }, progress: (Step) -> Void
  ) async throws {
    let identity = engines[0].identity
    var sums = sums
    // Another beginning draws other cells: those of the last run are known.
    var pool = TrainingPool(
      try candidates.draw(choice + calls, seed: UInt64(1 + sums.count)), first: references,
      basis: sums.basis)
    var searched: (potential: LearnedPotential, count: Int)?
    /// What each engine computes that is not idle.
    var underWay: [Int: TrainingPool.Chosen] = [:]
    var number = 0
    var isSurprised = false
    var asked = AskedCells(
      known: cells, interval: max(engines.count, ActiveLearning.answersBetweenRehearsals))
    var failure: (any Error)?
    try await withThrowingTaskGroup(of: Call.self) { group in
      while true {
        try Task.checkCancellation()
        let idle = engines.indices.filter { underWay[$0] == nil && failure == nil }
          .prefix(calls - number - underWay.count)
        if !idle.isEmpty,
          isSurprised || Double(sums.count) > ActiveLearning.growth * Double(searched?.count ?? -1)
        {
          searched = (LearnedPotential(sums), sums.count)
          isSurprised = false
          pool.forgetBounds()
        }
        for engine in idle {
          var believed = sums
          for (_, chosen) in underWay.sorted(by: { $0.key < $1.key }) {
            if let expected = chosen.expected(of: identity) {
              believed.add(expected, rows: chosen.rows)
            }
          }
          let potential = LearnedPotential(believed, keeping: searched?.potential)
          if !asked.isEnding, !pool.hasFirst, sums.count > 0, asked.isRehearsalDue(after: number) {
            let rehearsals = try await Rehearsal.all(
              of: candidates, by: potential, knowing: asked.learned)
            let halts = asked.unasked(rehearsals.compactMap { asked.unasked($0.refused).first })
            asked.keepForTheEnd(
              rehearsals.map(\.ends),
              atMost: min(calls / ActiveLearning.shareOfEnds, calls - number - underWay.count))
            pool.meet(
              asked.unasked(rehearsals.flatMap(\.cells), leavingOutEnds: true), halts: halts)
            asked.wait(for: halts, after: number)
            rehearsed(rehearsals)
          }
          // Every second one is an interface, which is what is asked of a potential: where it believes to know what it
          // does not, its own word would leave them out.
          let askedCount = number + underWay.count
          func nextEnd() -> TrainingPool.Chosen? {
            asked.takeEnd().map { pool.chosen($0, by: potential) }
          }
          func leastKnown() -> TrainingPool.Chosen? {
            pool.takeMostWorthwhile(
              potential, preferringInterfaces: askedCount.isMultiple(of: 2))
          }
          guard
            let chosen =
              asked.beginEnding(callsLeft: calls - askedCount)
              ? nextEnd() ?? leastKnown() : leastKnown() ?? nextEnd()
          else { break }
          underWay[engine] = chosen
          asked.add(chosen.candidate)
          let asks = engines[engine]
          group.addTask {
            Call(
              engine: engine, chosen: chosen,
              evaluation: try await asks.evaluate(
                chosen.candidate.structure, sampling: chosen.candidate.sampling))
          }
        }
        let call: Call
        switch await group.nextResult() {
        case nil: return
        case .failure(let error)?:
          // What the other engines are computing has cost as much: it is waited for, and stored.
          failure = failure ?? error
          continue
        case .success(let answered)?: call = answered
        }
        underWay[call.engine] = nil
        number += 1
        let candidate = call.chosen.candidate
        // Beside what is known by now: when the cell was asked for, what others computed counted as known.
        let known =
          engines.count > 1
          ? call.chosen.known(by: LearnedPotential(sums, keeping: searched?.potential))
          : call.chosen
        // As the store would give it back.
        let example = TrainingExample(
          candidate.structure, call.evaluation, sampling: candidate.sampling, engine: identity,
          like: identity)
        progress(
          Step(
            number: number, candidate: candidate, open: known.novelty.open,
            openEnergy: known.novelty.openEnergy,
            error: example.map { known.difference(to: $0) }))
        if let example {
          if known.surprise(of: example) > ActiveLearning.surprise { isSurprised = true }
          sums.add(example, rows: known.rows)
        } else {
          pool.forgetBounds()
        }
        asked.answer(candidate, isLearned: example != nil, after: number)
      }
    }
    if let failure { throw failure }
  }
}
