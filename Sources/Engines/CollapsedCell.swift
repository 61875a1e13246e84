public import Structures

extension Evaluation {
  /// The answer of an engine that counts neighbours for a cell with no room for its atoms; nil for any other cell.
  ///
  /// A relaxation by a poor potential can run into one, and the images within a cut-off then number billions.
  ///
  /// - Parameter structure: any.
  /// - Returns: an answer that has not converged, with its reason.
  public static func refusing(collapsed structure: Structure) -> Evaluation? {
    guard structure.isCollapsed else { return nil }
    let volume = (10 * structure.cell.volume).rounded() / 10
    return Evaluation(
      energy: .nan, forces: [Vector3](repeating: .zero, count: structure.count),
      convergence: .notConverged(
        reason: "\(collapse) to \(volume) cubic angstrom for \(structure.count) atoms"))
  }

  /// Whether a reason is that of ``refusing(collapsed:)``.
  public static func isCollapse(_ reason: String) -> Bool { reason.hasPrefix(collapse) }

  private static let collapse = "the cell has collapsed"
}

extension Structure {
  /// Whether a cell is smaller than any solid under any pressure that is met: three tenths of the spheres of its atoms'
  /// covalent radii, or thinner than an atom's core.
  fileprivate var isCollapsed: Bool {
    let spheres = species.reduce(0) {
      $0 + 4 * Double.pi / 3 * $1.covalentRadius * $1.covalentRadius * $1.covalentRadius
    }
    let heights = cell.heights
    return !(cell.volume > 0.3 * spheres) || !(min(heights.x, heights.y, heights.z) > 0.2)
  }
}
