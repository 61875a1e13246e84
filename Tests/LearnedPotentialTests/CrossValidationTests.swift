import Structures
import TestSupport
import Testing

@testable import LearnedPotential

@Suite("Errors on parts that a fit has not seen")
struct CrossValidationTests {
  @Test("parts hold whole families, each example once, and are of about the same size")
  func parts() throws {
    func example(_ structure: Structure) -> TrainingExample {
      TrainingExample(
        structure: structure, energy: 0,
        forces: [Vector3](repeating: .zero, count: structure.count))
    }
    let start = TestSystems.triclinic
    var examples: [TrainingExample] = []
    for family in 0..<10 {
      let cell = start.deformed(by: Matrix3.identity * (1 + 0.05 * Double(family)))
      for step in 0..<(1 + family % 3) {
        examples.append(example(cell.rattled(by: 0.1, seed: UInt64(10 * family + step))))
      }
    }
    let parts = examples.parts(5)
    #expect(parts.count == 5 && parts.joined().sorted() == Array(examples.indices))
    let sizes = parts.map(\.count)
    // The last family that came may make a part larger by its three members.
    #expect(try #require(sizes.max()) - (try #require(sizes.min())) <= 3)
    func part(of index: Int) -> Int? { parts.firstIndex { $0.contains(index) } }
    for index in examples.indices {
      for other in examples.indices
      where examples[index].structure.cell == examples[other].structure.cell {
        #expect(part(of: index) == part(of: other))
      }
    }
    // Those of few elements are spread over the parts wherever they stand, and so are those whose energy counts as it is, one in
    // five here, one of them in a family whose first energy does not.
    for index in 0..<25 {
      var other = example(start.deformed(by: Matrix3.identity * (2 + 0.2 * Double(index))))
      other.structure.species = other.structure.species.map { _ in .sodium }
      if index % 5 != 0 { other.energyGroup = EnergyGroup("mesh") }
      if index == 10 {
        var first = other
        first.energyGroup = EnergyGroup("mesh")
        examples.append(first)
      }
      examples.append(other)
    }
    let dealt = examples.parts(5)
    let sodium = dealt.map { part in
      part.map { examples[$0] }.filter { $0.structure.species[0] == .sodium }
    }
    #expect(sodium.map { $0.count { $0.energyGroup == nil } } == [1, 1, 1, 1, 1])
    #expect(sodium.map { $0.count { $0.energyGroup != nil } }.sorted() == [4, 4, 4, 4, 5])
    // A single family is dealt out, and no part is empty.
    let one = [example(start), example(start.rattled(by: 0.1, seed: 1))]
    #expect(one.parts(5) == [[0], [1]])
    #expect([TrainingExample]().parts(5).isEmpty)
  }

  private func sums(_ examples: ArraySlice<TrainingExample>) -> TrainingSums {
    examples.reduce(into: TrainingSums(basis: LearnedPotentialTests.basis)) { $0.add($1) }
  }

