import BondBreaking
import Engines
import Interfaces
import Relaxation
import Structures

/// An interface after its scan and perhaps its relaxation.
struct InterfaceState: Sendable {
  var registry: AssessmentResult.RegistryResult
  var cell: InterfaceCell
  var energy: Double
  var remainingGain: Double
}

extension InterfaceCell {
  /// Sites at which a vacancy is the same, of a relaxed cell: it carries the noise of its forces.
  var vacancyClasses: [SiteClass] { siteClasses(tolerance: 0.05) }
}

/// All registries, relaxed ones first, of each kind the strongest first.
struct RegistryStates: Sendable {
  var states: [InterfaceState]
  var strongest: InterfaceState
}

extension StageRunner {
  /// Scans the rigid gap of each registry, then relaxes the strongest ones.
  ///
  /// One that the engine gives no answer to on its way stays rigid, a rival of the others with that bound
  /// (``AssessmentResult/Spread/registry``), and the next is relaxed in its place. A scan without an answer ends the assessment:
  /// nothing would be known of how much that registry binds.
  ///
  /// - Throws: ``AssessmentError/engineNotConverged(stage:reason:)`` of a scan, or of the last relaxation where none came to an
  ///   end, and what else the engine throws.
  func registries(_ parts: InterfaceParts) async throws -> RegistryStates {
    var states: [InterfaceState] = []
    for registry in parts.substrate.slab.registries {
      states.append(try await scan(registry, parts))
    }
    states.sort { $0.registry.rigidWorkOfAdhesion > $1.registry.rigidWorkOfAdhesion }
    var (left, failure) = (settings.relaxedRegistries, AssessmentError?.none)
    for index in states.indices where left > 0 {
      let rigid = states[index]
      let stage = Stage.interface(registry: rigid.registry.registry.name)
      switch try await leavingOut(stage, { try await self.relaxed(rigid, parts, stage: stage) }) {
      case .success(let relaxed):
        states[index] = relaxed
        left -= 1
      case .failure(let error): failure = error
      }
      states[index].registry.forceCalls += ledger.calls(in: stage)
    }
    // A registry that was not relaxed never decides: its value is a lower bound.
    states.sort { first, second in
      let (one, other) = (first.registry.isRelaxed, second.registry.isRelaxed)
      return one == other
        ? first.registry.workOfAdhesion > second.registry.workOfAdhesion : one
    }
    guard let strongest = states.first, strongest.registry.isRelaxed else {
      guard let failure else { preconditionFailure("at least one registry is relaxed") }
      throw failure
    }
    return RegistryStates(states: states, strongest: strongest)
  }

  /// What a stage finds; where the engine gives no answer its error, and a doubt in the books.
  ///
  /// - Parameters:
  ///   - stage: told to have ended where there is no answer.
  ///   - body: the stage.
  /// - Returns: what it finds.
  /// - Throws: whatever else the stage throws.
  private func leavingOut<Value: Sendable>(
    _ stage: Stage, _ body: () async throws -> Value
  ) async throws -> Result<Value, AssessmentError> {
    do {
      return .success(try await body())
    } catch AssessmentError.engineNotConverged(let name, let reason) {
      ledger.warn(.leftOut(stage: name, reason: reason))
      ledger.finish(stage, plan: plan)
      observer(.ended(stage, summary: "left out: \(reason)", forceCalls: ledger.calls(in: stage)))
      return .failure(.engineNotConverged(stage: name, reason: reason))
    }
  }

  private func scan(_ registry: Registry, _ parts: InterfaceParts) async throws -> InterfaceState {
    let stage = Stage.gapScan(registry: registry.name)
    let start = InterfaceCell.estimatedGap(
      metal: parts.metal.slab, on: parts.substrate.slab, registry: registry)
    let reference = InterfaceCell(
      metal: parts.metal.slab, on: parts.substrate.slab, registry: registry, gap: start,
      height: parts.height)
    return try await measure(stage) { counter in
      let sampling = self.slabSampling(reference.structure.cell, dipole: true)
      let search = GapSearch(
        movingAtoms: Array(reference.metalAtoms), movesDown: reference.isFlipped,
        initialGap: start, range: max(0.5, start - 1.5)...(start + 2.5),
        // About 1 eV/angstrom^2 for each atom of the face, what alkali metals on salts have.
        stiffness: Double(parts.metal.slab.atoms(inLayer: 0).count),
        tolerance: self.gapTolerance(parts))
      let minimum: RigidGap
      do {
        // Where another engine relaxes, it looks for the gap too.
        minimum = try await minimizeGap(
          search, from: reference.structure, engine: counter.guide ?? counter, sampling: sampling)
      } catch let failure as GapNotConverged {
        throw AssessmentError.engineNotConverged(stage: stage.name, reason: failure.reason)
      }
      let best = reference.movingMetal(by: minimum.gap - start)
      var energy = minimum.energy
      if counter.guide != nil {
        energy = try await self.energy(
          of: best.structure, with: counter, stage: stage, sampling: sampling)
      }
      let work = parts.workOfAdhesion(joined: energy)
      let result = AssessmentResult.RegistryResult(
        registry: registry, rigidGap: minimum.gap, rigidWorkOfAdhesion: work,
        binds: minimum.isMinimum, relaxedGap: nil, relaxedWorkOfAdhesion: nil,
        forceCalls: self.ledger.calls(in: stage))
      return (
        InterfaceState(
          registry: result, cell: best, energy: energy, remainingGain: 0),
        "gap \(minimum.gap.formatted(digits: 2)) angstrom, rigid W_ad = "
          + "\(self.perAtom(work, parts).formatted(digits: 3)) eV/atom"
      )
    }
  }

