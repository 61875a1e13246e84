import BondBreaking
import Interfaces
import Structures
import Thermodynamics

/// Turns the energies of an assessment into its results: no engine is asked here.
struct AssessmentEvaluation {
  let substrate: Substrate
  let settings: AssessmentSettings
  let metalBulk: AssessmentResult.Bulk
  let substrateBulk: AssessmentResult.Bulk
  let geometry: InterfaceGeometry
  let strained: Relaxed
  let slabs: Slabs
  let series: SeriesResult
  let parts: InterfaceParts
  let registries: RegistryStates
  let region: StabilityRegion?
  let vacancies: [AssessmentResult.VacancyResult]
  let vacancyCell: InterfaceCell?

  func result(ledger: Ledger, engine: String) -> AssessmentResult {
    let area = parts.area
    let density = geometry.surfaceDensity
    let cleaved = cleavedSurfaceEnergy
    let relaxed = surfaceEnergy
    let work = workOfAdhesion
    let spread = self.spread
    let strongest = registries.strongest.registry
    // Fit, registry, relaxation and engine are independent of each other.
    let total = [
      spread.thicknessFit, spread.registry, spread.relaxation, spread.engine,
    ].map { $0 * $0 }.reduce(0, +).squareRoot()
    let margin = UncertainValue(
      (work.value - 2 * relaxed.value) / density, standardUncertainty: total)
    let substrateSigma = substrateSurfaceEnergy
    return AssessmentResult(
      substrate: substrate, settings: settings, metalBulk: metalBulk,
      substrateBulk: substrateBulk, match: geometry.match,
      strainedRepeatHeight: strained.structure.cell.c.z, termination: geometry.termination,
      coordination: geometry.coordination, surfaceDensity: density, thickness: thickness,
      surfaceEnergy: relaxed, cleavedSurfaceEnergy: cleaved,
      substrateSurfaceEnergy: substrateSigma, excessSurfaceEnergy: excessSurfaceEnergy,
      registries: registries.states.map(\.registry), workOfAdhesion: work,
      interfaceEnergy: substrateSigma.map {
        BondBreaking.interfaceEnergy(
          metalSurfaceEnergy: relaxed.value, substrateSurfaceEnergy: $0,
          workOfAdhesion: work.value)
      },
      // dE = -(W_ad - 2 sigma)/(2 rho) is half the margin with its sign turned.
      segregationToInterface: margin.scaled(by: -0.5),
      segregationToSurface: relaxed.scaled(by: 1 / density),
      contactAngle: ContactAngle(
        workOfAdhesion: work, surfaceEnergy: relaxed, covariance: engineCovariance),
      verdict: Verdict(margin: margin), spread: spread, vacancies: vacancies,
      warnings: warnings(ledger, strongest: strongest),
      cost: AssessmentResult.Cost(
        forceCalls: ledger.callsByStage.map(\.forceCalls).reduce(0, +), engineCalls: 0,
        forceCallsByStage: ledger.callsByStage, engineSeconds: 0, totalSeconds: 0,
        engineVersions: [], engine: engine),
      structures: [
        "metal-bulk": metalBulk.structure, "substrate-bulk": substrateBulk.structure,
        "metal-slab": parts.metal.slab.structure,
        "substrate-slab": parts.substrate.slab.structure,
      ].merging(interfaces.mapValues(\.structure)) { first, _ in first },
      interfaces: interfaces, traces: ledger.traces, interfaceArea: area)
  }

  private var interfaces: [String: InterfaceCell] {
    var result = ["interface": registries.strongest.cell]
    result["vacancy-cell"] = vacancyCell
    return result
  }

  // MARK: Surface energies

  /// sigma as cleaved from the intercept of the line, eV/angstrom^2.
  private var cleavedSurfaceEnergy: UncertainValue {
    let intercept = series.fit.twiceSurfaceEnergyTimesArea
    let gain = settings.relaxesThicknessSeries ? series.relaxationGain : 0
    return UncertainValue(
      (intercept.value + gain) / (2 * parts.area),
      standardUncertainty: intercept.standardUncertainty / (2 * parts.area))
  }

  /// sigma relaxed: half the intercept of the line for each area, less what the slab of the interface
  /// gains by relaxing where the series itself was not relaxed, eV/angstrom^2.
  ///
  /// The intercept is eq 1 with the slope as bulk energy, averaged over all thicknesses instead of
  /// taken at one.
  private var surfaceEnergy: UncertainValue {
    let intercept = series.fit.twiceSurfaceEnergyTimesArea
    let gain = settings.relaxesThicknessSeries ? 0 : series.relaxationGain
    let fit = intercept.standardUncertainty / (2 * parts.area)
    let engine = settings.surfaceEnergyUncertainty * geometry.surfaceDensity
    let left = series.remainingGain / (2 * parts.area)
    return UncertainValue(
      (intercept.value - gain) / (2 * parts.area),
      standardUncertainty: (fit * fit + engine * engine + left * left).squareRoot())
  }

  /// sigma of the substrate (eq 1), eV/angstrom^2; nil where the slab is not stoichiometric.
  private var substrateSurfaceEnergy: Double? {
    guard geometry.termination.isStoichiometric else { return nil }
    let bulk = substrateBulk.energyPerAtom * Double(parts.substrate.slab.structure.count)
    return (parts.substrate.state.energy - bulk) / (2 * parts.area)
  }

