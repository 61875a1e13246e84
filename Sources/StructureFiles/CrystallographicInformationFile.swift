import Foundation
public import Structures

/// The Crystallographic Information File.
public enum CrystallographicInformationFile {
  /// Reads the first block that has a cell and atoms.
  ///
  /// Symmetry operations are taken from the file; where it only names a space group, from spglib's
  /// tables, and only if the name leaves no doubt of the setting.
  ///
  /// - Parameters:
  ///   - text: the content.
  ///   - path: the name, for errors.
  /// - Returns: all atoms of the cell, not validated.
  /// - Throws: ``StructureFileError``.
  public static func parse(
    _ text: String, path: String
  ) throws(StructureFileError) -> Structure {
    let blocks = try CIFBlock.blocks(text, path: path)
    guard !blocks.isEmpty else { throw .unknownFormat(path: path) }
    guard
      let block = blocks.first(where: {
        $0.value("_cell_length_a") != nil
          && $0.loop(with: "_atom_site_label", "_atom_site_type_symbol") != nil
      })
    else {
      guard let first = blocks.first(where: { $0.value("_cell_length_a") != nil }) else {
        throw .noCell(path: path, item: "_cell_length_a")
      }
      _ = first
      throw .noAtoms(path: path)
    }
    let cell = try cell(block, path)
    let sites = try sites(block, cell, path)
    guard !sites.isEmpty else { throw .noAtoms(path: path) }
    let operations = try operations(block, cell, path)
    return SymmetrySite.expanded(sites, operations, cell)
  }

