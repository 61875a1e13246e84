import CSpglib
import Structures

/// A space-group operation on fractional positions: `x' = R x + t`.
struct SymmetryOperation: Sendable, Hashable {
  var rotation: [[Double]]
  var translation: Vector3

  static let identity = SymmetryOperation(
    rotation: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], translation: .zero)

  func apply(_ position: FractionalPosition) -> FractionalPosition {
    let p = position.vector
    var result = translation
    for i in 0..<3 {
      result[i] += rotation[i][0] * p.x + rotation[i][1] * p.y + rotation[i][2] * p.z
    }
    return FractionalPosition(result)
  }

  init(rotation: [[Double]], translation: Vector3) {
    self.rotation = rotation
    self.translation = translation
  }

  /// Reads "x, -y+1/2, z+0.25" in any order and case.
  init(_ token: CIFTokens.Token, path: String) throws(StructureFileError) {
    func fail() -> StructureFileError {
      .badValue(
        path: path, line: token.line, expected: "a symmetry operation such as 'x,y,z'",
        found: String(token.text.prefix(60)))
    }
    let parts = token.text.lowercased().filter { !$0.isWhitespace }
      .split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw fail() }
    rotation = []
    translation = .zero
    for (row, part) in parts.enumerated() {
      guard let (coefficients, shift) = SymmetryOperation.linear(part) else { throw fail() }
      rotation.append(coefficients)
      translation[row] = shift
    }
  }

  /// Coefficients of x, y, z and the constant of a sum such as "-x+y+1/3".
  private static func linear(_ text: Substring) -> (coefficients: [Double], shift: Double)? {
    var coefficients = [0.0, 0, 0]
    var shift = 0.0
    var rest = text
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      var sign = 1.0
      while let first = rest.first, "+-".contains(first) {
        if first == "-" { sign = -sign }
        rest = rest.dropFirst()
      }
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "/") }
      rest = rest.dropFirst(digits.count)
      var number = 1.0
      if !digits.isEmpty {
        let parts = digits.split(separator: "/", omittingEmptySubsequences: false)
        guard let top = Double(parts[0]) else { return nil }
        number = top
        if parts.count == 2 {
          guard let bottom = Double(parts[1]), bottom != 0 else { return nil }
          number /= bottom
        } else if parts.count > 2 {
          return nil
        }
      }
      if rest.first == "*" { rest = rest.dropFirst() }
      if let letter = rest.first, let axis = ["x", "y", "z"].firstIndex(of: letter) {
        coefficients[axis] += sign * number
        rest = rest.dropFirst()
      } else {
        guard !digits.isEmpty else { return nil }
        shift += sign * number
      }
    }
    return (coefficients, shift)
  }
}

/// Operations of space groups by name or number, from spglib's tables of the 530 settings.
enum SpaceGroupTable {
  /// Operations of the setting with a Hall symbol; nil where the table has none of it.
  static func operations(hall symbol: String) -> [SymmetryOperation]? {
    func words(_ text: String) -> [Substring] {
      text.lowercased().split { $0.isWhitespace || $0 == "_" }
    }
    let wanted = words(symbol)
    return (1...530).first {
      words(text(spg_get_spacegroup_type(Int32($0)).hall_symbol)) == wanted
    }.map(table)
  }

  /// - Returns: nil where no setting fits, or where several fit and differ.
  static func operations(name: String?, number: Int?, cell: Cell) -> [SymmetryOperation]? {
    let matches = (1...530).filter { hall in
      let type = spg_get_spacegroup_type(Int32(hall))
      if let name {
        let wanted = plain(name)
        // "full = alternative" in spglib: any of the spellings will do.
        let spellings = [
          text(type.international), text(type.international_full),
          text(type.international_short), text(type.schoenflies),
        ]
        .flatMap { $0.split(separator: "=").map { plain(String($0)) } }
        let choice = plain(text(type.choice))
        return spellings.contains { $0 == wanted || $0 + ":" + choice == wanted }
      }
      return type.number == number ?? -1
    }
    guard !matches.isEmpty else { return nil }
    let fitting = matches.filter { fits(hall: $0, cell) }
    guard let first = fitting.first else { return nil }
    guard fitting.count > 1 else { return table(hall: first) }
    // Without a choice of origin the standard one is meant only if the group has one setting for
    // this cell; two origins would put the atoms elsewhere.
    let sets = fitting.map { Set(table(hall: $0)) }
    return sets.allSatisfy { $0 == sets[0] } ? table(hall: first) : nil
  }

  /// Whether a rhombohedral setting's axes are those of the cell.
  private static func fits(hall: Int, _ cell: Cell) -> Bool {
    let choice = text(spg_get_spacegroup_type(Int32(hall)).choice)
    let isHexagonal = (cell.angles.z - 120).magnitude < 0.1
    return switch choice {
    case "H": isHexagonal
    case "R": !isHexagonal
    default: true
    }
  }

  private static func table(hall: Int) -> [SymmetryOperation] {
    var rotations = Array(repeating: Int32(0), count: 192 * 9)
    var translations = Array(repeating: 0.0, count: 192 * 3)
    let count = rotations.withUnsafeMutableBytes { raw in
      translations.withUnsafeMutableBytes { shifts in
        typealias Row = (Int32, Int32, Int32)
        guard
          let first = raw.bindMemory(to: (Row, Row, Row).self).baseAddress,
          let second = shifts.bindMemory(to: (Double, Double, Double).self).baseAddress
        else { return Int32(0) }
        return spg_get_symmetry_from_database(first, second, Int32(hall))
      }
    }
    return (0..<Int(count)).map { index in
      SymmetryOperation(
        rotation: (0..<3).map { row in
          (0..<3).map { Double(rotations[9 * index + 3 * row + $0]) }
        },
        translation: Vector3(
          translations[3 * index], translations[3 * index + 1], translations[3 * index + 2]))
    }
  }

  /// A symbol without blanks and underscores, in lower case: "F m -3 m" and "Fm-3m" are the same.
  private static func plain(_ name: String) -> String {
    name.lowercased().filter { !$0.isWhitespace && $0 != "_" }
  }

  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        .trimmingSpaces
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
