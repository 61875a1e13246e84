import Engines
import Foundation
import Structures
import TestSupport
import Testing

@testable import LearnedPotential

@Suite("Learned potential")
struct LearnedPotentialTests {
  static let basis = ClusterBasis(
    ClusterBasisSettings(elements: [.lithium, .chlorine], cutoff: 5.5, degrees: [8, 6, 6]))

  /// Cells that differ in strain and displacement, with a Morse potential's answers.
  static func examples(_ seeds: Range<UInt64>) async throws -> [TrainingExample] {
    var result: [TrainingExample] = []
    for seed in seeds {
      let size = 0.96 + 0.01 * Double(seed % 9)
      let structure = TestSystems.triclinic.deformed(by: Matrix3.identity * size)
        .rattled(by: 0.15, seed: seed)
      let answer = try await TestSystems.morse.evaluate(
        structure, sampling: Sampling(kPointGrid: KPointGrid(1, 1, 1), needsStress: true))
      result.append(try #require(TrainingExample(structure, answer)))
    }
    return result
  }

  static func trained(on examples: [TrainingExample]) -> LearnedPotential {
    var sums = TrainingSums(basis: basis)
    for example in examples { sums.add(example) }
    return LearnedPotential(sums)
  }

  @Test("the compiled form gives the energy, forces and stress of the sum over functions")
  func compiled() {
    var random = SplitMix(state: 5)
    let coefficients = (0..<Self.basis.count).map { _ in random.normal() }
    let compiled = CompiledPotential(basis: Self.basis, coefficients: coefficients)
    let structure = ClusterBasisTests.structure
    let rows = DesignRows(structure, basis: Self.basis)
    let (evaluation, atoms) = compiled.evaluate(structure)
    let energy =
      rows.coreEnergy + zip(coefficients, rows.energy).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(evaluation.energy - energy) < 1e-9 * abs(energy))
    #expect(abs(atoms.reduce(0, +) - energy) < 1e-9 * abs(energy))
    let width = 3 * structure.count
    for atom in 0..<structure.count {
      for axis in 0..<3 {
        var force = rows.coreForces[3 * atom + axis]
        for (index, c) in coefficients.enumerated() {
          force += c * rows.forces[index * width + 3 * atom + axis]
        }
        #expect(abs(evaluation.forces[atom][axis] - force) < 1e-7 * max(1, abs(force)))
      }
    }
    var shear = rows.coreVirial[5]
    for (index, c) in coefficients.enumerated() { shear += c * rows.virial[6 * index + 5] }
    let stress = evaluation.stress?[0, 1] ?? .nan
    #expect(abs(stress * structure.cell.volume - shear) < 1e-7 * max(1, abs(shear)))
  }

