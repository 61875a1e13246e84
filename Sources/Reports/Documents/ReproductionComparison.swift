import BondBreaking
package import Campaigns
import Structures

/// The paper's numbers beside ours, as a table and for machines.
package struct ReproductionComparison {
  package struct Document: Codable {
    package struct Row: Codable {
      package var id: String
      package var name: String
      package var figure: Int?
      package var unit: String
      package var paper: Double?
      package var paper_range: [Double]?
      package var ours: Double?
      package var difference: Double?
      package var note: String?
    }

    package struct Layer: Codable {
      package var layer: Int
      package var cleaved_ev: Double?
      package var relaxed_surface_ev: Double?
      package var relaxed_ev: Double?
      package var settled_layer: Int?
      package var is_converged: Bool?
    }

    package struct Surface: Codable {
      package var name: String
      package var supercell: Int
      package var vacancies: [Layer]
      package var not_converged: [String]
      /// The relaxed slab with its vacancy in the deepest layer; left out of what is printed.
      package var slab: AtomViewer.Frame?
    }

    package struct Interface: Codable {
      package var surface_energy_ev_per_atom: Double
      package var work_of_adhesion_ev_per_atom: Double
      package var strain_percent: Double
      package var segregation_predicted_ev: Double
      package var segregation_relaxed_ev: Double?
      package var segregation_unrelaxed_ev: Double?
      package var registries: [AssessmentDocument.Registry]?
      package var vacancies: [AssessmentDocument.Vacancy]?
      /// Stages that ended above their threshold or had no answer, and why.
      package var not_converged: [String]
      /// The cell of the vacancies, or of the interface alone; left out of what is printed.
      package var structure: StructureDocument?
    }

    package var schema = ReproductionComparison.schema
    package var program_version = Program.version
    package var source = "Seymour & Aguadero 2021, doi:10.1039/d1ta03254b"
    package var engine: String
    package var preset: String
    package var rows: [Row]
    package var surfaces: [String: Surface]
    package var interfaces: [String: Interface]
    /// Figure 4: the fit through the coherent interfaces with relaxed vacancies.
    package var segregation_fit: SegregationDocument?
    /// The same with unrelaxed ones, which the bond-breaking model is about.
    package var segregation_unrelaxed_fit: SegregationDocument?
    package var paths: [String: PathDocument]
    package var failures: [String: String]
  }

  /// Changes when a key changes its meaning or goes.
  package static let schema = "lacuna-reproduction-1"

  package let document: Document

  package init(_ results: ReproductionResults, figure: Int?, engine: String, preset: Preset) {
    let quantities = PaperQuantity.all.filter { quantity in
      guard let figure else { return true }
      return quantity.figure == figure || quantity.figure == nil && quantity.value(results) != nil
    }
    let interfaces = results.interfaces.mapValues(Document.Interface.init)
    document = Document(
      engine: engine, preset: preset.rawValue,
      rows: quantities.compactMap { Document.Row($0, results) },
      surfaces: results.surfaces.mapValues { surface in
        Document.Surface(
          name: surface.settings.name,
          supercell: surface.settings.supercell,
          vacancies: surface.vacancies.map {
            Document.Layer(
              layer: $0.layer, cleaved_ev: $0.cleaved, relaxed_surface_ev: $0.relaxedSurface,
              relaxed_ev: $0.relaxed, settled_layer: $0.settledLayer, is_converged: $0.isConverged)
          }, not_converged: surface.notConverged,
          slab: surface.vacancies.last?.structure.map { AtomViewer.Frame($0, name: "slab") })
      },
      interfaces: interfaces,
      segregation_fit: SegregationDocument(interfaces, .relaxed),
      segregation_unrelaxed_fit: SegregationDocument(interfaces, .unrelaxed),
      paths: results.paths.mapValues { PathDocument($0, source: nil) },
      failures: results.failures)
  }

  /// The comparison, and below it what has no single number in the paper's text.
  package var text: String {
    var table = TextTable(header: ["quantity", "unit", "paper", "ours", "difference"])
    for row in document.rows {
      let digits = ReproductionComparison.digits(row.unit)
      let paper = PaperValue.named(row.id).map(ReproductionComparison.text) ?? ""
      table.add([
        row.name, row.unit, paper, row.ours?.formatted(digits: digits) ?? "not computed",
        row.difference.map { ReproductionComparison.signed($0, digits: digits) } ?? "",
      ])
    }
    var parts = [
      "Seymour & Aguadero (2021) beside \(document.engine), preset \(document.preset)", table.text,
    ]
    for (_, surface) in document.surfaces.sorted(by: { $0.key < $1.key }) {
      if !surface.vacancies.isEmpty { parts.append(layers(of: surface)) }
      parts += surface.not_converged.map { "Not converged: \(surface.name), \($0)." }
    }
    if !document.interfaces.isEmpty { parts.append(interfaceTable) }
    parts += [document.segregation_fit, document.segregation_unrelaxed_fit].compactMap(\.?.text)
    for (id, path) in document.paths.sorted(by: { $0.key < $1.key }) {
      parts.append(path.text(name: PaperSurface.all.first { $0.id == id }?.name ?? id))
    }
    let reasons = Dictionary(grouping: document.failures.keys) { document.failures[$0] ?? "" }
    for (reason, names) in reasons.sorted(by: { $0.key < $1.key }) {
      parts.append("Not computed, for \(reason): \(names.sorted().joined(separator: "; ")).")
    }
    return parts.joined(separator: "\n\n")
  }

  /// Decimals of a number in some unit of the paper.
  package static func digits(_ unit: String) -> Int {
    unit == "percent" || unit.hasPrefix("atoms") ? 2 : 3
  }

  /// A difference with its sign, in either direction.
  package static func signed(_ value: Double, digits: Int) -> String {
    let text = value.formatted(digits: digits)
    return text.hasPrefix("-") ? text : "+" + text
  }

  /// The paper's number or range.
  package static func text(of paper: PaperValue) -> String {
    let digits = digits(paper.unit)
    let number = paper.value?.formatted(digits: digits)
    let range = paper.range?.map { $0.formatted(digits: digits) }.joined(separator: "-")
    return (paper.approximate == true ? "about " : "") + (number ?? range ?? "")
  }

  private var interfaceTable: String {
    var table = TextTable(header: [
      "interface", "strain %", "sigma", "W_ad", "predicted", "unrelaxed", "relaxed",
      "vacancies go to",
    ])
    for (id, pair) in document.interfaces.sorted(by: { $0.key < $1.key }) {
      let best = pair.segregation_relaxed_ev ?? pair.segregation_unrelaxed_ev
      table.add([
        id, pair.strain_percent.formatted(digits: 2),
        pair.surface_energy_ev_per_atom.formatted(digits: 3),
        pair.work_of_adhesion_ev_per_atom.formatted(digits: 3),
        pair.segregation_predicted_ev.formatted(digits: 3),
        pair.segregation_unrelaxed_ev?.formatted(digits: 3) ?? "-",
        pair.segregation_relaxed_ev?.formatted(digits: 3) ?? "-",
        best.map { $0 > 0 ? "the interface" : "the bulk" } ?? "-",
      ])
    }
    let doubts = document.interfaces.sorted { $0.key < $1.key }.flatMap { id, pair in
      pair.not_converged.map { "\nNot converged: \(id), \($0)." }
    }
    return
      "Interfaces, eV for each surface atom; segregation energy of a vacancy by eq 11 and explicitly, eV"
      + "\n\n" + table.text + doubts.joined()
  }

  private func layers(of surface: Document.Surface) -> String {
    var table = TextTable(header: [
      "layer", "as cleaved", "relaxed surface", "relaxed", "note",
    ])
    for vacancy in surface.vacancies {
      let falls = vacancy.settled_layer.flatMap {
        $0 == vacancy.layer ? nil : "falls to layer \($0)"
      }
      let doubt = vacancy.is_converged == false ? "not converged" : nil
      table.add(
        ["\(vacancy.layer)"]
          + [vacancy.cleaved_ev, vacancy.relaxed_surface_ev, vacancy.relaxed_ev].map {
            $0?.formatted(digits: 3) ?? "-"
          } + [[falls, doubt].compactMap { $0 }.joined(separator: "; ")])
    }
    return
      "Formation energy of a vacancy in \(surface.name), eV, \(surface.supercell) by "
      + "\(surface.supercell) cells\n\n" + table.text
  }
}

