public import Engines
import Foundation
public import LearnedPotential
public import Structures

extension Store {
  /// What a potential can learn from a store's force calls: those that converged without large forces, of some elements and
  /// one physics.
  ///
  /// - Parameters:
  ///   - engine: whose physics is learned (``Engines/EngineIdentity/physics``), and whose energies count as they are.
  ///   - elements: those that may occur.
  /// - Returns: one example for each force call, oldest first; what of their energies counts tells ``MeshQuality``.
  /// - Throws: ``StoreError``.
  public func trainingExamples(
    like engine: EngineIdentity, elements: Set<Element>
  ) throws(StoreError) -> [TrainingExample] {
    try learnedCalls(like: engine, elements: elements).map(\.example)
  }

  /// The same with the force call behind each.
  public func learnedCalls(
    like engine: EngineIdentity, elements: Set<Element>
  ) throws(StoreError) -> [(call: ForceCall, example: TrainingExample)] {
    try forceCalls().filter {
      elements.isSuperset(of: $0.structure.elements)
        && $0.engine.hasPhysics(of: engine, for: $0.structure)
    }.compactMap { call in
      TrainingExample(
        call.structure, call.evaluation, sampling: call.sampling, engine: call.engine, like: engine
      ).map { (call, $0) }
    }
  }
}

extension TrainingExample {
  /// Force above which a cell is not learned, eV/angstrom.
  ///
  /// No relaxation meets such forces, and what functions cannot follow there they follow less well elsewhere. Of 421 cells of
  /// lithium and oxygen 26, shaken without regard to their bonds, had forces of 8 to 29 eV/angstrom: with them energies of
  /// cells that were held out were off by 2.3 meV/atom, without them by 1.3.
  static let largestForce = 8.0

  /// An engine's answer as an example, of whose energy counts what mesh and settings allow; nil for one that did not
  /// converge, or has too large a force.
  ///
  /// - Parameters:
  ///   - structure: the geometry.
  ///   - evaluation: the answer.
  ///   - sampling: what it was asked with.
  ///   - engine: that answered.
  ///   - own: whose energies count as they are.
  init?(
    _ structure: Structure, _ evaluation: Evaluation, sampling: Sampling, engine: EngineIdentity,
    like own: EngineIdentity
  ) {
    guard evaluation.largestForce <= TrainingExample.largestForce else { return nil }
    let elements = structure.elements
    let (engine, own) = (engine.reduced(to: elements), own.reduced(to: elements))
    let mesh = engine.hasMesh ? MeshQuality(sampling, of: structure) : .settled
    self.init(
      structure, evaluation,
      energyGroup: mesh.energyGroup(structure, sampling, engine, isOwn: engine == own),
      energyTrust: mesh.trust(structure, evaluation),
      mesh: mesh == .rough
        ? Campaigns.energyGroup(structure, sampling, engine, shares: .elements).name : nil)
  }
}

/// How far energies of a mesh can be compared.
enum MeshQuality {
  /// It has settled within one meV for each atom: with the engine's own settings energies count as they are, with others
  /// up to a constant of each element.
  case settled
  /// The same, but off by some meV for each atom, as the presets' are for metals (a slab of twelve layers of lithium changes
  /// by 5 from 8 to 10 divisions): their noise is searched for apart, constants are apart too, and differences inside
  /// one cell count for themselves.
  case rough
  /// A crystal of a metal, whose energy oscillates with the mesh by up to 5 meV for each atom: it counts in differences
  /// between shapes of one cell, and roughly.
  case oscillating
  /// Differences inside one cell count.
  case coarse

  /// Least lengths of meshes, angstrom: divisions times the distance of the cell's faces.
  ///
  /// Rounding in a strained cell is no reason to trust its energy less, so each is a little below the presets'.
  private static let (productionLength, roughLength, metalLength) = (26.5, 20.0, 39.0)
  /// That of a salt with balanced ions, crystal or slab.
  ///
  /// GPAW's energies of primitive cells at 400 eV, in meV for each atom from that of the longest mesh: NaCl at 13.0
  /// angstrom 0.9, at 16.3 0.1; LiCl at 11.9 3.1, at 14.9 0.4; NaBr at 13.8 1.6, at 17.2 0.2; Li2S at 13.2 2.7, at 16.5
  /// 0.5. Li2O's go up and down by some meV whatever the mesh, for oxygen lacks plane waves and each k point has others;
  /// at 600 eV it is within 0.2 from 13.4 on. So energies of oxides are rough as long as others' are.
  private static let saltLength = 15.5
  /// A cell higher than this, angstrom, with one division along c is a slab, whose vacuum needs no more.
  private static let slabHeight = 12.0

