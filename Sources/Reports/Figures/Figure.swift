/// A plot as data: drawn by gnuplot for print and by the page for the screen, written as CSV beside both.
package struct Figure: Codable, Sendable {
  /// One axis.
  package struct Axis: Codable, Sendable {
    package enum Scale: String, Codable, Sendable { case linear, log }

    /// A place with words in place of a number.
    package struct Tick: Codable, Sendable {
      package var at: Double
      package var text: String
    }

    package var label: String
    /// Empty for a pure number.
    package var unit: String
    package var scale = Scale.linear
    package var range: [Double]?
    package var ticks: [Tick]?

    /// Label with its unit.
    package var title: String { unit.isEmpty ? label : "\(label) (\(unit))" }
  }

  /// One set of points.
  package struct Series: Codable, Sendable {
    /// A curve is a line whose points are no data.
    package enum Style: String, Codable, Sendable { case points, line, curve, band, bars }

    /// What a series stands for: its marker, dash and colour.
    package enum Role: String, Codable, Sendable {
      case ours, paper, model, second, third, neutral
    }

    package var name: String
    package var style: Style
    package var role: Role
    package var x: [Double]
    /// Nil where a value is missing: a line breaks there.
    package var y: [Double?]
    package var y_error: [Double]?
    package var y_low: [Double]?
    package var y_high: [Double]?
    package var labels: [String]?
    /// Whether the labels stand beside the points in print, where nothing answers to a mouse.
    package var names_points: Bool?
    /// Sites or images of the figure's viewer, one for each point.
    package var sites: [Int]?

    package init(
      _ name: String, _ style: Style, _ role: Role, x: [Double], y: [Double?],
      error: [Double]? = nil, labels: [String]? = nil, sites: [Int]? = nil
    ) {
      self.name = name
      self.style = style
      self.role = role
      self.x = x
      self.y = y
      y_error = error
      self.labels = labels
      self.sites = sites
    }

    /// A band between two curves.
    package init(band name: String, _ role: Role, x: [Double], low: [Double], high: [Double]) {
      self.init(name, .band, role, x: x, y: zip(low, high).map { ($0 + $1) / 2 })
      y_low = low
      y_high = high
    }
  }

  /// A straight line that is no data.
  package struct Guide: Codable, Sendable {
    package enum Kind: String, Codable, Sendable { case horizontal, vertical, line }

    package var kind: Kind
    package var at: Double?
    package var slope: Double?
    package var offset: Double?
    package var text: String

    package static func horizontal(_ at: Double, _ text: String) -> Guide {
      Guide(kind: .horizontal, at: at, text: text)
    }

    package static func vertical(_ at: Double, _ text: String) -> Guide {
      Guide(kind: .vertical, at: at, text: text)
    }

    package static func line(slope: Double, offset: Double, _ text: String) -> Guide {
      Guide(kind: .line, slope: slope, offset: offset, text: text)
    }
  }

  /// Words at a place of the plot.
  package struct Note: Codable, Sendable {
    package var x: Double
    package var y: Double
    package var text: String
  }

  /// Unique on a page; letters, digits and hyphens.
  package var id: String
  package var title: String
  package var caption: String
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  package var guides: [Guide] = []
  package var notes: [Note] = []
  /// The view of atoms that the points belong to.
  package var viewer: String?

  /// The data as comma-separated values: a line for each point.
  package var commaSeparatedValues: String {
    var table = CommaSeparatedValues(
      header: ["series", x.title, y.title, "error", "low", "high", "label"])
    for entry in series {
      for index in entry.x.indices {
        func cell(_ values: [Double]?) -> String {
          values.flatMap { index < $0.count ? "\($0[index])" : nil } ?? ""
        }
        table.add([
          entry.name, "\(entry.x[index])",
          index < entry.y.count ? entry.y[index].map { "\($0)" } ?? "" : "", cell(entry.y_error),
          cell(entry.y_low), cell(entry.y_high),
          entry.labels.flatMap { index < $0.count ? $0[index] : nil } ?? "",
        ])
      }
    }
    return table.text
  }
}
