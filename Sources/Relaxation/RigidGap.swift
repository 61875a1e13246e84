/// The best distance between two rigid slabs.
public struct RigidGap: Sendable, Hashable {
  /// Gap in angstrom: the best that was computed.
  public var gap: Double
  /// Energy there in eV.
  public var energy: Double
  /// Derivative of the energy there in eV/angstrom.
  public var derivative: Double
  /// Whether a minimum was found inside the range; else the energy falls towards one of its ends.
  public var isMinimum: Bool
  /// Number of force calls.
  public var forceCalls: Int
}

/// Finds the gap of least energy between two rigid slabs.
///
/// Every call gives the energy and its derivative, so two calls on either side of the minimum fix a
/// cubic. Ends when the quadratic estimate of what is left to gain falls below `tolerance`.
///
/// - Parameters:
///   - initialGap: first guess in angstrom.
///   - range: gaps that make sense, angstrom.
///   - stiffness: guess of the second derivative in eV/angstrom^2, for the first step.
///   - curvature: the second derivative at the first guess where it is known: one call may then be
///     enough. Else nil.
///   - tolerance: energy in eV that a better gap may still gain.
///   - maximumForceCalls: most calls.
///   - evaluate: energy in eV and derivative in eV/angstrom for a gap in angstrom.
/// - Returns: the best gap computed.
/// - Throws: what `evaluate` throws, and `CancellationError`.
public func minimizeGap(
  initialGap: Double, range: ClosedRange<Double>, stiffness: Double, curvature: Double? = nil,
  tolerance: Double, maximumForceCalls: Int = 12,
  evaluate: (Double) async throws -> (energy: Double, derivative: Double)
) async throws -> RigidGap {
  struct Point {
    var gap: Double
    var energy: Double
    var derivative: Double
  }
  // A curvature that was not seen may be too high: a learned potential put another 2 meV within reach of lithium above the
  // cations of LiCl, and 4.5 meV were.
  let doubtOfCurvature = 4.0
  var points: [Point] = []
  var gap = min(max(initialGap, range.lowerBound), range.upperBound)

  func end(_ isMinimum: Bool) -> RigidGap {
    guard let best = points.min(by: { $0.energy < $1.energy }) else {
      preconditionFailure("at least one gap was computed")
    }
    return RigidGap(
      gap: best.gap, energy: best.energy, derivative: best.derivative, isMinimum: isMinimum,
      forceCalls: points.count)
  }

  while true {
    try Task.checkCancellation()
    let (energy, derivative) = try await evaluate(gap)
    let point = Point(gap: gap, energy: energy, derivative: derivative)
    points.append(point)
    // Too near: the energy still falls outwards. Too far: it falls inwards.
    let near = points.filter { $0.derivative < 0 }.max { $0.gap < $1.gap }
    let far = points.filter { $0.derivative >= 0 && $0.gap > (near?.gap ?? -.infinity) }
      .min { $0.gap < $1.gap }
    if let near, let far {
      let curvature = (far.derivative - near.derivative) / (far.gap - near.gap)
      if point.derivative * point.derivative / (2 * curvature) < tolerance { return end(true) }
      // The derivative is convex near the wall: the cubic's minimum, kept off both ends.
      let width = far.gap - near.gap
      let slope = 3 * (near.energy - far.energy) / width + near.derivative + far.derivative
      let root = max(0, slope * slope - near.derivative * far.derivative).squareRoot()
      let share =
        1 - (far.derivative + root - slope) / (far.derivative - near.derivative + 2 * root)
      let safe = share.isFinite ? min(max(share, 0.1), 0.9) : 0.5
      gap = near.gap + safe * width
    } else {
      if points.count == 1, let curvature,
        derivative * derivative / (2 * curvature) < tolerance / doubtOfCurvature
      {
        return end(true)
      }
      // One side only: a Newton step with the curvature seen so far, of at most 0.6 angstrom.
      let outwards = derivative < 0 ? 1.0 : -1.0
      var step = outwards * min(max(derivative.magnitude / stiffness, 0.1), 0.6)
      if points.count > 1 {
        let last = points[points.count - 2]
        let curvature = (point.derivative - last.derivative) / (point.gap - last.gap)
        // A small derivative alone may be the flat tail of a well farther in: only with a
        // curvature that was seen does it mean that nothing is left to gain.
        if curvature > 0, derivative * derivative / (2 * curvature) < tolerance {
          return end(true)
        }
        let newton = curvature > 0 ? 1.1 * derivative.magnitude / curvature : 1
        step = outwards * min(newton, 1)
      }
      let next = min(max(gap + step, range.lowerBound), range.upperBound)
      if (next - gap).magnitude < 1e-9 { return end(false) }
      gap = next
    }
    if points.count >= maximumForceCalls { return end(near != nil && far != nil) }
  }
}
