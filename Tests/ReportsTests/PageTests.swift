import Campaigns
import Engines
import Foundation
import KIMEngine
import Relaxation
import Structures
import Testing

@testable import Reports

let browserIsInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver")

/// Pages as a person sees them: opened in a real, headless Chromium by `page_check.py`.
@Suite(
  .serialized, .enabled(if: ResultDocuments.modelIsInstalled && browserIsInstalled))
struct PageTests {
  /// Writes the page, looks at it, and returns what the check said.
  private func look(
    at content: ReportContent, viewer: String? = ViewerBundle.text(), _ words: String...
  ) throws -> (code: Int32, text: String) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "lacuna-page-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      do { try FileManager.default.removeItem(at: folder) } catch {
        // What cannot be removed is a temporary file of the system's.
      }
    }
    let page = folder.appendingPathComponent("page.html")
    try Data(try ReportPage.html(content, viewer: viewer).utf8).write(to: page)
    let process = Process()
    // The system's Python: selenium comes from a package of the system.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("page_check.py").path
    process.arguments = [script, page.path] + words + (viewer == nil ? ["no-viewer"] : [])
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(
      decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test(.timeLimit(.minutes(3))) func anAssessmentIsShown() async throws {
    #expect(ViewerBundle.text() != nil, "set-up fetches the viewer")
    let document = AssessmentDocument(try await ResultDocuments.assessment())
    let content = ReportContent(assessments: [document], reproductions: [])
    let result = try look(at: content)
    #expect(result.code == 0, "\(result.text)")
    #expect(result.text.contains("a click on an atom selects site"))
    let plain = try look(at: content, viewer: nil)
    #expect(plain.code == 0, "\(plain.text)")
    #expect(plain.text.contains("say that the viewer is not installed"))
  }

  /// A vacancy's way into bcc lithium (100) by an interatomic model.
  private func path(
    supercell: Int
  ) async throws -> (results: ReproductionResults, engine: KIMEngine) {
    let engine = try KIMEngine(
      model: ResultDocuments.model, elements: [.lithium], workers: 1)
    var results = ReproductionResults()
    try await Reproduction(preset: .quick, supercell: supercell).run(
      .path(PaperSurface.all[0]), engine: engine, bulkEngine: engine, into: &results)
    return (results, engine)
  }

  @Test(.timeLimit(.minutes(3))) func aPathIsShownImageByImage() async throws {
    let (results, _) = try await path(supercell: 3)
    let comparison = ReproductionComparison(
      results, figure: 2, engine: "kim", preset: .quick
    ).document
    let content = ReportContent(assessments: [], reproductions: [comparison])
    let viewer = try #require(content.reproductions[0].viewers.first)
    #expect(viewer.structures.count == viewer.images?.energies_ev.count)
    let result = try look(at: content, "path")
    #expect(result.code == 0, "\(result.text)")
    #expect(result.text.contains("the slider shows image 2"))
    #expect(result.text.contains("cells of paper, ours and difference"))
  }

  /// A band from a file, with its table, its profile and its images.
  @Test(.timeLimit(.minutes(3))) func aPathOfItsOwnIsShown() async throws {
    let crystal = try #require(Prototype.named("Li")).structure
    // A hill between two minima, known at each image: E = sin(pi s)^2 eV over s = 0...1.
    let images = (0...4).map { step in
      let s = Double(step) / 4
      var image = crystal
      image.positions[0].vector.x += s
      return BandDocument.Image(
        image, energy: sin(Double.pi * s) * sin(Double.pi * s), distance: s,
        forceAlong: -Double.pi * sin(2 * Double.pi * s))
    }
    let band = BandDocument(name: "<b>hop</b>.xyz", images: images)
    #expect((band.forward_barrier_ev - 1).magnitude < 1e-12)
    // Hermite's cubic between two images is off by at most h^4/384 times the fourth derivative, here 8 pi^4.
    let bound = pow(0.25, 4) / 384 * 8 * pow(Double.pi, 4)
    let middle = try #require(band.profile.first { ($0.distance - 0.125).magnitude < 1e-9 })
    #expect((middle.energy - pow(sin(Double.pi / 8), 2)).magnitude < bound)
    let result = try look(at: ReportContent(assessments: [], bands: [band]), "path")
    #expect(result.code == 0, "\(result.text)")
    #expect(result.text.contains("20 cells of images"))
  }

  /// A vacancy's way on a page of its own, with a hop that has no path.
  @Test(.timeLimit(.minutes(3))) func aVacancysWayIsShown() async throws {
    let (results, engine) = try await path(supercell: 2)
    var way = PathDocument(
      try #require(results.paths.values.first), source: ModelSource(engine.identity))
    // JSON and images apart, as they lie in a folder, give the whole again; another run's images do not.
    let path = try #require(results.paths.values.first)
    let images = path.hops.compactMap(\.path).flatMap { zip($0.images, $0.energies) }
      .map { (structure: $0.0, energy: $0.1) }
    let joined = try #require(way.withoutImages.with(hopImages: images))
    #expect(joined.images?.count == way.images?.count)
    #expect(way.with(hopImages: images.map { ($0.structure, 1.001 * $0.energy) }) == nil)
    #expect(way.with(hopImages: Array(images.dropLast())) == nil)
    // Without its second hop the curve ends where the first does, and the images too.
    var broken = way.withoutImages
    broken.hops.remove(at: 1)
    let first = try #require(path.hops[0].path)
    #expect(broken.chain.distances.last == first.distances.last)
    #expect(
      PathFigure.figure(broken, name: "Li", id: "li").caption.contains(
        "Not computed yet: layer 2 to 3"))
    #expect(broken.text(name: "Li").contains("hop not computed yet"))
    let second = path.hops[1].path?.images.count ?? 0
    let rest = Array(
      images.prefix(first.images.count) + images.dropFirst(first.images.count + second))
    #expect(broken.with(hopImages: rest)?.images?.count == first.images.count)
    way.rate_limiting_inwards_ev = nil
    way.hops[0].is_converged = false
    way.slab_is_converged = false
    let result = try look(
      at: ReportContent(assessments: [], paths: [(name: "Li", document: way)]), "path")
    #expect(result.code == 0, "\(result.text)")
    #expect(result.text.contains("cells of stops"))
    #expect(result.text.contains("cells of barriers"))
  }

  /// Names with markup, quotes and ten thousand characters run nothing and break nothing.
  @Test(
    .timeLimit(.minutes(3)),
    arguments: [
      "<img src=x onerror=\"window.hostile=1\">", "</script><script>window.hostile=1</script>",
      "\"'`${window.hostile=1}/*SCRIPT*/<!--", String(repeating: "Li<b>", count: 2000),
    ])
  func namesRunNothing(name: String) async throws {
    var document = AssessmentDocument(try await ResultDocuments.assessment())
    document.substrate = name
    document.substrate_surface = name
    document.metal_surface = name
    document.warnings = [name, name]
    document.cost.engine = name
    document.cost.engine_versions = [name]
    document.substrate_bulk.space_group = name
    for index in document.registries.indices { document.registries[index].name = name }
    for index in document.vacancies.indices { document.vacancies[index].place = name }
    for index in (document.structures?["vacancy-cell"]?.sites ?? []).indices {
      document.structures?["vacancy-cell"]?.sites[index].species[0].element = name
    }
    document.relaxations?[0].stage = name
    let content = ReportContent(
      assessments: [document, document], failures: [.init(substrate: name, reason: name)],
      reproductions: [])
    let result = try look(at: content)
    #expect(result.code == 0, "\(result.text)")
  }

  /// 1,512 atoms are drawn and turn.
  @Test(.timeLimit(.minutes(3))) func aLargeInterfaceIsShown() async throws {
    var document = AssessmentDocument(try await ResultDocuments.assessment())
    var cell = try #require(document.structures?["vacancy-cell"])
    let (a, b) = (cell.lattice.matrix[0], cell.lattice.matrix[1])
    let one = cell.sites
    cell.sites = (0..<27).flatMap { copy in
      one.map { site in
        var moved = site
        for axis in 0..<3 {
          moved.xyz[axis] += Double(copy % 3) * a[axis] + Double(copy / 3) * b[axis]
        }
        return moved
      }
    }
    cell.lattice.matrix[0] = a.map { 3 * $0 }
    cell.lattice.matrix[1] = b.map { 9 * $0 }
    document.structures?["vacancy-cell"] = cell
    let result = try look(
      at: ReportContent(assessments: [document], reproductions: []), "large")
    #expect(result.code == 0, "\(result.text)")
    print(
      result.text.split(separator: "\n").filter {
        $0.hasPrefix("turning") || $0.hasPrefix("loaded")
      })
  }
}
