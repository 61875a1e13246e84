/// What can be wrong with a structure; facts only, worded by the command line.
public enum StructureError: Error, Sendable, Hashable {
  /// The structure holds no atom.
  case noAtoms
  /// The cell's volume in cubic angstrom is zero, too small for an atom, or not finite.
  case degenerateCell(volume: Double)
  /// The cell vectors a, b, c are left-handed.
  case leftHandedCell
  /// A position or cell component is not a finite number, or a position beyond a tenth of a millimetre; index of the atom, nil for the cell.
  case notFinite(atom: Int?)
  /// Two atoms, counted from 0, stand closer than `limit` angstrom.
  case overlappingAtoms(first: Int, second: Int, distance: Double, limit: Double)
  /// The symmetry library found no space group within its tolerance.
  case symmetryNotFound(tolerance: Double)
}

extension Structure {
  /// Checks that the structure can be a crystal.
  ///
  /// - Parameter minimumDistance: smallest distance in angstrom between two atoms; nil takes half
  ///   the sum of their covalent radii.
  /// - Throws: ``StructureError`` with the first fault found.
  public func validate(minimumDistance: Double? = nil) throws(StructureError) {
    guard count > 0 else { throw .noAtoms }
    let components = [cell.a, cell.b, cell.c].flatMap { [$0.x, $0.y, $0.z] }
    guard components.allSatisfy(\.isFinite) else { throw .notFinite(atom: nil) }
    for (index, position) in positions.enumerated() {
      let vector = position.vector
      guard vector.length < 1e6 else { throw .notFinite(atom: index) }
    }
    let volume = cell.signedVolume
    // No crystal has cells of a tenth of a millimetre; what follows counts cells and bins in integers.
    guard components.allSatisfy({ $0.magnitude < 1e6 }), volume.magnitude > 1,
      cell.heights.min() > 0.5
    else {
      throw .degenerateCell(volume: volume)
    }
    guard volume > 0 else { throw .leftHandedCell }
    for (index, list) in neighbors(within: minimumDistance ?? 2.7).enumerated() {
      for neighbor in list {
        let limit =
          minimumDistance
          ?? 0.5 * (species[index].covalentRadius + species[neighbor.index].covalentRadius)
        if neighbor.distance < limit {
          throw .overlappingAtoms(
            first: index, second: neighbor.index, distance: neighbor.distance, limit: limit)
        }
      }
    }
  }
}
