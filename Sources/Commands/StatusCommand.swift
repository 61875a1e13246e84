import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Reports

/// `lacuna status`: what a store holds, and whether somebody is filling it.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract:
      "Tell what a store holds: force calls by engine, finished results, a run that goes on.",
    discussion: """
      It only looks: a run that fills the store is not disturbed.

      Example: lacuna status lacuna.sqlite
      """)

  @Argument(help: "The store.") var store = "lacuna.sqlite"
  @Flag(help: "Print as JSON.") var json = false

  private struct Report: Encodable {
    struct Engine: Encodable {
      var engine: String
      var settings: [String: String]
      var force_calls: Int
      var not_converged: Int
      var hours: Double
      var last: String
    }

    struct Result: Encodable {
      var hash: String
      var kind: String
      var label: String
      var finished: String
    }

    var store: String
    var is_in_use: Bool
    var engines: [Engine]
    var results: [Result]
  }

  mutating func run() throws {
    let report = try self.report(try Store(reading: store))
    print(json ? try jsonText(report) : text(report))
  }

  private func report(_ opened: Store) throws -> Report {
    let calls = try opened.forceCalls()
    let engines = Dictionary(grouping: calls, by: \.engine).map { engine, calls in
      Report.Engine(
        engine: engine.name, settings: engine.settings, force_calls: calls.count,
        not_converged: calls.filter { !$0.evaluation.isConverged }.count,
        hours: calls.map(\.evaluation.origin.wallTimeInSeconds).reduce(0, +) / 3600,
        last: calls.map(\.createdAt).max() ?? "")
    }
    let results = try opened.calculations().map {
      Report.Result(
        hash: $0.key.short, kind: $0.kind, label: $0.label, finished: $0.createdAt)
    }
    return Report(
      store: store, is_in_use: Store.isBeingFilled(path: store),
      engines: engines.sorted { ($0.last, $0.engine) > ($1.last, $1.engine) }, results: results)
  }

  private func text(_ report: Report) -> String {
    var parts = [
      "\(report.store): "
        + (report.is_in_use ? "a run is filling it now" : "no run is filling it")
    ]
    if !report.engines.isEmpty {
      var table = TextTable(header: [
        "engine", "model or cut-off", "force calls", "failed", "hours", "last",
      ])
      for engine in report.engines {
        table.add([
          engine.engine,
          engine.settings["model"] ?? engine.settings["cutoff_ev"].map { "\($0) eV" } ?? "",
          "\(engine.force_calls)", "\(engine.not_converged)", engine.hours.formatted(digits: 2),
          engine.last,
        ])
      }
      parts.append(table.text)
    }
    if report.results.isEmpty {
      parts.append("No finished result yet.")
    } else {
      var table = TextTable(header: ["hash", "kind", "label", "finished"])
      for result in report.results {
        table.add([result.hash, result.kind, result.label, result.finished])
      }
      parts.append(table.text + "\n\nSee one with: lacuna show HASH --store \(report.store)")
    }
    return parts.joined(separator: "\n\n")
  }
}
