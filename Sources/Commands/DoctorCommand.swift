import ArgumentParser
import Foundation
import KIMEngine
import SocketEngines

/// `lacuna doctor`: what is installed, and how to install the rest.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say which engines are installed and how to install the others.",
    discussion: "Example: lacuna doctor")

  func run() throws {
    print("lacuna \(LacunaCommand.programVersion), \(ProcessInfo.processInfo.processorCount) cores")
    for finding in EngineProbe.findings() {
      let name = finding.program.padding(toLength: 8, withPad: " ", startingAt: 0)
      let state =
        finding.path ?? "not found; sudo apt-get install \(finding.packages.joined(separator: " "))"
      let note = finding.isSupported ? "" : " (not used by this version)"
      print("  \(name) \(state) - \(finding.purpose)\(note)")
    }
    if let datasets = EngineProbe.gpawDatasets() {
      print("  datasets \(datasets) - PAW datasets of GPAW")
    } else {
      print("  datasets not found; sudo apt-get install gpaw-data - PAW datasets of GPAW")
    }
    if let kernels = OpenBLASKernels.better {
      print("  OpenBLAS does not know this processor: GPAW is told to use its \(kernels) kernels")
    }
    let models = KIMCollection.models().count
    print(
      models > 0
        ? "  models   \(models) interatomic models of OpenKIM; see: lacuna engines"
        : "  models   none found; sudo apt-get install openkim-models - interatomic models")
    guard EngineProbe.find("gpaw") != nil, EngineProbe.gpawDatasets() != nil else {
      throw ExitCode.engineMissing
    }
    print("Ready: lacuna assess LiCl --metal Li")
  }
}
