package import Engines
import KIMEngine

/// Where an interatomic model comes from: what to cite with its results, and its licence.
package struct ModelSource: Codable {
  package var model: String
  package var title: String
  package var reference: String
  package var doi: String?
  package var licence: String?

  /// That of a KIM model; nil for other engines.
  package init?(_ engine: EngineIdentity) {
    guard engine.name == "kim", let name = engine.settings["model"] else { return nil }
    self.init(model: name)
  }

  /// That of an installed KIM model; nil where there is none of this name.
  package init?(model name: String) {
    guard let item = KIMCollection.model(named: name) else { return nil }
    model = item.name
    title = item.source
    reference = item.reference
    doi = item.doi
    licence = item.licence
  }

  /// One line.
  package var text: String {
    "cite \(reference)" + (doi.map { ", doi:\($0)" } ?? "") + "; licence of the model: "
      + (licence ?? "not stated")
  }
}
