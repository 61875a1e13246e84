import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Reports
import Structures

/// `lacuna converge WHAT`: whether a setting is enough, shown rather than asserted.
struct ConvergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "converge",
    abstract: "Show how a metal's surface energy or vacancy moves with one setting.",
    discussion: """
      WHAT is cutoff, kpoints, layers, vacuum or supercell. What is watched is sigma of the metal as cleaved, \
      or, for a supercell or with --quantity segregation, the energy of an unrelaxed vacancy in the bulk \
      less that at the surface. All other settings are the preset's.

      Example: lacuna converge layers --metal Li --engine kim:KimJungLee_2012_LiMg
      """)

  @Argument(help: "What is varied: cutoff, kpoints, layers, supercell or vacuum.") var what: String
  @Option(help: "What is watched: sigma or segregation. Default: what the setting matters for.")
  var quantity: String?
  @Option(help: "The metal: Li or Na.") var metal = "Li"
  @Option(help: "Its structure: bcc, hcp or fcc.") var metalStructure = "bcc"
  @Option(help: "Its surface. Default: what suits it.") var surface: String?
  @Option(help: "Values to try, rising, with commas between them.") var values: String?
  @Option(help: "What counts as converged, eV.") var tolerance = 0.005
  @Flag(help: "Print the results as JSON.") var json = false
  @OptionGroup var options: EngineOptions

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.converge() }
  }

  private func converge() async throws {
    let variable = try choice(of: ConvergenceVariable.self, option: "WHAT", value: what)
    let watched =
      try quantity.map {
        try choice(of: ConvergenceQuantity.self, option: "--quantity", value: $0)
      } ?? (variable == .supercell ? .segregation : .sigma)
    guard variable != .supercell || watched == .segregation else {
      throw OptionError.badValue(
        option: "--quantity", value: watched.rawValue,
        expected: "segregation with supercell: sigma does not depend on it")
    }
    let values = try self.values(of: variable)
    let chosen = try options.checked()
    if !chosen.engine.hasPlaneWaves, [.cutoff, .kpoints].contains(variable) {
      throw OptionError.badValue(
        option: "WHAT", value: what,
        expected: "layers, supercell or vacuum with a potential, which has no plane waves")
    }
    guard let element = Element(symbol: metal) else {
      throw OptionError.badValue(option: "--metal", value: metal, expected: "Li or Na")
    }
    let structure = try choice(
      of: MetalStructure.self, option: "--metal-structure", value: metalStructure)
    guard let prototype = Prototype.metal(element, structure) else {
      throw OptionError.badValue(option: "--metal", value: metal, expected: "Li or Na")
    }
    guard tolerance > 0, tolerance.isFinite else {
      throw OptionError.badValue(
        option: "--tolerance", value: "\(tolerance)", expected: "a number of eV above 0")
    }
    var result = ConvergenceResult(
      variable: variable, quantity: watched, values: values, energies: [])
    let settings = FreeSurfaceSettings(
      preset: chosen.preset, metal: element, structure: structure,
      surface: surface ?? structure.usualSurface)
    for value in values {
      var electronic = settings.electronic
      if variable == .cutoff { electronic.cutoffEnergy = value }
      var energy = 0.0
      try await options.withEngines(for: [element], electronic: electronic) {
        engine, bulk, preset in
        let crystal = try await relaxedCrystal(prototype, engine: bulk, settings: preset)
        energy = try await ConvergenceStudy(settings: settings, crystal: crystal)
          .energy(watched, variable, value, engine: engine)
      }
      result.energies.append(energy)
      options.tell(
        "\(variable.rawValue) \(value.formatted(digits: 1)) \(variable.unit): "
          + "\(energy.formatted(digits: 4)) eV")
    }
    print(json ? try jsonText(result) : text(of: result))
  }

  private func values(of variable: ConvergenceVariable) throws -> [Double] {
    guard let values else { return variable.usualValues }
    let numbers = values.split(separator: ",").map { Double($0.filter { !$0.isWhitespace }) }
    let most = variable == .supercell ? 8.0 : variable == .layers ? 200 : 5000
    let known = numbers.compactMap { $0 }.filter { $0 >= 1 && $0 <= most }
    let isWhole = [.layers, .supercell].contains(variable)
    guard known.count == numbers.count, known.count >= 2, known == known.sorted(),
      Set(known).count == known.count, !isWhole || known.allSatisfy({ $0 == $0.rounded() })
    else {
      throw OptionError.badValue(
        option: "--values", value: values,
        expected: "at least two rising \(isWhole ? "whole " : "")numbers from 1 to \(Int(most)), "
          + "as 3,5,7")
    }
    return known
  }

  private func text(of result: ConvergenceResult) -> String {
    let quantity =
      result.quantity == .segregation
      ? "segregation energy, eV" : "sigma, eV/atom"
    var table = TextTable(header: [
      "\(result.variable.rawValue) (\(result.variable.unit))", quantity, "less last", "",
    ])
    let largest = max(tolerance, result.differences.map(\.magnitude).max() ?? 0)
    for (value, (energy, difference)) in zip(
      result.values, zip(result.energies, result.differences))
    {
      let length = Int((30 * difference.magnitude / largest).rounded())
      let isNear = difference.magnitude <= tolerance
      table.add([
        value == value.rounded() ? "\(Int(value))" : value.formatted(digits: 1),
        energy.formatted(digits: 4), difference.formatted(digits: 4),
        String(repeating: isNear ? "." : "#", count: max(isNear ? 1 : 0, length)),
      ])
    }
    let limit = "\((1000 * tolerance).formatted(digits: 1)) meV"
    let advice =
      result.recommendation(tolerance: tolerance).map {
        "From \($0.formatted(digits: $0 == $0.rounded() ? 0 : 1)) \(result.variable.unit) on, all lie "
          + "within \(limit) of the last: that is enough."
      } ?? "Not even the last but one lies within \(limit) of the last: try larger --values."
    return table.text + "\n\n" + advice
  }
}
