import Foundation
import Interfaces
import Structures

/// Times what `Benchmarks/interfaces` compares with pymatgen, and prints one JSON line.
///
///     interface-benchmark surfaces CRYSTALS.json
///     interface-benchmark matches MATCHES.json
///     interface-benchmark large CRYSTALS.json
@main
enum InterfaceBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      FileHandle.standardError.write(Data("usage: interface-benchmark KIND FILE\n".utf8))
      exit(64)
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: arguments[2]))
    switch arguments[1] {
    case "surfaces": try surfaces(try JSONDecoder().decode([StoredCrystal].self, from: data))
    case "matches": try matches(try JSONDecoder().decode([StoredPair].self, from: data))
    case "large": try large(try JSONDecoder().decode([StoredCrystal].self, from: data))
    default: exit(64)
    }
  }

  /// All terminations of all distinct surfaces up to index 2, each built as a slab.
  private static func surfaces(_ crystals: [StoredCrystal]) throws {
    let start = ContinuousClock.now
    var (surfaces, slabs, atoms) = (0, 0, 0)
    for stored in crystals {
      let crystal = try Crystal(stored.structure, indexCell: .given)
      for surface in crystal.distinctSurfaces(maximumIndex: 2) {
        surfaces += 1
        let oriented = OrientedCrystal(crystal, surface: surface)
        for cut in oriented.terminations(minimumThickness: 0) {
          slabs += 1
          atoms += oriented.slab(cut, vacuum: 10).structure.count
        }
      }
    }
    report(start, ["surfaces": surfaces, "slabs": slabs, "atoms": atoms])
  }

  /// The matches of all pairs by the criterion of Zur and McGill, up to 400 square angstrom.
  private static func matches(_ pairs: [StoredPair]) throws {
    let start = ContinuousClock.now
    var count = 0
    for pair in pairs {
      count += ZurMcGill().matches(film: pair.cell(pair.film), substrate: pair.cell(pair.substrate))
        .map(\.matches).reduce(0, +)
    }
    report(start, ["pairs": pairs.count, "matches": count])
  }

  /// Lithium on a garnet with more than 1,000 atoms, and its classes of equivalent sites.
  private static func large(_ crystals: [StoredCrystal]) throws {
    guard let garnet = crystals.first(where: { $0.name == "Li3Nd3Te2O12" }),
      let lithium = Prototype.named("Li")
    else { exit(65) }
    let start = ContinuousClock.now
    let metal = OrientedCrystal(
      try Crystal(lithium.structure), surface: try MillerIndices(1, 0, 0))
    let substrate = OrientedCrystal(
      try Crystal(garnet.structure), surface: try MillerIndices(1, 0, 0))
    let matches = try LatticeMatch.search(
      metal: metal, substrate: substrate, strainLimit: 0.08, areaLimit: 200)
    let builder = InterfaceBuilder(
      metal: metal, substrate: substrate,
      termination: substrate.terminations(minimumThickness: 20)[0], match: matches[0])
    let registry = builder.substrateSlab(vacuum: 10).registries[0]
    let cell = try builder.interface(registry: registry, metalLayers: 11, vacuum: 15)
      .supercell(2, 2)
    let classes = cell.siteClasses()
    report(start, ["atoms": cell.structure.count, "classes": classes.count])
  }

  private static func report(_ start: ContinuousClock.Instant, _ counts: [String: Int]) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let items = counts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
    print("{\"seconds\": \(seconds), \(items.joined(separator: ", "))}")
  }
}

/// A crystal of the reference data.
struct StoredCrystal: Decodable {
  var name: String
  var cell: [[Double]]
  var species: [String]
  var positions: [[Double]]

  var structure: Structure {
    func vector(_ values: [Double]) -> Vector3 { Vector3(values[0], values[1], values[2]) }
    return Structure(
      cell: Cell(a: vector(cell[0]), b: vector(cell[1]), c: vector(cell[2])),
      species: species.compactMap(Element.init(symbol:)),
      fractionalPositions: positions.map { FractionalPosition(vector($0)) })
  }
}

/// A pair of surface cells of the reference data.
struct StoredPair: Decodable {
  var film: [[Double]]
  var substrate: [[Double]]

  func cell(_ rows: [[Double]]) -> Cell {
    Cell(
      a: Vector3(rows[0][0], rows[0][1], 0), b: Vector3(rows[1][0], rows[1][1], 0),
      c: Vector3(0, 0, 1))
  }
}
