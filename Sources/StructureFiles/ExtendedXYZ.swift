import Foundation
public import Structures

/// A structure in the extended XYZ form that ASE, OVITO and most learned potentials read.
public struct ExtendedXYZ: Sendable {
  /// The structure.
  public var structure: Structure
  /// Energy in eV; left out where nil.
  public var energy: Double?
  /// Forces in eV/angstrom, one for each atom; left out where nil.
  public var forces: [Vector3]?

  /// Stress in eV/angstrom^3, positive under tension, as ASE has it; left out where nil.
  public var stress: Matrix3?

  /// Atoms that a relaxation shall hold, written as ASE's `move_mask`; empty writes none.
  public var fixed: Set<Int>

  /// More numbers or words for each atom.
  public var columns: [Column]
  /// More numbers of the whole frame, by a key of letters, digits and underscores.
  public var numbers: [String: Double]
  /// More words of the whole frame, by such a key; without quotation marks.
  public var words: [String: String]

  /// One number or word for each atom, in a column with a name.
  public struct Column: Sendable, Hashable {
    /// Name: letters, digits and underscores.
    public var name: String
    /// Kind of the values: S for words, I for whole numbers, R for numbers.
    public var kind: Character
    /// One for each atom, without blanks.
    public var values: [String]

    /// A column of words without blanks.
    public init(_ name: String, words: [String]) { self.init(name, "S", words) }

    /// A column of whole numbers.
    public init(_ name: String, counts: [Int]) { self.init(name, "I", counts.map(String.init)) }

    /// A column of numbers; nil becomes nan, which ASE reads.
    public init(_ name: String, numbers: [Double?]) {
      self.init(name, "R", numbers.map { $0.map(exact) ?? "nan" })
    }

    private init(_ name: String, _ kind: Character, _ values: [String]) {
      self.name = name
      self.kind = kind
      self.values = values
    }
  }

  /// Creates a frame.
  public init(
    _ structure: Structure, energy: Double? = nil, forces: [Vector3]? = nil, stress: Matrix3? = nil,
    fixed: Set<Int> = [], columns: [Column] = [], numbers: [String: Double] = [:],
    words: [String: String] = [:]
  ) {
    self.stress = stress
    self.numbers = numbers
    self.words = words
    precondition(columns.allSatisfy { $0.values.count == structure.count }, "a value for each atom")
    self.columns = columns
    precondition(forces.map { $0.count == structure.count } ?? true, "one force for each atom")
    self.fixed = fixed
    self.structure = structure
    self.energy = energy
    self.forces = forces
  }

  /// The frame as text.
  public var text: String {
    func row(_ vector: Vector3) -> String {
      "\(exact(vector.x)) \(exact(vector.y)) \(exact(vector.z))"
    }
    let cell = structure.cell
    var comment = "Lattice=\"\(row(cell.a)) \(row(cell.b)) \(row(cell.c))\""
    comment += " Properties=species:S:1:pos:R:3" + (forces == nil ? "" : ":forces:R:3")
    if !fixed.isEmpty { comment += ":move_mask:L:1" }
    comment += columns.map { ":\($0.name):\($0.kind):1" }.joined()
    if let energy { comment += " energy=\(exact(energy))" }
    if let stress {
      comment += " stress=\"\(stress.rows.map(row).joined(separator: " "))\""
    }
    for (key, number) in numbers.sorted(by: { $0.key < $1.key }) {
      comment += " \(key)=\(exact(number))"
    }
    for (key, word) in words.sorted(by: { $0.key < $1.key }) { comment += " \(key)=\"\(word)\"" }
    comment += " pbc=\"T T T\""
    let atoms = structure.positions.enumerated().map { index, position in
      "\(structure.species[index].symbol) \(row(position.vector))"
        + (forces.map { " \(row($0[index]))" } ?? "")
        + (fixed.isEmpty ? "" : fixed.contains(index) ? " F" : " T")
        + columns.map { " \($0.values[index])" }.joined()
    }
    return ([String(structure.count), comment] + atoms).joined(separator: "\n") + "\n"
  }

  /// Reads the first frame.
  ///
  /// - Parameters:
  ///   - text: the content.
  ///   - path: the name, for errors.
  /// - Returns: the frame with the energy and numbers of its comment line, without forces.
  /// - Throws: ``StructureFileError``; a file without `Lattice=` has no cell.
  public static func parse(
    _ text: String, path: String
  ) throws(StructureFileError) -> ExtendedXYZ {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return try frame(in: lines[...], path: path).frame
  }

  /// Reads every frame, as of a path or a trajectory.
  ///
  /// - Parameters:
  ///   - text: the content.
  ///   - path: the name, for errors.
  /// - Returns: at least one frame, each as ``parse(_:path:)`` reads it.
  /// - Throws: ``StructureFileError``, for the first frame that cannot be read.
  public static func parseAll(
    _ text: String, path: String
  ) throws(StructureFileError) -> [ExtendedXYZ] {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    var frames: [ExtendedXYZ] = []
    repeat {
      let (frame, count) = try frame(in: lines, path: path)
      frames.append(frame)
      lines = lines.dropFirst(count)
      while let line = lines.first, line.allSatisfy(\.isWhitespace) { lines = lines.dropFirst() }
    } while !lines.isEmpty
    return frames
  }

