import Foundation

/// Where the names of points stand in print: beside each point, on no other name, point or line where that can be.
///
/// All places are shares of the plot's width and height, from its lower left corner.
struct LabelPlacement {
  /// Where a name stands beside its point, in characters of gnuplot's offsets.
  struct Side: Sendable, Hashable {
    /// Its end at the point: "left", "right" or "center" as gnuplot calls the alignment.
    var alignment: String
    /// To the right.
    var across: Double
    /// Upwards.
    var up: Double
  }

  /// A box or a point.
  struct Place: Sendable, Hashable {
    var x: Double
    var y: Double
  }

  /// The sides in order of preference.
  static let sides = [
    Side(alignment: "left", across: 0.7, up: 0.5), Side(alignment: "left", across: 0.7, up: -0.6),
    Side(alignment: "right", across: -0.7, up: 0.5),
    Side(alignment: "right", across: -0.7, up: -0.6),
    Side(alignment: "center", across: 0, up: 1), Side(alignment: "center", across: 0, up: -1.1),
  ]

  /// Width of a letter of a name and its height.
  private static let letter = Place(x: 0.016, y: 0.055)
  /// A character of an offset.
  private static let character = Place(x: 0.022, y: 0.07)
  /// Half of a marker.
  private static let marker = Place(x: 0.014, y: 0.02)

  /// The markers.
  private let points: [Place]
  /// Places along the lines.
  private let lines: [Place]

  /// - Parameters:
  ///   - points: the markers.
  ///   - lines: places along the lines, near each other.
  init(points: [Place], lines: [Place]) {
    self.points = points
    self.lines = lines
  }

  /// A side for each name, in their order: the first of those that cover least.
  ///
  /// - Parameter names: with the places of their points.
  /// - Returns: one side for each.
  func sides(of names: [(text: String, at: Place)]) -> [Side] {
    var taken: [Box] = []
    return names.map { name in
      let choices = LabelPlacement.sides.map { side -> (side: Side, box: Box, cost: Double) in
        let box = Box(name.text, at: name.at, side)
        let cost =
          10 * taken.map(box.overlap).reduce(0, +) / box.area
          + 5 * box.count(points.filter { $0 != name.at }, margin: LabelPlacement.marker)
          + 0.2 * box.count(lines, margin: Place(x: 0, y: 0))
          + 20 * box.outside
        return (side, box, cost)
      }
      // Of equal ones the first.
      let best = choices.dropFirst().reduce(choices[0]) { $1.cost < $0.cost - 1e-9 ? $1 : $0 }
      taken.append(best.box)
      return best.side
    }
  }

  /// The room of a name.
  private struct Box {
    var low: Place
    var high: Place

    init(_ text: String, at point: Place, _ side: Side) {
      let width = Double(text.count) * letter.x
      let x = point.x + side.across * character.x
      let y = point.y + side.up * character.y
      let left =
        switch side.alignment {
        case "left": x
        case "right": x - width
        default: x - width / 2
        }
      low = Place(x: left, y: y - letter.y / 2)
      high = Place(x: left + width, y: y + letter.y / 2)
    }

    var area: Double { (high.x - low.x) * (high.y - low.y) }

    /// Share of the width that the plot has no room for.
    var outside: Double {
      [-low.x, high.x - 1, -low.y, high.y - 1].map { max(0, $0) }.reduce(0, +)
    }

    func overlap(_ other: Box) -> Double {
      max(0, min(high.x, other.high.x) - max(low.x, other.low.x))
        * max(0, min(high.y, other.high.y) - max(low.y, other.low.y))
    }

    /// How many of some places it covers, or comes nearer to than a margin.
    func count(_ places: [Place], margin: Place) -> Double {
      Double(
        places.filter { place in
          place.x > low.x - margin.x && place.x < high.x + margin.x && place.y > low.y - margin.y
            && place.y < high.y + margin.y
        }.count)
    }
  }
}

extension GnuplotScript {
  /// gnuplot's words for the names that stand beside their points.
  var names: [String] {
    let (across, up) = (share(of: figure.x, "x", xs), share(of: figure.y, "y", heights))
    func place(_ x: Double, _ y: Double) -> LabelPlacement.Place {
      LabelPlacement.Place(x: across(x), y: up(y))
    }
    func places(_ entry: Figure.Series) -> [(at: LabelPlacement.Place, index: Int)] {
      entry.x.indices.compactMap { index in
        let at = (entry.y[safe: index] ?? nil).map { place(entry.x[index], $0) }
        return at.flatMap { $0.x.isFinite && $0.y.isFinite ? ($0, index) : nil }
      }
    }
    var (points, lines): ([LabelPlacement.Place], [LabelPlacement.Place]) = ([], [])
    for entry in figure.series {
      switch entry.style {
      case .points: points += places(entry).map(\.at)
      case .line, .curve: lines += LabelPlacement.along(places(entry).map(\.at))
      case .band, .bars: break
      }
    }
    for guide in figure.guides {
      guard guide.kind == .line, let slope = guide.slope, let low = xs.min(), let high = xs.max()
      else { continue }
      lines += LabelPlacement.along(
        [low, high].map { place($0, slope * $0 + (guide.offset ?? 0)) })
    }
    let named = figure.series.filter { $0.names_points == true }.flatMap { entry in
      places(entry).compactMap { at, index in
        entry.labels?[safe: index].flatMap { text in
          text.isEmpty ? nil : (text: text, at: at, x: entry.x[index], y: entry.y[index] ?? 0)
        }
      }
    }
    let sides = LabelPlacement(points: points, lines: lines)
      .sides(of: named.map { ($0.text, $0.at) })
    return zip(named, sides).map { name, side in
      "set label \(quoted(name.text)) at first \(number(name.x)), first \(number(name.y)) \(side.alignment) "
        + "offset \(number(side.across)),\(number(side.up)) font ',6' tc rgb '#333333'"
    }
  }

  /// From a number to its share of an axis.
  private func share(
    of axis: Figure.Axis, _ name: String, _ values: [Double]
  ) -> (Double) -> Double {
    if axis.scale == .log {
      let known = values.filter { $0 > 0 && $0.isFinite }
      let (low, high) = (known.min() ?? 1, known.max() ?? 10)
      let span = max(1e-9, log(high / low))
      return { $0 > 0 ? log($0 / low) / span : 0 }
    }
    let scale = linearScale(axis, name, values)
    return { ($0 - scale.low) / (scale.high - scale.low) }
  }
}

extension LabelPlacement {
  /// Places along straight pieces from one to the next, a hundredth of the plot apart.
  static func along(_ corners: [Place]) -> [Place] {
    let known = corners.filter { $0.x.isFinite && $0.y.isFinite }
    return zip(known, known.dropFirst()).flatMap { from, to -> [Place] in
      let length = max((to.x - from.x).magnitude, (to.y - from.y).magnitude)
      // What lies far outside needs no more places than the plot is wide.
      let steps = max(1, Int(min(500, length * 100).rounded(.up)))
      return (0...steps).map { step in
        let share = Double(step) / Double(steps)
        return Place(
          x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y))
      }
    }
  }
}
