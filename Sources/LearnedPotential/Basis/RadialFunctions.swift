import Foundation

/// The radial functions of one pair of elements: polynomials of distance that end smoothly at a cut-off.
///
/// Function n is `sum_k c_nk g_k(x)` with `g_k = (1 - T_k(x))/2`, k from 1, T_k the Chebyshev polynomials and
/// `x = 1 - 2 (1 - r/cutoff)^exponent`: the form "ChebPow" of LAMMPS's ML-PACE, so that a fitted potential can be
/// handed over. The coefficients make each function `u^3` times a polynomial of rising degree, `u = (1 - x)/2`, so
/// that energy, force and its slope vanish at the cut-off; and the functions orthonormal over the distances at
/// which atoms of this pair meet, so that a coefficient's size says what it does to the energy.
///
/// ## References
/// Y. Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021), doi:10.1038/s41524-021-00559-9.
public struct RadialFunctions: Sendable, Hashable, Codable {
  /// Distance in angstrom from which on all functions are zero.
  public let cutoff: Double
  /// Power of the map from distance to x; 1 or more.
  public let exponent: Double
  /// Distance in angstrom from which on the functions are orthonormal.
  public let innerDistance: Double
  /// `c_nk`: a row for each function, a column for each k from 1.
  public let coefficients: [[Double]]

  /// Number of functions.
  public var count: Int { coefficients.count }
  /// Largest k.
  public var degree: Int { coefficients.first?.count ?? 0 }

  /// Order of contact with zero at the cut-off, in powers of u.
  static let contact = 3
  /// Atoms for each cubic angstrom that the scalar product takes between the two distances: about lithium's, which
  /// makes the sums over neighbours of the order of one.
  private static let density = 0.05

  /// Makes orthonormal functions.
  ///
  /// - Parameters:
  ///   - count: number of functions.
  ///   - cutoff: angstrom.
  ///   - innerDistance: angstrom, from which on they are orthonormal.
  ///   - exponent: power of the map from distance to x.
  public init(count: Int, cutoff: Double, innerDistance: Double, exponent: Double = 1) {
    precondition(count > 0 && cutoff > innerDistance && innerDistance >= 0 && exponent >= 1)
    self.cutoff = cutoff
    self.exponent = exponent
    self.innerDistance = innerDistance
    var rows = (0..<count).map { RadialFunctions.powerTimesChebyshev($0, count: count) }
    // Values on a grid of midpoints, weighted so that a plain dot product is the scalar product.
    let points = 2000
    let step = (cutoff - innerDistance) / Double(points)
    let grid = (0..<points).map { innerDistance + (Double($0) + 0.5) * step }
    let weights = grid.map { 4 * Double.pi * $0 * $0 * RadialFunctions.density * step }
    let basis = grid.map { distance in
      RadialFunctions.chebyshev(
        RadialFunctions.argument(distance, cutoff, exponent).x, degree: rows[0].count
      ).map { 0.5 - 0.5 * $0 }
    }
    func values(_ row: [Double]) -> [Double] {
      basis.map { g in zip(row, g).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    var kept: [[Double]] = []
    for n in 0..<count {
      // Gram-Schmidt twice is as good as it gets.
      for _ in 0..<2 {
        let own = values(rows[n])
        for (m, other) in kept.enumerated() {
          let overlap = zip(zip(own, other), weights).reduce(0) { $0 + $1.0.0 * $1.0.1 * $1.1 }
          rows[n] = zip(rows[n], rows[m]).map { $0 - overlap * $1 }
        }
        let rest = values(rows[n])
        let norm = zip(rest, weights).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }.squareRoot()
        // A fixed sign makes the functions the same on every machine.
        let factor = (rest[0] < 0 ? -1 : 1) / norm
        rows[n] = rows[n].map { $0 * factor }
      }
      kept.append(values(rows[n]))
    }
    coefficients = rows
  }

  /// Coefficients by `g_k` of `u^contact T_j(x)`, k from 1 to `count - 1 + contact`.
  private static func powerTimesChebyshev(_ j: Int, count: Int) -> [Double] {
    let degree = count - 1 + contact
    var chebyshev = [Double](repeating: 0, count: degree + 1)
    chebyshev[j] = 1
    for _ in 0..<contact {
      // u = (T_0 - T_1)/2, and T_1 T_k = (T_(k+1) + T_|k-1|)/2.
      var product = chebyshev.map { 0.5 * $0 }
      for (k, value) in chebyshev.enumerated() where value != 0 {
        product[k + 1] -= 0.25 * value
        product[abs(k - 1)] -= 0.25 * value
      }
      chebyshev = product
    }
    // The sum vanishes at x = 1, so the constant is what the others leave.
    return chebyshev.dropFirst().map { -2 * $0 }
  }

  private static func argument(
    _ distance: Double, _ cutoff: Double, _ exponent: Double
  ) -> (x: Double, slope: Double) {
    let rest = max(0, 1 - distance / cutoff)
    if exponent == 1 { return (1 - 2 * rest, 2 / cutoff) }
    let power = pow(rest, exponent - 1)
    return (1 - 2 * power * rest, 2 * exponent / cutoff * power)
  }

  /// `T_1 ... T_degree` at x.
  private static func chebyshev(_ x: Double, degree: Int) -> [Double] {
    var result = [x]
    var before = 1.0
    for k in 1..<max(1, degree) {
      let next = 2 * x * result[k - 1] - before
      before = result[k - 1]
      result.append(next)
    }
    return result
  }

  /// Values and slopes of all functions.
  ///
  /// - Parameter distance: angstrom.
  /// - Returns: values, and derivatives by distance in 1/angstrom; zeros from the cut-off on.
  public func values(at distance: Double) -> (values: [Double], slopes: [Double]) {
    guard distance < cutoff else {
      return ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    }
    let (x, slope) = RadialFunctions.argument(distance, cutoff, exponent)
    var (values, slopes) = (
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count)
    )
    // T_k and U_k-1, of which k U_k-1 is the derivative of T_k.
    var (first, firstBefore) = (x, 1.0)
    var (second, secondBefore) = (1.0, 0.0)
    for k in 1...degree {
      let g = 0.5 - 0.5 * first
      let derivative = -0.5 * Double(k) * second * slope
      for n in 0..<count {
        values[n] += coefficients[n][k - 1] * g
        slopes[n] += coefficients[n][k - 1] * derivative
      }
      (first, firstBefore) = (2 * x * first - firstBefore, first)
      (second, secondBefore) = (2 * x * second - secondBefore, second)
    }
    return (values, slopes)
  }
}