  /// Judges a mesh.
  init(_ sampling: Sampling, of structure: Structure) {
    let heights = structure.cell.heights
    let mesh = sampling.kPointGrid
    var least = min(Double(mesh.x) * heights.x, Double(mesh.y) * heights.y)
    let isSlab = mesh.z == 1 && heights.z >= MeshQuality.slabHeight
    if !isSlab { least = min(least, Double(mesh.z) * heights.z) }
    let isSalt = structure.hasBalancedIons
    let hasOxygen = structure.elements.contains(.oxygen)
    if least < (isSalt ? MeshQuality.saltLength : MeshQuality.roughLength) {
      self = .coarse
    } else if !isSlab, structure.isMetallic, least < MeshQuality.metalLength {
      self = .oscillating
    } else {
      let needed =
        if isSalt {
          hasOxygen ? MeshQuality.productionLength : MeshQuality.saltLength
        } else {
          structure.holdsMetal ? MeshQuality.metalLength : MeshQuality.productionLength
        }
      self = least >= needed ? .settled : .rough
    }
  }

  /// A cell none of whose forces is larger is at rest, eV/angstrom: one of a relaxation, or ideal.
  private static let forceAtRest = 0.15

  /// Whether a cell is one of a relaxation, or ideal.
  ///
  /// Crystals of few atoms have hardly a force however they are sheared, so their lattice has to have more symmetry than
  /// inversion, as that of every slab has whose height is normal to its plane. Energies of those that were sheared at random,
  /// trusted like ideal ones, were off by up to 24 meV for each atom in fits to the others.
  private static func isAtRest(_ structure: Structure, _ evaluation: Evaluation) -> Bool {
    guard evaluation.forces.allSatisfy({ $0.length < forceAtRest }) else { return false }
    let lattice = Structure(
      cell: structure.cell, species: [.lithium], positions: [CartesianPosition(.zero)])
    let triclinic = 2
    guard let symmetry = try? Symmetry(of: lattice) else { return false }
    return symmetry.spaceGroupNumber > triclinic
  }

  /// How far an energy can be trusted.
  func trust(_ structure: Structure, _ evaluation: Evaluation) -> EnergyTrust {
    switch self {
    case .settled: MeshQuality.isAtRest(structure, evaluation) ? .reference : .usual
    case .rough, .oscillating: .rough
    case .coarse: .usual
    }
  }

  /// What a force call's energy has unknown.
  func energyGroup(
    _ structure: Structure, _ sampling: Sampling, _ engine: EngineIdentity, isOwn: Bool
  ) -> EnergyGroup? {
    switch self {
    case .settled, .rough:
      isOwn ? nil : EnergyGroup(engine.settingsText, unknown: .constantOfEachElement)
    case .oscillating: Campaigns.energyGroup(structure, sampling, engine, hasCell: false)
    case .coarse:
      // What another basis set lacks is not the same for cells of unlike composition.
      EnergyGroup(
        Campaigns.energyGroup(structure, sampling, engine, shares: .elements).name,
        unknown: isOwn ? .constant : .constantOfEachElement)
    }
  }
}

extension EngineIdentity {
  /// The engine without what moves its energies by a constant and its forces by little.
  ///
  /// That is the basis set's size, and thresholds and limits of self-consistency: answers of equal physics can be
  /// learned together.
  public var physics: EngineIdentity {
    EngineIdentity(
      name: name,
      settings: settings.filter { key, _ in
        !key.hasSuffix("cutoff_ev") && !key.contains("threshold") && key != "maximum_steps"
      })
  }

  /// Whether its answer for a cell can be learned together with another's.
  func hasPhysics(of other: EngineIdentity, for structure: Structure) -> Bool {
    let elements = structure.elements
    return reduced(to: elements).physics == other.reduced(to: elements).physics
  }

  /// Its settings in one line.
  fileprivate var settingsText: String {
    settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " ")
  }

  /// Whether its answers hang on the mesh: those of a code with a basis set do, those of a potential do not.
  fileprivate var hasMesh: Bool { settings.keys.contains { $0.hasSuffix("cutoff_ev") } }
}

/// What the atoms of cells that share a constant have in common.
enum SharedContent {
  /// How many there are of each element.
  case composition
  /// The elements, as a slab with and without a vacancy has; an oxide and a metal in one cell have errors of their own.
  case elements
}

/// Names what energies have to have in common to share a constant: atoms, mesh, boundary, engine, and the cell, unless it
/// is left out.
func energyGroup(
  _ structure: Structure, _ sampling: Sampling, _ engine: EngineIdentity, hasCell: Bool = true,
  shares content: SharedContent = .composition
) -> EnergyGroup {
  let vectors = hasCell ? [structure.cell.a, structure.cell.b, structure.cell.c] : []
  let cell =
    vectors
    .flatMap { [$0.x, $0.y, $0.z] }.map { String(format: "%.4f", $0) }
  let mesh = sampling.kPointGrid
  let atoms =
    switch content {
    case .composition: [structure.formula, "\(structure.count)"]
    case .elements: structure.elements.sorted().map(\.symbol)
    }
  return EnergyGroup(
    (atoms + ["\(mesh.x) \(mesh.y) \(mesh.z)", "\(sampling.dipoleCorrection)"] + cell
      + [engine.reduced(to: structure.elements).settingsText]).joined(separator: " "))
}
