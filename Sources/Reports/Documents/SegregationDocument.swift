import BondBreaking
package import Campaigns
import Interfaces

/// Figure 4: segregation energies by explicit vacancies against eq 11.
package struct SegregationDocument: Codable {
  /// Which energies of the vacancies.
  package enum Kind: String, Codable { case relaxed, unrelaxed }

  package struct Point: Codable {
    package var interface: String
    package var predicted_ev: Double
    package var computed_ev: Double
  }

  /// Nil in files of earlier versions, whose vacancies were relaxed.
  package var kind: Kind?
  package var points: [Point]
  package var slope: Double
  package var slope_standard_error: Double
  package var offset_ev: Double
  package var offset_standard_error_ev: Double
  package var determination: Double
  /// Root mean square of the computed energies less the model's, eV.
  package var model_deviation_ev: Double
  /// 95 % confidence of the fitted line: prediction, low, high, eV.
  package var confidence_band_ev: [[Double]]

  /// Nil with fewer than three coherent interfaces that have such vacancies.
  package init?(_ interfaces: [String: ReproductionComparison.Document.Interface], _ kind: Kind) {
    let coherent = Set(PaperInterface.coherent.map(\.id))
    let points = interfaces.filter { coherent.contains($0.key) }
      .sorted { $0.key < $1.key }
      .compactMap { id, entry in
        (kind == .relaxed ? entry.segregation_relaxed_ev : entry.segregation_unrelaxed_ev).map {
          Point(interface: id, predicted_ev: entry.segregation_predicted_ev, computed_ev: $0)
        }
      }
    guard
      let fit = SegregationFit(
        predicted: points.map(\.predicted_ev), computed: points.map(\.computed_ev))
    else { return nil }
    self.kind = kind
    self.points = points
    slope = fit.line.slope.value
    slope_standard_error = fit.line.slope.standardUncertainty
    offset_ev = fit.line.intercept.value
    offset_standard_error_ev = fit.line.intercept.standardUncertainty
    determination = fit.determination
    model_deviation_ev = fit.modelDeviation
    let (low, high) = (fit.predicted.min() ?? 0, fit.predicted.max() ?? 0)
    confidence_band_ev = (0...10).map { step in
      let x = low + Double(step) / 10 * (high - low)
      let y = fit.line.intercept.value + fit.line.slope.value * x
      let half = fit.confidenceHalfWidth(at: x)
      return [x, y - half, y + half]
    }
  }

  package var text: String {
    "Figure 4, \((kind ?? .relaxed).rawValue) vacancies at \(points.count) interfaces: dE = (\(slope.formatted(digits: 2)) +- "
      + "\(slope_standard_error.formatted(digits: 2))) x "
      + (offset_ev < 0 ? "- " : "+ ") + "(\(offset_ev.magnitude.formatted(digits: 3)) +- "
      + "\(offset_standard_error_ev.formatted(digits: 3))) eV with x = (sigma - W_ad/2)/rho, R2 = "
      + "\(determination.formatted(digits: 3)); the model dE = x is off by "
      + "\(model_deviation_ev.formatted(digits: 3)) eV (root mean square)."
  }
}

extension ReproductionComparison.Document.Interface {
  package init(_ result: AssessmentResult) {
    let density = result.surfaceDensity
    self.init(
      surface_energy_ev_per_atom: result.surfaceEnergy.value / density,
      work_of_adhesion_ev_per_atom: result.workOfAdhesion.value / density,
      strain_percent: 100 * result.match.largestStrain,
      segregation_predicted_ev: result.segregationToInterface.value,
      segregation_relaxed_ev: result.segregationByVacancies,
      segregation_unrelaxed_ev: result.unrelaxedSegregationByVacancies,
      registries: AssessmentDocument.registries(of: result),
      vacancies: AssessmentDocument.vacancies(of: result),
      not_converged: result.warnings.compactMap { warning in
        switch warning {
        case .notConverged(let stage, let residual, let reason):
          "\(stage): \(reason), \(residual.formatted(digits: 3)) eV/angstrom left"
        case .leftOut(let stage, let reason): "\(stage): \(reason)"
        default: nil
        }
      }, structure: AssessmentDocument.shownInterface(of: result))
  }
}
