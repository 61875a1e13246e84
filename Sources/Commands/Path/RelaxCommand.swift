import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Relaxation
import StructureFiles
import Structures

/// `lacuna relax FILE`: positions, and the cell where asked for.
struct RelaxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relax",
    abstract: "Relax a structure.",
    discussion: """
      Writes the relaxed structure as extended XYZ with its energy and forces. What did not converge \
      is written too, and ends with exit code 2.

      Example: lacuna relax slab.vasp --engine kim:KimJungLee_2012_LiMg --fix 1-16 -o relaxed.xyz
      """)

  @Argument(help: "Built-in name, CIF, POSCAR, extended XYZ or VESTA file.") var structure: String
  @Option(
    help: ArgumentHelp(
      "Relax the cell too: full, hydrostatic, in-plane-fixed (c alone) or normal-only (its height alone).",
      valueName: "freedom"))
  var cell: String?
  @OptionGroup var held: HeldAtomsOptions
  @Option(help: "How steps are found: automatic, lbfgs or fire.") var method = "automatic"
  @Option(help: "Most force calls.") var maxForceCalls = 500
  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output = "relaxed.xyz"
  @Flag(help: "The cell has a vacuum along c: one k point there.") var slab = false
  @Option(
    help: ArgumentHelp(
      "Least length of the mesh of k points: divisions times the distance of the cell's faces. Default: the preset's.",
      valueName: "angstrom"))
  var meshLength: Double?
  @OptionGroup var options: RunOptions

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.relaxAll() }
  }

  private func relaxAll() async throws {
    let file = try OutputFile(output)
    let start = try SubstrateArgument(structure).substrate.structure
    let settings = RelaxationSettings(
      forceThreshold: options.forceThreshold, stressThreshold: 2e-5,
      maximumForceCalls: max(1, maxForceCalls), fixedAtoms: try held.indices(in: start),
      method: try choice(of: RelaxationMethod.self, option: "--method", value: method))
    let freedom = try cell.map { try choice(of: CellFreedom.self, option: "--cell", value: $0) }
    if freedom != nil, !settings.fixedAtoms.isEmpty {
      throw Problem(
        message: "held atoms and a free cell do not go together",
        remedy: "Leave out --cell, or --fix and --fix-layers.", code: .wrongOption)
    }
    if let meshLength, !(meshLength > 0 && meshLength <= 500) {
      throw OptionError.badValue(
        option: "--mesh-length", value: "\(meshLength)",
        expected: "a number of angstrom above 0, at most 500")
    }
    try await options.withEngines(for: Set(start.elements)) { engine, bulk, preset in
      let sampling =
        meshLength.map {
          Sampling(kPointGrid: AssessmentSettings.mesh(for: start.cell, length: $0, slab: slab))
        } ?? preset.sampling(for: start.cell, slab: slab)
      let options = self.options
      let tell: @Sendable (RelaxationStep) -> Void = { step in
        options.tell(
          "\(step.forceCall): \(step.energy.formatted(digits: 6)) eV, largest force "
            + "\(step.residualForce.formatted(digits: 4)) eV/angstrom")
      }
      let result: RelaxationResult
      if let freedom {
        result = try await relaxCell(
          start, freedom: freedom, engine: bulk, sampling: sampling, settings: settings,
          progress: tell)
      } else {
        result = try await relax(
          start, engine: engine, sampling: sampling, settings: settings, progress: tell)
      }
      // What did not converge has neither an energy nor forces.
      let text =
        result.evaluation.isConverged
        ? ExtendedXYZ(
          result.structure, energy: result.evaluation.energy, forces: result.evaluation.forces
        ).text : ExtendedXYZ(result.structure).text
      try file.write(text)
      print(
        "energy \(result.evaluation.energy.formatted(digits: 6)) eV, largest force "
          + "\(result.residualForce.formatted(digits: 4)) eV/angstrom, "
          + "\(result.forceCalls) force calls: \(output)")
      guard result.outcome == .converged else {
        throw Problem(
          message: "the relaxation did not converge: \(result.outcome.words)",
          remedy: "Its last structure is in \(output).", code: .notConverged)
      }
    }
  }
}

extension RelaxationOutcome {
  /// Why it ended, in words.
  var words: String {
    switch self {
    case .converged: "the forces are small"
    case .forceCallLimit: "the force calls ran out"
    case .engineNotConverged(let reason): reason
    case .stalled(let reason): reason
    }
  }
}
