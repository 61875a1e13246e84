/// A vector of three real numbers; the unit is given where it is used, angstrom unless stated.
///
/// Not a `SIMD3<Double>`: that takes 32 bytes for 24 and is aligned to 32, and a value aligned to more
/// than 16 bytes that lives across an `await` breaks the stack discipline of the task allocator
/// (Swift 6.3.1 on Linux stops with "freed pointer was not the last allocation").
public struct Vector3: Sendable, Hashable {
  /// First component.
  public var x: Double
  /// Second component.
  public var y: Double
  /// Third component.
  public var z: Double

  /// Creates a vector from its components.
  public init(_ x: Double, _ y: Double, _ z: Double) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// Creates a vector with three equal components.
  public init(repeating value: Double) { self.init(value, value, value) }

  /// The vector of length zero.
  public static let zero = Vector3(0, 0, 0)

  /// Component by number, 0 to 2.
  public subscript(axis: Int) -> Double {
    get {
      switch axis {
      case 0: x
      case 1: y
      default: z
      }
    }
    set {
      switch axis {
      case 0: x = newValue
      case 1: y = newValue
      default: z = newValue
      }
    }
  }

  /// Scalar product, in the product of the operands' units.
  public func dot(_ other: Vector3) -> Double { x * other.x + y * other.y + z * other.z }

  /// Vector product, right-handed.
  public func cross(_ other: Vector3) -> Vector3 {
    Vector3(
      y * other.z - z * other.y,
      z * other.x - x * other.z,
      x * other.y - y * other.x)
  }

  /// Euclidean length, in the unit of the components.
  public var length: Double { dot(self).squareRoot() }

  /// Sum of the components: finite only where all of them are.
  public func sum() -> Double { x + y + z }

  /// Smallest component.
  public func min() -> Double { Swift.min(x, y, z) }

  /// Largest component.
  public func max() -> Double { Swift.max(x, y, z) }

  /// Each component rounded.
  public func rounded(_ rule: FloatingPointRoundingRule) -> Vector3 {
    Vector3(x.rounded(rule), y.rounded(rule), z.rounded(rule))
  }

  /// Sum by component.
  public static func + (left: Vector3, right: Vector3) -> Vector3 {
    Vector3(left.x + right.x, left.y + right.y, left.z + right.z)
  }

  /// Difference by component.
  public static func - (left: Vector3, right: Vector3) -> Vector3 {
    Vector3(left.x - right.x, left.y - right.y, left.z - right.z)
  }

  /// Product by component.
  public static func * (left: Vector3, right: Vector3) -> Vector3 {
    Vector3(left.x * right.x, left.y * right.y, left.z * right.z)
  }

  /// Each component times a number.
  public static func * (vector: Vector3, factor: Double) -> Vector3 {
    Vector3(vector.x * factor, vector.y * factor, vector.z * factor)
  }

  /// Each component times a number.
  public static func * (factor: Double, vector: Vector3) -> Vector3 { vector * factor }

  /// Each component divided by a number.
  public static func / (vector: Vector3, divisor: Double) -> Vector3 {
    Vector3(vector.x / divisor, vector.y / divisor, vector.z / divisor)
  }

  /// Adds another vector.
  public static func += (left: inout Vector3, right: Vector3) { left = left + right }

  /// Subtracts another vector.
  public static func -= (left: inout Vector3, right: Vector3) { left = left - right }
}

extension Vector3: Codable {
  /// Decodes a list of three numbers.
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    self.init(
      try container.decode(Double.self), try container.decode(Double.self),
      try container.decode(Double.self))
  }

  /// Encodes a list of three numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(x)
    try container.encode(y)
    try container.encode(z)
  }
}
