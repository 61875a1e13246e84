import BondBreaking
import Campaigns
import Engines
import Reports
import Structures

/// The calculations of a reproduction and what they will cost.
struct ReproductionPlan {
  private struct Row {
    var task: ReproductionTask
    var estimate: WorkEstimate
    var isDone: Bool
    var problem: String?
  }

  private var rows: [Row] = []
  private var timing: TimingModel?

  init(
    _ tasks: [ReproductionTask], of reproduction: Reproduction, chosen: EngineOptions.Checked,
    store: Store
  ) async throws {
    for task in tasks {
      var estimate = WorkEstimate()
      do {
        estimate = try reproduction.estimate(of: task)
        let (slabs, bulk) = try chosen.engine.engines(
          electronic: reproduction.electronic(of: task), elements: task.elements,
          cores: chosen.cores,
          patience: EngineOptions.patience)
        if case .path = task {
          let accelerated =
            try chosen.accelerates
            ?? EngineOptions.learner(
              store: store, engine: slabs.identity, elements: task.elements, waitsForEnough: true
            ).proposes
          estimate = try reproduction.estimate(of: task, accelerated: accelerated)
        }
        if timing == nil { timing = TimingModel(try store.timings(engine: slabs.identity)) }
        let stored = [slabs, bulk].map {
          CachedEngine(StoredAnswers($0.identity), store: store)
        }
        let finished = FinishedRelaxations(store: store)
        var results = ReproductionResults()
        try await reproduction.run(
          task, engine: LearningEngine(stored[0], finding: finished),
          bulkEngine: LearningEngine(stored[1], finding: finished), into: &results)
        let calls = stored.map(\.statistics.differentCalls).reduce(0, +)
        let left =
          results.interfaces[task.system].map(estimate.remaining(beyond:))
          ?? estimate.remaining(after: calls)
        rows.append(
          Row(
            task: task, estimate: left, isDone: results.isComplete(task), problem: nil))
      } catch {
        guard let problem = Problem(error) else { throw error }
        rows.append(Row(task: task, estimate: estimate, isDone: false, problem: problem.message))
      }
    }
  }

  var text: String {
    var table = TextTable(header: ["calculation", "atoms up to", "force calls left", "hours"])
    var (calls, seconds) = (0, 0.0)
    for row in rows {
      if let problem = row.problem {
        table.add([row.task.name, "\(row.estimate.largestCell)", "-", problem])
        continue
      }
      let left = row.isDone ? 0 : row.estimate.calls
      let time = row.isDone ? 0 : timing.map { row.estimate.seconds($0) }
      calls += left
      seconds += time ?? 0
      table.add([
        row.task.name, "\(row.estimate.largestCell)", row.isDone ? "done" : "\(left)",
        row.isDone ? "" : time.map { ($0 / 3600).formatted(digits: 1) } ?? "?",
      ])
    }
    let total =
      timing == nil
      ? "\(calls) force calls; the store has no timings of this engine to tell their cost from."
      : "\(calls) force calls, about \((seconds / 3600).formatted(digits: 1)) hours by the store's own timings."
    return table.text + "\n\n\(rows.count) calculations: " + total
  }
}
