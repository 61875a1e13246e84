public import Structures

/// What decides which functions of an atom's surroundings a potential is made of.
public struct ClusterBasisSettings: Sendable, Hashable, Codable {
  /// Elements in rising order.
  public var elements: [Element]
  /// Distance in angstrom within which atoms feel each other.
  public var cutoff: Double
  /// Largest total degree of functions of one, two and three neighbours: the sum over neighbours of `n` (from 1)
  /// and `angularWeight l`.
  public var degrees: [Int]
  /// What a degree of a spherical harmonic counts beside one of a radial function.
  public var angularWeight: Double
  /// Power of the map of distances; see ``RadialFunctions``.
  public var exponent: Double

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - elements: all that occur, in any order.
  ///   - cutoff: angstrom; nil takes what reaches five shells of neighbours in each of the metals.
  ///   - degrees: of functions of one, two and three neighbours; nil takes what suits the number of elements.
  ///   - angularWeight: what a degree of a harmonic counts.
  ///   - exponent: power of the map of distances.
  public init(
    elements: some Sequence<Element>, cutoff: Double? = nil, degrees: [Int]? = nil,
    angularWeight: Double = 1, exponent: Double = 1
  ) {
    self.elements = Set(elements).sorted()
    self.cutoff = cutoff ?? ClusterBasisSettings.reach(of: self.elements)
    let usual = [[14, 13, 11], [10, 9, 7], [9, 8, 6]]
    self.degrees = degrees ?? usual[min(max(1, self.elements.count), 3) - 1]
    self.angularWeight = angularWeight
    self.exponent = exponent
  }

  /// Cut-off without a metal, angstrom.
  private static let usualReach = 6.5

  /// Distance that takes in the first five shells of neighbours in each bcc metal among some elements, in half angstroms:
  /// 6.5 for lithium, 8 for sodium.
  ///
  /// With 6.5, sodium's three shells, a fit puts its lattice parameter at 4.24 angstrom, with 8 at 4.20 (GPAW 4.20).
  private static func reach(of elements: [Element]) -> Double {
    let edges = elements.compactMap { Prototype.metal($0, .bcc)?.cell.a.length }
    // The fifth shell is 1.73 edges away, the sixth 2.
    return edges.map { (1.89 * $0 * 2).rounded() / 2 }.max() ?? usualReach
  }

  /// Number of coefficients of a basis with these settings, known before the basis is built.
  public var coefficientCount: Int { elements.count * (ClusterBasis.channels(self).count + 1) }

  /// Whether functions and coefficients can be counted in reasonable time: at most eight elements and degrees of 24,
  /// 16 and 12 for one, two and three neighbours.
  public var isModest: Bool {
    (1...8).contains(elements.count) && (1...3).contains(degrees.count)
      && zip(degrees, [24, 16, 12]).allSatisfy { (1...$1).contains($0) }
      && (0.5...10).contains(angularWeight)
  }

  /// A fit's matrices hold the square of this number.
  public static let mostCoefficients = 6000
}

/// A complete set of functions of an atom's surroundings that rotations, inversion and the order of neighbours
/// leave alone: the atomic cluster expansion up to three neighbours at a time.
///
/// Around an atom, `A = sum_j R_n(r_j) Y_lm(r_j)` over its neighbours of one element; a function of the basis is a
/// product of one, two or three A, coupled to an invariant. Neighbours may coincide in a product, so all sums are
/// over single neighbours and the cost is linear in their number.
///
/// ## References
/// R. Drautz, Phys. Rev. B 99, 014104 (2019), doi:10.1103/PhysRevB.99.014104; G. Dusson et al., J. Comput. Phys.
/// 454, 110946 (2022), doi:10.1016/j.jcp.2022.110946.
public struct ClusterBasis: Sendable {
  /// One factor of a function.
  public struct Channel: Sendable, Hashable, Comparable {
    /// Number of the neighbours' element.
    public var element: Int
    /// Degree of the spherical harmonic.
    public var l: Int
    /// Number of the radial function, from 0.
    public var n: Int

    /// By element, then l, then n.
    public static func < (left: Channel, right: Channel) -> Bool {
      (left.element, left.l, left.n) < (right.element, right.l, right.n)
    }
  }

  /// A product of A with its factor: indices into the atomic base, rising.
  struct Term: Sendable {
    var factors: [Int32]
    var coefficient: Double
  }

  /// One function of the basis.
  struct Function: Sendable {
    var channels: [Channel]
    /// Total degree, the measure of its roughness.
    var degree: Double
    var terms: [Term]
    /// Its derivatives: for each A that it holds, the products of the others; `factors` without that A.
    var derivatives: [(base: Int32, terms: [Term])]
  }

  /// What it was made from.
  public let settings: ClusterBasisSettings
  /// Radial functions of each pair, centre first: number `centre * elements + neighbour`.
  let radial: [RadialFunctions]
  /// Repulsion of each pair, numbered alike.
  let cores: [CoreRepulsion]
  let harmonics: SphericalHarmonics
  /// Number of radial functions of each degree l.
  let radialCounts: [Int]
  /// Where a degree l begins in an element's block of A; the last one is the block's size.
  let offsets: [Int]
  /// The functions: the same around every element; coefficients differ.
  let functions: [Function]

