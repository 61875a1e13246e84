public import Engines
import Foundation
public import Structures

/// What decides how long an engine takes for a cell.
public struct CellLoad: Sendable, Hashable {
  /// Number of atoms.
  public var atoms: Int
  /// `k points * volume * electrons * (1 + electrons / 100)`, in cubic angstrom.
  ///
  /// Fourier transforms and projections of a plane-wave code grow with the number of bands, what makes them orthogonal
  /// with its square. The two are alike at some hundred electrons, by GPAW's times for cells of 1 to 84 atoms.
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
    size = points * structure.cell.volume * electrons * (1 + electrons / 100)
  }

  /// Electrons that a code treats: those of GPAW's PBE datasets for the elements of the built-in crystals and their like,
  /// with one for sodium, and five for all others; enough to compare costs.
  private static func valenceElectrons(_ element: Element) -> Double {
    switch element.atomicNumber {
    case 3, 11: 1
    case 19, 37, 55: 9
    case 12, 20: 10
    case 13: 3
    case 14: 4
    case 21: 11
    case 8, 16, 34: 6
    case 9, 17, 35, 53: 7
    default: 5
    }
  }
}

/// How long an engine takes for a cell, told from the stored force calls of the cells that are most like it.
///
/// A line through the logarithms of all of them would be drawn by the many small cells, whose time is mostly start-up:
/// it puts cells of 56 to 84 atoms at a quarter of their time, the nearest at 0.8 to 1.2 of it.
public struct TimingModel: Sendable, Hashable {
  /// Logarithms of load and of time.
  private struct Call: Sendable, Hashable {
    var load: Double
    var time: Double
  }

  private let calls: [Call]
  /// Most calls that are asked.
  private static let neighbors = 15
  /// Logarithm of the ratio of loads within which calls are alike.
  private static let alike = log(2.0)

  /// Learns from force calls; nil without any.
  ///
  /// - Parameter calls: loads and seconds of wall time.
  public init?(_ calls: [(load: CellLoad, seconds: Double)]) {
    self.calls = calls.filter { $0.seconds > 0 && $0.load.size > 0 }
      .map { Call(load: log($0.load.size), time: log($0.seconds)) }
    if self.calls.isEmpty { return nil }
  }

  /// Time of one force call in seconds: from each of the nearest calls in proportion to the load, of these the median.
  public func seconds(_ load: CellLoad) -> Double {
    let own = log(max(load.size, 1e-9))
    let sorted = calls.sorted { abs($0.load - own) < abs($1.load - own) }
      .prefix(TimingModel.neighbors)
    // A few calls of this size tell more than many of another.
    let farthest = TimingModel.alike + (sorted.first.map { abs($0.load - own) } ?? 0)
    let nearest = sorted.prefix { abs($0.load - own) <= farthest }
    let factors = nearest.map { $0.time - $0.load }.sorted()
    return exp(own + factors[factors.count / 2])
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
    try forceCalls().filter {
      $0.engine == engine.reduced(to: $0.structure.elements) && $0.evaluation.isConverged
    }.map {
      (
        CellLoad($0.structure, mesh: $0.sampling.kPointGrid),
        $0.evaluation.origin.wallTimeInSeconds
      )
    }
  }
}
