public import Engines
import Foundation
public import LearnedPotential
public import Structures

extension Store {
  /// What a potential can learn from a store's force calls: those that converged, of some elements and one physics.
  ///
  /// Energies of calls with exactly the engine's settings and a fine mesh count as they are; others share an unknown
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
      let isAbsolute =
        call.engine == engine && (!engine.hasMesh || call.sampling.isFine(in: call.structure.cell))
      return TrainingExample(
        call.structure, call.evaluation,
        energyGroup: isAbsolute
          ? nil : energyGroup(call.structure, call.sampling, call.engine))
    }
  }
}

extension Sampling {
  /// Whether a mesh has divisions enough that energies of different cells can be compared within some meV for each
  /// atom: 20 angstrom along every vector, where one division along a slab's normal is enough for its vacuum.
  fileprivate func isFine(in cell: Cell) -> Bool {
    let heights = cell.heights
    return [(kPointGrid.x, heights.x), (kPointGrid.y, heights.y), (kPointGrid.z, heights.z)]
      .allSatisfy { divisions, height in
        Double(divisions) * height >= (divisions == 1 ? 12 : 20)
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

  /// Whether its answers hang on the mesh: those of a code with a basis set do, those of a potential do not.
  fileprivate var hasMesh: Bool { settings.keys.contains { $0.hasSuffix("cutoff_ev") } }
}

/// Names what energies have to have in common to share a constant: cell, composition, mesh, boundary and engine.
func energyGroup(
  _ structure: Structure, _ sampling: Sampling, _ engine: EngineIdentity
) -> String {
  let cell = [structure.cell.a, structure.cell.b, structure.cell.c]
    .flatMap { [$0.x, $0.y, $0.z] }.map { String(format: "%.4f", $0) }
  let mesh = sampling.kPointGrid
  return
    ([
      structure.formula, "\(structure.count)", "\(mesh.x) \(mesh.y) \(mesh.z)",
      "\(sampling.dipoleCorrection)",
    ] + cell + engine.settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
    .joined(separator: " ")
}
