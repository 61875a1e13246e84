import Structures

/// How the next step is found: from a model of the energy, or by damped dynamics.
///
/// The model is a whole matrix for few atoms, its action alone for many.
enum StepModel {
  case dense(QuasiNewton)
  case sparse(LimitedMemory)
  case dynamics(FIRE)

  /// Up to this many atoms a matrix and its eigenvectors cost less than any engine's force call.
  static let denseLimit = 120

  init(
    _ structure: Structure, method: RelaxationMethod, strains: [Matrix3], strainLength: Double,
    length: @escaping @Sendable ([Double]) -> Double
  ) {
    switch method {
    case .fire:
      self = .dynamics(FIRE())
    case .automatic where structure.count <= StepModel.denseLimit:
      self = .dense(
        QuasiNewton(
          ModelHessian(structure, strains: strains, strainLength: strainLength), length: length))
    case .automatic, .limitedMemory:
      self = .sparse(
        LimitedMemory(
          SpringNetwork(structure, strains: strains, strainLength: strainLength), length: length))
    }
  }

  /// Whether steps that raise the energy are taken back: dynamics turns round by itself.
  var isJudgedByEnergy: Bool {
    if case .dynamics = self { return false }
    return true
  }

  mutating func update(step: [Double], change: [Double]) {
    switch self {
    case .dense(var model):
      model.update(step: step, change: change)
      self = .dense(model)
    case .sparse(var model):
      model.update(step: step, change: change)
      self = .sparse(model)
    case .dynamics: break
    }
  }

  mutating func step(
    gradient: [Double], radius: Double, length: ([Double]) -> Double
  ) -> [Double] {
    switch self {
    case .dense(let model): return model.step(gradient: gradient, radius: radius)
    case .sparse(var model):
      let step = model.step(gradient: gradient, radius: radius)
      self = .sparse(model)
      return step
    case .dynamics(var model):
      let force = gradient.map { -$0 }
      let step = model.step(force: force, smoothed: force, radius: radius, length: length)
      self = .dynamics(model)
      return step
    }
  }

  /// Decrease of the energy that the model promises for a step, eV.
  func predictedDecrease(gradient: [Double], step: [Double]) -> Double {
    switch self {
    case .dense(let model): model.predictedDecrease(gradient: gradient, step: step)
    case .sparse(let model): model.predictedDecrease(gradient: gradient, step: step)
    case .dynamics: -Vectors.dot(gradient, step)
    }
  }
}
