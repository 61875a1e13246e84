/// Quasi-Newton steps for many atoms: L-BFGS preconditioned by the graph of neighbours.
///
/// Where ``QuasiNewton`` keeps the whole matrix of second derivatives, this keeps the last steps, and
/// what is stiff and what is soft comes from springs between neighbours, whose system of equations is
/// solved roughly by conjugate gradients. Cost and memory grow linearly with the number of atoms.
///
/// ## References
/// J. Nocedal, Math. Comput. 35, 773 (1980), doi:10.1090/S0025-5718-1980-0572855-7;
/// D. Packwood et al., J. Chem. Phys. 144, 164109 (2016), doi:10.1063/1.4947024.
struct LimitedMemory {
  /// Steps that are remembered.
  private static let depth = 12

  private let preconditioner: any Preconditioner
  private var steps: [[Double]] = []
  private var changes: [[Double]] = []
  /// Scale of the springs, from the last observed curvature.
  private var scale = 1.0
  /// Share of the full step that the last one took.
  private var share = 1.0

  /// Length of a move: that of the atom that moves farthest, angstrom.
  private let length: @Sendable ([Double]) -> Double

  init(
    _ preconditioner: any Preconditioner, length: @escaping @Sendable ([Double]) -> Double
  ) {
    self.preconditioner = preconditioner
    self.length = length
  }

  /// Forgets all steps: what is minimised is another function from now on.
  mutating func forget() {
    steps = []
    changes = []
  }

  /// Learns from a step and the change of the gradient along it; noise without curvature is left out.
  mutating func update(step: [Double], change: [Double]) {
    let curvature = Vectors.dot(step, change)
    guard curvature > 1e-10 * (Vectors.dot(step, step) * Vectors.dot(change, change)).squareRoot()
    else { return }
    let smoothed = preconditioner.solved(change)
    let denominator = Vectors.dot(change, smoothed)
    if denominator > 0 { scale = min(10, max(0.05, curvature / denominator)) }
    steps.append(step)
    changes.append(change)
    if steps.count > LimitedMemory.depth {
      steps.removeFirst()
      changes.removeFirst()
    }
  }

  /// The step downhill, shortened so that no atom and no strain moves farther than `radius` angstrom.
  mutating func step(gradient: [Double], radius: Double) -> [Double] {
    var vector = gradient
    var weights: [Double] = []
    for (step, change) in zip(steps, changes).reversed() {
      let weight = Vectors.dot(step, vector) / Vectors.dot(step, change)
      weights.append(weight)
      Vectors.add(-weight, change, to: &vector)
    }
    vector = preconditioner.solved(vector)
    for index in vector.indices { vector[index] *= scale }
    for (pair, weight) in zip(zip(steps, changes), weights.reversed()) {
      Vectors.add(
        weight - Vectors.dot(pair.1, vector) / Vectors.dot(pair.0, pair.1), pair.0, to: &vector)
    }
    for index in vector.indices { vector[index] = -vector[index] }
    if Vectors.dot(vector, gradient) >= 0 {
      // What was learned points uphill: begin again.
      forget()
      vector = preconditioner.solved(gradient).map { -scale * $0 }
    }
    let longest = length(vector)
    share = longest > radius ? radius / longest : 1
    return share < 1 ? vector.map { share * $0 } : vector
  }

  /// Decrease of the energy that the quadratic model promises for the last step, eV.
  func predictedDecrease(gradient: [Double], step: [Double]) -> Double {
    -Vectors.dot(gradient, step) * (1 - share / 2)
  }
}
