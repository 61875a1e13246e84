import ArgumentParser
import BondBreaking
import Engines
import Foundation
import Relaxation
import Reports
import StructureFiles
import Structures

/// `lacuna neb --from A --to B`: the path of least energy between two structures.
struct NEBCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neb",
    abstract: "Find the path between two structures and its barrier.",
    discussion: """
      Both ends are relaxed first; their atoms must be the same, in the same order. The highest image \
      climbs to the saddle.

      Example: lacuna neb --from start.xyz --to end.xyz --engine kim:KimJungLee_2012_LiMg
      """)

  @Option(help: "File of the first end.") var from: String
  @Option(help: "File of the last end.") var to: String
  @Option(help: "Images between the ends.") var images = 5
  @Option(help: "Most steps of the band.") var maxSteps = 300
  @Flag(help: "Take the ends as they are: they are minima.") var relaxed = false
  @OptionGroup var held: HeldAtomsOptions
  @Option(help: "Images start on straight lines, or by evenly changing distances: linear or idpp.")
  var start = "idpp"
  @Option(help: "How the images move: lbfgs or fire.") var method = "lbfgs"
  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output = "path.xyz"
  @Flag(help: "The cell has a vacuum along c: one k point there.") var slab = false
  @OptionGroup var options: RunOptions

  mutating func run() async throws {
    let command = self
    try await cancellable { try await command.find() }
  }

  private func find() async throws {
    guard (1...100).contains(images) else {
      throw OptionError.badValue(
        option: "--images", value: "\(images)", expected: "a whole number from 1 to 100")
    }
    let file = try OutputFile(output)
    let ends = [try StructureFile.read(path: from), try StructureFile.read(path: to)]
    guard ends[0].species == ends[1].species else {
      throw BandError.differentAtoms(first: ends[0].count, last: ends[1].count)
    }
    let fixedAtoms = try held.indices(in: ends[0])
    let settings = BandSettings(
      images: images, forceThreshold: options.forceThreshold, maximumSteps: max(1, maxSteps),
      fixedAtoms: fixedAtoms,
      start: try choice(of: BandSettings.Start.self, option: "--start", value: start),
      method: try choice(of: BandSettings.Method.self, option: "--method", value: method))
    let relaxation = RelaxationSettings(
      forceThreshold: options.forceThreshold, maximumForceCalls: 500, fixedAtoms: fixedAtoms)
    try await options.withEngines(for: Set(ends[0].elements)) { engine, _, preset in
      let sampling = preset.sampling(for: ends[0].cell, slab: slab)
      var minima: [Structure] = []
      for (name, end) in zip([from, to], ends) {
        guard !relaxed else {
          minima.append(end)
          continue
        }
        let result = try await relax(
          end, engine: engine, sampling: sampling, settings: relaxation)
        options.tell("\(name): \(result.forceCalls) force calls, \(result.outcome.words)")
        minima.append(result.structure)
      }
      let options = self.options
      let result = try await minimumEnergyPath(
        from: minima[0], to: minima[1], engine: engine, sampling: sampling, settings: settings,
        relaxation: relaxation
      ) { step, residual, climbs in
        if step % 10 == 0 {
          options.tell(
            "step \(step): \(residual.formatted(digits: 3)) eV/angstrom"
              + (climbs ? ", climbing" : ""))
        }
      }
      try file.write(PathFrame.text(result))
      try report(result)
    }
  }

  private func report(_ path: MinimumEnergyPath) throws {
    var table = TextTable(header: ["image", "distance (A)", "E (eV)", "force along (eV/A)"])
    let (energies, distances) = (path.energies, path.distances)
    for (index, force) in path.tangentForces.enumerated() {
      table.add([
        "\(index)", distances[index].formatted(digits: 3),
        (energies[index] - energies[0]).formatted(digits: 4), force.formatted(digits: 3),
      ])
    }
    print(table.text)
    print(
      "\nbarrier \(path.forwardBarrier.formatted(digits: 4)) eV forwards, "
        + "\(path.reverseBarrier.formatted(digits: 4)) eV back, \(path.forceCalls) force calls: "
        + output)
    if path.minimaBetween > 0 {
      print(
        "The path was split at \(path.minimaBetween) minima on the way; each is among the images.")
    }
    guard path.isConverged else {
      throw Problem(
        message: "the path did not converge: \(path.outcome.words), largest force "
          + "\(path.residualForce.formatted(digits: 3)) eV/angstrom",
        remedy: "Its images are in \(output).", code: .notConverged)
    }
  }
}
