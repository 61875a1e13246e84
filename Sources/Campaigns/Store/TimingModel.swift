import BondBreaking
public import Engines
import Foundation
public import Structures

/// What decides how long an engine takes for a cell.
public struct CellLoad: Sendable, Hashable {
  /// Number of atoms.
  public var atoms: Int
  /// `k points * electrons * volume`: the leading term of a plane-wave code for cells of this size.
  public var size: Double

  /// The load of a cell.
  ///
  /// - Parameters:
  ///   - structure: the cell.
  ///   - mesh: its mesh, thinned by time reversal alone.
  public init(_ structure: Structure, mesh: KPointGrid) {
    atoms = structure.count
    let points = Double(mesh.x * mesh.y * mesh.z) / 2 + 1
    let electrons = structure.species.map(CellLoad.valenceElectrons).reduce(0, +)
    size = points * electrons * structure.cell.volume
  }

  /// Electrons that a code treats, roughly: enough to compare costs.
  private static func valenceElectrons(_ element: Element) -> Double {
    switch element.atomicNumber {
    case 3, 11, 19, 37, 55: 1
    case 12, 20: 2
    case 8, 16, 34: 6
    case 9, 17, 35, 53: 7
    default: 5
    }
  }
}

/// How long an engine takes for a cell, learned from force calls that are stored: a power of its load.
public struct TimingModel: Sendable, Hashable {
  private let exponent: Double
  private let logFactor: Double

  /// Learns from force calls; nil without any.
  ///
  /// One or a few of nearly one size cannot tell the power: then the time is taken to grow with the load.
  ///
  /// - Parameter calls: loads and seconds of wall time.
  public init?(_ calls: [(load: CellLoad, seconds: Double)]) {
    let points = calls.filter { $0.seconds > 0 && $0.load.size > 0 }
      .map { (x: log($0.load.size), y: log($0.seconds)) }
    guard !points.isEmpty else { return nil }
    let xs = points.map(\.x)
    let isSpread = (xs.max() ?? 0) - (xs.min() ?? 0) > 1 && points.count >= 5
    if isSpread {
      let line = LinearFit(x: xs, y: points.map(\.y))
      exponent = min(2, max(0.5, line.slope.value))
    } else {
      exponent = 1
    }
    let power = exponent
    let logs = points.map { $0.y - power * $0.x }.sorted()
    logFactor = logs[logs.count / 2]
  }

  /// Time of one force call in seconds.
  public func seconds(_ load: CellLoad) -> Double {
    exp(logFactor + exponent * log(max(load.size, 1e-9)))
  }
}

extension Store {
  /// Loads and times of all force calls that an engine answered.
  ///
  /// - Parameter engine: name and settings; another cut-off takes another time.
  /// - Returns: one for each force call that converged.
  /// - Throws: ``StoreError``.
  public func timings(
    engine: EngineIdentity
  ) throws(StoreError) -> [(load: CellLoad, seconds: Double)] {
    try forceCalls().filter { $0.engine == engine && $0.evaluation.isConverged }.map {
      (
        CellLoad($0.structure, mesh: $0.sampling.kPointGrid),
        $0.evaluation.origin.wallTimeInSeconds
      )
    }
  }
}
