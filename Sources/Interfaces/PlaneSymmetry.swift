public import Structures

/// Symmetry of a slab or interface that keeps its normal: the plane group of the whole stack.
///
/// Found without spglib, whose cost grows fast with the cell: heights sort the atoms into small
/// groups that an operation cannot mix, and the smallest group gives few candidates. O(operations *
/// atoms * atoms at one height).
public struct PlaneSymmetry: Sendable {
  /// An operation on fractional positions in the plane: `x' = W x + w`; heights stay.
  public struct Operation: Sendable, Hashable {
    /// W: row i gives component i of the image.
    public var rotation: IntegerMatrix2
    /// w in units of a and b, each in [0, 1).
    public var translation: SIMD2<Double>
  }

  /// All operations, the identity among them.
  public let operations: [Operation]
  /// For each atom the first atom of its class of equivalent ones.
  public let equivalentAtoms: [Int]

  /// Finds the operations.
  ///
  /// - Parameters:
  ///   - structure: a slab or interface with a and b in xy.
  ///   - tolerance: distance in angstrom within which atoms count as equivalent.
  public init(of structure: Structure, tolerance: Double = 1e-2) {
    // Heights do not matter here, so c stands upright even where the cell's leans.
    let cell = Cell(a: structure.cell.a, b: structure.cell.b, c: Vector3(0, 0, 1))
    let groups = PlaneSymmetry.groups(structure, tolerance)
    let points = structure.positions.map { position -> SIMD2<Double> in
      let fractional = cell.fractional(position).vector
      return SIMD2(fractional.x, fractional.y)
    }
    let lean = cell.fractional(CartesianPosition(structure.cell.c)).vector
    guard let smallest = groups.min(by: { $0.count < $1.count }), let reference = smallest.first
    else {
      operations = [Operation(rotation: .identity, translation: .zero)]
      equivalentAtoms = []
      return
    }
    var found: [Operation] = []
    var classes = DisjointSets(count: structure.count)
    for rotation in PlaneSymmetry.latticeRotations(cell, tolerance) {
      // What the cell repeats by along its height must repeat the image too.
      let leans = SIMD2(lean.x, lean.y)
      var change = PlaneSymmetry.apply(rotation, leans) - leans
      change -= change.rounded(.toNearestOrAwayFromZero)
      let moved = change.x * cell.a + change.y * cell.b
      guard moved.length < tolerance else { continue }
      let turned = PlaneSymmetry.apply(rotation, points[reference])
      for target in smallest {
        let translation = points[target] - turned
        guard
          let images = PlaneSymmetry.images(
            of: points, groups, rotation, translation, cell, tolerance)
        else { continue }
        found.append(Operation(rotation: rotation, translation: PlaneSymmetry.wrapped(translation)))
        for (atom, image) in images { classes.join(atom, image) }
      }
    }
    operations = found
    equivalentAtoms = (0..<structure.count).map { classes.root($0) }
  }

  /// Atoms of one element at one height.
  private static func groups(_ structure: Structure, _ tolerance: Double) -> [[Int]] {
    let order = structure.positions.indices.sorted {
      (structure.species[$0].atomicNumber, structure.positions[$0].z, $0)
        < (structure.species[$1].atomicNumber, structure.positions[$1].z, $1)
    }
    var groups: [[Int]] = []
    for atom in order {
      if let last = groups.last?.last, structure.species[last] == structure.species[atom],
        structure.positions[atom].z - structure.positions[last].z < tolerance
      {
        groups[groups.count - 1].append(atom)
      } else {
        groups.append([atom])
      }
    }
    return groups
  }

  /// Rotations and mirrors of the plane's lattice, at most twelve.
  private static func latticeRotations(_ cell: Cell, _ tolerance: Double) -> [IntegerMatrix2] {
    let (a, b) = (SIMD2(cell.a.x, cell.a.y), SIMD2(cell.b.x, cell.b.y))
    func length(_ vector: SIMD2<Double>) -> Double { (vector * vector).sum().squareRoot() }
    let longest = max(length(a), length(b))
    // A vector no longer than the longest has bounded components along a and b.
    let area = (a.x * b.y - a.y * b.x).magnitude
    let reachA = Int((longest * length(b) / area).rounded(.up))
    let reachB = Int((longest * length(a) / area).rounded(.up))
    var imagesOfA: [SIMD2<Int>] = []
    var imagesOfB: [SIMD2<Int>] = []
    for i in -reachA...reachA {
      for j in -reachB...reachB {
        let size = length(Double(i) * a + Double(j) * b)
        if (size - length(a)).magnitude < tolerance { imagesOfA.append(SIMD2(i, j)) }
        if (size - length(b)).magnitude < tolerance { imagesOfB.append(SIMD2(i, j)) }
      }
    }
    let product = (a * b).sum()
    var result: [IntegerMatrix2] = []
    for first in imagesOfA {
      for second in imagesOfB where abs(first.x * second.y - first.y * second.x) == 1 {
        let u = Double(first.x) * a + Double(first.y) * b
        let v = Double(second.x) * a + Double(second.y) * b
        if ((u * v).sum() - product).magnitude < tolerance * longest {
          // Columns are the images of a and b.
          result.append(
            IntegerMatrix2(SIMD2(first.x, second.x), SIMD2(first.y, second.y)))
        }
      }
    }
    return result
  }

  static func apply(_ rotation: IntegerMatrix2, _ point: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(
      Double(rotation.first.x) * point.x + Double(rotation.first.y) * point.y,
      Double(rotation.second.x) * point.x + Double(rotation.second.y) * point.y)
  }

  /// Components moved by whole numbers into [0, 1), a billionth below 1 taken for 0.
  static func wrapped(_ point: SIMD2<Double>) -> SIMD2<Double> {
    let result = point - point.rounded(.down)
    return result.replacing(with: 0, where: result .> 1 - 1e-9)
  }

  /// The image of each atom; nil where one has none.
  private static func images(
    of points: [SIMD2<Double>], _ groups: [[Int]], _ rotation: IntegerMatrix2,
    _ translation: SIMD2<Double>, _ cell: Cell, _ tolerance: Double
  ) -> [(Int, Int)]? {
    let (a, b) = (SIMD2(cell.a.x, cell.a.y), SIMD2(cell.b.x, cell.b.y))
    let squared = tolerance * tolerance
    var result: [(Int, Int)] = []
    result.reserveCapacity(points.count)
    for group in groups {
      for atom in group {
        let image = apply(rotation, points[atom]) + translation
        let match = group.first { other in
          var difference = image - points[other]
          difference -= difference.rounded(.toNearestOrAwayFromZero)
          let distance = difference.x * a + difference.y * b
          return (distance * distance).sum() < squared
        }
        guard let match else { return nil }
        result.append((atom, match))
      }
    }
    return result
  }
}
