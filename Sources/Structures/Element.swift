/// A chemical element, known by its atomic number.
public struct Element: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// Number of protons, 1...103.
  public let atomicNumber: Int

  /// The element with a symbol such as "Li"; nil where there is none, case included.
  public init?(symbol: String) {
    guard let index = ElementData.index[symbol] else { return nil }
    atomicNumber = index + 1
  }

  /// The element with an atomic number; nil outside 1...103.
  public init?(atomicNumber: Int) {
    guard ElementData.rows.indices.contains(atomicNumber - 1) else { return nil }
    self.atomicNumber = atomicNumber
  }

  private init(known atomicNumber: Int) { self.atomicNumber = atomicNumber }

  /// Chemical symbol.
  public var symbol: String { ElementData.rows[atomicNumber - 1].symbol }

  /// Covalent radius in angstrom; 1.7 beyond the table (after curium).
  ///
  /// ## References
  /// B. Cordero et al., Dalton Trans. 2008, 2832, doi:10.1039/b801115j.
  public var covalentRadius: Double { ElementData.rows[atomicNumber - 1].covalentRadius ?? 1.7 }

  /// Electronegativity on Pauling's scale; nil where none is tabulated (most noble gases).
  public var electronegativity: Double? { ElementData.rows[atomicNumber - 1].electronegativity }

  /// Lithium.
  public static let lithium = Element(known: 3)
  /// Oxygen.
  public static let oxygen = Element(known: 8)
  /// Sodium.
  public static let sodium = Element(known: 11)
  /// Chlorine.
  public static let chlorine = Element(known: 17)

  /// Ordered by atomic number.
  public static func < (left: Element, right: Element) -> Bool {
    left.atomicNumber < right.atomicNumber
  }

  /// Chemical symbol.
  public var description: String { symbol }

  /// Decodes a chemical symbol.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let symbol = try container.decode(String.self)
    guard let element = Element(symbol: symbol) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no element has the symbol \(symbol)")
    }
    self = element
  }

  /// Encodes the chemical symbol.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(symbol)
  }
}

extension Sequence where Element == Structures.Element {
  /// Symbols by atomic number, joined by hyphens, as systems and their potentials are named: "Li-O-Cl".
  public var hyphenatedSymbols: String { sorted().map(\.symbol).joined(separator: "-") }
}
