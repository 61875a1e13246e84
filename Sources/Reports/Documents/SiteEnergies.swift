package import Campaigns
package import Interfaces
import Structures

/// Energies of vacancies by the atoms of an interface's cell: what the three-dimensional view and the files colour.
package enum SiteEnergies {
  /// The sites of an interface's cell.
  ///
  /// - Parameters:
  ///   - cell: the interface; the atoms of `vacancies` are counted in it.
  ///   - vacancies: results for classes of equivalent sites; none for a cell that had no vacancies.
  /// - Returns: one entry for each atom, with energies where a vacancy was computed.
  package static func properties(
    of cell: InterfaceCell, vacancies: [AssessmentResult.VacancyResult]
  ) -> [StructureDocument.Properties] {
    let bulk = vacancies.first { $0.place.hasPrefix("bulk") }
    var result = cell.structure.positions.indices.map { atom in
      let isMetal = cell.metalAtoms.contains(atom)
      return StructureDocument.Properties(
        part: isMetal ? "metal" : "substrate",
        layer: isMetal ? cell.metalLayers[atom - cell.substrateCount] + 1 : nil)
    }
    for vacancy in vacancies {
      for atom in vacancy.atoms where result.indices.contains(atom) {
        result[atom].vacancy_energy_ev = vacancy.best
        result[atom].segregation_energy_ev = bulk.map { vacancy.difference(to: $0) }
      }
    }
    return result
  }
}

extension AssessmentResult.VacancyResult {
  /// The formation energy that counts: relaxed where it was computed, eV.
  package var best: Double { relaxed ?? unrelaxed }

  /// How much more another vacancy costs, eV: relaxed where both were, else both as they were made.
  func difference(to other: AssessmentResult.VacancyResult) -> Double {
    if let relaxed, let others = other.relaxed { return others - relaxed }
    return other.unrelaxed - unrelaxed
  }
}
