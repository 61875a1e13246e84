import CKim
import Engines
import Foundation
import Structures

/// The library's own state (its log, the collections, loading and unloading of models) is global.
enum KIMLibrary {
  private static let lock = NSLock()

  /// Runs a call that touches the global state: one at a time, and without the log file that KIM would
  /// write into the working folder.
  static func exclusively<Value>(_ body: () -> Value) -> Value {
    lock.lock()
    defer { lock.unlock() }
    KIM_Log_PushDefaultVerbosity(KIM_LOG_VERBOSITY_silent)
    defer { KIM_Log_PopDefaultVerbosity() }
    return body()
  }
}

/// One instance of a KIM model, in angstrom, eV and elementary charges.
///
/// Not safe to share: KIM promises nothing about two threads in one model. Each worker has its own.
final class KIMModel {
  /// Name of the model with its identifier.
  let name: String
  /// How far an atom's energy can depend on others, angstrom: padding reaches this far.
  let influenceDistance: Double
  /// Cut-offs of the neighbour lists that the model asks for, angstrom.
  let cutoffs: [Double]
  /// Whether the model asks for neighbours of padding atoms.
  let asksForPadding: Bool
  let handle: OpaquePointer
  let arguments: OpaquePointer
  private let codes: [Element: Int32]

  /// Loads a model.
  ///
  /// - Throws: ``EngineError/unknownModel(name:nearest:)``,
  ///   ``EngineError/unsupportedElement(model:element:supported:)``, ``EngineError/refused(engine:message:)``.
  init(name: String, elements: [Element]) throws(EngineError) {
    self.name = name
    var unitsAccepted: Int32 = 0
    let model = KIMLibrary.exclusively { () -> OpaquePointer? in
      var created: OpaquePointer?
      let status = KIM_Model_Create(
        KIM_NUMBERING_zeroBased, KIM_LENGTH_UNIT_A, KIM_ENERGY_UNIT_eV, KIM_CHARGE_UNIT_e,
        KIM_TEMPERATURE_UNIT_K, KIM_TIME_UNIT_ps, name, &unitsAccepted, &created)
      return status == 0 ? created : nil
    }
    guard let model else {
      throw .unknownModel(name: name, nearest: KIMCollection.nearest(to: name))
    }
    guard unitsAccepted == 1 else {
      KIMModel.destroy(model)
      throw .refused(engine: name, message: "it does not work in angstrom and eV")
    }
    handle = model
    var codes: [Element: Int32] = [:]
    for element in elements {
      guard let code = KIMModel.code(of: element, in: model) else {
        let supported = KIMModel.knownElements(of: model)
        KIMModel.destroy(model)
        throw .unsupportedElement(model: name, element: element, supported: supported)
      }
      codes[element] = code
    }
    self.codes = codes
    var distance = 0.0
    KIM_Model_GetInfluenceDistance(model, &distance)
    influenceDistance = distance
    var count: Int32 = 0
    var cutoffPointer: UnsafePointer<Double>?
    var hintPointer: UnsafePointer<Int32>?
    KIM_Model_GetNeighborListPointers(model, &count, &cutoffPointer, &hintPointer)
    cutoffs = (0..<Int(count)).map { cutoffPointer?[$0] ?? distance }
    asksForPadding = (0..<Int(count)).contains { hintPointer?[$0] == 0 }
    let made = KIMLibrary.exclusively { () -> OpaquePointer? in
      var made: OpaquePointer?
      return KIM_Model_ComputeArgumentsCreate(model, &made) == 0 ? made : nil
    }
    guard let made else {
      KIMModel.destroy(model)
      throw .refused(engine: name, message: "its arguments could not be made")
    }
    arguments = made
  }

  deinit {
    let (model, made) = (handle, arguments)
    KIMLibrary.exclusively {
      var arguments: OpaquePointer? = made
      _ = KIM_Model_ComputeArgumentsDestroy(model, &arguments)
    }
    KIMModel.destroy(handle)
  }

  private static func destroy(_ model: OpaquePointer) {
    KIMLibrary.exclusively {
      var model: OpaquePointer? = model
      KIM_Model_Destroy(&model)
    }
  }

  /// All elements that the model was made for.
  var knownElements: [Element] { KIMModel.knownElements(of: handle) }

  private static func knownElements(of model: OpaquePointer) -> [Element] {
    (1...103).compactMap { Element(atomicNumber: $0) }.filter { code(of: $0, in: model) != nil }
  }

  /// The model's code of an element; only elements that it was made for have one.
  func code(of element: Element) -> Int32? { codes[element] }

  private static func code(of element: Element, in model: OpaquePointer) -> Int32? {
    var isSupported: Int32 = 0
    var code: Int32 = 0
    let status = KIM_Model_GetSpeciesSupportAndCode(
      model, KIM_SpeciesName_FromString(element.symbol), &isSupported, &code)
    return status == 0 && isSupported == 1 ? code : nil
  }
}
