import Structures

/// Distances in the plane of a cell's a and b, with what is needed for them computed once.
struct PlaneMetric {
  private let a: SIMD2<Double>
  private let b: SIMD2<Double>
  private let inverseA: SIMD2<Double>
  private let inverseB: SIMD2<Double>

  /// Takes a and b, which lie in xy.
  init(_ cell: Cell) {
    a = SIMD2(cell.a.x, cell.a.y)
    b = SIMD2(cell.b.x, cell.b.y)
    let area = a.x * b.y - a.y * b.x
    inverseA = SIMD2(b.y, -b.x) / area
    inverseB = SIMD2(-a.y, a.x) / area
  }

  /// Components along a and b of a point in angstrom; z is left out.
  func fractional(_ vector: Vector3) -> SIMD2<Double> {
    let point = SIMD2(vector.x, vector.y)
    return SIMD2((point * inverseA).sum(), (point * inverseB).sum())
  }

  /// The point in angstrom of components along a and b; z is zero.
  func cartesian(_ point: SIMD2<Double>) -> Vector3 {
    let vector = point.x * a + point.y * b
    return Vector3(vector.x, vector.y, 0)
  }

  /// Square of the shortest distance between two points and all their images, square angstrom.
  func squaredDistance(_ first: SIMD2<Double>, _ second: SIMD2<Double>) -> Double {
    var difference = first - second
    difference -= difference.rounded(.toNearestOrAwayFromZero)
    let start = difference.x * a + difference.y * b
    var shortest = Double.infinity
    for i in -1...1 {
      for j in -1...1 {
        let vector = start + Double(i) * a + Double(j) * b
        shortest = min(shortest, (vector * vector).sum())
      }
    }
    return shortest
  }
}
