/// The energy of one kind of atom as a polynomial in its atomic base.
struct BasePolynomial: Sendable {
  /// A product of fixed factors with a sum over neighbouring numbers of the base: `A_i A_j sum_k c_k A_(start + k)`.
  private struct Run {
    var first: Int32
    var second: Int32
    var start: Int32
    var count: Int32
    var coefficients: Int32
  }

  private let constant: Double
  private let linear: [(base: Int, coefficient: Double)]
  /// Runs with one fixed factor (`second` unused), then those with two.
  private let pairs: [Run]
  private let triples: [Run]
  private let coefficients: [Double]

  /// Adds all functions around an element up.
  init(basis: ClusterBasis, coefficients: [Double], centre: Int) {
    constant = coefficients[basis.coefficientIndex(centre: centre, function: nil)]
    var products: [[Int32]: Double] = [:]
    for (number, function) in basis.functions.enumerated() {
      let coefficient = coefficients[basis.coefficientIndex(centre: centre, function: number)]
      guard coefficient != 0 else { continue }
      for term in function.terms {
        products[term.factors, default: 0] += coefficient * term.coefficient
      }
    }
    let sorted = products.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    linear = sorted.filter { $0.key.count == 1 }.map { (Int($0.key[0]), $0.value) }
    var values: [Double] = []
    var runs: [[Run]] = [[], []]
    for order in [2, 3] {
      for (factors, value) in sorted where factors.count == order {
        let head = factors.dropLast()
        let (first, second, last) = (head[0], order == 3 ? head[1] : -1, factors[order - 1])
        if let run = runs[order - 2].last, run.first == first, run.second == second,
          run.start + run.count == last
        {
          runs[order - 2][runs[order - 2].count - 1].count += 1
        } else {
          runs[order - 2].append(
            Run(
              first: first, second: second, start: last, count: 1,
              coefficients: Int32(values.count)))
        }
        values.append(value)
      }
    }
    pairs = runs[0]
    triples = runs[1]
    self.coefficients = values
  }

  /// Value in eV; adds the derivatives by the base to `adjoint`.
  func evaluate(
    _ base: UnsafeMutablePointer<Double>, adjoint: UnsafeMutablePointer<Double>
  ) -> Double {
    var energy = constant
    for (index, coefficient) in linear {
      energy += coefficient * base[index]
      adjoint[index] += coefficient
    }
    coefficients.withUnsafeBufferPointer { coefficients in
      pairs.withUnsafeBufferPointer { runs in
        for run in runs {
          let first = Int(run.first)
          let (start, offset) = (Int(run.start), Int(run.coefficients))
          let factor = base[first]
          var sum = 0.0
          for k in 0..<Int(run.count) {
            let c = coefficients[offset + k]
            sum += c * base[start + k]
            adjoint[start + k] += c * factor
          }
          adjoint[first] += sum
          energy += factor * sum
        }
      }
      triples.withUnsafeBufferPointer { runs in
        for run in runs {
          let (first, second) = (Int(run.first), Int(run.second))
          let (start, offset) = (Int(run.start), Int(run.coefficients))
          let (a, b) = (base[first], base[second])
          let product = a * b
          var sum = 0.0
          for k in 0..<Int(run.count) {
            let c = coefficients[offset + k]
            sum += c * base[start + k]
            adjoint[start + k] += c * product
          }
          adjoint[first] += b * sum
          adjoint[second] += a * sum
          energy += product * sum
        }
      }
    }
    return energy
  }
}
