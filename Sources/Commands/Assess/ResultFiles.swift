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
    let name = parts.joined(separator: "-")
    // A file's name becomes a folder's: separators in it must not lead elsewhere.
    let safe = name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }
    return "\(folder)/\(String(safe))"
  }

  /// Writes everything; files of an earlier run of the same assessment are replaced.
  func write(_ result: AssessmentResult, document: AssessmentDocument) throws {
    let target = folder(of: result)
    for (name, structure) in result.structures {
      try write(ExtendedXYZ(structure).text, to: "\(target)/\(name).xyz")
      try write(
        CrystallographicInformationFile.text(of: structure, name: name),
        to: "\(target)/\(name).cif")
    }
    try write(
      try AssessmentDocument.text(of: [document]) + "\n", to: "\(target)/result.json")
  }

  private func write(_ text: String, to path: String) throws {
    try OutputFile(path, makesFolder: true).write(text)
  }
}
