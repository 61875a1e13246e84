import ArgumentParser
import BondBreaking
import Campaigns
import Interfaces
import Reports
import Structures

/// `lacuna build interface`: a metal on a substrate, for one registry or several.
struct BuildInterfaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interface",
    abstract: "Join a metal and a substrate.",
    discussion: """
      The metal is strained to the substrate. Sites lists, for the layer at the interface, how many \
      of its atoms symmetry makes equivalent.

      Examples: lacuna build interface LiCl --registry all
                lacuna build interface LiCl --max-area 120 --max-strain 1 --supercell sqrt2
      """)

  @Argument(help: "The substrate: a built-in name, CIF, POSCAR, extended XYZ or VESTA file.")
  var substrate: String

  @OptionGroup var pair: PairOptions
  @OptionGroup var join: JoinOptions
  @OptionGroup var output: BuildOutput

  func run() throws {
    _ = try output.formats()
    let argument = try SubstrateArgument(substrate)
    let (builder, metal) = try pair.builder(for: argument)
    let interfaces = try join.interfaces(
      builder, metalLayers: pair.metalLayers, vacuum: pair.cut.vacuum, isSingle: false)
    let heading = PairHeading(builder, metal: metal, substrate: argument)
    let entries = try interfaces.map { joined in
      let files = try output.write(
        joined.cell.structure, name: "\(heading.name)-\(joined.name.replacing(" ", with: "-"))",
        title: "\(heading.title), \(joined.name)")
      return Entry(joined, files: files)
    }
    guard !output.json else { return print(try jsonText(Document(heading, entries))) }
    var table = TextTable(
      header: ["registry", "atoms", "area", "gap", "height", "sites in layer 1", "file"])
    for entry in entries {
      table.add([
        entry.registry, "\(entry.atoms)", entry.area.formatted(digits: 2),
        entry.gap.formatted(digits: 3), entry.height.formatted(digits: 2),
        entry.siteMultiplicities.map(String.init).joined(separator: " + "), entry.files.first ?? "",
      ])
    }
    print(heading.text + "\n" + table.text)
  }

  private struct Entry: Encodable {
    var registry: String
    var atoms: Int
    var area: Double
    var gap: Double
    var height: Double
    var siteMultiplicities: [Int]
    var files: [String]

    init(_ joined: JoinOptions.Joined, files: [String]) {
      let cell = joined.cell
      registry = joined.name
      atoms = cell.structure.count
      area = cell.area
      gap = cell.gap
      height = cell.structure.cell.c.z
      siteMultiplicities = joined.classes.filter { $0.layer == 0 }.map(\.atoms.count)
      self.files = files
    }
  }

  private struct Document: Encodable {
    var pair: PairHeading
    var interfaces: [Entry]

    init(_ pair: PairHeading, _ interfaces: [Entry]) {
      self.pair = pair
      self.interfaces = interfaces
    }
  }
}

/// What two slabs have in common, told above the table of what is made of them.
struct PairHeading: Encodable {
  var metal: String
  var metalSurface: String
  var substrate: String
  var substrateSurface: String
  var metalSupercell: [[Int]]
  var substrateSupercell: [[Int]]
  var principalStrains: [Double]
  var rotationDegrees: Double
  var faces: String
  var taskerType: Int?

  init(
    _ builder: InterfaceBuilder, metal: SubstrateArgument, substrate: SubstrateArgument
  ) {
    self.metal = metal.substrate.name
    self.substrate = substrate.substrate.name
    metalSurface = builder.metal.surface.description
    substrateSurface = builder.substrate.surface.description
    metalSupercell = builder.match.metal.entries
    substrateSupercell = builder.match.substrate.entries
    principalStrains = [builder.match.principalStrains.x, builder.match.principalStrains.y]
    rotationDegrees = builder.match.rotation
    faces = "\(builder.termination.lowerPlane) below, \(builder.termination.upperPlane) above"
    taskerType = builder.termination.polarity?.rawValue
  }

  /// Part of the names of files.
  var name: String { "\(metal)-on-\(substrate)" }

  var title: String { "\(metal) \(metalSurface) on \(substrate) \(substrateSurface)" }

  var text: String {
    func matrix(_ rows: [[Int]]) -> String {
      "[" + rows.map { $0.map(String.init).joined(separator: " ") }.joined(separator: "; ") + "]"
    }
    let strains = principalStrains.map { (100 * $0).formatted(digits: 3) }
    var lines = [
      title,
      "supercells \(matrix(metalSupercell)) of the metal's and \(matrix(substrateSupercell)) of the "
        + "substrate's surface cell",
      "strain of the metal \(strains[0]) and \(strains[1]) %, turned by "
        + "\(rotationDegrees.formatted(digits: 2)) degrees",
      "substrate: \(faces)",
    ]
    if taskerType == Polarity.polar.rawValue {
      lines.append("warning: the substrate's surface is polar (Tasker's type 3)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension IntegerMatrix2 {
  /// The rows as lists.
  var entries: [[Int]] { [[first.x, first.y], [second.x, second.y]] }
}
