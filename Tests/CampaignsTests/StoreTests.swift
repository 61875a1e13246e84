import Campaigns
import Engines
import Foundation
import Relaxation
import Structures
import Synchronization
import TestSupport
import Testing

/// A folder of its own for each test, removed at its end.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/lacuna-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      // A folder that a test unmounted itself is gone already.
    }
  }

  func file(_ name: String) -> String { path + "/" + name }
}

@Suite struct StoredFailureTests {
  /// Converges twice and then no more.
  final class Failing: Engine {
    let inner = TestSystems.morse
    let left = Mutex(2)
    var identity: EngineIdentity { inner.identity }
    func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
      let works = left.withLock { left in
        left -= 1
        return left >= 0
      }
      guard works else {
        return Evaluation(energy: .nan, forces: [], convergence: .notConverged(reason: "never"))
      }
      return inner.energyForcesAndStress(of: structure)
    }
  }

  /// A relaxation that ran into an electronic failure ends the same way when it is replayed from the store,
  /// where failures have no forces.
  @Test func aStoredFailureIsReplayedAsAFailure() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let engine = Failing()
    for asked in [3, 0] {
      let cached = CachedEngine(engine, store: store)
      let result = try await relax(
        TestSystems.triclinic.rattled(by: 0.2, seed: 5), engine: cached, sampling: .gammaPoint,
        settings: RelaxationSettings(forceThreshold: 1e-4))
      #expect(result.outcome == .engineNotConverged(reason: "never"))
      #expect(cached.statistics.engineCalls == asked)
    }
  }
}

@Suite struct ContentHashTests {
  let engine = EngineIdentity(name: "morse", settings: ["b": "2", "a": "1"])
  let sampling = Sampling(kPointGrid: KPointGrid(2, 3, 4))

  func key(_ structure: Structure) -> ContentHash {
    ContentHash(structure: structure, sampling: sampling, engine: engine)
  }

  /// SHA-256 of "abc", from FIPS 180-2, appendix B.1.
  @Test func theHashIsSHA256() {
    #expect(
      ContentHash(of: Array("abc".utf8)).hexadecimal
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func everyIngredientCounts() {
    let start = TestSystems.triclinic
    let first = key(start)
    #expect(first == key(start))
    var moved = start
    moved.positions[3].vector.z += 1e-6
    #expect(key(moved) != first)
    var other = start
    other.species[0] = .sodium
    #expect(key(other) != first)
    var stretched = start
    stretched.cell.b.x += 1e-6
    #expect(key(stretched) != first)
    let reversed = Structure(
      cell: start.cell, species: start.species.reversed(), positions: start.positions.reversed())
    #expect(key(reversed) != first)
    var mesh = sampling
    mesh.kPointGrid.z = 5
    #expect(ContentHash(structure: start, sampling: mesh, engine: engine) != first)
    var dipole = sampling
    dipole.dipoleCorrection = true
    #expect(ContentHash(structure: start, sampling: dipole, engine: engine) != first)
    let finer = EngineIdentity(name: "morse", settings: ["a": "1", "b": "3"])
    #expect(ContentHash(structure: start, sampling: sampling, engine: finer) != first)
    let renamed = EngineIdentity(name: "other", settings: engine.settings)
    #expect(ContentHash(structure: start, sampling: sampling, engine: renamed) != first)
  }

  /// Lithium beside an oxide is computed as beside a chloride, and found again.
  @Test func settingsOfAnElementCountWhereItIs() {
    let start = TestSystems.triclinic
    let symbol = start.elements[0].symbol
    let fine = { (symbol: String) in
      EngineIdentity(
        name: engine.name,
        settings: engine.settings.merging(["grid_where_\(symbol)": "0.1"]) { $1 })
    }
    let first = key(start)
    #expect(ContentHash(structure: start, sampling: sampling, engine: fine("O")) == first)
    #expect(ContentHash(structure: start, sampling: sampling, engine: fine(symbol)) != first)
    #expect(fine("O").reduced(to: [.lithium]) == engine)
    #expect(fine("O").reduced(to: [.lithium, .oxygen]) == fine("O"))
  }

  @Test func roundingBelowTheStepDoesNotCount() {
    let start = TestSystems.triclinic
    var same = start
    same.positions[0].vector.x += 1e-13
    #expect(key(same) == key(start))
    var zero = start
    zero.positions[0] = CartesianPosition(0, 0, 0)
    var minus = zero
    minus.positions[0] = CartesianPosition(-0.0, -1e-12, 0)
    #expect(key(minus) == key(zero))
  }
}

@Suite struct StoreTests {
  let sampling = Sampling.gammaPoint
  let engine = EngineIdentity(name: "test", settings: [:])

  func record(_ evaluation: Evaluation, seed: UInt64, in store: Store) throws -> ContentHash {
    let structure = TestSystems.triclinic.rattled(by: 0.1, seed: seed)
    let key = ContentHash(structure: structure, sampling: sampling, engine: engine)
    try store.record(
      evaluation, key: key, structure: structure, sampling: sampling, engine: engine)
    return key
  }

