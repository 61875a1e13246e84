import Engines
import Foundation
import KIMEngine
import Relaxation
import Structures
import Testing

/// Barriers beside those of ASE's climbing band with the improved tangent; `Reference/neb.py` made the file.
@Suite struct NudgedElasticBandParityTests {
  struct Reference: Decodable {
    var model: String
    var edge: Double
    var hops: [Hop]

    struct Hop: Decodable {
      var size: Int
      var atoms: Int
      /// By how much all atoms of the images were displaced at the start, angstrom.
      var displacement: Double
      /// Steps before and after the climbing began; each is a force call for each image.
      var steps: [Int]
      var barrier: Double
      var energies: [Double]
    }
  }

  static let reference: Reference = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    do {
      return try JSONDecoder().decode(
        Reference.self,
        from: Data(contentsOf: folder.appendingPathComponent("Reference/neb.json")))
    } catch {
      fatalError("neb.json: \(error)")
    }
  }()

  /// From straight lines, the start of ASE's bands: the same saddle and the same images.
  @Test(arguments: [3, 4])
  func theBarrierOfABulkVacancyIsThatOfASE(size: Int) async throws {
    let hop = try #require(
      Self.reference.hops.first { $0.size == size && $0.displacement == 0 })
    let path = try await self.path(size: size, start: .linear)
    #expect(path.outcome == .converged)
    #expect(path.images[0].count == hop.atoms)
    #expect((path.forwardBarrier - hop.barrier).magnitude < 1e-3, "\(path.forwardBarrier)")
    // Between the ends and the saddle the springs decide where an image lies, alike in both.
    for (ours, theirs) in zip(path.energies, hop.energies) {
      #expect((ours - path.energies[0] - theirs).magnitude < 5e-3)
    }
    let theirCalls = 3 * hop.steps.reduce(0, +)
    #expect(path.forceCalls < theirCalls, "\(path.forceCalls) against \(theirCalls)")
  }

  /// Straight lines keep the symmetry of the hop, and with it may end on a ridge: from pair distances the
  /// path is at least as low as the best of ASE's.
  @Test(arguments: [3, 4])
  func aStartByPairDistancesIsNotHeldByTheSymmetry(size: Int) async throws {
    let best = try #require(
      Self.reference.hops.filter { $0.size == size }.map(\.barrier).min())
    let path = try await self.path(size: size, start: .pairDistances)
    #expect(path.outcome == .converged)
    #expect(path.forwardBarrier < best + 1e-3, "\(path.forwardBarrier)")
    #expect(path.forwardBarrier > best - 5e-3, "\(path.forwardBarrier)")
  }

  private func path(size: Int, start kind: BandSettings.Start) async throws -> BandResult {
    let engine = try KIMEngine(model: Self.reference.model, elements: [.lithium])
    let (start, end) = try BulkVacancy.ends(edge: Self.reference.edge, size: size)
    let settings = RelaxationSettings(forceThreshold: 1e-4)
    let first = try await relax(start, engine: engine, sampling: .gammaPoint, settings: settings)
    let last = try await relax(end, engine: engine, sampling: .gammaPoint, settings: settings)
    return try await nudgedElasticBand(
      from: first.structure, to: last.structure, engine: engine, sampling: .gammaPoint,
      settings: BandSettings(
        images: 3, springConstant: 3, forceThreshold: 5e-4, climbingThreshold: 0.02, start: kind))
  }
}

/// A hop of a vacancy in bulk bcc lithium.
enum BulkVacancy {
  /// Both ends, not relaxed: atom 0 is missing, and its nearest neighbour moves into its place.
  static func ends(edge: Double, size: Int) throws -> (Structure, Structure) {
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    let perfect = metal.deformed(by: Matrix3.identity * (edge / metal.cell.a.length))
      .supercell(.diagonal(size, size, size))
    let distance = try #require(perfect.shortestDistance).distance
    let neighbor = try #require(perfect.neighbors(within: distance + 0.1)[0].first).index
    let start = perfect.removing(at: 0)
    var end = start
    end.positions[neighbor - 1] = perfect.positions[0]
    return (start, end)
  }
}
