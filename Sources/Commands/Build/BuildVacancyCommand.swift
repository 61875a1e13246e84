import ArgumentParser
import BondBreaking
import Campaigns
import Interfaces
import Reports
import Structures

/// `lacuna build vacancy`: one interface for each class of equivalent sites of a layer.
struct BuildVacancyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vacancy",
    abstract: "Take one metal atom out of an interface, for each class of equivalent sites.",
    discussion: """
      Layers are counted from 1 at the interface. Without --layer, all layers are listed and built.

      Example: lacuna build vacancy LiCl --max-area 120 --max-strain 1 --layer 1
      """)

  @Argument(help: "The substrate: a built-in name, CIF, POSCAR, extended XYZ or VESTA file.")
  var substrate: String

  @Option(help: "Layer of the metal, 1 at the interface.")
  var layer: Int?

  @Option(help: "Only this class of sites in the layer.")
  var site: Int?

  @OptionGroup var pair: PairOptions
  @OptionGroup var join: JoinOptions
  @OptionGroup var output: BuildOutput

  func run() throws {
    _ = try output.formats()
    let argument = try SubstrateArgument(substrate)
    let (builder, metal) = try pair.builder(for: argument)
    let interfaces = try join.interfaces(
      builder, metalLayers: pair.metalLayers, vacuum: pair.cut.vacuum, isSingle: true)
    guard let joined = interfaces.first else { return }
    let (registry, cell) = (joined.name, joined.cell)
    let heading = PairHeading(builder, metal: metal, substrate: argument)
    let classes = try chosen(joined)
    let entries = try classes.map { chosen in
      let atom = chosen.atoms[0]
      let vacancy = try cell.vacancy(at: atom)
      let name = "layer-\(chosen.layer + 1)-site-\(chosen.number)"
      let files = try output.write(
        vacancy.structure, name: "\(heading.name)-\(name)",
        title: "\(heading.title), \(registry), vacancy \(name)")
      let position = cell.structure.positions[atom].vector
      return Entry(
        layer: chosen.layer + 1, site: chosen.number, multiplicity: chosen.atoms.count,
        position: [position.x, position.y, position.z], atoms: vacancy.structure.count,
        files: files)
    }
    guard !output.json else {
      return print(try jsonText(Document(pair: heading, registry: registry, vacancies: entries)))
    }
    var table = TextTable(
      header: ["layer", "site", "equivalent", "x", "y", "z", "atoms", "file"])
    for entry in entries {
      table.add(
        ["\(entry.layer)", "\(entry.site)", "\(entry.multiplicity)"]
          + entry.position.map { $0.formatted(digits: 3) } + ["\(entry.atoms)", entry.files[0]])
    }
    print(heading.text + "registry \(registry)\n\n" + table.text)
  }

  private func chosen(_ joined: JoinOptions.Joined) throws -> [SiteClass] {
    let (cell, classes) = (joined.cell, joined.classes)
    guard let layer else { return classes }
    guard (1...max(1, cell.metalLayerCount)).contains(layer) else {
      throw InterfaceError.noSuchLayer(layer: layer - 1, layers: cell.metalLayerCount)
    }
    let inLayer = classes.filter { $0.layer == layer - 1 }
    guard let site else { return inLayer }
    guard inLayer.indices.contains(site - 1) else {
      throw InterfaceError.noSuchSite(layer: layer - 1, site: site, count: inLayer.count)
    }
    return [inLayer[site - 1]]
  }

  private struct Entry: Encodable {
    var layer: Int
    var site: Int
    var multiplicity: Int
    var position: [Double]
    var atoms: Int
    var files: [String]
  }

  private struct Document: Encodable {
    var pair: PairHeading
    var registry: String
    var vacancies: [Entry]
  }
}
