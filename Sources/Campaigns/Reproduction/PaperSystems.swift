public import Structures

/// A metal's surface that the paper studies.
public struct PaperSurface: Sendable, Hashable, Codable {
  /// Name in the paper's values, for example "Li.bcc100".
  public var id: String
  /// The metal.
  public var metal: Element
  /// Its crystal structure.
  public var structure: MetalStructure
  /// Miller indices.
  public var surface: String

  /// Name for people, for example "Li bcc (100)".
  public var name: String {
    FreeSurfaceSettings.name(metal: metal, structure: structure, surface: surface)
  }

  /// Figure 1 and its companions S3-S5, in the order of what they tell.
  public static let all: [PaperSurface] = [
    PaperSurface(id: "Li.bcc100", metal: .lithium, structure: .bcc, surface: "100"),
    PaperSurface(id: "Na.bcc100", metal: .sodium, structure: .bcc, surface: "100"),
    PaperSurface(id: "Li.hcp0001", metal: .lithium, structure: .hcp, surface: "0001"),
    PaperSurface(id: "Li.hcp10-10", metal: .lithium, structure: .hcp, surface: "10-10"),
  ]
}

/// An interface that the paper studies.
public struct PaperInterface: Sendable, Hashable, Codable {
  /// Name in the paper's values, for example "LiCl-Li".
  public var id: String
  /// Built-in name of the substrate.
  public var substrate: String
  /// The metal on it.
  public var metal: Element
  /// Number of the substrate's termination.
  public var termination: Int
  /// Whether the metal is strained onto the substrate's own cell.
  public var isCoherent: Bool
  /// Largest strain of the metal where it is not, in size; dimensionless.
  public var strainLimit = 0.01
  /// Largest area of the cell where it is not, square angstrom.
  public var areaLimit = 120.0

  /// Number of the paper's figure that shows its vacancies by layer.
  public var figure: Int { isCoherent ? 3 : 6 }

  /// The prototype of the substrate.
  public var prototype: Prototype? { Prototype.named(substrate) }

  /// Everything that its assessment depends on.
  ///
  /// - Parameter preset: where the numbers come from.
  /// - Returns: the settings, vacancies asked for.
  public func settings(_ preset: Preset) -> AssessmentSettings {
    let prototype = self.prototype
    var result = preset.settings(
      metal: metal, structure: prototype?.usualMetalStructure ?? .bcc,
      metalSurface: prototype?.usualMetalSurface ?? "100",
      substrateSurface: prototype?.usualSurface ?? "100")
    result.substrateTermination = termination
    result.vacancies = true
    if !isCoherent {
      // The paper's cell of 3 by 3 on 2 by 2, and its like.
      result.strainLimit = strainLimit
      result.areaLimit = areaLimit
      result.vacancySupercell = 1
      result.relaxedRegistries = 1
    }
    return result
  }

  /// The eleven coherent interfaces of figure 4, in the order of what they tell.
  public static let coherent: [PaperInterface] = [
    coherent("LiCl", .lithium), coherent("LiMg", .lithium), coherent("Li2O", .lithium),
    coherent("NaCl", .sodium), coherent("NaBr", .sodium), coherent("AlSc", .lithium),
    coherent("Li3OCl", .lithium, 1, ".Cl"), coherent("Li3OCl", .lithium, 2, ".O"),
    coherent("Li3OCl", .sodium, 1, ".Cl"), coherent("Li3OCl", .sodium, 2, ".O"),
    coherent("Li3PO4", .lithium),
  ]

  /// The interfaces with little strain of figures 6, S10 and S11.
  public static let incoherent: [PaperInterface] = [
    PaperInterface(
      id: "LiCl-Li.incoherent", substrate: "LiCl", metal: .lithium, termination: 1,
      isCoherent: false),
    PaperInterface(
      id: "Li2S111-Li100", substrate: "Li2S", metal: .lithium, termination: 1, isCoherent: false,
      strainLimit: 0.03),
    PaperInterface(
      id: "Li3P001-Li100", substrate: "Li3P", metal: .lithium, termination: 1, isCoherent: false,
      strainLimit: 0.055, areaLimit: 200),
  ]

  /// The interface that an assessment is of, whatever its preset; nil where the paper has none like it.
  public static func like(_ result: AssessmentResult) -> PaperInterface? {
    let settings = result.settings
    guard result.substrate.isBuiltIn else { return nil }
    return (coherent + incoherent).first { pair in
      let wanted = pair.settings(Preset(rawValue: settings.preset) ?? .standard)
      return pair.substrate == result.substrate.name && pair.metal == settings.metal
        && wanted.metalStructure == settings.metalStructure
        && wanted.metalSurface == settings.metalSurface
        && wanted.substrateSurface == settings.substrateSurface
        && wanted.substrateTermination == settings.substrateTermination
        && wanted.strainLimit == settings.strainLimit && wanted.areaLimit == settings.areaLimit
    }
  }

  private static func coherent(
    _ substrate: String, _ metal: Element, _ termination: Int = 1, _ suffix: String = ""
  ) -> PaperInterface {
    PaperInterface(
      id: "\(substrate)-\(metal.symbol)\(suffix)", substrate: substrate, metal: metal,
      termination: termination, isCoherent: true)
  }
}
