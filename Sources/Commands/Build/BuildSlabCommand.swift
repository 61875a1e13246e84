import ArgumentParser
import BondBreaking
import Campaigns
import Foundation
import Interfaces
import Reports
import Structures

/// `lacuna build slab`: every termination of one surface or of all low-index ones.
struct BuildSlabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slab",
    abstract: "Cut every symmetrically distinct slab of a crystal.",
    discussion: """
      Planes are named from below and above. 'excess' counts the atoms beyond whole formula units. \
      'type' is Tasker's: 1 neutral planes, 2 charged planes without a dipole, 3 polar. 'bonds' \
      weighs what both faces cut, bonds of ordinary length for each square angstrom.

      Example: lacuna build slab Li3OCl --surface 100 --thickness 12
      """)

  @Argument(help: "Built-in name, CIF, POSCAR, extended XYZ or VESTA file.")
  var crystal: String

  @Option(help: "Surface, for example 100, 1-10 or 10-10.")
  var surface: String?

  @Option(help: "Instead of one surface: all distinct ones with indices up to this.")
  var maxIndex: Int?

  @Option(help: "Least thickness of the slab, angstrom.")
  var thickness = 10.0

  @Option(help: "Least number of atomic planes, instead of a thickness.")
  var layers: Int?

  @Option(help: "Only this termination of the list.")
  var termination: Int?

  @Option(help: "In-plane supercell: 2, 2x3, sqrt2, or a matrix as 1,1,-1,1.")
  var supercell: String?

  @Option(
    help: ArgumentHelp(
      "Shape of the surface cell: primitive, or the smallest rectangular one.",
      valueName: "primitive|rectangular"))
  var cell = "primitive"

  @Option(help: "Hold this many of the lowest planes (written to vasp and xyz files).")
  var fixBottom = 0

  @Option(help: "Hold this many planes in the middle.")
  var fixMiddle = 0

  @Flag(help: "Write slabs that are whole repeats of the crystal only.")
  var wholeRepeats = false

  @OptionGroup var cut: CutOptions
  @OptionGroup var output: BuildOutput

  func run() throws {
    let cut = try cut.checked()
    _ = try output.formats()
    let argument = try SubstrateArgument(crystal)
    let crystal = try cut.crystal(argument.substrate.structure)
    let surfaces = try surfaces(of: crystal, usual: argument.prototype?.usualSurface)
    guard layers.map({ (1...500).contains($0) }) ?? true else {
      throw OptionError.badValue(
        option: "--layers", value: "\(layers ?? 0)", expected: "a whole number from 1 to 500")
    }
    guard (0...500).contains(thickness) else {
      throw OptionError.badValue(
        option: "--thickness", value: "\(thickness)", expected: "a length from 0 to 500 angstrom")
    }
    var entries: [Entry] = []
    for surface in surfaces {
      let oriented = OrientedCrystal(crystal, surface: surface)
      let cuts = oriented.terminations(
        minimumThickness: layers == nil ? thickness : 0, minimumPlanes: layers ?? 1,
        wholeRepeats: wholeRepeats, planeTolerance: cut.planeTolerance)
      if let termination, !cuts.indices.contains(termination - 1) {
        throw InterfaceError.noSuchTermination(number: termination, count: cuts.count)
      }
      for (index, choice) in cuts.enumerated() where termination.map({ $0 == index + 1 }) ?? true {
        let plane = surface.text(for: crystal.structure)
        let slab = try supercell(
          oriented.slab(choice, vacuum: cut.vacuum))
        let name =
          "\(argument.substrate.name)-\(surface.indices)-\(index + 1)"
        let fixed = slab.atoms(inBottom: fixBottom).union(slab.atoms(inMiddle: fixMiddle))
        let paths = try output.write(
          slab.structure, name: name,
          title: "\(argument.substrate.name) \(plane) \(choice.lowerPlane) to \(choice.upperPlane)",
          fixed: fixed)
        entries.append(Entry(plane, index + 1, choice, slab, files: paths))
      }
    }
    print(output.json ? try jsonText(entries) : table(entries))
  }

  private func surfaces(of crystal: Crystal, usual: String?) throws -> [MillerIndices] {
    if let maxIndex {
      guard (1...9).contains(maxIndex) else {
        throw OptionError.badValue(
          option: "--max-index", value: "\(maxIndex)", expected: "a whole number from 1 to 9")
      }
      return crystal.distinctSurfaces(maximumIndex: maxIndex)
    }
    if let surface { return [try MillerIndices(parsing: surface)] }
    return usual.map { [try? MillerIndices(parsing: $0)].compactMap { $0 } }
      ?? crystal.distinctSurfaces(maximumIndex: 1)
  }

  private func supercell(_ slab: Slab) throws -> Slab {
    var result = slab
    switch cell {
    case "primitive": break
    case "rectangular":
      if let matrix = IntegerMatrix2.rectangular(for: slab.structure.cell) {
        result = result.supercell(matrix)
      }
    default:
      throw OptionError.badValue(
        option: "--cell", value: cell, expected: "primitive or rectangular")
    }
    return try supercell.map { result.supercell(try inPlaneSupercell($0)) } ?? result
  }

  private func table(_ entries: [Entry]) -> String {
    var table = TextTable(
      header: [
        "surface", "no", "below", "above", "atoms", "planes", "thickness", "area", "faces",
        "excess", "type", "bonds", "file",
      ])
    for entry in entries {
      table.add([
        entry.surface, "\(entry.number)", entry.lowerPlane, entry.upperPlane, "\(entry.atoms)",
        "\(entry.planes)", entry.thickness.formatted(digits: 2), entry.area.formatted(digits: 3),
        entry.facesAreAlike ? "alike" : "differ", entry.excess.isEmpty ? "-" : entry.excess,
        entry.taskerType.map { "\($0)" } ?? "-", entry.brokenBonds.formatted(digits: 3),
        entry.files.first ?? "",
      ])
    }
    return table.text
  }

  private struct Entry: Encodable {
    var surface: String
    var number: Int
    var lowerPlane: String
    var upperPlane: String
    var atoms: Int
    var planes: Int
    var thickness: Double
    var area: Double
    var facesAreAlike: Bool
    var isStoichiometric: Bool
    var formulaUnits: Int
    var excess: String
    var taskerType: Int?
    var brokenBonds: Double
    var files: [String]

    init(_ surface: String, _ number: Int, _ cut: Termination, _ slab: Slab, files: [String]) {
      self.surface = surface
      self.number = number
      lowerPlane = cut.lowerPlane
      upperPlane = cut.upperPlane
      atoms = slab.structure.count
      planes = cut.planeCount
      thickness = cut.thickness
      area = slab.area
      facesAreAlike = cut.facesAreAlike
      isStoichiometric = cut.isStoichiometric
      formulaUnits = cut.formulaUnits
      excess = cut.excess.sorted { $0.key < $1.key }.map { "\($0.key)\($0.value)" }
        .joined(separator: " ")
      taskerType = cut.polarity?.rawValue
      brokenBonds = cut.brokenBonds
      self.files = files
    }
  }
}
