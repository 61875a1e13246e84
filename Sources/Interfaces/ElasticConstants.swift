public import Structures

/// Elastic constants of a cubic crystal, eV/angstrom^3.
public struct ElasticConstants: Sendable, Hashable, Codable {
  /// Longitudinal constant along a cube edge.
  public var c11: Double
  /// Coupling of two edges.
  public var c12: Double
  /// Shear on a cube face.
  public var c44: Double

  /// Whether a crystal with these constants resists every strain (Born's criteria).
  public var isStable: Bool {
    c11.isFinite && c12.isFinite && c44.isFinite && c11 > c12.magnitude && c11 + 2 * c12 > 0
      && c44 > 0
  }

  /// One GPa in eV/angstrom^3, from the SI's exact elementary charge.
  static let gigapascal = 1 / 160.2176634

  /// Creates constants from their values in GPa.
  public init(gigapascalC11 c11: Double, c12: Double, c44: Double) {
    self.c11 = c11 * ElasticConstants.gigapascal
    self.c12 = c12 * ElasticConstants.gigapascal
    self.c44 = c44 * ElasticConstants.gigapascal
  }

  /// Measured constants of a body-centred cubic alkali metal at 78 K; nil for other elements.
  ///
  /// They serve to rank matches, where a few percent do not matter.
  ///
  /// ## References
  /// Li: H. C. Nash, C. S. Smith, J. Phys. Chem. Solids 9, 113 (1959). Na: R. H. Martinson, Phys.
  /// Rev. 178, 902 (1969), doi:10.1103/PhysRev.178.902.
  public static func bodyCentredCubic(_ element: Element) -> ElasticConstants? {
    switch element {
    case .lithium: ElasticConstants(gigapascalC11: 14.81, c12: 12.50, c44: 10.77)
    case .sodium: ElasticConstants(gigapascalC11: 8.57, c12: 7.11, c44: 5.87)
    default: nil
    }
  }

  /// Energy of a strain in the plane with the normal free to relax, eV/angstrom^3.
  ///
  /// - Parameters:
  ///   - strain: xx, yy and xy (tensor, not engineering) in the frame of the turned crystal.
  ///   - frame: rows are that frame's x, y and z along the cube's edges.
  /// - Returns: half the strain times the stress, linear elasticity.
  func energyDensity(of strain: Vector3, frame: Matrix3) -> Double {
    // C_ijkl in the turned frame: c12 d_ij d_kl + c44 (d_ik d_jl + d_il d_jk) + (c11 - c12 - 2 c44)
    // sum over the cube's axes of n_i n_j n_k n_l.
    let anisotropy = c11 - c12 - 2 * c44
    func constant(_ i: Int, _ j: Int, _ k: Int, _ l: Int) -> Double {
      func delta(_ m: Int, _ n: Int) -> Double { m == n ? 1 : 0 }
      var sum = 0.0
      for axis in 0..<3 {
        sum += frame[i, axis] * frame[j, axis] * frame[k, axis] * frame[l, axis]
      }
      return c12 * delta(i, j) * delta(k, l)
        + c44 * (delta(i, k) * delta(j, l) + delta(i, l) * delta(j, k)) + anisotropy * sum
    }
    // Unknown strains zz, yz, xz follow from no stress on the face.
    let free = [(2, 2), (1, 2), (0, 2)]
    let given = [(0, 0, strain.x), (1, 1, strain.y), (0, 1, 2 * strain.z)]
    var rows = free.map { i, j -> [Double] in
      let left = free.map { k, l in constant(i, j, k, l) * (k == l ? 1 : 2) }
      let right = -given.map { k, l, value in constant(i, j, k, l) * value }.reduce(0, +)
      return left + [right]
    }
    // Gauss elimination of three equations; the matrix is positive definite.
    for pivot in 0..<3 {
      for row in 0..<3 where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot..<4 { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    let solved = (0..<3).map { rows[$0][3] / rows[$0][$0] }
    var tensor = [[strain.x, strain.z, solved[2]], [strain.z, strain.y, solved[1]]]
    tensor.append([solved[2], solved[1], solved[0]])
    var energy = 0.0
    for i in 0..<3 {
      for j in 0..<3 {
        for k in 0..<3 {
          for l in 0..<3 { energy += 0.5 * constant(i, j, k, l) * tensor[i][j] * tensor[k][l] }
        }
      }
    }
    return energy
  }
}

extension OrientedCrystal {
  /// Elastic energy of a match for each angstrom of the metal's thickness, eV/angstrom^3.
  ///
  /// - Parameters:
  ///   - match: a match of this crystal.
  ///   - constants: elastic constants of this crystal.
  /// - Returns: energy by linear elasticity, the normal free to relax; nil where the crystal was not
  ///   cubic with its edges along x, y and z before it was turned.
  public func strainEnergyDensity(
    of match: LatticeMatch, constants: ElasticConstants
  ) -> Double? {
    guard isCubicFrame else { return nil }
    return constants.energyDensity(of: match.strain, frame: frame)
  }
}
