import Structures

/// Memory for one atom at a time: its base, and what each neighbour added to it.
final class AtomScratch {
  private let basis: ClusterBasis
  private let block: Int
  private let baseCount: Int
  private let harmonicCount: Int
  private let radialCount: Int
  /// The atomic base.
  let base: UnsafeMutablePointer<Double>
  /// Derivatives of the energy by the base.
  let adjoint: UnsafeMutablePointer<Double>
  private let radial: UnsafeMutablePointer<Double>
  private let slopes: UnsafeMutablePointer<Double>
  private let harmonics: UnsafeMutablePointer<Double>
  private let gradients: UnsafeMutablePointer<Double>
  private var neighbors: [Neighbor] = []
  private let capacity: Int

  private struct Neighbor {
    var owner: Int
    var element: Int
    var unit: (Double, Double, Double)
    var distance: Double
  }

  init(_ basis: ClusterBasis, neighbors: Int) {
    self.basis = basis
    capacity = max(1, neighbors)
    block = basis.offsets[basis.offsets.count - 1]
    baseCount = basis.baseCount
    harmonicCount = basis.harmonics.count
    // The core's energy follows the radial functions.
    radialCount = (basis.radial.first?.count ?? 0) + 1
    base = .allocate(capacity: baseCount)
    adjoint = .allocate(capacity: baseCount)
    radial = .allocate(capacity: capacity * radialCount)
    slopes = .allocate(capacity: capacity * radialCount)
    harmonics = .allocate(capacity: capacity * harmonicCount)
    gradients = .allocate(capacity: capacity * 3 * harmonicCount)
    self.neighbors.reserveCapacity(capacity)
  }

  deinit {
    for memory in [base, adjoint, radial, slopes, harmonics, gradients] { memory.deallocate() }
  }

  /// Forgets the atom before.
  func clear() {
    base.update(repeating: 0, count: baseCount)
    adjoint.update(repeating: 0, count: baseCount)
    neighbors.removeAll(keepingCapacity: true)
  }

  /// Adds a neighbour to the base; returns the energy of its core, eV.
  func take(
    _ dx: Double, _ dy: Double, _ dz: Double, _ distance: Double, owner: Int, element: Int,
    table: RadialTable
  ) -> Double {
    let number = neighbors.count
    let (x, y, z) = (dx / distance, dy / distance, dz / distance)
    neighbors.append(
      Neighbor(owner: owner, element: element, unit: (x, y, z), distance: distance))
    let r = radial + number * radialCount
    let harmonic = harmonics + number * harmonicCount
    table.evaluate(distance, values: r, slopes: slopes + number * radialCount)
    basis.harmonics.evaluate(
      x, y, z, values: harmonic, gradients: gradients + number * 3 * harmonicCount)
    basis.radialCounts.withUnsafeBufferPointer { counts in
      var target = base + element * block
      var lm = 0
      for l in 0..<counts.count {
        let count = counts[l]
        for _ in 0...(2 * l) {
          let factor = harmonic[lm]
          for n in 0..<count { target[n] += r[n] * factor }
          target += count
          lm += 1
        }
      }
    }
    return r[radialCount - 1]
  }

  /// Adds the forces on the atom and its neighbours, and volume times stress.
  func handOut(
    _ atom: Int, _ forces: UnsafeMutableBufferPointer<Double>, _ virial: inout [Double]
  ) {
    basis.radialCounts.withUnsafeBufferPointer { counts in
      for (number, neighbor) in neighbors.enumerated() {
        let r = radial + number * radialCount
        let slope = slopes + number * radialCount
        let harmonic = harmonics + number * harmonicCount
        let gx = gradients + number * 3 * harmonicCount
        let (gy, gz) = (gx + harmonicCount, gx + 2 * harmonicCount)
        var source = adjoint + neighbor.element * block
        var lm = 0
        // Along the bond, and along the sphere before division by the distance.
        var along = slope[radialCount - 1]
        var (sx, sy, sz) = (0.0, 0.0, 0.0)
        for l in 0..<counts.count {
          let count = counts[l]
          for _ in 0...(2 * l) {
            var (value, rise) = (0.0, 0.0)
            for n in 0..<count {
              value += source[n] * r[n]
              rise += source[n] * slope[n]
            }
            along += rise * harmonic[lm]
            sx += value * gx[lm]
            sy += value * gy[lm]
            sz += value * gz[lm]
            source += count
            lm += 1
          }
        }
        let (x, y, z) = neighbor.unit
        let inverse = 1 / neighbor.distance
        let fx = along * x + sx * inverse
        let fy = along * y + sy * inverse
        let fz = along * z + sz * inverse
        let (there, here) = (3 * neighbor.owner, 3 * atom)
        forces[there] -= fx
        forces[there + 1] -= fy
        forces[there + 2] -= fz
        forces[here] += fx
        forces[here + 1] += fy
        forces[here + 2] += fz
        let (dx, dy, dz) = (x * neighbor.distance, y * neighbor.distance, z * neighbor.distance)
        virial[0] += fx * dx
        virial[1] += fy * dy
        virial[2] += fz * dz
        virial[3] += fy * dz
        virial[4] += fx * dz
        virial[5] += fx * dy
      }
    }
  }
}
