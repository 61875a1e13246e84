import BondBreaking
import Foundation
import Relaxation
import Structures
import TestSupport
import Testing

@testable import Campaigns
@testable import Reports

/// What a page and a ranking say of real results.
@Suite(.enabled(if: ResultDocuments.modelIsInstalled)) struct ReportContentTests {
  @Test func atomsCarryTheEnergiesOfTheirVacancies() async throws {
    let result = try await ResultDocuments.assessment()
    let document = AssessmentDocument(result)
    let content = ReportContent(assessments: [document], reproductions: [])
    let viewer = try #require(content.assessments.first?.viewers.first)
    let bulk = try #require(result.vacancies.first { $0.place == "bulk" }).best
    // Four equivalent sites in each of the three layers of the 2 by 2 cell.
    #expect(viewer.sites.count == 12)
    for site in viewer.sites {
      let vacancy = try #require(result.vacancies.first { $0.atoms.contains(site.atom) })
      #expect(site.layer == vacancy.layer)
      #expect(site.vacancy_ev == vacancy.best)
      #expect(((site.segregation_ev ?? .nan) - (bulk - vacancy.best)).magnitude < 1e-12)
      #expect(viewer.structures[0].part?[site.atom] == "metal")
    }
    // The first layer lies at the interface, the last at the free surface.
    let depths = viewer.sites.map { ($0.layer, $0.depth_angstrom) }
    #expect(depths.filter { $0.0 == 1 }.allSatisfy { $0.1 < 1 })
    #expect(depths.filter { $0.0 == 7 }.allSatisfy { $0.1 > 8 })
    // Points of the plot know their sites.
    let plot = try #require(
      content.assessments[0].figures.first { $0.id == "assessment-0-vacancies" })
    let relaxed = try #require(plot.series.first { $0.name == "relaxed" })
    for (site, energy) in zip(try #require(relaxed.sites), relaxed.y) {
      #expect(viewer.sites[site].vacancy_ev == energy)
    }
  }

  /// The paper's numbers stand beside an interface that it studied, and beside no other.
  @Test func thePaperStandsBesideItsInterfaces() async throws {
    var result = try await ResultDocuments.assessment()
    let rows = try #require(AssessmentDocument(result).paper)
    #expect(
      rows.map(\.id) == ["LiMg-Li.strain", "LiMg-Li.dE.bulkInt", "LiMg-Li.Wad"], "\(rows)")
    let density = result.surfaceDensity
    let adhesion = try #require(rows.last)
    #expect(adhesion.paper == 0.978)
    #expect(((adhesion.ours ?? 0) - result.workOfAdhesion.value / density).magnitude < 1e-12)
    #expect(((adhesion.difference ?? 0) + 0.978 - (adhesion.ours ?? 0)).magnitude < 1e-12)
    // Another cut, and the same crystal from a file, are others.
    result.settings.substrateTermination = 2
    #expect(AssessmentDocument(result).paper == nil)
    result.settings.substrateTermination = 1
    result.substrate.source = "LiMg.cif"
    #expect(AssessmentDocument(result).paper == nil)
  }

  @Test func theBestSubstrateComesFirst() async throws {
    let documents = [
      AssessmentDocument(try await ResultDocuments.assessment("Li")),
      AssessmentDocument(try await ResultDocuments.assessment("LiMg")),
    ]
    let screening = Screening(
      documents, failures: [.init(substrate: "LiCl", reason: "no model")])
    #expect(screening.rows.map(\.substrate) == ["LiMg", "Li"])
    #expect(screening.rows.map(\.assessment) == [1, 0])
    #expect(screening.text.contains("Not assessed: LiCl: no model."))
    let map = try #require(screening.figure)
    // Above the line of the criterion means a positive margin.
    for entry in map.series {
      for (x, y) in zip(entry.x, entry.y) {
        let row = try #require(
          screening.rows.first { (2 * $0.surface_energy_ev_per_atom - x).magnitude < 1e-12 })
        #expect(((try #require(y) - x) - row.margin_ev_per_atom).magnitude < 1e-9)
      }
    }
  }

  /// A document of a file that somebody changed: nothing may crash.
  @Test func damagedDocumentsGiveAPage() async throws {
    var document = AssessmentDocument(try await ResultDocuments.assessment())
    document.thickness_series.layers = [5, 5, 5]
    document.thickness_series.energies_ev = [1]
    document.vacancies[0].atoms = [-1, 1_000_000]
    document.vacancies[1].layer = .max
    document.registries = []
    document.structures?["metal-slab"]?.lattice.matrix[0] = [1e-20, 0, 0]
    document.structures?["vacancy-cell"]?.sites[0].xyz = []
    document.principal_strains = []
    document.substrate = "<script>"
    let content = ReportContent(assessments: [document, document], reproductions: [])
    let page = try ReportPage.html(content, viewer: nil)
    let start = try #require(page.range(of: "id=\"data\">")).upperBound
    let end = try #require(page[start...].range(of: "</script>")).lowerBound
    #expect(!page[start..<end].contains("<"))
    #expect(page[start..<end].contains("\\u003cscript>"))
  }

  @Test func laterComparisonsAddToEarlierOnes() throws {
    var results = ReproductionResults()
    let surface = PaperSurface.all[0]
    let task = ReproductionTask.surface(surface)
    results.failures = ["a": "first", task.name: "electrons did not converge"]
    var early = ReproductionComparison(
      results, figure: nil, engine: "gpaw", preset: .standard
    ).document
    var late = early
    early.rows[0].ours = 1
    late.rows[1].ours = 2
    late.failures = ["b": "second"]
    // What failed once has been computed since.
    late.surfaces[surface.id] = .init(
      name: surface.name, supercell: 2, vacancies: [], not_converged: [])
    let vacancy = ReproductionComparison.Document.Layer(
      layer: 1, cleaved_ev: 0.3, relaxed_surface_ev: nil, relaxed_ev: nil)
    early.surfaces["other"] = .init(
      name: "other", supercell: 2, vacancies: [vacancy], not_converged: [],
      slab: AtomViewer.Frame(
        name: "", species: [], positions_angstrom: [], cell_angstrom: []))
    // Printed, without structures.
    late.surfaces["other"] = early.withoutImages.surfaces["other"]
    early.add(late)
    #expect(early.surfaces["other"]?.slab != nil)
    #expect(early.rows[0].ours == 1)
    #expect(early.rows[1].ours == 2)
    #expect(early.failures == ["a": "first", "b": "second"])
  }

  /// Of two chains with gaps the later one is taken where it has every hop of the earlier one.
  @Test func aLaterChainTakesNoHopAway() {
    func document(_ hops: [(from: Int, to: Int)]) -> ReproductionComparison.Document {
      var document = ReproductionComparison(
        ReproductionResults(), figure: nil, engine: "gpaw", preset: .standard
      ).document
      document.paths["Li.bcc100"] = PathDocument(
        VacancyPath(
          slab: TestSystems.triclinic, slabOutcome: .converged, stops: [],
          hops: hops.map { VacancyPath.Hop(from: $0.from, to: $0.to, path: nil) }), source: nil)
      return document
    }
    var known = document([(1, 2), (2, 3)])
    known.add(document([(1, 2), (4, 5), (5, 6)]))
    #expect(known.paths["Li.bcc100"]?.hops.map(\.from) == [1, 2])
    known.add(document([(1, 2), (2, 3), (5, 6)]))
    #expect(known.paths["Li.bcc100"]?.hops.map(\.from) == [1, 2, 5])
  }

  /// Three interfaces on a line for either kind of vacancies; the incoherent one counts for none.
  @Test func figureFourIsFittedToRelaxedAndToUnrelaxedVacancies() throws {
    typealias Interface = ReproductionComparison.Document.Interface
    func interface(_ predicted: Double, relaxed: Double?, unrelaxed: Double) -> Interface {
      Interface(
        surface_energy_ev_per_atom: 0.4, work_of_adhesion_ev_per_atom: 0.2, strain_percent: 0,
        segregation_predicted_ev: predicted, segregation_relaxed_ev: relaxed,
        segregation_unrelaxed_ev: unrelaxed, registries: nil,
        vacancies: [
          AssessmentDocument.Vacancy(
            place: "bulk", layer: 4, equivalent_sites: 1, unrelaxed_ev: 0.6, relaxed_ev: relaxed,
            is_converged: true)
        ], not_converged: [], structure: nil)
    }
    var document = ReproductionComparison(
      ReproductionResults(), figure: nil, engine: "gpaw", preset: .quick
    ).document
    #expect(document.segregation_fit == nil && document.segregation_unrelaxed_fit == nil)
    #expect(ReproductionFigures.figures(document, number: 4).isEmpty)
    document.interfaces["LiCl-Li"] = interface(0.3, relaxed: 0.2, unrelaxed: 0.25)
    document.interfaces["LiCl-Li.incoherent"] = interface(0.1, relaxed: 0.9, unrelaxed: 0.9)
    var later = document
    later.interfaces["LiCl-Li"] = interface(0.3, relaxed: nil, unrelaxed: 0.25)
    later.interfaces["NaCl-Na"] = interface(0.1, relaxed: nil, unrelaxed: 0.05)
    later.interfaces["LiMg-Li"] = interface(-0.2, relaxed: -0.3, unrelaxed: -0.25)
    document.add(later)
    // The run without relaxed vacancies takes none away.
    #expect(document.interfaces["LiCl-Li"]?.segregation_relaxed_ev == 0.2)
    #expect(document.segregation_fit == nil)
    let fit = try #require(document.segregation_unrelaxed_fit)
    #expect(fit.points.map(\.interface) == ["LiCl-Li", "LiMg-Li", "NaCl-Na"])
    #expect((fit.slope - 1).magnitude < 1e-12 && (fit.offset_ev + 0.05).magnitude < 1e-12)
    #expect(fit.text.hasPrefix("Figure 4, unrelaxed vacancies at 3 interfaces: dE = (1.00"))
    let figure = try #require(ReproductionFigures.figures(document, number: 4).first)
    #expect(
      figure.series.map(\.name)
        == ["relaxed", "unrelaxed", "incoherent", "fit, unrelaxed, 95 %", "fit, unrelaxed"])
    #expect(figure.series.map(\.x.count) == [2, 3, 1, 11, 11])
    // Points of a fit are none of a calculation: they get no marks.
    #expect(figure.series.map(\.style) == [.points, .points, .points, .band, .curve])
  }
}
