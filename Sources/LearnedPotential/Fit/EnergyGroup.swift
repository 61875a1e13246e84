import Structures

/// Force calls whose energies have unknown constants in common, because of another basis set or another mesh.
public struct EnergyGroup: Sendable, Hashable, Codable {
  /// What they have in common.
  public var name: String
  /// What is unknown.
  public var unknown: Unknown

  /// What energies of a group may be off by.
  public enum Unknown: Sendable, Hashable, Codable {
    /// One constant: the group's cells have one composition, or one basis set and the error of one mesh.
    case constant
    /// A constant for each atom of an element: what a smaller basis set lacks lies at the nuclei.
    case constantOfEachElement

    /// What cells that share a mesh may be off by together: its error; with another basis set, in place of it, what each of their
    /// atoms lacks.
    ///
    /// In a compound the latter takes a vacancy from its perfect cell too: what is left is one vacancy against another.
    ///
    /// - Parameter group: of the cells' energies; nil where they are absolute but for the mesh.
    init(ofMeshIn group: EnergyGroup?) { self = group?.unknown ?? .constant }
  }

  /// Creates a group.
  public init(_ name: String, unknown: Unknown = .constant) {
    self.name = name
    self.unknown = unknown
  }
}

/// How much of unknown constants is in a datum made of energies.
struct ConstantShare: Sendable {
  /// Of a constant of all cells.
  let one: Double
  /// Of a constant of each element.
  let elements: [Element: Double]

  /// Of a cell's energy times a factor.
  init(_ structure: Structure, factor: Double) {
    one = factor
    elements = structure.composition.mapValues { Double($0) * factor }
  }

  /// Of a sum of data, each with its weight.
  init(_ parts: [(weight: Double, share: ConstantShare)]) {
    one = parts.reduce(0) { $0 + $1.weight * $1.share.one }
    elements = parts.reduce(into: [:]) { sum, part in
      for (element, count) in part.share.elements {
        sum[element, default: 0] += part.weight * count
      }
    }
  }
}

/// The directions in a group's energies that unknown constants may move them along.
struct UnknownConstants {
  /// Orthonormal.
  private var directions: [[Double]] = []

  /// Finds them.
  ///
  /// - Parameters:
  ///   - unknown: the constants.
  ///   - shares: how much of them is in each datum.
  init(_ unknown: EnergyGroup.Unknown, in shares: [ConstantShare]) {
    let columns =
      switch unknown {
      case .constant: [shares.map(\.one)]
      case .constantOfEachElement:
        Set(shares.flatMap(\.elements.keys)).sorted { $0.atomicNumber < $1.atomicNumber }
          .map { element in shares.map { $0.elements[element] ?? 0 } }
      }
    for whole in columns {
      let rest = removed(from: whole)
      let norm = UnknownConstants.dot(rest, rest).squareRoot()
      // Elements that always come in the same ratio have one constant together.
      if norm > 1e-9 * UnknownConstants.dot(whole, whole).squareRoot() {
        directions.append(rest.map { $0 / norm })
      }
    }
  }

  /// Number of data that are lost to them.
  var count: Int { directions.count }

  /// What is left of data, one number for each member.
  func removed(from data: [Double]) -> [Double] {
    var rest = data
    // Twice, against rounding.
    for _ in 0..<2 {
      for direction in directions {
        let share = UnknownConstants.dot(rest, direction)
        for index in rest.indices { rest[index] -= share * direction[index] }
      }
    }
    return rest
  }

  private static func dot(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
