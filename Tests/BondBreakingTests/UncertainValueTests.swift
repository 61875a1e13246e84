import BondBreaking
import Testing

@Suite struct UncertainValueTests {
  @Test(arguments: [
    ("0.67", 0.67, 0.0), ("0.67±0.05", 0.67, 0.05), ("0.67 +- 0.05", 0.67, 0.05),
    ("0.67+/-0.05", 0.67, 0.05), ("0.67(5)", 0.67, 0.05), ("123(4)", 123, 4),
    ("-1.50(12)", -1.5, 0.12), ("1e-2", 0.01, 0),
  ])
  func readsEveryForm(text: String, value: Double, uncertainty: Double) throws {
    let parsed = try #require(UncertainValue(parsing: text))
    #expect((parsed.value - value).magnitude < 1e-12)
    #expect((parsed.standardUncertainty - uncertainty).magnitude < 1e-12)
  }

  @Test(arguments: ["", "x", "1±", "±1", "1±-2", "nan", "inf", "1(", "1()", "1(x)", "1±2±3", "1)"])
  func refusesWhatIsNoNumber(text: String) {
    #expect(UncertainValue(parsing: text) == nil)
  }

  /// For a product relative variances add; for x - x nothing is left.
  @Test func propagationIsLinearAndKnowsSharedInputs() throws {
    let x = UncertainValue(3, standardUncertainty: 0.3)
    let y = UncertainValue(5, standardUncertainty: 0.2)
    let product = try #require(UncertainValue.propagating([x, y]) { $0[0] * $0[1] })
    let expected = (0.3 * 5 * 0.3 * 5 + 0.2 * 3 * 0.2 * 3 as Double).squareRoot()
    #expect((product.standardUncertainty - expected).magnitude < 1e-9)
    let nothing = try #require(UncertainValue.propagating([x]) { $0[0] - $0[0] })
    #expect(nothing.standardUncertainty == 0)
  }
}

@Suite struct ThicknessFitTests {
  @Test func anExactLineIsFound() {
    let layers = [5, 6, 7, 8, 9]
    let fit = ThicknessFit(layers: layers, energies: layers.map { -1.9 * Double($0) + 0.7 })
    #expect((fit.bulkEnergyPerLayer.value + 1.9).magnitude < 1e-12)
    #expect((fit.twiceSurfaceEnergyTimesArea.value - 0.7).magnitude < 1e-11)
    #expect(fit.residual < 1e-12)
    #expect((fit.differenceReference + 1.9).magnitude < 1e-12)
    #expect((fit.oddEvenDifference ?? 1).magnitude < 1e-12)
  }

  /// Standard errors against the textbook's formulas worked by hand: x = 1, 2, 3, y = 1, 2, 4.
  @Test func standardErrorsAreTheTextbooks() {
    let fit = LinearFit(x: [1, 2, 3], y: [1, 2, 4])
    #expect((fit.slope.value - 1.5).magnitude < 1e-12)
    #expect((fit.intercept.value + 2.0 / 3).magnitude < 1e-12)
    #expect((fit.slope.standardUncertainty - (1.0 / 12).squareRoot()).magnitude < 1e-12)
    #expect((fit.intercept.standardUncertainty - (7.0 / 18).squareRoot()).magnitude < 1e-12)
  }

  @Test func oddAndEvenThicknessesAreTold() throws {
    let layers = [4, 5, 6, 7, 8, 9]
    let energies = layers.map { -2 * Double($0) + ($0 % 2 == 0 ? 0 : 0.01 * Double($0)) }
    let fit = ThicknessFit(layers: layers, energies: energies)
    #expect((try #require(fit.oddEvenDifference) - 0.01).magnitude < 1e-10)
  }
}

@Suite struct BondBreakingModelTests {
  @Test func whatFollowsFollows() throws {
    let model = try BondBreakingModel([
      .surfaceEnergyPerAtom: UncertainValue(0.34), .workOfAdhesionPerAtom: UncertainValue(0.2),
      .bulkBonds: UncertainValue(8), .lostBonds: UncertainValue(4),
    ])
    func value(_ quantity: BondBreakingModel.Quantity) throws -> Double {
      try #require(model.results[quantity]).value.value
    }
    #expect((try value(.segregationToInterface) - 0.24).magnitude < 1e-12)
    #expect((try value(.metalBondEnergy) - 0.085).magnitude < 1e-12)
    #expect((try value(.bulkVacancyEnergy) - 0.68).magnitude < 1e-12)
    #expect((try value(.interfaceVacancyEnergy) - 0.44).magnitude < 1e-12)
    #expect(model.verdict?.decision == .voidsExpected)
  }

  /// With W_ad from an angle, sigma enters W_ad - 2 sigma = sigma (cos theta - 1) once.
  @Test func anInputUsedTwiceCountsOnce() throws {
    let model = try BondBreakingModel([
      .surfaceEnergy: UncertainValue(0.5, standardUncertainty: 0.05),
      .contactAngle: UncertainValue(60),
    ])
    let margin = try #require(model.results[.margin]).value
    #expect((margin.value + 0.25).magnitude < 1e-12)
    #expect((margin.standardUncertainty - 0.025).magnitude < 1e-9)
  }

  @Test func contradictionsAreNamed() {
    #expect(throws: BondBreakingModel.Contradiction.self) {
      try BondBreakingModel([
        .surfaceEnergy: UncertainValue(0.5), .workOfAdhesion: UncertainValue(0.9),
        .contactAngle: UncertainValue(90),
      ])
    }
  }

  @Test func aContradictionWithinTheUncertaintiesIsNone() throws {
    _ = try BondBreakingModel([
      .surfaceEnergy: UncertainValue(0.5, standardUncertainty: 0.2),
      .workOfAdhesion: UncertainValue(0.6, standardUncertainty: 0.1),
      .contactAngle: UncertainValue(90, standardUncertainty: 5),
    ])
  }
}
