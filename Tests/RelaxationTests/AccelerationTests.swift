import Engines
import Foundation
import Structures
import Synchronization
import TestSupport
import Testing

@testable import Relaxation

@Suite("Relaxations that a model shortens")
struct AccelerationTests {
  /// A model that knows the engine's forces up to a factor, and remembers ends.
  final class Model: Accelerator {
    let factor: Double
    let leads: Bool
    let kept = Mutex<[RelaxationQuestion: FinishedRelaxation]>([:])

    init(factor: Double, leads: Bool = false) {
      self.factor = factor
      self.leads = leads
    }

    var proposes: Bool { true }
    func storedAnswers(of engine: EngineIdentity) -> (any Engine)? { nil }

    func predict(
      _ structure: Structure, sampling: Sampling, needsDeviation: Bool
    ) -> AcceleratorPrediction? {
      let truth = TestSystems.morse.energyForcesAndStress(of: structure)
      return AcceleratorPrediction(
        energy: factor * truth.energy, forces: truth.forces.map { $0 * factor },
        stress: truth.stress.map { $0 * factor }, deviation: 1e-4)
    }

    func finished(_ question: RelaxationQuestion) -> FinishedRelaxation? {
      kept.withLock { $0[question] }
    }

    func keep(_ relaxation: FinishedRelaxation, for question: RelaxationQuestion) {
      kept.withLock { $0[question] = relaxation }
    }
  }

  /// The engine, which counts.
  final class Counted: AcceleratedEngine {
    let accelerator: (any Accelerator)?
    let calls = Mutex(0)

    init(_ accelerator: (any Accelerator)?) { self.accelerator = accelerator }

    var identity: EngineIdentity { TestSystems.morse.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      calls.withLock { $0 += 1 }
      return TestSystems.morse.energyForcesAndStress(of: structure)
    }
  }

  static let start = TestSystems.triclinic.rattled(by: 0.15, seed: 4)
  static let settings = RelaxationSettings(forceThreshold: 0.005)

  @Test("a model that is right leaves the engine four calls; one that is wrong does no harm")
  func models() async throws {
    let plain = Counted(nil)
    let truth = try await relax(
      Self.start, engine: plain, sampling: .gammaPoint, settings: Self.settings)
    #expect(truth.outcome == .converged)
    for (factor, most) in [(1.0, 4), (0.7, plain.calls.withLock { $0 }), (-1, 40)] {
      let engine = Counted(Model(factor: factor))
      let result = try await relax(
        Self.start, engine: engine, sampling: .gammaPoint, settings: Self.settings)
      #expect(result.outcome == .converged)
      #expect(result.residualForce < 0.005)
      #expect(result.evaluation == TestSystems.morse.energyForcesAndStress(of: result.structure))
      #expect(abs(result.evaluation.energy - truth.evaluation.energy) < 1e-3)
      #expect(engine.calls.withLock { $0 } <= most, "factor \(factor)")
      #expect(result.trace.count == result.forceCalls)
    }
  }

  @Test("a model that leads and is right leaves the engine one call; a wrong one is left behind")
  func leading() async throws {
    // Not farther from a minimum than a model may lead.
    let start = try await relax(
      Self.start, engine: TestSystems.morse, sampling: .gammaPoint, settings: Self.settings
    ).structure.rattled(by: 0.1, seed: 7)
    let plain = Counted(nil)
    let truth = try await relax(
      start, engine: plain, sampling: .gammaPoint, settings: Self.settings)
    let alone = plain.calls.withLock { $0 }
    // Forces that are all too small by a factor have the right minimum.
    for (factor, most) in [(1.0, 1), (0.7, 1), (-1, 40)] {
      let model = Model(factor: factor, leads: true)
      let engine = Counted(model)
      let result = try await relax(
        start, engine: engine, sampling: .gammaPoint, settings: Self.settings)
      #expect(result.outcome == .converged && result.residualForce < 0.005)
      #expect(result.evaluation == TestSystems.morse.energyForcesAndStress(of: result.structure))
      #expect(abs(result.evaluation.energy - truth.evaluation.energy) < 1e-3)
      #expect(engine.calls.withLock { $0 } <= most, "factor \(factor)")
      #expect(result.trace.count == result.forceCalls)
      if factor < 0 {
        // Uphill: the engine is asked there once, and then for the start.
        #expect(result.trace[0].residualForce > result.trace[1].residualForce)
        #expect(result.trace[1].energy == truth.trace[0].energy)
      }
      // Found again, though the engine was never asked for its start.
      let again = try await relax(
        start, engine: engine, sampling: .gammaPoint, settings: Self.settings)
      #expect(again.structure == result.structure && again.trace == result.trace)
    }
    #expect(alone > 4)
    // Where the model leads too far for the engine to answer, the start is asked for.
    var settings = Self.settings
    settings.maximumForceCalls = 40
    let brittle = try await relax(
      Self.start, engine: Brittle(accelerator: Model(factor: 1, leads: true)),
      sampling: .gammaPoint, settings: settings)
    let atStart = TestSystems.morse.energyForcesAndStress(of: Self.start).energy
    #expect(brittle.trace[0].energy.isNaN && brittle.trace[1].energy == atStart)
  }

