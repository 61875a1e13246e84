/// A figure in gnuplot's words: sober, legible in black and white, as wide as a journal's column.
///
/// Markers and dashes tell the series apart; colour only helps.
struct GnuplotScript {

  /// Column of a journal and its height, centimetres.
  static let size = (width: 8.6, height: 6.8)

  let figure: Figure

  init(_ figure: Figure) { self.figure = figure }

  /// The whole script; it prints the picture to standard output.
  func text(_ format: Gnuplot.Format) -> String {
    let plots = series + lineGuides
    let plot = "plot \\\n  " + plots.joined(separator: ", \\\n  ")
    return (head(format) + axes + guides + notes + names + [plot]).joined(separator: "\n") + "\n"
  }

  private func head(_ format: Gnuplot.Format) -> [String] {
    let size = GnuplotScript.size
    let terminal =
      switch format {
      // Points are 1/72 inch; a pixel of SVG is 1/96.
      case .svg:
        "svg size \(pixels(size.width)),\(pixels(size.height)) dynamic enhanced font 'Helvetica,10' background rgb 'white'"
      case .pdf:
        "pdfcairo size \(size.width)cm,\(size.height)cm enhanced font 'Helvetica,7.5'"
      case .png:
        "pngcairo size \(4 * pixels(size.width)),\(4 * pixels(size.height)) enhanced font 'Helvetica,7.5' fontscale 4 linewidth 4 pointscale 4"
      }
    return blocks + [
      "set terminal \(terminal)", "set encoding utf8", "set minussign",
      "set datafile separator whitespace",
      "set datafile missing 'NaN'", "set border 3 lw 0.8", "set tics nomirror out scale 0.5",
      "set key outside above horizontal Left reverse samplen 1.8 maxcols 2",
      "set boxwidth \(number(boxWidth)) absolute", "set style fill solid 0.35 border",
    ]
  }

  private func pixels(_ centimetres: Double) -> Int { Int((centimetres / 2.54 * 96).rounded()) }

  // MARK: Axes

  private var axes: [String] {
    axis(figure.x, "x", xs) + axis(figure.y, "y", heights)
  }

  /// Ends and ticks of an axis that is not logarithmic.
  func linearScale(_ axis: Figure.Axis, _ name: String, _ values: [Double]) -> AxisScale {
    // Only along x something is counted.
    AxisScale(
      values.filter(\.isFinite), range: axis.range, counts: axis.unit.isEmpty && name == "x")
  }

  /// Every place along x that is drawn.
  var xs: [Double] { figure.series.flatMap(\.x) }

  /// Every height that is drawn.
  var heights: [Double] {
    var result: [Double] = figure.guides.compactMap { $0.kind == .horizontal ? $0.at : nil }
    for entry in figure.series {
      if entry.style == .bars { result.append(0) }
      result += (entry.y_low ?? []) + (entry.y_high ?? [])
      for (point, y) in entry.y.enumerated() {
        guard let y else { continue }
        let error = entry.y_error?[safe: point] ?? 0
        result += [y - error, y + error]
      }
    }
    return result
  }

  private func axis(_ axis: Figure.Axis, _ name: String, _ values: [Double]) -> [String] {
    var lines = ["set \(name)label \(quoted(axis.title))"]
    if axis.scale == .log {
      return lines + ["set logscale \(name)", "set format \(name) '10^{%T}'"]
    }
    let scale = linearScale(axis, name, values)
    lines.append("set \(name)range [\(number(scale.low)):\(number(scale.high))]")
    if let ticks = axis.ticks {
      let list = ticks.map { "\(quoted($0.text)) \(number($0.at))" }
      lines.append("set \(name)tics (\(list.joined(separator: ", ")))")
    } else {
      lines.append("set \(name)tics \(number(scale.step))")
      lines.append("set format \(name) '%.\(scale.decimals)f'")
    }
    return lines
  }

  // MARK: Data

  private var blocks: [String] {
    figure.series.enumerated().flatMap { index, entry -> [String] in
      let rows = entry.x.indices.map { point -> String in
        let x = entry.style == .bars ? entry.x[point] + barShift(of: index) : entry.x[point]
        let y = point < entry.y.count ? entry.y[point] : nil
        let columns = [
          x, y, entry.y_error?[safe: point], entry.y_low?[safe: point], entry.y_high?[safe: point],
        ]
        return columns.map { $0.map(number) ?? "NaN" }.joined(separator: " ")
      }
      return ["$data\(index) << END"] + rows + ["END"]
    }
  }