extension ReproductionComparison.Document {
  /// The same without structures: slabs, interfaces and the images of its paths.
  package var withoutImages: Self {
    var result = self
    result.interfaces = interfaces.mapValues { interface in
      var interface = interface
      interface.structure = nil
      return interface
    }
    result.surfaces = surfaces.mapValues { surface in
      var surface = surface
      surface.slab = nil
      return surface
    }
    result.paths = paths.mapValues(\.withoutImages)
    return result
  }

  /// Whether a calculation that failed before is among the results; named as in ``failures``.
  private func isDone(_ name: String) -> Bool {
    ReproductionTask.all.contains { task in
      guard task.name == name else { return false }
      return switch task {
      case .surface(let surface): surfaces[surface.id] != nil
      case .path(let surface): paths[surface.id] != nil
      case .interface(let pair, _): interfaces[pair.id] != nil
      }
    }
  }

  /// Adds what a later comparison of the same engine and preset found: figures are computed one by one.
  package mutating func add(_ later: Self) {
    program_version = later.program_version
    for row in later.rows {
      if let index = rows.firstIndex(where: { $0.id == row.id }) {
        if row.ours != nil || rows[index].ours == nil { rows[index] = row }
      } else {
        rows.append(row)
      }
    }
    // A later one that knows less, for it was printed without structures or asked for less, leaves the rest.
    surfaces.merge(later.surfaces) { earlier, later in
      guard later.knownEnergies >= earlier.knownEnergies else { return earlier }
      var merged = later
      if later.supercell == earlier.supercell { merged.slab = later.slab ?? earlier.slab }
      return merged
    }
    interfaces.merge(later.interfaces) { earlier, later in
      let losesRelaxed =
        earlier.segregation_relaxed_ev != nil && later.segregation_relaxed_ev == nil
      guard !losesRelaxed, later.knownEnergies >= earlier.knownEnergies else { return earlier }
      let (known, before) = (later.vacancies ?? [], earlier.vacancies ?? [])
      var merged = later
      // Atoms are counted in the cell that the vacancies are of.
      if known.map(\.atoms) == before.map(\.atoms) {
        merged.structure = later.structure ?? earlier.structure
      }
      return merged
    }
    paths.merge(later.paths) { earlier, later in
      let isWholer = earlier.hops.allSatisfy { hop in
        later.hops.contains { $0.from == hop.from && $0.to == hop.to }
      }
      guard isWholer else { return earlier }
      var merged = later
      if later.chain.energies == earlier.chain.energies {
        merged.images = later.images ?? earlier.images
      }
      return merged
    }
    failures = failures.filter { !later.isDone($0.key) }
    failures.merge(later.failures) { $1 }
    segregation_fit = SegregationDocument(interfaces, .relaxed)
    segregation_unrelaxed_fit = SegregationDocument(interfaces, .unrelaxed)
  }
}