  @Test("a finished relaxation is found again by its start and thresholds")
  func finished() async throws {
    let model = Model(factor: 0.9)
    let engine = Counted(model)
    let first = try await relax(
      Self.start, engine: engine, sampling: .gammaPoint, settings: Self.settings)
    let before = engine.calls.withLock { $0 }
    let second = try await relax(
      Self.start, engine: engine, sampling: .gammaPoint, settings: Self.settings)
    // Its end is asked for, which a store answers.
    #expect(engine.calls.withLock { $0 } == before + 1)
    #expect(second.structure == first.structure)
    #expect(second.trace == first.trace)
    #expect(second.residualForce == first.residualForce)
    // A store takes cells for the same that differ in their last digits.
    var rounded = Self.start
    rounded.cell.a.x += 1e-10
    model.kept.withLock { kept in
      let question = RelaxationQuestion(
        structures: [rounded], sampling: .gammaPoint, engine: engine.identity,
        search: .minimum(Self.settings))
      kept[question] = kept.values.first
    }
    let likewise = try await relax(
      rounded, engine: engine, sampling: .gammaPoint, settings: Self.settings)
    #expect(likewise.structure == first.structure)
    var closer = Self.settings
    closer.forceThreshold = 0.001
    let third = try await relax(
      Self.start, engine: engine, sampling: .gammaPoint, settings: closer)
    #expect(third.residualForce < 0.001)
    // Another method is another question; an end that is none is not taken over.
    var byDynamics = Self.settings
    byDynamics.method = .fire
    #expect(
      try await relax(Self.start, engine: engine, sampling: .gammaPoint, settings: byDynamics)
        .structure != first.structure)
    let question = RelaxationQuestion(
      structures: [Self.start], sampling: .gammaPoint, engine: engine.identity,
      search: .minimum(Self.settings))
    for wrong in [Self.start, Self.start.removing(at: 0)] {
      model.keep(FinishedRelaxation(structures: [wrong], trace: [], forceCalls: 1), for: question)
      let fourth = try await relax(
        Self.start, engine: engine, sampling: .gammaPoint, settings: Self.settings)
      #expect(fourth.outcome == .converged && fourth.forceCalls > 1)
      #expect(fourth.structure.count == Self.start.count)
    }
  }

  /// A slab of bcc layers, which Morse pairs would rather have closely packed: any move aside gains energy.
  static func unstableSlab(noise: Double) -> Structure {
    let width = 3.1
    let layers = 6
    return Structure(
      cell: Cell(a: Vector3(width, 0, 0), b: Vector3(0, width, 0), c: Vector3(0, 0, 24)),
      species: Array(repeating: .lithium, count: layers),
      positions: (0..<layers).map { layer in
        let aside = layer.isMultiple(of: 2) ? 0 : width / 2
        return CartesianPosition(aside, aside, 2.0 * Double(layer) + (layer == 0 ? 0.3 : 0))
      }
    ).rattled(by: noise, seed: 2)
  }

  /// In crystals there are atoms at exactly twice the nearest distance: of their springs all or none must be there.
  @Test("the guess of second derivatives has the symmetry of the geometry")
  func guessIsSymmetric() throws {
    // Four layers of lithium oxide (111), as strained by lithium.
    let (side, layer) = (3.2971369, 2.69205)
    let cell = Cell(lengths: Vector3(side, side, 37.1032), angles: Vector3(90, 90, 60))
    var (species, positions): ([Element], [FractionalPosition]) = ([], [])
    for number in 0..<4 {
      for (element, column, height) in [
        (Element.lithium, number, -0.25), (.oxygen, number + 1, 0), (.lithium, number + 2, 0.25),
      ] {
        let third = Double(column % 3) / 3
        species.append(element)
        positions.append(
          FractionalPosition(third, third, (14 + layer * (Double(number) + height)) / 37.1032))
      }
    }
    let slab = Structure(cell: cell, species: species, fractionalPositions: positions)
    let moves = SymmetricMoves(of: slab)
    let guess = ModelHessian(slab, strains: [], strainLength: 1)
    for coordinate in 0..<guess.size {
      var unit = [Double](repeating: 0, count: guess.size)
      unit[coordinate] = 1
      let symmetric = moves.projected(unit)
      let gradient = (0..<guess.size).map { row in
        Vectors.dot(Array(guess.matrix[(row * guess.size)..<((row + 1) * guess.size)]), symmetric)
      }
      for (given, projected) in zip(gradient, moves.projected(gradient)) {
        #expect((given - projected).magnitude < 1e-9)
      }
    }
  }

  @Test("a model leaves a geometry the symmetry that it has, however unstable it is")
  func symmetry() async throws {
    let start = Self.unstableSlab(noise: 1e-9)
    let engine = Counted(Model(factor: 1))
    let result = try await relax(
      start, engine: engine, sampling: .gammaPoint,
      settings: RelaxationSettings(forceThreshold: 0.01))
    #expect(result.structure.farthestMove(from: start) > 0.1)
    #expect(result.outcome == .converged)
    for (before, after) in zip(start.positions, result.structure.positions) {
      let move = after.vector - before.vector
      #expect(abs(move.x) < 1e-8 && abs(move.y) < 1e-8)
    }
  }

  @Test("forces of a symmetric geometry are symmetric moves, and a projection stays what it is")
  func symmetricMoves() throws {
    let slab = Self.unstableSlab(noise: 0)
    let pair = slab.supercell(.diagonal(2, 2, 1))
    // Close-packed layers: their axes are not at right angles.
    let hexagonal = Structure(
      cell: Cell(
        a: Vector3(3.1, 0, 0), b: Vector3(-1.55, 1.55 * 3.0.squareRoot(), 0), c: Vector3(0, 0, 22)),
      species: Array(repeating: .lithium, count: 4),
      fractionalPositions: (0..<4).map {
        FractionalPosition(Double($0) / 3, 2 * Double($0) / 3, 0.1 + 0.11 * Double($0 * $0) / 3)
      })
    for structure in [slab, pair, hexagonal, hexagonal.supercell(.diagonal(2, 2, 1))] {
      #expect(try Symmetry.operations(of: structure, tolerance: 1e-4).operations.count >= 6)
      let moves = SymmetricMoves(of: structure)
      let forces = TestSystems.morse.energyForcesAndStress(of: structure).forces
        .flatMap { [$0.x, $0.y, $0.z] }
      for (whole, part) in zip(forces, moves.projected(forces)) {
        #expect(abs(whole - part) < 1e-10)
      }
      let random = zip(structure.rattled(by: 1, seed: 3).coordinates, structure.coordinates).map(-)
      let once = moves.projected(random + [7])
      #expect(once.last == 7)
      for (first, second) in zip(once, moves.projected(once)) {
        #expect(abs(first - second) < 1e-12)
      }
      var moved = structure
      for atom in moved.positions.indices {
        moved.positions[atom].vector +=
          Vector3(once[3 * atom], once[3 * atom + 1], once[3 * atom + 2]) * 0.1
      }
      #expect(
        try Symmetry.operations(of: moved, tolerance: 1e-4).operations.count
          >= Symmetry.operations(of: structure, tolerance: 1e-4).operations.count)
    }
    // A mirror that takes a held layer to a free one is none.
    var even = slab
    even.positions[0].vector.z = 0
    let random = zip(even.rattled(by: 1, seed: 5).coordinates, even.coordinates).map(-)
    let free = SymmetricMoves(of: even).projected(random)
    let held = SymmetricMoves(of: even, fixedAtoms: [0]).projected(random)
    #expect(abs(free[2] + free[3 * 5 + 2]) < 1e-12 && abs(held[2] + held[3 * 5 + 2]) > 1e-3)
    #expect(abs(held[0]) < 1e-12 && abs(held[3 * 5]) < 1e-12)
    let none = SymmetricMoves(of: TestSystems.triclinic)
    let vector = (0..<12).map(Double.init)
    #expect(none.projected(vector) == vector)
  }

  /// An engine that cannot answer far from where it was first asked.
  struct Brittle: AcceleratedEngine {
    let accelerator: (any Accelerator)?
    var identity: EngineIdentity { TestSystems.morse.identity }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      var answer = TestSystems.morse.energyForcesAndStress(of: structure)
      if structure.farthestMove(from: AccelerationTests.start) > 0.3 { answer.energy = .nan }
      return answer
    }
  }

  @Test("where the engine cannot answer a model's step, it goes on with its own")
  func brittle() async throws {
    var settings = Self.settings
    settings.largestStep = 0.02
    settings.maximumForceCalls = 12
    let result = try await relax(
      Self.start, engine: Brittle(accelerator: Model(factor: 1)), sampling: .gammaPoint,
      settings: settings)
    #expect(result.outcome == .forceCallLimit)
    #expect(result.trace.contains { $0.energy.isNaN })
    #expect(result.evaluation.energy.isFinite)
  }

  @Test("a band that a right model has settled is confirmed and found again")
  func band() async throws {
    // Lithium with a vacancy: an atom hops into it.
    var cell = Structure(
      cell: Cell(a: Vector3(3.4, 0, 0), b: Vector3(0, 3.4, 0), c: Vector3(0, 0, 3.4)),
      species: [.lithium, .lithium],
      fractionalPositions: [FractionalPosition(0, 0, 0), FractionalPosition(0.5, 0.5, 0.5)])
    cell = cell.supercell(.diagonal(2, 2, 2))
    let hole = cell.positions[1]
    let perfect = cell.removing(at: 1)
    var moved = perfect
    moved.positions[0] = hole
    let settings = BandSettings(images: 3, forceThreshold: 0.01)
    let plain = Counted(nil)
    var ends: [Structure] = []
    for structure in [perfect, moved] {
      ends.append(
        try await relax(
          structure, engine: plain, sampling: .gammaPoint, settings: Self.settings
        ).structure)
    }
    let truth = try await nudgedElasticBand(
      from: ends[0], to: ends[1], engine: plain, sampling: .gammaPoint, settings: settings)
    #expect(truth.outcome == .converged)
    let model = Model(factor: 1)
    let engine = Counted(model)
    let result = try await nudgedElasticBand(
      from: ends[0], to: ends[1], engine: engine, sampling: .gammaPoint, settings: settings)
    #expect(result.outcome == .converged)
    #expect(result.forceCalls <= 6 && truth.forceCalls > 2 * result.forceCalls)
    #expect(abs(result.forwardBarrier - truth.forwardBarrier) < 2e-3)
    let again = try await nudgedElasticBand(
      from: ends[0], to: ends[1], engine: engine, sampling: .gammaPoint, settings: settings)
    #expect(again.outcome == .converged)
    #expect(again.forceCalls == result.forceCalls)
    #expect(again.energies == result.energies)
    // Images that are no path are not taken over.
    let question = RelaxationQuestion(
      structures: ends, sampling: .gammaPoint, engine: engine.identity, search: .path(settings))
    model.keep(
      FinishedRelaxation(
        structures: result.images[1...3].map { $0.rattled(by: 0.1, seed: 1) }, trace: [],
        forceCalls: 1), for: question)
    let renewed = try await nudgedElasticBand(
      from: ends[0], to: ends[1], engine: engine, sampling: .gammaPoint, settings: settings)
    #expect(renewed.outcome == .converged)
    #expect(abs(renewed.forwardBarrier - truth.forwardBarrier) < 2e-3)
  }

  @Test(
    "the correction gives the residual forces where they are known, and is the slope of its energy")
  func correction() {
    var random = TestSystems.Random(seed: 8)
    func vector(_ size: Double) -> [Double] {
      (0..<12).map { _ in Double.random(in: -size...size, using: &random) }
    }
    let points = (0..<4).map { _ in vector(0.2) }
    let residuals = (0..<4).map { _ in vector(0.1) }
    let correction = ResidualCorrection(points: points, residuals: residuals)
    for (point, residual) in zip(points, residuals) {
      for (value, expected) in zip(correction.value(at: point).forces, residual) {
        #expect(abs(value - expected) < 5e-3)
      }
    }
    let place = vector(0.3)
    let forces = correction.value(at: place).forces
    for index in 0..<12 {
      var (up, down) = (place, place)
      up[index] += 1e-5
      down[index] -= 1e-5
      let slope = (correction.value(at: up).energy - correction.value(at: down).energy) / 2e-5
      #expect(abs(slope + forces[index]) < 1e-7)
    }
    let far = place.map { $0 + 5 }
    #expect(correction.value(at: far).forces.allSatisfy { abs($0) < 1e-6 })
  }
}
