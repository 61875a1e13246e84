import Foundation
public import Structures

/// The criterion of Zur and McGill as other programs apply it: lengths and angle of reduced cells.
///
/// ``LatticeMatch/search(metal:substrate:strainLimit:areaLimit:)`` uses principal strains instead,
/// which do not depend on the choice of the basis; this criterion is here to be compared with.
///
/// ## References
/// A. Zur, T. C. McGill, J. Appl. Phys. 55, 378 (1984), doi:10.1063/1.333084.
public struct ZurMcGill: Sendable {
  /// Largest difference of the ratio of the areas from that of the multiples.
  public var areaRatioTolerance = 0.09
  /// Largest area of the cells in square angstrom.
  public var areaLimit = 400.0
  /// Largest relative difference of the lengths of the reduced vectors.
  public var lengthTolerance = 0.03
  /// Largest relative difference of the angles between them.
  public var angleTolerance = 0.01

  /// Creates the criterion with its usual tolerances.
  public init() {}

  /// Matches of one pair of multiples.
  public struct Count: Sendable, Hashable {
    /// Number of film cells.
    public var film: Int
    /// Number of substrate cells.
    public var substrate: Int
    /// Number of pairs of sublattices that agree.
    public var matches: Int
  }

  /// Counts the pairs of sublattices that agree.
  ///
  /// - Parameters:
  ///   - film: cell whose a and b, in xy, are the film's surface cell.
  ///   - substrate: the same of the substrate.
  /// - Returns: the multiples with at least one match, by rising film and substrate multiple.
  public func matches(film: Cell, substrate: Cell) -> [Count] {
    let (filmArea, substrateArea) = (film.faceArea, substrate.faceArea)
    let filmCells = Int((areaLimit / filmArea).rounded(.up)) - 1
    let substrateCells = Int((areaLimit / substrateArea).rounded(.up)) - 1
    guard filmCells > 0, substrateCells > 0 else { return [] }
    let substrates = (1...substrateCells).map { shapes(substrate, multiple: $0) }
    var counts: [Count] = []
    for i in 1...filmCells {
      var films: [Shape]?
      for j in 1...substrateCells {
        let (multiple, other) = (Double(i), Double(j))
        guard
          (filmArea / substrateArea - other / multiple).magnitude < areaRatioTolerance
            || (substrateArea / filmArea - multiple / other).magnitude < areaRatioTolerance
        else { continue }
        let own = films ?? shapes(film, multiple: i)
        films = own
        let number = count(own, substrates[j - 1])
        if number > 0 { counts.append(Count(film: i, substrate: j, matches: number)) }
      }
    }
    return counts
  }

  /// Lengths of the reduced vectors, the shorter first, and the angle between them.
  private struct Shape {
    var short: Double
    var long: Double
    var angle: Double
  }

  private func shapes(_ cell: Cell, multiple: Int) -> [Shape] {
    IntegerMatrix2.sublattices(area: multiple).map { rows in
      let basis = PlaneLattice(cell, rows).reduced
      let lengths = basis.lengths
      // Zur and McGill take the acute angle.
      return Shape(
        short: lengths.x, long: lengths.y,
        angle: atan2(basis.area.magnitude, (basis.u * basis.v).sum().magnitude))
    }.sorted { $0.short < $1.short }
  }

  private func count(_ films: [Shape], _ substrates: [Shape]) -> Int {
    var number = 0
    var start = 0
    for film in films {
      // Both lists rise: the window of the next film begins no earlier.
      while start < substrates.count,
        substrates[start].short / film.short - 1 < -lengthTolerance
      {
        start += 1
      }
      var index = start
      while index < substrates.count {
        let substrate = substrates[index]
        index += 1
        let difference = substrate.short / film.short - 1
        if difference > lengthTolerance { break }
        if (substrate.long / film.long - 1).magnitude <= lengthTolerance,
          (substrate.angle / film.angle - 1).magnitude <= angleTolerance
        {
          number += 1
        }
      }
    }
    return number
  }
}
