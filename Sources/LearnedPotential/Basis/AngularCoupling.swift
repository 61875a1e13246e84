/// How three spherical harmonics couple to a number that no rotation changes.
enum AngularCoupling {
  /// A term of an invariant: numbers m of the three factors, and its coefficient.
  struct Term: Sendable, Hashable {
    var m: [Int]
    var coefficient: Double
  }

  /// Wigner's 3j symbol by Racah's formula; l up to some 20.
  static func wigner3j(_ l: (Int, Int, Int), _ m: (Int, Int, Int)) -> Double {
    guard m.0 + m.1 + m.2 == 0, abs(m.0) <= l.0, abs(m.1) <= l.1, abs(m.2) <= l.2,
      l.2 >= abs(l.0 - l.1), l.2 <= l.0 + l.1
    else { return 0 }
    let lowest = max(0, l.1 - l.2 - m.0, l.0 - l.2 + m.1)
    let highest = min(l.0 + l.1 - l.2, l.0 - m.0, l.1 + m.1)
    var sum = 0.0
    for k in lowest...max(lowest, highest) where k <= highest {
      let denominator =
        factorial(k) * factorial(l.0 + l.1 - l.2 - k) * factorial(l.0 - m.0 - k)
        * factorial(l.1 + m.1 - k) * factorial(l.2 - l.1 + m.0 + k)
        * factorial(l.2 - l.0 - m.1 + k)
      sum += (k % 2 == 0 ? 1 : -1) / denominator
    }
    let triangle =
      factorial(l.0 + l.1 - l.2) * factorial(l.0 - l.1 + l.2) * factorial(-l.0 + l.1 + l.2)
      / factorial(l.0 + l.1 + l.2 + 1)
    let heights =
      factorial(l.0 + m.0) * factorial(l.0 - m.0) * factorial(l.1 + m.1) * factorial(l.1 - m.1)
      * factorial(l.2 + m.2) * factorial(l.2 - m.2)
    let sign: Double = (l.0 - l.1 - m.2) % 2 == 0 ? 1 : -1
    return sign * (triangle * heights).squareRoot() * sum
  }

  private static func factorial(_ number: Int) -> Double {
    (0..<max(0, number)).reduce(1) { $0 * Double($1 + 1) }
  }

  /// Terms of the invariant of complex harmonics: the 3j symbols that are not zero.
  static func complexTerms(_ l: [Int]) -> [Term] {
    switch l.count {
    case 1: return l[0] == 0 ? [Term(m: [0], coefficient: 1)] : []
    case 2:
      guard l[0] == l[1] else { return [] }
      let norm = 1 / Double(2 * l[0] + 1).squareRoot()
      return (-l[0]...l[0]).map { Term(m: [$0, -$0], coefficient: $0 % 2 == 0 ? norm : -norm) }
    default:
      var result: [Term] = []
      for first in -l[0]...l[0] {
        for second in -l[1]...l[1] {
          let value = wigner3j((l[0], l[1], l[2]), (first, second, -first - second))
          if value != 0 {
            result.append(Term(m: [first, second, -first - second], coefficient: value))
          }
        }
      }
      return result
    }
  }

  /// Terms of the same invariant by real harmonics; the sum of the degrees must be even.
  static func realTerms(_ l: [Int]) -> [Term] {
    precondition(l.reduce(0, +) % 2 == 0, "an odd sum of degrees changes sign under inversion")
    var sums: [[Int]: (real: Double, imaginary: Double)] = [:]
    for term in complexTerms(l) {
      var partial: [(m: [Int], value: (Double, Double))] = [([], (term.coefficient, 0))]
      for m in term.m {
        partial = partial.flatMap { head in
          realParts(of: m).map { part in
            let (a, b) = head.value
            return (
              head.m + [part.m],
              (a * part.real - b * part.imaginary, a * part.imaginary + b * part.real)
            )
          }
        }
      }
      for (m, value) in partial {
        sums[m, default: (0, 0)].real += value.0
        sums[m, default: (0, 0)].imaginary += value.1
      }
    }
    return sums.filter { abs($0.value.real) > 1e-12 }
      .map { Term(m: $0.key, coefficient: $0.value.real) }
      .sorted { $0.m.lexicographicallyPrecedes($1.m) }
  }

  /// A complex harmonic (phase of Condon and Shortley) by real ones.
  private static func realParts(of m: Int) -> [(m: Int, real: Double, imaginary: Double)] {
    let half = 0.5.squareRoot()
    if m == 0 { return [(0, 1, 0)] }
    if m < 0 { return [(-m, half, 0), (m, 0, -half)] }
    let sign: Double = m % 2 == 0 ? 1 : -1
    return [(m, sign * half, 0), (-m, 0, sign * half)]
  }
}
