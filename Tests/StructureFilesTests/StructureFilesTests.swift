import Foundation
import StructureFiles
import Structures
import TestSupport
import Testing

@Suite struct CIFTests {
  static let rockSalt = """
    # a comment
    data_LiCl
    _cell_length_a 5.1401(2)
    _cell_length_b 5.1401(2)
    _cell_length_c 5.1401(2)
    _cell_angle_alpha 90
    _cell_angle_beta 90.000
    _cell_angle_gamma 90
    _symmetry_space_group_name_H-M 'F m -3 m'
    _symmetry_Int_Tables_number 225
    _publ_text
    ;
    several lines
    _cell_length_a 1.0
    ;
    loop_
    _atom_site_label
    _atom_site_type_symbol
    _atom_site_fract_x
    _atom_site_fract_y
    _atom_site_fract_z
    _atom_site_occupancy
    Li1 Li1+ 0 0 0 1
    Cl1 Cl1- 0.5 0.5 0.5 1.0
    """

  func parse(_ text: String) throws -> Structure {
    try StructureFile.parse(text, path: "test.cif")
  }

  @Test func aSpaceGroupByItsNameFillsTheCell() throws {
    let structure = try parse(Self.rockSalt)
    #expect(structure.count == 8)
    #expect((structure.cell.a.x - 5.1401).magnitude < 1e-12)
    #expect(try Symmetry(of: structure).spaceGroupNumber == 225)
    #expect((try #require(structure.shortestDistance).distance - 2.57005).magnitude < 1e-9)
  }

  @Test func operationsOfTheFileAreUsed() throws {
    let text = """
      data_x
      _cell_length_a 4
      _cell_length_b 4
      _cell_length_c 6
      loop_
      _space_group_symop_operation_xyz
      'x, y, z'
      '-X, -Y, Z'
      "1/2+x, y+.5, 0.5-z"
      loop_
      _atom_site_label
      _atom_site_fract_x
      _atom_site_fract_y
      _atom_site_fract_z
      Na1 0 0 0.1
      """
    let structure = try parse(text)
    // (0, 0, 0.1) lies on the axis: the second operation gives the same atom again.
    #expect(structure.count == 2)
    let image = structure.fractionalPositions[1].vector
    #expect((image - Vector3(0.5, 0.5, 0.4)).length < 1e-12)
  }

  /// Rhombohedral axes and hexagonal axes of one group differ; the cell decides.
  ///
  /// R-3m, one atom at
  /// the origin: three lattice points in hexagonal axes, one in rhombohedral ones.
  @Test func theCellDecidesBetweenRhombohedralSettings() throws {
    func text(_ cell: String) -> String {
      """
      data_x
      \(cell)
      _space_group_name_H-M_alt 'R -3 m'
      loop_
      _atom_site_label
      _atom_site_fract_x
      _atom_site_fract_y
      _atom_site_fract_z
      Li1 0 0 0
      """
    }
    let hexagonal = try parse(
      text(
        "_cell_length_a 3.1\n_cell_length_b 3.1\n_cell_length_c 7.6\n_cell_angle_gamma 120"))
    #expect(hexagonal.count == 3)
    let rhombohedral = try parse(
      text(
        "_cell_length_a 3.1\n_cell_length_b 3.1\n_cell_length_c 3.1\n_cell_angle_alpha 80\n"
          + "_cell_angle_beta 80\n_cell_angle_gamma 80"))
    #expect(rhombohedral.count == 1)
  }

