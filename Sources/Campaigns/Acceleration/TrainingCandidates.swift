public import Engines
import Foundation
import Interfaces
import LearnedPotential
public import Structures

/// Small cells that hold what a potential for alkali metals on electrolytes has to know.
///
/// Crystals of the elements strained and shaken, alone and with a vacancy; slabs of the metals with and without a
/// vacancy, into which a neighbour is on its way; slabs of the compounds; and interfaces of both in every registry, at
/// gaps from too close to far, with and without a vacancy.
public struct TrainingCandidates: Sendable {
  /// One cell.
  public struct Candidate: Sendable, Hashable {
    /// What it is, for a line of progress.
    public var kind: String
    /// Whether a metal lies on a compound.
    public var isInterface = false
    /// The geometry.
    public var structure: Structure
    /// Mesh; no stress, which converges far more slowly with the basis set than energies of strained cells.
    public var sampling: Sampling
  }

  /// Elements that may occur.
  public let elements: Set<Element>
  /// Most atoms of a cell.
  public let largestCell: Int
  let preset: Preset

  /// Empty height above slabs, angstrom.
  static let vacuum = 9.0
  /// Least thickness of a slab, angstrom: three layers of bcc (111) are no crystal between two surfaces, nor is one of Li3PO4.
  ///
  /// A fit that knew the crystal and one layer of Li3PO4 (3.4 angstrom) left 2 to 3 eV/angstrom open of phosphorus beside the
  /// surface of three, for nothing that it knew had the crystal on one side only.
  private static let thinnest = 4.0
  /// Factors between which volumes lie.
  private static let volumes = 0.92...1.10
  /// Standard deviations of displacements lie between these, angstrom.
  private static let shakes = 0.02...0.25

  /// Least length of a mesh, angstrom: energies of coarser ones could not be compared with each other.
  private static let meshLength = 20.5

  /// Length of the mesh of a metal's crystal of one or two atoms, angstrom.
  ///
  /// Its energy oscillates with the mesh. For bcc lithium it lies, in meV for each atom above that of 32 divisions of
  /// the primitive cell: at 22 angstrom (9 divisions) -2.3, at 29 (12) +4.7, at 39 (16) 0.0, at 49 (20) -0.1; in the
  /// conventional cell at 21 (6) -0.1, at 27 (8) -2.2, at 41 (12) +1.1, at 55 (16) -0.5.
  static let metalMeshLength = 43.0

  /// Least length of the mesh of a salt alone, crystal or slab, angstrom: see ``MeshQuality``.
  private static let saltMeshLength = 16.0

  /// That with which the energy of an oxide alone counts as it is.
  private static let oxideMeshLength = 27.0

  /// Prepares the crystals.
  ///
  /// - Parameters:
  ///   - elements: all that may occur; built-in crystals of them are taken.
  ///   - preset: whose meshes are used.
  ///   - largestCell: most atoms of a cell.
  public init(elements: Set<Element>, preset: Preset, largestCell: Int) {
    self.elements = elements
    self.preset = preset
    self.largestCell = largestCell
  }

  /// Built-in crystals of the elements; without any no cell can be drawn.
  package var crystals: [Prototype] {
    Prototype.all.filter { elements.isSuperset(of: $0.structure.elements) }
  }

  /// Those that a metal lies on.
  var pairs: [Prototype] { crystals.filter { !$0.isElement } }

  /// Crystals of the elements beside which one exists.
  func phases(of pair: Prototype) -> [Substrate] {
    let elements = Set(pair.structure.elements)
    return pairs.filter {
      elements.isSuperset(of: $0.structure.elements)
        && $0.structure.formula != pair.structure.formula
    }.map(Substrate.init)
  }

  /// Draws cells.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - seed: equal ones give equal cells.
  /// - Returns: as many, kinds in turn; fewer where the elements form no built-in crystal.
  /// - Throws: `InterfaceError` where a built-in crystal cannot be cut.
  public func draw(_ count: Int, seed: UInt64) throws -> [Candidate] {
    var random = SplitMix(state: seed)
    var result: [Candidate] = []
    let faces = try faces
    guard !crystals.isEmpty else { return [] }
    // Interfaces are what is asked of a potential, and vary most.
    let turns = faces.isEmpty ? 3 : 6
    let interfaces = try faces.map { try smallInterfaces(of: $0) }
    var attempts = 0
    while result.count < count, attempts < 20 * count {
      attempts += 1
      let crystal = crystals[Int.random(in: crystals.indices, using: &random)]
      let candidate: Candidate? =
        switch attempts % turns {
        case 0: bulk(crystal, &random)
        case 1, 2: try slab(crystal, faces, &random)
        default: interface(interfaces[Int.random(in: faces.indices, using: &random)], &random)
        }
      if let candidate, candidate.structure.count <= largestCell,
        candidate.structure.hasRoomForItsAtoms
      {
        result.append(candidate)
      }
    }
    return result
  }

