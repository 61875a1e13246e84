import LearnedPotential
import Structures
import TestSupport
import Testing

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
    // A single family is dealt out, and no part is empty.
    let one = [example(start), example(start.rattled(by: 0.1, seed: 1))]
    #expect(one.parts(5) == [[0], [1]])
    #expect([TrainingExample]().parts(5).isEmpty)
  }

  /// Two cells make two parts: what they are together follows from the errors of two fits, each to the other's cells.
  @Test(
    "errors are those of fits to the other parts, and their deviations are stretched by the others' errors"
  )
  func errors() async throws {
    // Every ninth example has the same cell.
    func family(_ first: UInt64) async throws -> [TrainingExample] {
      var result: [TrainingExample] = []
      for seed in stride(from: first, to: first + 90, by: 9) {
        result += try await LearnedPotentialTests.examples(seed..<(seed + 1))
      }
      return result
    }
    let (small, wide) = (try await family(0), try await family(5))
    let basis = LearnedPotentialTests.basis
    var fits = 0
    let whole = CrossValidation(small + wide, basis: basis, smoothness: 2) { done, of in
      fits += 1
      #expect(done == fits && of == 2)
    }.errors
    let (first, second) = (
      LearnedPotentialTests.trained(on: wide), LearnedPotentialTests.trained(on: small)
    )
    let plain = [HeldOutErrors(first, small), HeldOutErrors(second, wide)]
    let stretched = [
      HeldOutErrors(first, small, stretch: plain[1].neededStretch),
      HeldOutErrors(second, wide, stretch: plain[0].neededStretch),
    ]
    func mean(_ value: (HeldOutErrors) -> Double) -> Double {
      (stretched.reduce(0) { $0 + value($1) * value($1) } / 2).squareRoot()
    }
    #expect(whole.examples == 20 && fits == 2)
    #expect((whole.force / mean(\.force) - 1).magnitude < 1e-9)
    #expect((whole.predictedForce / mean(\.predictedForce) - 1).magnitude < 1e-9)
    #expect((whole.openForce / mean(\.openForce) - 1).magnitude < 1e-9)
    #expect((whole.forceSize / mean(\.forceSize) - 1).magnitude < 1e-9)
    let energy = try #require(whole.energy)
    #expect((energy / mean { $0.energy ?? 0 } - 1).magnitude < 1e-9)
    let inside = stretched.reduce(0) { $0 + $1.withinTwoDeviations } / 2
    #expect((whole.withinTwoDeviations - inside).magnitude < 1e-12)
    // The one factor that is told gives back what was predicted.
    let told = try #require(whole.stretch)
    let noise = mean {
      let opened = ($0.stretch ?? 1) * $0.openForce
      return ($0.predictedForce * $0.predictedForce - opened * opened).squareRoot()
    }
    let opened = told * whole.openForce
    #expect(
      ((noise * noise + opened * opened).squareRoot() / whole.predictedForce - 1).magnitude < 1e-9)
  }
}
