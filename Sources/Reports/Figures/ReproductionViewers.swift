import Campaigns
import Structures

/// The three-dimensional views of a comparison with the paper; each belongs to one of its figures.
enum ReproductionViewers {
  /// All views that the document has structures for.
  static func all(_ document: ReproductionComparison.Document) -> [AtomViewer] {
    let slabs = PaperSurface.all.compactMap { surface in
      document.surfaces[surface.id].flatMap { slab($0, of: surface) }
    }
    let paths = PaperSurface.all.compactMap { surface in
      document.paths[surface.id].flatMap { images($0, of: surface) }
    }
    let pairs = PaperInterface.coherent + PaperInterface.incoherent
    let interfaces = pairs.compactMap { pair in
      document.interfaces[pair.id].flatMap { interface($0, of: pair) }
    }
    return slabs + paths + interfaces
  }

  /// The slab of a free surface, each atom with the energy of a vacancy in its layer, counted from the nearer face.
  static func slab(
    _ surface: ReproductionComparison.Document.Surface, of paper: PaperSurface
  ) -> AtomViewer? {
    guard let slab = surface.slab else { return nil }
    let heights = slab.positions_angstrom.map { $0.last ?? 0 }
    // Atoms around the vacancy have left their planes a little; planes are farther apart.
    var planes: [Double] = []
    for height in heights.sorted() where planes.last.map({ height - $0 > 0.5 }) ?? true {
      planes.append(height)
    }
    let bulk = surface.vacancies.last.flatMap(\.best)
    let sites = heights.enumerated().compactMap { atom, height -> AtomViewer.Site? in
      guard let plane = planes.lastIndex(where: { $0 <= height }) else { return nil }
      let layer = min(plane + 1, planes.count - plane)
      guard let energy = surface.vacancies.first(where: { $0.layer == layer })?.best else {
        return nil
      }
      return AtomViewer.Site(
        structure: 0, atom: atom, layer: layer, segregation_ev: bulk.map { $0 - energy },
        vacancy_ev: energy,
        depth_angstrom: min(height - planes[0], planes[planes.count - 1] - height),
        label: "layer \(layer) from the surface")
    }
    return AtomViewer(
      slab, sites: sites, id: "figure-1-\(identifier(paper.id))-atoms",
      title: "Slab of \(surface.name)")
  }

  /// The images of a path; nil where it does not carry them.
  static func images(_ path: PathDocument, of surface: PaperSurface) -> AtomViewer? {
    AtomViewer(
      path, id: "figure-2-\(identifier(surface.id))-atoms", title: "Images, \(surface.name)")
  }

  /// An interface, its atoms with the energies of vacancies; nil where its structure is not carried.
  static func interface(
    _ result: ReproductionComparison.Document.Interface, of pair: PaperInterface
  ) -> AtomViewer? {
    result.structure.map {
      AtomViewer(
        interface: $0, vacancies: result.vacancies ?? [],
        id: "figure-\(pair.figure)-\(identifier(pair.id))-atoms",
        title: "\(pair.metal.symbol) on \(pair.substrate) (\(pair.id))")
    }
  }

  private static func identifier(_ text: String) -> String {
    ReproductionFigures.identifier(text)
  }
}
