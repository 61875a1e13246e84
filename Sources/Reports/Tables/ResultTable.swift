import BondBreaking
package import Campaigns
import Foundation
import Interfaces
import LearnedPotential
import PhysicalUnits
import Structures
import Thermodynamics

/// The result of an assessment as a person reads it: the paper's units, and a sentence at the end.
package struct ResultTable {
  private let result: AssessmentResult

  package init(_ result: AssessmentResult) { self.result = result }

  package var text: String {
    ([title, ""] + rows.map(line) + vacancyRows.map(line) + registryLines
      + paperRows.map(line) + [""] + warnings
      + sentence).joined(separator: "\n")
  }

  private struct Row {
    var name: String
    var area: String
    var atom: String
  }

  private var title: String {
    let settings = result.settings
    return "\(result.substrate.name) (\(settings.substrateSurface)) and \(settings.metal) "
      + "\(settings.metalStructure.rawValue) (\(settings.metalSurface)), preset "
      + "\(settings.preset), \(result.cost.engine) \(result.cost.engineVersions.joined(separator: ", "))"
      + (result.cost.relaxedBy.map { ", relaxed by \($0)" } ?? "")
  }

  private var rows: [Row] {
    let density = result.surfaceDensity
    let metal = result.metalBulk.latticeParameters
    let substrate = result.substrateBulk.latticeParameters
    let strain = result.match.principalStrains
    var rows = [
      Row(name: "", area: "J/m2", atom: "eV/atom"),
      both("sigma of the metal, strained and relaxed", result.surfaceEnergy),
      both("W_ad, \(result.registries.first?.registry.name ?? "")", result.workOfAdhesion),
      both("2 sigma", result.surfaceEnergy.scaled(by: 2)),
      both("W_ad - 2 sigma", result.verdict.margin.scaled(by: density)),
    ]
    if let sigma = result.substrateSurfaceEnergy {
      rows.append(both("sigma of the substrate", UncertainValue(sigma)))
    }
    rows += excessRows
    if let gamma = result.interfaceEnergy {
      rows.append(both("gamma of the interface", UncertainValue(gamma)))
    }
    rows += [
      Row(name: "", area: "", atom: ""),
      single("vacancy, bulk to interface (eq 11)", result.segregationToInterface, 3, "eV"),
      single("vacancy, bulk to free surface (eq 12)", result.segregationToSurface, 3, "eV"),
      Row(name: "contact angle", area: angle, atom: ""),
      Row(
        name: "P(W_ad >= 2 sigma)", area: result.verdict.probability.formatted(digits: 3), atom: ""),
      Row(name: "", area: "", atom: ""),
      Row(name: "lattice of the metal", area: "\(edges(metal)) angstrom", atom: ""),
      Row(name: "lattice of the substrate", area: "\(edges(substrate)) angstrom", atom: ""),
      Row(
        name: "strain of the metal",
        area: "\(percent(strain.x)), \(percent(strain.y)) %", atom: ""),
      Row(
        name: "surface atoms, rho",
        area: "\((density * PhysicalUnits.perSquareNanometre).formatted(digits: 2)) per nm2",
        atom: ""),
    ]
    let series = result.thickness
    rows += [
      Row(
        name: "bulk energy by slope, bulk, difference",
        area: "\(series.slopeReference.value.formatted(digits: 4)), "
          + "\(series.bulkReference.formatted(digits: 4)), "
          + "\(series.differenceReference.formatted(digits: 4)) eV", atom: ""),
      Row(
        name: "residual of the thickness fit",
        area: "\((1000 * series.residual).formatted(digits: 1)) meV", atom: ""),
      Row(
        name: "force calls",
        area: "\(result.cost.forceCalls), of them \(result.cost.engineCalls) computed now in "
          + "\(clockTime(result.cost.totalSeconds))", atom: ""),
    ]
    return rows
  }

  /// sigma and gamma of a substrate whose slab has an excess: they depend on chemical potentials, and are told at both ends
  /// of what these may be; once where both ends lie beside the same phases, as beside those an unstable crystal decomposes to.
  private var excessRows: [Row] {
    guard let range = result.excessSurfaceEnergy else { return [] }
    // gamma = sigma of both - W_ad goes with the substrate's sigma.
    let rest = result.surfaceEnergy.value - result.workOfAdhesion.value
    let area = PhysicalUnits.joulePerSquareMetre
    let ends = [
      (" at least", range.lowest, range.phasesAtLowest),
      (" at most", range.highest, range.phasesAtHighest),
    ].map { (name: $0, sigma: $1 * area, gamma: ($1 + rest) * area, phases: $2) }
    let isSingle = range.phasesAtLowest == range.phasesAtHighest
    return (isSingle ? [ends[0]] : ends).flatMap { end in
      let (suffix, phases) = (isSingle ? "" : end.name, end.phases.joined(separator: ", "))
      return [
        Row(
          name: "sigma of the substrate" + suffix,
          area: "\(end.sigma.formatted(digits: 3)), beside \(phases)", atom: ""),
        Row(
          name: "gamma of the interface" + suffix, area: end.gamma.formatted(digits: 3), atom: ""),
      ]
    }
  }

  private var vacancyRows: [Row] {
    guard !result.vacancies.isEmpty else { return [] }
    return [Row(name: "", area: "", atom: ""), Row(name: "", area: "unrelaxed", atom: "relaxed")]
      + result.vacancies.map { vacancy in
        let spread = result.committee?.vacancies[vacancy.place]
        return Row(
          name: "E_v "
            + AssessmentResult.VacancyResult.label(place: vacancy.place, layer: vacancy.layer),
          area: energy(vacancy.unrelaxed, spread?.unrelaxed),
          atom: vacancy.relaxed.map { energy($0, spread?.relaxed) } ?? "")
      }
  }

  private func energy(_ value: Double, _ deviation: Double?) -> String {
    let uncertainty = deviation.map { " +- \($0.formatted(digits: 3))" } ?? ""
    return "\(value.formatted(digits: 3))\(uncertainty) eV"
  }

  private var registryLines: [String] {
    ["", "  registry          gap (angstrom)  W_ad (eV/atom)"]
      + result.registries.map { entry in
        let name = entry.registry.name.padding(toLength: 16, withPad: " ", startingAt: 0)
        let gap = (entry.relaxedGap ?? entry.rigidGap).formatted(digits: 2)
        let work = (entry.workOfAdhesion / result.surfaceDensity).formatted(digits: 3)
        let state = entry.relaxedWorkOfAdhesion == nil ? "rigid" : "relaxed"
        return "  \(name)  \(gap.leftPadded(to: 14))  \(work.leftPadded(to: 14))  \(state)"
          + (entry.binds ? "" : ", no minimum: does not bind")
      }
  }

  private var paperRows: [Row] {
    let known = ReproductionComparison.Document.Row.all(result)
    guard !known.isEmpty else { return [] }
    return [
      Row(name: "", area: "", atom: ""),
      Row(name: "Seymour & Aguadero (2021)", area: "paper", atom: "ours less the paper's"),
    ]
      + known.map { row in
        let digits = ReproductionComparison.digits(row.unit)
        let paper = PaperValue.named(row.id).map(ReproductionComparison.text) ?? ""
        return Row(
          name: row.name, area: "\(paper) \(row.unit)",
          atom: row.difference.map { ReproductionComparison.signed($0, digits: digits) } ?? "")
      }
  }

  private var warnings: [String] {
    result.warnings.map { "Note: \($0.text)" }
  }

  private var sentence: [String] {
    let margin = result.verdict.margin
    // Hundredths are enough for people, but not where all is smaller.
    let digits = margin.standardUncertainty < 0.01 ? 3 : 2
    let size = margin.value.magnitude.formatted(digits: digits)
    let error = margin.standardUncertainty.formatted(digits: digits)
    let names = "\(result.settings.metal) on \(result.substrate.name)"
    switch result.verdict.decision {
    case .voidsSuppressed:
      return [
        "Verdict: voids are suppressed. \(names) adheres by \(size) +- \(error) eV/atom more than "
          + "twice the metal's surface energy, so vacancies are driven into the bulk."
      ]
    case .voidsExpected:
      return [
        "Verdict: voids will form. \(names) adheres by \(size) +- \(error) eV/atom less than twice "
          + "the metal's surface energy, so vacancies gather at the interface."
      ]
    case .undecided:
      return [
        "Verdict: undecided. W_ad - 2 sigma of \(names) is \(margin.value.formatted(digits: digits)) +- "
          + "\(error) eV/atom; a finer preset may tell."
      ]
    }
  }

  private var angle: String {
    switch result.contactAngle {
    case .degrees(let angle):
      "\(angle.value.formatted(digits: 0)) +- \(angle.standardUncertainty.formatted(digits: 0)) degrees"
    case .perfectWetting: "0 degrees, perfect wetting"
    case .noWetting: "180 degrees, no wetting"
    }
  }

  // MARK: Columns

  private func both(_ name: String, _ value: UncertainValue) -> Row {
    let area = value.scaled(by: PhysicalUnits.joulePerSquareMetre)
    let atom = value.scaled(by: 1 / result.surfaceDensity)
    return Row(name: name, area: plusMinus(area, 3), atom: plusMinus(atom, 3))
  }

  private func single(_ name: String, _ value: UncertainValue, _ digits: Int, _ unit: String) -> Row
  {
    Row(name: name, area: "\(plusMinus(value, digits)) \(unit)", atom: "")
  }

  private func plusMinus(_ value: UncertainValue, _ digits: Int) -> String {
    value.standardUncertainty > 0
      ? "\(value.value.formatted(digits: digits)) +- \(value.standardUncertainty.formatted(digits: digits))"
      : value.value.formatted(digits: digits)
  }

  private func line(_ row: Row) -> String {
    if row.name.isEmpty, row.area.isEmpty { return "" }
    let name = row.name.padding(toLength: 42, withPad: " ", startingAt: 0)
    guard !row.atom.isEmpty else { return "  \(name)\(row.area)" }
    return "  \(name)\(row.area.padding(toLength: 20, withPad: " ", startingAt: 0))\(row.atom)"
  }

  private func edges(_ lengths: Vector3) -> String {
    let values = [lengths.x, lengths.y, lengths.z].map { $0.formatted(digits: 3) }
    return Set(values).count == 1 ? values[0] : values.joined(separator: ", ")
  }

  private func percent(_ strain: Double) -> String {
    let text = (100 * strain).formatted(digits: 2)
    return text.hasPrefix("-") ? text : "+\(text)"
  }
}