/// A repulsion that keeps atoms of a pair from falling into each other, where no data reaches.
///
/// Each atom of a pair gets `prefactor exp(-decay r^2)/r (1 + cos(pi r/cutoff))/2`, the hard core of LAMMPS's ML-PACE.
/// The prefactor is that of two bare nuclei, shared by both atoms.
public struct CoreRepulsion: Sendable, Hashable, Codable {
  /// eV angstrom.
  public let prefactor: Double
  /// 1/angstrom^2.
  public let decay: Double
  /// angstrom.
  public let cutoff: Double

  /// A core that costs each atom half an eV at a distance.
  ///
  /// - Parameters:
  ///   - charges: product of the two atomic numbers.
  ///   - distance: angstrom; closer than any data.
  ///   - cutoff: angstrom.
  public init(charges: Double, distance: Double, cutoff: Double) {
    // Coulomb's constant times the square of the elementary charge, eV angstrom.
    prefactor = 0.5 * 14.399645 * charges
    decay = log(prefactor / (0.5 * distance)) / (distance * distance)
    self.cutoff = cutoff
  }

  /// Energy of one atom of a pair in eV, and its derivative by distance in eV/angstrom.
  public func value(at distance: Double) -> (energy: Double, slope: Double) {
    let square = decay * distance * distance
    guard distance < cutoff, square < 50 else { return (0, 0) }
    let bare = prefactor * exp(-square) / distance
    let bareSlope = -bare * (2 * square + 1) / distance
    let phase = Double.pi * distance / cutoff
    let envelope = 0.5 * (1 + cos(phase))
    return (
      bare * envelope, bareSlope * envelope - bare * 0.5 * sin(phase) * Double.pi / cutoff
    )
  }
}
