import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import LearnedPotential
import StructureFiles
import Structures

/// `lacuna train`: a learned potential from the force calls of a store, and its errors on those held out.
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fit a potential to the force calls of a store, and tell its errors.",
    discussion: """
      A linear atomic cluster expansion whose noise and prior come from the evidence. A fifth of the force calls at \
      a time is held out of a fit to the others, all of a cell and composition together: the errors that are told \
      are those on cells that a fit has not seen.

      Example: lacuna train Li Cl --store lacuna.sqlite
      """)

  @Argument(help: "Elements of the potential.") var elements: [String]
  @Option(help: ArgumentHelp("File that keeps every calculation.", valueName: "file"))
  var store = "lacuna.sqlite"
  @Option(
    help:
      "The engine whose force calls are learned: gpaw, or kim:MODEL as 'lacuna engines' lists them."
  )
  var engine = "gpaw"
  @Option(
    help:
      "Settings whose energies count as they are; others up to a constant: quick, standard or paper."
  )
  var preset = "standard"
  @Option(
    help: ArgumentHelp(
      "Force calls that the engine is asked for before: small cells of which the potential knows least.",
      valueName: "number")) var compute = 0
  @Option(help: ArgumentHelp("Most atoms of those cells.", valueName: "number"))
  var largestCell = 30
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "File for the potential, fitted to all force calls; --engine learned:FILE then uses it.",
      valueName: "file")) var output: String?
  @Option(help: ArgumentHelp("Name of the potential. Default: its elements.", valueName: "name"))
  var name: String?
  @Option(
    help: ArgumentHelp(
      "Extended XYZ file for the force calls that are learned, which other programs read too.",
      valueName: "file")) var trainingData: String?
  @Option(
    help: "MPI ranks of each engine, or instances of a KIM model. Default: all cores, shared.")
  var cores: Int?
  @Option(
    help: ArgumentHelp(
      "Engines that compute side by side for --compute.",
      valueName: "number")) var engines = 1
  @Option(
    help: ArgumentHelp(
      "Distance within which atoms feel each other. Default: 6.5, with sodium 8.",
      valueName: "angstrom"))
  var cutoff: Double?
  @Option(help: "Largest degrees of functions of one, two and three neighbours: N,N,N.")
  var degrees: String?
  @Option(help: "Power of a function's degree by which its prior narrows.") var smoothness = 2.0
  @Option(help: "Power of the map from distances to polynomials.") var exponent = 1.0
  @Flag(help: "Print the result as JSON.") var json = false

  @Flag(help: "Print no progress.") var quiet = false

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.train() }
  }

  private func train() async throws {
    let elements = Set(try parsedElements())
    let basis = ClusterBasis(try basisSettings(elements))
    let potentialFile = try output.map { try OutputFile($0) }
    let trainingFile = try trainingData.map { try OutputFile($0) }
    let chosen = try engineOptions.checked(usual: .standard)
    let identity = try await computed(chosen, basis)
    let learned = try Store(reading: store).learnedCalls(like: identity, elements: elements)
    let examples = learned.map(\.example)
    guard examples.count >= 5 else {
      throw Problem(
        message:
          "the store has \(examples.count) force calls of '\(engine)' with these elements and settings",
        remedy:
          "Compute some first, for example with --compute 40; 'lacuna status' tells what is there.",
        code: .wrongOption)
    }
    if let trainingFile {
      try trainingFile.write(
        learned.map { ExtendedXYZ($0.call, learnedAs: $0.example).text }.joined())
    }
    let start = ContinuousClock.now
    let validation = CrossValidation(examples, basis: basis, smoothness: smoothness) {
      tell("fit \($0) of \($1) without the cells that test it")
    }
    let report = FitReport(
      validation, examples, seconds: (ContinuousClock.now - start) / .seconds(1))
    if let potentialFile {
      let file = PotentialFile(
        validation.potential,
        name: name ?? basis.settings.elements.hyphenatedSymbols,
        engine: identity, heldOut: report.held_out,
        domain: TrainingDomain(examples.map(\.structure)))
      try potentialFile.write(String(decoding: try file.data, as: UTF8.self))
    }
    print(json ? try jsonText(report) : report.text)
    if let potentialFile, !json {
      print("\nThe potential, fitted to all \(examples.count), is in \(potentialFile.path).")
    }
  }

  /// Computes what was asked for, and ends the engines whatever happens; their identity.
  private func computed(
    _ chosen: EngineOptions.Checked, _ basis: ClusterBasis
  ) async throws -> EngineIdentity {
    let elements = Set(basis.settings.elements)
    let machine = ProcessInfo.processInfo.processorCount
    let share = max(1, machine / engines)
    if compute > 0, engines > machine || (cores ?? share) > share {
      tell(
        "\(engines) engines of \(cores ?? share) share the machine's \(machine) cores: fewer would not wait for each other"
      )
    }
    let raw = try (0..<(compute > 0 ? engines : 1)).map { _ in
      try chosen.engine.engines(
        electronic: chosen.preset.general.electronic, elements: elements,
        cores: cores ?? share, patience: EngineOptions.patience
      ).slabs
    }
    let identity = raw[0].identity
    guard compute > 0 else { return identity }
    let store = try Store(path: store)
    let result: Result<Void, any Error>
    do {
      try await learn(raw.map { CachedEngine($0, store: store) }, store, basis, chosen.preset)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await withTaskGroup { group in
      for engine in raw { group.addTask { await engine.shutDown() } }
    }
    try result.get()
    return identity
  }

  /// Has the engines compute what the potential knows least of.
  private func learn(
    _ engines: [CachedEngine], _ store: Store, _ basis: ClusterBasis, _ preset: Preset
  ) async throws {
    let elements = Set(basis.settings.elements)
    let candidates = TrainingCandidates(
      elements: elements, preset: preset, largestCell: largestCell)
    guard !candidates.crystals.isEmpty else {
      throw Problem(
        message:
          "no built-in crystal is made of \(self.elements.joined(separator: ", ")), so there is no cell to compute",
        remedy: "Fill the store by an assessment first, and train without --compute.",
        code: .badInput)
    }
    var sums = TrainingSums(basis: basis)
    let known = try store.trainingExamples(like: engines[0].identity, elements: elements)
    for example in known { sums.add(example) }
    tell("\(sums.count) force calls known, \(compute) to compute")
    try await ActiveLearning(engines: engines, candidates: candidates).run(
      calls: compute, knowing: sums, of: Set(known.map(\.structure)),
      beginningWith: candidates.references(notAmong: known),
      rehearsed: { for rehearsal in $0 { tell(rehearsal) } }
    ) { step in
      let error =
        step.error.map { "wrong by \((1000 * $0).formatted(digits: 0))" } ?? "not learned"
      tell(
        "\(step.number): \(step.candidate.kind), \(step.candidate.structure.count) atoms: "
          + "forces open by \((1000 * step.open).formatted(digits: 0)) meV/angstrom, \(error); "
          + "energy open by \((1000 * step.openEnergy).formatted(digits: 0)) meV/atom")
    }
  }

  /// How far an assessment would come with what is known.
  private func tell(_ rehearsal: Rehearsal) {
    guard let halt = rehearsal.halt else {
      return tell("   \(rehearsal.name): would come to its end")
    }
    var text = "   \(rehearsal.name): would halt at '\(halt.stage)'"
    if let atoms = halt.atoms {
      text += ", \(atoms) atoms" + (atoms > largestCell ? ", above --largest-cell" : "")
    }
    tell(text + ": " + halt.reason)
  }

  private func tell(_ text: String) {
    if !quiet { FileHandle.standardError.write(Data("  \(text)\n".utf8)) }
  }

  /// The options of every command that asks an engine, as this one has them.
  private var engineOptions: EngineOptions {
    get throws {
      var arguments = ["--engine", engine, "--preset", preset, "--store", store]
      if let cores { arguments += ["--cores", "\(cores)"] }
      return try EngineOptions.parse(arguments)
    }
  }

  private func parsedElements() throws -> [Element] {
    try elements.map { symbol in
      guard let element = Element(symbol: symbol) else {
        throw OptionError.badValue(
          option: "elements", value: symbol, expected: "symbols of elements, for example Li Cl")
      }
      return element
    }
  }

  private func basisSettings(_ elements: Set<Element>) throws -> ClusterBasisSettings {
    let settings = ClusterBasisSettings(
      elements: elements, cutoff: cutoff, degrees: try parsedDegrees(), exponent: exponent)
    let limits: [(option: String, value: Double, range: ClosedRange<Double>)] = [
      ("--cutoff", settings.cutoff, 4...12), ("--exponent", exponent, 1...4),
      ("--smoothness", smoothness, 0...8), ("--compute", Double(compute), 0...100_000),
      ("--largest-cell", Double(largestCell), 8...500), ("--engines", Double(engines), 1...1024),
    ]
    for limit in limits where !limit.range.contains(limit.value) {
      throw OptionError.badValue(
        option: limit.option, value: Int(exactly: limit.value).map { "\($0)" } ?? "\(limit.value)",
        expected:
          "a number from \(Int(limit.range.lowerBound)) to \(Int(limit.range.upperBound))")
    }
    guard settings.isModest else {
      throw OptionError.badValue(
        option: degrees == nil ? "elements" : "--degrees",
        value: degrees ?? self.elements.joined(separator: " "),
        expected: "at most eight elements, and degrees of at most 24, 16 and 12")
    }
    guard settings.coefficientCount <= ClusterBasisSettings.mostCoefficients else {
      throw OptionError.badValue(
        option: "--degrees", value: degrees ?? "",
        expected: "lower ones: these make \(settings.coefficientCount) coefficients, and "
          + "\(ClusterBasisSettings.mostCoefficients) are the most that a fit can hold")
    }
    return settings
  }

  private func parsedDegrees() throws -> [Int]? {
    guard let degrees else { return nil }
    let numbers = degrees.split(separator: ",").map { Int($0) ?? -1 }
    guard (1...3).contains(numbers.count), numbers.allSatisfy({ $0 > 0 }) else {
      throw OptionError.badValue(
        option: "--degrees", value: degrees,
        expected: "up to three whole numbers, at most 24, 16 and 12")
    }
    return numbers
  }
}
