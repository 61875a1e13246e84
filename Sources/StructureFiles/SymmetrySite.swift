import Structures

/// A site of the asymmetric unit.
struct SymmetrySite {
  var element: Element
  var position: FractionalPosition

  /// Atoms nearer than this, in angstrom, are one atom on a special position.
  static let mergeDistance = 0.05

  /// All atoms of the cell: each site under each operation, once.
  static func expanded(
    _ sites: [SymmetrySite], _ operations: [SymmetryOperation], _ cell: Cell
  ) -> Structure {
    var species: [Element] = []
    var positions: [FractionalPosition] = []
    for site in sites {
      var images: [FractionalPosition] = []
      for operation in operations {
        let image = operation.apply(site.position).wrapped
        let isNew = !images.contains { known in
          var difference = image.vector - known.vector
          difference -= difference.rounded(.toNearestOrAwayFromZero)
          return cell.cartesian(FractionalPosition(difference)).vector.length < mergeDistance
        }
        if isNew { images.append(image) }
      }
      species += Array(repeating: site.element, count: images.count)
      positions += images
    }
    return Structure(cell: cell, species: species, fractionalPositions: positions)
  }
}
