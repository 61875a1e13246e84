import Engines
import Structures
import Testing

@testable import SocketEngines

@Suite struct GPAWSettingsTests {
  /// Cells with oxygen have a grid of their own, and no others; a potential's engine tells which one it learned from.
  @Test func oxygenHasAFinerGrid() throws {
    let oxide = GPAWSettings(cutoffEnergy: 400, elements: [.lithium, .oxygen])
    let chloride = GPAWSettings(cutoffEnergy: 400, elements: [.lithium, .chlorine])
    let lithium = try #require(Prototype.metal(.lithium, .bcc))
    let lithiumOxide = try #require(Prototype.named("Li2O")).structure
    #expect(oxide.gridSpacing(for: lithiumOxide) == 0.175)
    #expect(oxide.gridSpacing(for: lithium) == nil)
    #expect(chloride.gridSpacing(for: lithium) == nil)
    #expect(oxide.identity != chloride.identity)
    #expect(oxide.identity.reduced(to: [.lithium]) == chloride.identity)
    #expect(oxide.identity.reduced(to: [.lithium, .oxygen]) == oxide.identity)
    #expect(chloride.identity.isOxygenOnCoarseGrid([.lithium, .oxygen]))
    #expect(!oxide.identity.isOxygenOnCoarseGrid([.lithium, .oxygen]))
    #expect(!chloride.identity.isOxygenOnCoarseGrid([.lithium, .chlorine]))
  }

  /// Long waves are damped where lithium lies on its oxide, in neither alone.
  @Test func metalOnAnOxideIsToldByItsCharges() throws {
    let lithiumOxide = try #require(Prototype.named("Li2O")).structure
    #expect(!lithiumOxide.isUnbalancedOxide)
    #expect(try !#require(Prototype.metal(.lithium, .bcc)).isUnbalancedOxide)
    var covered = lithiumOxide
    covered.species.append(.lithium)
    covered.positions.append(CartesianPosition(0.1, 0.2, 0.3))
    #expect(covered.isUnbalancedOxide)
  }
}
