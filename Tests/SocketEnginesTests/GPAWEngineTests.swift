import Engines
import Foundation
import Relaxation
import Structures
import Testing

@testable import SocketEngines

let gpawIsInstalled = EngineProbe.find("gpaw") != nil && EngineProbe.gpawDatasets() != nil

extension FileManager {
  /// Names in a folder; none where it cannot be read.
  fileprivate func names(inFolder path: String) -> [String] {
    do {
      return try contentsOfDirectory(atPath: path)
    } catch {
      return []
    }
  }
}

/// Real density-functional calculations, small ones.
@Suite(.serialized, .enabled(if: gpawIsInstalled)) struct GPAWEngineTests {
  let sampling = Sampling(kPointGrid: KPointGrid(3, 3, 3), needsStress: true)

  func engine(_ change: (inout GPAWSettings) -> Void = { _ in }) -> GPAWEngine {
    var settings = GPAWSettings(cutoffEnergy: 300, energyThreshold: 1e-6)
    change(&settings)
    return GPAWEngine(settings: settings, cores: 2)
  }

  /// Two lithium atoms in a cell without symmetry.
  var lithium: Structure {
    Structure(
      cell: Cell(
        a: Vector3(3.44, 0, 0), b: Vector3(0.15, 3.5, 0), c: Vector3(-0.1, 0.2, 3.4)),
      species: [.lithium, .lithium],
      positions: [CartesianPosition(0.05, 0, -0.04), CartesianPosition(1.8, 1.7, 1.9)])
  }

  /// Two layers of lithium chloride under six of lithium, 28 angstrom long.
  ///
  /// A start that moves electrons from one side to the other takes GPAW 22.8 56 steps with 2 by 2 k points and 38
  /// with one; neutral atoms take 18 and 17, on both ways of sharing the work: k points, and regions of the cell.
  /// Energies: GPAW 22.8.0's own start, same settings with a density threshold of 1e-6, filled to the same Fermi level.
  @Test(.timeLimit(.minutes(5)), arguments: [(2, -24.387771531), (1, -28.730133641)])
  func interfaceStartsFromNeutralAtoms(mesh: Int, energy: Double) async throws {
    let engine = GPAWEngine(settings: GPAWSettings(cutoffEnergy: 250), cores: 2)
    let result = try await engine.evaluate(
      thinInterface,
      sampling: Sampling(kPointGrid: KPointGrid(mesh, mesh, 1), needsStress: false))
    #expect((result.energy - energy).magnitude < 1e-5)
    let steps = try #require(result.origin.selfConsistencySteps)
    #expect(steps < 30)
    await engine.shutDown()
  }

  /// Two layers of lithium oxide, moved against the points of the real-space grid.
  ///
  /// On GPAW's own grid the forces on oxygen change by 0.4 eV/angstrom.
  @Test(.timeLimit(.minutes(5))) func whereAnOxideLiesOnTheGridDoesNotCount() async throws {
    let settings = GPAWSettings(cutoffEnergy: 340, elements: [.lithium, .oxygen])
    let engine = GPAWEngine(settings: settings, cores: 2)
    let sampling = Sampling(kPointGrid: KPointGrid(3, 3, 1), needsStress: false)
    var answers: [Evaluation] = []
    for height in [0, 0.06, 0.12] {
      var moved = oxideLayers()
      for atom in moved.positions.indices { moved.positions[atom].vector.z += height }
      answers.append(try await engine.evaluate(moved, sampling: sampling))
    }
    await engine.shutDown()
    for answer in answers.dropFirst() {
      #expect((answer.energy - answers[0].energy).magnitude < 0.001)
      for (force, first) in zip(answer.forces, answers[0].forces) {
        #expect((force - first).length < 0.01)
      }
    }
  }

  /// Charge that goes to and fro between a metal and an oxide is damped, which changes no energy.
  ///
  /// Energy: the same client with Mixer(0.1, 8, 100) and a density threshold of 1e-6, GPAW 22.8.0, in 70 steps; with the usual one it takes 57.
  /// Two processes share out the k points, and each mixes the density for itself.
  @Test(.timeLimit(.minutes(5)), arguments: [1, 2])
  func metalOnAnOxideConvergesSoon(cores: Int) async throws {
    let settings = GPAWSettings(cutoffEnergy: 250, elements: [.lithium, .oxygen])
    let engine = GPAWEngine(settings: settings, cores: cores)
    let result = try await engine.evaluate(
      oxideLayers(height: 28, below: 4, metalLayers: 4),
      sampling: Sampling(kPointGrid: KPointGrid(2, 2, 1), needsStress: false))
    await engine.shutDown()
    #expect((result.energy + 7.931654).magnitude < 1e-4)
    let steps = try #require(result.origin.selfConsistencySteps)
    #expect(steps < 35)
  }

  /// Two layers of lithium oxide (111), a = 4.62 angstrom, bare or under layers of lithium.
  func oxideLayers(height: Double = 16, below: Double = 6, metalLayers: Int = 0) -> Structure {
    let (side, layer) = (4.62 / 2.0.squareRoot(), 4.62 / 3.0.squareRoot())
    let cell = Cell(lengths: Vector3(side, side, height), angles: Vector3(90, 90, 120))
    var (species, positions): ([Element], [FractionalPosition]) = ([], [])
    func add(_ element: Element, column: Int, at z: Double) {
      let third = Double(column % 3) / 3
      species.append(element)
      positions.append(FractionalPosition(2 * third, third, z / height))
    }
    for number in 0..<2 {
      let middle = below + layer * Double(number)
      add(.lithium, column: number, at: middle - layer / 4)
      add(.oxygen, column: 1 + number, at: middle)
      add(.lithium, column: 2 + number, at: middle + layer / 4)
    }
    for number in 0..<metalLayers {
      add(
        .lithium, column: (number + 1) % 2, at: below + 1.25 * layer + 2.4 + 2.45 * Double(number))
    }
    return Structure(cell: cell, species: species, fractionalPositions: positions)
  }

  /// Where Methfessel-Paxton smearing has several Fermi levels, the one of the call before must not decide.
  ///
  /// Here GPAW 22.8 goes to -0.11 eV from the wave functions of the other geometry and to -0.30
  /// eV from atoms, 1.9 meV apart.
  @Test(.timeLimit(.minutes(5))) func energyDoesNotHangOnTheCallBefore() async throws {
    let start = thinInterface
    var moved = start
    // Less than the move after which wave functions are thrown away.
    for atom in 4..<moved.count { moved.positions[atom].vector.z -= 0.09 }
    let sampling = Sampling(kPointGrid: KPointGrid(2, 2, 1), needsStress: false)
    let warm = GPAWEngine(settings: GPAWSettings(cutoffEnergy: 250), cores: 2)
    _ = try await warm.evaluate(start, sampling: sampling)
    let reused = try await warm.evaluate(moved, sampling: sampling)
    await warm.shutDown()
    let cold = GPAWEngine(settings: GPAWSettings(cutoffEnergy: 250), cores: 2)
    let fresh = try await cold.evaluate(moved, sampling: sampling)
    await cold.shutDown()
    #expect((reused.energy - fresh.energy).magnitude < 2e-5)
  }

  /// The images of a band are asked for in turns: each goes on from its own wave functions.
  @Test(.timeLimit(.minutes(5))) func imagesKeepTheirWaveFunctions() async throws {
    let engine = GPAWEngine(settings: GPAWSettings(cutoffEnergy: 250), cores: 2)
    let sampling = Sampling(kPointGrid: KPointGrid(1, 1, 1), needsStress: false)
    func image(lifted height: Double) -> Structure {
      var structure = thinInterface
      structure.positions[9].vector.z += height
      return structure
    }
    func steps(_ structure: Structure) async throws -> Int {
      try #require(
        try await engine.evaluate(structure, sampling: sampling).origin.selfConsistencySteps)
    }
    let first = try await (steps(image(lifted: 0)), steps(image(lifted: 0.4)))
    let second = try await (steps(image(lifted: 0.02)), steps(image(lifted: 0.42)))
    await engine.shutDown()
    #expect(second.0 < first.0)
    #expect(second.1 < first.1)
  }

  /// Two layers of lithium chloride under six of lithium, in the smallest cell.
  var thinInterface: Structure {
    var positions = [
      CartesianPosition(0, 0, 5), CartesianPosition(1.8, 1.8, 5), CartesianPosition(1.8, 1.8, 7.5),
      CartesianPosition(0, 0, 7.5),
    ]
    for layer in 0..<6 {
      let side = layer.isMultiple(of: 2) ? 0 : 1.8
      positions.append(CartesianPosition(side, side, 10 + 1.6 * Double(layer)))
    }
    return Structure(
      cell: Cell(a: Vector3(3.6, 0, 0), b: Vector3(0, 3.6, 0), c: Vector3(0, 0, 28)),
      species: [.lithium, .chlorine, .lithium, .chlorine] + Array(repeating: .lithium, count: 6),
      positions: positions)
  }

  @Test(.timeLimit(.minutes(5))) func forcesAndStressAreDerivatives() async throws {
    let engine = engine()
    let structure = lithium
    // With 3 by 3 by 3 k points levels are so sparse that the Fermi level jumps between the two strains.
    let sampling = Sampling(kPointGrid: KPointGrid(5, 5, 5), needsStress: true)
    let result = try await engine.evaluate(structure, sampling: sampling)
    #expect(result.origin.engineVersion.split(separator: ".").count == 3)
    let step = 0.02
    var (up, down) = (structure, structure)
    up.positions[1].vector.x += step
    down.positions[1].vector.x -= step
    let slope =
      (try await engine.evaluate(up, sampling: sampling).energy
        - engine.evaluate(down, sampling: sampling).energy) / (2 * step)
    #expect((result.forces[1].x + slope).magnitude < 2e-3)
    let stress = try #require(result.stress)
    // The strains are small because the energy of a metal on a coarse mesh has kinks where states
    // cross the Fermi level: 0.5 % of shear is off by 7 %, an eighth of a percent by 0.01 %.
    let size = 0.00125
    for (i, j) in [(2, 2), (0, 1)] {
      func energy(_ sign: Double) async throws -> Double {
        var strain = Matrix3.identity
        strain[i, j] += sign * size
        strain[j, i] += sign * size
        return try await engine.evaluate(structure.deformed(by: strain), sampling: sampling).energy
      }
      let change = try await energy(1) - energy(-1)
      let derivative = change / (4 * size) / structure.cell.volume
      #expect((stress[i, j] - derivative).magnitude < 1e-4, "\(i) \(j)")
    }
    await engine.shutDown()
  }

  /// Wherever a vacancy stands in the cell, energy and forces are the same.
  ///
  /// The client moves the axis of symmetry to the origin; the forces belong to the atoms as they were given.
  @Test(.timeLimit(.minutes(5))) func aVacancyMayStandAnywhere() async throws {
    let engine = engine { $0.cutoffEnergy = 250 }
    let cell = try #require(Prototype.metal(.lithium, .bcc)).supercell(.diagonal(2, 2, 1))
    let sampling = Sampling(kPointGrid: KPointGrid(3, 3, 3))
    // Corner and centre atoms of two neighbouring cells; each with its neighbours moved towards the vacancy.
    var results: [Evaluation] = []
    for vacancy in [0, 7] {
      var structure = cell.removing(at: vacancy)
      let site = cell.positions[vacancy].vector
      for atom in structure.positions.indices {
        let away = cell.cell.nearestImage(structure.positions[atom].vector - site)
        structure.positions[atom].vector -= 0.1 * away / away.length
      }
      results.append(try await engine.evaluate(structure, sampling: sampling))
    }
    await engine.shutDown()
    #expect((results[0].energy - results[1].energy).magnitude < 1e-4)
    let lengths = results.map { $0.forces.map(\.length).sorted() }
    for (left, right) in zip(lengths[0], lengths[1]) { #expect((left - right).magnitude < 2e-3) }
    #expect((results[1].forces.reduce(.zero, +)).length < 5e-3)
  }

  /// The lattice parameter of bcc lithium: the paper has 3.436 angstrom with PBE.
  @Test(.timeLimit(.minutes(5))) func bulkLithiumHasThePapersLatticeParameter() async throws {
    let engine = engine()
    let metal = try Symmetry(of: try #require(Prototype.metal(.lithium, .bcc))).primitive
    let result = try await relaxCell(
      metal, freedom: .full, engine: engine,
      sampling: Sampling(kPointGrid: KPointGrid(8, 8, 8)),
      settings: RelaxationSettings(forceThreshold: 0.01, stressThreshold: 1e-4))
    await engine.shutDown()
    #expect(result.outcome == .converged)
    let edge = try Symmetry(of: result.structure, tolerance: 1e-2).conventional.cell.a.length
    #expect((edge / 3.436 - 1).magnitude < 0.005, "\(edge)")
  }

  /// Sodium with one valence electron and with GPAW's usual seven.
  ///
  /// Energies: GPAW 22.8.0 from its own Python interface, `setups={'Na': '1'}` and `{'Na': 'paw'}`, same settings.
  @Test(.timeLimit(.minutes(5)), arguments: [("1", -2.553270), ("paw", -2.458484)])
  func datasetsAreThoseAskedFor(dataset: String, energy: Double) async throws {
    let metal = Structure(
      cell: Cell(a: Vector3(4.16, 0, 0), b: Vector3(0, 4.16, 0), c: Vector3(0, 0, 4.16)),
      species: [.sodium, .sodium],
      positions: [CartesianPosition(0, 0, 0), CartesianPosition(2.08, 2.08, 2.08)])
    let engine = engine {
      $0.cutoffEnergy = 250
      $0.datasets = ["Na": dataset]
    }
    #expect(engine.identity.settings["dataset_Na"] == dataset)
    let result = try await engine.evaluate(
      metal, sampling: Sampling(kPointGrid: KPointGrid(4, 4, 4)))
    #expect((result.energy - energy).magnitude < 2e-5)
    await engine.shutDown()
  }

  @Test(.timeLimit(.minutes(5))) func oneProcessServesManyCompositions() async throws {
    let engine = engine()
    let chloride = try Symmetry(of: try #require(Prototype.named("LiCl")).structure).primitive
    let first = try await engine.evaluate(lithium, sampling: sampling)
    _ = try await engine.evaluate(chloride, sampling: sampling)
    let again = try await engine.evaluate(lithium, sampling: sampling)
    #expect((first.energy - again.energy).magnitude < 1e-4)
    await engine.shutDown()
  }

  /// A displaced atom in a crystal that began symmetric: forces must not stay zero.
  @Test(.timeLimit(.minutes(5))) func brokenSymmetryIsSeen() async throws {
    let engine = engine()
    var metal = try #require(Prototype.metal(.lithium, .bcc))
    let before = try await engine.evaluate(metal, sampling: sampling)
    #expect(before.largestForce < 1e-3)
    metal.positions[1].vector += Vector3(0.1, 0.05, 0.02)
    let after = try await engine.evaluate(metal, sampling: sampling)
    #expect(after.largestForce > 0.05)
    #expect(after.energy > before.energy)
    await engine.shutDown()
  }

  @Test(.timeLimit(.minutes(5))) func notConvergingIsAResult() async throws {
    let engine = engine { $0.maximumSteps = 1 }
    let result = try await engine.evaluate(lithium, sampling: sampling)
    #expect(!result.isConverged)
    #expect(result.energy.isNaN)
    await engine.shutDown()
  }

  /// Number of the parent of a process; nil where it is gone.
  func parent(of process: Int32) -> Int32? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else {
      return nil
    }
    // The name in parentheses may hold blanks: fields are counted after it.
    let fields = String(decoding: data, as: UTF8.self).split(separator: ")").last?
      .split(separator: " ")
    return fields.flatMap { $0.count > 1 ? Int32($0[1]) : nil }
  }

  /// Our client's processes whose mpirun this test process started; others are not ours to touch.
  func clients() -> [Int32] {
    FileManager.default.names(inFolder: "/proc").compactMap { Int32($0) }.filter { process in
      let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      let text = String(decoding: line, as: UTF8.self)
      return text.contains("gpaw_client.py") && !text.contains("mpirun")
        && parent(of: process).flatMap(parent) == getpid()
    }
  }

  @Test(.timeLimit(.minutes(5))) func aKilledEngineIsStartedAgain() async throws {
    let engine = engine()
    _ = try await engine.evaluate(lithium, sampling: sampling)
    let process = try #require(clients().first)
    kill(process, SIGKILL)
    var moved = lithium
    moved.positions[0].vector.x += 0.05
    let result = try await engine.evaluate(moved, sampling: sampling)
    #expect(result.isConverged)
    await engine.shutDown()
  }

  @Test(.timeLimit(.minutes(5))) func cancellingLeavesNoProcess() async throws {
    let engine = engine()
    let metal = try #require(Prototype.metal(.lithium, .bcc)).supercell(.diagonal(2, 2, 2))
    let work = Task {
      try await engine.evaluate(metal, sampling: Sampling(kPointGrid: KPointGrid(6, 6, 6)))
    }
    try await Task.sleep(for: .seconds(4))
    work.cancel()
    await #expect(throws: CancellationError.self) { try await work.value }
    await engine.shutDown()
    for _ in 0..<50 where !clients().isEmpty {
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(clients().isEmpty)
  }

  @Test(.timeLimit(.minutes(5))) func anEngineThatCannotStartIsQuoted() async throws {
    // A setting that GPAW refuses ends its process with a traceback.
    let engine = engine { $0.functional = "no-such-functional" }
    await #expect {
      _ = try await engine.evaluate(lithium, sampling: sampling)
    } throws: { error in
      guard case EngineError.died(_, _, let lines) = error else { return false }
      return !lines.isEmpty
    }
  }
}
