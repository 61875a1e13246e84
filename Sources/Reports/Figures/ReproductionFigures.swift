import Campaigns
import Structures

/// The figures of Seymour & Aguadero (2021), doi:10.1039/d1ta03254b, from our numbers beside theirs.
package enum ReproductionFigures {
  /// The figures that the document's numbers allow.
  ///
  /// - Parameters:
  ///   - document: the comparison.
  ///   - number: figure of the paper, 1 to 6; nil for all.
  /// - Returns: none where nothing of a figure has been computed.
  package static func figures(
    _ document: ReproductionComparison.Document, number: Int? = nil
  ) -> [Figure] {
    let figures: [(Int, [Figure])] = [
      (1, surfaces(document)), (2, paths(document)), (3, layers(document, PaperInterface.coherent)),
      (4, [segregation(document)].compactMap { $0 }), (5, registries(document)),
      (6, layers(document, PaperInterface.incoherent)),
    ]
    return figures.filter { number == nil || $0.0 == number }.flatMap(\.1)
  }

  // MARK: Figure 1

  private static func surfaces(_ document: ReproductionComparison.Document) -> [Figure] {
    PaperSurface.all.compactMap { surface -> Figure? in
      guard let result = document.surfaces[surface.id], !result.vacancies.isEmpty else {
        return nil
      }
      let layers = result.vacancies.map { Double($0.layer) }
      func series(
        _ name: String, _ role: Figure.Series.Role,
        _ value: (ReproductionComparison.Document.Layer) -> Double?
      ) -> Figure.Series {
        Figure.Series(name, .line, role, x: layers, y: result.vacancies.map(value))
      }
      var shown = [
        series("as cleaved", .neutral) { $0.cleaved_ev },
        series("relaxed surface", .second) { $0.relaxed_surface_ev },
        series("relaxed", .ours) { vacancy in
          // A vacancy that fell to another layer has no energy in its own.
          vacancy.settled_layer == vacancy.layer ? vacancy.relaxed_ev : nil
        },
      ]
      shown += papers(surface.id, depth: Int(layers.max() ?? 6))
      let viewer = ReproductionViewers.slab(result, of: surface)
      if let viewer {
        // A point stands for all atoms of its layer.
        for index in shown.indices.prefix(3) {
          shown[index].sites = layers.map { layer in
            viewer.sites.firstIndex { Double($0.layer) == layer } ?? -1
          }
        }
      }
      let fallen = result.vacancies.filter { ($0.settled_layer ?? $0.layer) != $0.layer }
      var figure = Figure(
        id: "figure-1-\(identifier(surface.id))", title: "Vacancies by layer, \(result.name)",
        caption:
          "Formation energy of a vacancy (eq 3) in each layer from the surface, \(result.supercell) by "
          + "\(result.supercell) cells."
          + fallen.map {
            " In layer \($0.layer) it is not stable and falls to layer \($0.settled_layer ?? 0)."
          }.joined(),
        x: Figure.Axis(label: "layer from the surface", unit: ""),
        y: Figure.Axis(label: "vacancy formation energy", unit: "eV"), series: shown)
      figure.viewer = viewer?.id
      return figure
    }
  }

  /// Energies of single layers that the paper's text gives.
  private static func papers(_ id: String, depth: Int) -> [Figure.Series] {
    func points(
      _ name: String, _ role: Figure.Series.Role, _ places: [(String, Int)]
    ) -> Figure.Series? {
      let known = places.compactMap { suffix, layer in
        PaperValue.named("\(id).\(suffix)")?.value.map { (Double(layer), $0) }
      }
      guard !known.isEmpty else { return nil }
      return Figure.Series(name, .points, role, x: known.map(\.0), y: known.map(\.1))
    }
    return [
      points("paper, unrelaxed", .third, [("Ev.free.unrelaxed", 1), ("Ev.bulk.unrelaxed", depth)]),
      points(
        "paper, relaxed", .paper,
        [("Ev.layer1", 1), ("Ev.layer2", 2), ("Ev.layer6", 6), ("Ev.bulk.relaxed", depth)]),
    ].compactMap { $0 }
  }

  // MARK: Figure 2

  private static func paths(_ document: ReproductionComparison.Document) -> [Figure] {
    PaperSurface.all.compactMap { surface in
      guard let path = document.paths[surface.id], !path.chain.distances.isEmpty else {
        return nil
      }
      return PathFigure.figure(
        path, name: surface.name, id: "figure-2-\(identifier(surface.id))",
        viewer: ReproductionViewers.images(path, of: surface)?.id)
    }
  }

  // MARK: Figures 3 and 6

  private static func layers(
    _ document: ReproductionComparison.Document, _ pairs: [PaperInterface]
  ) -> [Figure] {
    pairs.compactMap { pair in
      guard let result = document.interfaces[pair.id], let vacancies = result.vacancies else {
        return nil
      }
      var figure = AssessmentFigures.vacancies(
        vacancies, prefix: "figure-\(pair.figure)-\(identifier(pair.id))",
        viewer: ReproductionViewers.interface(result, of: pair))
      figure?.title = "Vacancies at \(pair.metal.symbol) on \(pair.substrate)"
      if !pair.isCoherent {
        figure?.series += incoherentPapers(pair.id, depth: vacancies.map(\.layer).max() ?? 11)
      }
      return figure
    }
  }

  private static func incoherentPapers(_ id: String, depth: Int) -> [Figure.Series] {
    ["unrelaxed", "relaxed"].compactMap { mode in
      let sites = (1...3).compactMap { PaperValue.named("\(id).Ev.site\($0).\(mode)")?.value }
      let free = PaperValue.named("\(id).Ev.free.\(mode)")?.value
      guard !sites.isEmpty else { return nil }
      return Figure.Series(
        "paper, \(mode)", .points, mode == "relaxed" ? .paper : .third,
        x: sites.map { _ in 1 } + (free == nil ? [] : [Double(depth)]),
        y: sites + (free.map { [$0] } ?? []))
    }
  }

  // MARK: Figure 4

  private static func segregation(_ document: ReproductionComparison.Document) -> Figure? {
    let coherent = Set(PaperInterface.coherent.map(\.id))
    let entries = document.interfaces.sorted { $0.key < $1.key }
    func points(
      _ name: String, _ role: Figure.Series.Role, isNamed: Bool = true,
      _ value: (_ id: String, _ entry: ReproductionComparison.Document.Interface) -> Double?
    ) -> Figure.Series? {
      let points = entries.compactMap { id, entry in
        value(id, entry).map { (id: id, x: entry.segregation_predicted_ev, y: $0) }
      }
      guard !points.isEmpty else { return nil }
      var series = Figure.Series(
        name, .points, role, x: points.map(\.x), y: points.map(\.y), labels: points.map(\.id))
      series.names_points = isNamed ? true : nil
      return series
    }
    let relaxed = points("relaxed", .ours) {
      coherent.contains($0) ? $1.segregation_relaxed_ev : nil
    }
    let measured = [
      relaxed,
      // An interface's name stands once in print: at its relaxed vacancies where there are any.
      points("unrelaxed", .second, isNamed: relaxed == nil) {
        coherent.contains($0) ? $1.segregation_unrelaxed_ev : nil
      },
      points("incoherent", .neutral) {
        coherent.contains($0) ? nil : $1.segregation_relaxed_ev ?? $1.segregation_unrelaxed_ev
      },
    ].compactMap(\.self)
    guard !measured.isEmpty else { return nil }
    let fits = [
      (document.segregation_fit, Figure.Series.Role.ours),
      (document.segregation_unrelaxed_fit, .second),
    ].flatMap { fit, role in fit.map { lines(of: $0, role) } ?? [] }
    let series = measured + fits
    let reach =
      1.2
      * max(0.1, measured.flatMap { $0.x + $0.y.compactMap(\.self) }.map(\.magnitude).max() ?? 0.3)
    return Figure(
      id: "figure-4", title: "Segregation energy against the bond-breaking model",
      caption:
        "Explicit vacancies against eq 11. Above zero vacancies are drawn to the interface. On the dashed line the "
        + "model is exact.",
      x: Figure.Axis(label: "(sigma - W_ad/2)/rho", unit: "eV", range: [-reach, reach]),
      y: Figure.Axis(
        label: "E_v(bulk) - E_v(interface)", unit: "eV", range: [-reach, reach]),
      series: series,
      guides: [
        .horizontal(0, ""), .vertical(0, ""), .line(slope: 1, offset: 0, "model"),
      ],
      notes: [
        Figure.Note(x: 0.5 * reach, y: 0.92 * reach, text: "voids form"),
        Figure.Note(x: -0.5 * reach, y: -0.92 * reach, text: "voids suppressed"),
      ])
  }

  /// A fit with its confidence band.
  private static func lines(
    of fit: SegregationDocument, _ role: Figure.Series.Role
  ) -> [Figure.Series] {
    let band = fit.confidence_band_ev.filter { $0.count == 3 }
    let name = "fit, \((fit.kind ?? .relaxed).rawValue)"
    return [
      Figure.Series(
        band: "\(name), 95 %", role, x: band.map { $0[0] }, low: band.map { $0[1] },
        high: band.map { $0[2] }),
      Figure.Series(
        name, .curve, role, x: band.map { $0[0] }, y: band.map { ($0[1] + $0[2]) / 2 }),
    ]
  }

  // MARK: Figure 5

  private static func registries(_ document: ReproductionComparison.Document) -> [Figure] {
    PaperInterface.coherent.prefix(1).compactMap { pair in
      guard let registries = document.interfaces[pair.id]?.registries else { return nil }
      let paper = ["Cl-top", "hollow", "Li-top"].compactMap { name in
        let id = "\(pair.id).Wad.\(name.replacing("-t", with: "T"))"
        return PaperValue.named(id)?.value.map { (name: name, value: $0) }
      }
      return AssessmentFigures.registries(
        registries, names: "\(pair.metal.symbol) on \(pair.substrate)", prefix: "figure-5",
        paper: paper)
    }
  }

  /// Letters, digits and hyphens alone.
  static func identifier(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }
}
