import Foundation
public import Structures

/// What can be wrong with a structure file; facts only.
public enum StructureFileError: Error, Sendable, Hashable {
  /// The file does not exist, is a folder, or may not be read.
  case unreadable(path: String, reason: String)
  /// The file holds nothing.
  case empty(path: String)
  /// Neither the name nor the content tells the format.
  case unknownFormat(path: String)
  /// The file has no unit cell; which item was looked for.
  case noCell(path: String, item: String)
  /// The file has no atoms.
  case noAtoms(path: String)
  /// Something at a line, counted from 1, is not what it should be: what was found there.
  case badValue(path: String, line: Int, expected: String, found: String)
  /// The file ends where more was due.
  case endsEarly(path: String, expected: String)
  /// A symbol that is no element.
  case unknownElement(path: String, line: Int, symbol: String)
  /// A site that is not fully occupied by one element.
  case partialOccupancy(path: String, line: Int, site: String, occupancy: Double)
  /// A space group that is named but whose operations are not known for the cell's setting.
  case unknownSpaceGroup(path: String, name: String)
  /// The numbers were read, but are no crystal.
  case notACrystal(path: String, StructureError)
}

/// Structure files of any known format.
public enum StructureFile {
  /// Reads a structure; the format is told by the name, else by the content.
  ///
  /// - Parameter path: a CIF, POSCAR/CONTCAR, extended XYZ or VESTA file.
  /// - Returns: a valid structure.
  /// - Throws: ``StructureFileError``.
  public static func read(path: String) throws(StructureFileError) -> Structure {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .unreadable(path: path, reason: "there is no such file")
    }
    guard !isFolder.boolValue else { throw .unreadable(path: path, reason: "it is a folder") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path, reason: "it may not be read")
    }
    return try parse(String(decoding: data, as: UTF8.self), path: path)
  }

  /// Reads a structure from a file's text.
  ///
  /// - Parameters:
  ///   - text: the content.
  ///   - path: the name, for the format and for errors.
  /// - Returns: a valid structure.
  /// - Throws: ``StructureFileError``.
  public static func parse(
    _ text: String, path: String
  ) throws(StructureFileError) -> Structure {
    guard text.contains(where: { !$0.isWhitespace }) else { throw .empty(path: path) }
    let structure: Structure
    switch format(of: text, path: path) {
    case .cif: structure = try CrystallographicInformationFile.parse(text, path: path)
    case .poscar: structure = try POSCARFile.parse(text, path: path)
    case .extendedXYZ: structure = try ExtendedXYZ.parse(text, path: path).structure
    case .vesta: structure = try VESTAFile.parse(text, path: path)
    case nil: throw .unknownFormat(path: path)
    }
    do throws(StructureError) {
      try structure.validate()
    } catch {
      throw .notACrystal(path: path, error)
    }
    return structure
  }

  /// The structure in one of the formats.
  ///
  /// - Parameters:
  ///   - structure: any structure.
  ///   - format: which one; a POSCAR lists each element once, the others keep the atoms' order.
  ///   - title: name or comment of the file.
  ///   - fixed: atoms that a relaxation shall hold, where the format can say so.
  /// - Returns: the text of the file.
  public static func text(
    of structure: Structure, format: Format, title: String, fixed: Set<Int> = []
  ) -> String {
    switch format {
    case .cif: return CrystallographicInformationFile.text(of: structure, name: title)
    case .extendedXYZ: return ExtendedXYZ(structure, fixed: fixed).text
    case .vesta: return VESTAFile.text(of: structure, title: title)
    case .poscar:
      let elements = structure.elements
      let order = elements.flatMap { element in
        structure.species.indices.filter { structure.species[$0] == element }
      }
      let sorted = Structure(
        cell: structure.cell, species: order.map { structure.species[$0] },
        positions: order.map { structure.positions[$0] })
      return POSCARFile.text(
        of: sorted, comment: title,
        fixed: Set(order.indices.filter { fixed.contains(order[$0]) }))
    }
  }

  /// Known formats, by the ending that a file of theirs has.
  public enum Format: String, Sendable, CaseIterable {
    /// Crystallographic Information File.
    case cif
    /// VASP's POSCAR.
    case poscar = "vasp"
    /// Extended XYZ.
    case extendedXYZ = "xyz"
    /// VESTA's own.
    case vesta
  }

  private static func format(of text: String, path: String) -> Format? {
    let name = URL(fileURLWithPath: path).lastPathComponent.lowercased()
    if name.hasSuffix(".cif") { return .cif }
    if name.hasSuffix(".vesta") { return .vesta }
    if name.hasSuffix(".xyz") || name.hasSuffix(".extxyz") { return .extendedXYZ }
    if name.hasPrefix("poscar") || name.hasPrefix("contcar") || name.hasSuffix(".vasp")
      || name.hasSuffix(".poscar")
    {
      return .poscar
    }
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    if lines[0].hasPrefix("#VESTA_FORMAT_VERSION") { return .vesta }
    if lines.contains(where: { $0.lowercased().hasPrefix("data_") }) { return .cif }
    if lines.count > 1, lines[1].contains("Lattice=") { return .extendedXYZ }
    if lines.count > 5, lines[2...4].allSatisfy({ numbers(in: $0)?.count == 3 }) {
      return .poscar
    }
    return nil
  }
}

/// All words of a line as finite numbers; nil where one is not.
func numbers(in line: some StringProtocol) -> [Double]? {
  var result: [Double] = []
  for word in line.split(whereSeparator: \.isWhitespace) {
    guard let value = Double(word), value.isFinite else { return nil }
    result.append(value)
  }
  return result
}

/// A coordinate with sixteen significant digits: what a double holds.
func exact(_ value: Double) -> String { String(format: "%.16g", value) }