  private func relaxed(
    _ state: InterfaceState, _ parts: InterfaceParts, stage: Stage
  ) async throws -> InterfaceState {
    try await measure(stage) { counter in
      let start = state.cell.structure
      let result = try await relax(
        start, engine: counter, sampling: self.slabSampling(start.cell, dipole: true),
        settings: self.relaxationSettings)
      try self.note(result, stage: stage)
      var relaxed = state
      relaxed.cell.structure = result.structure
      relaxed.energy = result.evaluation.energy
      relaxed.remainingGain = Relaxed(result).remainingGain
      let work = parts.workOfAdhesion(joined: relaxed.energy)
      relaxed.registry.relaxedGap = relaxed.cell.gap
      relaxed.registry.relaxedWorkOfAdhesion = work
      return (relaxed, "W_ad = \(self.perAtom(work, parts).formatted(digits: 3)) eV/atom")
    }
  }

  /// The gap counts as found when a better one would gain less than 4 meV for each metal atom of
  /// the face: the rank of the registries does not hang on less.
  private func gapTolerance(_ parts: InterfaceParts) -> Double {
    0.004 * Double(parts.metal.slab.atoms(inLayer: 0).count)
  }

  /// eV for each metal atom of the face, for the progress lines only.
  private func perAtom(_ work: Double, _ parts: InterfaceParts) -> Double {
    work * parts.area / Double(parts.metal.slab.atoms(inLayer: 0).count)
  }

  /// Vacancies at the interface, in the middle of the metal, at its free surface and in what other layers are asked for
  /// (eq 3), one for each class of equivalent sites.
  ///
  /// - Parameters:
  ///   - state: the relaxed interface.
  ///   - bulkEnergy: energy of one bulk metal atom under the interface's strain, eV.
  /// - Returns: one result for each place, and the cell without a vacancy; none where vacancies were not asked for. A place
  ///   where the engine gives no answer is left out.
  /// - Throws: what the engine throws, and ``AssessmentError``.
  func vacancies(
    on state: InterfaceState, bulkEnergy: Double
  ) async throws -> (results: [AssessmentResult.VacancyResult], cell: InterfaceCell?) {
    guard settings.vacancies else { return ([], nil) }
    let perfect = state.cell.supercell(settings.vacancySupercell, settings.vacancySupercell)
    let last = perfect.metalLayerCount
    let energy = try await leavingOut(.vacancyReference) {
      try await self.measure(.vacancyReference) { counter in
        let energy = try await self.energy(
          of: perfect.structure, with: counter, stage: .vacancyReference,
          sampling: self.vacancySampling(perfect.structure.cell))
        return (energy, "\(perfect.structure.count) atoms")
      }
    }
    guard case .success(let reference) = energy else { return ([], perfect) }
    var results: [AssessmentResult.VacancyResult] = []
    let places = settings.vacancyPlaces(metalLayers: last)
    let classes = perfect.vacancyClasses
    let chosen = places.flatMap { place, layer in
      classes.filter { $0.layer == layer - 1 }.map { (place, layer, $0) }
    }
    for (spot, layer, site) in chosen {
      let isOnly = classes.filter { $0.layer == layer - 1 }.count == 1
      let place = isOnly ? spot : "\(spot) (\(site.number))"
      do {
        let found = try await leavingOut(.vacancy(place: place)) {
          try await self.vacancy(
            place, layer: layer, site, in: perfect, reference: reference - bulkEnergy)
        }
        if case .success(let result) = found { results.append(result) }
      } catch is NotComputed {
        // With stored answers alone what is there is shown.
        continue
      }
    }
    return (results, perfect)
  }

  /// A vacancy at one class of sites.
  ///
  /// - Parameters:
  ///   - place: its name.
  ///   - layer: of the metal, 1 at the interface.
  ///   - site: the class.
  ///   - perfect: the cell without a vacancy.
  ///   - reference: energy of that cell less a bulk metal atom, eV.
  /// - Returns: its formation energies; with stored answers alone the relaxed one may be missing.
  /// - Throws: what the engine throws, and ``AssessmentError``.
  private func vacancy(
    _ place: String, layer: Int, _ site: SiteClass, in perfect: InterfaceCell, reference: Double
  ) async throws -> AssessmentResult.VacancyResult {
    let stage = Stage.vacancy(place: place)
    let start = try perfect.vacancy(at: site.atoms[0]).structure
    return try await measure(stage) { counter in
      let sampling = self.vacancySampling(start.cell)
      let unrelaxed =
        try await self.energy(of: start, with: counter, stage: stage, sampling: sampling)
        - reference
      var result = AssessmentResult.VacancyResult(
        place: place, layer: layer, equivalentSites: site.atoms.count, atoms: site.atoms,
        unrelaxed: unrelaxed, relaxed: nil, isConverged: true)
      if self.settings.relaxesVacancies {
        do {
          let relaxation = try await relax(
            start, engine: counter, sampling: sampling, settings: self.relaxationSettings)
          result.isConverged = relaxation.outcome == .converged
          if case .engineNotConverged(let reason) = relaxation.outcome {
            self.ledger.warn(.leftOut(stage: stage.name, reason: reason))
          } else {
            try self.note(relaxation, stage: stage)
            result.relaxed = relaxation.evaluation.energy - reference
          }
        } catch is NotComputed {
          // The relaxation is not there to its end: the unrelaxed energy is.
        }
      }
      let rigid = result.relaxed == nil ? ", unrelaxed" : ""
      return (result, "E_v = \((result.relaxed ?? unrelaxed).formatted(digits: 3)) eV\(rigid)")
    }
  }
}
