import Interfaces
import LearnedPotential
import Structures

// A metal on a compound, in cells that an engine can compute by the dozen.

/// Interfaces of a compound and a metal that are small enough.
struct SmallInterfaces {
  /// "Li2O-Li".
  let name: String
  /// How they meet, that of least cost first; empty where none is small enough.
  let geometries: [InterfaceGeometry]
  /// Least thickness of the substrate in them, angstrom.
  var substrateThickness = TrainingCandidates.thinSubstrate
}

/// A face of a compound that a metal lies on.
struct CompoundFace: Sendable {
  /// The compound.
  let crystal: Prototype
  /// Number of the cut in the list of the compound's terminations, from 1.
  var termination = 1
  /// "LiCl", or "Li3OCl (Li2O)" where the compound has several.
  let name: String
}

extension TrainingCandidates {
  /// The faces of all compounds that a metal of the elements lies on: of each the usual cut of its usual surface, and those that are as
  /// good, as through the planes LiCl and Li2O of Li3OCl: like faces, and as many bonds broken.
  ///
  /// - Throws: `InterfaceError` where a built-in crystal cannot be cut.
  var faces: [CompoundFace] {
    get throws {
      try pairs.flatMap { crystal -> [CompoundFace] in
        guard let settings = settings(of: crystal) else { return [] }
        let cuts = try crystal.oriented(to: settings.substrateSurface)
          .terminations(minimumThickness: settings.substrateThickness)
        let equals = cuts.indices.filter {
          cuts[$0].facesAreAlike && cuts[$0].isStoichiometric == cuts[0].isStoichiometric
            && abs(cuts[$0].brokenBonds - cuts[0].brokenBonds) <= TrainingCandidates.alikeBonds
        }
        guard equals.count > 1 else {
          return [CompoundFace(crystal: crystal, name: crystal.name)]
        }
        return equals.map {
          CompoundFace(
            crystal: crystal, termination: $0 + 1, name: "\(crystal.name) (\(cuts[$0].upperPlane))")
        }
      }
    }
  }

  /// Cuts whose broken bonds differ by no more are as good as each other, bonds for each square angstrom.
  private static let alikeBonds = 1e-3

  /// Thickness of the substrate in small cells, angstrom: it leaves room for more of the metal, and what lies deeper
  /// changes the surroundings of an interface little.
  static let thinSubstrate = 4.0
  /// The same where no cell is small enough with it: a layer of Li3PO4 has 16 atoms and is 3.4 angstrom thick, two have 32.
  static let thinnestSubstrate = 3.0
  /// Layers of the metal in small cells.
  private static let thinMetal = 3...6
  /// Largest principal strain of the metal where the match of an assessment has too large a cell; an assessment
  /// itself allows 0.15.
  ///
  /// On lithium sulfide its cell has 56 square angstrom; one of 42 strains lithium by 12 %, one of 28 by 17 %.
  private static let largestStrain = 0.2

  /// The settings with which a compound would be assessed by itself on a metal of the elements; nil where there is none.
  ///
  /// The metal is the compound's own, or where it has none, as AlSc, one of the others.
  func settings(of pair: Prototype) -> AssessmentSettings? {
    let metals = [Element.lithium, .sodium].filter { elements.contains($0) }
    let own = metals.filter { pair.structure.elements.contains($0) }
    return (own + metals).first.map {
      preset.settings(
        metal: $0, structure: pair.usualMetalStructure, metalSurface: pair.usualMetalSurface,
        substrateSurface: pair.usualSurface)
    }
  }

  /// The same of one of its faces.
  func settings(of face: CompoundFace) -> AssessmentSettings? {
    var settings = settings(of: face.crystal)
    settings?.substrateTermination = face.termination
    return settings
  }

  /// The settings with which an assessment can be tried whose own cells are too large: of a thin substrate, by the
  /// first match of those that are drawn from; nil where no cell is small enough.
  func smallSettings(of face: CompoundFace) throws -> AssessmentSettings? {
    let interfaces = try smallInterfaces(of: face)
    guard var settings = settings(of: face), let geometry = interfaces.geometries.first
    else { return nil }
    settings.substrateThickness = interfaces.substrateThickness
    let match = geometry.match
    settings.strainLimit = max(settings.strainLimit, match.largestStrain.magnitude + 0.01)
    // Half a cell of room: the relaxed crystal is not as large as the built-in one.
    settings.areaLimit =
      geometry.substrate.area * (1 + 0.5 / Double(abs(match.substrate.determinant)))
    settings.relaxedRegistries = 1
    // They come before the interface, and would halt in cells too large to be asked for.
    settings.thicknessSeries = Array(3...7)
    settings.metalLayers = TrainingCandidates.thinMetal.lowerBound
    for layers in TrainingCandidates.thinMetal {
      var thicker = settings
      thicker.metalLayers = layers
      // As many as an assessment makes of them.
      thicker = try withAlikeFaces(thicker)
      if geometry.atoms(thicker) <= largestCell { settings.metalLayers = thicker.metalLayers }
    }
    return settings
  }

