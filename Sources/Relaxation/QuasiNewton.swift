import CLapacke
import Foundation

/// Second derivatives learned from gradients, and the steps they suggest.
///
/// BFGS updates with Powell's damping, so the matrix stays positive definite whatever the noise of
/// the gradients; steps are Newton steps with a level shift that keeps every atom's move within the
/// trust radius.
///
/// ## References
/// J. Nocedal, S. J. Wright, Numerical Optimization, 2nd ed., Springer (2006), chapters 4 and 18.
struct QuasiNewton {
  private(set) var matrix: [Double]
  let size: Int
  /// Length of a move: that of the atom or strain that moves farthest, angstrom.
  private let length: @Sendable ([Double]) -> Double
  private var isFresh = true

  init(_ guess: ModelHessian, length: @escaping @Sendable ([Double]) -> Double) {
    matrix = guess.matrix
    size = guess.size
    self.length = length
  }

  /// Learns from a step and the change of the gradient along it.
  mutating func update(step: [Double], change: [Double]) {
    let product = apply(step)
    let curvature = Vectors.dot(step, product)
    var observed = Vectors.dot(step, change)
    guard curvature > 0 else { return }
    if isFresh {
      // The first curvature corrects the scale of the whole guess.
      isFresh = false
      let scale = min(3, max(0.33, observed / curvature))
      for index in matrix.indices { matrix[index] *= scale }
      update(step: step, change: change)
      return
    }
    var y = change
    if observed < 0.2 * curvature {
      let theta = 0.8 * curvature / (curvature - observed)
      y = zip(change, product).map { theta * $0 + (1 - theta) * $1 }
      observed = Vectors.dot(step, y)
    }
    for row in 0..<size {
      for column in 0..<size {
        matrix[row * size + column] +=
          y[row] * y[column] / observed - product[row] * product[column] / curvature
      }
    }
  }

  /// Decrease of the energy that the quadratic model promises for a step, eV.
  func predictedDecrease(gradient: [Double], step: [Double]) -> Double {
    -(Vectors.dot(gradient, step) + Vectors.dot(step, apply(step)) / 2)
  }

  /// The Newton step, shifted so that no atom and no strain moves farther than `radius` angstrom.
  func step(gradient: [Double], radius: Double) -> [Double] {
    var vectors = matrix
    var values = [Double](repeating: 0, count: size)
    let order = Int32(size)
    let status = LAPACKE_dsyevd(
      LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")), order, &vectors, order,
      &values)
    precondition(status == 0, "a symmetric matrix has eigenvectors")
    // Row-major: column k holds eigenvector k.
    var components = [Double](repeating: 0, count: size)
    for row in 0..<size {
      for column in 0..<size {
        components[column] += vectors[row * size + column] * gradient[row]
      }
    }
    func shifted(_ shift: Double) -> [Double] {
      let amplitudes = zip(components, values).map { -$0 / (max($1, 1e-3) + shift) }
      return (0..<size).map { row in
        var sum = 0.0
        for column in 0..<size { sum += vectors[row * size + column] * amplitudes[column] }
        return sum
      }
    }
    var step = shifted(0)
    guard length(step) > radius else { return step }
    var (low, high) = (0.0, 1.0)
    while length(shifted(high)) > radius { (low, high) = (high, 4 * high) }
    for _ in 0..<30 {
      let middle = (low + high) / 2
      step = shifted(middle)
      if length(step) > radius { low = middle } else { high = middle }
    }
    return shifted(high)
  }

  private func apply(_ vector: [Double]) -> [Double] {
    (0..<size).map { row in
      var sum = 0.0
      for column in 0..<size { sum += matrix[row * size + column] * vector[column] }
      return sum
    }
  }
}
