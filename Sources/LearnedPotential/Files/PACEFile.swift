import Structures

/// A potential in the form that LAMMPS's ML-PACE reads (`.yace`).
///
/// Terms of one neighbour are written by the polynomials that radial functions are sums of, for ML-PACE takes those
/// directly; terms of more by the radial functions, coupled with complex harmonics.
///
/// ## References
/// Y. Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021), doi:10.1038/s41524-021-00559-9.
public struct PACEFile: Sendable {
  private let basis: ClusterBasis
  private let coefficients: [Double]

  /// Takes a potential.
  ///
  /// - Parameters:
  ///   - basis: the functions.
  ///   - coefficients: one for each in the order of the basis, eV.
  public init(basis: ClusterBasis, coefficients: [Double]) {
    precondition(coefficients.count == basis.count, "one coefficient for each function")
    self.basis = basis
    self.coefficients = coefficients
  }

  private var elements: [Element] { basis.settings.elements }

  /// The file's content.
  public var text: String {
    let energies = elements.indices.map {
      coefficients[basis.coefficientIndex(centre: $0, function: nil)]
    }
    var lines = [
      "elements: [\(elements.map(\.symbol).joined(separator: ", "))]",
      "E0: \(list(energies))",
      "deltaSplineBins: 0.0005",
      "embeddings:",
    ]
    for centre in elements.indices {
      lines.append(
        "  \(centre): {ndensity: 1, FS_parameters: [1, 1], npoti: FinnisSinclair, "
          + "rho_core_cutoff: 100000, drho_core_cutoff: 250}")
    }
    lines.append("bonds:")
    for centre in elements.indices {
      for neighbor in elements.indices {
        lines.append("  [\(centre), \(neighbor)]: \(bond(centre, neighbor))")
      }
    }
    lines.append("functions:")
    for centre in elements.indices {
      lines.append("  \(centre):")
      lines += functions(centre).map { "    - \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func bond(_ centre: Int, _ neighbor: Int) -> String {
    let pair = centre * elements.count + neighbor
    let (radial, core) = (basis.radial[pair], basis.cores[pair])
    let degrees = basis.radialCounts.count
    // ML-PACE takes radial functions for each degree of a harmonic; ours are the same for all.
    let rows = radial.coefficients.map { row in
      "[" + Array(repeating: list(row), count: degrees).joined(separator: ", ") + "]"
    }
    return "{nradmax: \(radial.count), lmax: \(degrees - 1), nradbasemax: \(radial.degree), "
      + "radbasename: ChebPow, radparameters: [\(radial.exponent)], "
      + "radcoefficients: [\(rows.joined(separator: ", "))], "
      + "prehc: \(core.prefactor), lambdahc: \(core.decay), rcut: \(radial.cutoff), dcut: 0.01, "
      + "rcut_in: 0, dcut_in: 0, inner_cutoff_type: density}"
  }

  private func functions(_ centre: Int) -> [String] {
    var pairs = [Int: [Double]]()
    var result: [String] = []
    for (number, function) in basis.functions.enumerated() {
      let coefficient = coefficients[basis.coefficientIndex(centre: centre, function: number)]
      guard coefficient != 0 else { continue }
      if function.channels.count == 1 {
        let channel = function.channels[0]
        let row = basis.radial[centre * elements.count + channel.element].coefficients[channel.n]
        let sum = pairs[channel.element] ?? row.map { _ in 0 }
        pairs[channel.element] = zip(sum, row).map { $0 + coefficient * $1 }
        continue
      }
      let terms = AngularCoupling.complexTerms(function.channels.map(\.l))
      result.append(
        line(
          centre, function.channels.map(\.element), function.channels.map { $0.n + 1 },
          function.channels.map(\.l), terms.map(\.m), terms.map { coefficient * $0.coefficient }))
    }
    let single = pairs.sorted { $0.key < $1.key }.flatMap { element, row in
      row.enumerated().filter { $0.element != 0 }.map { k, value in
        line(centre, [element], [k + 1], [0], [[0]], [value])
      }
    }
    return single + result
  }

  private func line(
    _ centre: Int, _ neighbors: [Int], _ n: [Int], _ l: [Int], _ m: [[Int]], _ values: [Double]
  ) -> String {
    "{mu0: \(centre), rank: \(n.count), ndensity: 1, num_ms_combs: \(m.count), "
      + "mus: \(list(neighbors)), ns: \(list(n)), ls: \(list(l)), "
      + "ms_combs: \(list(m.flatMap { $0 })), ctildes: \(list(values))}"
  }

  private func list(_ numbers: [some CustomStringConvertible]) -> String {
    "[" + numbers.map(\.description).joined(separator: ", ") + "]"
  }
}
