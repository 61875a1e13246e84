import Foundation
import Structures

/// Crystals and pymatgen's answers for them; `Reference/` holds the scripts that made the files.
enum ReferenceData {
  struct Crystal: Decodable {
    var name: String
    var spaceGroup: Int
    var cell: [[Double]]
    var species: [String]
    var positions: [[Double]]

    enum CodingKeys: String, CodingKey {
      case name, cell, species, positions
      case spaceGroup = "space_group"
    }

    var structure: Structure {
      func vector(_ values: [Double]) -> Vector3 { Vector3(values[0], values[1], values[2]) }
      return Structure(
        cell: Cell(a: vector(cell[0]), b: vector(cell[1]), c: vector(cell[2])),
        species: species.compactMap(Element.init(symbol:)),
        fractionalPositions: positions.map { FractionalPosition(vector($0)) })
    }
  }

  struct Surfaces: Decodable {
    var name: String
    var finished: Bool
    var surfaces: [Surface]
  }

  struct Surface: Decodable {
    var hkl: [Int]
    var area: Double
    var distinct: Int
    var strictlyDistinct: Int
    var slabs: [Fingerprint]

    enum CodingKeys: String, CodingKey {
      case hkl, area, distinct, slabs
      case strictlyDistinct = "strictly_distinct"
    }
  }

  /// Composition profile and distances of a slab, the same for its mirror image.
  struct Fingerprint: Decodable {
    var atoms: Int
    var thickness: Double
    var skew: Double
    var profile: [String: [Double]]
    var pairs: [String: [Double]]
  }

  static let crystals: [Crystal] = load("crystals.json")
  static let surfaces: [Surfaces] = load("surfaces.json")

  static func load<Value: Decodable>(_ name: String) -> Value {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    do {
      let data = try Data(contentsOf: folder.appendingPathComponent("Reference/\(name)"))
      return try JSONDecoder().decode(Value.self, from: data)
    } catch {
      fatalError("\(name): \(error)")
    }
  }
}

extension ReferenceData.Fingerprint {
  /// The fingerprint of a slab, by the same sums as the script.
  init(of slab: Structure) {
    let radius = 6.0
    let heights = slab.positions.map(\.z)
    let (low, high) = (heights.min() ?? 0, heights.max() ?? 0)
    let middle = (low + high) / 2
    atoms = slab.count
    thickness = high - low
    skew = 0
    profile = [:]
    pairs = [:]
    var odd = 0.0
    for (element, height) in zip(slab.species, heights) {
      let z = height - middle
      odd += Double(element.atomicNumber) * z * z * z
      var sums = profile[element.symbol] ?? [0, 0, 0]
      sums[0] += 1
      sums[1] += z * z
      sums[2] += z * z * z * z
      profile[element.symbol] = sums
    }
    skew = odd.magnitude
    for (index, list) in slab.neighbors(within: radius).enumerated() {
      for neighbor in list {
        let (own, other) = (slab.species[index].symbol, slab.species[neighbor.index].symbol)
        guard own <= other else { continue }
        let ratio = neighbor.distance / radius
        let base = 1 - ratio * ratio
        let weight = base * base * base
        var sums = pairs["\(own)-\(other)"] ?? [0, 0]
        sums[0] += weight
        sums[1] += weight * neighbor.distance
        pairs["\(own)-\(other)"] = sums
      }
    }
  }

  /// Whether two slabs have the same profile and the same distances.
  func agrees(with other: ReferenceData.Fingerprint, tolerance: Double = 2e-3) -> Bool {
    func near(_ left: Double, _ right: Double, _ scale: Double) -> Bool {
      (left - right).magnitude <= tolerance * max(1, scale)
    }
    guard atoms == other.atoms, near(thickness, other.thickness, 1) else { return false }
    let spread = profile.values.map { $0[2] }.reduce(0, +)
    // The third moment is a difference of large terms; it scales with the fourth.
    guard near(skew, other.skew, 20 * spread) else { return false }
    func equal(_ left: [String: [Double]], _ right: [String: [Double]]) -> Bool {
      Set(left.keys) == Set(right.keys)
        && left.allSatisfy { key, values in
          zip(values, right[key] ?? []).allSatisfy { near($0, $1, max($0.magnitude, spread / 100)) }
        }
    }
    let present = pairs.filter { $0.value[0] > 1e-9 }
    let otherPresent = other.pairs.filter { $0.value[0] > 1e-9 }
    return equal(profile, other.profile) && equal(present, otherPresent)
  }
}
