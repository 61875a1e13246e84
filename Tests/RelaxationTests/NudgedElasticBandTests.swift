import Engines
import Foundation
import KIMEngine
import Relaxation
import Structures
import TestSupport
import Testing

@Suite struct NudgedElasticBandTests {
  /// The surface of Müller and Brown in x and y of one atom, its energies scaled to eV by a hundredth.
  struct MullerBrown: Engine {
    let identity = EngineIdentity(name: "mueller-brown", settings: [:])

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let position = structure.positions[0].vector
      // The atom lives in the middle of its cell.
      let (x, y) = (position.x - 10, position.y - 10)
      let amplitudes = [-200.0, -100, -170, 15]
      let a = [-1.0, -1, -6.5, 0.7]
      let b = [0.0, 0, 11, 0.6]
      let c = [-10.0, -10, -6.5, 0.7]
      let centers = [(1.0, 0.0), (0, 0.5), (-0.5, 1.5), (-1, 1)]
      var energy = 0.0
      var slope = Vector3.zero
      for term in 0..<4 {
        let (dx, dy) = (x - centers[term].0, y - centers[term].1)
        let exponent = a[term] * dx * dx + b[term] * dx * dy + c[term] * dy * dy
        let value = amplitudes[term] * exp(exponent) / 100
        energy += value
        slope.x += value * (2 * a[term] * dx + b[term] * dy)
        slope.y += value * (b[term] * dx + 2 * c[term] * dy)
      }
      return Evaluation(energy: energy, forces: [Vector3(-slope.x, -slope.y, 0)])
    }
  }

  func atom(_ x: Double, _ y: Double) -> Structure {
    Structure(
      cell: Cell(a: Vector3(20, 0, 0), b: Vector3(0, 20, 0), c: Vector3(0, 0, 20)),
      species: [.lithium], positions: [CartesianPosition(x + 10, y + 10, 10)])
  }

  /// The known saddle between the two deepest minima: (-0.822, 0.624) at -0.40665.
  ///
  /// K. Müller, L. D. Brown, Theor. Chim. Acta 53, 75 (1979), doi:10.1007/BF00547608.
  @Test func theSaddleOfMullerAndBrownIsFound() async throws {
    let result = try await nudgedElasticBand(
      from: atom(-0.558224, 1.441726), to: atom(-0.050011, 0.466694), engine: MullerBrown(),
      sampling: .gammaPoint,
      settings: BandSettings(
        images: 5, springConstant: 3, forceThreshold: 1e-3, climbingThreshold: 0.5,
        maximumSteps: 3000, largestStep: 0.05))
    #expect(result.outcome == .converged)
    #expect((result.highestEnergy + 0.4066484).magnitude < 1e-5)
    let summit = try #require(
      result.energies.indices.max { result.energies[$0] < result.energies[$1] })
    let position = result.images[summit].positions[0].vector
    #expect((position.x - 10 + 0.8220016).magnitude < 1e-3)
    #expect((position.y - 10 - 0.6243128).magnitude < 1e-3)
    // The images keep their order and their distances.
    #expect(result.distances == result.distances.sorted())
  }

  /// A vacancy's hop in bcc lithium: a symmetric path, its summit in the middle, and what the image in
  /// the middle has climbed to is a saddle.
  @Test func aVacancyHopIsSymmetric() async throws {
    let engine = try KIMEngine(model: "KimJungLee_2012_LiMg", elements: [.lithium])
    // The model's own lattice parameter.
    let (start, end) = try BulkVacancy.ends(edge: 3.532, size: 3)
    let settings = RelaxationSettings(forceThreshold: 2e-3)
    let first = try await relax(
      start, engine: engine, sampling: .gammaPoint, settings: settings)
    let last = try await relax(end, engine: engine, sampling: .gammaPoint, settings: settings)
    #expect((first.evaluation.energy - last.evaluation.energy).magnitude < 1e-4)
    let result = try await nudgedElasticBand(
      from: first.structure, to: last.structure, engine: engine, sampling: .gammaPoint,
      settings: BandSettings(images: 3, forceThreshold: 5e-3))
    #expect(result.outcome == .converged)
    #expect((result.forwardBarrier - result.reverseBarrier).magnitude < 1e-4)
    #expect((result.energies[1] - result.energies[3]).magnitude < 2e-3)
    #expect(result.forwardBarrier > 0.01)
    #expect(result.forwardBarrier < 0.2)
    #expect(result.intermediateMinima.isEmpty)
  }

  /// Both ways of moving the images end at the same saddle.
  @Test func everyMethodFindsTheSameSaddle() async throws {
    var results: [BandResult] = []
    for method in BandSettings.Method.allCases {
      results.append(
        try await nudgedElasticBand(
          from: atom(-0.558224, 1.441726), to: atom(-0.050011, 0.466694), engine: MullerBrown(),
          sampling: .gammaPoint,
          settings: BandSettings(
            images: 7, forceThreshold: 2e-3, climbingThreshold: 0.5, maximumSteps: 3000,
            largestStep: 0.05, method: method)))
    }
    #expect(results.allSatisfy { $0.outcome == .converged })
    #expect((results[0].highestEnergy - results[1].highestEnergy).magnitude < 1e-4)
  }

  /// A path and its reversal are one path.
  @Test func aReversedPathIsTheSamePath() async throws {
    let ends = [atom(-0.558224, 1.441726), atom(-0.050011, 0.466694)]
    let settings = BandSettings(
      images: 5, forceThreshold: 1e-3, climbingThreshold: 0.5, maximumSteps: 3000,
      largestStep: 0.05)
    let there = try await nudgedElasticBand(
      from: ends[0], to: ends[1], engine: MullerBrown(), sampling: .gammaPoint,
      settings: settings)
    let back = try await nudgedElasticBand(
      from: ends[1], to: ends[0], engine: MullerBrown(), sampling: .gammaPoint,
      settings: settings)
    #expect((there.forwardBarrier - back.reverseBarrier).magnitude < 1e-5)
    for (left, right) in zip(there.energies, back.energies.reversed()) {
      #expect((left - right).magnitude < 2e-3)
    }
  }

  /// One atom on a ramp that ends in a flat place: nothing is higher than the first end.
  struct Ramp: Engine {
    let identity = EngineIdentity(name: "ramp", settings: [:])

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let (x, y) = (
        structure.positions[0].vector.x - 10, structure.positions[0].vector.y - 10
      )
      // Flat at both ends, steepest between them; a valley along y = 0.2 sin(x).
      let off = y - 0.2 * sin(x)
      let slope = off * -0.2 * cos(x) * 4 - 0.25 * sin(x)
      return Evaluation(
        energy: 2 * off * off + 0.25 * cos(x), forces: [Vector3(-slope, -4 * off, 0)])
    }
  }

  @Test("a path that only falls needs no image that climbs, and has no barrier backwards")
  func fallingPath() async throws {
    let result = try await nudgedElasticBand(
      from: atom(0, 0), to: atom(Double.pi, 0), engine: Ramp(), sampling: .gammaPoint,
      settings: BandSettings(images: 3, forceThreshold: 2e-3))
    #expect(result.outcome == .converged)
    #expect(result.forwardBarrier.magnitude < 1e-6)
    #expect((result.reverseBarrier - 0.5).magnitude < 1e-6)
    #expect(result.energies == result.energies.sorted(by: >))
  }

  /// One atom that hops along x over a barrier, and is all but free across: a weak slope drives it outwards.
  struct SoftAcross: Engine {
    let identity = EngineIdentity(name: "soft", settings: [:])

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let (x, y) = (
        structure.positions[0].vector.x - 10, structure.positions[0].vector.y - 10
      )
      // Two minima at x = -1 and 1; on the barrier y is unstable: the nearer to x = 0, the more it pushes away.
      let hill = exp(-4 * x * x)
      let push = 0.3 * hill * exp(-0.02 * y * y)
      let energy = 0.5 * (x * x - 1) * (x * x - 1) - push * y + 0.02 * y * y
      let slopeX = 2 * x * (x * x - 1) + 8 * x * push * y
      let slopeY = -push * (1 - 0.04 * y * y) + 0.04 * y
      return Evaluation(energy: energy, forces: [Vector3(-slopeX, -slopeY, 0)])
    }
  }

  @Test("where nothing holds an image across the path, springs keep it from running away")
  func kink() async throws {
    let result = try await nudgedElasticBand(
      from: atom(-1, 0), to: atom(1, 0), engine: SoftAcross(), sampling: .gammaPoint,
      settings: BandSettings(images: 3, springConstant: 3, forceThreshold: 1e-2, maximumSteps: 400))
    // Freely the middle would slide to y = 3.3 angstrom, where its slope across the path vanishes.
    let farthest = result.images.map { ($0.positions[0].vector.y - 10).magnitude }.max() ?? 0
    #expect(farthest < 2.2, "\(farthest)")
    #expect(result.distances[4] < 5)
  }

  @Test func badEndsAreFacts() async throws {
    let engine = MullerBrown()
    await #expect(throws: BandError.self) {
      try await nudgedElasticBand(
        from: atom(0, 0), to: atom(0, 0.1), engine: engine, sampling: .gammaPoint,
        settings: BandSettings())
    }
    await #expect(throws: BandError.noImages) {
      try await nudgedElasticBand(
        from: atom(0, 0), to: atom(0, 1), engine: engine, sampling: .gammaPoint,
        settings: BandSettings(images: 0))
    }
    // Neither end is a minimum of this surface.
    do {
      _ = try await nudgedElasticBand(
        from: atom(0, 0), to: atom(0, 1), engine: engine, sampling: .gammaPoint,
        settings: BandSettings())
      Issue.record("an end that is no minimum was taken")
    } catch BandError.endIsNoMinimum(let isFirst, let force, let threshold) {
      #expect(isFirst)
      #expect(force > threshold)
    }
    var two = atom(0, 1)
    two.species.append(.lithium)
    two.positions.append(CartesianPosition(1, 1, 1))
    await #expect(throws: BandError.differentAtoms(first: 1, last: 2)) {
      try await nudgedElasticBand(
        from: atom(0, 0), to: two, engine: engine, sampling: .gammaPoint,
        settings: BandSettings())
    }
  }
}
