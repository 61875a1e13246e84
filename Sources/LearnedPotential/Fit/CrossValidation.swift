import Structures

/// Errors of a fit on cells that it has not seen: of each of up to five parts of the data those of a fit to the others.
///
/// One part alone tells as much of the choice of cells as of the fit: for lithium and oxygen its error of forces was 25 to
/// 62 meV/angstrom by which cells it held.
public struct CrossValidation: Sendable {
  /// Errors over all examples, each foretold by the fit that has not seen it.
  public let errors: HeldOutErrors
  /// The fit to all examples.
  public let potential: LearnedPotential

  /// Number of parts.
  public static let parts = 5

  /// Fits to all, and to all but each part.
  ///
  /// The deviations of a part are stretched by what the errors on the other parts need: its own take no part in it, though
  /// the fits that foretell those have learned it.
  ///
  /// - Parameters:
  ///   - examples: of the basis's elements, at least two.
  ///   - basis: what is fitted.
  ///   - smoothness: of the prior.
  ///   - progress: told after each fit that a part tests.
  ///
  /// Costs the examples' rows once, and six searches for noise and prior.
  public init(
    _ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double,
    progress: (_ fits: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    let parts = examples.parts(CrossValidation.parts)
    precondition(parts.count > 1, "a fit needs an example, and another to be tested by")
    // Rows are computed once for all fits.
    let sums = parts.map { part in
      part.reduce(into: TrainingSums(basis: basis)) { $0.add(examples[$1]) }
    }
    var tallies: [ErrorTally] = []
    for (number, held) in parts.enumerated() {
      var others = TrainingSums(basis: basis)
      for other in sums.indices where other != number { others.add(sums[other]) }
      let potential = LearnedPotential(others, smoothness: smoothness)
      tallies.append(ErrorTally(potential, held.map { examples[$0] }))
      progress(tallies.count, parts.count)
    }
    var whole = TrainingSums(basis: basis)
    for sum in sums { whole.add(sum) }
    potential = LearnedPotential(whole, smoothness: smoothness)
    errors = HeldOutErrors(
      tallies.indices.map { index in
        var others = ErrorTally()
        for other in tallies.indices where other != index { others.add(tallies[other]) }
        return (tallies[index], others.neededStretch)
      })
  }
}

extension TrainingExample {
  /// Examples of one family have composition and cell in common, as the steps of a relaxation have: who knows some of
  /// them knows the others.
  fileprivate var family: String {
    let cell = [structure.cell.a, structure.cell.b, structure.cell.c]
      .flatMap { [$0.x, $0.y, $0.z] }.map { "\(Int(($0 / 0.05).rounded()))" }
    return ([structure.formula, "\(structure.count)"] + cell).joined(separator: " ")
  }

  /// Examples of one stratum are dealt out evenly: without a compound's few energies that count as they are no fit could know
  /// them, and the others' would say nothing of it.
  fileprivate var stratum: String {
    let elements = structure.elements.map(\.symbol).sorted().joined(separator: " ")
    return elements + (energyGroup == nil ? ", absolute" : "")
  }
}

extension [TrainingExample] {
  /// Parts of about the same size, made of whole families, so that a fit to the others has learned no cell of a part.
  ///
  /// Families are not cut where they are large: the relaxations of one interface, if they are most of the data, are a part by
  /// themselves, and what is told of them is what a fit without any of them does. A slab in a supercell and in its smallest cell
  /// are two families.
  ///
  /// - Parameter count: of the parts.
  /// - Returns: indices of each part in rising order: families in their order go to the part that has fewest of their elements
  ///   and kind of energy, of those to the smallest, then the first. A single family is dealt out. No part is empty, so there
  ///   are fewer than asked for where examples are few.
  public func parts(_ count: Int) -> [[Int]] {
    var families: [String: [Int]] = [:]
    var order: [String] = []
    for (index, example) in enumerated() {
      let family = example.family
      if families[family] == nil { order.append(family) }
      families[family, default: []].append(index)
    }
    let groups =
      order.count > 1 ? order.map { families[$0] ?? [] } : indices.map { [$0] }
    var parts = [[Int]](repeating: [], count: Swift.min(count, groups.count))
    var strata = [[String: Int]](repeating: [:], count: parts.count)
    for group in groups {
      let stratum = self[group[0]].stratum
      func load(_ part: Int) -> (Int, Int, Int) {
        (parts[part].isEmpty ? -1 : strata[part][stratum] ?? 0, parts[part].count, part)
      }
      guard let chosen = parts.indices.min(by: { load($0) < load($1) }) else { continue }
      parts[chosen] += group
      strata[chosen][stratum, default: 0] += group.count
    }
    return parts.map { $0.sorted() }
  }
}
