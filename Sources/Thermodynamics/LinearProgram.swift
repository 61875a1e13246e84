/// The least value of a sum under equations, with no unknown below zero.
///
/// The simplex method in two phases with Bland's rule, which cannot go round in circles: made for a handful of
/// equations and up to some thousand unknowns.
///
/// ## References
/// R. G. Bland, Math. Oper. Res. 2, 103 (1977), doi:10.1287/moor.2.2.103.
enum LinearProgram {
  private static let tolerance = 1e-10

  /// Minimises `costs . x` where `rows x = values` and `x >= 0`.
  ///
  /// - Parameters:
  ///   - costs: one for each unknown.
  ///   - rows: equations, each with one factor for each unknown.
  ///   - values: right-hand sides, none below zero.
  /// - Returns: the unknowns; nil where the equations have no such solution or the sum has no bound.
  static func minimum(costs: [Double], rows: [[Double]], values: [Double]) -> [Double]? {
    let (count, unknowns) = (rows.count, costs.count)
    // One artificial unknown for each equation makes a first solution.
    var table = rows.indices.map { row in
      rows[row] + rows.indices.map { $0 == row ? 1.0 : 0.0 } + [values[row]]
    }
    var basis = (0..<count).map { unknowns + $0 }
    let artificial = [Double](repeating: 0, count: unknowns) + [Double](repeating: 1, count: count)
    guard descend(&table, &basis, costs: artificial, allowed: unknowns + count) else { return nil }
    let rest = basis.indices.filter { basis[$0] >= unknowns }.map { table[$0][unknowns + count] }
    guard rest.allSatisfy({ $0.magnitude < 1e-7 }) else { return nil }
    // An artificial unknown that is left at zero gives way where it can; else its equation says nothing new.
    for row in basis.indices where basis[row] >= unknowns {
      if let column = (0..<unknowns).first(where: { table[row][$0].magnitude > 1e-7 }) {
        pivot(&table, &basis, row: row, column: column)
      }
    }
    let padded = costs + [Double](repeating: 0, count: count)
    guard descend(&table, &basis, costs: padded, allowed: unknowns) else { return nil }
    var result = [Double](repeating: 0, count: unknowns)
    for (row, unknown) in basis.enumerated() where unknown < unknowns {
      result[unknown] = max(0, table[row][unknowns + count])
    }
    return result
  }

  /// Exchanges unknowns until none of the allowed ones would lower the sum; false where it has no bound.
  private static func descend(
    _ table: inout [[Double]], _ basis: inout [Int], costs: [Double], allowed: Int
  ) -> Bool {
    let last = costs.count
    while true {
      let prices = basis.map { costs[$0] }
      let entering = (0..<allowed).first { column in
        guard !basis.contains(column) else { return false }
        var reduced = costs[column]
        for row in table.indices { reduced -= prices[row] * table[row][column] }
        return reduced < -tolerance
      }
      guard let entering else { return true }
      var leaving: Int?
      var least = Double.infinity
      for row in table.indices where table[row][entering] > tolerance {
        let ratio = table[row][last] / table[row][entering]
        let isTie = (ratio - least).magnitude <= tolerance
        if ratio < least - tolerance || isTie && basis[row] < basis[leaving ?? row] {
          (least, leaving) = (ratio, row)
        }
      }
      guard let leaving else { return false }
      pivot(&table, &basis, row: leaving, column: entering)
    }
  }

  private static func pivot(
    _ table: inout [[Double]], _ basis: inout [Int], row: Int, column: Int
  ) {
    let factor = table[row][column]
    table[row] = table[row].map { $0 / factor }
    for other in table.indices where other != row {
      let share = table[other][column]
      guard share != 0 else { continue }
      for index in table[other].indices { table[other][index] -= share * table[row][index] }
    }
    basis[row] = column
  }
}