  /// Fd-3m has two origins; its plain name does not say which.
  @Test func anAmbiguousOriginIsRefused() {
    let text = Self.rockSalt.replacing("F m -3 m", with: "F d -3 m")
    #expect(throws: StructureFileError.unknownSpaceGroup(path: "test.cif", name: "F d -3 m")) {
      try parse(text)
    }
  }

  @Test func faultsAreNamedWithTheirLines() throws {
    func expect(_ text: String, _ check: (StructureFileError) -> Bool) {
      do {
        _ = try StructureFile.parse(text, path: "test.cif")
        Issue.record("accepted: \(text.prefix(80))")
      } catch {
        #expect(check(error), "\(error)")
      }
    }
    expect("") { $0 == .empty(path: "test.cif") }
    expect(" \n\t\n") { $0 == .empty(path: "test.cif") }
    expect("data_x\n_other 1\n") { $0 == .noCell(path: "test.cif", item: "_cell_length_a") }
    expect("no cif at all") { $0 == .unknownFormat(path: "test.cif") }
    let head = Self.rockSalt.components(separatedBy: "loop_")[0]
    expect(head) { $0 == .noAtoms(path: "test.cif") }
    expect(Self.rockSalt.replacing("0 0 0 1\n", with: "0 0 0 0.5\n")) {
      $0 == .partialOccupancy(path: "test.cif", line: 23, site: "Li1", occupancy: 0.5)
    }
    expect(Self.rockSalt.replacing("Li1 Li1+", with: "Qq1 Qq")) {
      $0 == .unknownElement(path: "test.cif", line: 23, symbol: "Qq")
    }
    expect(Self.rockSalt.replacing("Li1 Li1+ 0 0 0", with: "Li1 Li1+ 0 zero 0")) {
      $0 == .badValue(path: "test.cif", line: 23, expected: "a number", found: "zero")
    }
    expect(Self.rockSalt.replacing("0.5 0.5 0.5", with: "0.1 0.05 0")) {
      guard case .notACrystal(_, .overlappingAtoms) = $0 else { return false }
      return true
    }
    expect(Self.rockSalt + "\nLi2 Li1+ 0 0") {
      guard case .badValue = $0 else { return false }
      return true
    }
  }

  @Test func aMissingFileAndAFolderAreNamed() {
    #expect(throws: StructureFileError.self) { try StructureFile.read(path: "/no/such.cif") }
    #expect(throws: StructureFileError.unreadable(path: "/usr", reason: "it is a folder")) {
      try StructureFile.read(path: "/usr")
    }
  }
}

@Suite struct RoundTripTests {
  static let structures: [Structure] =
    Prototype.all.map { $0.structure } + [TestSystems.triclinic.rattled(by: 0.05, seed: 7)]

  /// Distances tell whether a structure survived; CIF keeps lengths and angles, not the orientation.
  func expectEqual(_ left: Structure, _ right: Structure) {
    #expect(left.species == right.species)
    for (first, second) in zip(left.fractionalPositions, right.fractionalPositions) {
      #expect((first.vector - second.vector).length < 1e-10)
    }
    #expect((left.cell.lengths - right.cell.lengths).length < 1e-10)
    #expect((left.cell.angles - right.cell.angles).length < 1e-8)
  }

  @Test(arguments: structures.indices) func cif(index: Int) throws {
    let structure = Self.structures[index].wrapped
    let text = CrystallographicInformationFile.text(of: structure, name: "a b/c")
    expectEqual(try StructureFile.parse(text, path: "x.cif"), structure)
  }

  @Test(arguments: structures.indices) func poscar(index: Int) throws {
    let structure = Self.structures[index]
    let text = POSCARFile.text(of: structure, comment: "two\nlines")
    let back = try StructureFile.parse(text, path: "POSCAR")
    expectEqual(back, structure)
  }

  @Test(arguments: structures.indices) func extendedXYZ(index: Int) throws {
    let structure = Self.structures[index]
    let frame = ExtendedXYZ(
      structure, energy: -1.5, forces: structure.positions.map { $0.vector * 0.1 })
    let back = try StructureFile.parse(frame.text, path: "x.xyz")
    #expect(back.species == structure.species)
    for (first, second) in zip(back.positions, structure.positions) {
      #expect((first.vector - second.vector).length < 1e-10)
    }
  }
}

