import ArgumentParser
import BondBreaking
import Campaigns
import Interfaces
import Reports
import Structures

/// `lacuna match A B`: how a metal's surfaces fit a substrate's.
struct MatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "match",
    abstract: "List how the surfaces of two crystals fit.",
    discussion: """
      A is strained, B is not. Matches are ranked by area * (1 + (strain/8 %)^2); 'energy' is the \
      elastic energy of A in meV for each cubic angstrom, where its constants are known. Without \
      surfaces, the best match of each pair of low-index surfaces is listed.

      Examples: lacuna match Li LiCl --surface-a 100 --surface-b 100 --max-area 120
                lacuna match Li mine.cif
      """)

  @Argument(help: "The crystal that is strained: a built-in name or a file.")
  var a: String

  @Argument(help: "The crystal that stays as it is.")
  var b: String

  @Option(help: "Surface of A.") var surfaceA: String?
  @Option(help: "Surface of B.") var surfaceB: String?
  @Option(help: "Without a surface: all with indices up to this.") var maxIndex = 1
  @Option(help: ArgumentHelp("Largest strain of A, percent.", valueName: "percent"))
  var maxStrain = 8.0
  @Option(help: "Largest area of the common cell, square angstrom.") var maxArea = 100.0
  @Option(help: "Number of matches listed for one pair of surfaces.") var limit = 20
  @Option(
    name: .customLong("rank"),
    help: ArgumentHelp("Order of the list.", valueName: "cost|area|strain|energy"))
  var order = "cost"
  @Option(
    help: ArgumentHelp(
      "Elastic constants of A, cubic: C11,C12,C44 in GPa. Known for bcc Li and Na.",
      valueName: "constants"))
  var elastic: String?
  @Flag(help: "Print the table as JSON.") var json = false
  @OptionGroup var cut: CutOptions

  func run() throws {
    let cut = try cut.checked()
    guard maxStrain > 0, maxStrain < 50, maxArea > 0, maxArea <= 1000 else {
      throw OptionError.badValue(
        option: "--max-strain or --max-area", value: "\(maxStrain), \(maxArea)",
        expected: "a strain below 50 percent and an area of at most 1000 square angstrom")
    }
    guard (1...9).contains(maxIndex) else {
      throw OptionError.badValue(
        option: "--max-index", value: "\(maxIndex)", expected: "a whole number from 1 to 9")
    }
    let (first, second) = (try SubstrateArgument(a), try SubstrateArgument(b))
    let metal = try cut.crystal(first.substrate.structure)
    let substrate = try cut.crystal(second.substrate.structure)
    let constants = try constants(first)
    let surfacesA = try surfaces(metal, surfaceA)
    let surfacesB = try surfaces(substrate, surfaceB)
    let isSingle = surfacesA.count == 1 && surfacesB.count == 1
    var entries: [Entry] = []
    for surface in surfacesA {
      let above = OrientedCrystal(metal, surface: surface)
      for other in surfacesB {
        let below = OrientedCrystal(substrate, surface: other)
        let found: [LatticeMatch]
        do throws(InterfaceError) {
          found = try LatticeMatch.search(
            metal: above, substrate: below, strainLimit: maxStrain / 100, areaLimit: maxArea)
        } catch {
          if isSingle { throw error }
          continue
        }
        let polarity =
          below.terminations(minimumThickness: 8, planeTolerance: cut.planeTolerance).first?
          .polarity
        let rows = found.enumerated().map { index, match in
          Entry(
            surface.text(for: metal.structure), other.text(for: substrate.structure),
            number: index + 1, match,
            energy: constants.flatMap { above.strainEnergyDensity(of: match, constants: $0) },
            polarity: polarity)
        }
        entries += isSingle ? rows : Array(rows.prefix(1))
      }
    }
    guard !entries.isEmpty else {
      throw InterfaceError.noLatticeMatch(
        strainLimit: maxStrain / 100, areaLimit: maxArea, smallestStrain: nil)
    }
    entries = Array(try ranked(entries).prefix(max(1, limit)))
    print(json ? try jsonText(entries) : table(entries))
  }

  private func surfaces(_ crystal: Crystal, _ text: String?) throws -> [MillerIndices] {
    try text.map { [try MillerIndices(parsing: $0)] }
      ?? crystal.distinctSurfaces(maximumIndex: maxIndex)
  }

  private func constants(_ argument: SubstrateArgument) throws -> ElasticConstants? {
    guard let elastic else {
      guard argument.prototype?.usualMetalStructure == .bcc,
        argument.prototype?.structureType == "bcc metal",
        let element = argument.substrate.structure.elements.first
      else { return nil }
      return .bodyCentredCubic(element)
    }
    let values = elastic.split(separator: ",").compactMap { Double($0) }
    let given =
      values.count == 3
      ? ElasticConstants(gigapascalC11: values[0], c12: values[1], c44: values[2]) : nil
    guard let given, given.isStable else {
      throw OptionError.badValue(
        option: "--elastic", value: elastic,
        expected: "C11,C12,C44 in GPa of a stable cubic crystal, as 14.8,12.5,10.8")
    }
    return given
  }

  private func ranked(_ entries: [Entry]) throws -> [Entry] {
    let key: (Entry) -> Double
    switch order {
    case "cost": key = { $0.cost }
    case "area": key = { $0.area }
    case "strain": key = { $0.principalStrains[0].magnitude }
    case "energy":
      guard entries.allSatisfy({ $0.elasticEnergy != nil }) else {
        throw Problem(
          message: "no elastic constants of \(a) as a cubic crystal are known to rank by",
          remedy: "Give them with --elastic C11,C12,C44 in GPa, without --indices given.",
          code: .wrongOption)
      }
      key = { $0.elasticEnergy ?? 0 }
    default:
      throw OptionError.badValue(
        option: "--rank", value: order, expected: "cost, area, strain or energy")
    }
    return entries.enumerated()
      .sorted { (key($0.element), $0.offset) < (key($1.element), $1.offset) }.map(\.element)
  }

  private func table(_ entries: [Entry]) -> String {
    var table = TextTable(
      header: [
        "A", "B", "no", "area", "cells A", "cells B", "strain 1 %", "strain 2 %", "turned",
        "copies", "meV/A3", "type B", "supercell A", "supercell B",
      ])
    for entry in entries {
      table.add([
        entry.surfaceA, entry.surfaceB, "\(entry.number)", entry.area.formatted(digits: 2),
        "\(entry.cellsA)", "\(entry.cellsB)",
        (100 * entry.principalStrains[0]).formatted(digits: 3),
        (100 * entry.principalStrains[1]).formatted(digits: 3),
        entry.rotationDegrees.formatted(digits: 1), "\(entry.multiplicity)",
        entry.elasticEnergy.map { (1000 * $0).formatted(digits: 3) } ?? "-",
        entry.taskerTypeB.map { "\($0)" } ?? "-", rows(entry.supercellA), rows(entry.supercellB),
      ])
    }
    return table.text
  }

  private func rows(_ rows: [[Int]]) -> String {
    rows.map { $0.map(String.init).joined(separator: " ") }.joined(separator: "; ")
  }

  private struct Entry: Encodable {
    var surfaceA: String
    var surfaceB: String
    var number: Int
    var area: Double
    var cost: Double
    var cellsA: Int
    var cellsB: Int
    var principalStrains: [Double]
    var strainTensor: [Double]
    var rotationDegrees: Double
    var multiplicity: Int
    /// eV/angstrom^3.
    var elasticEnergy: Double?
    var taskerTypeB: Int?
    var supercellA: [[Int]]
    var supercellB: [[Int]]

    init(
      _ surfaceA: String, _ surfaceB: String, number: Int, _ match: LatticeMatch, energy: Double?,
      polarity: Polarity?
    ) {
      self.surfaceA = surfaceA
      self.surfaceB = surfaceB
      self.number = number
      area = match.area
      cost = match.cost
      cellsA = match.metal.determinant
      cellsB = match.substrate.determinant
      principalStrains = [match.principalStrains.x, match.principalStrains.y]
      strainTensor = [match.strain.x, match.strain.y, match.strain.z]
      rotationDegrees = match.rotation
      multiplicity = match.multiplicity
      elasticEnergy = energy
      taskerTypeB = polarity?.rawValue
      supercellA = match.metal.entries
      supercellB = match.substrate.entries
    }
  }
}
