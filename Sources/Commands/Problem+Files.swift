import ArgumentParser
import BondBreaking
import StructureFiles
import Thermodynamics

extension Problem {
  init(_ error: ComputedEntries.Failure, path: String) {
    switch error {
    case .notAList:
      self.init(
        message: "\(path) holds no list of computed entries",
        remedy: "Export ComputedEntry objects of pymatgen as one JSON list.", code: .badInput)
    case .badEntry(let number, let reason):
      self.init(message: "\(path), entry \(number): \(reason)", remedy: nil, code: .badInput)
    }
  }

  init(_ error: StructureFileError) {
    let (message, remedy): (String, String?)
    switch error {
    case .unreadable(let path, let reason):
      (message, remedy) = ("\(path) cannot be read: \(reason)", nil)
    case .empty(let path):
      (message, remedy) = ("\(path) is empty", "Give a CIF, POSCAR or extended XYZ file.")
    case .unknownFormat(let path):
      (message, remedy) = (
        "\(path) is neither a CIF nor a POSCAR nor an extended XYZ file",
        "Name it .cif, .vasp or .xyz if it is one of them."
      )
    case .noCell(let path, let item):
      (message, remedy) = ("\(path) has no unit cell: \(item) is missing", nil)
    case .noAtoms(let path):
      (message, remedy) = ("\(path) lists no atoms with coordinates", nil)
    case .badValue(let path, let line, let expected, let found):
      (message, remedy) = ("\(path), line \(line): expected \(expected), found '\(found)'", nil)
    case .endsEarly(let path, let expected):
      (message, remedy) = ("\(path) ends where \(expected) should follow", nil)
    case .unknownElement(let path, let line, let symbol):
      (message, remedy) = ("\(path), line \(line): '\(symbol)' is no element", nil)
    case .partialOccupancy(let path, let line, let site, let occupancy):
      (message, remedy) = (
        "\(path), line \(line): site \(site) is occupied by \(occupancy.formatted(digits: 3)) of an "
          + "atom, and a calculation needs whole ones",
        "Order the structure first (as a supercell with each site full or empty)."
      )
    case .unknownSpaceGroup(let path, let name):
      (message, remedy) = (
        "\(path) names the space group '\(name)' without its operations, and the name does not say "
          + "which setting or origin is meant",
        "Export the file with its symmetry operations, or in P1."
      )
    case .notACrystal(let path, let error):
      self.init(error, of: path)
      return
    }
    self.init(message: message, remedy: remedy, code: .badInput)
  }
}
