import Campaigns
import Foundation
import Reports
import StructureFiles
import Structures

/// Writes the structures and the JSON of an assessment into a folder of its own.
struct ResultFiles {
  /// The folder that holds a folder for each assessment.
  let folder: String

  /// Folder of one assessment.
  func folder(of result: AssessmentResult) -> String {
    let settings = result.settings
    let usual = Prototype.named(result.substrate.name)
    var parts = [result.substrate.name, settings.metal.symbol, settings.preset]
    // What is not as usual tells one assessment of a substrate from another.
    if settings.substrateSurface != usual?.usualSurface { parts.append(settings.substrateSurface) }
    if settings.substrateTermination != 1 { parts.append("cut\(settings.substrateTermination)") }
    if settings.metalStructure != usual?.usualMetalStructure {
      parts.append(settings.metalStructure.rawValue)
    }
    if result.cost.engine != "gpaw" { parts += result.cost.engineVersions.prefix(1) }
    if let guide = result.cost.relaxedBy {
      parts.append("relaxed by \(guide)".replacing(" ", with: "-"))
    }
    let name = parts.joined(separator: "-")
    // A file's name becomes a folder's: separators in it must not lead elsewhere.
    let safe = name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }
    return "\(folder)/\(String(safe))"
  }

  /// Writes everything; files of an earlier run of the same assessment are replaced.
  func write(_ result: AssessmentResult, document: AssessmentDocument) throws {
    let target = folder(of: result)
    for (name, structure) in result.structures {
      let sites = result.interfaces[name].map {
        SiteEnergies.properties(of: $0, vacancies: name == "vacancy-cell" ? result.vacancies : [])
      }
      try write(
        ExtendedXYZ(structure, columns: sites.map(columns) ?? []).text,
        to: "\(target)/\(name).xyz")
      if let sites {
        try write(
          VESTAFile.text(
            of: structure, title: "\(result.settings.metal) on \(result.substrate.name)",
            colors: zip(structure.species, sites).map { color(of: $0, $1, result.settings.metal) }),
          to: "\(target)/\(name).vesta")
      }
      try write(
        CrystallographicInformationFile.text(of: structure, name: name),
        to: "\(target)/\(name).cif")
    }
    try write(
      try jsonText(document) + "\n", to: "\(target)/result.json")
  }

  private func columns(_ sites: [StructureDocument.Properties]) -> [ExtendedXYZ.Column] {
    [
      .init("part", words: sites.map { $0.part ?? "none" }),
      // Atoms of the substrate are in no layer of the metal.
      .init("layer", counts: sites.map { $0.layer ?? 0 }),
      .init("vacancy_energy_ev", numbers: sites.map(\.vacancy_energy_ev)),
      .init("segregation_energy_ev", numbers: sites.map(\.segregation_energy_ev)),
    ]
  }

  /// As in the paper: the metal green, its ions in the substrate blue; the other ions grey.
  private func color(
    of element: Element, _ site: StructureDocument.Properties, _ metal: Element
  ) -> VESTAFile.Color {
    if site.part == "metal" { return VESTAFile.Color(86, 172, 77) }
    return element == metal ? VESTAFile.Color(52, 96, 196) : VESTAFile.Color(168, 168, 168)
  }

  private func write(_ text: String, to path: String) throws {
    try OutputFile(path, makesFolder: true).write(text)
  }
}
