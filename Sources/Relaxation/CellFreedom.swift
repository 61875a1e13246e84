import Structures

/// Which strains of a cell are free.
public enum CellFreedom: String, Sendable, Hashable, Codable, CaseIterable {
  /// All six.
  case full
  /// The volume alone: the cell keeps its shape.
  case hydrostatic
  /// c alone, in length and direction: a and b are given by a substrate.
  case inPlaneFixed = "in-plane-fixed"
  /// Only the strain along the normal of a and b: as ``inPlaneFixed``, but c does not lean.
  case normalOnly = "normal-only"
}

extension CellFreedom {
  /// Orthonormal basis of the strains of a cell that are free, as deformations `r -> (1 + e) r`.
  func strainBasis(of cell: Cell) -> [Matrix3] {
    func unit(_ i: Int, _ j: Int) -> Matrix3 {
      var matrix = Matrix3.zero
      let value = i == j ? 1 : 0.5.squareRoot()
      matrix[i, j] = value
      matrix[j, i] = value
      return matrix
    }
    let area = cell.a.cross(cell.b)
    let normal = area / area.length
    // Moves what lies above the plane of a and b along a direction, and leaves the plane alone.
    func shift(along direction: Vector3) -> Matrix3 {
      var matrix = Matrix3.zero
      for i in 0..<3 {
        for j in 0..<3 { matrix[i, j] = direction[i] * normal[j] }
      }
      return matrix
    }
    switch self {
    case .full:
      return [unit(0, 0), unit(1, 1), unit(2, 2), unit(1, 2), unit(0, 2), unit(0, 1)]
    case .hydrostatic: return [Matrix3.identity * (1 / 3.0.squareRoot())]
    case .inPlaneFixed:
      let along = cell.a / cell.a.length
      return [normal, along, normal.cross(along)].map(shift)
    case .normalOnly: return [shift(along: normal)]
    }
  }
}
