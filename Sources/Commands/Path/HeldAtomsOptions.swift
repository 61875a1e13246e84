import ArgumentParser
import Structures

/// Which atoms of a structure stay where they are.
struct HeldAtomsOptions: ParsableArguments {
  @Option(help: "Atoms to hold, counted from 1, as 1-16,20.") var fix: String?

  @Option(help: "Hold the atoms of so many layers, the lowest along z.") var fixLayers = 0

  /// Indices of the held atoms, from 0.
  ///
  /// - Throws: ``OptionError/badValue(option:value:expected:)``.
  func indices(in structure: Structure) throws -> Set<Int> {
    try numbered(upTo: structure.count).union(try lowest(of: structure))
  }

  private func numbered(upTo count: Int) throws -> Set<Int> {
    guard let fix else { return [] }
    guard let list = NumberList(fix, upTo: count) else {
      throw OptionError.badValue(
        option: "--fix", value: fix, expected: "numbers of atoms up to \(count), as 1-16,20")
    }
    return Set(list.numbers.map { $0 - 1 })
  }

  /// Atoms within 0.3 angstrom of each other's height, one after another, are a layer.
  private func lowest(of structure: Structure) throws -> Set<Int> {
    guard fixLayers != 0 else { return [] }
    let order = structure.positions.indices.sorted {
      structure.positions[$0].z < structure.positions[$1].z
    }
    var layers: [[Int]] = []
    for atom in order {
      if let last = layers.last?.last,
        structure.positions[atom].z - structure.positions[last].z < 0.3
      {
        layers[layers.count - 1].append(atom)
      } else {
        layers.append([atom])
      }
    }
    guard (1..<max(2, layers.count)).contains(fixLayers) else {
      throw OptionError.badValue(
        option: "--fix-layers", value: "\(fixLayers)",
        expected: "a whole number below that of the layers, \(layers.count)")
    }
    return Set(layers[..<fixLayers].joined())
  }
}

/// One of the values of an option.
///
/// - Throws: ``OptionError/badValue(option:value:expected:)``, which names them all.
func choice<Value: RawRepresentable & CaseIterable>(
  of type: Value.Type, option: String, value: String
) throws -> Value where Value.RawValue == String {
  guard let result = Value(rawValue: value) else {
    throw OptionError.badValue(
      option: option, value: value,
      expected: type.allCases.map(\.rawValue).joined(separator: ", "))
  }
  return result
}
