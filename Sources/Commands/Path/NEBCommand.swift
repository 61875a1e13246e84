import ArgumentParser
import BondBreaking
import Engines
import Foundation
import Relaxation
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
  @Flag(help: "Take the ends as they are.") var relaxed = false
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
    let ends = [try StructureFile.read(path: from), try StructureFile.read(path: to)]
    guard ends[0].species == ends[1].species else {
      throw BandError.differentAtoms(first: ends[0].count, last: ends[1].count)
    }
    try await options.withEngines(for: Set(ends[0].elements)) { engine, _, preset in
      let sampling = preset.sampling(for: ends[0].cell, slab: slab)
      var minima: [Structure] = []
      for (name, end) in zip([from, to], ends) {
        guard !relaxed else {
          minima.append(end)
          continue
        }
        let result = try await relax(
          end, engine: engine, sampling: sampling,
          settings: RelaxationSettings(
            forceThreshold: options.forceThreshold, maximumForceCalls: 500))
        options.tell("\(name): \(result.forceCalls) force calls, \(result.outcome.words)")
        minima.append(result.structure)
      }
      let options = self.options
      let result = try await nudgedElasticBand(
        from: minima[0], to: minima[1], engine: engine, sampling: sampling,
        settings: BandSettings(
          images: images, forceThreshold: options.forceThreshold, maximumSteps: max(1, maxSteps))
      ) { step, residual, climbs in
        if step % 10 == 0 {
          options.tell(
            "step \(step): \(residual.formatted(digits: 3)) eV/angstrom"
              + (climbs ? ", climbing" : ""))
        }
      }
      try write(result)
      try report(result)
    }
  }

  private func write(_ result: BandResult) throws {
    let frames = zip(result.images, result.energies).map { ExtendedXYZ($0, energy: $1).text }
    try Data(frames.joined().utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
  }

  private func report(_ result: BandResult) throws {
    var table = TextTable(header: ["image", "distance (A)", "E (eV)", "force along (eV/A)"])
    for index in result.images.indices {
      table.add([
        "\(index)", result.distances[index].formatted(digits: 3),
        (result.energies[index] - result.energies[0]).formatted(digits: 4),
        result.tangentForces[index].formatted(digits: 3),
      ])
    }
    print(table.text)
    print(
      "\nbarrier \(result.forwardBarrier.formatted(digits: 4)) eV forwards, "
        + "\(result.reverseBarrier.formatted(digits: 4)) eV back, \(result.forceCalls) force calls: "
        + output)
    for image in result.intermediateMinima {
      print("Note: image \(image) lies in a minimum of its own; split the path there.")
    }
    guard result.outcome == .converged else {
      throw Problem(
        message: "the path did not converge: \(result.outcome.words), largest force "
          + "\(result.residualForce.formatted(digits: 3)) eV/angstrom",
        remedy: "Its images are in \(output).", code: .notConverged)
    }
  }
}
