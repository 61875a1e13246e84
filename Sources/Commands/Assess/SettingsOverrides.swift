import ArgumentParser
import Campaigns
import Foundation
import Structures
import Yams

/// Every number of a preset, as an option or as a key of a settings file of the same name.
struct SettingsOverrides: ParsableArguments {
  @Option(help: ArgumentHelp("Plane-wave cut-off in eV.", valueName: "ev"))
  var cutoff: Double?

  @Option(help: ArgumentHelp("Plane-wave cut-off of cell relaxations in eV.", valueName: "ev"))
  var bulkCutoff: Double?

  @Option(help: ArgumentHelp("Methfessel-Paxton smearing in eV.", valueName: "ev"))
  var smearing: Double?

  @Option(help: ArgumentHelp("Self-consistency threshold in eV.", valueName: "ev"))
  var energyThreshold: Double?

  @Option(
    help: ArgumentHelp(
      "PAW datasets by element in the engine's words, as Na=1,Mg=2; 'usual' for the engine's own.",
      valueName: "list"))
  var datasets: String?

  @Option(
    help: ArgumentHelp(
      "Mesh of slabs: divisions times spacing of the cell's faces, in angstrom.",
      valueName: "angstrom"))
  var meshLength: Double?

  @Option(
    help: ArgumentHelp("The same for the slabs behind sigma.", valueName: "angstrom"))
  var metalMeshLength: Double?

  @Option(help: ArgumentHelp("The same for bulk cells.", valueName: "angstrom"))
  var bulkMeshLength: Double?

  @Option(help: ArgumentHelp("Layers of metal on the interface.", valueName: "n"))
  var metalLayers: Int?

  @Option(
    help: ArgumentHelp("Layers of the slabs behind sigma, as 5,6,7,8,9.", valueName: "list"))
  var thicknesses: String?

  @Option(help: ArgumentHelp("Least thickness of the substrate.", valueName: "angstrom"))
  var substrateThickness: Double?

  @Option(help: ArgumentHelp("Height of the vacuum.", valueName: "angstrom"))
  var vacuum: Double?

  @Option(help: ArgumentHelp("Largest force at the end, eV/angstrom.", valueName: "f"))
  var forceThreshold: Double?

  @Option(help: ArgumentHelp("Largest stress at the end, GPa.", valueName: "gpa"))
  var stressThreshold: Double?

  @Option(help: ArgumentHelp("Most force calls of one relaxation.", valueName: "n"))
  var maxForceCalls: Int?

  @Option(help: ArgumentHelp("Largest strain of the metal, in percent.", valueName: "percent"))
  var maxStrain: Double?

  @Option(
    help: ArgumentHelp("Largest interface cell, square angstrom.", valueName: "area"))
  var maxArea: Double?

  @Option(
    help: ArgumentHelp("How many registries are relaxed, strongest first.", valueName: "n"))
  var registries: Int?

  @Option(
    help: ArgumentHelp("Decouple the dipole of the interface slab: yes or no.", valueName: "b"))
  var dipole: String?

  @Option(
    help: ArgumentHelp("In-plane supercell that holds one vacancy.", valueName: "n"))
  var vacancySupercell: Int?

  @Option(
    help: ArgumentHelp(
      "Layers of the metal with vacancies beside the usual three, 1 at the interface: 2-5,7, all or none. Default: "
        + "all with a learned potential, else none.",
      valueName: "list"))
  var vacancyLayers: String?

  /// Names of all settings, as options and in files.
  static let names = [
    "cutoff", "bulk-cutoff", "smearing", "energy-threshold", "datasets", "mesh-length",
    "metal-mesh-length", "bulk-mesh-length", "metal-layers",
    "thicknesses", "substrate-thickness", "vacuum", "force-threshold", "stress-threshold",
    "max-force-calls", "max-strain", "max-area", "registries", "dipole", "vacancy-supercell",
    "vacancy-layers",
  ]

  /// Values by name, only those that were given.
  var given: [(name: String, value: String)] {
    let values: [String?] = [
      cutoff?.description, bulkCutoff?.description, smearing?.description,
      energyThreshold?.description, datasets,
      meshLength?.description, metalMeshLength?.description, bulkMeshLength?.description,
      metalLayers?.description, thicknesses,
      substrateThickness?.description, vacuum?.description, forceThreshold?.description,
      stressThreshold?.description, maxForceCalls?.description, maxStrain?.description,
      maxArea?.description, registries?.description, dipole, vacancySupercell?.description,
      vacancyLayers,
    ]
    return zip(SettingsOverrides.names, values).compactMap { name, value in
      value.map { (name, $0) }
    }
  }

