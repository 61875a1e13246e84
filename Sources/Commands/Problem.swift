import ArgumentParser
import BondBreaking
import Campaigns
import Engines
import Foundation
import Interfaces
import LearnedPotential
import Relaxation
import Reports
import StructureFiles
import Structures

/// The one place where errors get their words: what happened, where, and what to do.
struct Problem: Error {
  /// What happened, one sentence without a full stop.
  var message: String
  /// What to do about it; nil where nothing better than the message can be said.
  var remedy: String?
  /// Exit code of the process.
  var code: ExitCode

  /// Both parts as one line, and the engine's last words below it.
  var text: String {
    remedy.map { "\(message). \($0)" } ?? message
  }

  init(message: String, remedy: String?, code: ExitCode) {
    self.message = message
    self.remedy = remedy
    self.code = code
  }

  /// The words for an error of ours; nil for those of the argument parser.
  init?(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as OptionError: self.init(error)
    case let error as BandError: self.init(error)
    case let error as EngineError: self.init(error)
    case let error as StoreError: self.init(error)
    case let error as StructureFileError: self.init(error)
    case let error as StructureError: self.init(error, of: "the structure")
    case let error as InterfaceError: self.init(error)
    case let error as AssessmentError: self.init(error, elements: [])
    case let error as Gnuplot.Failure: self.init(error)
    case is CancellationError:
      self.init(
        message: "interrupted", remedy: "Everything computed is stored: run it again to go on.",
        code: ExitCode(130))
    case let error as CocoaError where error.code == .fileWriteOutOfSpace:
      self.init(
        message: "the disk is full", remedy: "Free some room and run again.", code: .cannotWrite)
    case let error as CocoaError:
      self.init(message: error.localizedDescription, remedy: nil, code: .cannotWrite)
    default: return nil
    }
  }
}

extension Problem {
  init(_ error: Gnuplot.Failure) {
    switch error {
    case .missing:
      self.init(
        message: "gnuplot, which draws figures, is not installed",
        remedy: "Install it with: apt-get install gnuplot-nox", code: .engineMissing)
    case .failed(let words):
      self.init(
        message: "gnuplot drew nothing: \(words)", remedy: nil, code: .engineFailed)
    }
  }
}

extension ExitCode {
  static let notConverged = ExitCode(2)
  static let wrongOption = ExitCode(64)
  static let badInput = ExitCode(65)
  static let engineMissing = ExitCode(69)
  static let engineFailed = ExitCode(70)
  static let cannotWrite = ExitCode(73)
  static let storeInUse = ExitCode(75)
}

extension Problem {
  init(_ error: StructureError, of subject: String) {
    let (message, remedy): (String, String?) =
      switch error {
      case .noAtoms: ("\(subject) has no atoms", nil)
      case .degenerateCell(let volume):
        (
          "the cell of \(subject) has a volume of \(volume.formatted(digits: 3)) cubic angstrom",
          "Check its cell vectors."
        )
      case .leftHandedCell:
        ("the cell vectors of \(subject) are left-handed", "Exchange two of them.")
      case .notFinite(let atom):
        (
          atom.map { "atom \($0 + 1) of \(subject) has a coordinate that is no number of angstrom" }
            ?? "the cell of \(subject) has a component that is no number", nil
        )
      case .overlappingAtoms(let first, let second, let distance, let limit):
        (
          "atoms \(first + 1) and \(second + 1) of \(subject) are "
            + "\(distance.formatted(digits: 3)) angstrom apart, less than "
            + "\(limit.formatted(digits: 3))",
          "Check the positions, the symmetry operations and the unit of length."
        )
      case .symmetryNotFound(let tolerance):
        ("no space group fits \(subject) within \(tolerance) angstrom", nil)
      }
    self.init(message: message, remedy: remedy, code: .badInput)
  }

  init(_ error: InterfaceError) {
    switch error {
    case .badMillerIndices(let text):
      self.init(
        message: "'\(text)' are no Miller indices",
        remedy: "Write three, as 100 or 1-10, or four for a hexagonal crystal, as 10-10.",
        code: .wrongOption)
    case .noLatticeMatch(let limit, let area, let smallest):
      let least = smallest.map {
        "; the least strain among all cells was \((100 * $0).formatted(digits: 1)) %"
      }
      self.init(
        message: "no cell of at most \(area.formatted(digits: 0)) square angstrom joins the two "
          + "surfaces with a strain below \((100 * limit).formatted(digits: 1)) %"
          + (least ?? ""),
        remedy: "Raise --max-strain or --max-area, or choose another --surface or "
          + "--metal-surface.",
        code: .badInput)
    case .noSlab(let formula, let surface):
      self.init(
        message: "no slab of \(formula) \(surface) could be cut",
        remedy: "Choose another --surface.", code: .badInput)
    case .symmetry(let error):
      self.init(error, of: "a crystal")
    case .noSuchTermination(let number, let count):
      self.init(
        message: "there is no termination \(number), only \(count)",
        remedy: "Leave --termination out to see them all.", code: .wrongOption)
    case .noSuchMatch(let number, let count):
      self.init(
        message: "there is no match \(number), only \(count)",
        remedy: "See them with: lacuna match", code: .wrongOption)
    case .noSuchRegistry(let name, let known):
      self.init(
        message: "the substrate's face has no registry '\(name)'",
        remedy: "It has \(known.joined(separator: ", ")).", code: .wrongOption)
    case .noSuchSite(let layer, let site, let count):
      self.init(
        message: "layer \(layer + 1) of the metal has no class \(site) of sites, only \(count)",
        remedy: "Leave --site out to build one vacancy for each class.", code: .wrongOption)
    case .facesDiffer(let formula):
      self.init(
        message: "the two faces of this slab of \(formula) differ, so a sandwich would hold two "
          + "different interfaces",
        remedy: "Choose a --termination whose faces are alike, or another number of "
          + "--metal-layers.", code: .badInput)
    case .noSuchAtom(let atom, let metalAtoms):
      self.init(
        message: "atom \(atom + 1) is none of the metal's, which are \(metalAtoms.lowerBound + 1) "
          + "to \(metalAtoms.upperBound)",
        remedy: nil, code: .wrongOption)
    case .noSuchLayer(let layer, let layers):
      self.init(
        message: "the metal has no layer \(layer + 1), only \(layers)", remedy: nil,
        code: .wrongOption)
    }
  }

