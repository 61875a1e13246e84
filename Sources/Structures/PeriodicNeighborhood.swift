import Dispatch
import Foundation
import Synchronization

/// The atoms of a cell, the images around it, and every atom's neighbours, kept from call to call.
///
/// In-process engines know no periodicity: they are given the cell's atoms and, behind them, every
/// image within the cut-off ("padding"). The list is built for a cut-off and a skin; as long as no
/// atom has moved by half the skin in the same cell, only coordinates are renewed.
///
/// Building is linear in the number of atoms for any triclinic cell and any cut-off, cells smaller than
/// the cut-off included; the search is shared among the machine's cores.
public struct PeriodicNeighborhood: Sendable {
  /// Distance in angstrom within which neighbours are wanted.
  public let cutoff: Double
  /// By how much farther the lists reach, angstrom.
  public let skin: Double
  /// Whether padding atoms have lists too.
  public let listsPadding: Bool
  /// Number of atoms of the cell; they come first everywhere.
  public private(set) var count = 0
  /// For each padding atom the atom of the cell that it is an image of.
  public private(set) var owners: [Int32] = []
  /// Coordinates of the cell's atoms and then of the padding, x, y, z in turn, angstrom.
  public private(set) var coordinates: [Double] = []
  /// Where the neighbours of each atom with a list begin in ``neighbors``; one more than there are lists.
  public private(set) var starts: [Int] = []
  /// Neighbours of the atoms of the cell, as indices into the padded atoms; and of the padding where
  /// asked for.
  public private(set) var neighbors: [Int32] = []
  /// Number of times that the lists were built.
  public private(set) var builds = 0

  private var cell: Cell?
  /// Coordinates at the last build.
  private var reference: [Double] = []
  /// Vector from the owner to each padding atom, x, y, z in turn.
  private var offsets: [Double] = []

  /// Creates an empty neighbourhood.
  ///
  /// - Parameters:
  ///   - cutoff: distance in angstrom within which neighbours are wanted.
  ///   - skin: by how much farther the lists reach, angstrom.
  ///   - listsPadding: whether padding atoms have lists too.
  public init(cutoff: Double, skin: Double = 0.6, listsPadding: Bool = false) {
    precondition(cutoff > 0 && skin >= 0, "a neighbourhood has a positive cut-off")
    self.cutoff = cutoff
    self.skin = skin
    self.listsPadding = listsPadding
  }

  /// Number of atoms of the cell and their images.
  public var paddedCount: Int { count + owners.count }

  /// Renews the coordinates, and the lists where an atom has moved too far or the cell has changed.
  ///
  /// - Parameter structure: a valid structure.
  /// - Returns: whether the lists were built anew. O(n) in either case.
  @discardableResult
  public mutating func update(_ structure: Structure) -> Bool {
    if cell == structure.cell, count == structure.count, moveAtoms(structure) { return false }
    build(structure)
    return true
  }

  /// Takes over positions where the lists still hold; false where they do not.
  private mutating func moveAtoms(_ structure: Structure) -> Bool {
    let limit = 0.25 * skin * skin
    for index in 0..<count {
      let position = structure.positions[index].vector
      let dx = position.x - reference[3 * index]
      let dy = position.y - reference[3 * index + 1]
      let dz = position.z - reference[3 * index + 2]
      if dx * dx + dy * dy + dz * dz > limit { return false }
    }
    for index in 0..<count {
      let position = structure.positions[index].vector
      coordinates[3 * index] = position.x
      coordinates[3 * index + 1] = position.y
      coordinates[3 * index + 2] = position.z
    }
    for (image, owner) in owners.enumerated() {
      let (to, from) = (3 * (count + image), 3 * Int(owner))
      for axis in 0..<3 {
        coordinates[to + axis] = coordinates[from + axis] + offsets[3 * image + axis]
      }
    }
    return true
  }

  private mutating func build(_ structure: Structure) {
    builds += 1
    cell = structure.cell
    count = structure.count
    let reach = cutoff + skin
    reference = structure.positions.flatMap { [$0.x, $0.y, $0.z] }
    addPadding(structure, reach: reach)
    fillLists(reach: reach)
  }

  /// Every image within `reach` of the parallelepiped that holds the atoms.
  private mutating func addPadding(_ structure: Structure, reach: Double) {
    let cell = structure.cell
    let heights = cell.heights
    let fractional = structure.positions.map { cell.fractional($0).vector }
    // Atoms may lie outside the cell: what counts is the box that they fill.
    var low = Vector3(repeating: .infinity)
    var high = Vector3(repeating: -.infinity)
    for position in fractional {
      for axis in 0..<3 {
        low[axis] = min(low[axis], position[axis])
        high[axis] = max(high[axis], position[axis])
      }
    }
    owners = []
    offsets = []
    coordinates = reference
    let margin = Vector3(reach / heights.x, reach / heights.y, reach / heights.z)
    let (bottom, top) = (low - margin, high + margin)
    for (index, position) in fractional.enumerated() {
      var ranges: [ClosedRange<Int>] = []
      for axis in 0..<3 {
        let first = Int((bottom[axis] - position[axis]).rounded(.up))
        let last = Int((top[axis] - position[axis]).rounded(.down))
        ranges.append(min(first, 0)...max(last, 0))
      }
      for i in ranges[0] {
        for j in ranges[1] {
          for k in ranges[2] where (i, j, k) != (0, 0, 0) {
            let shift = Double(i) * cell.a + Double(j) * cell.b + Double(k) * cell.c
            owners.append(Int32(index))
            let own = structure.positions[index].vector
            offsets += [shift.x, shift.y, shift.z]
            coordinates += [own.x + shift.x, own.y + shift.y, own.z + shift.z]
          }
        }
      }
    }
  }

  /// Lists by bins as wide as the reach: an atom's neighbours are in its bin and the 26 around.
  private mutating func fillLists(reach: Double) {
    let bins = NeighborBins(coordinates, width: reach)
    let lists = listsPadding ? paddedCount : count
    // Pieces are joined in order, so the lists do not depend on the number of cores.
    let pieces = max(1, min(ProcessInfo.processInfo.activeProcessorCount, lists / 500))
    let found = Mutex([NeighborBins.Lists?](repeating: nil, count: pieces))
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
      let lists = bins.lists(
        of: (lists * piece / pieces)..<(lists * (piece + 1) / pieces), within: reach)
      found.withLock { $0[piece] = lists }
    }
    let parts = found.withLock { $0.compactMap { $0 } }
    starts = [0]
    starts.reserveCapacity(lists + 1)
    for part in parts {
      let offset = starts[starts.count - 1]
      for end in part.ends { starts.append(offset + end) }
    }
    neighbors = parts.count == 1 ? parts[0].neighbors : parts.flatMap(\.neighbors)
  }
}
