import Engines
import Foundation
package import LearnedPotential
package import Structures

/// Cells that may still be asked for, and what is known of each.
package struct TrainingPool {
  /// One that was taken.
  package struct Chosen: Sendable {
    /// The cell.
    package var candidate: TrainingCandidates.Candidate
    /// Its rows in the potential's basis.
    var rows: DesignRows
    /// What is known of it: by the potential that was asked, or by another (``known(by:)``).
    var novelty: Novelty

    /// The same cell beside what another potential knows.
    func known(by potential: LearnedPotential) -> Chosen {
      var result = self
      result.novelty = Novelty(candidate.structure, rows, potential)
      return result
    }

    /// The answer of an engine that the potential expects.
    func expected(of engine: EngineIdentity) -> TrainingExample? {
      TrainingExample(
        candidate.structure,
        Evaluation(energy: novelty.expected.energy, forces: novelty.expected.forces),
        sampling: candidate.sampling, engine: engine, like: engine)
    }

    /// By how much an answer differs from the expected one: forces, root mean square of components, eV/angstrom.
    func difference(to answer: TrainingExample) -> Double {
      rootMeanSquare(of: answer) { difference, _ in difference }
    }

    /// The same, each component in its standard deviations.
    func surprise(of answer: TrainingExample) -> Double {
      rootMeanSquare(of: answer) { difference, deviation in difference / deviation }
    }

    private func rootMeanSquare(
      of answer: TrainingExample, _ value: (_ difference: Double, _ deviation: Double) -> Double
    ) -> Double {
      var square = 0.0
      for (atom, force) in answer.forces.enumerated() {
        let difference = force - novelty.expected.forces[atom]
        for axis in 0..<3 {
          let own = value(difference[axis], novelty.expected.forceDeviations[atom][axis])
          square += own * own
        }
      }
      return (square / Double(3 * answer.forces.count)).squareRoot()
    }
  }

  private struct Entry {
    let candidate: TrainingCandidates.Candidate
    let rows: DesignRows
    /// What a rank is divided by; grows with the engine's time.
    let price: Double
    /// Whether it was met in a rehearsal.
    let isMet: Bool
    /// No rank can be larger until noise or prior change; infinite before the first was computed.
    ///
    /// A cell whose answer would not be learned keeps it, for other forces may be expected of it later.
    var bound = Double.infinity

    init(
      _ candidate: TrainingCandidates.Candidate, isMet: Bool = false, basis: ClusterBasis
    ) {
      self.candidate = candidate
      self.isMet = isMet
      rows = DesignRows(candidate.structure, basis: basis)
      let load = CellLoad(candidate.structure, mesh: candidate.sampling.kPointGrid)
      price = pow(load.size, TrainingPool.thrift)
    }
  }

  private let basis: ClusterBasis
  private var entries: [Entry]
  /// Entries that are taken before the others, the last one first.
  private var first: [Entry]

  /// Power of a cell's load that its rank is divided by: small cells first, unless a large one tells far more.
  ///
  /// Learning lithium and magnesium from an interatomic model (Kim, Jung & Lee 2012; 150 random cells as test) cells that
  /// together cost three quarters of those chosen by rank alone gave forces as good (28 against 27 meV/angstrom) and better
  /// energies (3.2 against 4.6 meV for each atom). With 1/2 it was no better than with 1/4.
  package static let thrift = 0.25

  /// Computes the rows of all; O(cells * atoms * coefficients).
  ///
  /// - Parameters:
  ///   - candidates: of which the least known is taken.
  ///   - first: those that are taken before, in their order.
  ///   - basis: the potential's.
  package init(
    _ candidates: [TrainingCandidates.Candidate], first: [TrainingCandidates.Candidate] = [],
    basis: ClusterBasis
  ) {
    self.basis = basis
    entries = candidates.map { Entry($0, basis: basis) }
    self.first = first.reversed().map { Entry($0, basis: basis) }
  }

  /// Whether cells wait that are taken before others.
  var hasFirst: Bool { !first.isEmpty }

  /// Takes in what rehearsals have met, in the place of what earlier ones have.
  ///
  /// - Parameters:
  ///   - cells: that may be asked for.
  ///   - halts: those at which rehearsals have halted, which are taken before others.
  mutating func meet(
    _ cells: [TrainingCandidates.Candidate], halts: [TrainingCandidates.Candidate]
  ) {
    entries.removeAll { $0.isMet }
    entries += cells.map { Entry($0, isMet: true, basis: basis) }
    first = halts.reversed().map { Entry($0, isMet: true, basis: basis) } + first
  }

  /// Every rank is computed anew: noise or prior have changed, or what counted as known is not.
  package mutating func forgetBounds() {
    for index in entries.indices { entries[index].bound = .infinity }
  }

  /// A cell that is asked for whatever is known of it.
  func chosen(
    _ candidate: TrainingCandidates.Candidate, by potential: LearnedPotential
  ) -> Chosen {
    let rows = DesignRows(candidate.structure, basis: basis)
    return Chosen(
      candidate: candidate, rows: rows, novelty: Novelty(candidate.structure, rows, potential))
  }

  /// Takes the cell that a potential knows least of for what it costs; nil where none is left.
  ///
  /// More data leave less open, so what was open bounds what is: only cells whose bound is above the best rank are looked
  /// at (M. Minoux, in Optimization Techniques, Springer 1978, 234, doi:10.1007/BFb0006528).
  ///
  /// - Parameters:
  ///   - potential: asked what it knows.
  ///   - preferringInterfaces: whether an interface is taken where one is left that has a rank.
  /// - Returns: the cell, which is no longer in the pool; nil too where no answer would be learned.
  package mutating func takeMostWorthwhile(
    _ potential: LearnedPotential, preferringInterfaces: Bool = false
  ) -> Chosen? {
    if let entry = first.popLast() {
      let novelty = Novelty(entry.candidate.structure, entry.rows, potential)
      return Chosen(candidate: entry.candidate, rows: entry.rows, novelty: novelty)
    }
    let interfaces = entries.indices.filter { entries[$0].candidate.isInterface }
    let best =
      (preferringInterfaces ? mostWorthwhile(of: interfaces, potential) : nil)
      ?? mostWorthwhile(of: Array(entries.indices), potential)
    guard let best else { return nil }
    let entry = entries.remove(at: best.index)
    return Chosen(candidate: entry.candidate, rows: entry.rows, novelty: best.novelty)
  }

  /// The entry of highest rank for its cost among some; nil where none has a rank.
  private mutating func mostWorthwhile(
    of eligible: [Int], _ potential: LearnedPotential
  ) -> (index: Int, novelty: Novelty)? {
    var best: (index: Int, novelty: Novelty, worth: Double)?
    /// What an entry may at most be worth.
    func limit(_ index: Int) -> Double { entries[index].bound / entries[index].price }
    for index in eligible.sorted(by: { limit($0) > limit($1) }) {
      if let best, limit(index) <= best.worth { break }
      let novelty = Novelty(
        entries[index].candidate.structure, entries[index].rows, potential)
      entries[index].bound = novelty.bound
      let worth = novelty.rank / entries[index].price
      if worth > best?.worth ?? 0 { best = (index, novelty, worth) }
    }
    return best.map { ($0.index, $0.novelty) }
  }
}

