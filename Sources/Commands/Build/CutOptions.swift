import ArgumentParser
import Interfaces
import Structures

/// Options that say what Miller indices refer to and how supercells are named.
struct CutOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What Miller indices refer to: the conventional cell in its standard setting, or the cell as "
        + "given.", valueName: "conventional|given"))
  var indices = "conventional"

  @Option(help: "Atoms count as equivalent within this distance, angstrom.")
  var symmetryTolerance = 1e-3

  @Option(help: "Atoms whose heights differ by less share a plane, angstrom.")
  var planeTolerance = OrientedCrystal.planeTolerance

  @Option(help: "Empty height, angstrom.")
  var vacuum = 15.0

  func checked() throws -> CutOptions {
    for (option, value, most) in [
      ("--symmetry-tolerance", symmetryTolerance, 1.0), ("--plane-tolerance", planeTolerance, 2),
      ("--vacuum", vacuum, 1000),
    ] {
      guard value > 0, value <= most else {
        throw OptionError.badValue(
          option: option, value: "\(value)", expected: "a length of at most \(most) angstrom")
      }
    }
    return self
  }

  /// The crystal with its symmetry.
  func crystal(_ structure: Structure) throws -> Crystal {
    guard let cell = Crystal.IndexCell(rawValue: indices) else {
      throw OptionError.badValue(
        option: "--indices", value: indices, expected: "conventional or given")
    }
    return try Crystal(structure, indexCell: cell, tolerance: symmetryTolerance)
  }
}

/// Reads "2", "2x3", "sqrt2" or four whole numbers "1,1,-1,1" as an in-plane supercell.
func inPlaneSupercell(_ text: String, option: String = "--supercell") throws -> IntegerMatrix2 {
  let lower = text.lowercased()
  if lower == "sqrt2" { return IntegerMatrix2(SIMD2(1, 1), SIMD2(-1, 1)) }
  let parts = lower.split(whereSeparator: { "x, ".contains($0) }).map { Int($0) }
  let numbers = parts.compactMap { $0 }
  if numbers.count == parts.count, numbers.allSatisfy({ (-100...100).contains($0) }) {
    let matrix: IntegerMatrix2? =
      switch numbers.count {
      case 1: .diagonal(numbers[0], numbers[0])
      case 2: .diagonal(numbers[0], numbers[1])
      case 4: IntegerMatrix2(SIMD2(numbers[0], numbers[1]), SIMD2(numbers[2], numbers[3]))
      default: nil
      }
    if let matrix, matrix.determinant > 0 { return matrix }
  }
  throw OptionError.badValue(
    option: option, value: text,
    expected:
      "2, 2x3, sqrt2 or the four entries of a matrix with a positive determinant, as 1,1,-1,1"
  )
}

extension MillerIndices {
  /// The indices as the field writes them for a crystal: four for a hexagonal cell.
  func text(for structure: Structure) -> String {
    let angles = structure.cell.angles
    let lengths = structure.cell.lengths
    let isHexagonal =
      (angles.z - 120).magnitude < 0.01 && (lengths.x - lengths.y).magnitude < 1e-3
      && (angles.x - 90).magnitude < 0.01 && (angles.y - 90).magnitude < 0.01
    return isHexagonal ? "(\(h)\(k)\(-h - k)\(l))" : description
  }
}
