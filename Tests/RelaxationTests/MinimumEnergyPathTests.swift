import Engines
import Foundation
import Structures
import TestSupport
import Testing

@testable import Relaxation

@Suite struct MinimumEnergyPathTests {
  /// One atom in a washboard along x, in a trough along y and z: minima 3 angstrom apart, each higher than
  /// the one before.
  struct Washboard: Engine {
    let identity = EngineIdentity(name: "washboard", settings: [:])
    /// Half the height of the waves, eV.
    let amplitude = 0.1
    /// Slope of the whole, eV/angstrom.
    let slope = 0.01

    func energy(_ x: Double) -> Double {
      amplitude * (1 - cos(2 * .pi * x / 3)) + slope * x
    }

    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let position = structure.positions[0].vector
      let (x, y, z) = (position.x - 10, position.y - 10, position.z - 10)
      let force = -(amplitude * 2 * .pi / 3 * sin(2 * .pi * x / 3) + slope)
      return Evaluation(
        energy: energy(x) + y * y + z * z, forces: [Vector3(force, -2 * y, -2 * z), .zero])
    }

    /// Where the energy has an extremum near x, angstrom.
    func extremum(near x: Double, sign: Double) -> Double {
      let scan = (-10000...10000).map { x + Double($0) * 1e-4 }
      return scan.max { sign * energy($0) < sign * energy($1) } ?? x
    }
  }

  /// The atom, and another one that is held: without it no motion of the whole would count.
  func atom(_ x: Double) -> Structure {
    Structure(
      cell: Cell(a: Vector3(40, 0, 0), b: Vector3(0, 20, 0), c: Vector3(0, 0, 20)),
      species: [.lithium, .lithium],
      positions: [CartesianPosition(x + 10, 10, 10), CartesianPosition(35, 0, 0)])
  }

  @Test func aPathOverAMinimumIsSplitThere() async throws {
    let engine = Washboard()
    let minima = [0.0, 3, 6].map { engine.extremum(near: $0, sign: -1) }
    let summits = [1.5, 4.5].map { engine.extremum(near: $0, sign: 1) }
    let path = try await minimumEnergyPath(
      from: atom(minima[0]), to: atom(minima[2]), engine: engine, sampling: .gammaPoint,
      settings: BandSettings(images: 5, forceThreshold: 1e-3, fixedAtoms: [1]),
      relaxation: RelaxationSettings(forceThreshold: 1e-4, fixedAtoms: [1]))
    #expect(path.isConverged)
    #expect(path.minimaBetween == 1)
    #expect((path.bands[0].images.last?.positions[0].x ?? 0) - 10 - minima[1] < 1e-3)
    let first = engine.energy(summits[0]) - engine.energy(minima[0])
    #expect((path.bands[0].forwardBarrier - first).magnitude < 1e-4)
    // Uphill the second summit counts from the lowest minimum before it; downhill each from its own.
    #expect(
      (path.forwardBarrier - engine.energy(summits[1]) + engine.energy(minima[0])).magnitude < 1e-4)
    #expect(
      (path.reverseBarrier - engine.energy(summits[1]) + engine.energy(minima[2])).magnitude < 1e-4)
    #expect(path.images.count == path.energies.count)
    #expect(path.distances == path.distances.sorted())
    #expect(((path.distances.last ?? 0) - minima[2] + minima[0]).magnitude < 1e-6)
  }

  func band(_ energies: [Double]) -> BandResult {
    BandResult(
      images: energies.map { _ in atom(0) }, energies: energies,
      distances: energies.indices.map(Double.init), tangentForces: energies.map { _ in 0 },
      outcome: .forceCallLimit, residualForce: 1, forceCalls: 0, intermediateMinima: [2])
  }

  /// A hollow that no band ends in counts as what it is, and a path with an image without an energy has no
  /// barrier.
  @Test func barriersAreNotFlattered() {
    let path = MinimumEnergyPath(bands: [band([0, 0.1, -0.2, 0.3, 0])], forceCalls: 0)
    #expect((path.forwardBarrier - 0.5).magnitude < 1e-12)
    #expect((path.reverseBarrier - 0.3).magnitude < 1e-12)
    #expect(path.unsplitHollows == 1)
    let failed = MinimumEnergyPath(bands: [band([0, .nan, .nan, .nan, 0.2])], forceCalls: 0)
    #expect(failed.forwardBarrier.isNaN)
    #expect(failed.bands[0].forwardBarrier.isNaN)
  }

  /// Between the images the profile is the energy itself, to the fourth order of their distance.
  @Test func theProfileIsTheEnergyBetweenTheImages() async throws {
    let engine = Washboard()
    let minima = [0.0, 3].map { engine.extremum(near: $0, sign: -1) }
    let band = try await nudgedElasticBand(
      from: atom(minima[0]), to: atom(minima[1]), engine: engine, sampling: .gammaPoint,
      settings: BandSettings(images: 7, forceThreshold: 1e-3, fixedAtoms: [1]))
    #expect(band.outcome == .converged)
    let profile = band.profile(pointsPerPiece: 10)
    #expect(profile.count == 81)
    // Hermite's remainder for images h = 3/8 angstrom apart: h^4/384 times the fourth derivative, 1e-4 eV.
    for point in profile {
      #expect((point.energy - engine.energy(minima[0] + point.distance)).magnitude < 1.5e-4)
    }
  }

  /// On a straight line one atom would pass another at 0.3 angstrom; by distances that change evenly it
  /// goes round.
  @Test func evenDistancesKeepAtomsApart() async throws {
    func pair(_ x: Double) -> Structure {
      Structure(
        cell: Cell(a: Vector3(30, 0, 0), b: Vector3(0, 30, 0), c: Vector3(0, 0, 30)),
        species: [.lithium, .lithium],
        positions: [CartesianPosition(12 + x, 15, 15), CartesianPosition(15, 15.3, 15)])
    }
    for (start, least) in [(BandSettings.Start.linear, 0.0), (.pairDistances, 2.5)] {
      var settings = BandSettings(images: 1, maximumSteps: 1, start: start)
      settings.endForceThreshold = nil
      let band = try await nudgedElasticBand(
        from: pair(0), to: pair(6), engine: TestSystems.morse, sampling: .gammaPoint,
        settings: settings)
      #expect(band.outcome == .forceCallLimit)
      let distance = try #require(band.images[1].shortestDistance).distance
      if start == .linear {
        #expect((distance - 0.3).magnitude < 1e-9)
      } else {
        #expect(distance > least)
      }
    }
  }
}