  /// The words for an assessment's error.
  ///
  /// - Parameters:
  ///   - error: the error.
  ///   - elements: all that would have been computed, for the command that trains a potential; empty where they are not known.
  init(_ error: AssessmentError, elements: Set<Element>) {
    switch error {
    case .unknownMetal(let metal):
      self.init(
        message: "\(metal) is not among the metals that can be assessed",
        remedy: "Use --metal Li or --metal Na.", code: .wrongOption)
    case .foreignMetal(let metal, let substrate):
      self.init(
        message: "\(substrate) holds no \(metal), so \(metal) could not move through it",
        remedy: "Add --foreign-metal to assess the adhesion all the same.", code: .badInput)
    case .structure(let error):
      self.init(error, of: "a relaxed crystal")
    case .engineNotConverged(let stage, let reason) where LearnedEngine.refuses(for: reason):
      self.init(
        message: "the stage '\(stage)' cannot be computed: \(reason)",
        remedy: Problem.askAnotherOrTrain(elements), code: .notConverged)
    case .committeeDisagrees(let deviation):
      self.init(
        message: "the potential has not learned enough for this interface: the results of its "
          + "committee deviate by \(deviation.formatted(digits: 2)) eV for each surface atom",
        remedy: Problem.askAnotherOrTrain(elements), code: .notConverged)
    case .engineNotConverged(let stage, let reason) where Evaluation.isCollapse(reason):
      self.init(
        message: "the stage '\(stage)' cannot be computed: \(reason)",
        remedy: "The engine does not hold this crystal together: use another --engine, or a cell "
          + "nearer to its own lattice parameters.",
        code: .notConverged)
    case .engineNotConverged(let stage, let reason):
      self.init(
        message: "the electrons of the stage '\(stage)' did not converge, with gentler mixing "
          + "either: \(reason)",
        remedy: "Try a wider --smearing, another --mesh-length or a thicker slab.",
        code: .notConverged)
    }
  }

  /// What to do where a learned potential does not know.
  private static func askAnotherOrTrain(_ elements: Set<Element>) -> String {
    let (command, file) = training(of: elements)
    return
      "Use --engine gpaw, or train a potential on more cells: \(command), then --engine learned:\(file)."
  }

  /// The command that trains a potential, and the file that it writes.
  static func training(of elements: Set<Element>) -> (command: String, file: String) {
    let symbols = elements.sorted().map(\.symbol)
    let file = symbols.isEmpty ? "FILE" : elements.hyphenatedSymbols + ".json"
    let names = symbols.isEmpty ? "ELEMENTS" : symbols.joined(separator: " ")
    return ("lacuna train \(names) --compute 150 --output \(file)", file)
  }

  init(_ error: StoreError) {
    switch error {
    case .lockedByAnotherRun(let path, let process):
      self.init(
        message: "the store \(path) is in use by process \(process.isEmpty ? "?" : process)",
        remedy: "Wait for it to end, or name another file with --store.", code: .storeInUse)
    case .newerVersion(let path, let unknown):
      self.init(
        message: "the store \(path) was written by a newer version of lacuna (it has "
          + "'\(unknown.joined(separator: "', '"))')",
        remedy: "Update lacuna, or name another file with --store.", code: .badInput)
    case .notAStore(let path, let reason):
      self.init(
        message: "\(path) is not a store of lacuna: \(reason)",
        remedy: "Name another file with --store; this one was left as it is.", code: .badInput)
    case .diskFull(let path):
      self.init(
        message: "the disk is full: \(path) cannot grow",
        remedy: "Free some room and run again; everything computed so far is stored.",
        code: .cannotWrite)
    case .notWritable(let path, let reason):
      self.init(
        message: "\(path) cannot be written: \(reason)",
        remedy: "Name a file in a folder of yours with --store.", code: .cannotWrite)
    case .badExport(let path, let line, let reason):
      self.init(
        message: line > 0 ? "\(path), line \(line): \(reason)" : "\(path): \(reason)",
        remedy: "Nothing of it was taken over. Export it again with: lacuna store export",
        code: .badInput)
    case .database(let path, let code, let message):
      self.init(
        message: "the store \(path) failed: \(message) (SQLite \(code))", remedy: nil,
        code: .cannotWrite)
    }
  }
}
