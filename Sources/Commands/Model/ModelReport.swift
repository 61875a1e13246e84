import BondBreaking
import Foundation

/// What the bond-breaking calculator prints.
struct ModelReport {
  private let model: BondBreakingModel

  init(_ model: BondBreakingModel) { self.model = model }

  /// Quantities in their fixed order, known ones only.
  private var known: [(ModelUnit, BondBreakingModel.Result)] {
    BondBreakingModel.Quantity.allCases.compactMap { quantity in
      model.results[quantity].map { (ModelUnit(quantity), $0) }
    }
  }

  var text: String {
    let rows = known.map { unit, result in
      let value = result.value.scaled(by: unit.factor)
      let number =
        value.standardUncertainty > 0
        ? "\(value.value.formatted(digits: 4)) +- \(value.standardUncertainty.formatted(digits: 4))"
        : value.value.formatted(digits: 4)
      return "  " + unit.name.padding(toLength: 32, withPad: " ", startingAt: 0)
        + number.padding(toLength: 20, withPad: " ", startingAt: 0)
        + unit.unit.padding(toLength: 11, withPad: " ", startingAt: 0) + result.origin
    }
    return (rows + ["", sentence]).joined(separator: "\n")
  }

  var json: String {
    get throws {
      struct Entry: Encodable {
        var value: Double
        var standard_uncertainty: Double
        var origin: String
      }
      struct Document: Encodable {
        var schema = "lacuna-model-1"
        var quantities: [String: Entry]
        var verdict: String?
        var probability_of_suppression: Double?
      }
      let entries = known.map { unit, result in
        let value = result.value.scaled(by: unit.factor)
        return (
          unit.key,
          Entry(
            value: value.value, standard_uncertainty: value.standardUncertainty,
            origin: result.origin)
        )
      }
      let document = Document(
        quantities: Dictionary(uniqueKeysWithValues: entries),
        verdict: model.verdict?.decision.rawValue,
        probability_of_suppression: model.verdict?.probability)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
  }

  private var sentence: String {
    guard let verdict = model.verdict else {
      return "No verdict: it needs sigma together with W_ad or a contact angle."
    }
    let probability = "P(W_ad >= 2 sigma) = \(verdict.probability.formatted(digits: 3))"
    return switch verdict.decision {
    case .voidsSuppressed:
      "Verdict: voids are suppressed, W_ad is at least 2 sigma (\(probability))."
    case .voidsExpected:
      "Verdict: voids will form, W_ad is below 2 sigma (\(probability))."
    case .undecided:
      "Verdict: undecided within the uncertainties (\(probability))."
    }
  }
}
