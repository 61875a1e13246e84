public import Engines
public import Structures

/// Systems that more than one test target uses.
public enum TestSystems {
  /// A crystal of low symmetry: triclinic, two elements, no atom at a special place.
  public static let triclinic = Structure(
    cell: Cell(
      a: Vector3(4.1, 0.2, -0.3), b: Vector3(0.7, 4.6, 0.4), c: Vector3(-0.5, 0.9, 5.2)),
    species: [.lithium, .chlorine, .lithium, .chlorine],
    fractionalPositions: [
      FractionalPosition(0.02, 0.05, 0.03), FractionalPosition(0.48, 0.55, 0.11),
      FractionalPosition(0.51, 0.08, 0.57), FractionalPosition(0.03, 0.52, 0.61),
    ])

  /// Morse pairs with distances like lithium's and lithium chloride's.
  public static let morse = MorseEngine(
    pairs: [
      [.lithium]: .init(depth: 0.2, width: 1.6, distance: 3.0),
      [.lithium, .chlorine]: .init(depth: 1.0, width: 1.2, distance: 2.55),
      [.chlorine]: .init(depth: 0.05, width: 1.0, distance: 3.9),
    ], cutoff: 5.5)

  /// A repeatable random number generator (SplitMix64).
  public struct Random: RandomNumberGenerator {
    private var state: UInt64

    /// Creates a generator; equal seeds give equal numbers.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }

    /// A whole number from 0 to less than `limit`; 0 for a limit below 1.
    public mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }
  }
}

extension Structure {
  /// Every atom moved by a random vector with components up to `amplitude` angstrom.
  public func rattled(by amplitude: Double, seed: UInt64) -> Structure {
    var random = TestSystems.Random(seed: seed)
    var result = self
    for index in positions.indices {
      result.positions[index].vector += Vector3(
        Double.random(in: -amplitude...amplitude, using: &random),
        Double.random(in: -amplitude...amplitude, using: &random),
        Double.random(in: -amplitude...amplitude, using: &random))
    }
    return result
  }
}
