import Campaigns
import Structures

/// Structures for the page's three-dimensional view, with what its atoms or images are worth.
package struct AtomViewer: Codable, Sendable {
  package enum Kind: String, Codable, Sendable { case sites, path }

  package struct Frame: Codable, Sendable {
    package var name: String
    package var species: [String]
    package var positions_angstrom: [[Double]]
    package var cell_angstrom: [[Double]]
    /// "metal" or "substrate" for each atom.
    package var part: [String]?
  }

  /// An atom whose removal was computed, or one equivalent to it.
  package struct Site: Codable, Sendable {
    package var structure: Int
    package var atom: Int
    package var layer: Int
    package var segregation_ev: Double?
    package var vacancy_ev: Double
    /// Height above the lowest atom of the metal.
    package var depth_angstrom: Double
    package var label: String
  }

  package struct Images: Codable, Sendable {
    package var distances_angstrom: [Double]
    package var energies_ev: [Double?]
  }

  package var id: String
  package var title: String
  package var caption: String
  package var kind: Kind
  package var structures: [Frame]
  package var sites: [Site] = []
  package var images: Images?

  /// Number of the first site that stands for a vacancy; nil without one.
  func site(of vacancy: AssessmentDocument.Vacancy) -> Int? {
    vacancy.atoms.flatMap { atoms in sites.firstIndex { atoms.contains($0.atom) } }
  }

  /// The views of an assessment: its interface, then both slabs; none without structures.
  static func all(_ document: AssessmentDocument, id: String) -> [AtomViewer] {
    let structures = document.structures ?? [:]
    let title =
      "\(document.metal) (\(document.metal_surface)) on \(document.substrate) "
      + "(\(document.substrate_surface))"
    let interface = (structures["vacancy-cell"] ?? structures["interface"]).map {
      AtomViewer(interface: $0, vacancies: document.vacancies, id: id, title: title)
    }
    let slabs = [
      ("metal", "\(document.metal) (\(document.metal_surface))", "strained as at the interface"),
      ("substrate", "\(document.substrate) (\(document.substrate_surface))", "relaxed"),
    ].compactMap { part, surface, state in
      structures["\(part)-slab"].map {
        AtomViewer(
          slab: $0, part: part, id: "\(id)-\(part)", title: "Slab of \(surface)",
          caption: "The slab alone, \(state): what the interface's energy is measured against.")
      }
    }
    return [interface].compactMap { $0 } + slabs
  }

  /// An interface, its atoms with the energies of vacancies.
  init(
    interface shown: StructureDocument, vacancies: [AssessmentDocument.Vacancy], id: String,
    title: String
  ) {
    self.id = id
    self.title = title
    kind = .sites
    // Atoms of a site are counted in the cell: without any it may be shown as often as makes a surface.
    let hasSites = vacancies.contains { !($0.atoms ?? []).isEmpty }
    let frame = Frame(shown, name: "interface").repeated(toWidth: hasSites ? 0 : Frame.leastWidth)
    structures = [frame]
    let floor =
      zip(frame.positions_angstrom, frame.part ?? []).compactMap { position, part in
        part == "metal" ? position.last : nil
      }.min() ?? 0
    for vacancy in vacancies {
      for atom in vacancy.atoms ?? [] where frame.positions_angstrom.indices.contains(atom) {
        sites.append(
          Site(
            structure: 0, atom: atom, layer: vacancy.layer,
            segregation_ev: shown.sites[atom].properties?.segregation_energy_ev,
            vacancy_ev: vacancy.relaxed_ev ?? vacancy.unrelaxed_ev,
            depth_angstrom: (frame.positions_angstrom[atom].last ?? 0) - floor,
            label: AssessmentResult.VacancyResult.label(
              place: vacancy.place, layer: vacancy.layer)))
      }
    }
    caption =
      sites.isEmpty
      ? "The relaxed interface at its strongest registry. Its atoms are coloured by what a vacancy costs there where "
        + "vacancies were computed."
      : "Atoms of the metal by their segregation energy: what a vacancy gains by leaving the bulk for this site. Atoms "
        + "without a colour of their own were not asked for."
  }

  /// One side of an interface by itself.
  private init(
    slab: StructureDocument, part: String, id: String, title: String, caption: String
  ) {
    self.id = id
    self.title = title
    self.caption = caption
    kind = .sites
    var frame = Frame(slab, name: "slab").repeated(toWidth: Frame.leastWidth)
    frame.part = Array(repeating: part, count: frame.species.count)
    structures = [frame]
  }

  /// A slab of the metal alone, with its vacancies.
  init(_ slab: Frame, sites: [Site], id: String, title: String) {
    self.id = id
    self.title = title
    self.sites = sites
    caption =
      "Atoms by their segregation energy: what a vacancy gains by leaving the bulk for this layer. One atom of the "
      + "middle layer is missing: the vacancy there."
    kind = .sites
    structures = [slab]
  }

  /// A path, one frame for each image.
  init(
    id: String, title: String, frames: [Frame], distances: [Double], energies: [Double?]
  ) {
    self.id = id
    self.title = title
    caption = "The images of the path; the slider goes through them."
    kind = .path
    structures = frames
    images = Images(distances_angstrom: distances, energies_ev: energies)
  }

  /// The images of a vacancy's way; nil where the document does not carry them all.
  init?(_ path: PathDocument, id: String, title: String) {
    let (distances, energies, _) = path.chain
    guard let images = path.images, !images.isEmpty, distances.count == images.count else {
      return nil
    }
    self.init(id: id, title: title, frames: images, distances: distances, energies: energies)
  }
}