  /// Number of A around one atom.
  var baseCount: Int { offsets[offsets.count - 1] * settings.elements.count }
  /// Number of coefficients: one energy and one of each function for each element as centre.
  public var count: Int { settings.elements.count * (functions.count + 1) }

  /// Builds the basis.
  public init(_ settings: ClusterBasisSettings) {
    self.settings = settings
    let channels = ClusterBasis.channels(settings)
    let degree = channels.flatMap { $0 }.map(\.l).max() ?? 0
    harmonics = SphericalHarmonics(degree: degree)
    var counts = [Int](repeating: 0, count: degree + 1)
    for channel in channels.joined() { counts[channel.l] = max(counts[channel.l], channel.n + 1) }
    radialCounts = counts
    var offsets = [0]
    for l in 0...degree { offsets.append(offsets[l] + (2 * l + 1) * counts[l]) }
    self.offsets = offsets
    var radial: [RadialFunctions] = []
    var cores: [CoreRepulsion] = []
    for centre in settings.elements {
      for neighbor in settings.elements {
        let touching = centre.covalentRadius + neighbor.covalentRadius
        radial.append(
          RadialFunctions(
            count: counts.max() ?? 1, cutoff: settings.cutoff, innerDistance: 0.75 * touching,
            exponent: settings.exponent))
        cores.append(
          CoreRepulsion(
            charges: Double(centre.atomicNumber * neighbor.atomicNumber),
            distance: 0.65 * touching, cutoff: settings.cutoff))
      }
    }
    self.radial = radial
    self.cores = cores
    functions = channels.map { ClusterBasis.function($0, settings, counts, offsets) }
  }

  /// The products of the basis: channels in rising order, those of few neighbours first.
  fileprivate static func channels(_ settings: ClusterBasisSettings) -> [[Channel]] {
    let weight = settings.angularWeight
    func degree(_ channel: Channel) -> Double { Double(channel.n + 1) + weight * Double(channel.l) }
    func all(upTo limit: Double) -> [Channel] {
      var result: [Channel] = []
      for element in settings.elements.indices {
        var l = 0
        while 1 + weight * Double(l) <= limit {
          var n = 0
          while Double(n + 1) + weight * Double(l) <= limit {
            result.append(Channel(element: element, l: l, n: n))
            n += 1
          }
          l += 1
        }
      }
      return result.sorted()
    }
    var result: [[Channel]] = []
    for (index, limit) in settings.degrees.enumerated() {
      let limit = Double(limit)
      switch index {
      case 0:
        result += all(upTo: limit).filter { $0.l == 0 }.map { [$0] }
      case 1:
        let single = all(upTo: limit - 1)
        for (i, first) in single.enumerated() {
          for second in single[i...]
          where second.l == first.l && degree(first) + degree(second) <= limit {
            result.append([first, second])
          }
        }
      default:
        let single = all(upTo: limit - 2)
        for (i, first) in single.enumerated() {
          for (j, second) in single.enumerated().dropFirst(i)
          where degree(first) + degree(second) + 1 <= limit {
            for third in single[j...]
            where degree(first) + degree(second) + degree(third) <= limit
              && third.l >= abs(first.l - second.l) && third.l <= first.l + second.l
              && (first.l + second.l + third.l) % 2 == 0
            {
              result.append([first, second, third])
            }
          }
        }
      }
    }
    return result
  }

  private static func function(
    _ channels: [Channel], _ settings: ClusterBasisSettings, _ counts: [Int], _ offsets: [Int]
  ) -> Function {
    let block = offsets[offsets.count - 1]
    var sums: [[Int32]: Double] = [:]
    for term in AngularCoupling.realTerms(channels.map(\.l)) {
      let factors = zip(channels, term.m).map { channel, m in
        Int32(
          channel.element * block + offsets[channel.l] + (channel.l + m) * counts[channel.l]
            + channel.n)
      }.sorted()
      sums[factors, default: 0] += term.coefficient
    }
    let terms = sums.filter { abs($0.value) > 1e-12 }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { Term(factors: $0.key, coefficient: $0.value) }
    var derivatives: [Int32: [[Int32]: Double]] = [:]
    for term in terms {
      for index in term.factors.indices {
        var rest = term.factors
        let base = rest.remove(at: index)
        derivatives[base, default: [:]][rest, default: 0] += term.coefficient
      }
    }
    let degree = channels.reduce(0) {
      $0 + Double($1.n + 1) + settings.angularWeight * Double($1.l)
    }
    return Function(
      channels: channels, degree: degree, terms: terms,
      derivatives: derivatives.sorted { $0.key < $1.key }.map { base, products in
        (
          base,
          products.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { Term(factors: $0.key, coefficient: $0.value) }
        )
      })
  }

  /// Total degrees of all coefficients in their order, 0 for an atom's own energy; and the number of neighbours.
  var degrees: [(degree: Double, order: Int)] {
    settings.elements.flatMap { _ in
      [(0, 0)] + functions.map { ($0.degree, $0.channels.count) }
    }
  }

  /// Number of a coefficient: 0 is the centre's own energy, functions follow.
  func coefficientIndex(centre: Int, function: Int?) -> Int {
    centre * (functions.count + 1) + (function.map { $0 + 1 } ?? 0)
  }

  /// Number of an element; nil for one that the basis does not know.
  func index(of element: Element) -> Int? { settings.elements.firstIndex(of: element) }
}
