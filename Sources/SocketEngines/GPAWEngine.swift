public import Engines
import Foundation
public import Logging
public import Structures

/// GPAW in a process of its own, kept warm over many geometries and many compositions.
///
/// Nothing is started before the first geometry is asked for. One process serves all cells: the
/// client says NEEDINIT after each answer, and the INIT message names the next atoms, mesh and
/// settings. A process that dies is started again once for the same geometry; the second death is
/// an error. Geometries are computed one after the other.
///
/// ## References
/// J. Enkovaara et al., J. Phys.: Condens. Matter 22, 253202 (2010),
/// doi:10.1088/0953-8984/22/25/253202; J. J. Mortensen et al., J. Chem. Phys. 160, 092503 (2024),
/// doi:10.1063/5.0182685.
public actor GPAWEngine: Engine {
  /// Settings as they enter keys and results.
  public nonisolated let identity: EngineIdentity

  private let settings: GPAWSettings
  private let cores: Int
  private let limits: Limits
  private let logger: Logger
  private var running: Running?
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Time limits in seconds.
  public struct Limits: Sendable, Hashable {
    /// From the start of the process to its connection.
    public var start: Double
    /// For one geometry.
    public var answer: Double

    /// Creates limits; both in seconds.
    public init(start: Double = 180, answer: Double = 4 * 3600) {
      self.start = start
      self.answer = answer
    }
  }

  private struct Running {
    let process: EngineProcess
    let session: IPISession
    let listener: SocketListener
    let folder: URL
  }

  /// Creates an engine; starts nothing.
  ///
  /// - Parameters:
  ///   - settings: what GPAW is asked for.
  ///   - cores: number of MPI ranks, 1 or more.
  ///   - limits: time limits.
  ///   - logger: told of starts, ends and restarts.
  public init(
    settings: GPAWSettings, cores: Int, limits: Limits = Limits(),
    logger: Logger = Logger(label: "lacuna.gpaw") { _ in SwiftLogNoOpLogHandler() }
  ) {
    precondition(cores > 0, "GPAW needs at least one core")
    self.settings = settings
    self.cores = cores
    self.limits = limits
    self.logger = logger
    identity = settings.identity
  }

  /// Computes one geometry; see the protocol.
  ///
  /// The stress includes the Pulay
  /// term, so it is the derivative of the energy at constant cut-off.
  public func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    try await evaluate(structure, sampling, settings)
  }

  /// An engine with other settings that shares this one's process: the INIT message names them.
  ///
  /// An idle process of its own would cost more than memory: MPI ranks that wait keep a core busy.
  public nonisolated func sharingProcess(settings: GPAWSettings) -> any Engine {
    SharedGPAWEngine(owner: self, settings: settings)
  }

  fileprivate func evaluate(
    _ structure: Structure, _ sampling: Sampling, _ settings: GPAWSettings
  ) async throws -> Evaluation {
    await takeTurn()
    defer { passTurn() }
    try Task.checkCancellation()
    return try await computeWithRestart(structure, sampling, settings)
  }

  /// Asks the process to end, waits briefly, then ends it.
  public func shutDown() async {
    guard let running else { return }
    self.running = nil
    await end(running, politely: true)
  }

  /// An actor lets a second call in while the first waits for the engine: turns keep them apart.
  private func takeTurn() async {
    while isBusy {
      await withCheckedContinuation { waiting.append($0) }
    }
    isBusy = true
  }

  private func passTurn() {
    isBusy = false
    if !waiting.isEmpty { waiting.removeFirst().resume() }
  }

  private func computeWithRestart(
    _ structure: Structure, _ sampling: Sampling, _ settings: GPAWSettings
  ) async throws -> Evaluation {
    do {
      return try await compute(structure, sampling, settings)
    } catch let error as EngineError {
      guard case .died(_, let status, _) = error else { throw error }
      logger.warning("gpaw died (\(status)); starting it again")
      return try await compute(structure, sampling, settings)
    }
  }

  private func compute(
    _ structure: Structure, _ sampling: Sampling, _ settings: GPAWSettings
  ) async throws -> Evaluation {
    let running = try await connected()
    let task = GPAWTask(
      species: structure.species.map(\.atomicNumber),
      mesh: [sampling.kPointGrid.x, sampling.kPointGrid.y, sampling.kPointGrid.z],
      dipole: sampling.dipoleCorrection, needs_stress: sampling.needsStress,
      damps_long_waves: structure.isUnbalancedOxide,
      settings: .init(
        cutoff_ev: settings.cutoffEnergy, smearing_ev: settings.smearingWidth,
        xc: settings.functional, energy_ev_per_electron: settings.energyThresholdPerElectron,
        density_per_electron: settings.densityThresholdPerElectron,
        eigenstates_ev2_per_electron: settings.eigenstatesThresholdPerElectron,
        maximum_steps: settings.maximumSteps, point_group: settings.usesPointGroup,
        datasets: settings.datasets,
        grid_spacing_angstrom: settings.gridSpacing(for: structure)))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let initialization = Array(try encoder.encode(task))
    do {
      let session = running.session
      let reply = try await onOwnThread {
        try session.compute(structure, initialization: initialization)
      } onCancel: {
        session.connection.cancel()
      }
      return try evaluation(reply, sampling, running)
    } catch {
      self.running = nil
      let failure = await failure(error, running)
      await end(running, politely: false)
      throw failure
    }
  }

  private func evaluation(
    _ reply: IPISession.Reply, _ sampling: Sampling, _ running: Running
  ) throws -> Evaluation {
    struct Extras: Decodable {
      var converged: Bool
      var reason: String?
      var scf_steps: Int?
      var seconds: Double
      var version: String
    }
    let extras: Extras
    do {
      extras = try JSONDecoder().decode(Extras.self, from: Data(reply.extras))
    } catch {
      throw EngineError.protocolViolation(
        engine: "gpaw", expected: "JSON extras",
        received: String(decoding: reply.extras.prefix(80), as: UTF8.self),
        lastLines: running.process.lastLines())
    }
    let origin = Evaluation.Origin(
      engineVersion: extras.version, wallTimeInSeconds: extras.seconds,
      selfConsistencySteps: extras.scf_steps)
    guard extras.converged else {
      return Evaluation(
        energy: .nan, forces: reply.forces,
        convergence: .notConverged(reason: extras.reason ?? "no reason given"), origin: origin)
    }
    try checkFinite(reply, stressAsked: sampling.needsStress, running)
    return Evaluation(
      energy: reply.energy, forces: reply.forces,
      stress: sampling.needsStress ? reply.stress : nil, origin: origin)
  }

  private func checkFinite(
    _ reply: IPISession.Reply, stressAsked: Bool, _ running: Running
  ) throws(EngineError) {
    func fail(_ quantity: String) -> EngineError {
      .notFinite(engine: "gpaw", quantity: quantity, lastLines: running.process.lastLines())
    }
    guard reply.energy.isFinite else { throw fail("energy") }
    guard reply.forces.allSatisfy({ $0.sum().isFinite }) else { throw fail("forces") }
    if stressAsked, !reply.stress.rows.allSatisfy({ $0.sum().isFinite }) { throw fail("stress") }
  }

  // MARK: Process

  private func connected() async throws -> Running {
    if let running { return running }
    let folder = try PrivateFolder.make()
    do {
      let running = try await start(in: folder)
      self.running = running
      return running
    } catch {
      PrivateFolder.remove(folder)
      throw error
    }
  }

  private func start(in folder: URL) async throws -> Running {
    guard let gpaw = EngineProbe.find("gpaw") else {
      throw EngineError.programMissing(program: "gpaw", packages: ["gpaw", "gpaw-data"])
    }
    let client = folder.appendingPathComponent("gpaw_client.py")
    try Data(PackageResources.gpaw_client_py).write(to: client)
    let socket = folder.appendingPathComponent("socket").path
    let listener = try SocketListener(.unix(path: socket))
    var launch = EngineProcess.Launch(
      program: gpaw,
      arguments: ["python", client.path, socket, folder.appendingPathComponent("gpaw.txt").path],
      environment: [
        "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PYTHONUNBUFFERED": "1",
      ].merging(OpenBLASKernels.environment()) { own, _ in own },
      folder: folder.path, logFile: folder.appendingPathComponent("log.txt").path)
    if cores > 1 {
      guard let mpirun = EngineProbe.find("mpirun") else {
        throw EngineError.programMissing(program: "mpirun", packages: ["openmpi-bin"])
      }
      launch.arguments =
        ["--bind-to", "none", "--oversubscribe", "-np", String(cores), launch.program]
        + launch.arguments
      launch.program = mpirun
    }
    let process = EngineProcess(launch)
    let limit = limits.start
    do {
      let connection = try await onOwnThread {
        try listener.accept(within: limit) { process.isRunning }
      } onCancel: {
        listener.cancel()
      }
      try Task.checkCancellation()
      guard let connection else {
        throw EngineError.startFailed(
          engine: "gpaw", status: process.status ?? "running", lastLines: process.lastLines())
      }
      logger.info("gpaw started on \(cores) cores")
      return Running(
        process: process,
        session: IPISession(connection: connection, limits: .init(answer: limits.answer)),
        listener: listener, folder: folder)
    } catch {
      let lines = process.lastLines()
      await process.terminate()
      if let failure = error as? SocketFailure {
        switch failure {
        case .timedOut:
          throw EngineError.noConnection(engine: "gpaw", seconds: limit, lastLines: lines)
        case .system(let number):
          throw EngineError.system(operation: "accept", path: socket, errorNumber: number)
        case .closed, .cancelled:
          throw CancellationError()
        }
      }
      throw error
    }
  }

  private func end(_ running: Running, politely: Bool) async {
    if politely {
      running.session.sayGoodbye()
      _ = await running.process.waitForEnd(seconds: 5)
    }
    await running.process.terminate()
    PrivateFolder.remove(running.folder)
  }

  /// What a fault means, with the engine's own last words.
  private func failure(_ error: any Error, _ running: Running) async -> any Error {
    if error is CancellationError || Task.isCancelled { return CancellationError() }
    guard let fault = error as? IPISession.Fault else { return error }
    return await fault.engineError(engine: "gpaw", process: running.process)
  }
}

/// A second set of settings on the process of a ``GPAWEngine``, which owns and ends it.
private struct SharedGPAWEngine: Engine {
  let owner: GPAWEngine
  let settings: GPAWSettings

  var identity: EngineIdentity { settings.identity }

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    try await owner.evaluate(structure, sampling, settings)
  }
}
