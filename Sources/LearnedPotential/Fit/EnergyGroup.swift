public import Structures

/// Force calls whose energies have unknown constants in common, because of another basis set or another mesh.
public struct EnergyGroup: Sendable, Hashable, Codable {
  /// What they have in common.
  public var name: String
  /// What is unknown.
  public var unknown: Unknown

  /// What energies of a group may be off by.
  public enum Unknown: Sendable, Hashable, Codable {
    /// One constant: the group's cells have one composition.
    case constant
    /// A constant for each atom of an element: what a smaller basis set lacks lies at the nuclei.
    case constantOfEachElement
  }

  /// Creates a group.
  public init(_ name: String, unknown: Unknown = .constant) {
    self.name = name
    self.unknown = unknown
  }

  /// How often each unknown constant is in the energy of a structure.
  ///
  /// - Parameters:
  ///   - structure: of the group.
  ///   - elements: all that occur in the group.
  /// - Returns: one number for each constant, in the order of the elements.
  fileprivate func counts(in structure: Structure, of elements: [Element]) -> [Double] {
    switch unknown {
    case .constant: [1]
    case .constantOfEachElement: elements.map { Double(structure.composition[$0] ?? 0) }
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
  ///   - group: what is unknown.
  ///   - members: the structures, and a factor that the datum of each was multiplied with.
  init(of group: EnergyGroup, in members: [(structure: Structure, factor: Double)]) {
    let elements = Set(members.flatMap { Array($0.structure.composition.keys) })
      .sorted { $0.atomicNumber < $1.atomicNumber }
    let rows = members.map { member in
      group.counts(in: member.structure, of: elements).map { $0 * member.factor }
    }
    for column in (rows.first ?? []).indices {
      let whole = rows.map { $0[column] }
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
