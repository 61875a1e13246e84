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

  /// Coefficients up to which the sums of all parts are kept side by side: some gigabytes.
  private static let mostShared = 2500

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
  /// Costs the examples' rows twice, for the fits and where they are tested, and six searches for noise and prior. The sums of
  /// each part are kept, in all seven times the memory of a fit's; where there are more than 2500 coefficients each fit computes its
  /// own.
  public init(
    _ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double,
    progress: (_ fits: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    self.init(
      examples, basis: basis, smoothness: smoothness,
      isShared: basis.count <= CrossValidation.mostShared, progress: progress)
  }

  /// The same, with the sums of all parts side by side or not.
  init(
    _ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double, isShared: Bool,
    progress: (_ fits: Int, _ of: Int) -> Void
  ) {
    let parts = examples.parts(CrossValidation.parts)
    precondition(parts.count > 1, "a fit needs an example, and another to be tested by")
    var whole = TrainingSums(basis: basis)
    var sums = [TrainingSums](
      repeating: TrainingSums(basis: basis), count: isShared ? parts.count : 0)
    for (index, example) in examples.enumerated() {
      let rows = DesignRows(example.structure, basis: basis)
      // In the order of the examples: the last digits of what is kept do not hang on the parts.
      whole.add(example, rows: rows)
      for part in sums.indices where parts[part].contains(index) {
        sums[part].add(example, rows: rows)
      }
    }
    var tallies: [ErrorTally] = []
    for (number, held) in parts.enumerated() {
      var others = TrainingSums(basis: basis)
      if isShared {
        for other in sums.indices where other != number { others.add(sums[other]) }
      } else {
        for index in examples.indices where !held.contains(index) { others.add(examples[index]) }
      }
      let potential = LearnedPotential(others, smoothness: smoothness)
      tallies.append(ErrorTally(potential, held.map { examples[$0] }))
      progress(tallies.count, parts.count)
    }
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

  /// Examples of one stratum are spread evenly over the parts: a fit that lacked nearly all of a compound's energies had errors
  /// that told nothing of the fit to all.
  fileprivate var stratum: String {
    let elements = structure.elements.map(\.symbol).sorted().joined(separator: " ")
    return elements + (energyGroup == nil ? ", \(energyTrust.rawValue)" : "")
  }
}

extension [TrainingExample] {
  /// Parts made of whole families, so that a fit to the others has learned no cell of a part, and alike in kind.
  ///
  /// Families are not cut where they are large: the relaxations of one interface, if they are most of the data, are a part by
  /// themselves, and what is told of them is what a fit without any of them does. A slab in a supercell and in its smallest cell
  /// are two families.
  ///
  /// - Parameter count: of the parts.
  /// - Returns: indices of each part in rising order. Families in their order go to the part that has fewest of what is rarest in
  ///   them (elements, and whether and how far the energy counts), of those to the smallest, then the first. A single
  ///   family is dealt out. No part is empty, so there are fewer than asked for where examples are few.
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
    let totals = reduce(into: [String: Int]()) { $0[$1.stratum, default: 0] += 1 }
    var shares = [[String: Int]](repeating: [:], count: parts.count)
    for group in groups {
      let strata = group.map { self[$0].stratum }
      let rarest = strata.min { (totals[$0] ?? 0, $0) < (totals[$1] ?? 0, $1) } ?? ""
      func load(_ part: Int) -> (Int, Int, Int) {
        (parts[part].isEmpty ? -1 : shares[part][rarest] ?? 0, parts[part].count, part)
      }
      guard let chosen = parts.indices.min(by: { load($0) < load($1) }) else { continue }
      parts[chosen] += group
      for stratum in strata { shares[chosen][stratum, default: 0] += 1 }
    }
    return parts.map { $0.sorted() }
  }
}
