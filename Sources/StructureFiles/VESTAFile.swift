import Foundation
public import Structures

/// The files of VESTA, the program that draws crystals.
///
/// ## References
/// K. Momma, F. Izumi, J. Appl. Cryst. 44, 1272 (2011), doi:10.1107/S0021889811038970.
public enum VESTAFile {
  /// The structure as VESTA opens it: one phase in P1, drawn as balls and sticks.
  ///
  /// - Parameters:
  ///   - structure: any structure.
  ///   - title: name of the phase; its line breaks become blanks.
  ///   - colors: one for each atom; without them VESTA takes its own for each element.
  /// - Returns: the text of the file.
  public static func text(
    of structure: Structure, title: String, colors: [Color]? = nil
  ) -> String {
    precondition(colors.map { $0.count == structure.count } ?? true, "one color for each atom")
    let (lengths, angles) = (structure.cell.lengths, structure.cell.angles)
    let cell = [lengths.x, lengths.y, lengths.z, angles.x, angles.y, angles.z]
    var lines = [
      "#VESTA_FORMAT_VERSION 3.5.4", "", "CRYSTAL", "", "TITLE",
      String(title.map { $0.isNewline ? " " : $0 }), "", "GROUP", "1 1 P 1", "SYMOP",
      " 0.000000  0.000000  0.000000  1  0  0   0  1  0   0  0  1   1",
      " -1.0 -1.0 -1.0  0 0 0  0 0 0  0 0 0", "TRANM 0",
      " 0.000000  0.000000  0.000000  1  0  0   0  1  0   0  0  1", "CELLP",
      " " + cell.map(exact).joined(separator: " "), " 0.0 0.0 0.0 0.0 0.0 0.0", "STRUC",
    ]
    var counts: [Element: Int] = [:]
    for (index, element) in structure.species.enumerated() {
      counts[element, default: 0] += 1
      let f = structure.fractionalPositions[index].vector
      lines.append(
        " \(index + 1) \(element.symbol) \(element.symbol)\(counts[element, default: 0]) 1.0000 "
          + "\(exact(f.x)) \(exact(f.y)) \(exact(f.z)) 1a 1")
      lines.append(" 0.0 0.0 0.0 0.00")
    }
    lines += [" 0 0 0 0 0 0 0", "BOUND", " 0 1 0 1 0 1", " 0 0 0 0 0"]
    if let colors {
      lines += ["SITET"] + siteLines(structure, colors) + [" 0 0 0 0 0 0"]
    }
    lines += ["STYLE", "MODEL 0 1 0"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A color, each part from 0 to 255.
  public struct Color: Sendable, Hashable {
    /// Red.
    public var red: UInt8
    /// Green.
    public var green: UInt8
    /// Blue.
    public var blue: UInt8

    /// Creates a color.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }
  }

  /// Radius and color of each site; 204 is VESTA's usual opacity.
  private static func siteLines(_ structure: Structure, _ colors: [Color]) -> [String] {
    var counts: [Element: Int] = [:]
    return structure.species.enumerated().map { index, element in
      counts[element, default: 0] += 1
      let color = "\(colors[index].red) \(colors[index].green) \(colors[index].blue)"
      return " \(index + 1) \(element.symbol)\(counts[element, default: 0]) "
        + "\(exact(element.covalentRadius)) \(color) \(color) 204 0"
    }
  }

  /// Reads the first phase: its cell, its sites and its operations of symmetry.
  ///
  /// - Parameters:
  ///   - text: the content.
  ///   - path: the name, for errors.
  /// - Returns: all atoms of the cell, not validated.
  /// - Throws: ``StructureFileError``.
  public static func parse(
    _ text: String, path: String
  ) throws(StructureFileError) -> Structure {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    func section(_ name: String) -> Int? {
      lines.firstIndex {
        $0.split(whereSeparator: \.isWhitespace).first.map { $0 == name } ?? false
      }
    }
    guard let cellLine = section("CELLP"), cellLine + 1 < lines.count else {
      throw .noCell(path: path, item: "CELLP")
    }
    guard let parameters = numbers(in: lines[cellLine + 1]), parameters.count == 6 else {
      throw .badValue(
        path: path, line: cellLine + 2, expected: "six cell parameters",
        found: String(lines[cellLine + 1].prefix(60)))
    }
    let cell = Cell(
      lengths: Vector3(parameters[0], parameters[1], parameters[2]),
      angles: Vector3(parameters[3], parameters[4], parameters[5]))
    guard let start = section("STRUC") else { throw .noAtoms(path: path) }
    var sites: [SymmetrySite] = []
    var index = start + 1
    while index < lines.count {
      let words = lines[index].split(whereSeparator: \.isWhitespace)
      // The list ends with a line of zeros.
      guard words.count >= 8, words[0] != "0" else { break }
      guard let element = Element(symbol: String(words[1])) else {
        throw .unknownElement(path: path, line: index + 1, symbol: String(words[1].prefix(40)))
      }
      guard let values = numbers(in: words[3...6].joined(separator: " ")), values.count == 4,
        values.allSatisfy({ $0.magnitude < 1e6 })
      else {
        throw .badValue(
          path: path, line: index + 1, expected: "an occupancy and three coordinates",
          found: String(lines[index].prefix(60)))
      }
      guard (values[0] - 1).magnitude < 1e-3 else {
        throw .partialOccupancy(
          path: path, line: index + 1, site: String(words[2]), occupancy: values[0])
      }
      sites.append(
        SymmetrySite(
          element: element, position: FractionalPosition(values[1], values[2], values[3])))
      // Each site has a second line with its uncertainties.
      index += 2
    }
    guard !sites.isEmpty else { throw .noAtoms(path: path) }
    return SymmetrySite.expanded(sites, try operations(lines, section("SYMOP"), path), cell)
  }

  private static func operations(
    _ lines: [Substring], _ start: Int?, _ path: String
  ) throws(StructureFileError) -> [SymmetryOperation] {
    guard let start else { return [.identity] }
    var result: [SymmetryOperation] = []
    for index in (start + 1)..<max(start + 1, lines.count) {
      guard let values = numbers(in: lines[index]), values.count >= 12, values[0] > -0.999 else {
        break
      }
      result.append(
        SymmetryOperation(
          rotation: (0..<3).map { Array(values[(3 + 3 * $0)..<(6 + 3 * $0)]) },
          translation: Vector3(values[0], values[1], values[2])))
    }
    return result.isEmpty ? [.identity] : result
  }
}
