import Campaigns
import Foundation
import StructureFiles
import Structures

/// What a SUBSTRATE on the command line stands for.
struct SubstrateArgument {
  var substrate: Substrate
  /// The built-in crystal, with the surfaces that suit it; nil for a file.
  var prototype: Prototype?

  /// Finds a file or a built-in crystal by the name typed; an existing file comes first.
  ///
  /// - Throws: `StructureFileError`, `StructureError`, ``OptionError``.
  init(_ text: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: text, isDirectory: &isFolder)
    if let prototype = Prototype.named(text), !exists || isFolder.boolValue {
      self.prototype = prototype
      substrate = Substrate(prototype)
      return
    }
    guard exists || text.contains("/") || text.contains(".") else {
      let names = Prototype.all.map(\.name)
      throw OptionError.unknownSubstrate(
        name: text, nearest: nearest(to: text, in: names), known: names)
    }
    let structure = try StructureFile.read(path: text)
    let name = URL(fileURLWithPath: text).deletingPathExtension().lastPathComponent
    substrate = Substrate(name: name, source: text, structure: structure)
  }

  /// Refuses a salt that does not hold the metal; an alloy is an interlayer and may do without.
  func checkHolds(_ metal: Element) throws {
    let elements = substrate.structure.elements
    let values = elements.compactMap(\.electronegativity)
    let isSalt = (values.max() ?? 0) > 1.9
    guard elements.contains(metal) || !isSalt else {
      throw AssessmentError.foreignMetal(
        metal: metal, substrate: "\(substrate.name) (\(substrate.structure.formula))")
    }
  }
}
