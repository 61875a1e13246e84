/// A position in Cartesian coordinates, angstrom.
///
/// A type of its own, so that a Cartesian triple can never be taken for a fractional one.
public struct CartesianPosition: Sendable, Hashable, Codable {
  /// Components along x, y, z in angstrom.
  public var vector: Vector3

  /// Creates a position from its components in angstrom.
  public init(_ vector: Vector3) { self.vector = vector }

  /// Creates a position from its components in angstrom.
  public init(_ x: Double, _ y: Double, _ z: Double) { vector = Vector3(x, y, z) }

  /// Component along x in angstrom.
  public var x: Double { vector.x }
  /// Component along y in angstrom.
  public var y: Double { vector.y }
  /// Component along z in angstrom.
  public var z: Double { vector.z }
}

/// A position in units of the three cell vectors, dimensionless.
public struct FractionalPosition: Sendable, Hashable, Codable {
  /// Components along the cell vectors a, b, c.
  public var vector: Vector3

  /// Creates a position from its components along a, b, c.
  public init(_ vector: Vector3) { self.vector = vector }

  /// Creates a position from its components along a, b, c.
  public init(_ a: Double, _ b: Double, _ c: Double) { vector = Vector3(a, b, c) }

  /// The same site moved by whole cell vectors into [0, 1) in each component.
  public var wrapped: FractionalPosition {
    var result = vector - vector.rounded(.down)
    for axis in 0..<3 where result[axis] >= 1 { result[axis] = 0 }
    return FractionalPosition(result)
  }
}