  /// The frame that begins at the first of some lines, and the number of lines that it takes.
  private static func frame(
    in lines: ArraySlice<Substring>, path: String
  ) throws(StructureFileError) -> (frame: ExtendedXYZ, lines: Int) {
    let start = lines.startIndex
    guard let count = Int(lines[start].filter { !$0.isWhitespace }), count >= 0 else {
      throw .badValue(
        path: path, line: start + 1, expected: "the number of atoms",
        found: String(lines[start].prefix(40)))
    }
    guard count > 0 else { throw .noAtoms(path: path) }
    guard lines.count >= 2, let lattice = value(of: "Lattice", in: lines[start + 1]) else {
      throw .noCell(path: path, item: "Lattice")
    }
    let comment = lines[start + 1]
    guard let components = StructureFiles.numbers(in: lattice), components.count == 9 else {
      throw .badValue(path: path, line: start + 2, expected: "nine numbers", found: lattice)
    }
    func vector(_ start: Int) -> Vector3 {
      Vector3(components[start], components[start + 1], components[start + 2])
    }
    let properties = value(of: "Properties", in: comment) ?? "species:S:1:pos:R:3"
    let columns = try columns(properties, path: path, line: start + 2)
    guard lines.count >= count, lines.count - 2 >= count else {
      throw .endsEarly(path: path, expected: "\(count) atoms")
    }
    var species: [Element] = []
    var positions: [CartesianPosition] = []
    for index in (start + 2)..<(start + count + 2) {
      let words = lines[index].split(whereSeparator: \.isWhitespace)
      guard words.count > columns.species, words.count >= columns.position + 3,
        let values = StructureFiles.numbers(
          in: words[columns.position..<(columns.position + 3)].joined(separator: " "))
      else {
        throw .badValue(
          path: path, line: index + 1, expected: "an element and three coordinates",
          found: String(lines[index].prefix(60)))
      }
      let symbol = String(words[columns.species])
      guard let element = Element(symbol: symbol) else {
        throw .unknownElement(path: path, line: index + 1, symbol: String(symbol.prefix(40)))
      }
      species.append(element)
      positions.append(CartesianPosition(values[0], values[1], values[2]))
    }
    var known = numbersByKey(in: comment)
    let energy = known.removeValue(forKey: "energy")
    let structure = Structure(
      cell: Cell(a: vector(0), b: vector(3), c: vector(6)), species: species, positions: positions)
    return (ExtendedXYZ(structure, energy: energy, numbers: known), count + 2)
  }

  /// Every `key=number` of a comment line, the number bare or in quotes; `energy` in any case.
  private static func numbersByKey(in comment: Substring) -> [String: Double] {
    var result: [String: Double] = [:]
    var rest = comment
    while let sign = rest.firstIndex(of: "=") {
      let key = rest[..<sign].split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
      rest = rest[rest.index(after: sign)...]
      let value: Substring
      if let quote = rest.first, quote == "\"" || quote == "'" {
        value = rest.dropFirst().prefix { $0 != quote }
        rest = rest[value.endIndex...].dropFirst()
      } else {
        value = rest.prefix { !$0.isWhitespace }
        rest = rest[value.endIndex...]
      }
      guard let number = Double(value.trimmingCharacters(in: .whitespaces)), number.isFinite else {
        continue
      }
      result[key.lowercased() == "energy" ? "energy" : key] = number
    }
    return result
  }

  /// Columns where the symbol and the position begin.
  private static func columns(
    _ properties: String, path: String, line: Int
  ) throws(StructureFileError) -> (species: Int, position: Int) {
    let parts = properties.split(separator: ":")
    var column = 0
    var (species, position): (Int?, Int?) = (nil, nil)
    for start in stride(from: 0, to: parts.count - 2, by: 3) {
      guard let width = Int(parts[start + 2]), (1...100).contains(width) else { break }
      if parts[start] == "species" { species = column }
      if parts[start] == "pos", width == 3 { position = column }
      column += width
    }
    guard let species, let position else {
      throw .badValue(
        path: path, line: line, expected: "Properties with species and pos",
        found: String(properties.prefix(60)))
    }
    return (species, position)
  }

  /// Value of `key=word` or `key="words"` in the comment line; the key's case is ignored.
  private static func value(of key: String, in line: Substring) -> String? {
    guard let range = line.range(of: key + "=", options: .caseInsensitive) else { return nil }
    let rest = line[range.upperBound...]
    if let quote = rest.first, quote == "\"" || quote == "'" {
      return String(rest.dropFirst().prefix { $0 != quote })
    }
    return String(rest.prefix { !$0.isWhitespace })
  }
}
