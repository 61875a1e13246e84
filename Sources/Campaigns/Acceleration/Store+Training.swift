public import Engines
import Foundation
public import LearnedPotential
public import Structures

extension Store {
  /// What a potential can learn from a store's force calls: those that converged, of some elements and one physics.
  ///
  /// Energies of calls with exactly the engine's settings and a fine mesh count as they are. With other settings and a fine
  /// mesh they share unknown constants of each element with the others of those settings; with a coarse mesh one
  /// constant with those of the same cell, composition, mesh and settings.
  ///
  /// - Parameters:
  ///   - engine: whose physics is learned (``Engines/EngineIdentity/physics``).
  ///   - elements: those that may occur.
  /// - Returns: one example for each force call, oldest first.
  /// - Throws: ``StoreError``.
  public func trainingExamples(
    like engine: EngineIdentity, elements: Set<Element>
  ) throws(StoreError) -> [TrainingExample] {
    let physics = engine.physics
    return try forceCalls().filter {
      $0.engine.physics == physics && elements.isSuperset(of: $0.structure.elements)
    }.compactMap { call in
      let mesh = engine.hasMesh ? call.sampling.quality(of: call.structure) : .production
      return TrainingExample(
        call.structure, call.evaluation,
        energyGroup: mesh.energyGroup(of: call, isOwn: call.engine == engine),
        hasRoughEnergy: mesh == .rough)
    }
  }
}

/// How far energies of a mesh can be compared.
private enum MeshQuality {
  /// At least 27 angstrom along every vector, the presets' for what is reported.
  case production
  /// At least 20 angstrom: some meV for each atom.
  case rough
  /// A crystal of a metal with less than 40 angstrom, whose energy is off by up to 5 meV for each atom, and by as much in
  /// another shape of the same cell.
  case oscillating
  /// Less.
  case coarse

  /// What the energy of a force call has unknown.
  func energyGroup(of call: Store.ForceCall, isOwn: Bool) -> EnergyGroup? {
    switch self {
    case .production, .rough:
      isOwn ? nil : EnergyGroup(call.engine.settingsText, unknown: .constantOfEachElement)
    case .oscillating:
      EnergyGroup(
        Campaigns.energyGroup(call.structure, call.sampling, call.engine, hasCell: false).name)
    case .coarse: Campaigns.energyGroup(call.structure, call.sampling, call.engine)
    }
  }
}

extension Sampling {
  /// How far energies with this mesh can be compared, where one division along a slab's normal is enough for its vacuum.
  fileprivate func quality(of structure: Structure) -> MeshQuality {
    let heights = structure.cell.heights
    let lengths = [
      (kPointGrid.x, heights.x), (kPointGrid.y, heights.y), (kPointGrid.z, heights.z),
    ].compactMap { (divisions: Int, height: Double) -> Double? in
      divisions == 1 && height >= 12 ? nil : Double(divisions) * height
    }
    let least = lengths.min() ?? .infinity
    // Rounding in a strained cell is no reason to trust it less.
    if least < 20 { return .coarse }
    if kPointGrid.z > 1, structure.isMetallic, least < 39 { return .oscillating }
    return least < 26.5 ? .rough : .production
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

  /// Its settings in one line.
  fileprivate var settingsText: String {
    settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " ")
  }

  /// Whether its answers hang on the mesh: those of a code with a basis set do, those of a potential do not.
  fileprivate var hasMesh: Bool { settings.keys.contains { $0.hasSuffix("cutoff_ev") } }
}

/// Names what energies have to have in common to share a constant: cell, composition, mesh, boundary and engine.
func energyGroup(
  _ structure: Structure, _ sampling: Sampling, _ engine: EngineIdentity, hasCell: Bool = true
) -> EnergyGroup {
  let vectors = hasCell ? [structure.cell.a, structure.cell.b, structure.cell.c] : []
  let cell =
    vectors
    .flatMap { [$0.x, $0.y, $0.z] }.map { String(format: "%.4f", $0) }
  let mesh = sampling.kPointGrid
  return EnergyGroup(
    ([
      structure.formula, "\(structure.count)", "\(mesh.x) \(mesh.y) \(mesh.z)",
      "\(sampling.dipoleCorrection)",
    ] + cell + [engine.settingsText]).joined(separator: " "))
}
