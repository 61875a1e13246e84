import Structures

/// Indices of a lattice plane with respect to the conventional cell, without a common divisor.
public struct MillerIndices: Sendable, Hashable, Codable, CustomStringConvertible {
  /// First index.
  public let h: Int
  /// Second index.
  public let k: Int
  /// Third index: the last one also where four were given.
  public let l: Int

  /// Creates indices; a common divisor is taken out.
  ///
  /// - Throws: ``InterfaceError/badMillerIndices(_:)`` where all three are zero.
  public init(_ h: Int, _ k: Int, _ l: Int) throws(InterfaceError) {
    let divisor = greatestCommonDivisor(greatestCommonDivisor(h, k), l)
    guard divisor > 0 else { throw .badMillerIndices("\(h) \(k) \(l)") }
    self.h = h / divisor
    self.k = k / divisor
    self.l = l / divisor
  }

  /// Reads "100", "1-10", "1 0 -1", "(1,1,1)" and the hexagonal four "10-10", "0001".
  ///
  /// - Throws: ``InterfaceError/badMillerIndices(_:)`` for anything else, four indices included
  ///   whose first three do not sum to zero.
  public init(parsing text: String) throws(InterfaceError) {
    var values: [Int] = []
    let separated = text.contains { $0 == " " || $0 == "," }
    let body = text.filter { !"()[]".contains($0) }
    if separated {
      for part in body.split(whereSeparator: { $0 == " " || $0 == "," }) {
        guard let value = Int(part), (-99...99).contains(value) else {
          throw .badMillerIndices(text)
        }
        values.append(value)
      }
    } else {
      var negative = false
      for character in body {
        if character == "-", !negative {
          negative = true
        } else if character.isASCII, let digit = character.wholeNumberValue {
          values.append(negative ? -digit : digit)
          negative = false
        } else {
          throw .badMillerIndices(text)
        }
      }
      guard !negative else { throw .badMillerIndices(text) }
    }
    switch values.count {
    case 3: try self.init(values[0], values[1], values[2])
    case 4 where values[0] + values[1] + values[2] == 0:
      try self.init(values[0], values[1], values[3])
    default: throw .badMillerIndices(text)
    }
  }

  /// The indices without parentheses, as ``init(parsing:)`` reads them.
  public var indices: String {
    [h, k, l].allSatisfy { abs($0) < 10 } ? "\(h)\(k)\(l)" : "\(h) \(k) \(l)"
  }

  /// The indices as they are written in parentheses, for example "(1-10)".
  public var description: String { "(\(indices))" }
}
