import Engines
import Foundation
import KIMEngine
import Structures
import Synchronization
import TestSupport
import Testing

@Suite struct KIMEngineTests {
  /// LAMMPS 20220106 on the same models and geometries; `Reference/kim.py` made the file.
  struct Entry: Decodable {
    var model: String
    var cell: [Vector3]
    var species: [Element]
    var positions: [Vector3]
    var energy: Double
    var forces: [Vector3]

    var structure: Structure {
      Structure(
        cell: Cell(a: cell[0], b: cell[1], c: cell[2]), species: species,
        positions: positions.map { CartesianPosition($0) })
    }

    func engine(workers: Int = 2, skin: Double = 0.6) throws -> KIMEngine {
      try KIMEngine(
        model: model, elements: Array(Set(species)), workers: workers, skin: skin)
    }
  }

  static let entries: [Entry] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    do {
      return try JSONDecoder().decode(
        [Entry].self, from: Data(contentsOf: folder.appendingPathComponent("Reference/kim.json")))
    } catch {
      fatalError("kim.json: \(error)")
    }
  }()

  @Test func energiesAndForcesAreThoseOfLAMMPS() throws {
    #expect(Set(Self.entries.map(\.model)).count >= 8)
    for entry in Self.entries {
      let result = try entry.engine().energyForcesAndStress(of: entry.structure)
      #expect((result.energy / entry.energy - 1).magnitude < 1e-6, "\(entry.model)")
      let scale = entry.forces.map(\.length).max() ?? 1
      for (ours, theirs) in zip(result.forces, entry.forces) {
        #expect((ours - theirs).length < 1e-6 * scale, "\(entry.model)")
      }
    }
  }

  /// Forces add up to nothing, and are minus the derivative of the energy.
  @Test func forcesAreTheDerivativeOfTheEnergy() throws {
    for entry in Self.entries {
      let engine = try entry.engine()
      let result = try engine.energyForcesAndStress(of: entry.structure)
      #expect(result.forces.reduce(.zero, +).length < 1e-9)
      let step = 1e-4
      for (atom, axis) in [(0, 0), (5, 1), (11, 2)] {
        var energies: [Double] = []
        for sign in [1.0, -1.0] {
          var moved = entry.structure
          moved.positions[atom].vector[axis] += sign * step
          energies.append(try engine.energyForcesAndStress(of: moved).energy)
        }
        let slope = -(energies[0] - energies[1]) / (2 * step)
        #expect((slope - result.forces[atom][axis]).magnitude < 2e-6, "\(entry.model)")
      }
    }
  }

  /// The stress is the derivative by finite strain for every model, whatever virial it would give.
  @Test func stressIsTheDerivativeByStrain() throws {
    for entry in Self.entries {
      let engine = try entry.engine()
      let stress = try #require(try engine.energyForcesAndStress(of: entry.structure).stress)
      let step = 1e-5
      for (i, j) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2)] {
        var energies: [Double] = []
        for sign in [1.0, -1.0] {
          var strain = Matrix3.identity
          strain[i, j] += sign * step / 2
          strain[j, i] += sign * step / 2
          energies.append(
            try engine.energyForcesAndStress(of: entry.structure.deformed(by: strain)).energy)
        }
        let slope = (energies[0] - energies[1]) / (2 * step) / entry.structure.cell.volume
        // The shifted Morse potentials have a kink at their cut-off, which strain moves pairs across.
        let tolerance = entry.model.hasPrefix("Morse_Shifted") ? 5e-6 : 1e-7
        #expect((slope - stress[i, j]).magnitude < tolerance, "\(entry.model) \(i)\(j)")
      }
    }
  }

  /// However many workers share the atoms, and whether the lists are new or reused, the answer stays.
  @Test func workersAndSkinDoNotMatter() throws {
    for entry in Self.entries.prefix(5) {
      let reference = try entry.engine(workers: 1, skin: 0).energyForcesAndStress(
        of: entry.structure)
      for workers in [2, 3, 5] {
        let engine = try entry.engine(workers: workers)
        // First another geometry, so that the lists of the second are reused.
        _ = try engine.energyForcesAndStress(of: entry.structure.rattled(by: 0.1, seed: 3))
        let result = try engine.energyForcesAndStress(of: entry.structure)
        #expect((result.energy - reference.energy).magnitude < 1e-9)
        for (left, right) in zip(result.forces, reference.forces) {
          #expect((left - right).length < 1e-9)
        }
      }
    }
  }

  /// Several geometries at once, more and fewer than there are workers, are what each is alone.
  ///
  /// To 1e-7: where a model screens bonds, the order of its neighbours shows in the ninth digit.
  @Test(arguments: [1, 2, 3, 5])
  func aGroupOfGeometriesIsEachAlone(count: Int) async throws {
    let entry = Self.entries[2]
    let engine = try entry.engine(workers: 2)
    for round in 0..<3 {
      let images = (0..<count).map {
        entry.structure.rattled(by: 0.15, seed: UInt64(10 * round + $0))
      }
      let told = Mutex<[Int]>([])
      let answers = try await engine.evaluateAll(images, sampling: .gammaPoint) { index, _ in
        told.withLock { $0.append(index) }
      }
      #expect(told.withLock { $0 } == Array(0..<count))
      for (image, answer) in zip(images, answers) {
        let alone = try entry.engine(workers: 1, skin: 0).energyForcesAndStress(of: image)
        #expect((answer.energy - alone.energy).magnitude < 1e-7)
        for (left, right) in zip(answer.forces, alone.forces) {
          #expect((left - right).length < 1e-7)
        }
      }
    }
  }

  /// Turning, moving, wrapping and doubling a cell changes the energy of no atom; a cell smaller than
  /// the cut-off is right too.
  @Test func descriptionsOfOneCrystalHaveOneEnergy() throws {
    let name = "KimJungLee_2012_LiMg"
    let engine = try KIMEngine(
      model: name, elements: [.lithium, try #require(Element(symbol: "Mg"))])
    let primitive = try #require(Prototype.named("LiMg")).structure.rattled(by: 0.1, seed: 8)
    let energy = try engine.energyForcesAndStress(of: primitive).energy
    let rotation = Matrix3(
      rows: Vector3(0.36, 0.48, -0.8), Vector3(-0.8, 0.6, 0), Vector3(0.48, 0.64, 0.6))
    let moved = primitive.translated(by: Vector3(7.1, -3.2, 0.4))
    for variant in [primitive.deformed(by: rotation), moved, moved.wrapped] {
      #expect((try engine.energyForcesAndStress(of: variant).energy - energy).magnitude < 1e-9)
    }
    let large = primitive.supercell(.diagonal(3, 2, 4))
    let total = try engine.energyForcesAndStress(of: large).energy
    #expect((total - 24 * energy).magnitude < 1e-8)
  }

  /// 10,000 steps of velocity Verlet at about 300 K: the total energy of sodium stays where it was.
  @Test func energyIsConservedInDynamics() throws {
    let engine = try KIMEngine(model: "NicholAckland_2016_Na", elements: [.sodium], workers: 1)
    var structure = try #require(Prototype.metal(.sodium, .bcc)).supercell(.diagonal(2, 2, 2))
    // 22.99 u in eV fs^2/angstrom^2, and a step of 2 fs.
    let (mass, step) = (22.99 * 103.642697, 2.0)
    var random = TestSystems.Random(seed: 5)
    let speed = (8.617333e-5 * 300 / mass).squareRoot()
    var velocities = (0..<structure.count).map { _ in
      speed * 1.7
        * Vector3(
          Double.random(in: -1...1, using: &random), Double.random(in: -1...1, using: &random),
          Double.random(in: -1...1, using: &random))
    }
    let mean = velocities.reduce(.zero, +) / Double(structure.count)
    velocities = velocities.map { $0 - mean }
    var current = try engine.energyForcesAndStress(of: structure)
    func total() -> Double {
      current.energy + velocities.map { 0.5 * mass * $0.dot($0) }.reduce(0, +)
    }
    let start = total()
    var largest = 0.0
    for _ in 0..<10_000 {
      for atom in velocities.indices {
        velocities[atom] += (0.5 * step / mass) * current.forces[atom]
        structure.positions[atom].vector += step * velocities[atom]
      }
      current = try engine.energyForcesAndStress(of: structure)
      for atom in velocities.indices {
        velocities[atom] += (0.5 * step / mass) * current.forces[atom]
      }
      largest = max(largest, (total() - start).magnitude)
    }
    #expect(largest / Double(structure.count) < 1e-4)
    #expect((total() - start).magnitude / Double(structure.count) < 5e-5)
  }

  @Test func mistakesAreFacts() throws {
    #expect {
      _ = try KIMEngine(model: "EAM_of_nobody", elements: [.lithium])
    } throws: { error in
      guard case EngineError.unknownModel = error else { return false }
      return true
    }
    #expect {
      _ = try KIMEngine(model: "NicholAckland_2016_Na", elements: [.lithium])
    } throws: { error in
      guard case EngineError.unsupportedElement(_, .lithium, let known) = error else {
        return false
      }
      return known == [.sodium]
    }
  }

  /// The images of a cell of nearly no volume would fill the memory, and one of none cannot be counted.
  @Test(arguments: [1e-2, 1e-9, 0])
  func aCollapsedCellIsRefused(scale: Double) async throws {
    let engine = try KIMEngine(
      model: "SNAP_ZuoChenLi_2019_Li__MO_732106099012_000", elements: [.lithium])
    let crystal = try #require(Prototype.metal(.lithium, .bcc))
    let collapsed = crystal.deformed(by: Matrix3.identity * scale)
    let alone = try await engine.evaluate(collapsed, sampling: .gammaPoint)
    let among = try await engine.evaluateAll([crystal, collapsed], sampling: .gammaPoint)
    for answer in [alone, among[1]] {
      guard case .notConverged(let reason) = answer.convergence else {
        Issue.record("a collapsed cell has an answer")
        return
      }
      #expect(reason.contains("collapsed"))
    }
    #expect(among[0].isConverged)
  }

  @Test func installedModelsAreListedWithTheirSource() throws {
    let models = KIMCollection.models()
    #expect(models.count > 100)
    let sodium = try #require(models.first { $0.name.contains("NicholAckland_2016_Na") })
    #expect(sodium.elements == ["Na"])
    #expect(sodium.source.count > 10)
  }
}