  // MARK: Kinds

  private func bulk(_ crystal: Prototype, _ random: inout SplitMix) -> Candidate {
    let primitive = crystal.primitive
    var side = 1
    // Half of them primitive cells, which tell how the energy changes with strain; the others are shaken.
    let isPrimitive = random.uniform() < 0.5
    while !isPrimitive,
      primitive.count * (side + 1) * (side + 1) * (side + 1) <= min(20, largestCell)
    {
      side += 1
    }
    var structure = primitive.supercell(.diagonal(side, side, side))
    var kind = crystal.name
    // A vacancy in a salt without metal leaves holes or electrons in its bands: an energy that no sum over
    // surroundings can tell, and that no interface has.
    if crystal.isElement, structure.count > 7, random.uniform() < 0.4 {
      structure = structure.removing(at: Int.random(in: 0..<structure.count, using: &random))
      kind += " with a vacancy"
    }
    return candidate(kind, strained(structure, &random), isSlab: false, &random)
  }

  private func slab(
    _ crystal: Prototype, _ faces: [CompoundFace], _ random: inout SplitMix
  ) throws -> Candidate? {
    let isMetal = crystal.isElement
    let others =
      crystal.usualSurface == MetalStructure.hcp.usualSurface ? ["10-10"] : ["110", "111"]
    let surfaces = [crystal.usualSurface] + (isMetal ? others : [])
    let surface = surfaces[Int.random(in: surfaces.indices, using: &random)]
    let oriented = try crystal.oriented(to: surface)
    let layers = Int.random(in: 3...7, using: &random)
    let vacuum = TrainingCandidates.vacuum
    let known = faces.filter { $0.crystal.name == crystal.name }
    let termination =
      known.count > 1 ? known[Int.random(in: known.indices, using: &random)].termination : 1
    let cut =
      isMetal
      ? oriented.slabWithFewestBrokenBonds(layers: layers, vacuum: vacuum)
      : oriented.terminations(minimumThickness: TrainingCandidates.thinnest)
        .dropFirst(termination - 1).first.map { oriented.slab($0, vacuum: vacuum) }
    guard var cut, cut.thickness >= TrainingCandidates.thinnest else { return nil }
    cut = cut.supercell(shape(cut.structure.count, &random))
    var kind = "\(crystal.name)(\(surface)), \(cut.layerCount) layers"
    if isMetal, cut.structure.count > 9, random.uniform() < 0.7 {
      let layer = Int.random(in: 0..<((cut.layerCount + 1) / 2), using: &random)
      guard let atom = cut.atoms(inLayer: layer).first else { return nil }
      cut.structure = withVacancy(cut.structure, at: atom, &random)
      kind += ", vacancy in layer \(layer + 1)"
    }
    return candidate(kind, cut.structure, isSlab: true, &random)
  }

  /// What is asked for in a slab's place: the part of it that its plane repeats, where it is too large itself.
  func asked(for met: Structure) -> Structure {
    met.count > largestCell ? met.primitiveInPlane() : met
  }

  /// A cell that is not drawn but was met.
  ///
  /// - Parameters:
  ///   - kind: what it is.
  ///   - met: the cell.
  ///   - isSlab: whether there is a vacuum in it.
  ///   - isInterface: whether a metal lies on a compound in it.
  ///   - isSettled: whether its energy is to count as it is, which takes a longer mesh where it holds a metal.
  /// - Returns: the cell, or the part of it that its plane repeats where it is too large; nil where that is too, or its
  ///   atoms have no room.
  func candidate(
    _ kind: String, _ met: Structure, isSlab: Bool, isInterface: Bool, isSettled: Bool = false
  ) -> Candidate? {
    let structure = isSlab ? asked(for: met) : met
    guard structure.count <= largestCell, structure.hasRoomForItsAtoms else { return nil }
    return Candidate(
      kind: kind, isInterface: isInterface, structure: structure,
      sampling: sampling(
        of: structure, isSlab: isSlab,
        length: isSettled ? settledLength(of: structure, isSlab: isSlab) : nil))
  }

  // MARK: Changes

