package import Structures

/// A structure as pymatgen's `Structure.from_dict` reads it, with what is known of each site.
///
/// ## References
/// S. P. Ong et al., Comput. Mater. Sci. 68, 314 (2013), doi:10.1016/j.commatsci.2012.10.028.
package struct StructureDocument: Codable {
  package struct Lattice: Codable {
    /// Rows are the cell vectors in angstrom.
    package var matrix: [[Double]]
    package var pbc: [Bool]
  }

  package struct Occupancy: Codable {
    package var element: String
    package var occu: Double
  }

  /// What is known of a site of an interface; nil is written as null, for pymatgen asks for the same keys at all sites.
  package struct Properties: Codable {
    /// "metal" or "substrate".
    package var part: String?
    /// Layer of the metal, 1 at the interface.
    package var layer: Int?
    /// Formation energy of a vacancy here, eV, relaxed where that was computed.
    package var vacancy_energy_ev: Double?
    /// That of a bulk site less this one's, eV: positive where vacancies are drawn to this site.
    package var segregation_energy_ev: Double?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case part, layer, vacancy_energy_ev, segregation_energy_ev
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(part, forKey: .part)
      try container.encode(layer, forKey: .layer)
      try container.encode(vacancy_energy_ev, forKey: .vacancy_energy_ev)
      try container.encode(segregation_energy_ev, forKey: .segregation_energy_ev)
    }
  }

  package struct Site: Codable {
    package var species: [Occupancy]
    /// Fractional position.
    package var abc: [Double]
    /// Position in angstrom.
    package var xyz: [Double]
    package var label: String
    package var properties: Properties?
  }

  package var module = "pymatgen.core.structure"
  package var name = "Structure"
  package var charge = 0.0
  package var lattice: Lattice
  package var sites: [Site]

  enum CodingKeys: String, CodingKey {
    case module = "@module"
    case name = "@class"
    case charge, lattice, sites
  }

  /// - Parameters:
  ///   - structure: any structure.
  ///   - properties: one for each atom; nil where nothing is known.
  package init(_ structure: Structure, properties: [Properties]? = nil) {
    let cell = structure.cell
    lattice = Lattice(
      matrix: [cell.a, cell.b, cell.c].map { [$0.x, $0.y, $0.z] }, pbc: [true, true, true])
    let fractional = structure.fractionalPositions
    sites = structure.positions.indices.map { atom in
      let symbol = structure.species[atom].symbol
      let (f, r) = (fractional[atom].vector, structure.positions[atom].vector)
      return Site(
        species: [Occupancy(element: symbol, occu: 1)], abc: [f.x, f.y, f.z],
        xyz: [r.x, r.y, r.z], label: symbol, properties: properties?[atom])
    }
  }
}
