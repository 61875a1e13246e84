/// The neighbour lists that a model asks for while it computes: one set for each of its cut-offs.
///
/// A list holds an atom's neighbours within the cut-off, without what the skin adds: many-body models spend
/// most of their time on what they are given. All lists are made before the model runs, for a model may
/// hold several at once.
final class KIMNeighborLists {
  /// What the callback reads: plain memory, for it is called once for each atom.
  fileprivate struct View {
    var cutoffs: [Double] = []
    var atoms = 0
    /// Where each atom's list begins, in every set: where its longer list, with the skin, does.
    var starts = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    /// Lengths of the lists, set after set.
    var counts = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    /// Members of the lists, set after set.
    var neighbors = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    var atomCapacity = 0
    var neighborCapacity = 0

    func deallocate() {
      starts.deallocate()
      counts.deallocate()
      neighbors.deallocate()
    }
  }

  private let view = UnsafeMutablePointer<View>.allocate(capacity: 1)

  init(cutoffs: [Double]) {
    view.initialize(to: View(cutoffs: cutoffs))
  }

  deinit {
    view.pointee.deallocate()
    view.deinitialize(count: 1)
    view.deallocate()
  }

  /// What the callback is given.
  var context: UnsafeMutableRawPointer { UnsafeMutableRawPointer(view) }

  /// Makes room for the lists of a worker's atoms.
  func prepare(_ atoms: WorkerAtoms) {
    let (count, total, sets) = (
      atoms.starts.count - 1, atoms.neighbors.count, view.pointee.cutoffs.count
    )
    if count > view.pointee.atomCapacity || total > view.pointee.neighborCapacity {
      view.pointee.deallocate()
      view.pointee.atomCapacity = count + count / 8
      view.pointee.neighborCapacity = total + total / 8
      view.pointee.starts = .allocate(capacity: view.pointee.atomCapacity)
      view.pointee.counts = .allocate(capacity: sets * view.pointee.atomCapacity)
      view.pointee.neighbors = .allocate(capacity: sets * view.pointee.neighborCapacity)
    }
    view.pointee.atoms = count
    for index in 0..<count { view.pointee.starts[index] = atoms.starts[index] }
  }

  /// Fills all lists.
  ///
  /// O(their length).
  ///
  /// - Parameters:
  ///   - atoms: those prepared for.
  ///   - coordinates: x, y, z of each in turn, angstrom.
  func fill(_ atoms: WorkerAtoms, coordinates: UnsafeMutablePointer<Double>) {
    let view = view.pointee
    atoms.neighbors.withUnsafeBufferPointer { all in
      atoms.starts.withUnsafeBufferPointer { starts in
        for (set, cutoff) in view.cutoffs.enumerated() {
          let squared = cutoff * cutoff
          let lengths = view.counts + set * view.atomCapacity
          let found = view.neighbors + set * view.neighborCapacity
          for index in 0..<view.atoms {
            let own = coordinates + 3 * index
            let (x, y, z) = (own[0], own[1], own[2])
            let list = found + starts[index]
            var length = 0
            for slot in starts[index]..<starts[index + 1] {
              let other = coordinates + 3 * Int(all[slot])
              let (dx, dy, dz) = (other[0] - x, other[1] - y, other[2] - z)
              // Written always and counted only if near: no branch to mispredict.
              list[length] = all[slot]
              length += dx * dx + dy * dy + dz * dz <= squared ? 1 : 0
            }
            lengths[index] = Int32(length)
          }
        }
      }
    }
  }
}

/// Answers KIM's question for the neighbours of one atom; 0 is success.
let kimNeighborList:
  @convention(c) (
    UnsafeMutableRawPointer?, Int32, UnsafePointer<Double>?, Int32, Int32,
    UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<UnsafePointer<Int32>?>?
  ) -> Int32 = { data, listCount, _, listIndex, particle, count, list in
    guard let data, let count, let list else { return 1 }
    let view = data.assumingMemoryBound(to: KIMNeighborLists.View.self)
    let (set, atom) = (Int(listIndex), Int(particle))
    // A model that asks for what it said it would not gets an error.
    guard set >= 0, set < listCount, atom >= 0, atom < view.pointee.atoms else { return 1 }
    count.pointee = view.pointee.counts[set * view.pointee.atomCapacity + atom]
    list.pointee = UnsafePointer(
      view.pointee.neighbors + set * view.pointee.neighborCapacity + view.pointee.starts[atom])
    return 0
  }