  func candidate(
    _ kind: String, _ structure: Structure, isSlab: Bool, _ random: inout SplitMix
  ) -> Candidate {
    let range = TrainingCandidates.shakes
    let width =
      range.lowerBound * pow(range.upperBound / range.lowerBound, random.uniform())
    var shaken = structure
    let displacements = structure.positions.map { _ in
      width * Vector3(random.normal(), random.normal(), random.normal())
    }
    for (index, displacement) in StiffBonds(structure).softened(displacements).enumerated() {
      shaken.positions[index].vector += displacement
    }
    return Candidate(
      kind: kind, structure: shaken, sampling: sampling(of: structure, isSlab: isSlab))
  }

  /// The mesh of a cell, as long as its kind needs unless a length is given.
  func sampling(
    of structure: Structure, isSlab: Bool, length: Double? = nil
  ) -> Sampling {
    let length = length ?? meshLength(of: structure, isSlab: isSlab)
    return Sampling(
      kPointGrid: AssessmentSettings.mesh(for: structure.cell, length: length, slab: isSlab))
  }

  private func meshLength(of structure: Structure, isSlab: Bool) -> Double {
    let least = TrainingCandidates.meshLength
    if structure.hasBalancedIons { return TrainingCandidates.saltMeshLength }
    if isSlab { return max(least, preset.general.meshLength) }
    if !structure.isMetallic { return max(least, preset.general.bulkMeshLength) }
    // Of a metal's crystal of several atoms the forces tell more than the energy, and need no fine mesh, which would
    // take five times as long.
    return structure.count <= 2 ? TrainingCandidates.metalMeshLength : least
  }

  /// The length of a mesh with which energies count as they are (``MeshQuality/settled``).
  private func settledLength(of structure: Structure, isSlab: Bool) -> Double {
    let usual = meshLength(of: structure, isSlab: isSlab)
    // An oxide needs a longer one than another salt.
    if structure.hasBalancedIons {
      return structure.elements.contains(.oxygen)
        ? max(usual, TrainingCandidates.oxideMeshLength) : usual
    }
    return structure.holdsMetal ? max(usual, TrainingCandidates.metalMeshLength) : usual
  }

  private func strained(_ structure: Structure, _ random: inout SplitMix) -> Structure {
    let scale = cbrt(Double.random(in: TrainingCandidates.volumes, using: &random))
    var deformation = Matrix3.identity * scale
    for i in 0..<3 {
      for j in i..<3 {
        let shear = 0.02 * random.normal()
        deformation[i, j] += shear
        if i != j { deformation[j, i] += shear }
      }
    }
    return structure.deformed(by: deformation)
  }

  /// A vacancy, half of them with a neighbour on its way into it.
  func withVacancy(
    _ structure: Structure, at atom: Int, _ random: inout SplitMix
  ) -> Structure {
    var result = structure
    if random.uniform() < 0.5 {
      let hole = structure.positions[atom].vector
      let near = structure.neighbors(within: 4)[atom]
        .filter { structure.species[$0.index] == structure.species[atom] }
      if !near.isEmpty {
        let neighbor = near[Int.random(in: near.indices, using: &random)]
        let way = structure.cell.nearestImage(hole - structure.positions[neighbor.index].vector)
        result.positions[neighbor.index].vector += (0.55 * random.uniform()) * way
      }
    }
    return result.removing(at: atom)
  }

  /// An in-plane supercell that still has few enough atoms.
  func shape(_ count: Int, _ random: inout SplitMix) -> IntegerMatrix2 {
    let shapes = [
      IntegerMatrix2.diagonal(1, 1), .diagonal(2, 1), IntegerMatrix2(SIMD2(1, 1), SIMD2(-1, 1)),
      .diagonal(2, 2), .diagonal(3, 2),
    ].filter { abs($0.determinant) * count <= largestCell + 1 }
    return shapes.isEmpty
      ? .diagonal(1, 1) : shapes[Int.random(in: shapes.indices, using: &random)]
  }
}

extension Prototype {
  /// Whether it is an element, which of these crystals only metals are.
  var isElement: Bool { structure.elements.count == 1 }

  /// Its primitive cell.
  var primitive: Structure {
    (try? Symmetry(of: structure).primitive) ?? structure
  }

  /// Turned for cuts along a surface.
  func oriented(to surface: String) throws -> OrientedCrystal {
    try OrientedCrystal(
      structure, surface: MillerIndices(parsing: surface), tolerance: 1e-2)
  }
}

extension Structure {
  /// Whether no two atoms are so close that no solid has them there: four fifths of a bond's length.
  ///
  /// Below it GPAW's forces on ions of lithium oxide are 1 to 29 eV/angstrom.
  fileprivate var hasRoomForItsAtoms: Bool {
    neighbors(within: 3).enumerated().allSatisfy { atom, list in
      list.allSatisfy {
        $0.distance > 0.8 * (species[atom].covalentRadius + species[$0.index].covalentRadius)
      }
    }
  }
}
