import BondBreaking

/// The plots of one assessment.
enum AssessmentFigures {
  /// All plots that the document's numbers allow.
  ///
  /// - Parameters:
  ///   - document: the assessment.
  ///   - prefix: begins the identifiers.
  ///   - viewer: the view of atoms that the vacancies belong to, with its sites.
  /// - Returns: in the order in which they are shown.
  static func all(
    _ document: AssessmentDocument, prefix: String, viewer: AtomViewer?
  ) -> [Figure] {
    [
      vacancies(document.vacancies, prefix: prefix, viewer: viewer),
      registries(
        document.registries, names: "\(document.metal) on \(document.substrate)", prefix: prefix,
        paper: []),
      thickness(document, prefix: prefix), relaxations(document, prefix: prefix),
    ].compactMap { $0 }
  }

  /// Formation energies of vacancies through the metal, from the interface to its free surface.
  static func vacancies(
    _ vacancies: [AssessmentDocument.Vacancy], prefix: String, viewer: AtomViewer?
  ) -> Figure? {
    guard let last = vacancies.map(\.layer).max() else { return nil }
    func series(
      _ name: String, _ role: Figure.Series.Role,
      _ value: (AssessmentDocument.Vacancy) -> Double?,
      _ deviation: (AssessmentDocument.Vacancy) -> Double?
    ) -> Figure.Series? {
      let known = vacancies.compactMap { entry in value(entry).map { (entry, $0) } }
      guard !known.isEmpty else { return nil }
      let deviations = known.compactMap { deviation($0.0) }
      return Figure.Series(
        name, .points, role, x: known.map { Double($0.0.layer) }, y: known.map(\.1),
        error: deviations.count == known.count ? deviations : nil,
        labels: known.map { "\($0.0.place), \($0.0.equivalent_sites) alike" },
        sites: viewer.map { viewer in known.map { viewer.site(of: $0.0) ?? -1 } })
    }
    var figure = Figure(
      id: "\(prefix)-vacancies", title: "Where a vacancy costs least",
      caption:
        "Formation energy of a vacancy (eq 3) by the layer of the metal, 1 at the interface. The site with the "
        + "lowest energy draws the vacancies."
        + (vacancies.contains { $0.relaxed_deviation_ev != nil }
          ? " Bars: one standard uncertainty." : ""),
      x: Figure.Axis(label: "layer of the metal", unit: "", range: [0.5, Double(last) + 0.5]),
      y: Figure.Axis(label: "vacancy formation energy", unit: "eV"),
      series: [
        series("unrelaxed", .neutral, { $0.unrelaxed_ev }, { _ in nil }),
        series("relaxed", .ours, { $0.relaxed_ev }, { $0.relaxed_deviation_ev }),
      ].compactMap { $0 })
    figure.viewer = viewer?.id
    return figure
  }

  /// W_ad of every registry, rigid and relaxed.
  ///
  /// - Parameters:
  ///   - registries: in the order of the bars.
  ///   - names: metal and substrate, for the title.
  ///   - prefix: begins the identifier.
  ///   - paper: W_ad of the paper in eV for each atom, by the registry's name.
  /// - Returns: nil for a single registry, which needs no plot.
  static func registries(
    _ registries: [AssessmentDocument.Registry], names: String, prefix: String,
    paper: [(name: String, value: Double)]
  ) -> Figure? {
    guard registries.count > 1 else { return nil }
    let places = registries.indices.map(Double.init)
    func series(
      _ name: String, _ role: Figure.Series.Role, _ values: [Double?]
    ) -> Figure.Series? {
      guard values.contains(where: { $0 != nil }) else { return nil }
      return Figure.Series(
        name, .bars, role, x: places, y: values, labels: registries.map(\.name))
    }
    return Figure(
      id: "\(prefix)-registries", title: "Work of adhesion by registry, \(names)",
      caption:
        "How strongly the metal holds at each translation of the two lattices, with rigid slabs at their best gap "
        + "and after relaxation. The strongest that was relaxed decides the verdict.",
      x: Figure.Axis(
        label: "registry", unit: "", range: [-0.6, Double(registries.count) - 0.4],
        ticks: zip(places, registries).map { .init(at: $0, text: $1.name) }),
      y: Figure.Axis(label: "W_ad", unit: "eV/atom"),
      series: [
        series("rigid", .neutral, registries.map(\.rigid_work_of_adhesion_ev_per_atom)),
        series("relaxed", .ours, registries.map(\.relaxed_work_of_adhesion_ev_per_atom)),
        series(
          "paper", .paper, registries.map { entry in paper.first { $0.name == entry.name }?.value }),
      ].compactMap { $0 }, guides: [.horizontal(0, "")])
  }

  /// What is left of the slabs' energies beside the line through them: whether sigma can be trusted.
  static func thickness(_ document: AssessmentDocument, prefix: String) -> Figure? {
    let series = document.thickness_series
    guard series.layers.count == series.energies_ev.count, Set(series.layers).count > 2 else {
      return nil
    }
    let layers = series.layers.map(Double.init)
    let rest = LinearFit(x: layers, y: series.energies_ev).residuals.map { 1000 * $0 }
    // Below a milli-electronvolt there is nothing to see.
    let reach = 1.2 * max(1, rest.map(\.magnitude).max() ?? 0)
    return Figure(
      id: "\(prefix)-thickness", title: "Slabs of different thickness",
      caption:
        "Energy of each metal slab less the line through all, whose slope is the bulk energy and whose intercept "
        + "is twice the surface energy. A trend or zigzag would say that slabs or mesh are too small.",
      x: Figure.Axis(label: "layers", unit: ""),
      y: Figure.Axis(label: "energy less the line", unit: "meV", range: [-reach, reach]),
      series: [Figure.Series("slabs", .points, .ours, x: layers, y: rest)],
      guides: [.horizontal(0, "")])
  }

  /// The largest force along every relaxation.
  static func relaxations(_ document: AssessmentDocument, prefix: String) -> Figure? {
    let roles: [Figure.Series.Role] = [.ours, .model, .second, .third, .paper, .neutral]
    let traces = (document.relaxations ?? []).filter {
      !$0.stage.hasPrefix("gap scan") && $0.largest_forces_ev_per_angstrom.count > 1
        && $0.stage != "thickness series"
        && $0.largest_forces_ev_per_angstrom.contains { $0 > 1e-6 }
    }
    guard !traces.isEmpty else { return nil }
    return Figure(
      id: "\(prefix)-relaxations", title: "Relaxations",
      caption:
        "Largest force at each force call. A relaxation ends below the threshold, where a last call or two may have "
        + "looked for a lower energy; the first call of a vacancy is the unrelaxed one.",
      x: Figure.Axis(label: "force call", unit: ""),
      y: Figure.Axis(label: "largest force", unit: "eV/angstrom", scale: .log),
      series: traces.enumerated().map { index, trace in
        // A force of nothing has no place on a logarithmic axis.
        let forces = trace.largest_forces_ev_per_angstrom.map { $0 > 1e-6 ? $0 : nil }
        return Figure.Series(
          trace.stage, .line, roles[index % roles.count],
          x: forces.indices.map { Double($0 + 1) }, y: forces)
      },
      guides: [
        .horizontal(document.settings.force_threshold_ev_per_angstrom, "threshold")
      ])
  }
}