  @Test("forces and stress of the compiled form are derivatives of its energy")
  func derivatives() async throws {
    let potential = Self.trained(on: try await Self.examples(0..<20))
    let compiled = CompiledPotential(
      basis: potential.basis, coefficients: potential.coefficients)
    let structure = ClusterBasisTests.structure
    let evaluation = compiled.evaluate(structure).evaluation
    let step = 1e-4
    for atom in 0..<structure.count {
      for axis in 0..<3 {
        // Five points: exact to the fourth power of the step.
        func energy(_ steps: Double) -> Double {
          var moved = structure
          moved.positions[atom].vector[axis] += steps * step
          return compiled.evaluate(moved).evaluation.energy
        }
        let slope = (8 * (energy(1) - energy(-1)) - (energy(2) - energy(-2))) / (12 * step)
        #expect(abs(slope + evaluation.forces[atom][axis]) < 1e-7)
      }
    }
    for (i, j) in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)] {
      func energy(_ steps: Double) -> Double {
        var deformation = Matrix3.identity
        deformation[i, j] += 0.5 * steps * step
        deformation[j, i] += 0.5 * steps * step
        return compiled.evaluate(structure.deformed(by: deformation)).evaluation.energy
      }
      let slope = (8 * (energy(1) - energy(-1)) - (energy(2) - energy(-2))) / (12 * step)
      let stress = try #require(evaluation.stress)
      #expect(abs(slope / structure.cell.volume - stress[i, j]) < 1e-8)
    }
  }

  @Test("atoms may be moved together and shared among any number of cores")
  func translationAndCores() {
    var random = SplitMix(state: 6)
    let potential = CompiledPotential(
      basis: Self.basis, coefficients: (0..<Self.basis.count).map { _ in random.normal() })
    let twice = IntegerMatrix3(SIMD3(2, 0, 0), SIMD3(0, 2, 0), SIMD3(0, 0, 2))
    let structure = TestSystems.triclinic.supercell(twice).rattled(by: 0.2, seed: 4)
    var moved = structure
    for atom in 0..<moved.count { moved.positions[atom].vector += Vector3(0.37, -5.1, 2.9) }
    func answer(_ structure: Structure, cores: Int) -> (evaluation: Evaluation, atoms: [Double]) {
      var neighborhood = PeriodicNeighborhood(cutoff: Self.basis.settings.cutoff, skin: 0)
      neighborhood.update(structure)
      let result = potential.evaluate(structure, neighborhood, cores: cores)
      return (result.evaluation, result.atomEnergies)
    }
    let alone = answer(structure, cores: 1)
    let size = alone.evaluation.forces.map(\.length).max() ?? 0
    #expect(structure.count == 32 && size > 1)
    for other in [
      answer(structure, cores: 3), answer(structure, cores: 5), answer(moved, cores: 1),
    ] {
      #expect(abs(other.evaluation.energy - alone.evaluation.energy) < 1e-10 * size)
      for atom in 0..<structure.count {
        #expect(abs(other.atoms[atom] - alone.atoms[atom]) < 1e-11 * size)
        let difference = other.evaluation.forces[atom] - alone.evaluation.forces[atom]
        #expect(difference.length < 1e-11 * size)
      }
    }
  }

  /// One pair in an empty cell: steps adjoin, so a jump of the energy anywhere is no integral of the force, and one of the
  /// force no parabola.
  @Test(
    "the energy of a pair is smooth from the core to beyond the cut-off", arguments: [1.0, 1.5])
  func smooth(exponent: Double) {
    let cutoff = 5.5
    let basis = ClusterBasis(
      ClusterBasisSettings(
        elements: [.lithium, .chlorine], cutoff: cutoff, degrees: [8, 6, 6], exponent: exponent))
    var random = SplitMix(state: 7)
    let potential = CompiledPotential(
      basis: basis, coefficients: (0..<basis.count).map { _ in random.normal() })
    func pair(_ distance: Double) -> Evaluation {
      potential.evaluate(
        Structure(
          cell: Cell(a: Vector3(20, 0, 0), b: Vector3(0, 20, 0), c: Vector3(0, 0, 20)),
          species: [.lithium, .chlorine],
          positions: [
            CartesianPosition(Vector3(1, 2, 3)), CartesianPosition(Vector3(1 + distance, 2, 3)),
          ])
      ).evaluation
    }
    let step = 0.005
    let answers = stride(from: 0.8, to: cutoff + 0.2, by: step).map(pair)
    let (energies, forces) = (answers.map(\.energy), answers.map { -$0.forces[1].x })
    for middle in 1..<(answers.count - 2) {
      let (before, here, after) = (forces[middle - 1], forces[middle], forces[middle + 1])
      let size = max(1, abs(before), abs(after))
      // Simpson's rule.
      let work = step / 3 * (before + 4 * here + after)
      #expect(abs(energies[middle + 1] - energies[middle - 1] - work) < 1e-6 * size)
      let third = forces[middle + 2] - 3 * after + 3 * here - before
      #expect(abs(third) < 0.01 * size)
    }
    // At the cut-off energy and force are those of atoms that do not see each other.
    let (edge, apart) = (pair(cutoff - 1e-4), pair(cutoff + 1e-4))
    #expect(apart.forces[1].length == 0)
    #expect(abs(edge.energy - apart.energy) < 1e-6 && edge.forces[1].length < 1e-3)
  }

  @Test("what is learned from enough data is right on other data, and knows by how much")
  func learns() async throws {
    let potential = Self.trained(on: try await Self.examples(0..<60))
    let examples = try await Self.examples(100..<120)
    for example in examples {
      let prediction = potential.predict(example.structure)
      #expect(abs(prediction.energy - example.energy) < 4 * prediction.energyDeviation + 1e-3)
    }
    let errors = HeldOutErrors(potential, examples)
    #expect(errors.examples == 20 && errors.force < 0.05)
    #expect(errors.force < 2 * errors.predictedForce && errors.predictedForce < 4 * errors.force)
    #expect(errors.withinTwoDeviations > 0.9)
    #expect(errors.openForce < errors.predictedForce)
    #expect(try #require(errors.energy) < 0.01)
  }

  @Test("errors fall with data, predicted ones go with them, and far from data they are large")
  func uncertainty() async throws {
    let few = Self.trained(on: try await Self.examples(0..<4))
    let many = Self.trained(on: try await Self.examples(0..<40))
    let examples = try await Self.examples(200..<210)
    let (ofFew, ofMany) = (HeldOutErrors(few, examples), HeldOutErrors(many, examples))
    #expect(ofMany.force < ofFew.force)
    for errors in [ofFew, ofMany] {
      #expect(errors.force < 2 * errors.predictedForce && errors.predictedForce < 2 * errors.force)
    }
    let structure = try await Self.examples(200..<201)[0].structure
    let strange = structure.deformed(by: Matrix3.identity * 0.8)
    #expect(
      many.predict(strange).largestDeviation > 3 * many.predict(structure).largestDeviation)
  }

  @Test("an unknown constant of a group of energies changes nothing")
  func groups() async throws {
    let examples = try await Self.examples(0..<30)
    let grouped = examples.enumerated().map { number, example in
      var example = example
      example.energyGroup = EnergyGroup(number < 15 ? "one" : "two")
      if number >= 15 { example.energy += 7 }
      return example
    }
    var plain = examples.enumerated().map { number, example in
      var example = example
      example.energyGroup = EnergyGroup(number < 15 ? "one" : "two")
      return example
    }
    let first = Self.trained(on: grouped)
    let second = Self.trained(on: plain)
    for (a, b) in zip(first.coefficients, second.coefficients) { #expect(abs(a - b) < 1e-6) }
    plain[0].energyGroup = nil
    #expect(Self.trained(on: plain).coefficients != second.coefficients)
  }

  @Test("unknown constants of elements change nothing, where one constant would not do")
  func constantsOfElements() async throws {
    let examples = try await Self.examples(0..<24).enumerated().map { number, example in
      // Three compositions, so that neither constant follows from the other.
      var structure = example.structure
      for _ in 0..<(number % 3) { structure = structure.removing(at: number % structure.count) }
      let answer = TestSystems.morse.energyForcesAndStress(of: structure)
      return try #require(
        TrainingExample(
          structure, answer,
          energyGroup: EnergyGroup("another basis set", unknown: .constantOfEachElement)))
    }
    let shifted = examples.map { example in
      var example = example
      let composition = example.structure.composition
      example.energy += 3 * Double(composition[.lithium] ?? 0)
      example.energy -= 5 * Double(composition[.chlorine] ?? 0)
      return example
    }
    let first = Self.trained(on: examples)
    let second = Self.trained(on: shifted)
    for (a, b) in zip(first.coefficients, second.coefficients) { #expect(abs(a - b) < 1e-6) }
    // A single constant would not do for cells of different composition.
    let constant = [examples, shifted].map { list in
      Self.trained(
        on: list.map { example in
          var example = example
          example.energyGroup = EnergyGroup("one constant")
          return example
        })
    }
    #expect(
      zip(constant[0].coefficients, constant[1].coefficients).contains { abs($0 - $1) > 1e-3 })
    // Errors of energies are told without the constants.
    let errors = zip(examples, shifted).map { example, other in
      (example: example, error: (other.energy - example.energy) / Double(example.structure.count))
    }
    #expect(try #require(HeldOutErrors.rootMeanSquare(of: errors)) < 1e-12)
    // One cell tells no constant from an energy: nothing is left.
    let cell = examples[0]
    var sums = TrainingSums(basis: Self.basis)
    sums.add(cell)
    for kind in sums.kinds[...3] { #expect(kind.count == 0 && kind.square == 0) }
  }

  @Test("forces on ions that no fit can follow leave those in the metal as well known as they are")
  func forceClasses() async throws {
    var random = SplitMix(state: 3)
    var examples = try await Self.examples(0..<30)
    for index in examples.indices {
      for atom in examples[index].forces.indices {
        examples[index].forces[atom] +=
          0.3 * Vector3(random.normal(), random.normal(), random.normal())
      }
    }
    let crystal = try #require(Prototype.metal(.lithium, .bcc)).supercell(.diagonal(2, 2, 2))
    let metal = try (0..<10).map { seed in
      let shaken = crystal.rattled(by: 0.1, seed: UInt64(seed))
      return try #require(
        TrainingExample(shaken, TestSystems.morse.energyForcesAndStress(of: shaken)))
    }
    let potential = Self.trained(on: examples + metal)
    let unknown = crystal.rattled(by: 0.1, seed: 99)
    let inMetal = potential.predict(unknown)
    #expect(inMetal.forceNoises.allSatisfy { $0 < 0.02 })
    let error = zip(
      inMetal.forces, TestSystems.morse.energyForcesAndStress(of: unknown).forces
    ).map { ($0 - $1).length }.max()
    #expect(try #require(error) < 0.05)
    // On average over two elements the noise that was put in; a fit of that many functions takes some of it away.
    let ions = potential.predict(TestSystems.triclinic).forceNoises
    #expect(ions.allSatisfy { $0 > 0.2 && $0 < 0.4 })
    #expect(potential.noise.force > 0.05 && potential.noise.force < 0.3)
  }

  @Test("rough energies have a noise of their own, and leave sure ones theirs")
  func roughEnergies() async throws {
    var random = SplitMix(state: 3)
    var examples = try await Self.examples(0..<80)
    for index in examples.indices where index % 2 == 1 {
      examples[index].energyTrust = .rough
      examples[index].energy += 0.2 * random.normal() * 4.0.squareRoot()
    }
    let potential = Self.trained(on: examples)
    let rough = try #require(potential.roughEnergyNoise)
    #expect((0.12...0.28).contains(rough))
    #expect(potential.noise.energy < 0.02)
    let roughAlone = Self.trained(on: examples.filter { $0.energyTrust == .rough })
    #expect(roughAlone.noise.energy == roughAlone.roughEnergyNoise)
    let sureAlone = Self.trained(on: examples.filter { $0.energyTrust != .rough })
    #expect(sureAlone.roughEnergyNoise == nil)
  }

  @Test("energies that are references are met, though forces speak against them")
  func references() async throws {
    var examples = try await Self.examples(0..<40)
    for index in examples.indices {
      // Forces of another potential, which no energy of this one has.
      examples[index].forces = examples[index].forces.map { 1.1 * $0 }
      examples[index].stress = nil
    }
    func worst(_ trust: EnergyTrust) -> Double {
      var examples = examples
      for index in 0..<5 { examples[index].energyTrust = trust }
      let potential = Self.trained(on: examples)
      return examples[..<5].map {
        abs($0.energyError(of: potential.predict($0.structure).energy))
      }.max() ?? .nan
    }
    let (reference, usual) = (worst(.reference), worst(.usual))
    #expect(reference < 2 * LearnedPotential.referenceNoise)
    #expect(usual > 5 * reference)
  }

  @Test("an error that energies of one mesh share leaves their differences sure")
  func sharedMesh() async throws {
    var random = SplitMix(state: 9)
    var examples = try await Self.examples(0..<80)
    // Four cells to a mesh, each mesh with an error of its own.
    var error = 0.0
    for index in examples.indices where index >= 20 {
      if index % 4 == 0 { error = 0.2 * random.normal() * 4.0.squareRoot() }
      examples[index].energy += error
      examples[index].energyTrust = .rough
      examples[index].mesh = "\(index / 4)"
    }
    let potential = Self.trained(on: examples)
    let (rough, differences) = (potential.roughEnergyNoise, potential.differenceNoise)
    // Fifteen meshes, fewer than the beginning of the search is worth: their noise is told too small.
    #expect((0.05...0.4).contains(try #require(rough)))
    #expect(try #require(differences) < 0.02)
    // Held out, the error of the mesh is told apart from that of the potential.
    let errors = HeldOutErrors(potential, examples)
    #expect(try #require(errors.energy) < 0.01)
    #expect(try #require(errors.roughEnergy) > 0.05)
    // A cell alone with its mesh is as rough as any.
    let alone = examples.enumerated().map { index, example in
      var example = example
      if example.mesh != nil { example.mesh = "\(index)" }
      return example
    }
    let apart = examples.map { example in
      var example = example
      example.mesh = nil
      return example
    }
    let (first, second) = (Self.trained(on: alone), Self.trained(on: apart))
    #expect(first.differenceNoise == nil)
    for (a, b) in zip(first.coefficients, second.coefficients) {
      #expect(abs(a - b) < 1e-6 * max(1, abs(b)))
    }
  }

  @Test("what another basis set lacks of each atom is no error of the mesh that cells share")
  func sharedMeshOfAnotherBasis() async throws {
    var examples = try await Self.examples(0..<80)
    for index in examples.indices where index >= 20 {
      if index % 2 == 0 {
        let structure = examples[index].structure.removing(at: 0)
        let answer = try await TestSystems.morse.evaluate(structure, sampling: .gammaPoint)
        examples[index] = try #require(TrainingExample(structure, answer))
      }
      for species in examples[index].structure.species {
        examples[index].energy += species == .lithium ? 0.4 : 0.7
      }
      examples[index].energyTrust = .rough
      examples[index].energyGroup = EnergyGroup("another", unknown: .constantOfEachElement)
      examples[index].mesh = "\(index / 4)"
    }
    let potential = Self.trained(on: examples)
    #expect(try #require(potential.differenceNoise) < 0.02)
    #expect(try #require(potential.roughEnergyNoise) < 0.02)
  }

  @Test("the posterior is that of a direct calculation, and so is the evidence")
  func posterior() {
    // Three coefficients, data y = rows * c + noise, everything by hand in dense algebra.
    var random = SplitMix(state: 11)
    let (size, count) = (3, 40)
    let rows = (0..<size * count).map { _ in random.normal() }
    let truth = [1.0, -0.5, 0.25]
    let targets = (0..<count).map { k in
      (0..<size).reduce(0.1 * random.normal()) { $0 + truth[$1] * rows[$1 * count + k] }
    }
    var sums = RegressionSums(coefficients: size)
    sums.add(rows: rows, targets: targets)
    let empty = RegressionSums(coefficients: size)
    let fixed = Posterior(
      sums: [sums, empty], noise: [0.1, 1], leastNoise: [1e-6, 1e-6],
      groups: [Posterior.PriorGroup(members: [0, 1, 2], width: 2, isHeld: false)],
      roughness: [1, 2, 4], searches: false)
    // The data are normal with covariance 0.01 + rows^T prior rows: its density is the evidence.
    var covariance = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    let prior = [4.0, 1.0, 0.25]
    for i in 0..<count {
      for j in 0..<count {
        covariance[i][j] =
          (i == j ? 0.01 : 0)
          + (0..<size).reduce(0) { $0 + prior[$1] * rows[$1 * count + i] * rows[$1 * count + j] }
      }
    }
    // Gaussian elimination gives determinant and the solution.
    var solution = targets
    var logDeterminant = 0.0
    for i in 0..<count {
      logDeterminant += log(covariance[i][i])
      for j in (i + 1)..<max(count, i + 1) {
        let factor = covariance[j][i] / covariance[i][i]
        for k in i..<count { covariance[j][k] -= factor * covariance[i][k] }
        solution[j] -= factor * solution[i]
      }
    }
    for i in stride(from: count - 1, through: 0, by: -1) {
      for k in (i + 1)..<max(count, i + 1) { solution[i] -= covariance[i][k] * solution[k] }
      solution[i] /= covariance[i][i]
    }
    let square = zip(solution, targets).reduce(0) { $0 + $1.0 * $1.1 }
    let evidence = -0.5 * (square + logDeterminant + Double(count) * log(2 * Double.pi))
    #expect(abs(fixed.logEvidence - evidence) < 1e-8)
    // The mean is prior times rows times the solution.
    for index in 0..<size {
      let expected =
        prior[index] * (0..<count).reduce(0) { $0 + rows[index * count + $1] * solution[$1] }
      #expect(abs(fixed.mean[index] - expected) < 1e-9)
    }
    let searched = Posterior(
      sums: [sums, empty], noise: [0.15, 1], leastNoise: [1e-6, 1e-6],
      groups: [Posterior.PriorGroup(members: [0, 1, 2], width: 2, isHeld: false)],
      roughness: [1, 1, 1])
    #expect(abs(searched.noise[0] - 0.1) < 0.03)
    #expect(searched.logEvidence > fixed.logEvidence - 3)
  }
}
