import CLapacke
import Foundation
import Structures

/// What a model's forces lack, interpolated between geometries at which the engine has answered.
///
/// A Gaussian process over all coordinates with the squared-exponential kernel, given differences of forces only:
/// at every geometry that was computed model and correction together give the engine's forces, between them the
/// difference changes smoothly, and far from them it fades. It makes any model converge like a quasi-Newton method
/// does, for what was seen of the energy's curvature is kept.
///
/// All vectors lie in the space that the differences and the moves between geometries span, so the equations have
/// a few unknowns for each geometry, however many atoms there are.
///
/// ## References
/// E. Garijo del Río, J. J. Mortensen, K. W. Jacobsen, Phys. Rev. B 100, 104103 (2019),
/// doi:10.1103/PhysRevB.100.104103.
struct ResidualCorrection: Sendable {
  /// Length over which the differences change, in the space of all coordinates, angstrom.
  static let length = 0.6
  /// Variance of the noise of forces beside that of the differences.
  private static let noise = 1e-4

  private let points: [[Double]]
  /// Weights: one vector for each point.
  private let weights: [[Double]]

  /// Interpolates.
  ///
  /// - Parameters:
  ///   - points: coordinates of the geometries, angstrom.
  ///   - residuals: the engine's forces less the model's, eV/angstrom.
  init(points: [[Double]], residuals: [[Double]]) {
    self.points = points
    // Orthonormal directions of all residuals and moves.
    var basis: [[Double]] = []
    for vector in residuals + points.dropFirst().map({ Vectors.difference($0, points[0]) }) {
      var rest = vector
      let size = Vectors.dot(rest, rest).squareRoot()
      for _ in 0..<2 {
        for direction in basis {
          let share = Vectors.dot(rest, direction)
          for index in rest.indices { rest[index] -= share * direction[index] }
        }
      }
      let norm = Vectors.dot(rest, rest).squareRoot()
      if norm > 1e-6 * size, norm > 1e-12 { basis.append(rest.map { $0 / norm }) }
    }
    let (count, width) = (points.count, basis.count)
    let order = count * width
    guard order > 0 else {
      weights = points.map { $0.map { _ in 0 } }
      return
    }
    func inside(_ vector: [Double]) -> [Double] { basis.map { Vectors.dot($0, vector) } }
    let places = points.map { inside(Vectors.difference($0, points[0])) }
    var matrix = [Double](repeating: 0, count: order * order)
    let square = ResidualCorrection.length * ResidualCorrection.length
    for i in 0..<count {
      for j in 0..<count {
        let move = Vectors.difference(places[i], places[j])
        let kernel = exp(-Vectors.dot(move, move) / (2 * square))
        for a in 0..<width {
          for b in 0..<width {
            matrix[(i * width + a) * order + j * width + b] =
              kernel * ((a == b ? 1 : 0) - move[a] * move[b] / square)
          }
        }
      }
    }
    for index in 0..<order { matrix[index * order + index] += ResidualCorrection.noise }
    var solution = residuals.flatMap(inside)
    let status = LAPACKE_dposv(
      LAPACK_COL_MAJOR, 0x4C, Int32(order), 1, &matrix, Int32(order), &solution, Int32(order))
    weights = (0..<count).map { point in
      var weight = [Double](repeating: 0, count: points[0].count)
      // A matrix that rounding has spoilt corrects nothing.
      guard status == 0 else { return weight }
      for (a, direction) in basis.enumerated() {
        let share = solution[point * width + a]
        for index in weight.indices { weight[index] += share * direction[index] }
      }
      return weight
    }
  }

  /// What is to be added to the model's energy (eV, up to a constant) and forces (eV/angstrom).
  func value(at coordinates: [Double]) -> (energy: Double, forces: [Double]) {
    let square = ResidualCorrection.length * ResidualCorrection.length
    var energy = 0.0
    var forces = [Double](repeating: 0, count: coordinates.count)
    for (point, weight) in zip(points, weights) {
      let move = Vectors.difference(coordinates, point)
      let kernel = exp(-Vectors.dot(move, move) / (2 * square))
      let along = Vectors.dot(move, weight)
      energy -= kernel * along
      for index in forces.indices {
        forces[index] += kernel * (weight[index] - move[index] * along / square)
      }
    }
    return (energy, forces)
  }
}
