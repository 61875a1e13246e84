public import Engines
public import Structures

/// Finds the path of least energy between two minima: the climbing nudged elastic band.
///
/// The tangent is the improved one, which follows the neighbour of higher energy; with the older mean
/// tangent bands kink. The band settles first, then its highest image climbs. Every geometry goes
/// through the engine, so a store around it lets a killed search go on where it was.
///
/// - Parameters:
///   - start: a relaxed minimum.
///   - end: another one, the same atoms in the same order and cell.
///   - engine: asked for all images of every step at once; it may compute them side by side.
///   - sampling: passed to the engine.
///   - settings: thresholds and limits.
///   - progress: told of every step: number, largest force of the band (eV/angstrom), whether an image
///     climbs.
/// - Returns: the path, converged or not.
/// - Throws: ``BandError``, what the engine throws, and `CancellationError`.
///
/// ## References
/// G. Henkelman, B. P. Uberuaga, H. Jónsson, J. Chem. Phys. 113, 9901 (2000), doi:10.1063/1.1329672;
/// G. Henkelman, H. Jónsson, J. Chem. Phys. 113, 9978 (2000), doi:10.1063/1.1323224;
/// D. Sheppard, R. Terrell, G. Henkelman, J. Chem. Phys. 128, 134106 (2008), doi:10.1063/1.2841941 (all
/// images in one L-BFGS).
public func nudgedElasticBand(
  from start: Structure, to end: Structure, engine: any Engine, sampling: Sampling,
  settings: BandSettings,
  progress: @Sendable (_ step: Int, _ residual: Double, _ climbs: Bool) -> Void = { _, _, _ in }
) async throws -> BandResult {
  if let guide = engine.guidance {
    return try await nudgedElasticBand(
      from: start, to: end, engine: guide, sampling: sampling, settings: settings.forGuide,
      progress: progress
    ).judged(by: engine, sampling: sampling, fixedAtoms: settings.fixedAtoms)
  }
  if let accelerator = (engine as? any AcceleratedEngine)?.accelerator {
    return try await AcceleratedBand(
      engine: engine, accelerator: accelerator, sampling: sampling, settings: settings
    ).run(from: start, to: end, progress)
  }
  var search = try BandSearch(from: start, to: end, settings: settings)
  return try await search.run(engine: engine, sampling: sampling, progress)
}

/// One search: the band, how it moves, and what was asked so far.
struct BandSearch {
  private let settings: BandSettings
  /// The last end as given: among the images it may stand elsewhere as a whole.
  private let end: Structure
  private var structures: [Structure]
  private var band: Band
  private var mover: BandMover
  private var forceCalls = 0
  private var hasClimbedInVain = false
  private var startingHighestEnergy: Double?
  /// Whether the highest image climbs before anything moves.
  var climbsFromTheStart = false
  /// Whether springs straighten kinks.
  var straightens: Bool {
    get { band.straightens }
    set { band.straightens = newValue }
  }

  /// The images between the ends.
  var innerImages: [Structure] { Array(structures[band.inner]) }

  /// Prepares a search.
  ///
  /// - Parameters:
  ///   - start: first end.
  ///   - end: last end.
  ///   - settings: thresholds and limits.
  ///   - images: where the images between the ends begin; nil as the settings say.
  /// - Throws: ``BandError``.
  init(
    from start: Structure, to end: Structure, settings: BandSettings, images: [Structure]? = nil
  ) throws(BandError) {
    guard start.species == end.species else {
      throw .differentAtoms(first: start.count, last: end.count)
    }
    guard start.cell.isNearly(end.cell) else { throw .differentCells }
    guard settings.images > 0 else { throw .noImages }
    self.settings = settings
    self.end = end
    structures = start.linearPath(
      to: end, images: settings.images,
      keepsCentroid: Band.keepsCentroid(atoms: start.count, fixedAtoms: settings.fixedAtoms))
    let last = structures[settings.images + 1]
    let distance = start.distance(to: last)
    guard distance > BandSettings.leastDistance else { throw .endsCoincide(distance: distance) }
    if let images {
      structures.replaceSubrange(1...settings.images, with: images)
    } else if settings.start == .pairDistances {
      structures = PairDistancePath(from: start, to: last, images: settings.images)
        .settled(structures, fixedAtoms: settings.fixedAtoms)
    }
    band = Band(
      positions: structures.map(\.coordinates), springConstant: settings.springConstant,
      fixedAtoms: settings.fixedAtoms)
    mover = BandMover(settings.method, images: Array(structures.dropFirst().dropLast()))
  }