extension AtomViewer.Frame {
  /// Positions to a ten-thousandth of an angstrom: nobody sees more.
  init(_ structure: Structure, name: String) {
    func rounded(_ vector: Vector3) -> [Double] {
      [vector.x, vector.y, vector.z].map { ($0 * 1e4).rounded() / 1e4 }
    }
    self.name = name
    species = structure.species.map(\.symbol)
    positions_angstrom = structure.positions.map { rounded($0.vector) }
    cell_angstrom = [structure.cell.a, structure.cell.b, structure.cell.c].map(rounded)
  }

  init(_ structure: StructureDocument, name: String) {
    self.name = name
    species = structure.sites.map { $0.species.first?.element ?? "X" }
    positions_angstrom = structure.sites.map(\.xyz)
    cell_angstrom = structure.lattice.matrix
    let parts = structure.sites.compactMap { $0.properties?.part }
    part = parts.count == structure.sites.count ? parts : nil
  }

  /// A cell of a few atoms side by side looks like a chain, not like a surface: angstrom.
  static let leastWidth = 9.0

  /// The cell beside itself along its first two vectors until each side is long enough.
  ///
  /// - Parameter width: least length of a side, angstrom.
  /// - Returns: the frame, atom by atom of the first cell, then those of the next.
  func repeated(toWidth width: Double) -> Self {
    guard cell_angstrom.count == 3 else { return self }
    let counts = cell_angstrom.prefix(2).map { side in
      let length = side.map { $0 * $0 }.reduce(0, +).squareRoot()
      // A side shorter than an atom is no crystal's: the document is damaged.
      return length.isFinite && length > 0.5 ? max(1, Int((width / length).rounded(.up))) : 1
    }
    let shifts = (0..<counts[0]).flatMap { first in
      (0..<counts[1]).map { second in
        zip(cell_angstrom[0], cell_angstrom[1]).map { Double(first) * $0 + Double(second) * $1 }
      }
    }
    var result = self
    result.species = shifts.flatMap { _ in species }
    result.part = part.map { part in shifts.flatMap { _ in part } }
    result.positions_angstrom = shifts.flatMap { shift in
      positions_angstrom.map { position in zip(position, shift).map(+) }
    }
    for axis in 0..<2 {
      result.cell_angstrom[axis] = cell_angstrom[axis].map { $0 * Double(counts[axis]) }
    }
    return result
  }
}
