/// Reads chemical formulas.
public enum ChemicalFormula {
  /// The atoms of a formula such as "Li6PS5Cl" or "Li7La3(ZrO6)2".
  ///
  /// - Parameter text: symbols of elements, whole numbers, and groups in parentheses.
  /// - Returns: atoms of each element; nil for anything else.
  public static func composition(of text: String) -> [Element: Int]? {
    var rest = text[...]
    guard let result = group(&rest, depth: 0), rest.isEmpty, !result.isEmpty else { return nil }
    return result
  }

  private static func group(_ rest: inout Substring, depth: Int) -> [Element: Int]? {
    var result: [Element: Int] = [:]
    while let first = rest.first, first != ")" {
      var part: [Element: Int]
      if first == "(" {
        guard depth < 8 else { return nil }
        rest.removeFirst()
        guard let inner = group(&rest, depth: depth + 1), rest.first == ")" else { return nil }
        rest.removeFirst()
        part = inner
      } else {
        guard first.isASCII, first.isUppercase else { return nil }
        let lower = rest.dropFirst().prefix { $0.isASCII && $0.isLowercase }
        guard let element = Element(symbol: String(first) + lower) else { return nil }
        rest = rest.dropFirst(1 + lower.count)
        part = [element: 1]
      }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard digits.count < 6, let number = digits.isEmpty ? 1 : Int(digits), number > 0 else {
        return nil
      }
      for (element, count) in part {
        let (product, overflow) = count.multipliedReportingOverflow(by: number)
        guard !overflow, product < 1_000_000 else { return nil }
        result[element, default: 0] += product
      }
    }
    return result
  }
}
