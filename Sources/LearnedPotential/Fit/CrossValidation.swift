import Structures

/// Errors of a fit on cells that it has not seen: of each of up to five parts of the data those of a fit to the others.
///
/// One part alone tells as much of the choice of cells as of the fit: for lithium and oxygen its error of forces was 25 to
/// 62 meV/angstrom by which cells it held.
public struct CrossValidation: Sendable {
  /// Errors over all examples, each foretold by the fit that has not seen it.
  public let errors: HeldOutErrors

  /// Number of parts.
  public static let parts = 5

  /// Fits and compares.
  ///
  /// The deviations of a part are stretched by what the errors on the other parts need: its own take no part in it, though
  /// the fits that foretell those have learned it.
  ///
  /// - Parameters:
  ///   - examples: of the basis's elements, at least two.
  ///   - basis: what is fitted.
  ///   - smoothness: of the prior.
  ///   - progress: told after each fit.
  ///
  /// Costs as much as five fits.
  public init(
    _ examples: [TrainingExample], basis: ClusterBasis, smoothness: Double,
    progress: (_ fits: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    let parts = examples.parts(CrossValidation.parts)
    precondition(parts.count > 1, "a fit needs an example, and another to be tested by")
    var tallies: [ErrorTally] = []
    for held in parts {
      let indices = Set(held)
      var sums = TrainingSums(basis: basis)
      for index in examples.indices where !indices.contains(index) { sums.add(examples[index]) }
      let potential = LearnedPotential(sums, smoothness: smoothness)
      tallies.append(ErrorTally(potential, held.map { examples[$0] }))
      progress(tallies.count, parts.count)
    }
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
}

extension [TrainingExample] {
  /// Parts of about the same size, made of whole families, so that a fit to the others has learned no cell of a part.
  ///
  /// Families are not cut where they are large: the relaxations of one interface, if they are most of the data, are a part by
  /// themselves, and what is told of them is what a fit without any of them does. A slab in a supercell and in its smallest cell
  /// are two families.
  ///
  /// - Parameter count: of the parts.
  /// - Returns: indices of each part in rising order: families in their order go to the part that is smallest, the first of
  ///   equal ones. A single family is dealt out. No part is empty, so there are fewer than asked for where examples are few.
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
    for group in groups {
      guard let smallest = parts.indices.min(by: { parts[$0].count < parts[$1].count }) else {
        continue
      }
      parts[smallest] += group
    }
    return parts.map { $0.sorted() }
  }
}
