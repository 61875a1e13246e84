/// A straight line through points, by least squares.
public struct LinearFit: Sendable, Hashable, Codable {
  /// Slope with its standard error, unit of y for one unit of x.
  public let slope: UncertainValue
  /// Value at x = 0 with its standard error, unit of y.
  public let intercept: UncertainValue
  /// y minus the line, one for each point in their order.
  public let residuals: [Double]

  /// Fits at least two points with different x.
  ///
  /// With two points the line is exact and the standard errors are zero: nothing is known of them.
  public init(x: [Double], y: [Double]) {
    precondition(x.count == y.count && x.count >= 2, "a line needs two points")
    let count = Double(x.count)
    let meanX = x.reduce(0, +) / count
    let meanY = y.reduce(0, +) / count
    let spread = x.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
    precondition(spread > 0, "a line needs two different x")
    let slope = zip(x, y).map { ($0 - meanX) * ($1 - meanY) }.reduce(0, +) / spread
    let intercept = meanY - slope * meanX
    let residuals = zip(x, y).map { $1 - intercept - slope * $0 }
    let squares = residuals.map { $0 * $0 }.reduce(0, +)
    let variance = x.count > 2 ? squares / (count - 2) : 0
    self.slope = UncertainValue(
      slope, standardUncertainty: (variance / spread).squareRoot())
    self.intercept = UncertainValue(
      intercept,
      standardUncertainty: (variance * (1 / count + meanX * meanX / spread)).squareRoot())
    self.residuals = residuals
  }

  /// Root mean square of the residuals, unit of y.
  public var residual: Double {
    (residuals.map { $0 * $0 }.reduce(0, +) / Double(residuals.count)).squareRoot()
  }
}

/// Bulk and surface energy of a metal from slabs of several thicknesses.
///
/// The energy of a slab of N layers is `N E_bulk + 2 sigma A`: the slope of energy against thickness
/// is the bulk energy that belongs to the same cell and mesh. A bulk energy from another calculation
/// would leave an error that grows with N.
///
/// ## References
/// V. Fiorentini, M. Methfessel, J. Phys.: Condens. Matter 8, 6525 (1996),
/// doi:10.1088/0953-8984/8/36/005.
public struct ThicknessFit: Sendable, Hashable, Codable {
  /// Energy of one layer in the bulk, eV.
  public let bulkEnergyPerLayer: UncertainValue
  /// Energy of both surfaces of the cell, `2 sigma A`, eV.
  public let twiceSurfaceEnergyTimesArea: UncertainValue
  /// Energy minus the line for each slab, eV.
  public let residuals: [Double]
  /// Bulk energy of a layer from the two thickest slabs, eV.
  public let differenceReference: Double
  /// Slope through the odd thicknesses minus that through the even ones, eV for each layer.
  ///
  /// Nil where one of the two has less than two slabs. Quantum-size effects show here.
  public let oddEvenDifference: Double?

  /// Fits the energies of slabs.
  ///
  /// - Parameters:
  ///   - layers: numbers of layers, at least two different ones.
  ///   - energies: energies in eV, same order.
  public init(layers: [Int], energies: [Double]) {
    let fit = LinearFit(x: layers.map(Double.init), y: energies)
    bulkEnergyPerLayer = fit.slope
    twiceSurfaceEnergyTimesArea = fit.intercept
    residuals = fit.residuals
    let sorted = zip(layers, energies).sorted { $0.0 < $1.0 }
    let (last, previous) = (sorted[sorted.count - 1], sorted[sorted.count - 2])
    differenceReference = (last.1 - previous.1) / Double(last.0 - previous.0)
    func slope(_ parity: Int) -> Double? {
      let points = sorted.filter { $0.0 % 2 == parity }
      guard points.count >= 2 else { return nil }
      return LinearFit(x: points.map { Double($0.0) }, y: points.map(\.1)).slope.value
    }
    if let odd = slope(1), let even = slope(0) {
      oddEvenDifference = odd - even
    } else {
      oddEvenDifference = nil
    }
  }

  /// Root mean square of the residuals, eV for each slab.
  public var residual: Double {
    (residuals.map { $0 * $0 }.reduce(0, +) / Double(residuals.count)).squareRoot()
  }
}
