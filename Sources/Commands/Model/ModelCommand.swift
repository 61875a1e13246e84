import ArgumentParser
import BondBreaking
import Foundation
import PhysicalUnits

/// `lacuna model`: the bond-breaking calculator, without an engine.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Calculate with the bond-breaking model alone.",
    discussion: """
      Give what is known, get everything that follows. A value may carry an uncertainty: 0.67±0.05, \
      0.67+-0.05 or 0.67(5).

      Examples: lacuna model --sigma 0.463 --contact-angle 95
                lacuna model --sigma 0.463 --wad 0.67 --density 8.47
      """)

  @Option(help: "Surface energy of the metal, J/m2.") var sigma: String?
  @Option(help: "The same in eV for each surface atom.") var sigmaAtom: String?
  @Option(help: "Surface energy of the substrate, J/m2.") var sigmaSubstrate: String?
  @Option(help: "Work of adhesion, J/m2.") var wad: String?
  @Option(help: "The same in eV for each surface atom.") var wadAtom: String?
  @Option(help: "Energy of the interface, J/m2.") var interfaceEnergy: String?
  @Option(help: "Contact angle of the metal on the substrate, degrees.") var contactAngle: String?
  @Option(help: "Surface atoms of the metal for each nm2.") var density: String?
  @Option(help: "Bonds of a metal atom in the bulk, N_b.") var bondsBulk: String?
  @Option(help: "Bonds that a surface atom has lost, N_s.") var bondsSurface: String?
  @Option(help: "Bonds of a metal atom to the substrate, N_i.") var bondsInterface: String?
  @Option(help: "Energy of a metal bond, eV.") var metalBond: String?
  @Option(help: "Energy of a bond from metal to substrate, eV.") var interfaceBond: String?
  @Flag(help: "Print the results as JSON.") var json = false

  func run() throws {
    let given: [(BondBreakingModel.Quantity, String?)] = [
      (.surfaceEnergy, sigma), (.surfaceEnergyPerAtom, sigmaAtom),
      (.substrateSurfaceEnergy, sigmaSubstrate), (.workOfAdhesion, wad),
      (.workOfAdhesionPerAtom, wadAtom), (.interfaceEnergy, interfaceEnergy),
      (.contactAngle, contactAngle), (.density, density), (.bulkBonds, bondsBulk),
      (.lostBonds, bondsSurface), (.interfaceBonds, bondsInterface),
      (.metalBondEnergy, metalBond), (.interfaceBondEnergy, interfaceBond),
    ]
    var inputs: [BondBreakingModel.Quantity: UncertainValue] = [:]
    for (quantity, text) in given {
      guard let text else { continue }
      inputs[quantity] = try read(text, quantity)
    }
    guard !inputs.isEmpty else {
      throw Problem(
        message: "nothing was given to calculate with",
        remedy: "Try: lacuna model --sigma 0.463 --contact-angle 95", code: .wrongOption)
    }
    let model: BondBreakingModel
    do throws(BondBreakingModel.Contradiction) {
      model = try BondBreakingModel(inputs)
    } catch {
      throw Problem(error)
    }
    print(json ? try ModelReport(model).json : ModelReport(model).text)
  }

  private func read(
    _ text: String, _ quantity: BondBreakingModel.Quantity
  ) throws -> UncertainValue {
    let unit = ModelUnit(quantity)
    guard let value = UncertainValue(parsing: text) else {
      throw OptionError.badValue(
        option: unit.option, value: text, expected: "a number such as 0.67 or 0.67±0.05")
    }
    let isAllowed: Bool
    switch quantity {
    case .contactAngle: isAllowed = (0...180).contains(value.value)
    case .surfaceEnergy, .surfaceEnergyPerAtom, .density: isAllowed = value.value > 0
    case .bulkBonds, .lostBonds, .interfaceBonds: isAllowed = value.value >= 0
    default: isAllowed = true
    }
    guard isAllowed else {
      throw OptionError.badValue(
        option: unit.option, value: text,
        expected: quantity == .contactAngle ? "an angle from 0 to 180 degrees" : "a positive number"
      )
    }
    return value.scaled(by: 1 / unit.factor)
  }
}

/// The unit that a quantity of the model has at the command line.
struct ModelUnit {
  let name: String
  let unit: String
  /// What multiplies a value in house units.
  let factor: Double
  let option: String
  let key: String

  init(_ quantity: BondBreakingModel.Quantity) {
    let area = PhysicalUnits.joulePerSquareMetre
    (name, unit, factor, option, key) =
      switch quantity {
      case .surfaceEnergy: ("sigma", "J/m2", area, "--sigma", "sigma_j_per_m2")
      case .surfaceEnergyPerAtom: ("sigma", "eV/atom", 1, "--sigma-atom", "sigma_ev_per_atom")
      case .substrateSurfaceEnergy:
        ("sigma of the substrate", "J/m2", area, "--sigma-substrate", "sigma_substrate_j_per_m2")
      case .workOfAdhesion: ("W_ad", "J/m2", area, "--wad", "wad_j_per_m2")
      case .workOfAdhesionPerAtom: ("W_ad", "eV/atom", 1, "--wad-atom", "wad_ev_per_atom")
      case .interfaceEnergy:
        ("gamma of the interface", "J/m2", area, "--interface-energy", "gamma_j_per_m2")
      case .contactAngle:
        ("contact angle", "degrees", 1, "--contact-angle", "contact_angle_degrees")
      case .density:
        ("rho", "atoms/nm2", PhysicalUnits.perSquareNanometre, "--density", "density_per_nm2")
      case .bulkBonds: ("N_b", "", 1, "--bonds-bulk", "bonds_bulk")
      case .lostBonds: ("N_s", "", 1, "--bonds-surface", "bonds_surface")
      case .interfaceBonds: ("N_i", "", 1, "--bonds-interface", "bonds_interface")
      case .metalBondEnergy: ("e_m-m", "eV", 1, "--metal-bond", "metal_bond_ev")
      case .interfaceBondEnergy: ("e_m-sub", "eV", 1, "--interface-bond", "interface_bond_ev")
      case .margin: ("W_ad - 2 sigma", "J/m2", area, "--wad", "margin_j_per_m2")
      case .marginPerAtom: ("W_ad - 2 sigma", "eV/atom", 1, "--wad-atom", "margin_ev_per_atom")
      case .segregationToInterface:
        ("vacancy, bulk to interface", "eV", 1, "", "segregation_to_interface_ev")
      case .segregationToSurface:
        ("vacancy, bulk to free surface", "eV", 1, "", "segregation_to_surface_ev")
      case .bulkVacancyEnergy: ("E_v in the bulk", "eV", 1, "", "vacancy_bulk_ev")
      case .surfaceVacancyEnergy: ("E_v at the free surface", "eV", 1, "", "vacancy_surface_ev")
      case .interfaceVacancyEnergy: ("E_v at the interface", "eV", 1, "", "vacancy_interface_ev")
      }
  }
}

extension Problem {
  init(_ error: BondBreakingModel.Contradiction) {
    let unit = ModelUnit(error.quantity)
    let names = error.inputs.map { ModelUnit($0).name }.joined(separator: ", ")
    self.init(
      message: "the values given contradict each other: \(unit.name) is "
        + "\((error.first * unit.factor).formatted(digits: 4)) \(unit.unit), but \(names) make it "
        + "\((error.second * unit.factor).formatted(digits: 4)) (\(error.relation))",
      remedy: "Leave one of them out, or give uncertainties.", code: .wrongOption)
  }
}
