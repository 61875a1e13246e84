public import Foundation
import Structures

/// Entries as the Materials Project and pymatgen write them: `ComputedEntry` and `ComputedStructureEntry`.
public enum ComputedEntries {
  /// What can be wrong with a file of entries; facts only.
  public enum Failure: Error, Sendable, Hashable {
    /// It is no JSON list of entries, nor an object with such a list under "entries".
    case notAList
    /// An entry, counted from 1, has no composition of known elements in whole atoms, or no energy.
    case badEntry(number: Int, reason: String)
  }

  /// Reads entries.
  ///
  /// The energy is the corrected one: "energy" plus "correction". Of several entries of one composition all are
  /// kept; what is computed from them takes the lowest by itself.
  ///
  /// - Parameter data: JSON text.
  /// - Returns: one phase for each entry, energies on the entries' scale.
  /// - Throws: ``Failure``.
  public static func read(_ data: Data) throws(Failure) -> [Phase] {
    guard let object = try? JSONSerialization.jsonObject(with: data) else { throw .notAList }
    let inner = (object as? [String: Any])?["entries"]
    guard let list = (object as? [Any]) ?? (inner as? [Any]) else { throw .notAList }
    var result: [Phase] = []
    for (index, item) in list.enumerated() {
      result.append(try phase(item, number: index + 1))
    }
    return result
  }

  private static func phase(_ item: Any, number: Int) throws(Failure) -> Phase {
    guard let entry = item as? [String: Any],
      let amounts = entry["composition"] as? [String: NSNumber]
    else { throw .badEntry(number: number, reason: "it has no composition") }
    guard let energy = (entry["energy"] as? NSNumber)?.doubleValue, energy.isFinite else {
      throw .badEntry(number: number, reason: "it has no energy")
    }
    let correction = (entry["correction"] as? NSNumber)?.doubleValue ?? 0
    var composition: [Element: Int] = [:]
    for (symbol, amount) in amounts {
      // Species such as "Li+" count as their element.
      guard let element = Element(symbol: String(symbol.prefix { $0.isLetter })) else {
        throw .badEntry(number: number, reason: "'\(symbol)' is no element")
      }
      let count = amount.doubleValue
      guard count >= 0, (count - count.rounded()).magnitude < 1e-6, count < 1e6 else {
        throw .badEntry(number: number, reason: "it has \(count) atoms of \(symbol)")
      }
      composition[element, default: 0] += Int(count.rounded())
    }
    let atoms = composition.values.reduce(0, +)
    guard atoms > 0 else { throw .badEntry(number: number, reason: "it has no atoms") }
    let formula = Structure.formula(of: composition)
    return Phase(
      name: formula, composition: composition, energyPerAtom: (energy + correction) / Double(atoms))
  }
}
