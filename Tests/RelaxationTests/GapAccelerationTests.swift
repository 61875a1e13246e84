import Engines
import Structures
import Synchronization
import TestSupport
import Testing

@testable import Relaxation

@Suite("Gaps that a model finds before the engine is asked")
struct GapAccelerationTests {
  typealias Model = AccelerationTests.Model
  typealias Counted = AccelerationTests.Counted

  /// Two layers of lithium above two others, 0.6 angstrom too far.
  static let start = Structure(
    cell: Cell(a: Vector3(3.1, 0, 0), b: Vector3(0, 3.1, 0), c: Vector3(0, 0, 24)),
    species: Array(repeating: .lithium, count: 4),
    positions: [0, 2.0, 4.6, 6.6].enumerated().map { layer, height in
      let aside = layer.isMultiple(of: 2) ? 0 : 1.55
      return CartesianPosition(aside, aside, 3 + height)
    })

  static func search(movesDown: Bool) -> GapSearch {
    GapSearch(
      movingAtoms: movesDown ? [0, 1] : [2, 3], movesDown: movesDown, initialGap: 2.6,
      range: 1...5, stiffness: 1, tolerance: 1e-4)
  }

  @Test("the derivative is that of the energy, whichever part moves", arguments: [false, true])
  func derivative(movesDown: Bool) throws {
    let search = Self.search(movesDown: movesDown)
    func answer(_ gap: Double) -> Evaluation {
      TestSystems.morse.energyForcesAndStress(of: search.structure(Self.start, gap: gap))
    }
    let difference = (answer(2.3 + 1e-4).energy - answer(2.3 - 1e-4).energy) / 2e-4
    #expect(abs(search.derivative(of: answer(2.3).forces) - difference) < 1e-6)
    #expect(search.derivative(of: answer(1.5).forces) < 0)
    let moved = search.structure(Self.start, gap: 2.3)
    #expect(abs(try #require(search.gap(of: moved, from: Self.start)) - 2.3) < 1e-12)
    // What the search cannot reach is no end of it.
    #expect(search.gap(of: moved.removing(at: 0), from: Self.start) == nil)
    #expect(search.gap(of: moved.rattled(by: 0.1, seed: 1), from: Self.start) == nil)
    #expect(search.gap(of: search.structure(Self.start, gap: 6), from: Self.start) == nil)
  }

  @Test(
    "a model that leads and is right leaves one call, a wrong one does no harm, and an end is found again",
    arguments: [false, true])
  func leading(movesDown: Bool) async throws {
    let search = Self.search(movesDown: movesDown)
    func found(_ engine: Counted) async throws -> RigidGap {
      try await minimizeGap(search, from: Self.start, engine: engine, sampling: .gammaPoint)
    }
    let plain = Counted(nil)
    let truth = try await found(plain)
    let alone = plain.calls.withLock { $0 }
    #expect(truth.isMinimum && truth.forceCalls == alone && alone > 2)
    for (factor, leads, most) in [
      (1.0, true, 1), (0.7, true, 1), (-1, true, alone), (1, false, alone),
    ] {
      let engine = Counted(Model(factor: factor, leads: leads))
      let result = try await found(engine)
      let calls = engine.calls.withLock { $0 }
      #expect(result.isMinimum && calls <= most, "factor \(factor)")
      #expect(abs(result.energy - truth.energy) < 2e-4 && abs(result.gap - truth.gap) < 0.05)
      let again = try await found(engine)
      #expect(again.forceCalls == result.forceCalls && abs(again.gap - result.gap) < 1e-12)
      #expect(abs(again.energy - result.energy) < 1e-12 && again.isMinimum)
      // Found by its end alone where a model led.
      let isKept = leads && factor > 0
      #expect(engine.calls.withLock { $0 } == calls + (isKept ? 1 : calls))
    }
  }

  /// An engine that has no answer near the minimum of a model, or none at all there but repulsion.
  final class Other: AcceleratedEngine {
    let accelerator: (any Accelerator)? = Model(factor: 1, leads: true)
    let repels: Bool
    let asked = Mutex<[Structure]>([])
    var identity: EngineIdentity { TestSystems.morse.identity }

    init(repels: Bool) { self.repels = repels }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let isFirst = asked.withLock { asked in
        asked.append(structure)
        return asked.count == 1
      }
      if repels {
        return Evaluation(
          energy: -structure.positions[2].vector.z,
          forces: [.zero, .zero, Vector3(0, 0, 0.5), Vector3(0, 0, 0.5)])
      }
      if isFirst {
        return Evaluation(energy: .nan, forces: [], convergence: .notConverged(reason: "once"))
      }
      return TestSystems.morse.energyForcesAndStress(of: structure)
    }
  }

  @Test(
    "where the engine has no answer, or no minimum, at the model's gap, the search is the engine's own"
  )
  func fallback() async throws {
    let search = Self.search(movesDown: false)
    func found(_ engine: any Engine) async throws -> RigidGap {
      try await minimizeGap(search, from: Self.start, engine: engine, sampling: .gammaPoint)
    }
    let truth = try await found(Counted(nil))
    #expect(try await found(Other(repels: false)) == truth)
    let repulsive = Other(repels: true)
    let none = try await found(repulsive)
    #expect(!none.isMinimum && abs(none.gap - 5) < 1e-9)
    let own = repulsive.asked.withLock { $0.suffix(none.forceCalls) }
    #expect(own.first == Self.start)
  }

  /// An engine whose self-consistency never converges.
  struct Hopeless: Engine {
    let identity = TestSystems.morse.identity

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      Evaluation(energy: .nan, forces: [], convergence: .notConverged(reason: "oscillates"))
    }
  }

  @Test("an engine without an answer is told with its reason")
  func hopeless() async throws {
    let failure = await #expect(throws: GapNotConverged.self) {
      try await minimizeGap(
        Self.search(movesDown: false), from: Self.start, engine: Hopeless(), sampling: .gammaPoint)
    }
    #expect(failure?.reason == "oscillates")
  }
}