  private var series: [String] {
    // Bands lie below everything else.
    let order = figure.series.indices.sorted { first, second in
      let (a, b) = (figure.series[first].style == .band, figure.series[second].style == .band)
      return a != b ? a : first < second
    }
    return order.flatMap { index -> [String] in
      let entry = figure.series[index]
      let look = GnuplotScript.look(entry.role)
      let color = "lc rgb '\(look.color)'"
      let title = entry.name.isEmpty ? "notitle" : "title \(quoted(entry.name))"
      let data = "$data\(index)"
      let marker = "pt \(look.marker) ps 0.8 lw 1.1"
      let plots: [String]
      switch entry.style {
      case .points where entry.y_error != nil:
        plots = ["\(data) using 1:2:3 with yerrorbars \(marker) \(color) \(title)"]
      case .points:
        plots = ["\(data) using 1:2 with points \(marker) \(color) \(title)"]
      case .line where entry.x.count <= 16:
        plots = [
          "\(data) using 1:2 with linespoints \(marker) dt \(look.dash) \(color) \(title)"
        ]
      case .line, .curve:
        plots = ["\(data) using 1:2 with lines lw 1.3 dt \(look.dash) \(color) \(title)"]
      case .band:
        plots = [
          "\(data) using 1:4:5 with filledcurves fs transparent solid 0.18 noborder \(color) \(title)"
        ]
      case .bars:
        plots = ["\(data) using 1:2 with boxes fs \(look.fill) \(color) \(title)"]
      }
      return plots
    }
  }

  private var bars: [Int] { figure.series.indices.filter { figure.series[$0].style == .bars } }

  private var boxWidth: Double { 0.75 / Double(max(1, bars.count)) }

  private func barShift(of index: Int) -> Double {
    let place = Double(bars.firstIndex(of: index) ?? 0)
    return (place - Double(bars.count - 1) / 2) * boxWidth
  }

  // MARK: What is no data

  private var guides: [String] {
    figure.guides.compactMap { guide in
      guard let at = guide.at else { return nil }
      let line = "nohead lw 0.7 dt 3 lc rgb '#555555'"
      let place = number(at)
      switch guide.kind {
      case .horizontal:
        let words =
          guide.text.isEmpty
          ? ""
          : "\nset label \(quoted(guide.text)) at graph 0.99, first \(place) right offset 0,0.45"
        return "set arrow from graph 0, first \(place) to graph 1, first \(place) \(line)" + words
      case .vertical:
        return "set arrow from first \(place), graph 0 to first \(place), graph 1 \(line)"
      case .line: return nil
      }
    }
  }

  private var lineGuides: [String] {
    figure.guides.compactMap { guide in
      guard guide.kind == .line, let slope = guide.slope else { return nil }
      let title = guide.text.isEmpty ? "notitle" : "title \(quoted(guide.text))"
      return
        "\(number(slope))*x + \(number(guide.offset ?? 0)) with lines lw 1 dt 2 lc rgb '#333333' \(title)"
    }
  }

  private var notes: [String] {
    figure.notes.map { note in
      "set label \(quoted(note.text)) at first \(number(note.x)), first \(number(note.y)) center tc rgb '#555555'"
    }
  }

  // MARK: Words and numbers

  /// Colour, marker, dash and fill: each tells the role alone.
  private static func look(
    _ role: Figure.Series.Role
  ) -> (color: String, marker: Int, dash: Int, fill: String) {
    switch role {
    case .ours: ("#16425b", 7, 1, "solid 0.9")
    case .paper: ("#b5532a", 8, 4, "pattern 2")
    case .model: ("#444444", 12, 2, "solid 0.5")
    case .second: ("#3a7d44", 9, 5, "pattern 4")
    case .third: ("#7a4988", 4, 3, "pattern 5")
    case .neutral: ("#777777", 6, 3, "solid 0.25")
    }
  }

  func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "NaN" }

  /// Text as a string of gnuplot's; single quotes keep it from running what stands between backquotes.
  func quoted(_ text: String) -> String { "'" + typeset(text) + "'" }

  /// Text with the field's symbols, every sign that gnuplot would act on escaped.
  private func typeset(_ text: String) -> String {
    let escaped = text.prefix(200).map { character -> String in
      if character.isNewline { return " " }
      // Typographic quotes end no string.
      if character == "'" { return "\u{2019}" }
      if character == "\"" { return "\u{201D}" }
      return "_^{}@&~\\".contains(character) ? "\\\(character)" : String(character)
    }.joined()
    return escaped.replacing("W\\_ad", with: "{/:Italic W}_{ad}")
      .replacing("E\\_v", with: "{/:Italic E}_v").replacing("sigma", with: "σ")
      .replacing("/rho", with: "/ρ").replacing("angstrom", with: "Å")
      .replacing("J/m2", with: "J/m^2")
  }
}

extension Array {
  /// The element, nil where there is none.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
