import Engines
import Relaxation
import Structures
import Synchronization

/// The books of one run: force calls by stage, what is done of the plan, and doubts.
final class Ledger: Sendable {
  private struct Books {
    var order: [Stage] = []
    var calls: [Stage: Int] = [:]
    var traces: [Stage: AssessmentResult.Trace] = [:]
    var done: Double = 0
    var warnings: [AssessmentWarning] = []
    var largestJudgedForce: Double?
  }

  private let books = Mutex(Books())

  /// Counts a force call and keeps what it answered; its number within the stage.
  func count(_ stage: Stage, _ evaluation: Evaluation) -> Int {
    books.withLock { books in
      if books.calls[stage] == nil { books.order.append(stage) }
      // What did not converge has no numbers.
      if evaluation.isConverged {
        books.traces[
          stage, default: .init(stage: stage.name, energies: [], largestForces: [])
        ].add(evaluation)
      }
      books.calls[stage, default: 0] += 1
      return books.calls[stage, default: 0]
    }
  }

  /// Force calls of a stage so far.
  func calls(in stage: Stage) -> Int { books.withLock { $0.calls[stage, default: 0] } }

  /// Force calls by stage, in order.
  var callsByStage: [AssessmentResult.StageCalls] {
    books.withLock { books in
      books.order.map { .init(stage: $0.name, forceCalls: books.calls[$0, default: 0]) }
    }
  }

  /// Energies and forces by stage, in order.
  var traces: [AssessmentResult.Trace] {
    books.withLock { books in books.order.compactMap { books.traces[$0] } }
  }

  /// Marks the cost of a stage as done.
  func finish(_ stage: Stage, plan: WorkPlan) {
    books.withLock { $0.done += plan.cost(of: stage) }
  }

  /// Share of the plan's cost that is done, the calls of the present stage included.
  func doneShare(plan: WorkPlan, stage: Stage) -> Double {
    let total = plan.totalCost
    guard total > 0 else { return 0 }
    return books.withLock { books in
      let present =
        plan.callCost[stage, default: 0] * Double(books.calls[stage, default: 0])
      return min(1, (books.done + min(present, plan.cost(of: stage))) / total)
    }
  }

  /// Adds a doubt, once.
  func warn(_ warning: AssessmentWarning) {
    books.withLock { books in
      if !books.warnings.contains(warning) { books.warnings.append(warning) }
    }
  }

  /// Keeps the largest force of an engine where another one has relaxed, eV/angstrom.
  func noteJudged(force: Double) {
    books.withLock { $0.largestJudgedForce = max($0.largestJudgedForce ?? 0, force) }
  }

  /// That force; nil where the engine itself has relaxed.
  var largestJudgedForce: Double? { books.withLock { $0.largestJudgedForce } }

  /// The doubts so far.
  var warnings: [AssessmentWarning] { books.withLock { $0.warnings } }
}

extension AssessmentResult.Trace {
  fileprivate mutating func add(_ evaluation: Evaluation) {
    energies.append(evaluation.energy)
    largestForces.append(evaluation.largestForce)
  }
}

/// The engine as one stage sees it: every call is counted and told.
struct CountingEngine: AcceleratedEngine, GuidedEngine {
  var engine: any Engine
  let stage: Stage
  let plan: WorkPlan
  let ledger: Ledger
  let observer: @Sendable (AssessmentEvent) -> Void

  var identity: EngineIdentity { engine.identity }

  /// That of the engine behind.
  var accelerator: (any Accelerator)? { (engine as? any AcceleratedEngine)?.accelerator }

  /// That of the engine behind; what it computes is in no books, for it costs next to nothing.
  var guide: (any Engine)? { engine.guidance }

  /// The same books with another engine behind them.
  func asking(_ other: any Engine) -> CountingEngine {
    var result = self
    result.engine = other
    return result
  }

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    let evaluation = try await engine.evaluate(structure, sampling: sampling)
    let number = ledger.count(stage, evaluation)
    observer(
      .forceCall(
        stage, number: number, energy: evaluation.energy, residual: evaluation.largestForce,
        doneShare: ledger.doneShare(plan: plan, stage: stage)))
    return evaluation
  }
}
