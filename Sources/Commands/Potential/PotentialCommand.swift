import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import LearnedPotential
import Reports
import Structures

/// `lacuna potential`: what a learned potential is, how right it is, and its form for LAMMPS.
struct PotentialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "potential",
    abstract: "Look at, test or export a learned potential.",
    discussion: "Example: lacuna potential info Li-Cl",
    subcommands: [PotentialInfo.self, PotentialTest.self, PotentialExport.self])
}

/// `lacuna potential info`.
struct PotentialInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Tell what a potential knows, where it comes from, and its errors.",
    discussion: "Example: lacuna potential info Li-Cl")

  @Argument(help: "A file, or the name of a potential that comes with the program.")
  var potential: String?
  @Flag(help: "Print as JSON.") var json = false

  func run() throws {
    guard let potential else {
      let names = PotentialArgument.shippedNames
      return print(
        json
          ? try jsonText(names)
          : "Potentials that come with the program: \(names.joined(separator: ", "))")
    }
    let argument = try PotentialArgument(potential)
    let file = argument.file
    if json {
      struct Info: Encodable {
        var name: String
        var elements: [String]
        var cutoff_angstrom: Double
        var coefficients: Int
        var force_calls: Int
        var engine: [String: String]
        var held_out: HeldOutErrors
        var domain: TrainingDomain?
        var hash: String
      }
      return print(
        try jsonText(
          Info(
            name: file.name, elements: file.elements.map(\.symbol),
            cutoff_angstrom: file.basis.cutoff, coefficients: file.coefficients.count,
            force_calls: file.forceCalls,
            engine: file.engine.settings.merging(["name": file.engine.name]) { $1 },
            held_out: file.heldOut, domain: file.domain, hash: argument.hash)))
    }
    let settings = file.engine.settings.sorted { $0.key < $1.key }
      .map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
    print(
      """
      \(file.name): linear atomic cluster expansion of \(file.elements.map(\.symbol).joined(separator: ", "))
      \(file.coefficients.count) coefficients, functions of \(file.basis.degrees.count) neighbours at most, \
      degrees \(file.basis.degrees.map(String.init).joined(separator: ", ")), \
      cut-off \(file.basis.cutoff.formatted(digits: 1)) angstrom
      learned from \(file.forceCalls) force calls of \(file.engine.name): \(settings)
      \(file.domain.map { "\n\($0.text)\n" } ?? "")
      \(file.heldOut.table)
      """)
  }
}

extension TrainingDomain {
  /// What was seen, in words.
  fileprivate var text: String {
    let calls = forceCalls.sorted { ($0.key.count, $0.key) < ($1.key.count, $1.key) }
      .map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
    let distances = shortestDistances.sorted { $0.key < $1.key }
      .map { "\($0.key) \($0.value.formatted(digits: 2))" }.joined(separator: ", ")
    return """
      what it has seen: force calls \(calls); cells of at most \(largestCell) atoms
      atoms no closer than (angstrom): \(distances)
      a cell is refused where the committee disagrees on a force by more than \
      \(LearnedEngine.openForce.formatted(digits: 2)) eV/angstrom and \
      \((100 * LearnedEngine.openShare).formatted(digits: 0)) % of the largest force
      """
  }
}

/// `lacuna potential test`.
struct PotentialTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Compare a potential with the force calls of a store.",
    discussion: """
      Force calls that the potential was learned from are among them if they are in the store: the errors are \
      those of new ones only where it has none of those.

      Example: lacuna potential test Li-Cl --store lacuna.sqlite
      """)

  @Argument(help: "A file, or the name of a potential that comes with the program.")
  var potential: String
  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"
  @Flag(help: "Print as JSON.") var json = false

  private struct Row: Encodable {
    var formula: String
    var atoms: Int
    var force_calls: Int
    /// Root mean squares, eV/angstrom.
    var force_error: Double
    var force_size: Double
    /// Largest error of a force, eV/angstrom.
    var largest_force_error: Double
    /// Root mean square, eV for each atom; null where no energies can be compared.
    var energy_error: Double?
  }

  func run() throws {
    let file = try PotentialArgument(potential).file
    let examples = try Store(reading: store).trainingExamples(
      like: file.engine, elements: Set(file.elements))
    guard !examples.isEmpty else {
      throw Problem(
        message: "\(store) has no force call of \(file.engine.name) that this potential could know",
        remedy: "It was learned from other settings or elements; see: lacuna potential info",
        code: .badInput)
    }
    let compiled = CompiledPotential(
      basis: ClusterBasis(file.basis), coefficients: file.coefficients)
    let rows = Dictionary(grouping: examples) {
      [$0.structure.formula, "\($0.structure.count)"]
    }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { row($0.value, compiled) }
    if json { return print(try jsonText(rows)) }
    var table = TextTable(header: [
      "cell", "atoms", "force calls", "forces RMS", "error RMS", "largest", "energy error",
    ])
    for row in rows {
      table.add(
        [row.formula, "\(row.atoms)", "\(row.force_calls)"]
          + [row.force_size, row.force_error, row.largest_force_error]
          .map { (1000 * $0).formatted(digits: 1) }
          + [row.energy_error.map { (1000 * $0).formatted(digits: 2) } ?? "-"])
    }
    print(table.text)
    print("\nForces in meV/angstrom, energies in meV/atom.")
  }

  private func row(_ examples: [TrainingExample], _ potential: CompiledPotential) -> Row {
    var (square, size, count, largest) = (0.0, 0.0, 0, 0.0)
    var energies: [(example: TrainingExample, error: Double)] = []
    for example in examples {
      let answer = potential.evaluate(example.structure).evaluation
      for (guess, truth) in zip(answer.forces, example.forces) {
        let error = guess - truth
        square += error.dot(error)
        size += truth.dot(truth)
        largest = max(largest, error.length)
        count += 3
      }
      energies.append((example, example.energyError(of: answer.energy)))
    }
    let number = Double(max(1, count))
    return Row(
      formula: examples[0].structure.formula, atoms: examples[0].structure.count,
      force_calls: examples.count, force_error: (square / number).squareRoot(),
      force_size: (size / number).squareRoot(), largest_force_error: largest,
      energy_error: HeldOutErrors.rootMeanSquare(of: energies))
  }
}

/// `lacuna potential export`.
struct PotentialExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a potential as LAMMPS's ML-PACE reads it.",
    discussion: """
      In LAMMPS: pair_style pace, then pair_coeff * * FILE.yace Li Cl.

      Example: lacuna potential export Li-Cl --output Li-Cl.yace
      """)

  @Argument(help: "A file, or the name of a potential that comes with the program.")
  var potential: String
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write (.yace).", valueName: "file"))
  var output: String

  func run() throws {
    let file = try PotentialArgument(potential).file
    let text = PACEFile(basis: ClusterBasis(file.basis), coefficients: file.coefficients).text
    try OutputFile(output).write(text)
    print("\(output): \(file.elements.map(\.symbol).joined(separator: " "))")
  }
}
