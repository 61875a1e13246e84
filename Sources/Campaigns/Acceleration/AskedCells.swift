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
  func unasked(_ cells: [TrainingCandidates.Candidate]) -> [TrainingCandidates.Candidate] {
    var seen = asked
    return cells.filter { seen.insert($0.structure).inserted }
  }

  /// Notes the cells at which assessments have halted; they go on as soon as those are known.
  mutating func wait(for halts: [TrainingCandidates.Candidate], after answers: Int) {
    awaited = Set(halts.map(\.structure))
    next = answers + (halts.isEmpty ? interval : 1)
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
