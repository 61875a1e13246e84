import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Interfaces
import Relaxation
import Reports
import StructureFiles
import Structures

/// `lacuna path`: a vacancy from the surface of a metal inwards, with the barrier of every hop.
struct PathCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path",
    abstract: "Follow a vacancy from a metal's surface into the bulk, hop by hop.",
    discussion: """
      Every stop is relaxed, every hop's barrier found by the climbing nudged elastic band. Energies \
      are relative to the deepest layer visited. Interrupt it and run it again: it goes on where it was.

      Example: lacuna path --metal Li --surface 100 --engine kim:KimJungLee_2012_LiMg
      """)

  @Option(help: "The metal: a built-in name such as Li, Na or Li-hcp, or a file.") var metal = "Li"
  @Option(help: "Its surface. Default: what suits it.") var surface: String?
  @Option(help: "Lattice parameter a of a cubic metal, angstrom. Default: relaxed by the engine.")
  var lattice: Double?
  @Option(help: "Number of layers of the slab.") var layers = 11
  @Option(help: "Layers that the vacancy visits, from the surface.") var depth = 6
  @Option(help: "In-plane supercell: 4, 3x4, or a matrix.") var supercell = "4"
  @Option(help: "Empty height, angstrom.") var vacuum = 15.0
  @Option(help: "Images of each hop between its ends.") var images = 3
  @Option(name: [.short, .long], help: ArgumentHelp("Folder for the path.", valueName: "folder"))
  var output = "lacuna-path"
  @Flag(help: "Print the results as JSON.") var json = false
  @OptionGroup var options: RunOptions

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.follow() }
  }

  private func follow() async throws {
    try check()
    _ = try OutputFile("\(output)/path.xyz", makesFolder: true)
    let argument = try SubstrateArgument(metal)
    guard argument.substrate.structure.elements.count == 1 else {
      throw OptionError.badValue(
        option: "--metal", value: metal, expected: "a crystal of one element")
    }
    let plane = try MillerIndices(
      parsing: surface ?? argument.prototype?.usualSurface ?? "100")
    let rows = try inPlaneSupercell(supercell)
    let options = self.options
    try await options.withEngines(
      for: Set(argument.substrate.structure.elements)
    ) { engine, bulk, settings in
      let crystal = try await relaxed(
        argument.substrate.structure, engine: bulk, settings: settings)
      let slab = try OrientedCrystal(crystal, surface: plane, tolerance: 1e-2)
        .slabWithFewestBrokenBonds(layers: layers, vacuum: vacuum).supercell(rows)
      let band = BandSettings(images: images, forceThreshold: options.forceThreshold)
      let path = try await followVacancy(
        through: slab, layers: depth, engine: engine,
        sampling: settings.sampling(for: slab.structure.cell, slab: true),
        relaxation: RelaxationSettings(
          forceThreshold: options.forceThreshold, maximumForceCalls: 500),
        band: band
      ) { options.tell($0) }
      let name = argument.substrate.name
      let document = PathDocument(
        path, source: ModelSource(engine.identity),
        origin: PathDocument.Origin(
          metal: name, surface: plane.indices, slab: slab, band: band, preset: settings.preset,
          engine: engine.identity))
      try write(path, document, name: "\(name) (\(plane.indices))")
      print(json ? try jsonText(document.withoutImages) : document.text(name: name))
      if !json { print("The page is \(output)/report.html.") }
    }
  }

  private func relaxed(
    _ structure: Structure, engine: any Engine, settings: AssessmentSettings
  ) async throws -> Structure {
    if let lattice {
      return structure.deformed(by: Matrix3.identity * (lattice / structure.cell.a.length))
    }
    return try await relaxedCrystal(
      structure, engine: engine, settings: settings, forceThreshold: options.forceThreshold,
      stressThreshold: 2e-5)
  }

  private func check() throws {
    for (option, value, range) in [
      ("--layers", layers, 3...200), ("--depth", depth, 2...200), ("--images", images, 1...50),
    ] where !range.contains(value) {
      throw OptionError.badValue(
        option: option, value: "\(value)",
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    guard depth <= layers else {
      throw OptionError.badValue(
        option: "--depth", value: "\(depth)", expected: "at most the number of --layers")
    }
    guard vacuum >= 5, vacuum <= 200 else {
      throw OptionError.badValue(
        option: "--vacuum", value: "\(vacuum)", expected: "a length from 5 to 200 angstrom")
    }
    if let lattice, !(2...10).contains(lattice) {
      throw OptionError.badValue(
        option: "--lattice", value: "\(lattice)", expected: "a length from 2 to 10 angstrom")
    }
  }

  /// All images of the chain, one after the other, as one extended XYZ file, the results, and their page.
  private func write(_ path: VacancyPath, _ document: PathDocument, name: String) throws {
    try OutputFile("\(output)/path.xyz", makesFolder: true)
      .write(path.hops.compactMap(\.path).map(PathFrame.text).joined())
    try OutputFile("\(output)/path.json").write(try jsonText(document.withoutImages) + "\n")
    try ReportFile.write(
      ReportContent(assessments: [], paths: [(name: name, document: document)]),
      to: try OutputFile("\(output)/report.html"))
  }
}