  /// Settings by name from a YAML file.
  ///
  /// - Throws: ``OptionError`` naming file, line and setting.
  static func read(_ path: String) throws -> [(name: String, value: String)] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw OptionError.badSettingsFile(file: path, line: nil, reason: "cannot be read")
    }
    let node: Node?
    do {
      node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
    } catch YamlError.scanner(_, let problem, let mark, _) {
      throw OptionError.badSettingsFile(file: path, line: mark.line, reason: problem)
    } catch YamlError.parser(_, let problem, let mark, _) {
      throw OptionError.badSettingsFile(file: path, line: mark.line, reason: problem)
    } catch let error as YamlError {
      let line = "\(error)".split(separator: "\n").joined(separator: " ")
      throw OptionError.badSettingsFile(file: path, line: nil, reason: line)
    }
    guard let node else { return [] }
    guard let mapping = node.mapping else {
      throw OptionError.badSettingsFile(
        file: path, line: node.mark?.line, reason: "holds no settings of the form 'name: value'")
    }
    return try mapping.map { key, value in
      let name = key.string ?? ""
      guard names.contains(name) else {
        throw OptionError.unknownSetting(
          name: name, file: path, nearest: nearest(to: name, in: names))
      }
      if let sequence = value.sequence {
        return (name, sequence.compactMap(\.string).joined(separator: ","))
      }
      guard let text = value.scalar?.string else {
        throw OptionError.badSettingsFile(
          file: path, line: value.mark?.line, reason: "'\(name)' takes a number")
      }
      return (name, text)
    }
  }
}

extension AssessmentSettings {
  /// Datasets from "Na=1,Mg=2" or "usual"; nil where the text is neither.
  private static func datasets(parsing text: String) -> [String: String]? {
    if text.lowercased() == "usual" { return [:] }
    var result: [String: String] = [:]
    for part in text.split(whereSeparator: { ", ".contains($0) }) {
      let words = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      // The name becomes part of a file name that the engine looks for.
      guard words.count == 2, let element = Element(symbol: words[0]),
        result[element.symbol] == nil, !words[1].isEmpty,
        words[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
      else { return nil }
      result[element.symbol] = words[1]
    }
    return result.isEmpty ? nil : result
  }

  /// Replaces one number by its name.
  ///
  /// - Throws: ``OptionError/badValue(option:value:expected:)``.
  mutating func override(_ name: String, with value: String) throws {
    func fail(_ expected: String) -> OptionError {
      .badValue(option: "--\(name)", value: value, expected: expected)
    }
    func positive(_ least: Double = 0, _ most: Double = .infinity, unit: String) throws -> Double {
      guard let number = Double(value), number > least, number < most else {
        throw fail(
          most.isFinite
            ? "a number of \(unit) between \(least) and \(most)"
            : "a number of \(unit) above \(least)")
      }
      return number
    }
    func count(_ range: ClosedRange<Int>) throws -> Int {
      guard let number = Int(value), range.contains(number) else {
        throw fail("a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    switch name {
    case "cutoff": electronic.cutoffEnergy = try positive(50, 3000, unit: "eV")
    case "bulk-cutoff":
      electronic.bulkCutoffEnergy = try positive(50, 3000, unit: "eV")
    case "smearing": electronic.smearingWidth = try positive(0, 2, unit: "eV")
    case "energy-threshold": electronic.energyThreshold = try positive(0, 1, unit: "eV")
    case "datasets":
      guard let chosen = AssessmentSettings.datasets(parsing: value) else {
        throw fail("elements with a dataset each, as Na=1,Mg=2, or 'usual'")
      }
      electronic.datasets = chosen
    case "mesh-length": meshLength = try positive(0, 500, unit: "angstrom")
    case "metal-mesh-length": metalMeshLength = try positive(0, 500, unit: "angstrom")
    case "bulk-mesh-length": bulkMeshLength = try positive(0, 500, unit: "angstrom")
    case "metal-layers":
      metalLayers = try count(3...99)
      thicknessSeries = (-2...2).map { max(2, metalLayers - 2) + 2 + $0 }
    case "thicknesses":
      let parts = value.split(whereSeparator: { ", ".contains($0) }).map { Int($0) }
      let layers = parts.compactMap { $0 }
      guard layers.count == parts.count, Set(layers).count >= 3, layers.count == Set(layers).count,
        layers.allSatisfy({ (1...200).contains($0) })
      else { throw fail("at least three different numbers of layers, as 5,6,7,8,9") }
      thicknessSeries = layers.sorted()
    case "substrate-thickness": substrateThickness = try positive(1, 200, unit: "angstrom")
    case "vacuum": vacuum = try positive(6, 200, unit: "angstrom")
    case "force-threshold": forceThreshold = try positive(0, 1, unit: "eV/angstrom")
    case "stress-threshold":
      stressThreshold = try positive(0, 10, unit: "GPa") / 160.2176634
    case "max-force-calls": maximumForceCalls = try count(1...100_000)
    case "max-strain": strainLimit = try positive(0, 50, unit: "percent") / 100
    case "max-area": areaLimit = try positive(1, 5000, unit: "square angstrom")
    case "registries": relaxedRegistries = try count(1...99)
    case "dipole":
      switch value.lowercased() {
      case "yes", "true", "on": dipoleCorrection = true
      case "no", "false", "off": dipoleCorrection = false
      default: throw fail("yes or no")
      }
    case "vacancy-supercell": vacancySupercell = try count(1...12)
    case "vacancy-layers":
      switch value.lowercased() {
      case "all": moreVacancyLayers = .all
      case "none": moreVacancyLayers = nil
      default:
        guard let layers = NumberList(value, upTo: 200) else {
          throw fail("numbers of layers, as 2-5,7, or 'all' or 'none'")
        }
        moreVacancyLayers = .some(layers.numbers.sorted())
      }
    default: preconditionFailure("a setting without a meaning: \(name)")
    }
  }
}
