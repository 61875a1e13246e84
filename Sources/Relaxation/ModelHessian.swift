import Foundation
import Structures

/// A guess of the second derivatives of the energy from the graph of neighbours.
///
/// Each pair of near atoms is a spring along their line and a weaker one across it. Its stiffness
/// falls off exponentially with the distance in units of the pair's nearest distance, as in the
/// preconditioner of Packwood et al.; the scale is 0.4 eV/angstrom^2 between atoms of like
/// electronegativity and 1.2 between unlike ones, which gives the bulk moduli of lithium (13 GPa)
/// and lithium chloride (25 GPa, measured 32) within a third. What is wrong with the scale is put
/// right by the first observed curvature; what counts is that long waves are soft and short ones
/// stiff, which a diagonal guess gets wrong for thick slabs.
///
/// ## References
/// D. Packwood et al., J. Chem. Phys. 144, 164109 (2016), doi:10.1063/1.4947024;
/// R. Lindh et al., Chem. Phys. Lett. 241, 423 (1995), doi:10.1016/0009-2614(95)00646-L.
struct ModelHessian: Sendable {
  /// Fraction of a spring's stiffness that resists sideways motion.
  static let transverse = 0.2
  /// Stiffness of an atom against its place in space, eV/angstrom^2: bounds the softest mode.
  static let floor = 0.02

  /// Farthest neighbours, in nearest distances.
  ///
  /// Next but one along a line of nearest neighbours there are atoms at twice their distance, in every crystal: a limit there
  /// would take some of a shell and leave others, as rounding has it, and steps by such a matrix leave the symmetry of a
  /// geometry by some 1e-4 angstrom. The engine then needs all points of its mesh, three times as many on lithium oxide.
  static let farthestRatio = 1.99

  /// Row-major matrix over the 3 N positions, then the strains (scaled by `strainLength`).
  let matrix: [Double]
  /// Number of rows.
  let size: Int

  /// Builds the guess; O(n^2).
  ///
  /// - Parameters:
  ///   - structure: the start of the relaxation.
  ///   - strains: basis of the free strains, symmetric matrices.
  ///   - strainLength: length in angstrom that turns a strain into a coordinate.
  init(_ structure: Structure, strains: [Matrix3], strainLength: Double) {
    let atoms = structure.count
    let size = 3 * atoms + strains.count
    var matrix = [Double](repeating: 0, count: size * size)
    let lists = structure.neighbors(within: 6)
    let nearest = lists.map { $0.first?.distance ?? 3 }
    for (first, list) in lists.enumerated() {
      for neighbor in list {
        let second = neighbor.index
        let scale = max(nearest[first], nearest[second])
        let ratio = neighbor.distance / scale
        guard ratio < ModelHessian.farthestRatio else { continue }
        let stiffness =
          ModelHessian.stiffness(structure.species[first], structure.species[second])
          * exp(-3 * (ratio - 1))
        let n = neighbor.displacement / neighbor.distance
        // Each pair is seen from both ends: the diagonal block takes it once for each end.
        for i in 0..<3 {
          for j in 0..<3 {
            let along = n[i] * n[j]
            let across = (i == j ? 1 : 0) - along
            let value = stiffness * (along + ModelHessian.transverse * across)
            matrix[(3 * first + i) * size + 3 * first + j] += value
            matrix[(3 * first + i) * size + 3 * second + j] -= value
          }
        }
        for (row, left) in strains.enumerated() {
          let stretch = left.apply(n).dot(n)
          for (column, right) in strains.enumerated() {
            let other = right.apply(n).dot(n)
            // Half, because the pair is seen twice; length^2 turns strains into stretches.
            matrix[(3 * atoms + row) * size + 3 * atoms + column] +=
              0.5 * stiffness * neighbor.distance * neighbor.distance * stretch * other
              / (strainLength * strainLength)
          }
        }
      }
    }
    for index in 0..<(3 * atoms) { matrix[index * size + index] += ModelHessian.floor }
    for index in (3 * atoms)..<size {
      // Shear is softer than stretch, but not without resistance.
      matrix[index * size + index] +=
        0.01 * structure.cell.volume / (strainLength * strainLength)
    }
    self.matrix = matrix
    self.size = size
  }

  /// Stiffness of a spring between two elements at their nearest distance, eV/angstrom^2.
  static func stiffness(_ first: Element, _ second: Element) -> Double {
    guard let a = first.electronegativity, let b = second.electronegativity else { return 0.4 }
    return (a - b).magnitude > 1 ? 1.2 : 0.4
  }
}
