import BondBreaking

/// Several substrates side by side, the one that holds the metal best first.
package struct Screening: Codable {
  package struct Row: Codable {
    package var substrate: String
    package var substrate_surface: String
    package var metal: String
    package var metal_surface: String
    /// (W_ad - 2 sigma)/rho.
    package var margin_ev_per_atom: Double
    package var standard_uncertainty: Double
    package var probability_of_suppression: Double
    package var work_of_adhesion_ev_per_atom: Double
    package var surface_energy_ev_per_atom: Double
    package var largest_strain: Double
    package var verdict: String
    package var engine: String
    /// Number of the assessment, counted from 0 in the order in which they were given.
    package var assessment: Int
  }

  /// A substrate that could not be assessed.
  package struct Failure: Codable {
    package var substrate: String
    package var reason: String

    package init(substrate: String, reason: String) {
      self.substrate = substrate
      self.reason = reason
    }
  }

  package var figure: Figure?
  package var rows: [Row]
  package var failures: [Failure]

  /// Ranks by margin, the largest first.
  package init(_ documents: [AssessmentDocument], failures: [Failure]) {
    figure = CandidateMap.figure(documents)
    self.failures = failures
    rows = documents.enumerated().map { index, document in
      Row(
        substrate: document.substrate, substrate_surface: document.substrate_surface,
        metal: document.metal, metal_surface: document.metal_surface,
        margin_ev_per_atom: document.margin_ev_per_atom.value,
        standard_uncertainty: document.margin_ev_per_atom.standard_uncertainty,
        probability_of_suppression: document.probability_of_suppression,
        work_of_adhesion_ev_per_atom: document.work_of_adhesion.ev_per_atom.value,
        surface_energy_ev_per_atom: document.surface_energy.ev_per_atom.value,
        largest_strain: document.principal_strains.max { $0.magnitude < $1.magnitude } ?? 0,
        verdict: document.verdict, engine: document.cost.engine, assessment: index)
    }.sorted { $0.margin_ev_per_atom > $1.margin_ev_per_atom }
  }

  /// The ranks as a table for people.
  package var text: String {
    var table = TextTable(header: [
      "substrate", "metal", "W_ad - 2 sigma", "+-", "W_ad", "sigma", "strain %", "verdict",
    ])
    for row in rows {
      table.add([
        "\(row.substrate) (\(row.substrate_surface))", "\(row.metal) (\(row.metal_surface))",
        row.margin_ev_per_atom.formatted(digits: 3), row.standard_uncertainty.formatted(digits: 3),
        row.work_of_adhesion_ev_per_atom.formatted(digits: 3),
        row.surface_energy_ev_per_atom.formatted(digits: 3),
        (100 * row.largest_strain).formatted(digits: 2), row.verdict,
      ])
    }
    let reasons = failures.map { "Not assessed: \($0.substrate): \($0.reason)." }
    return (["Ranked by W_ad - 2 sigma, eV for each surface atom", "", table.text] + reasons)
      .joined(separator: "\n")
  }

  /// The ranks as comma-separated values, one line for each substrate.
  package var commaSeparatedValues: String {
    var table = CommaSeparatedValues(header: [
      "substrate", "substrate_surface", "metal", "metal_surface", "margin_ev_per_atom",
      "standard_uncertainty_ev_per_atom", "probability_of_suppression",
      "work_of_adhesion_ev_per_atom", "surface_energy_ev_per_atom", "largest_strain", "verdict",
      "engine",
    ])
    for row in rows {
      table.add([
        row.substrate, row.substrate_surface, row.metal, row.metal_surface,
        "\(row.margin_ev_per_atom)", "\(row.standard_uncertainty)",
        "\(row.probability_of_suppression)", "\(row.work_of_adhesion_ev_per_atom)",
        "\(row.surface_energy_ev_per_atom)", "\(row.largest_strain)", row.verdict, row.engine,
      ])
    }
    return table.text
  }
}
