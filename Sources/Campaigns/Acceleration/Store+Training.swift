import Engines
public import LearnedPotential
public import Structures

extension Store {
  /// What a potential can learn from a store's force calls: those that converged, of some elements only.
  ///
  /// Energies of one cell, composition, mesh and engine share an unknown constant.
  ///
  /// - Parameters:
  ///   - engine: by its name.
  ///   - elements: those that may occur.
  /// - Returns: one example for each force call, oldest first.
  /// - Throws: ``StoreError``.
  public func trainingExamples(
    engine: String, elements: Set<Element>
  ) throws(StoreError) -> [TrainingExample] {
    try forceCalls().filter {
      $0.engine.name == engine && $0.evaluation.isConverged
        && elements.isSuperset(of: $0.structure.elements)
        && $0.evaluation.forces.count == $0.structure.count
    }.map {
      TrainingExample(
        $0.structure, $0.evaluation,
        energyGroup: StoreAccelerator.group($0.structure, $0.sampling, $0.engine))
    }
  }
}