  /// sigma of a substrate slab with an excess over the allowed potentials (eq 1).
  private var excessSurfaceEnergy: ExcessSurfaceEnergy? {
    guard let region, geometry.termination.facesAreAlike else { return nil }
    let composition = parts.substrate.slab.structure.composition
    let (units, excess) = substrateBulk.structure.formulaUnits(in: composition)
    return ExcessSurfaceEnergy(
      slabEnergy: parts.substrate.state.energy, formulaUnits: units, excess: excess,
      area: parts.area, region: region)
  }

  private var thickness: AssessmentResult.ThicknessSeries {
    let atoms = slabs.atomsPerLayer
    let perAtom = 1 / Double(atoms)
    return AssessmentResult.ThicknessSeries(
      layers: settings.thicknessSeries, energies: series.energies, atomsPerLayer: atoms,
      slopeReference: series.fit.bulkEnergyPerLayer.scaled(by: perAtom),
      bulkReference: strained.energy / Double(strained.structure.count),
      differenceReference: series.fit.differenceReference * perAtom,
      residual: series.fit.residual,
      oddEvenDifference: series.fit.oddEvenDifference.map { $0 * perAtom })
  }

  // MARK: Adhesion

  private var workOfAdhesion: UncertainValue {
    let spread = self.spread
    // The fit belongs to sigma; what is left is W_ad's own.
    let own = [
      spread.registry, adhesionGain / (geometry.surfaceDensity * parts.area),
      settings.adhesionUncertainty,
    ]
    .map { $0 * $0 }.reduce(0, +).squareRoot()
    return UncertainValue(
      registries.strongest.registry.workOfAdhesion,
      standardUncertainty: own * geometry.surfaceDensity)
  }

  /// What the slabs and the joined cell might still gain by relaxing to the end, eV.
  private var adhesionGain: Double {
    parts.metal.state.remainingGain + parts.substrate.state.remainingGain
      + registries.strongest.remainingGain
  }

  private var spread: AssessmentResult.Spread {
    let atoms = geometry.surfaceDensity * parts.area
    let fit = series.fit.twiceSurfaceEnergyTimesArea.standardUncertainty / atoms
    let left = adhesionGain + series.remainingGain
    let sigma = 2 * settings.surfaceEnergyUncertainty
    let adhesion = settings.adhesionUncertainty
    return AssessmentResult.Spread(
      thicknessFit: fit, registry: registryAmbiguity / geometry.surfaceDensity,
      relaxation: left / atoms,
      engine: settings.marginUncertainty
        ?? (sigma * sigma + adhesion * adhesion).squareRoot())
  }

  /// Covariance of W_ad and sigma by the engine, (eV/angstrom^2)^2: what their own uncertainties and that of
  /// W_ad - 2 sigma leave; zero where the last is not known.
  private var engineCovariance: Double {
    guard let margin = settings.marginUncertainty else { return 0 }
    let (work, sigma) = (settings.adhesionUncertainty, settings.surfaceEnergyUncertainty)
    let covariance = (work * work + 4 * sigma * sigma - margin * margin) / 4
    let most = work * sigma
    return max(-most, min(most, covariance)) * geometry.surfaceDensity * geometry.surfaceDensity
  }

  /// By how much an unrelaxed registry might beat the kept one, eV/angstrom^2.
  ///
  /// It is let gain by relaxation what the kept one gained; if that does not lift it above the kept
  /// one, the choice is certain and this is zero.
  private var registryAmbiguity: Double {
    let kept = registries.strongest.registry
    let gain = kept.workOfAdhesion - kept.rigidWorkOfAdhesion
    let rivals = registries.states.filter { !$0.registry.isRelaxed }
    let best = rivals.map { $0.registry.rigidWorkOfAdhesion + gain }.max() ?? -.infinity
    return max(0, best - kept.workOfAdhesion)
  }

  private func warnings(
    _ ledger: Ledger, strongest: AssessmentResult.RegistryResult
  ) -> [AssessmentWarning] {
    var warnings = ledger.warnings
    let strain = geometry.match.largestStrain
    if strain.magnitude > 0.08 { warnings.append(.largeStrain(strain)) }
    let limit = 0.005
    if let difference = series.fit.oddEvenDifference,
      (difference / Double(slabs.atomsPerLayer)).magnitude > limit
    {
      warnings.append(.oddEven(difference: difference / Double(slabs.atomsPerLayer)))
    }
    if !geometry.termination.isStoichiometric, excessSurfaceEnergy == nil {
      warnings.append(
        .openPotentials(
          excess: Structure.formula(of: geometry.termination.excess),
          phases: region?.competing.map(\.name) ?? []))
    }
    if let height = region?.decompositionEnergy, height > 0.001 {
      warnings.append(.unstableSubstrate(energy: height))
    }
    if geometry.termination.polarity == .polar { warnings.append(.polarSurface) }
    if !geometry.termination.facesAreAlike { warnings.append(.facesDiffer) }
    if !strongest.binds || strongest.workOfAdhesion <= 0 {
      warnings.append(.doesNotBind(registry: strongest.registry.name))
    }
    if settings.metalLayers < 5 { warnings.append(.thinMetal(layers: settings.metalLayers)) }
    return warnings
  }
}