  /// The settings with numbers of the metal's layers as an assessment has them.
  func withAlikeFaces(_ settings: AssessmentSettings) throws -> AssessmentSettings {
    guard let crystal = Prototype.metal(settings.metal, settings.metalStructure) else {
      return settings
    }
    return try settings.withAlikeFaces(
      of: crystal, surface: MillerIndices(parsing: settings.metalSurface))
  }

  /// A metal on a compound, both as built in; nil where the metal has no such crystal.
  func geometry(of pair: Prototype, _ settings: AssessmentSettings) throws -> InterfaceGeometry? {
    try allGeometries(of: pair, settings)?.first
  }

  /// Interfaces of a compound that are drawn from: by the match of an assessment where its cell is small enough, else by
  /// all that have small ones, on a substrate as thin as that takes.
  func smallInterfaces(of face: CompoundFace) throws -> SmallInterfaces {
    guard let settings = settings(of: face) else {
      return SmallInterfaces(name: face.name, geometries: [])
    }
    let name = "\(face.name)-\(settings.metal)"
    for thickness in [TrainingCandidates.thinSubstrate, TrainingCandidates.thinnestSubstrate] {
      var thin = settings
      thin.substrateThickness = thickness
      thin.metalLayers = TrainingCandidates.thinMetal.lowerBound
      let geometries = try smallGeometries(of: face.crystal, thin)
      if !geometries.isEmpty {
        return SmallInterfaces(
          name: name, geometries: geometries, substrateThickness: thickness)
      }
    }
    return SmallInterfaces(name: name, geometries: [])
  }

  private func smallGeometries(
    of pair: Prototype, _ settings: AssessmentSettings
  ) throws -> [InterfaceGeometry] {
    let largest = largestCell
    let isSmall = { (geometry: InterfaceGeometry) in geometry.atoms(settings) <= largest }
    let own = try allGeometries(of: pair, settings)?.prefix(1).filter(isSmall) ?? []
    guard own.isEmpty else { return own }
    var wide = settings
    wide.strainLimit = TrainingCandidates.largestStrain
    return try allGeometries(of: pair, wide)?.filter(isSmall) ?? []
  }

  private func allGeometries(
    of pair: Prototype, _ settings: AssessmentSettings
  ) throws -> LazyMapSequence<[LatticeMatch], InterfaceGeometry>? {
    guard let crystal = Prototype.metal(settings.metal, settings.metalStructure) else { return nil }
    return try InterfaceGeometry.all(
      metal: crystal, metalSurface: MillerIndices(parsing: settings.metalSurface),
      substrate: pair.structure, surface: MillerIndices(parsing: settings.substrateSurface),
      settings: settings)
  }

  /// One in a registry, at a gap from too close to far, with and without a vacancy; nil where none is small enough.
  func interface(_ interfaces: SmallInterfaces, _ random: inout SplitMix) -> Candidate? {
    let geometries = interfaces.geometries
    guard var geometry = geometries.first else { return nil }
    if geometries.count > 1 {
      geometry = geometries[Int.random(in: geometries.indices, using: &random)]
    }
    let below = geometry.substrate.slab(geometry.termination, vacuum: 1)
    let above = geometry.strainedGuess.slabWithFewestBrokenBonds(
      layers: Int.random(in: TrainingCandidates.thinMetal, using: &random), vacuum: 1)
    let registry = below.registries[Int.random(in: below.registries.indices, using: &random)]
    let usual = InterfaceCell.estimatedGap(metal: above, on: below, registry: registry)
    // Half of them near the usual gap, the others where an interface forms or breaks.
    let gap = usual + (random.uniform() < 0.5 ? 0.3 * random.normal() : 4 * random.uniform() - 0.8)
    var cell = InterfaceCell(
      metal: above, on: below, registry: registry, gap: max(1, gap),
      height: below.thickness + max(1, gap) + above.thickness + TrainingCandidates.vacuum)
    cell = cell.supercell(shape(cell.structure.count, &random))
    var kind = "\(interfaces.name), \(registry.name)"
    var structure = cell.structure
    if cell.metalAtoms.count > 7, random.uniform() < 0.7 {
      let layer = Int.random(in: 0..<min(3, cell.metalLayerCount), using: &random)
      let sites = cell.metalAtoms.filter {
        cell.metalLayers[$0 - cell.metalAtoms.lowerBound] == layer
      }
      guard let atom = sites.first else { return nil }
      structure = withVacancy(structure, at: atom, &random)
      kind += ", vacancy in layer \(layer + 1)"
    }
    var result = candidate(kind, structure, isSlab: true, &random)
    result.isInterface = true
    return result
  }
}
