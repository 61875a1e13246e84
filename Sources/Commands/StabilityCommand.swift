import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Structures
import Thermodynamics

/// `lacuna stability SUBSTRATE --metal Li`: what a substrate becomes beside the metal.
struct StabilityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stability",
    abstract: "Tell which phases a substrate and the metal form, and how much energy that gains.",
    discussion: """
      Without --entries the substrate and all built-in crystals of its elements are relaxed by the engine. \
      With it, SUBSTRATE is a formula among the entries of a JSON file, in the form of pymatgen's \
      ComputedEntry, as the Materials Project exports them.

      Example: lacuna stability Li6PS5Cl --metal Li --entries entries.json
      """)

  @Argument(help: "Built-in name or file; with --entries a formula, for example Li6PS5Cl.")
  var substrate: String
  @Option(help: "The metal: Li or Na.") var metal = "Li"
  @Option(help: ArgumentHelp("JSON list of computed entries.", valueName: "file"))
  var entries: String?
  @Flag(help: "Print the results as JSON.") var json = false
  @OptionGroup var options: EngineOptions

  /// The results for machines.
  struct Document: Encodable {
    struct Product: Encodable {
      var phase: String
      var amount: Double
    }

    var schema = "lacuna-stability-1"
    var substrate: String
    var metal: String
    var energy_above_hull_ev_per_atom: Double
    var hull_phases: [Product]
    var metal_atoms_taken_up: Double
    var reaction_products: [Product]
    var reaction_energy_ev_per_formula_unit: Double
    var reaction_energy_ev_per_atom: Double
    var phases_considered: [String]
    var source: String
  }

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.assess() }
  }

  private func assess() async throws {
    guard let element = Element(symbol: metal), Prototype.metal(element, .bcc) != nil else {
      throw OptionError.badValue(option: "--metal", value: metal, expected: "Li or Na")
    }
    let input: Input
    if let entries {
      input = try read(entries, element)
    } else {
      input = try await computed(element)
    }
    let (compound, reservoir, phases, source) = input
    let hull = HullDistance(of: compound, among: phases)
    let reaction = MetalReaction(of: compound, with: reservoir, among: phases)
    if json {
      func list(_ products: [MetalReaction.Product]) -> [Document.Product] {
        products.map { Document.Product(phase: $0.phase.name, amount: $0.amount) }
      }
      print(
        try jsonText(
          Document(
            substrate: compound.name, metal: element.symbol,
            energy_above_hull_ev_per_atom: hull.energyPerAtom, hull_phases: list(hull.products),
            metal_atoms_taken_up: reaction.metalAtoms,
            reaction_products: list(reaction.products),
            reaction_energy_ev_per_formula_unit: reaction.energy,
            reaction_energy_ev_per_atom: reaction.energyPerAtom,
            phases_considered: Set(phases.map(\.name)).sorted(), source: source)))
    } else {
      print(text(hull, reaction, element, phases: phases, source: source))
    }
  }

  private typealias Input = (
    compound: Phase, reservoir: Phase, phases: [Phase], source: String
  )

  /// From a file: the substrate and the metal are the entries of lowest energy of their compositions.
  private func read(_ path: String, _ element: Element) throws -> Input {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Problem(message: "\(path) cannot be read", remedy: nil, code: .badInput)
    }
    let phases: [Phase]
    do {
      phases = try ComputedEntries.read(data)
    } catch {
      throw Problem(error, path: path)
    }
    guard let composition = ChemicalFormula.composition(of: substrate) else {
      throw OptionError.badValue(
        option: "SUBSTRATE", value: substrate, expected: "a formula, as Li6PS5Cl")
    }
    func lowest(_ composition: [Element: Int], _ name: String) throws -> Phase {
      let wanted = Phase(name: name, composition: composition, energyPerAtom: 0).composition
      let found = phases.filter { $0.composition == wanted }
      guard var best = found.min(by: { $0.energy < $1.energy }) else {
        throw Problem(
          message: "\(path) has no entry for \(name)",
          remedy: "Export it together with the others: energies of one calculation only compare.",
          code: .badInput)
      }
      best.name = name
      return best
    }
    return (
      try lowest(composition, substrate), try lowest([element: 1], element.symbol), phases,
      "\(phases.count) entries of \(path)"
    )
  }

  /// By the engine: all built-in crystals of the substrate's elements and the metal.
  private func computed(_ element: Element) async throws -> Input {
    let argument = try SubstrateArgument(substrate)
    let elements = Set(argument.substrate.structure.elements).union([element])
    let crystals =
      [argument.substrate]
      + Prototype.all.filter {
        elements.isSuperset(of: $0.structure.elements)
          && $0.structure.formula != argument.substrate.structure.formula
      }.map(Substrate.init)
    var found: [Phase] = []
    var source = ""
    try await options.withEngines(for: elements) { _, bulk, settings in
      for crystal in crystals {
        let phase = try await bulkPhase(of: crystal, engine: bulk, settings: settings)
        options.tell("\(phase.name): \(phase.energy.formatted(digits: 4)) eV")
        found.append(phase)
      }
      source = "\(options.engine ?? EngineArgument.usual), preset \(settings.preset)"
    }
    guard
      let reservoir = found.filter({ Set($0.composition.keys) == [element] })
        .min(by: { $0.energy < $1.energy })
    else { throw OptionError.badValue(option: "--metal", value: metal, expected: "Li or Na") }
    return (found[0], reservoir, found, source)
  }

  private func text(
    _ hull: HullDistance, _ reaction: MetalReaction, _ element: Element, phases: [Phase],
    source: String
  ) -> String {
    let name = reaction.substrate.name
    var lines = ["\(name) and \(element.symbol), by \(source)", ""]
    if hull.energyPerAtom > 1e-4 {
      lines.append(
        "By itself \(name) lies \((1000 * hull.energyPerAtom).formatted(digits: 1)) meV/atom above "
          + "\(StabilityCommand.sum(hull.products)).")
    } else {
      lines.append("By itself \(name) is stable against all phases considered.")
    }
    if reaction.isStable {
      lines.append("Beside \(element.symbol) it stays as it is.")
    } else {
      let atoms = reaction.metalAtoms
      let metal = StabilityCommand.amount(atoms.magnitude) + element.symbol
      let before = name + (atoms > 1e-6 ? " + " + metal : "")
      let after =
        StabilityCommand.sum(reaction.products) + (atoms < -1e-6 ? " + " + metal : "")
      lines.append(
        "Beside \(element.symbol): \(before) -> \(after), "
          + "\(reaction.energy.formatted(digits: 3)) eV for each formula unit "
          + "(\(reaction.energyPerAtom.formatted(digits: 3)) eV/atom).")
      lines.append(
        "The metal then meets these phases: assess each of them, for the weakest decides.")
    }
    lines.append(
      "Phases considered: \(Set(phases.map(\.name)).sorted().joined(separator: ", ")). One that is "
        + "missing could change this.")
    return lines.joined(separator: "\n")
  }

  private static func sum(_ products: [MetalReaction.Product]) -> String {
    products.map { amount($0.amount) + $0.phase.name }.joined(separator: " + ")
  }

  /// A number of formula units: nothing for one, whole where it is.
  private static func amount(_ value: Double) -> String {
    if (value - 1).magnitude < 1e-6 { return "" }
    let whole = value.rounded()
    return ((value - whole).magnitude < 1e-6 ? "\(Int(whole))" : value.formatted(digits: 3)) + " "
  }
}
