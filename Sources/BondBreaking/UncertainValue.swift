import Foundation

/// A number with its standard uncertainty, both in the same unit.
public struct UncertainValue: Sendable, Hashable, Codable {
  /// The value.
  public var value: Double
  /// Its standard uncertainty, not negative.
  public var standardUncertainty: Double

  /// Creates a value; exact where no uncertainty is given.
  public init(_ value: Double, standardUncertainty: Double = 0) {
    precondition(!(standardUncertainty < 0), "an uncertainty is not negative")
    self.value = value
    self.standardUncertainty = standardUncertainty
  }

  /// Reads "0.67", "0.67±0.05", "0.67+-0.05", "0.67+/-0.05" and "0.67(5)".
  ///
  /// - Returns: nil for anything else, numbers that are not finite included.
  public init?(parsing text: String) {
    let body = text.trimmingCharacters(in: .whitespaces)
    for separator in ["±", "+/-", "+-"] {
      let parts = body.components(separatedBy: separator)
      guard parts.count > 1 else { continue }
      guard parts.count == 2, let value = UncertainValue.number(parts[0]),
        let uncertainty = UncertainValue.number(parts[1]), uncertainty >= 0
      else { return nil }
      self.init(value, standardUncertainty: uncertainty)
      return
    }
    if body.hasSuffix(")"), let open = body.firstIndex(of: "(") {
      let mantissa = String(body[..<open])
      let digits = String(body[body.index(after: open)...].dropLast())
      guard let value = UncertainValue.number(mantissa), !digits.isEmpty,
        digits.allSatisfy(\.isNumber), let count = Double(digits)
      else { return nil }
      // The digits in parentheses stand at the last places of the value.
      let decimals = mantissa.split(separator: ".", omittingEmptySubsequences: false)
      let places = decimals.count == 2 ? decimals[1].count : 0
      self.init(value, standardUncertainty: count * pow(10, -Double(places)))
      return
    }
    guard let value = UncertainValue.number(body) else { return nil }
    self.init(value)
  }

  private static func number(_ text: String) -> Double? {
    guard let value = Double(text.trimmingCharacters(in: .whitespaces)), value.isFinite else {
      return nil
    }
    return value
  }

  /// Value and uncertainty times a factor: a change of unit.
  public func scaled(by factor: Double) -> UncertainValue {
    UncertainValue(value * factor, standardUncertainty: standardUncertainty * factor.magnitude)
  }

  /// The value of a function of independent quantities, with the uncertainty they give it.
  ///
  /// Linear propagation, `u^2 = sum (df/dx_i u_i)^2`, with derivatives by central differences over
  /// a fraction of each uncertainty (JCGM 100:2008, 5.1.2). Because the function is evaluated as a
  /// whole, an input that enters twice is counted once.
  ///
  /// - Parameters:
  ///   - inputs: independent quantities.
  ///   - function: takes their values in the same order; nil where it has no value.
  /// - Returns: nil where the function has no value at the inputs.
  public static func propagating(
    _ inputs: [UncertainValue], through function: ([Double]) -> Double?
  ) -> UncertainValue? {
    let values = inputs.map(\.value)
    guard let centre = function(values) else { return nil }
    var variance = 0.0
    for (index, input) in inputs.enumerated() where input.standardUncertainty > 0 {
      let step = 1e-3 * input.standardUncertainty
      var (up, down) = (values, values)
      up[index] += step
      down[index] -= step
      // At the border of the function's domain one side has to do.
      let slope: Double
      switch (function(up), function(down)) {
      case (let upper?, let lower?): slope = (upper - lower) / (2 * step)
      case (let upper?, nil): slope = (upper - centre) / step
      case (nil, let lower?): slope = (centre - lower) / step
      case (nil, nil): return UncertainValue(centre, standardUncertainty: .infinity)
      }
      variance += slope * slope * input.standardUncertainty * input.standardUncertainty
    }
    return UncertainValue(centre, standardUncertainty: variance.squareRoot())
  }
}

extension Double {
  /// The number with a fixed number of decimals, never "-0".
  public func formatted(digits: Int) -> String {
    let text = String(format: "%.\(digits)f", self)
    return text.contains { ("1"..."9").contains($0) } || !text.hasPrefix("-")
      ? text : String(text.dropFirst())
  }
}
