public import Engines
import Foundation
public import LearnedPotential
public import Structures

/// Force calls of one physics, to learn from.
public struct TrainingPool: Sendable {
  /// The engine without what differs between its calls (``Engines/EngineIdentity/physics``).
  public let engine: EngineIdentity
  /// One for each force call, oldest first.
  public internal(set) var examples: [TrainingExample]
}

extension Store {
  /// What a potential can learn from a store's force calls: those that converged, of some elements only.
  ///
  /// Energies of one cell, composition, mesh and engine share an unknown constant.
  ///
  /// - Parameters:
  ///   - engine: by its name.
  ///   - elements: those that may occur.
  /// - Returns: one pool for each functional, model or kind of datasets that occurs; that with most force calls first.
  /// - Throws: ``StoreError``.
  public func trainingPools(
    engine: String, elements: Set<Element>
  ) throws(StoreError) -> [TrainingPool] {
    var pools: [TrainingPool] = []
    for call in try forceCalls()
    where call.engine.name == engine && elements.isSuperset(of: call.structure.elements) {
      guard
        let example = TrainingExample(
          call.structure, call.evaluation,
          energyGroup: energyGroup(call.structure, call.sampling, call.engine))
      else { continue }
      let physics = call.engine.physics
      if let index = pools.firstIndex(where: { $0.engine == physics }) {
        pools[index].examples.append(example)
      } else {
        pools.append(TrainingPool(engine: physics, examples: [example]))
      }
    }
    return pools.enumerated().sorted {
      ($1.element.examples.count, $0.offset) < ($0.element.examples.count, $1.offset)
    }.map(\.element)
  }
}

extension EngineIdentity {
  /// The engine without what moves its energies by a constant and its forces by little: the basis set's size, and the
  /// thresholds and limits of self-consistency. Answers of equal physics can be learned together.
  public var physics: EngineIdentity {
    EngineIdentity(
      name: name,
      settings: settings.filter { key, _ in
        !key.hasPrefix("cutoff") && !key.contains("threshold") && key != "maximum_steps"
      })
  }
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
