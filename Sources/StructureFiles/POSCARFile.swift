import Foundation
public import Structures

/// VASP's POSCAR and CONTCAR, versions 4 and 5.
public enum POSCARFile {
  /// Reads cell, elements and positions; what follows the positions (velocities) is left alone.
  ///
  /// - Parameters:
  ///   - text: the content.
  ///   - path: the name, for errors.
  /// - Returns: the structure, not validated.
  /// - Throws: ``StructureFileError``.
  public static func parse(
    _ text: String, path: String
  ) throws(StructureFileError) -> Structure {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    func line(_ index: Int, _ expected: String) throws(StructureFileError) -> Substring {
      guard index < lines.count else { throw .endsEarly(path: path, expected: expected) }
      return lines[index]
    }
    func vector(
      _ index: Int, _ expected: String
    ) throws(StructureFileError) -> Vector3 {
      let words = try line(index, expected).split(whereSeparator: \.isWhitespace).prefix(3)
      guard words.count == 3, let values = numbers(in: words.joined(separator: " ")) else {
        throw .badValue(
          path: path, line: index + 1, expected: expected, found: String(lines[index].prefix(60)))
      }
      return Vector3(values[0], values[1], values[2])
    }
    let scaleLine = try line(1, "the scale factor")
    guard let scales = numbers(in: scaleLine), scales.count == 1 || scales.count == 3,
      !scales.contains(0), scales.count == 1 || scales.allSatisfy({ $0 > 0 })
    else {
      throw .badValue(
        path: path, line: 2, expected: "a scale factor that is not zero",
        found: String(scaleLine.prefix(60)))
    }
    var cell = Cell(
      a: try vector(2, "a cell vector"), b: try vector(3, "a cell vector"),
      c: try vector(4, "a cell vector"))
    guard cell.volume > 0 else { throw .notACrystal(path: path, .degenerateCell(volume: 0)) }
    let scale: Vector3
    if scales.count == 3 {
      scale = Vector3(scales[0], scales[1], scales[2])
    } else if scales[0] < 0 {
      // A negative scale is the volume that the cell shall have.
      scale = Vector3(repeating: cbrt(-scales[0] / cell.volume))
    } else {
      scale = Vector3(repeating: scales[0])
    }
    cell = Cell(a: cell.a * scale, b: cell.b * scale, c: cell.c * scale)

    var index = 5
    let header = try line(index, "elements or numbers of atoms")
    let isVersion5 = !header.split(whereSeparator: \.isWhitespace).allSatisfy { Int($0) != nil }
    // Version 4 names no elements; its comment line usually does.
    let elementLine = isVersion5 ? index : 0
    let elements = try symbols(
      lines[elementLine], line: elementLine + 1, path: path, isVersion5: isVersion5)
    if isVersion5 { index += 1 }
    let countLine = try line(index, "numbers of atoms")
    let counts = countLine.split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard !counts.isEmpty, counts.allSatisfy({ ($0 ?? -1) > 0 && ($0 ?? 0) < 1_000_000 }) else {
      throw .badValue(
        path: path, line: index + 1, expected: "numbers of atoms",
        found: String(countLine.prefix(60)))
    }
    guard counts.count <= elements.count else {
      throw .badValue(
        path: path, line: elementLine + 1, expected: "\(counts.count) elements",
        found: String(lines[elementLine].prefix(60)))
    }
    index += 1
    var mode = try line(index, "Direct or Cartesian")
    if mode.drop(while: \.isWhitespace).first.map({ "sS".contains($0) }) == true {
      index += 1
      mode = try line(index, "Direct or Cartesian")
    }
    let isCartesian = mode.drop(while: \.isWhitespace).first.map { "cCkK".contains($0) } == true
    var species: [Element] = []
    var positions: [CartesianPosition] = []
    for (element, count) in zip(elements, counts) {
      for _ in 0..<(count ?? 0) {
        index += 1
        let values = try vector(index, "the position of an atom")
        species.append(element)
        positions.append(
          isCartesian
            ? CartesianPosition(values * scale) : cell.cartesian(FractionalPosition(values)))
      }
    }
    return Structure(cell: cell, species: species, positions: positions)
  }

  /// The structure as a POSCAR of version 5; atoms of one element that follow each other form a
  /// group, and their order is kept.
  ///
  /// - Parameters:
  ///   - structure: any structure.
  ///   - comment: first line; its line breaks become blanks.
  ///   - fixed: atoms that a relaxation shall hold ("selective dynamics"); empty writes none.
  /// - Returns: the text of the file.
  public static func text(
    of structure: Structure, comment: String, fixed: Set<Int> = []
  ) -> String {
    var groups: [(element: Element, count: Int)] = []
    for element in structure.species {
      if groups.last?.element == element {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((element, 1))
      }
    }
    func row(_ vector: Vector3) -> String {
      "\(exact(vector.x)) \(exact(vector.y)) \(exact(vector.z))"
    }
    let title = String(comment.map { $0.isNewline ? " " : $0 })
    let lines =
      [title, "1.0", row(structure.cell.a), row(structure.cell.b), row(structure.cell.c)]
      + [groups.map(\.element.symbol).joined(separator: " ")]
      + [groups.map { String($0.count) }.joined(separator: " ")]
      + (fixed.isEmpty ? ["Direct"] : ["Selective dynamics", "Direct"])
      + structure.fractionalPositions.enumerated().map { index, position in
        row(position.vector) + (fixed.isEmpty ? "" : fixed.contains(index) ? " F F F" : " T T T")
      }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func symbols(
    _ text: Substring, line: Int, path: String, isVersion5: Bool
  ) throws(StructureFileError) -> [Element] {
    var result: [Element] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      // VASP writes "Li_sv" and "Cl/abc" for its datasets.
      let symbol = String(word.prefix { $0 != "_" && $0 != "/" })
      guard let element = Element(symbol: symbol) else {
        throw .unknownElement(path: path, line: line, symbol: String(word.prefix(40)))
      }
      result.append(element)
    }
    return result
  }
}
