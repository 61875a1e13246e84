import BondBreaking
import Campaigns
import Engines
import Foundation
import KIMEngine
import Structures
import Testing

@testable import Reports

/// A real assessment, small and fast: lithium on a magnesium alloy by an interatomic model, with vacancies.
enum ResultDocuments {
  static let model = "KimJungLee_2012_LiMg"

  static let modelIsInstalled = KIMCollection.model(named: model) != nil

  static func assessment(_ name: String = "LiMg") async throws -> AssessmentResult {
    let prototype = try #require(Prototype.named(name))
    var settings = Preset.quick.settings(
      metal: .lithium, structure: .bcc, metalSurface: "100", substrateSurface: "100")
    settings.vacancies = true
    let engine = try KIMEngine(
      model: model, elements: Set(prototype.structure.elements + [.lithium]).sorted(), workers: 1)
    return try await Assessment(settings: settings, engine: engine).run(
      Substrate(prototype))
  }
}
