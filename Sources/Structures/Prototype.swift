import Foundation

/// A crystal that Lacuna knows by name.
///
/// The lattice parameters are starting points for a relaxation, not results: experimental values at
/// room temperature or PBE values, rounded.
public struct Prototype: Sendable {
  /// Name as it is typed, for example "LiCl".
  public let name: String
  /// What it is, for example "rock salt".
  public let structureType: String
  /// Conventional cell.
  public let structure: Structure
  /// Surface that suits the structure, as Miller indices such as "100".
  public let usualSurface: String
  /// Structure of the metal that is usually put on it: bcc, or hcp for close-packed substrates.
  public let usualMetalStructure: MetalStructure
  /// Surface of the metal that is usually put on it.
  public let usualMetalSurface: String
}

/// The crystal structures in which lithium and sodium are built.
public enum MetalStructure: String, Sendable, Hashable, Codable, CaseIterable {
  /// Body-centred cubic, stable at room temperature.
  case bcc
  /// Hexagonal close packed.
  case hcp
  /// Face-centred cubic.
  case fcc

  /// The surface that is cut where none is named.
  public var usualSurface: String {
    switch self {
    case .bcc, .fcc: "100"
    case .hcp: "0001"
    }
  }
}

extension Prototype {
  /// The alkali metal in a structure; nil where the element is none of the metals known.
  ///
  /// Starting values: Li 3.44 and Na 4.20 angstrom (PBE) for bcc; the other structures at the same
  /// volume for each atom, hcp with the ideal ratio c/a = sqrt(8/3).
  public static func metal(_ element: Element, _ structure: MetalStructure) -> Structure? {
    let bodyCentred: [Element: Double] = [.lithium: 3.44, .sodium: 4.20]
    guard let edge = bodyCentred[element] else { return nil }
    let volume = edge * edge * edge / 2
    switch structure {
    case .bcc:
      return cubic(edge, [(element, 0, 0, 0), (element, 0.5, 0.5, 0.5)])
    case .fcc:
      return cubic(
        cbrt(4 * volume),
        [
          (element, 0, 0, 0), (element, 0, 0.5, 0.5), (element, 0.5, 0, 0.5),
          (element, 0.5, 0.5, 0),
        ])
    case .hcp:
      let a = cbrt(volume * 2.0.squareRoot())
      return Structure(
        cell: Cell(
          lengths: Vector3(a, a, a * (8.0 / 3).squareRoot()), angles: Vector3(90, 90, 120)),
        species: [element, element],
        fractionalPositions: [
          FractionalPosition(1.0 / 3, 2.0 / 3, 0.25), FractionalPosition(2.0 / 3, 1.0 / 3, 0.75),
        ])
    }
  }

  /// The prototype with a name, case ignored; nil where there is none.
  public static func named(_ name: String) -> Prototype? {
    all.first { $0.name.lowercased() == name.lowercased() }
  }

  /// All prototypes, substrates first.
  public static let all: [Prototype] =
    rockSalts + [
      prototype("Li2O", "antifluorite", antifluorite(4.62, "O"), "111", .hcp, "0001"),
      prototype("Li2S", "antifluorite", antifluorite(5.71, "S"), "111", .bcc, "100"),
      prototype("Li3OCl", "antiperovskite", antiperovskite(3.886), "100", .bcc, "100"),
      prototype("Li3PO4", "gamma, Pnma", lithiumPhosphate, "100", .hcp, "10-10"),
      prototype(
        "Li3PO4-beta", "beta, Pmn2_1", lowLithiumPhosphate, "010", .hcp, "10-10"),
      prototype("Li3P", "sodium arsenide, P6_3/mmc", lithiumPhosphide, "001", .bcc, "100"),
      prototype("LiMg", "caesium chloride", caesiumChloride(3.43, "Li", "Mg"), "100", .bcc, "100"),
      prototype("AlSc", "caesium chloride", caesiumChloride(3.38, "Al", "Sc"), "100", .bcc, "100"),
    ]
    + MetalStructure.allCases.flatMap { kind in
      [Element.lithium, .sodium].compactMap { element in
        metal(element, kind).map {
          Prototype(
            name: kind == .bcc ? element.symbol : "\(element.symbol)-\(kind.rawValue)",
            structureType: "\(kind.rawValue) metal", structure: $0,
            usualSurface: kind.usualSurface, usualMetalStructure: kind,
            usualMetalSurface: kind.usualSurface)
        }
      }
    }

  private static let rockSalts: [Prototype] = [
    prototype("LiCl", "rock salt", rockSalt(5.13, "Li", "Cl"), "100", .bcc, "100"),
    prototype("NaCl", "rock salt", rockSalt(5.64, "Na", "Cl"), "100", .bcc, "100"),
    prototype("NaBr", "rock salt", rockSalt(5.97, "Na", "Br"), "100", .bcc, "100"),
  ]

  private static func prototype(
    _ name: String, _ type: String, _ structure: Structure, _ surface: String,
    _ metal: MetalStructure, _ metalSurface: String
  ) -> Prototype {
    Prototype(
      name: name, structureType: type, structure: structure, usualSurface: surface,
      usualMetalStructure: metal, usualMetalSurface: metalSurface)
  }

  private typealias Site = (element: Element, x: Double, y: Double, z: Double)

  private static func cubic(_ edge: Double, _ sites: [Site]) -> Structure {
    Structure(
      cell: Cell(a: Vector3(edge, 0, 0), b: Vector3(0, edge, 0), c: Vector3(0, 0, edge)),
      species: sites.map(\.element),
      fractionalPositions: sites.map { FractionalPosition($0.x, $0.y, $0.z) })
  }

