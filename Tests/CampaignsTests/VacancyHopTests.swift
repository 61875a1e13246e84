import Structures
import TestSupport
import Testing

@testable import Campaigns
@testable import Relaxation

@Suite("Hops of a vacancy")
struct VacancyHopTests {
  func hop(_ energies: [Double]) -> VacancyPath.Hop {
    let band = BandResult(
      images: energies.map { _ in TestSystems.triclinic }, energies: energies,
      distances: energies.indices.map(Double.init), tangentForces: energies.map { _ in 0 },
      outcome: .converged, residualForce: 0.01, forceCalls: 3, intermediateMinima: [])
    return VacancyPath.Hop(
      from: 1, to: 2, path: MinimumEnergyPath(bands: [band], forceCalls: 3))
  }

  @Test(
    "a path that falls far below both its ends has left the crystal, and has no barrier of a hop")
  func crystal() {
    let usual = hop([-0.2, 0.1, 0.24, 0.2, 0.04])
    #expect(usual.staysInCrystal)
    // A minimum between two layers is one of the crystal's own.
    #expect(hop([0, 0.1, -0.05, 0.1, 0.02]).staysInCrystal)
    let fallen = hop([-0.22, -0.52, -1.58, -0.35, 0.05])
    #expect(!fallen.staysInCrystal)
    var path = VacancyPath(
      slab: TestSystems.triclinic, slabOutcome: .converged, stops: [], hops: [usual])
    path.isComplete = true
    #expect(path.rateLimiting.map { ($0.inwards - 0.44).magnitude < 1e-12 } == true)
    path.hops.append(fallen)
    #expect(path.rateLimiting == nil)
  }
}
