import ArgumentParser
import Campaigns
import Interfaces
import Structures

/// Options that say which metal meets which surface of which substrate, and how they are matched.
struct PairOptions: ParsableArguments {
  @Option(help: "The metal: a built-in name or a file.")
  var metal = "Li"

  @Option(help: "Surface of the metal. Default: what suits it.")
  var metalSurface: String?

  @Option(help: "Surface of the substrate. Default: what suits it; for a file, the best candidate.")
  var surface: String?

  @Option(help: "Number of the substrate's termination, as 'lacuna build slab' lists them.")
  var termination = 1

  @Flag(help: "Put the metal on the lower face of the termination.")
  var turnOver = false

  @Option(help: "Number of the match, as 'lacuna match' lists them.")
  var match = 1

  @Option(help: ArgumentHelp("Largest strain of the metal, percent.", valueName: "percent"))
  var maxStrain = 8.0

  @Option(help: "Largest area of the common cell, square angstrom.")
  var maxArea = 80.0

  @Option(help: "Least thickness of the substrate, angstrom.")
  var thickness = 8.0

  @Option(help: "Number of the metal's layers.")
  var metalLayers = 7

  @OptionGroup var cut: CutOptions

  /// The limits within which matches are looked for, checked.
  func limits() throws -> (strain: Double, area: Double) {
    guard maxStrain > 0, maxStrain < 50 else {
      throw OptionError.badValue(
        option: "--max-strain", value: "\(maxStrain)", expected: "a number of percent below 50")
    }
    guard maxArea > 0, maxArea <= 1000 else {
      throw OptionError.badValue(
        option: "--max-area", value: "\(maxArea)",
        expected: "a number of square angstrom, at most 1000")
    }
    return (maxStrain / 100, maxArea)
  }

  /// Cuts and matches the two crystals.
  func builder(
    for substrate: SubstrateArgument
  ) throws -> (builder: InterfaceBuilder, metal: SubstrateArgument) {
    let cut = try cut.checked()
    guard (1...500).contains(metalLayers) else {
      throw OptionError.badValue(
        option: "--metal-layers", value: "\(metalLayers)", expected: "a whole number from 1 to 500")
    }
    guard (0...500).contains(thickness) else {
      throw OptionError.badValue(
        option: "--thickness", value: "\(thickness)", expected: "a length from 0 to 500 angstrom")
    }
    let limits = try limits()
    let metalArgument = try metalArgument(for: substrate)
    let metalCrystal = try cut.crystal(metalArgument.substrate.structure)
    let substrateCrystal = try cut.crystal(substrate.substrate.structure)
    let (metalPlane, plane) = try surfaces(
      metalCrystal, metalArgument, substrateCrystal, substrate, limits)
    let metal = OrientedCrystal(metalCrystal, surface: metalPlane)
    let below = OrientedCrystal(substrateCrystal, surface: plane)
    let cuts = below.terminations(
      minimumThickness: thickness, planeTolerance: cut.planeTolerance)
    guard cuts.indices.contains(termination - 1) else {
      throw InterfaceError.noSuchTermination(number: termination, count: cuts.count)
    }
    let chosen = cuts[termination - 1]
    guard let side = turnOver ? below.turnedOver(chosen) : chosen else {
      throw Problem(
        message: "the other side of \(substrate.substrate.name) \(plane) is another plane",
        remedy: "Name it with --surface and the opposite indices.", code: .wrongOption)
    }
    let matches = try LatticeMatch.search(
      metal: metal, substrate: below, strainLimit: limits.strain,
      areaLimit: max(limits.area, below.area))
    guard matches.indices.contains(match - 1) else {
      throw InterfaceError.noSuchMatch(number: match, count: matches.count)
    }
    let builder = InterfaceBuilder(
      metal: metal, substrate: below, termination: side, match: matches[match - 1])
    return (builder, metalArgument)
  }

  /// The metal named, in the structure that suits the substrate where that is a built-in one.
  private func metalArgument(for substrate: SubstrateArgument) throws -> SubstrateArgument {
    guard let usual = substrate.prototype?.usualMetalStructure, usual != .bcc,
      metalSurface == nil, let named = Prototype.named(metal), named.name == metal,
      let element = Element(symbol: metal)
    else { return try SubstrateArgument(metal) }
    return try SubstrateArgument("\(element.symbol)-\(usual.rawValue)")
  }

  private func surfaces(
    _ metal: Crystal, _ metalArgument: SubstrateArgument, _ substrate: Crystal,
    _ argument: SubstrateArgument, _ limits: (strain: Double, area: Double)
  ) throws -> (MillerIndices, MillerIndices) {
    let usualMetal =
      argument.prototype.flatMap {
        "\($0.usualMetalStructure)" == (metalArgument.prototype?.structureType.prefix(3) ?? "")
          ? $0.usualMetalSurface : nil
      } ?? metalArgument.prototype?.usualSurface
    let named = try (metalSurface ?? usualMetal).map { try MillerIndices(parsing: $0) }
    if let text = surface ?? argument.prototype?.usualSurface {
      let plane = try MillerIndices(parsing: text)
      return (try named ?? MillerIndices(1, 0, 0), plane)
    }
    let candidates = CandidatePair.search(
      metal: metal, substrate: substrate,
      metalSurfaces: named.map { [$0] } ?? metal.distinctSurfaces(maximumIndex: 1),
      maximumIndex: 1, minimumThickness: thickness, planeTolerance: cut.planeTolerance,
      strainLimit: limits.strain,
      areaLimit: limits.area)
    guard let best = candidates.first else {
      throw InterfaceError.noLatticeMatch(
        strainLimit: limits.strain, areaLimit: limits.area, smallestStrain: nil)
    }
    return (best.metalSurface, best.substrateSurface)
  }
}