extension String {
  package func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}

extension AssessmentWarning {
  /// The doubt in words.
  package var text: String {
    switch self {
    case .notConverged(let stage, let residual, let reason):
      "the relaxation of '\(stage)' stopped at \(residual.formatted(digits: 3)) eV/angstrom: "
        + "\(reason)."
    case .leftOut(let stage, let reason):
      "'\(stage)' did not come to its end, and what is missing of it is left out: \(reason)."
        + (LearnedEngine.refuses(for: reason)
          ? " --engine gpaw can, or a potential that was trained on more cells ('lacuna train')."
          : "")
    case .largeStrain(let strain):
      "the metal is strained by \((100 * strain).formatted(digits: 1)) %; a coherent interface of "
        + "that strain is a model, and the real one has weaker sites."
    case .oddEven(let difference):
      "odd and even thicknesses disagree on the bulk energy by "
        + "\((1000 * difference).formatted(digits: 1)) meV/atom; take thicker slabs or a finer mesh."
    case .openPotentials(let excess, let phases):
      "the substrate slab has an excess of \(excess), and its surface energy depends on chemical potentials that "
        + (phases.isEmpty
          ? "the crystal alone leaves open; name phases beside it with --phases."
          : "its phases (\(phases.joined(separator: ", "))) leave open; name more with --phases.")
    case .unstableSubstrate(let energy):
      "the substrate lies \((1000 * energy).formatted(digits: 0)) meV for each formula unit above "
        + "its decomposition products, whose chemical potentials are used."
    case .polarSurface:
      "the substrate's surface is polar (Tasker's type 3): a real one is reconstructed or charged."
    case .facesDiffer:
      "the two faces of the substrate slab differ: it may be polar, and its surface energy is the "
        + "mean of both."
    case .doesNotBind(let registry):
      "no binding was found for the registry \(registry)."
    case .vacancyContradicts(let gain, let predicted):
      "an explicit vacancy at the interface costs \(gain.magnitude.formatted(digits: 2)) eV "
        + "\(gain > 0 ? "less" : "more") than in the bulk, where eq 11 says "
        + "\(predicted.magnitude.formatted(digits: 2)) eV \(predicted > 0 ? "less" : "more"): the verdict rests on eq 11, "
        + "and layers beside the interface may hold vacancies in its place."
    case .thinMetal(let layers):
      "\(layers) metal layers are too few for a bulk-like middle."
    case .interatomicModel(let name):
      "computed with the interatomic model \(name), whose own error is in none of the uncertainties; "
        + (ModelSource(model: name)?.text ?? "cite it as 'lacuna engines' says") + "."
    case .learnedPotential(let name, let teacher, let error, let members):
      "computed with the potential \(name), learned from \(teacher); its forces were wrong by "
        + "\((1000 * error).formatted(digits: 0)) meV/angstrom on held-out data. "
        + (members > 0
          ? "The uncertainties are the spread of \(members) members of its committee, "
            + "stretched to those errors."
          : "Its committee came to no end, and its error is in none of the uncertainties.")
    case .oxygenOnCoarseGrid(let potential):
      "\(potential) was learned on GPAW's own grid, by which forces on oxygen are off by 0.2 eV/angstrom: W_ad may be "
        + "off by more than its uncertainty says. --engine gpaw has a finer grid, 'lacuna train' too."
    case .relaxedByAnother(let guide, let judge, let force):
      "relaxed by \(guide); every energy is by \(judge), whose forces there are up to "
        + "\(force.formatted(digits: 3)) eV/angstrom."
    case .mixedVersions(let versions):
      "the store mixes engine versions \(versions.joined(separator: ", "))."
    }
  }
}
