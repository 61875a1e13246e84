import Engines
import Interfaces
import Structures
import TestSupport
import Testing

@testable import Campaigns

@Suite struct ReproductionTests {
  /// Every number of the paper's own is compared, and nothing is compared with a number it does not have.
  @Test func everyValueOfThePaperHasItsQuantity() {
    #expect(PaperValue.all.count > 60)
    let ids = PaperQuantity.all.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(PaperQuantity.all.allSatisfy { $0.paper != nil })
    let missing = Set(PaperValue.all.filter { !$0.isQuoted }.map(\.id)).subtracting(ids)
    #expect(missing.isEmpty, "\(missing.sorted())")
    let empty = ReproductionResults()
    #expect(PaperQuantity.all.allSatisfy { $0.value(empty) == nil })
  }

  @Test func aRangeHasNoDifferenceInside() throws {
    let range = try #require(PaperValue.named("Li.hcp0001.dE.bulkFree"))
    #expect(range.difference(of: 0.37) == 0)
    #expect((try #require(range.difference(of: 0.30)) + 0.06).magnitude < 1e-12)
    #expect((try #require(range.difference(of: 0.40)) - 0.025).magnitude < 1e-12)
    let value = try #require(PaperValue.named("Li.bcc.a"))
    #expect((try #require(value.difference(of: 3.434)) + 0.002).magnitude < 1e-9)
  }

  @Test func figuresHaveTheirCalculations() {
    #expect((1...6).map { ReproductionTask.tasks(figure: $0).count } == [4, 4, 2, 11, 1, 3])
    #expect(ReproductionTask.tasks(figure: 7).isEmpty)
    let all = ReproductionTask.all
    #expect(Set(all).count == all.count)
    for figure in 1...6 {
      #expect(ReproductionTask.tasks(figure: figure).allSatisfy(all.contains))
    }
    #expect(Set(PaperInterface.coherent.map(\.id)).count == 11)
  }

  /// The systems are the paper's: who meets whom, by which surfaces, in which cells.
  @Test func interfacesAreThePapers() throws {
    let wanted: [(String, MetalStructure, String, String)] = [
      ("LiCl-Li", .bcc, "100", "100"), ("NaBr-Na", .bcc, "100", "100"),
      ("Li2O-Li", .hcp, "0001", "111"), ("Li3PO4-Li", .hcp, "10-10", "100"),
      ("Li3OCl-Na.O", .bcc, "100", "100"),
    ]
    for (id, structure, metalSurface, surface) in wanted {
      let pair = try #require(PaperInterface.coherent.first { $0.id == id })
      let settings = pair.settings(.standard)
      #expect(settings.metalStructure == structure, "\(id)")
      #expect(settings.metalSurface == metalSurface, "\(id)")
      #expect(settings.substrateSurface == surface, "\(id)")
      #expect(settings.vacancies)
    }
    // Figure 6: three by three cells of lithium on two by two of the salt, three classes of sites in a layer.
    let settings = try #require(PaperInterface.incoherent.first).settings(.standard)
    let substrate = try #require(Prototype.named("LiCl")).structure
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    let geometry = try InterfaceGeometry(
      metal: metal, metalSurface: MillerIndices(parsing: "100"), substrate: substrate,
      surface: MillerIndices(parsing: "100"), settings: settings)
    #expect(abs(geometry.match.metal.determinant) == 9)
    #expect(abs(geometry.match.substrate.determinant) == 8)
    #expect(geometry.match.largestStrain.magnitude < 0.01)
    for pair in PaperInterface.incoherent {
      _ = try Reproduction(preset: .standard).estimate(of: .interface(pair, vacancies: true))
    }
  }

  /// The plan counts the largest cell and the force calls of every calculation.
  @Test func thePlanCounts() throws {
    let reproduction = Reproduction(preset: .standard)
    let surface = try reproduction.estimate(of: .surface(PaperSurface.all[0]))
    #expect(surface.largestCell == 44)
    #expect(surface.calls > 60)
    let path = ReproductionTask.path(PaperSurface.all[0])
    let alone = try reproduction.estimate(of: path).calls
    #expect(try reproduction.estimate(of: path, accelerated: true).calls < alone / 3)
    let wide = try Reproduction(preset: .paper).estimate(of: .surface(PaperSurface.all[0]))
    #expect(wide.largestCell == 176)
    let without = try reproduction.estimate(
      of: .interface(PaperInterface.coherent[0], vacancies: false))
    let with = try reproduction.estimate(
      of: .interface(PaperInterface.coherent[0], vacancies: true))
    #expect(with.calls > without.calls)
    #expect(with.largestCell == 4 * without.largestCell)
    #expect(surface.remaining(after: 10).calls == surface.calls - 10)
    #expect(surface.remaining(after: 10_000).calls == 1)
  }

  /// Times of many small cells, nearly all of them start-up, do not tell those of the large ones.
  @Test func timesAreLearned() throws {
    let metal = try #require(Prototype.metal(.lithium, .bcc))
    let loads = (1...6).map {
      CellLoad(metal.supercell(.diagonal($0, $0, 1)), mesh: KPointGrid(4, 4, 4))
    }
    #expect(TimingModel([]) == nil)
    let single = try #require(TimingModel([(loads[0], 2)]))
    #expect((single.seconds(loads[1]) / 2 - loads[1].size / loads[0].size).magnitude < 1e-9)
    let small = (0..<100).map { _ in (load: loads[0], seconds: 30.0) }
    for count in [1, 3, 20] {
      let large = (0..<count).map { _ in (load: loads[5], seconds: 600.0) }
      let timing = try #require(TimingModel(small + large))
      #expect((timing.seconds(loads[0]) - 30).magnitude < 1e-9)
      #expect((timing.seconds(loads[5]) - 600).magnitude < 1e-9)
      #expect(
        (timing.seconds(loads[4]) / 600 - loads[4].size / loads[5].size).magnitude < 1e-9)
    }
  }

  /// Magnesium brings ten electrons and lithium one; half of the work grows with their square at a hundred.
  @Test func loadsCountElectrons() throws {
    let lithium = try #require(Prototype.metal(.lithium, .bcc))
    var magnesium = lithium
    let element = try #require(Element(symbol: "Mg"))
    magnesium.species = [element, element]
    let mesh = KPointGrid(4, 4, 4)
    let ratio = CellLoad(magnesium, mesh: mesh).size / CellLoad(lithium, mesh: mesh).size
    #expect((ratio - 10 * 1.20 / 1.02).magnitude < 1e-9)
  }
}
