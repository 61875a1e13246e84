/// Real spherical harmonics of unit vectors with their gradients, all of them up to a degree.
///
/// Normalised to a mean square of one over the sphere (`Y_00 = 1`), without the phase of Condon and Shortley;
/// number `l*l + l + m` has cos(m phi) for m > 0 and sin(|m| phi) for m < 0.
struct SphericalHarmonics: Sendable {
  /// Largest degree.
  let degree: Int
  /// Number of functions.
  var count: Int { (degree + 1) * (degree + 1) }

  /// Factors of the recursion by l at fixed m, at `l*l + l + m`: of `z Q_(l-1)` and of `Q_(l-2)`.
  private let rise: [Double]
  private let fall: [Double]
  /// `Q_mm`, constants.
  private let sector: [Double]

  init(degree: Int) {
    self.degree = degree
    let count = (degree + 1) * (degree + 1)
    var (rise, fall) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    var sector = [1.0]
    for l in 1..<max(2, degree + 1) where l <= degree {
      sector.append(sector[l - 1] * (Double(2 * l + 1) / Double(2 * l)).squareRoot())
      for m in 0..<l {
        let square = Double(l * l - m * m)
        let before = Double((l - 1) * (l - 1) - m * m)
        let a = (Double(4 * l * l - 1) / square).squareRoot()
        rise[l * l + l + m] = a
        fall[l * l + l + m] =
          l < 2 ? 0 : a * (before / Double(4 * (l - 1) * (l - 1) - 1)).squareRoot()
      }
    }
    self.rise = rise
    self.fall = fall
    self.sector = sector
  }

  /// Fills values and gradients.
  ///
  /// - Parameters:
  ///   - x: first component of a unit vector.
  ///   - y: second component.
  ///   - z: third component.
  ///   - values: `count` values.
  ///   - gradients: three times `count`: the components by x, then by y, then by z, of the gradient along the
  ///     sphere of radius one.
  func evaluate(
    _ x: Double, _ y: Double, _ z: Double, values: UnsafeMutablePointer<Double>,
    gradients: UnsafeMutablePointer<Double>
  ) {
    let (dx, dy, dz) = (gradients, gradients + count, gradients + 2 * count)
    // Real and imaginary part of (x + iy)^m and of (x + iy)^(m-1).
    var (cosine, sine, cosineBefore, sineBefore) = (1.0, 0.0, 0.0, 0.0)
    for m in 0...degree {
      let factor = m == 0 ? 1 : 2.0.squareRoot()
      // Q_lm and its derivative by z, for the two degrees before.
      var (q, slope, qBefore, slopeBefore) = (sector[m], 0.0, 0.0, 0.0)
      for l in m...degree {
        let home = l * l + l
        if l > m {
          let (a, b) = (rise[home + m], fall[home + m])
          let next = a * z * q - b * qBefore
          let nextSlope = a * (q + z * slope) - b * slopeBefore
          (qBefore, slopeBefore) = (q, slope)
          (q, slope) = (next, nextSlope)
        }
        let scaled = factor * q
        let moment = Double(m) * scaled
        fill(home + m, scaled * cosine, moment * cosineBefore, -moment * sineBefore)
        dz[home + m] = factor * slope * cosine
        if m > 0 {
          fill(home - m, scaled * sine, moment * sineBefore, moment * cosineBefore)
          dz[home - m] = factor * slope * sine
        }
      }
      (cosineBefore, sineBefore) = (cosine, sine)
      (cosine, sine) = (x * cosine - y * sine, x * sine + y * cosine)
    }
    // Only what runs along the sphere counts.
    for index in 0..<count {
      let radial = dx[index] * x + dy[index] * y + dz[index] * z
      dx[index] -= radial * x
      dy[index] -= radial * y
      dz[index] -= radial * z
    }

    func fill(_ index: Int, _ value: Double, _ byX: Double, _ byY: Double) {
      values[index] = value
      dx[index] = byX
      dy[index] = byY
    }
  }
}
