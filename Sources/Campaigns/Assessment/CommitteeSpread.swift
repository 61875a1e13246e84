import BondBreaking
public import Engines
import Interfaces

/// How far the members of a learned potential's committee disagree on the results of an assessment: standard
/// deviations over members that each relax everything on their own.
public struct CommitteeSpread: Sendable, Hashable, Codable {
  /// Number of members that came to an end.
  public var members: Int
  /// Of W_ad, eV for each surface atom.
  public var workOfAdhesion: Double
  /// Of sigma of the strained metal, eV for each surface atom.
  public var surfaceEnergy: Double
  /// Of W_ad - 2 sigma, eV for each surface atom: a member that is off in one is off in the other.
  public var margin: Double
  /// Of the formation energies of vacancies by their places, eV.
  public var vacancies: [String: Vacancy]

  /// Of one vacancy, eV.
  public struct Vacancy: Sendable, Hashable, Codable {
    /// Of the energy with all other atoms in place.
    public var unrelaxed: Double
    /// Of the relaxed energy; nil where not relaxed.
    public var relaxed: Double?
  }

  /// Least number of members from which a deviation can be told.
  private static let fewest = 4
  /// Largest deviation that leaves something said, eV for each surface atom: half of what binds lithium best.
  ///
  /// Members of a potential that knows too little end in other crystals; their deviation is then a thousand times this.
  private static let largest = 0.5

  /// What one member found, or why it could not.
  private struct Answer: Sendable {
    var member: Int
    var result: Result<AssessmentResult, any Error>
  }

  /// Has each member run an assessment, side by side; nil for fewer than four members.
  ///
  /// - Parameters:
  ///   - engines: the members.
  ///   - settings: of the assessment.
  ///   - phases: as in ``Assessment``.
  ///   - substrate: the same for all.
  /// - Throws: ``AssessmentError/committeeDisagrees(deviation:)`` where nothing can be said; what the first member threw
  ///   where fewer than four come to an end; `CancellationError`.
  public init?(
    of engines: [any Engine], settings: AssessmentSettings, phases: [Substrate],
    substrate: Substrate
  ) async throws {
    guard engines.count >= CommitteeSpread.fewest else { return nil }
    // Side by side, as many as there are cores: the runtime has a thread for each.
    let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
      for (member, engine) in engines.enumerated() {
        group.addTask {
          do {
            let assessment = Assessment(settings: settings, engine: engine, phases: phases)
            return Answer(member: member, result: .success(try await assessment.run(substrate)))
          } catch is CancellationError {
            throw CancellationError()
          } catch {
            // A few members may fail: the others say how far they are apart.
            return Answer(member: member, result: .failure(error))
          }
        }
      }
      var found: [Answer] = []
      for try await answer in group { found.append(answer) }
      return found.sorted { $0.member < $1.member }
    }
    let ended = answers.compactMap { try? $0.result.get() }
    // One that has not come to the end of a registry may tell another's W_ad: it has failed too.
    let results = ended.filter { $0.registryLeftOut == nil }
    if results.count < CommitteeSpread.fewest {
      // Some have failed, then: the first of them says why.
      for answer in answers {
        if let failure = try answer.result.get().registryLeftOut { throw failure }
      }
    }
    members = results.count
    workOfAdhesion = robustDeviation(results.map { $0.workOfAdhesion.value / $0.surfaceDensity })
    surfaceEnergy = robustDeviation(results.map { $0.surfaceEnergy.value / $0.surfaceDensity })
    margin = robustDeviation(
      results.map { ($0.workOfAdhesion.value - 2 * $0.surfaceEnergy.value) / $0.surfaceDensity })
    let deviation = max(workOfAdhesion, surfaceEnergy, margin)
    guard deviation <= CommitteeSpread.largest else {
      throw AssessmentError.committeeDisagrees(deviation: deviation)
    }
    vacancies = [:]
    for (place, vacancies) in Dictionary(grouping: results.flatMap(\.vacancies), by: \.place) {
      // Members may sort sites into other classes: what few of them have says nothing.
      guard vacancies.count >= CommitteeSpread.fewest else { continue }
      let relaxed = vacancies.filter(\.isConverged).compactMap(\.relaxed)
      self.vacancies[place] = Vacancy(
        unrelaxed: robustDeviation(vacancies.map(\.unrelaxed)),
        relaxed: relaxed.count >= CommitteeSpread.fewest ? robustDeviation(relaxed) : nil)
    }
  }
}

extension AssessmentResult {
  /// Why a registry was not relaxed to its end; nil where all were that were tried.
  fileprivate var registryLeftOut: AssessmentError? {
    let stages = registries.map { Stage.interface(registry: $0.registry.name).name }
    return leftOut.first { stages.contains($0.stage) }
      .map { .engineNotConverged(stage: $0.stage, reason: $0.reason) }
  }
}

/// Standard deviation of a sample that a single outlier does not move: 1.48 median distances from the median.
///
/// A member that is far off in its coefficients may fall into a hole that the others do not have.
private func robustDeviation(_ values: [Double]) -> Double {
  func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1
      ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle])
  }
  let middle = median(values)
  // Of few values the median distance is too small (C. Croux, P. J. Rousseeuw, COMPSTAT 1992, 411).
  let few = [1.363, 1.206, 1.200, 1.140, 1.129, 1.107]
  let count = values.count
  let factor =
    count < 4 ? few[0] : count < 10 ? few[count - 4] : Double(count) / (Double(count) - 0.8)
  return 1.4826 * factor * median(values.map { abs($0 - middle) })
}