  mutating func run(
    engine: any Engine, sampling: Sampling, _ progress: (Int, Double, Bool) -> Void
  ) async throws -> BandResult {
    if let reason = try await takeEnds(engine, sampling) {
      return result(.engineNotConverged(reason: reason))
    }
    for step in 1...max(1, settings.maximumSteps) {
      try Task.checkCancellation()
      if let reason = try await takeImages(engine, sampling) {
        return result(.engineNotConverged(reason: reason))
      }
      band.project()
      if climbsFromTheStart, step == 1, band.hasSaddle(higherThan: BandSearch.fall),
        band.letHighestClimb()
      {
        band.project()
      }
      if step == 1, !climbsFromTheStart {
        // Between the images the line may be higher than on them.
        startingHighestEnergy =
          result(.converged).profile(pointsPerPiece: 8).map(\.energy).max()
      }
      progress(step, band.residual, band.climber != nil)
      guard band.residual.isFinite else {
        return result(.stalled(reason: "the engine gave a force or an energy that is no number"))
      }
      if climberIsAtEnd {
        guard !band.hasSaddle(higherThan: BandSearch.fall) else {
          return result(.stalled(reason: "the climbing image has slid into an end of the path"))
        }
        // There is no saddle between the ends: the path only falls, and needs no image that climbs.
        hasClimbedInVain = true
        band.climber = nil
        band.project()
        mover.forget()
      }
      let needsClimber = band.hasSaddle(higherThan: BandSearch.fall) && !hasClimbedInVain
      if band.residual < settings.forceThreshold, band.highestClimbs || !needsClimber {
        guard band.isStraightened else {
          return result(
            BandResult.strays(band.energies, above: startingHighestEnergy)
              ? BandResult.astray : .converged)
        }
        // A path that settles with a kink may have one: it has to settle without the springs that straighten.
        band.straightens = false
        band.project()
        mover.forget()
      }
      if step == settings.maximumSteps { break }
      if band.residual < settings.climbingThreshold, needsClimber, band.letHighestClimb() {
        // The climbing image feels another force from now on.
        band.project()
        mover.forget()
      }
      band.move(by: mover.step(force: band.projected, radius: settings.largestStep))
    }
    return result(.forceCallLimit)
  }

  /// Energies of the ends; the reason where self-consistency was not reached.
  private mutating func takeEnds(
    _ engine: any Engine, _ sampling: Sampling
  ) async throws -> String? {
    for (image, structure) in [(0, structures[0]), (structures.count - 1, end)] {
      let evaluation = try await engine.evaluate(structure, sampling: sampling)
      if case .notConverged(let reason) = evaluation.convergence { return reason }
      let force =
        evaluation.forces.enumerated().filter { !settings.fixedAtoms.contains($0.offset) }
        .map(\.element.length).max() ?? 0
      if let threshold = settings.endForceThreshold, force > threshold {
        throw BandError.endIsNoMinimum(isFirst: image == 0, force: force, threshold: threshold)
      }
      band.take(
        image, energy: evaluation.energy,
        forces: [Double](repeating: 0, count: 3 * structure.count))
    }
    return nil
  }

  /// Energies and forces of the images between the ends.
  private mutating func takeImages(
    _ engine: any Engine, _ sampling: Sampling
  ) async throws -> String? {
    for image in band.inner {
      structures[image] = structures[image].moved(to: band.positions[image])
    }
    let evaluations = try await engine.evaluateAll(
      Array(structures[band.inner]), sampling: sampling)
    for (image, evaluation) in zip(band.inner, evaluations) {
      if case .notConverged(let reason) = evaluation.convergence { return reason }
      forceCalls += 1
      band.take(
        image, energy: evaluation.energy,
        forces: evaluation.forces.flatMap { [$0.x, $0.y, $0.z] })
    }
    return nil
  }

