import ArgumentParser
import Interfaces
import Structures

/// Options that say how matched slabs are joined.
struct JoinOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Alignment of the metal: Cl-top and the like, anion, cation, hollow, bridge, grid, or all.",
      valueName: "name"))
  var registry: String?

  @Option(help: "With --registry grid: largest distance between points, angstrom.")
  var gridSpacing = 1.0

  @Option(help: "Distance between the facing planes, angstrom. Default: from the atoms' radii.")
  var gap: Double?

  @Option(help: "In-plane supercell of the interface: 2, 2x3, sqrt2, or a matrix as 1,1,-1,1.")
  var supercell: String?

  @Option(help: "Instead: the smallest supercell whose images are this far apart, angstrom.")
  var minDistance: Double?

  @Option(
    help: ArgumentHelp(
      "How the slabs share the cell: metal on substrate, flipped, or a sandwich without vacuum.",
      valueName: "slab|flipped|sandwich"))
  var arrangement = "slab"

  /// An interface, the name of its registry, and its classes of sites.
  struct Joined {
    var name: String
    var cell: InterfaceCell
    var classes: [SiteClass]
  }

  /// The interfaces asked for.
  func interfaces(
    _ builder: InterfaceBuilder, metalLayers: Int, vacuum: Double, isSingle: Bool
  ) throws -> [Joined] {
    guard let arrangement = InterfaceBuilder.Arrangement(rawValue: arrangement) else {
      throw OptionError.badValue(
        option: "--arrangement", value: self.arrangement, expected: "slab, flipped or sandwich")
    }
    if let gap, !(0.1...20).contains(gap) {
      throw OptionError.badValue(
        option: "--gap", value: "\(gap)", expected: "a length from 0.1 to 20 angstrom")
    }
    let registries = try registries(builder, metalLayers: metalLayers)
    return try (isSingle ? Array(registries.prefix(1)) : registries).map { registry in
      let cell = try builder.interface(
        registry: registry, metalLayers: metalLayers, gap: gap, vacuum: vacuum,
        arrangement: arrangement)
      return try enlarged(cell, name: registry.name)
    }
  }

  private func enlarged(_ cell: InterfaceCell, name: String) throws -> Joined {
    let rows: IntegerMatrix2
    if let supercell {
      rows = try inPlaneSupercell(supercell)
    } else if let minDistance {
      guard minDistance > 0, minDistance <= 200 else {
        throw OptionError.badValue(
          option: "--min-distance", value: "\(minDistance)",
          expected: "a length of at most 200 angstrom")
      }
      rows = .smallest(for: cell.structure.cell, minimumDistance: minDistance)
    } else {
      return Joined(name: name, cell: cell, classes: cell.siteClasses())
    }
    let atoms = cell.structure.count * rows.determinant
    guard atoms <= 100_000 else {
      throw OptionError.badValue(
        option: supercell == nil ? "--min-distance" : "--supercell",
        value: supercell ?? "\(minDistance ?? 0)",
        expected: "a supercell of at most 100,000 atoms; this one has \(atoms)")
    }
    let large = cell.supercell(rows)
    // A search of the whole supercell also sees where its shape lowers the symmetry.
    return Joined(
      name: name, cell: large,
      classes: atoms <= 3000 ? large.siteClasses() : cell.siteClasses(inSupercell: rows))
  }

  private func registries(
    _ builder: InterfaceBuilder, metalLayers: Int
  ) throws -> [Registry] {
    let slab = builder.substrateSlab(vacuum: 10)
    let named = slab.registries + [slab.bridge].compactMap { $0 }
    guard let wanted = registry?.lowercased() else { return Array(named.prefix(1)) }
    switch wanted {
    case "all": return named
    case "grid":
      guard gridSpacing >= 0.1, gridSpacing <= 20 else {
        throw OptionError.badValue(
          option: "--grid-spacing", value: "\(gridSpacing)",
          expected: "a length from 0.1 to 20 angstrom")
      }
      let points =
        slab.structure.cell.a.length * slab.structure.cell.b.length / (gridSpacing * gridSpacing)
      guard points <= 20_000 else {
        throw OptionError.badValue(
          option: "--grid-spacing", value: "\(gridSpacing)",
          expected: "a spacing that gives at most 20,000 points; this one gives \(Int(points))")
      }
      return slab.registryGrid(
        for: builder.metalSlab(layers: metalLayers, vacuum: 10), spacing: gridSpacing)
    default:
      let found = named.filter {
        $0.name.lowercased() == wanted || $0.kind.name == wanted
      }
      guard !found.isEmpty else {
        throw InterfaceError.noSuchRegistry(
          name: registry ?? "", known: named.map(\.name) + ["grid", "all"])
      }
      return found
    }
  }
}

extension Registry.Kind {
  /// The word for the kind at the command line.
  var name: String {
    switch self {
    case .anion: "anion"
    case .cation: "cation"
    case .metal: "metal"
    case .hollow: "hollow"
    case .bridge: "bridge"
    case .grid: "grid"
    }
  }
}