/// What a potential leaves open of a cell.
package struct Novelty {
  /// What it expects.
  package let expected: LearnedPotential.Prediction
  /// What it leaves open of the forces, root mean square of components, eV/angstrom.
  package let open: Double
  /// What it leaves open of the energy, eV for each atom.
  package let openEnergy: Double
  /// The largest of what each atom's force and the energy ask for; none where the answer would not be learned.
  ///
  /// One atom beside a vacancy at an interface may be unknown where the mean of all is not, and it is by a single atom that
  /// a learned engine refuses. Large forces may be known less well. The energy counts for itself because a crystal that is only
  /// strained has no forces: those alone would never ask for an elastic constant, or for the lattice parameter itself.
  package let rank: Double
  /// What the rank would be if no forces were large.
  let bound: Double
  /// Whether a force is expected above what is learned (``TrainingExample/largestForce``), beyond what is open of it: the
  /// answer would be thrown away, as those of crystals with stiff bonds that were shaken.
  package let isBeyondLearning: Bool

  /// What may be open of forces (eV/angstrom) and of energies (eV for each atom) is in the ratio of these.
  private static let (forceUnit, energyUnit) = (0.05, 0.003)

  /// Asks a potential; O(coefficients^2 atoms).
  package init(_ structure: Structure, _ rows: DesignRows, _ potential: LearnedPotential) {
    let guess = potential.predict(rows, volume: structure.cell.volume)
    let atoms = Double(max(1, structure.count))
    let openSquares = zip(guess.forceDeviations, guess.forceNoises).map {
      max(0, $0.dot($0) / 3 - $1 * $1)
    }
    let energyNoise = potential.noise.energy * potential.noise.energy * atoms
    expected = guess
    open = (openSquares.reduce(0, +) / atoms).squareRoot()
    openEnergy =
      max(0, guess.energyDeviation * guess.energyDeviation - energyNoise).squareRoot() / atoms
    isBeyondLearning = zip(guess.forces, guess.forceDeviations).contains {
      $0.length - $1.length > TrainingExample.largestForce
    }
    let energyRank = openEnergy / Novelty.energyUnit
    bound = max((openSquares.max() ?? 0).squareRoot() / Novelty.forceUnit, energyRank)
    guard !isBeyondLearning else {
      rank = 0
      return
    }
    rank = zip(openSquares, guess.forces).reduce(energyRank) { largest, atom in
      let (openSquare, force) = atom
      let size = (force.dot(force) / 3).squareRoot()
      return max(largest, openSquare.squareRoot() / (Novelty.forceUnit + 0.2 * size))
    }
  }
}