  private static func element(_ symbol: String) -> Element {
    guard let element = Element(symbol: symbol) else {
      preconditionFailure("the prototypes name real elements only")
    }
    return element
  }

  private static func rockSalt(_ edge: Double, _ cation: String, _ anion: String) -> Structure {
    let (m, x) = (element(cation), element(anion))
    return cubic(
      edge,
      [
        (m, 0, 0, 0), (m, 0, 0.5, 0.5), (m, 0.5, 0, 0.5), (m, 0.5, 0.5, 0),
        (x, 0.5, 0.5, 0.5), (x, 0.5, 0, 0), (x, 0, 0.5, 0), (x, 0, 0, 0.5),
      ])
  }

  private static func antifluorite(_ edge: Double, _ anion: String) -> Structure {
    let x = element(anion)
    let corners: [Site] = [(x, 0, 0, 0), (x, 0, 0.5, 0.5), (x, 0.5, 0, 0.5), (x, 0.5, 0.5, 0)]
    var inner: [Site] = []
    for i in [0.25, 0.75] {
      for j in [0.25, 0.75] {
        for k in [0.25, 0.75] { inner.append((.lithium, i, j, k)) }
      }
    }
    return cubic(edge, corners + inner)
  }

  private static func antiperovskite(_ edge: Double) -> Structure {
    cubic(
      edge,
      [
        (.chlorine, 0, 0, 0), (element("O"), 0.5, 0.5, 0.5), (.lithium, 0.5, 0.5, 0),
        (.lithium, 0.5, 0, 0.5), (.lithium, 0, 0.5, 0.5),
      ])
  }

  private static func caesiumChloride(
    _ edge: Double, _ first: String, _ second: String
  ) -> Structure {
    cubic(edge, [(element(first), 0, 0, 0), (element(second), 0.5, 0.5, 0.5)])
  }

  /// Na3As type: P on 2c, Li on 2b and 4f (z = 0.583) of P6_3/mmc.
  private static let lithiumPhosphide: Structure = {
    let (third, twoThirds) = (1.0 / 3, 2.0 / 3)
    let positions = [
      FractionalPosition(third, twoThirds, 0.25), FractionalPosition(twoThirds, third, 0.75),
      FractionalPosition(0, 0, 0.25), FractionalPosition(0, 0, 0.75),
      FractionalPosition(third, twoThirds, 0.583), FractionalPosition(twoThirds, third, 0.083),
      FractionalPosition(twoThirds, third, 0.417), FractionalPosition(third, twoThirds, 0.917),
    ]
    return Structure(
      cell: Cell(lengths: Vector3(4.27, 4.27, 7.59), angles: Vector3(90, 90, 120)),
      species: ["P", "P", "Li", "Li", "Li", "Li", "Li", "Li"].map(element),
      fractionalPositions: positions)
  }()

  /// Gamma-Li3PO4: Li on 8d and 4c, P on 4c, O on 8d, 4c and 4c of Pnma.
  private static let lithiumPhosphate: Structure = {
    let general: [(String, Double, Double, Double)] = [
      ("Li", 0.163, 0.501, 0.302), ("O", 0.342, 0.043, 0.206),
    ]
    let mirror: [(String, Double, Double, Double)] = [
      ("Li", 0.424, 0.75, 0.206), ("P", 0.412, 0.25, 0.308), ("O", 0.051, 0.25, 0.294),
      ("O", 0.090, 0.75, 0.122),
    ]
    var sites: [Site] = []
    func add(_ symbol: String, _ x: Double, _ y: Double, _ z: Double) {
      sites.append((element(symbol), x, y, z))
    }
    for (symbol, x, y, z) in general + mirror {
      // The four operations that keep 0.25 < y < 0.75 apart, then their mirror images at y = 1/4.
      let images = [
        (x, y, z), (0.5 - x, -y, z + 0.5), (-x, y + 0.5, -z), (x + 0.5, 0.5 - y, 0.5 - z),
      ]
      for image in images { add(symbol, image.0, image.1, image.2) }
      guard y != 0.25, y != 0.75 else { continue }
      for image in images { add(symbol, image.0, 0.5 - image.1, image.2) }
    }
    return Structure(
      cell: Cell(lengths: Vector3(10.49, 6.12, 4.93), angles: Vector3(90, 90, 90)),
      species: sites.map(\.element),
      fractionalPositions: sites.map { FractionalPosition($0.x, $0.y, $0.z).wrapped })
  }()

  /// Beta-Li3PO4, stable below 775 K: Li on 4b and 2a, P on 2a, O on 4b, 2a and 2a of Pmn2_1.
  ///
  /// C. Keffer, A. Mighell, F. Mauer, H. Swanson, S. Block, Inorg. Chem. 6, 119 (1967), doi:10.1021/ic50047a027.
  private static let lowLithiumPhosphate: Structure = {
    let general: [Site] = [
      (.lithium, 0.2481, 0.3277, 0.9860), (element("O"), 0.2078, 0.6868, 0.8961),
    ]
    let mirror: [Site] = [
      (.lithium, 0.5, 0.8428, 0.9893), (element("P"), 0, 0.8243, 0),
      (element("O"), 0, 0.1052, 0.9004),
      (element("O"), 0.5, 0.1814, 0.8172),
    ]
    let inPlane = general + general.map { ($0.element, -$0.x, $0.y, $0.z) } + mirror
    let sites = inPlane + inPlane.map { ($0.element, 0.5 + $0.x, -$0.y, 0.5 + $0.z) }
    return Structure(
      cell: Cell(lengths: Vector3(6.115, 5.239, 4.855), angles: Vector3(90, 90, 90)),
      species: sites.map(\.element),
      fractionalPositions: sites.map { FractionalPosition($0.x, $0.y, $0.z).wrapped })
  }()
}