  func evaluation(_ energy: Double) -> Evaluation {
    Evaluation(
      energy: energy,
      forces: [
        Vector3(0.1, -0.0, 1e-300), Vector3(.pi, -1 / 3, .leastNonzeroMagnitude), .zero, .zero,
      ],
      stress: Matrix3(rows: Vector3(1, 2, 3), Vector3(2, 4, 5), Vector3(3, 5, 6)),
      origin: .init(engineVersion: "1.2", wallTimeInSeconds: 3.5, selfConsistencySteps: 17))
  }

  @Test func answersComeBackBitByBit() throws {
    let folder = try TemporaryFolder()
    let sent = evaluation(-1.0 / 3)
    let key: ContentHash
    do {
      let store = try Store(path: folder.file("a.sqlite"))
      key = try record(sent, seed: 1, in: store)
    }
    let store = try Store(path: folder.file("a.sqlite"))
    let back = try #require(try store.evaluation(for: key))
    #expect(back == sent)
    #expect(back.forces[0].y.sign == .minus)
    #expect(try store.summary().forceCalls == 1)
    #expect(try store.summary().engines == ["test 1.2"])
  }

  @Test func whatDidNotConvergeIsKeptAsSuch() throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let failed = Evaluation(
      energy: .nan, forces: [], convergence: .notConverged(reason: "why"))
    let key = try record(failed, seed: 2, in: store)
    let back = try #require(try store.evaluation(for: key))
    #expect(back.energy.isNaN)
    #expect(back.convergence == .notConverged(reason: "why"))
  }

  @Test func aStoredAnswerIsNeverReplaced() throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let key = try record(evaluation(-1), seed: 3, in: store)
    _ = try record(evaluation(-2), seed: 3, in: store)
    #expect(try store.evaluation(for: key)?.energy == -1)
  }

  @Test func aSecondRunIsKeptOutAndALookerIsNot() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.sqlite")
    let store = try Store(path: path)
    _ = try record(evaluation(-1), seed: 4, in: store)
    #expect(throws: StoreError.lockedByAnotherRun(path: path, process: String(getpid()))) {
      try Store(path: path)
    }
    #expect(try Store(path: path, isReadOnly: true).summary().forceCalls == 1)
    withExtendedLifetime(store) {}
  }

  @Test(arguments: ["not a database", "SQLite format 3\0 but not really, only its first bytes"])
  func aForeignFileIsRefusedAndLeftAlone(content: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("notes.txt")
    let data = Data(content.utf8)
    try data.write(to: URL(fileURLWithPath: path))
    #expect(throws: StoreError.self) { try Store(path: path) }
    #expect(FileManager.default.contents(atPath: path) == data)
  }

  @Test func aNewerStoreIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.sqlite")
    do { _ = try Store(path: path) }
    try run(
      "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
        + "c.execute(\"insert into grdb_migrations values('9: from the future')\"); c.commit()",
      path)
    #expect(throws: StoreError.newerVersion(path: path, unknown: ["9: from the future"])) {
      try Store(path: path)
    }
  }

  @Test func anotherProgramsDatabaseIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("other.sqlite")
    try run(
      "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('create table x(y)'); "
        + "c.commit()", path)
    let before = FileManager.default.contents(atPath: path)
    #expect(throws: StoreError.self) { try Store(path: path) }
    #expect(FileManager.default.contents(atPath: path) == before)
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    #expect(throws: StoreError.self) { try Store(path: "/no/such/folder/a.sqlite") }
    #expect(throws: StoreError.notWritable(path: "/usr", reason: "it is a folder")) {
      try Store(path: "/usr")
    }
  }

  /// A file system of 200 kB: the store must say that it is full and keep what it has.
  @Test(.enabled(if: getuid() == 0)) func aFullDiskIsToldAndNothingIsLost() throws {
    let folder = try TemporaryFolder()
    let mount = folder.file("small")
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    guard try status(of: "/usr/bin/mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", mount) == 0
    else {
      // Without the right to mount there is no small disk to test on.
      return
    }
    defer { do { _ = try status(of: "/usr/bin/umount", "-l", mount) } catch {} }
    var keys: [ContentHash] = []
    var failure: StoreError?
    do {
      let store = try Store(path: mount + "/a.sqlite")
      do {
        for seed in 1...2000 {
          keys.append(try record(evaluation(Double(seed)), seed: UInt64(seed), in: store))
        }
      } catch let error as StoreError {
        failure = error
      }
      #expect(failure == .diskFull(path: mount + "/a.sqlite"))
      #expect(!keys.isEmpty)
    }
    let store = try Store(path: mount + "/a.sqlite", isReadOnly: true)
    for (index, key) in keys.enumerated() {
      #expect(try store.evaluation(for: key)?.energy == Double(index + 1))
    }
  }

  func run(_ script: String, _ argument: String) throws {
    #expect(try status(of: "/usr/bin/python3", "-c", script, argument) == 0)
  }

  func status(of program: String, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

@Suite struct CachedEngineTests {
  @Test func theEngineIsAskedOnce() async throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("a.sqlite"))
    let engine = CachedEngine(TestSystems.morse, store: store)
    let first = try await engine.evaluate(TestSystems.triclinic, sampling: .gammaPoint)
    let second = try await engine.evaluate(TestSystems.triclinic, sampling: .gammaPoint)
    #expect(first == second)
    #expect(engine.statistics.engineCalls == 1)
    #expect(engine.statistics.storedCalls == 1)
  }
}