extension [ReproductionComparison.Document] {
  /// Adds a comparison to the one of its engine and preset, or as a new one.
  package mutating func merge(_ found: ReproductionComparison.Document) {
    if let known = firstIndex(where: {
      $0.engine == found.engine && $0.preset == found.preset
    }) {
      self[known].add(found)
    } else {
      append(found)
    }
  }
}

extension ReproductionComparison.Document.Row {
  /// A quantity of the paper beside the one of some results; nil where the paper has no number.
  fileprivate init?(_ quantity: PaperQuantity, _ results: ReproductionResults) {
    guard let paper = quantity.paper else { return nil }
    let ours = quantity.value(results)
    self.init(
      id: quantity.id, name: quantity.name, figure: quantity.figure, unit: paper.unit,
      paper: paper.value, paper_range: paper.range, ours: ours,
      difference: ours.flatMap { paper.difference(of: $0) }, note: paper.note)
  }

  /// The paper's numbers for the interface of one assessment; none where it studied none like it.
  static func all(_ result: AssessmentResult) -> [Self] {
    guard let pair = PaperInterface.like(result) else { return [] }
    var results = ReproductionResults()
    results.interfaces[pair.id] = result
    return PaperQuantity.all.filter { $0.id.hasPrefix("\(pair.id).") }
      .compactMap { Self($0, results) }.filter { $0.ours != nil }
  }
}

extension ReproductionComparison.Document.Surface {
  /// Number of energies of vacancies that it holds.
  fileprivate var knownEnergies: Int {
    vacancies.flatMap { [$0.cleaved_ev, $0.relaxed_surface_ev, $0.relaxed_ev] }
      .compactMap { $0 }.count
  }
}

extension ReproductionComparison.Document.Interface {
  /// Number of energies of vacancies that it holds.
  fileprivate var knownEnergies: Int {
    (vacancies ?? []).reduce(0) { $0 + ($1.relaxed_ev == nil ? 1 : 2) }
  }
}

extension ReproductionComparison.Document.Layer {
  /// The formation energy that counts: relaxed where the vacancy stayed in its layer, eV.
  var best: Double? {
    settled_layer == layer ? relaxed_ev ?? relaxed_surface_ev : relaxed_surface_ev ?? cleaved_ev
  }
}
