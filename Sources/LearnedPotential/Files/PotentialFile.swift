public import Engines
public import Foundation
public import Structures

/// A learned potential as it is kept in a file: its functions, coefficients, what the data leave open, and where it
/// comes from.
public struct PotentialFile: Sendable, Hashable, Codable {
  /// The form of this file.
  public static let form = 1

  /// The form; only this program's own is read.
  public var form: Int
  /// Name for tables: elements by default.
  public var name: String
  /// The functions.
  public var basis: ClusterBasisSettings
  /// Most probable coefficients in the order of the basis, eV.
  public var coefficients: [Double]
  /// Coefficients drawn from what the data leave open, eV: their spread is the uncertainty of whatever follows.
  ///
  /// The draws are stretched so that their spread of forces is as large as the errors on held-out data: what the
  /// functions cannot tell is noise to the fit, but goes into an energy as much as what the data leave open.
  ///
  /// ## References
  /// G. Imbalzano et al., J. Chem. Phys. 154, 074102 (2021), doi:10.1063/5.0036522.
  public var committee: [[Double]]
  /// Noise that the fit found.
  public var noise: LearnedPotential.Noise
  /// The engine that it was learned from.
  public var engine: EngineIdentity
  /// Number of force calls that it was learned from.
  public var forceCalls: Int
  /// Errors on force calls that were held out of a fit to the others.
  public var heldOut: HeldOutErrors
  /// What the force calls show; nil in files of versions that did not tell.
  public var domain: TrainingDomain?

  /// Number of members of a committee: their spread is known to a sixth.
  private static let members = 16

  /// A fit whose data leave next to nothing open is wrong by its functions alone.
  private static let mostStretch = 10.0

  /// Takes over a fit.
  ///
  /// - Parameters:
  ///   - potential: fitted to all examples.
  ///   - name: for tables.
  ///   - engine: that the examples come from.
  ///   - heldOut: of fits to parts of them.
  ///   - domain: what the examples show.
  public init(
    _ potential: LearnedPotential, name: String, engine: EngineIdentity, heldOut: HeldOutErrors,
    domain: TrainingDomain? = nil
  ) {
    form = PotentialFile.form
    self.name = name
    basis = potential.basis.settings
    coefficients = potential.coefficients
    // What the errors on all parts ask for together; the deviations that are told with them have what the other parts asked for.
    let stretch = min(PotentialFile.mostStretch, heldOut.neededStretch)
    let mean = potential.coefficients
    committee = potential.committee(count: PotentialFile.members).map {
      zip($0, mean).map { $1 + stretch * ($0 - $1) }
    }
    noise = potential.noise
    self.engine = engine
    forceCalls = potential.exampleCount
    self.heldOut = heldOut
    self.domain = domain
  }

  /// Reads a file's content.
  ///
  /// - Throws: ``PotentialFileError``.
  public init(data: Data) throws(PotentialFileError) {
    struct Form: Decodable { var form: Int }
    let decoder = JSONDecoder()
    guard let form = try? decoder.decode(Form.self, from: data).form else { throw .notPotential }
    guard form == PotentialFile.form else { throw .otherForm(form, known: PotentialFile.form) }
    do {
      self = try decoder.decode(PotentialFile.self, from: data)
    } catch {
      throw .notPotential
    }
    let settings = basis
    guard settings.isModest, (1.0...20).contains(settings.cutoff),
      (1.0...8).contains(settings.exponent),
      settings.elements == Set(settings.elements).sorted(),
      settings.coefficientCount <= ClusterBasisSettings.mostCoefficients
    else { throw .badSettings }
    let expected = settings.coefficientCount
    guard ([coefficients] + committee).allSatisfy({ $0.count == expected }), committee.count > 1
    else { throw .wrongCount(coefficients.count, expected: expected) }
    guard ([coefficients] + committee).joined().allSatisfy(\.isFinite) else { throw .notFinite }
  }

  /// The file's content.
  public var data: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self) + Data("\n".utf8)
    }
  }

  /// Elements that it knows, in rising order.
  public var elements: [Element] { basis.elements }
}

/// Why a file is no potential; facts only.
public enum PotentialFileError: Error, Sendable, Hashable {
  /// It is no JSON of a potential.
  case notPotential
  /// It is of another form.
  case otherForm(Int, known: Int)
  /// Its functions cannot be built.
  case badSettings
  /// It has another number of coefficients than its functions need.
  case wrongCount(Int, expected: Int)
  /// A coefficient is no number.
  case notFinite
}
