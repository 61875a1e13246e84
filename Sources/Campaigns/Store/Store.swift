public import Engines
import Foundation
import GRDB
public import Structures

/// Every force call and every finished calculation of a project, in one SQLite file.
///
/// Rows are written once and never changed: the key is the hash of all that decides the content.
/// Each force call is its own transaction, so a killed run loses at most the call in flight.
public final class Store: Sendable {
  /// Path of the file.
  public let path: String

  /// Whether the store was opened only to look.
  public var isReadOnly: Bool { lock == nil }

  private let database: DatabaseQueue
  private let lock: StoreLock?

  /// "Lcna" in SQLite's header tells our files from others.
  private static let applicationIdentifier: Int32 = 0x4c63_6e61

  /// Opens a store, making it where there is none.
  ///
  /// - Parameters:
  ///   - path: the file; its folder must exist.
  ///   - isReadOnly: whether only to look: needs no lock, makes nothing.
  /// - Throws: ``StoreError``; a file that is not a store is left as it was.
  public init(path: String, isReadOnly: Bool = false) throws(StoreError) {
    self.path = path
    do {
      if !isReadOnly { try Store.checkWritable(path) }
      try Store.checkHeader(path)
      lock = isReadOnly ? nil : try StoreLock(store: path)
      var configuration = Configuration()
      configuration.readonly = isReadOnly
      configuration.busyMode = .timeout(5)
      configuration.prepareDatabase { database in
        // Committed is on the disk: a force call costs minutes, a sync milliseconds.
        try database.execute(sql: "PRAGMA synchronous = FULL")
      }
      database = try DatabaseQueue(path: path, configuration: configuration)
      try Store.checkVersion(database, path: path)
      if !isReadOnly {
        try Store.migrator.migrate(database)
        try database.write { database in
          try database.execute(sql: "PRAGMA application_id = \(Store.applicationIdentifier)")
        }
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// Whether a run is filling a store now.
  ///
  /// - Parameter path: the store's file.
  /// - Returns: false too where there is no such store.
  public static func isBeingFilled(path: String) -> Bool { StoreLock.isHeld(store: path) }

  // MARK: Force calls

  /// The stored answer to a force call; nil where there is none.
  public func evaluation(for key: ContentHash) throws(StoreError) -> Evaluation? {
    try perform { database in
      try database.read { database in
        try Row.fetchOne(
          database, sql: "SELECT * FROM forceCall WHERE key = ?", arguments: [key.hexadecimal]
        ).map(Store.evaluation)
      }
    }
  }

  /// Keeps an answer; one that is there already stays as it is.
  ///
  /// - Parameters:
  ///   - evaluation: the answer, converged or not.
  ///   - key: its key.
  ///   - structure: the geometry.
  ///   - sampling: mesh and boundary.
  ///   - engine: name and settings.
  /// - Throws: ``StoreError``.
  public func record(
    _ evaluation: Evaluation, key: ContentHash, structure: Structure, sampling: Sampling,
    engine: EngineIdentity
  ) throws(StoreError) {
    try record([
      ForceCall(
        key: key, engine: engine, sampling: sampling, structure: structure,
        evaluation: evaluation, createdAt: Store.now())
    ])
  }

  /// Keeps force calls in one transaction; those that are there already stay as they are.
  func record(_ calls: [ForceCall]) throws(StoreError) {
    try perform { database in
      let rows = try calls.map { try Store.arguments(of: $0) }
      try database.write { database in
        for arguments in rows {
          try database.execute(
            sql: """
              INSERT OR IGNORE INTO forceCall
                (key, engine, engineVersion, settings, sampling, structure, energyInElectronvolt,
                 forcesInElectronvoltPerAngstrom, stressInElectronvoltPerCubicAngstrom,
                 notConvergedReason, selfConsistencySteps, wallTimeInSeconds, createdAt)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
              """, arguments: arguments)
        }
      }
    }
  }

  private static func arguments(of call: ForceCall) throws -> StatementArguments {
    let evaluation = call.evaluation
    var reason: String?
    if case .notConverged(let text) = evaluation.convergence { reason = text }
    // NaN has no place in SQLite; what did not converge has no numbers.
    let isConverged = reason == nil
    return [
      call.key.hexadecimal, call.engine.name, evaluation.origin.engineVersion,
      try json(call.engine.settings), try json(call.sampling), try json(call.structure),
      isConverged ? evaluation.energy : nil,
      isConverged ? blob(evaluation.forces.flatMap { [$0.x, $0.y, $0.z] }) : nil,
      isConverged
        ? evaluation.stress.map { stress in blob(stress.rows.flatMap { [$0.x, $0.y, $0.z] }) }
        : nil,
      reason, evaluation.origin.selfConsistencySteps, evaluation.origin.wallTimeInSeconds,
      call.createdAt,
    ]
  }

  /// One stored force call: what was asked of whom, and the answer.
  public struct ForceCall: Sendable, Hashable, Codable {
    /// Its key.
    public var key: ContentHash
    /// Name and settings of the engine.
    public var engine: EngineIdentity
    /// Mesh and boundary.
    public var sampling: Sampling
    /// The geometry.
    public var structure: Structure
    /// The answer.
    public var evaluation: Evaluation
    /// When it was stored first, ISO 8601, UTC.
    public var createdAt: String
  }

  /// All stored force calls, oldest first.
  ///
  /// - Throws: ``StoreError``.
  public func forceCalls() throws(StoreError) -> [ForceCall] {
    try perform { database in
      try database.read { database in
        try Row.fetchAll(database, sql: "SELECT * FROM forceCall ORDER BY rowid").map { row in
          func decoded<Value: Decodable>(_ column: String) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data((row[column] as String).utf8))
          }
          return ForceCall(
            key: ContentHash(stored: row["key"]),
            engine: EngineIdentity(name: row["engine"], settings: try decoded("settings")),
            sampling: try decoded("sampling"), structure: try decoded("structure"),
            evaluation: Store.evaluation(row), createdAt: row["createdAt"])
        }
      }
    }
  }

  // MARK: Calculations

  /// A finished calculation: what was asked and what came out, both as JSON.
  public struct Calculation: Sendable, Hashable, Codable {
    /// Its key.
    public var key: ContentHash
    /// What it is, for example "assessment".
    public var kind: String
    /// Name for people, for example "LiCl".
    public var label: String
    /// What was asked.
    public var settings: String
    /// What came out.
    public var result: String
    /// Version of the program that made it.
    public var programVersion: String
    /// When it was finished, ISO 8601, UTC.
    public var createdAt: String

    /// Creates a calculation; the time is set when it is stored.
    public init(
      key: ContentHash, kind: String, label: String, settings: String, result: String,
      programVersion: String, createdAt: String = ""
    ) {
      self.key = key
      self.kind = kind
      self.label = label
      self.settings = settings
      self.result = result
      self.programVersion = programVersion
      self.createdAt = createdAt
    }
  }

  /// Keeps a finished calculation; one that is there already stays as it is.
  public func record(_ calculation: Calculation) throws(StoreError) {
    try perform { database in
      try database.write { database in
        try database.execute(
          sql: """
            INSERT OR IGNORE INTO calculation
              (key, kind, label, settings, result, programVersion, createdAt)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            calculation.key.hexadecimal, calculation.kind, calculation.label,
            calculation.settings, calculation.result, calculation.programVersion, Store.now(),
          ])
      }
    }
  }

  /// All finished calculations, oldest first; ends of relaxations are none of them.
  public func calculations() throws(StoreError) -> [Calculation] {
    try calculations(where: "kind <> ?", Store.relaxationKind)
  }

  /// The calculation with a key; nil where there is none.
  func calculation(for key: ContentHash) throws(StoreError) -> Calculation? {
    try calculations(where: "key = ?", key.hexadecimal).first
  }

  /// Calculations that meet a condition with one argument, oldest first.
  func calculations(
    where condition: String, _ argument: String
  ) throws(StoreError) -> [Calculation] {
    try perform { database in
      try database.read { database in
        try Row.fetchAll(
          database,
          sql: "SELECT * FROM calculation WHERE \(condition) ORDER BY createdAt, rowid",
          arguments: [argument]
        ).map {
          Calculation(
            key: ContentHash(stored: $0["key"]), kind: $0["kind"], label: $0["label"],
            settings: $0["settings"], result: $0["result"], programVersion: $0["programVersion"],
            createdAt: $0["createdAt"])
        }
      }
    }
  }

  /// What a store holds.
  public struct Summary: Sendable, Hashable {
    /// Number of force calls.
    public var forceCalls: Int
    /// Number of those that did not converge.
    public var notConverged: Int
    /// Seconds that engines took for them.
    public var engineSeconds: Double
    /// Engines with their versions, for example "gpaw 22.8.0".
    public var engines: [String]
    /// Number of finished calculations.
    public var calculations: Int
  }

  /// Counts what the store holds.
  public func summary() throws(StoreError) -> Summary {
    try perform { database in
      try database.read { database in
        let row = try Row.fetchOne(
          database,
          sql: """
            SELECT COUNT(*) AS calls, COUNT(notConvergedReason) AS failed,
                   TOTAL(wallTimeInSeconds) AS seconds FROM forceCall
            """)
        let engines = try String.fetchAll(
          database,
          sql: "SELECT DISTINCT engine || ' ' || engineVersion FROM forceCall ORDER BY 1")
        let finished = try Int.fetchOne(
          database, sql: "SELECT COUNT(*) FROM calculation WHERE kind <> ?",
          arguments: [Store.relaxationKind])
        return Summary(
          forceCalls: row?["calls"] ?? 0, notConverged: row?["failed"] ?? 0,
          engineSeconds: row?["seconds"] ?? 0, engines: engines, calculations: finished ?? 0)
      }
    }
  }

  // MARK: Support

  private func perform<Value>(
    _ body: (DatabaseQueue) throws -> Value
  ) throws(StoreError) -> Value {
    do {
      return try body(database)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// Named, append-only: a released migration is never changed.
  private static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: force calls and calculations") { database in
      try database.execute(
        sql: """
          CREATE TABLE forceCall (
            key TEXT PRIMARY KEY NOT NULL,
            engine TEXT NOT NULL,
            engineVersion TEXT NOT NULL,
            settings TEXT NOT NULL,
            sampling TEXT NOT NULL,
            structure TEXT NOT NULL,
            energyInElectronvolt REAL,
            forcesInElectronvoltPerAngstrom BLOB,
            stressInElectronvoltPerCubicAngstrom BLOB,
            notConvergedReason TEXT,
            selfConsistencySteps INTEGER,
            wallTimeInSeconds REAL NOT NULL,
            createdAt TEXT NOT NULL
          );
          CREATE TABLE calculation (
            key TEXT PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL,
            label TEXT NOT NULL,
            settings TEXT NOT NULL,
            result TEXT NOT NULL,
            programVersion TEXT NOT NULL,
            createdAt TEXT NOT NULL
          );
          """)
    }
    return migrator
  }()

  private static func checkWritable(_ path: String) throws(StoreError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw .notWritable(path: path, reason: "it is a folder")
    }
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw .notWritable(path: path, reason: "there is no folder \(folder)") }
  }

  /// Refuses a file that is not ours before anything could write to it.
  private static func checkHeader(_ path: String) throws(StoreError) {
    guard let file = FileHandle(forReadingAtPath: path) else { return }
    let header: Data
    do {
      header = try file.read(upToCount: 72) ?? Data()
    } catch {
      throw .notWritable(path: path, reason: String(describing: error))
    }
    guard !header.isEmpty else { return }
    guard header.count == 72, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw .notAStore(path: path, reason: "it is not an SQLite file")
    }
    let identifier = header[68..<72].reduce(Int32(0)) { ($0 << 8) | Int32($1) }
    // A store that was killed at its making has no identifier yet.
    guard identifier == applicationIdentifier || identifier == 0 else {
      throw .notAStore(path: path, reason: "it belongs to another program")
    }
  }

  private static func checkVersion(_ database: DatabaseQueue, path: String) throws {
    let (applied, tables) = try database.read { database in
      (
        try migrator.appliedIdentifiers(database),
        try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
      )
    }
    let unknown = applied.subtracting(migrator.migrations)
    guard unknown.isEmpty else {
      throw StoreError.newerVersion(path: path, unknown: unknown.sorted())
    }
    if applied.isEmpty, !tables.filter({ $0 != "grdb_migrations" }).isEmpty {
      throw StoreError.notAStore(path: path, reason: "its tables are another program's")
    }
  }

  private static func evaluation(_ row: Row) -> Evaluation {
    let origin = Evaluation.Origin(
      engineVersion: row["engineVersion"], wallTimeInSeconds: row["wallTimeInSeconds"],
      selfConsistencySteps: row["selfConsistencySteps"])
    if let reason: String = row["notConvergedReason"] {
      return Evaluation(
        energy: .nan, forces: [], convergence: .notConverged(reason: reason), origin: origin)
    }
    let forces = doubles(row["forcesInElectronvoltPerAngstrom"])
    let stress = (row["stressInElectronvoltPerCubicAngstrom"] as Data?).map { data in
      let values = vectors(doubles(data))
      return Matrix3(rows: values[0], values[1], values[2])
    }
    return Evaluation(
      energy: row["energyInElectronvolt"], forces: vectors(forces), stress: stress, origin: origin)
  }

  private static func vectors(_ values: [Double]) -> [Vector3] {
    stride(from: 0, to: values.count - 2, by: 3).map {
      Vector3(values[$0], values[$0 + 1], values[$0 + 2])
    }
  }

  private static func blob(_ values: [Double]) -> Data {
    var data = Data(capacity: 8 * values.count)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  private static func doubles(_ data: Data) -> [Double] {
    data.withUnsafeBytes { raw in
      (0..<(raw.count / 8)).map {
        Double(
          bitPattern: UInt64(
            littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func now() -> String { Date().ISO8601Format() }
}

extension ContentHash {
  /// A key as it was stored.
  init(stored hexadecimal: String) { self.hexadecimal = hexadecimal }
}
