import Structures

/// Cells that were asked for, what became of them, and when assessments are tried again.
struct AskedCells {
  /// Cells that the potential has learned.
  private(set) var learned: Set<Structure>
  private var asked: Set<Structure>
  /// Those at which assessments halted and that are not answered yet.
  private var awaited: Set<Structure> = []
  /// The number of answers at which assessments are tried again.
  private var next = 0
  /// Where assessments have ended: cells that are kept for the last calls.
  private var ends: [TrainingCandidates.Candidate] = []
  /// Whether the last calls have come.
  private(set) var isEnding = false
  /// Answers from a try that halted nowhere to the next.
  private let interval: Int

  init(known: Set<Structure>, interval: Int) {
    learned = known
    asked = known
    self.interval = interval
  }

  /// Whether assessments are to be tried; never while a cell at which one halted is waited for.
  func isRehearsalDue(after answers: Int) -> Bool { awaited.isEmpty && answers >= next }

  /// Those that were not asked for, each once: it is asked for once, and what is still not known beside it is for others to tell.
  ///
  /// - Parameters:
  ///   - cells: any.
  ///   - kept: whether those that are kept for the end are left out too: what is asked for on a settled mesh is not asked for on
  ///     another before, unless an assessment halts there.
  /// - Returns: in their order.
  func unasked(
    _ cells: [TrainingCandidates.Candidate], leavingOutEnds kept: Bool = false
  ) -> [TrainingCandidates.Candidate] {
    var seen = kept ? asked.union(ends.map(\.structure)) : asked
    return cells.filter { seen.insert($0.structure).inserted }
  }

  /// Notes the cells at which assessments have halted; they go on as soon as those are known.
  mutating func wait(for halts: [TrainingCandidates.Candidate], after answers: Int) {
    awaited = Set(halts.map(\.structure))
    next = answers + (halts.isEmpty ? interval : 1)
  }

  /// Keeps the ends of assessments for the last calls, in place of those that were kept.
  ///
  /// - Parameters:
  ///   - ends: of each assessment; of as many as there is room for, for an interface without its slabs is no work of adhesion.
  ///   - most: cells that there is room for.
  mutating func keepForTheEnd(_ ends: [[TrainingCandidates.Candidate]], atMost most: Int) {
    self.ends = ends.reduce(into: []) { taken, cells in
      let ends = unasked(cells)
      if taken.count + ends.count <= most { taken += ends }
    }
  }

  /// Begins with the ends once there are no more calls left than they need; then no other assessment is tried.
  ///
  /// - Parameter callsLeft: of a run.
  /// - Returns: whether the ends have their turn, from then on.
  mutating func beginEnding(callsLeft: Int) -> Bool {
    isEnding = isEnding || !ends.isEmpty && callsLeft <= ends.count
    return isEnding
  }

  /// The next of the ends; nil where none is left.
  mutating func takeEnd() -> TrainingCandidates.Candidate? {
    ends.isEmpty ? nil : ends.removeFirst()
  }

  /// Notes a cell that an engine was asked for.
  mutating func add(_ candidate: TrainingCandidates.Candidate) { asked.insert(candidate.structure) }

  /// Notes an answer.
  ///
  /// Where nothing was learned an assessment would halt again, and all force calls would go there.
  mutating func answer(
    _ candidate: TrainingCandidates.Candidate, isLearned: Bool, after answers: Int
  ) {
    awaited.remove(candidate.structure)
    if isLearned { learned.insert(candidate.structure) } else { next = answers + interval }
  }
}
