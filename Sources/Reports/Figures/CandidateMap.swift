/// Adhesion against the criterion for several substrates: who suppresses voids, and by how much.
package enum CandidateMap {
  /// The map; nil without an assessment.
  package static func figure(_ documents: [AssessmentDocument]) -> Figure? {
    guard !documents.isEmpty else { return nil }
    let groups = [
      ("voids suppressed", Figure.Series.Role.ours, "voids suppressed"),
      ("undecided", .neutral, "undecided"), ("voids will form", .paper, "voids expected"),
    ]
    let series = groups.compactMap { name, role, verdict -> Figure.Series? in
      let members = documents.filter { $0.verdict == verdict }
      guard !members.isEmpty else { return nil }
      var entry = Figure.Series(
        name, .points, role, x: members.map { 2 * $0.surface_energy.ev_per_atom.value },
        y: members.map { $0.work_of_adhesion.ev_per_atom.value },
        error: members.map { $0.margin_ev_per_atom.standard_uncertainty },
        labels: members.map { "\($0.metal) on \($0.substrate) (\($0.substrate_surface))" })
      entry.names_points = true
      return entry
    }
    let xs = series.flatMap(\.x)
    let ys = series.flatMap { $0.y.compactMap { $0 } }
    // The line of the criterion must cross the map, wherever the points lie.
    let low = min(0, ys.min() ?? 0)
    let high = 1.15 * max(xs.max() ?? 1, ys.max() ?? 1)
    let (left, right) = ((xs.min() ?? 0) - 0.1, (xs.max() ?? 1) + 0.1)
    return Figure(
      id: "map", title: "Candidates",
      caption:
        "Work of adhesion against twice the metal's surface energy under the interface's strain. On and above the "
        + "line W_ad = 2 sigma vacancies are not drawn to the interface (Seymour & Aguadero 2021). Bars: one standard "
        + "uncertainty of W_ad - 2 sigma.",
      x: Figure.Axis(label: "2 sigma of the metal", unit: "eV/atom", range: [max(0, left), right]),
      y: Figure.Axis(label: "W_ad", unit: "eV/atom", range: [low, high]), series: series,
      guides: [.line(slope: 1, offset: 0, "W_ad = 2 sigma")])
  }
}
