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

  /// The interface of an assessment, its atoms with the energies of vacancies; nil without structures.
  init?(_ document: AssessmentDocument, id: String) {
    let structures = document.structures ?? [:]
    guard let shown = structures["vacancy-cell"] ?? structures["interface"] else { return nil }
    self.id = id
    kind = .sites
    title =
      "\(document.metal) (\(document.metal_surface)) on \(document.substrate) "
      + "(\(document.substrate_surface))"
    let frame = Frame(shown, name: "interface")
    self.structures = [frame]
    let floor =
      zip(frame.positions_angstrom, frame.part ?? []).compactMap { position, part in
        part == "metal" ? position.last : nil
      }.min() ?? 0
    for vacancy in document.vacancies {
      for atom in vacancy.atoms ?? [] where frame.positions_angstrom.indices.contains(atom) {
        sites.append(
          Site(
            structure: 0, atom: atom, layer: vacancy.layer,
            segregation_ev: shown.sites[atom].properties?.segregation_energy_ev,
            vacancy_ev: vacancy.relaxed_ev ?? vacancy.unrelaxed_ev,
            depth_angstrom: (frame.positions_angstrom[atom].last ?? 0) - floor,
            label: "\(vacancy.place), layer \(vacancy.layer)"))
      }
    }
    caption =
      sites.isEmpty
      ? "The relaxed interface at its strongest registry. With --vacancies its atoms are coloured by what a vacancy "
        + "costs there."
      : "Atoms of the metal by their segregation energy: what a vacancy gains by leaving the bulk for this site. Atoms "
        + "without a colour of their own were not asked for."
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
  package init(
    id: String, title: String, frames: [Frame], distances: [Double], energies: [Double?]
  ) {
    self.id = id
    self.title = title
    caption = "The images of the path; the slider goes through them."
    kind = .path
    structures = frames
    images = Images(distances_angstrom: distances, energies_ev: energies)
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
}