@Suite struct POSCARTests {
  let version4 = """
    Li Cl
    -33.7
    0.0 2.6 2.6
    2.6 0.0 2.6
    2.6 2.6 0.0
    1 1
    Selective dynamics
    Direct
    0 0 0 T T F
    0.5 0.5 0.5 F F F

    0 0 0
    """

  @Test func version4WithANegativeScaleIsAVolume() throws {
    let structure = try StructureFile.parse(version4, path: "CONTCAR")
    #expect(structure.species == [.lithium, .chlorine])
    #expect((structure.cell.volume - 33.7).magnitude < 1e-9)
  }

  @Test func faultsAreNamed() {
    #expect(throws: StructureFileError.unknownElement(path: "POSCAR", line: 1, symbol: "lattice")) {
      try StructureFile.parse(version4.replacing("Li Cl", with: "lattice x"), path: "POSCAR")
    }
    #expect(throws: StructureFileError.endsEarly(path: "POSCAR", expected: "Direct or Cartesian")) {
      try StructureFile.parse(
        "Li\n1\n3 0 0\n0 3 0\n0 0 3\nLi\n1", path: "POSCAR")
    }
  }
}

/// Whatever bytes come, a reader returns or throws.
@Suite struct MutationTests {
  @Test(arguments: ["x.cif", "POSCAR", "x.xyz"])
  func mutatedFilesNeverTrap(path: String) throws {
    let seedText =
      switch path {
      case "x.cif": CIFTests.rockSalt
      case "POSCAR": POSCARTests().version4
      default: ExtendedXYZ(TestSystems.triclinic).text
      }
    var random = TestSystems.Random(seed: 42)
    var accepted = 0
    let pieces = ["999999999999999999999", "-1", "nan", "1e308", "'", ";", "\n", "loop_", "é", "0"]
    for _ in 0..<3000 {
      var bytes = Array(seedText.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
        case 2:
          bytes.insert(
            contentsOf: Array(pieces.randomElement(using: &random)?.utf8 ?? "".utf8), at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0] }
      }
      do throws(StructureFileError) {
        _ = try StructureFile.parse(String(decoding: bytes, as: UTF8.self), path: path)
        accepted += 1
      } catch {
        continue
      }
    }
    #expect(accepted < 3000)
  }

  /// Images of a path: every frame with its own numbers, and the line of the one that cannot be read.
  @Test func framesFollowEachOther() throws {
    let crystal = TestSystems.triclinic
    let text =
      [0.5, -1.25e-3].map {
        ExtendedXYZ(crystal, energy: $0, numbers: ["path_distance": 2 * $0]).text
      }.joined() + "\n"
    let frames = try ExtendedXYZ.parseAll(text, path: "path.xyz")
    #expect(frames.map(\.energy) == [0.5, -1.25e-3])
    #expect(frames.map(\.numbers) == [["path_distance": 1], ["path_distance": -2.5e-3]])
    #expect(frames.allSatisfy { $0.structure.count == crystal.count })
    // What is within quotes is no number of the frame's, whatever it looks like; a number in quotes is.
    let quoted = text.replacing("Properties", with: "note=\"a energy=7 b\" Properties")
    #expect(try ExtendedXYZ.parse(quoted, path: "path.xyz").energy == 0.5)
    let other = text.replacing("energy=0.5", with: "name=Li's Energy=\"0.25\"")
    #expect(try ExtendedXYZ.parse(other, path: "path.xyz").energy == 0.25)
    let broken = text + "2\nno lattice\nLi 0 0 0\nLi 1 1 1\n"
    #expect(throws: StructureFileError.noCell(path: "path.xyz", item: "Lattice")) {
      try ExtendedXYZ.parseAll(broken, path: "path.xyz")
    }
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).count
    #expect(
      throws: StructureFileError.badValue(
        path: "path.xyz", line: line, expected: "the number of atoms", found: "many")
    ) { try ExtendedXYZ.parseAll(text + "many\n", path: "path.xyz") }
  }
}
