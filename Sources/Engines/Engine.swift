public import Structures

/// Something that computes the energy, forces and stress of a structure.
///
/// Everything above this protocol neither knows nor cares which code answers. An engine is asked
/// for one geometry at a time; it may keep wave functions or a process warm between calls, but its
/// answer must not depend on the calls before by more than its convergence threshold.
public protocol Engine: Sendable {
  /// Name and settings, as they enter the key of every stored result.
  ///
  /// Answering must not start anything: a stored result is found by it with no engine running.
  var identity: EngineIdentity { get }

  /// Computes one geometry.
  ///
  /// - Parameters:
  ///   - structure: the geometry; validated by the caller.
  ///   - sampling: what belongs to this cell rather than to the engine: mesh and boundary.
  /// - Returns: an evaluation, which may say that self-consistency was not reached.
  /// - Throws: ``EngineError`` where the engine is missing, died, hung, or answered nonsense; and
  ///   `CancellationError`.
  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation

  /// Computes several geometries of the same atoms in cells of the same size, as the images of a path.
  ///
  /// By default one after another; an engine that can computes them side by side.
  ///
  /// - Parameters:
  ///   - structures: the geometries; validated by the caller.
  ///   - sampling: as for one.
  ///   - told: gets the index and the answer of each as soon as it is there, so that it can be kept.
  /// - Returns: the evaluations in order.
  /// - Throws: as for one, and what `told` throws.
  func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation]

  /// Ends what the engine started (processes, sockets); it may be asked again afterwards.
  func shutDown() async
}

extension Engine {
  /// One geometry after another.
  public func evaluateAll(
    _ structures: [Structure], sampling: Sampling,
    told: @Sendable (_ index: Int, _ evaluation: Evaluation) throws -> Void
  ) async throws -> [Evaluation] {
    var result: [Evaluation] = []
    for (index, structure) in structures.enumerated() {
      let evaluation = try await evaluate(structure, sampling: sampling)
      try told(index, evaluation)
      result.append(evaluation)
    }
    return result
  }

  /// Several geometries for a caller that waits for all.
  public func evaluateAll(
    _ structures: [Structure], sampling: Sampling
  ) async throws -> [Evaluation] {
    try await evaluateAll(structures, sampling: sampling) { _, _ in }
  }

  /// Nothing to end.
  public func shutDown() async {}
}

/// Name and settings of an engine: equal identities must give equal results.
public struct EngineIdentity: Sendable, Hashable, Codable {
  /// Short name, for example "gpaw".
  public var name: String
  /// Every setting that can change a result, unit in the key: ["cutoff_ev": "350"].
  ///
  /// One that counts in cells with some element alone says so: ["grid_spacing_angstrom_where_O": "0.175"].
  public var settings: [String: String]

  /// Creates an identity.
  public init(name: String, settings: [String: String]) {
    self.name = name
    self.settings = settings
  }

  /// The identity without the settings that count where an element is ("_where_O") and that a cell does not have: what an
  /// answer for that cell hangs on.
  ///
  /// So lithium computed beside an oxide is lithium as it is beside a chloride.
  public func reduced(to elements: [Element]) -> EngineIdentity {
    EngineIdentity(
      name: name,
      settings: settings.filter { key, _ in
        guard let mark = key.firstRange(of: "_where_") else { return true }
        return elements.contains { $0.symbol == key[mark.upperBound...] }
      })
  }
}

/// Numbers of divisions along the three reciprocal vectors.
public struct KPointGrid: Sendable, Hashable, Codable {
  /// Divisions along the first reciprocal vector.
  public var x: Int
  /// Divisions along the second reciprocal vector.
  public var y: Int
  /// Divisions along the third reciprocal vector.
  public var z: Int

  /// Creates a grid.
  public init(_ x: Int, _ y: Int, _ z: Int) {
    self.x = x
    self.y = y
    self.z = z
  }
}

/// What a calculation of one cell needs beside its atoms.
public struct Sampling: Sendable, Hashable, Codable {
  /// Numbers of divisions of the Gamma-centred mesh along the three reciprocal vectors.
  public var kPointGrid: KPointGrid
  /// Whether the slab's dipole along c is decoupled from its images; only for a slab in vacuum.
  public var dipoleCorrection: Bool
  /// Whether the stress is wanted; without it an engine may leave ``Evaluation/stress`` nil.
  public var needsStress: Bool

  /// Creates a sampling.
  public init(kPointGrid: KPointGrid, dipoleCorrection: Bool = false, needsStress: Bool = false) {
    self.kPointGrid = kPointGrid
    self.dipoleCorrection = dipoleCorrection
    self.needsStress = needsStress
  }

  /// Gamma alone; what a classical engine is given.
  public static let gammaPoint = Sampling(kPointGrid: KPointGrid(1, 1, 1))
}

/// An engine's answer for one geometry.
public struct Evaluation: Sendable, Hashable, Codable {
  /// Energy of the cell in eV: the one that the forces are the derivative of.
  ///
  /// For a smeared metal this is the free energy, not its extrapolation to zero smearing. The zero
  /// of energy is the engine's own.
  public var energy: Double
  /// Forces in eV/angstrom, one for each atom, same order as the structure's atoms.
  public var forces: [Vector3]
  /// Stress in eV/angstrom^3, positive under tension.
  ///
  /// `(1/V) dE/d(strain)`; nil where it was not asked for.
  public var stress: Matrix3?
  /// Whether self-consistency was reached, and why not.
  public var convergence: Convergence
  /// Where the answer came from.
  public var origin: Origin

  /// How self-consistency ended.
  public enum Convergence: Sendable, Hashable, Codable {
    /// The engine's own thresholds were met.
    case converged
    /// They were not, even with gentler mixing; the reason in the engine's words.
    case notConverged(reason: String)
  }

  /// Program, version and cost behind an answer.
  public struct Origin: Sendable, Hashable, Codable {
    /// Version that the engine reported, for example "22.8.0"; empty where it says none.
    public var engineVersion: String
    /// Seconds that the engine took.
    public var wallTimeInSeconds: Double
    /// Number of self-consistency steps; nil where the engine has none or does not say.
    public var selfConsistencySteps: Int?

    /// Creates an origin.
    public init(
      engineVersion: String = "", wallTimeInSeconds: Double = 0, selfConsistencySteps: Int? = nil
    ) {
      self.engineVersion = engineVersion
      self.wallTimeInSeconds = wallTimeInSeconds
      self.selfConsistencySteps = selfConsistencySteps
    }
  }

  /// Creates an evaluation; see the properties for units and signs.
  public init(
    energy: Double, forces: [Vector3], stress: Matrix3? = nil,
    convergence: Convergence = .converged, origin: Origin = Origin()
  ) {
    self.energy = energy
    self.forces = forces
    self.stress = stress
    self.convergence = convergence
    self.origin = origin
  }

  /// Whether self-consistency was reached.
  public var isConverged: Bool { convergence == .converged }

  /// Length of the largest force in eV/angstrom; 0 without atoms.
  public var largestForce: Double { forces.map(\.length).max() ?? 0 }
}