  /// Three cells make three parts of unequal size: what they are together follows from the errors of three fits, each to the
  /// others' cells.
  @Test(
    "errors are those of fits to the other parts, and their deviations are stretched by the others' errors"
  )
  func errors() async throws {
    // Every ninth example has the same cell.
    func family(_ first: UInt64, _ count: UInt64) async throws -> [TrainingExample] {
      var result: [TrainingExample] = []
      for number in 0..<count {
        let seed = first + 9 * number
        result += try await LearnedPotentialTests.examples(seed..<(seed + 1))
      }
      return result
    }
    let parts = [try await family(0, 8), try await family(4, 5), try await family(8, 3)]
    var fits = 0
    let all = parts.flatMap { $0 }
    let validation = CrossValidation(all, basis: LearnedPotentialTests.basis, smoothness: 2) {
      done, of in
      fits += 1
      #expect(done == fits && of == 3)
    }
    #expect(
      validation.potential.coefficients == LearnedPotentialTests.trained(on: all).coefficients)
    let whole = validation.errors
    // As fits with more coefficients are, whose sums would not be held side by side.
    let large = CrossValidation(
      all, basis: LearnedPotentialTests.basis, smoothness: 2, isShared: false
    ) { _, _ in }
    #expect(large.potential.coefficients == validation.potential.coefficients)
    for value in [\HeldOutErrors.force, \.predictedForce, \.openForce, \.withinTwoDeviations] {
      #expect((large.errors[keyPath: value] / whole[keyPath: value] - 1).magnitude < 1e-6)
    }
    // Part by part, as there: energies are met closely, and rounding shows in their errors.
    let partSums = parts.map { sums($0[...]) }
    let potentials = parts.indices.map { held in
      var others = TrainingSums(basis: LearnedPotentialTests.basis)
      for part in partSums.indices where part != held { others.add(partSums[part]) }
      return LearnedPotential(others)
    }
    let plain = parts.indices.map { HeldOutErrors(potentials[$0], parts[$0]) }
    // Mean squares over all components of some parts.
    func mean(
      _ errors: [HeldOutErrors], without held: Int? = nil, _ value: (HeldOutErrors) -> Double
    ) -> Double {
      let own = errors.indices.filter { $0 != held }
      let count = own.reduce(0) { $0 + parts[$1].count }
      return own.reduce(0) { $0 + Double(parts[$1].count) * value(errors[$1]) } / Double(count)
    }
    let stretched = parts.indices.map { held in
      func square(_ value: (HeldOutErrors) -> Double) -> Double {
        mean(plain, without: held) { value($0) * value($0) }
      }
      let open = square(\.openForce)
      let needed = (square(\.force) - (square(\.predictedForce) - open)) / open
      return HeldOutErrors(
        potentials[held], parts[held], stretch: max(1, needed).squareRoot())
    }
    // Else nothing would be tested of it.
    #expect(stretched.contains { ($0.stretch ?? 1) > 1.05 })
    #expect(whole.examples == 16 && fits == 3)
    for value in [\HeldOutErrors.force, \.predictedForce, \.openForce, \.forceSize] {
      let expected = mean(stretched) { $0[keyPath: value] * $0[keyPath: value] }.squareRoot()
      #expect((whole[keyPath: value] / expected - 1).magnitude < 1e-9)
    }
    let energy = mean(stretched) { ($0.energy ?? 0) * ($0.energy ?? 0) }.squareRoot()
    #expect((try #require(whole.energy) / energy - 1).magnitude < 1e-9)
    let inside = mean(stretched, \.withinTwoDeviations)
    #expect((whole.withinTwoDeviations - inside).magnitude < 1e-12)
    // The one factor that is told gives back what was predicted.
    let noise = mean(stretched) {
      let opened = ($0.stretch ?? 1) * $0.openForce
      return $0.predictedForce * $0.predictedForce - opened * opened
    }
    let opened = try #require(whole.stretch) * whole.openForce
    #expect(
      ((noise + opened * opened).squareRoot() / whole.predictedForce - 1).magnitude < 1e-9)
  }

  @Test("sums of parts are the sums of all their examples, whatever counts of their energies")
  func sumsOfParts() async throws {
    var examples = try await LearnedPotentialTests.examples(0..<12)
    for index in examples.indices {
      // Energies of each trust, absolute and in two groups; meshes that two examples share; and some without stress.
      examples[index].energyTrust = [.reference, .usual, .rough][index % 3]
      if index % 2 == 0 { examples[index].energyGroup = EnergyGroup("group \(index % 4)") }
      if index > 7 { examples[index].mesh = "mesh \(index % 2)" }
      if index % 5 == 0 { examples[index].stress = nil }
    }
    let whole = sums(examples[...])
    var parts = sums(examples[..<5])
    parts.add(sums(examples[5..<9]))
    parts.add(sums(examples[9...]))
    #expect(parts.count == 12 && parts.forceClasses == whole.forceClasses)
    for (one, other) in zip(parts.kinds, whole.kinds) {
      #expect(one.count == other.count && one.count > 0)
      let pairs = zip(
        one.gram + one.projection + [one.square], other.gram + other.projection + [other.square])
      #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-10 * (1 + abs($1)) })
    }
  }
}
