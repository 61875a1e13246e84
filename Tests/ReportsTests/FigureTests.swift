import Foundation
import Testing

@testable import Reports

/// Figures as data, and as gnuplot draws them.
@Suite struct FigureTests {
  static func figure(name: String = "ours", label: String = "LiCl", unit: String = "eV") -> Figure {
    var series = Figure.Series(
      name, .points, .ours, x: [1, 2, 3], y: [0.25, nil, 0.5], error: [0.01, 0.01, 0.02],
      labels: [label, "b", "c"])
    series.names_points = true
    return Figure(
      id: "test", title: "A test", caption: "", x: Figure.Axis(label: "layer", unit: ""),
      y: Figure.Axis(label: "energy", unit: unit),
      series: [
        series,
        Figure.Series(band: "band", .second, x: [1, 3], low: [0.1, 0.2], high: [0.3, 0.4]),
        Figure.Series("bars", .bars, .neutral, x: [1, 2], y: [0.1, 0.2]),
      ], guides: [.horizontal(0.3, "limit"), .line(slope: 0.1, offset: 0, "model")],
      notes: [Figure.Note(x: 2, y: 0.2, text: "here")])
  }

  /// Two points near each other on a line: their names stand apart, and beside the line.
  @Test func namesInPrintCoverNothing() throws {
    typealias Place = LabelPlacement.Place
    let points = [Place(x: 0.5, y: 0.5), Place(x: 0.53, y: 0.53), Place(x: 0.97, y: 0.97)]
    let line = LabelPlacement.along([Place(x: 0, y: 0), Place(x: 1, y: 1)])
    #expect(line.count == 101)
    let names = points.map { (text: "NaCl-Na", at: $0) }
    let sides = LabelPlacement(points: points, lines: line).sides(of: names)
    #expect(sides[0].alignment == "left" && sides[0].up < 0)
    #expect(sides[1].alignment == "right" && sides[1].up > 0)
    // At the border the name stands inside.
    #expect(sides[2].alignment == "right")
    let alone = LabelPlacement(points: [points[0]], lines: []).sides(of: [names[0]])
    #expect(alone == [LabelPlacement.sides[0]])
    #expect(LabelPlacement.along([Place(x: 0, y: .nan), Place(x: 1, y: 1)]).isEmpty)
    let script = GnuplotScript(FigureTests.figure(label: "it's")).text(.svg)
    #expect(script.contains("set label 'it\u{2019}s' at first 1.0, first 0.25 left offset 0.7,"))
    // What has no height has no name.
    #expect(!script.contains("set label 'b'"))
  }

  @Test func valuesAreWrittenForMachines() {
    let text = FigureTests.figure(name: "a, \"b\"\nc").commaSeparatedValues
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "series,layer,energy (eV),error,low,high,label")
    // RFC 4180: quotes doubled, a line break stays inside its quotes.
    #expect(text.contains("\"a, \"\"b\"\"\nc\",1.0,0.25,0.01,,,LiCl\n"))
    #expect(text.contains(",2.0,,0.01,,,b\n"))
    #expect(text.contains("band,1.0,0.2,,0.1,0.3,\n"))
  }

  @Test(
    arguments: [
      ([0.2, 0.6], nil, false), ([-0.31, 0.16], nil, false), ([5.0], nil, false), ([], nil, false),
      ([1e-7, 2e-7], nil, false), ([1, 6], nil, true), ([0, 1], [-2.0, 2.0], false),
      ([1, 40], nil, true),
    ] as [([Double], [Double]?, Bool)])
  func axesHoldTheirValuesOnRoundTicks(values: [Double], range: [Double]?, counts: Bool) {
    let scale = AxisScale(values, range: range, counts: counts)
    #expect(scale.low < scale.high)
    #expect(scale.step > 0)
    for value in values where range == nil { #expect(scale.low < value && value < scale.high) }
    let ticks = (scale.high - scale.low) / scale.step
    #expect(ticks >= 1.5 && ticks <= 14, "\(ticks)")
    // A tick is 1, 2 or 5 times a power of ten, and its decimals show it exactly.
    let text = String(format: "%.\(scale.decimals)f", scale.step)
    #expect(((Double(text) ?? 0) / scale.step - 1).magnitude < 1e-9)
    if counts { #expect(scale.step == scale.step.rounded()) }
  }

  @Test(arguments: Gnuplot.Format.allCases) func gnuplotDrawsEveryFormat(
    format: Gnuplot.Format
  ) async throws {
    let picture = try await Gnuplot.picture(FigureTests.figure(), format)
    let heads: [Gnuplot.Format: [UInt8]] = [
      .svg: Array("<?xml".utf8), .pdf: Array("%PDF-".utf8), .png: [0x89, 0x50, 0x4e, 0x47],
    ]
    #expect(Array(picture.prefix(4)) == Array(try #require(heads[format]).prefix(4)))
    #expect(picture.count > 1000)
    if format == .svg {
      let text = String(decoding: picture, as: UTF8.self)
      for word in ["ours", "limit", "model", "here", "LiCl", "energy (eV)"] {
        #expect(text.contains(word), "\(word) is missing")
      }
    }
  }

  /// Names come from files: none may run a command, end a string or draw in gnuplot's own words.
  @Test(arguments: [
    "`touch HOSTILE`", "'; system('touch HOSTILE'); '", "\" ; system(\"touch HOSTILE\")", "a\\nb",
    "END\n$data1", "@x {/Symbol a}^2 _3 & ~", String(repeating: "x", count: 10_000), "%s %d",
    "é σ 锂",
  ])
  func namesAreOnlyNames(name: String) async throws {
    let folder = FileManager.default.currentDirectoryPath
    let picture = try await Gnuplot.picture(
      FigureTests.figure(name: name, label: name, unit: name), .svg)
    #expect(picture.count > 1000)
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/HOSTILE"))
  }

  @Test func symbolsAreSetAsTheFieldSetsThem() async throws {
    var figure = FigureTests.figure(unit: "J/m2")
    figure.x.label = "W_ad - 2 sigma"
    let text = String(decoding: try await Gnuplot.picture(figure, .svg), as: UTF8.self)
    #expect(text.contains("σ"))
    #expect(!text.contains("W_ad"))
  }
}