  /// The structure as a CIF without symmetry (space group P1).
  ///
  /// - Parameters:
  ///   - structure: any structure.
  ///   - name: name of the data block; other than letters, digits, - and _ become _.
  /// - Returns: the text of the file.
  public static func text(of structure: Structure, name: String) -> String {
    let safe = name.map {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "_"
    }
    let (lengths, angles) = (structure.cell.lengths, structure.cell.angles)
    var lines = [
      "data_\(String(safe))",
      "_cell_length_a \(exact(lengths.x))", "_cell_length_b \(exact(lengths.y))",
      "_cell_length_c \(exact(lengths.z))", "_cell_angle_alpha \(exact(angles.x))",
      "_cell_angle_beta \(exact(angles.y))", "_cell_angle_gamma \(exact(angles.z))",
      "_space_group_name_H-M_alt 'P 1'", "_space_group_IT_number 1",
      "loop_", "_space_group_symop_operation_xyz", "'x, y, z'",
      "loop_", "_atom_site_label", "_atom_site_type_symbol", "_atom_site_fract_x",
      "_atom_site_fract_y", "_atom_site_fract_z", "_atom_site_occupancy",
    ]
    var counts: [Element: Int] = [:]
    for (element, position) in zip(structure.species, structure.fractionalPositions) {
      counts[element, default: 0] += 1
      let label = "\(element.symbol)\(counts[element, default: 0])"
      let f = position.vector
      lines.append("\(label) \(element.symbol) \(exact(f.x)) \(exact(f.y)) \(exact(f.z)) 1")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Cell and sites

  private static func cell(_ block: CIFBlock, _ path: String) throws(StructureFileError) -> Cell {
    func number(_ tag: String, _ fallback: Double?) throws(StructureFileError) -> Double {
      guard let token = block.value(tag) else {
        guard let fallback else { throw .noCell(path: path, item: tag) }
        return fallback
      }
      return try value(token, path)
    }
    return Cell(
      lengths: Vector3(
        try number("_cell_length_a", nil), try number("_cell_length_b", nil),
        try number("_cell_length_c", nil)),
      // The dictionary's default for an angle that is not given.
      angles: Vector3(
        try number("_cell_angle_alpha", 90), try number("_cell_angle_beta", 90),
        try number("_cell_angle_gamma", 90)))
  }

  private static func sites(
    _ block: CIFBlock, _ cell: Cell, _ path: String
  ) throws(StructureFileError) -> [SymmetrySite] {
    guard let loop = block.loop(with: "_atom_site_label", "_atom_site_type_symbol") else {
      return []
    }
    let label = loop.column("_atom_site_label")
    let type = loop.column("_atom_site_type_symbol")
    let fractional = [
      loop.column("_atom_site_fract_x"), loop.column("_atom_site_fract_y"),
      loop.column("_atom_site_fract_z"),
    ].compactMap { $0 }
    let cartesian = [
      loop.column("_atom_site_cartn_x"), loop.column("_atom_site_cartn_y"),
      loop.column("_atom_site_cartn_z"),
    ].compactMap { $0 }
    guard fractional.count == 3 || cartesian.count == 3 else { throw .noAtoms(path: path) }
    var sites: [SymmetrySite] = []
    for row in loop.rows {
      let columns = fractional.count == 3 ? fractional : cartesian
      // A site without coordinates is a comment of the refinement, not an atom.
      if columns.contains(where: { row[$0].isMissing }) { continue }
      let symbol = type.flatMap { row[$0].isMissing ? nil : row[$0] } ?? label.map { row[$0] }
      guard let symbol else { throw .noAtoms(path: path) }
      let element = try element(symbol, path)
      if let column = loop.column("_atom_site_occupancy"), !row[column].isMissing {
        let occupancy = try value(row[column], path)
        guard (occupancy - 1).magnitude < 1e-3 else {
          throw .partialOccupancy(
            path: path, line: row[column].line, site: label.map { row[$0].text } ?? symbol.text,
            occupancy: occupancy)
        }
      }
      let vector = Vector3(
        try value(row[columns[0]], path), try value(row[columns[1]], path),
        try value(row[columns[2]], path))
      sites.append(
        SymmetrySite(
          element: element,
          position: fractional.count == 3
            ? FractionalPosition(vector) : cell.fractional(CartesianPosition(vector))))
    }
    return sites
  }

  /// The element of "Li1+", "O2-", "CL2" or "Li1A"; deuterium and tritium are hydrogen.
  private static func element(
    _ token: CIFTokens.Token, _ path: String
  ) throws(StructureFileError) -> Element {
    let letters = token.text.prefix { $0.isASCII && $0.isLetter }
    let two = letters.prefix(2)
    let candidates = [two, two.prefix(1)].map {
      $0.prefix(1).uppercased() + $0.dropFirst().lowercased()
    }
    for candidate in candidates where !candidate.isEmpty {
      if candidate == "D" || candidate == "T" { return try hydrogen(token, path) }
      if let element = Element(symbol: candidate) { return element }
    }
    throw .unknownElement(path: path, line: token.line, symbol: String(token.text.prefix(40)))
  }

  private static func hydrogen(
    _ token: CIFTokens.Token, _ path: String
  ) throws(StructureFileError) -> Element {
    guard let hydrogen = Element(symbol: "H") else {
      throw .unknownElement(path: path, line: token.line, symbol: token.text)
    }
    return hydrogen
  }

  /// A number with or without a standard uncertainty: "5.5013(2)".
  private static func value(
    _ token: CIFTokens.Token, _ path: String
  ) throws(StructureFileError) -> Double {
    let body = token.text.prefix { $0 != "(" }
    guard let value = Double(body), value.isFinite, value.magnitude < 1e6 else {
      throw .badValue(
        path: path, line: token.line, expected: "a number", found: String(token.text.prefix(40)))
    }
    return value
  }

  // MARK: Symmetry

  private static func operations(
    _ block: CIFBlock, _ cell: Cell, _ path: String
  ) throws(StructureFileError) -> [SymmetryOperation] {
    let tags = [
      "_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz",
      "_space_group_symop.operation_xyz",
    ]
    for tag in tags {
      if let loop = block.loop(with: tag), let column = loop.column(tag) {
        var result: [SymmetryOperation] = []
        for row in loop.rows {
          result.append(try SymmetryOperation(row[column], path: path))
        }
        if !result.isEmpty { return result }
      }
      if let single = block.value(tag) { return [try SymmetryOperation(single, path: path)] }
    }
    let name = block.value(
      "_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full",
      "_space_group_name_h-m_ref")
    let number = block.value("_space_group_it_number", "_symmetry_int_tables_number")
    let hall = block.value("_space_group_name_hall", "_symmetry_space_group_name_hall")
    // A Hall symbol names the setting and the origin without any doubt.
    if let hall, !hall.isMissing, let found = SpaceGroupTable.operations(hall: hall.text) {
      return found
    }
    guard name != nil || number != nil else {
      if let hall, !hall.isMissing { throw .unknownSpaceGroup(path: path, name: hall.text) }
      // A file that says nothing of symmetry lists all its atoms.
      return [.identity]
    }
    guard
      let found = SpaceGroupTable.operations(
        name: name?.text, number: number.flatMap { Int($0.text) }, cell: cell)
    else {
      throw .unknownSpaceGroup(path: path, name: name?.text ?? number?.text ?? "")
    }
    return found
  }
}