  /// Whether the climbing image has slid into an end.
  private var climberIsAtEnd: Bool {
    guard let climber = band.climber else { return false }
    let last = structures.count - 1
    let near = min(0.05, 0.25 * band.distance(0, last) / Double(last))
    return min(band.distance(0, climber), band.distance(climber, last)) < near
  }

  /// A path whose images lie no higher than this above its ends, eV, only rises or falls: no image climbs there, and
  /// a barrier that small is that of the highest image.
  private static let fall = 0.002

  private func result(_ outcome: RelaxationOutcome) -> BandResult {
    var distances = [0.0]
    for image in 1..<structures.count {
      distances.append((distances.last ?? 0) + band.distance(image - 1, image))
    }
    return BandResult(
      images: structures, energies: band.energies, distances: distances,
      tangentForces: band.tangentForces, outcome: outcome, residualForce: band.residual,
      forceCalls: forceCalls, intermediateMinima: band.hollows(deeperThan: 0.005),
      startingHighestEnergy: startingHighestEnergy)
  }
}

/// How the images of a band move.
private struct BandMover {
  private var memory: LimitedMemory?
  private var dynamics = FIRE()
  /// The last move and the forces before it.
  private var last: (step: [Double], force: [Double])?
  /// Longest step that L-BFGS may take now, angstrom.
  private var trust = Double.infinity
  private var smallestForce = Double.infinity
  private var stepsWithoutProgress = 0

  init(_ method: BandSettings.Method, images: [Structure]) {
    if method == .limitedMemory {
      memory = LimitedMemory(ImageSprings(images), length: Vectors.longestTriple)
    }
  }

  /// Begins anew: the band feels other forces from now on.
  mutating func forget() {
    memory?.forget()
    dynamics = FIRE()
    last = nil
    smallestForce = .infinity
  }

  mutating func step(force: [Double], radius: Double) -> [Double] {
    let size = Vectors.dot(force, force).squareRoot()
    stepsWithoutProgress = size < 0.9 * smallestForce ? 0 : stepsWithoutProgress + 1
    smallestForce = min(size, smallestForce)
    // The band's forces are no gradient; where that matters, dynamics still gets on.
    if stepsWithoutProgress > BandMover.patience { memory = nil }
    guard var memory else {
      return dynamics.step(
        force: force, smoothed: force, radius: radius, length: Vectors.longestTriple)
    }
    trust = min(trust, radius)
    if let last {
      let change = zip(last.force, force).map(-)
      let length = Vectors.longestTriple(last.step)
      if Vectors.dot(last.step, change) > 0 {
        memory.update(step: last.step, change: change)
      } else {
        // Downhill all the way: what was learned before does not hold here.
        memory.forget()
      }
      let before = Vectors.dot(last.force, last.force).squareRoot()
      if size > 1.3 * before {
        trust = max(0.005, 0.5 * length)
      } else if size < before {
        trust = min(radius, max(trust, 1.5 * length))
      }
    }
    let step = memory.step(gradient: force.map { -$0 }, radius: trust)
    last = (step, force)
    self.memory = memory
    return step
  }

  /// Steps without a smaller force after which L-BFGS gives way to dynamics.
  private static let patience = 12
}

/// The springs between neighbours of each image.
private struct ImageSprings: Preconditioner {
  private let images: [SpringNetwork]

  init(_ images: [Structure]) {
    self.images = images.map { SpringNetwork($0, strains: [], strainLength: 1) }
  }

  func solved(_ forces: [Double]) -> [Double] {
    let count = forces.count / images.count
    return images.enumerated().flatMap { index, springs in
      springs.solved(Array(forces[(index * count)..<((index + 1) * count)]))
    }
  }
}
