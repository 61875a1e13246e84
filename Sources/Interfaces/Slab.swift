public import Structures

/// A crystal cut along one plane: atoms in layers, with vacuum along z.
public struct Slab: Sendable, Hashable, Codable {
  /// Cell with c along z, and atoms by rising layer.
  public var structure: Structure
  /// Layer of each atom, 0 for the lowest; same order as the atoms.
  public var layers: [Int]
  /// The plane the slab is cut along.
  public var surface: MillerIndices

  /// Number of atomic layers.
  public var layerCount: Int { (layers.max() ?? -1) + 1 }

  /// Area of one face in square angstrom.
  public var area: Double { structure.cell.faceArea }

  /// Distance from the lowest to the highest atom in angstrom.
  public var thickness: Double {
    let heights = structure.positions.map(\.z)
    guard let low = heights.min(), let high = heights.max() else { return 0 }
    return high - low
  }

  /// Indices of the atoms of one layer, counted from 0 at the bottom.
  public func atoms(inLayer layer: Int) -> [Int] {
    layers.indices.filter { layers[$0] == layer }
  }

  /// The slab in a cell of another height, centred in it.
  ///
  /// - Parameter height: length of c in angstrom; larger than the thickness.
  /// - Returns: the same atoms in the middle of the new cell.
  public func inCell(ofHeight height: Double) -> Slab {
    precondition(height > thickness, "a slab needs a cell higher than itself")
    var result = self
    result.structure.cell.c = Vector3(0, 0, height)
    let heights = structure.positions.map(\.z)
    let middle = ((heights.min() ?? 0) + (heights.max() ?? 0)) / 2
    result.structure = result.structure.translated(by: Vector3(0, 0, height / 2 - middle))
    return result
  }

  /// An in-plane supercell; layers are kept.
  public func supercell(_ rows: IntegerMatrix2) -> Slab {
    var result = self
    result.structure = structure.supercell(rows.inSpace).turnedIntoPlane()
    result.layers = (0..<abs(rows.determinant)).flatMap { _ in layers }
    return result
  }

  /// Atoms of the lowest layers: what a relaxation may hold.
  public func atoms(inBottom count: Int) -> Set<Int> {
    Set(layers.indices.filter { layers[$0] < count })
  }

  /// Atoms of the layers in the middle; where their number cannot be centred, one more below.
  public func atoms(inMiddle count: Int) -> Set<Int> {
    let held = max(0, min(count, layerCount))
    let first = (layerCount - held) / 2
    return Set(layers.indices.filter { (first..<(first + held)).contains(layers[$0]) })
  }

  /// Whether an operation of symmetry exchanges the two faces.
  ///
  /// - Throws: ``InterfaceError/symmetry(_:)``.
  public func facesAreAlike(tolerance: Double = 1e-2) throws(InterfaceError) -> Bool {
    do throws(StructureError) {
      return try structure.hasOperationReversingNormal(tolerance: tolerance)
    } catch {
      throw .symmetry(error)
    }
  }
}

extension OrientedCrystal {
  /// The slab of a termination.
  ///
  /// - Parameters:
  ///   - cut: one of ``terminations(minimumThickness:minimumPlanes:wholeRepeats:planeTolerance:)``.
  ///   - vacuum: empty height in angstrom between the slab and its image.
  /// - Returns: the slab, centred. O(atoms).
  public func slab(_ cut: Termination, vacuum: Double) -> Slab {
    slab(
      firstPlane: cut.firstPlane, planeCount: cut.planeCount, vacuum: vacuum,
      planeTolerance: cut.planeTolerance)
  }

  /// The slab of a number of planes that breaks the fewest bonds: how an element is cut.
  ///
  /// - Parameters:
  ///   - layers: number of atomic planes.
  ///   - vacuum: empty height in angstrom between the slab and its image.
  /// - Returns: the slab, centred.
  public func slabWithFewestBrokenBonds(layers: Int, vacuum: Double) -> Slab {
    slab(
      firstPlane: firstPlaneWithFewestBrokenBonds(planeCount: layers), planeCount: layers,
      vacuum: vacuum)
  }

  /// Cuts a slab out of the stack of planes.
  ///
  /// - Parameters:
  ///   - firstPlane: which plane of the repeat is the lowest of the slab.
  ///   - planeCount: number of atomic planes.
  ///   - vacuum: empty height in angstrom between the slab and its image.
  ///   - planeTolerance: atoms whose heights differ by less, in angstrom, share a plane.
  /// - Returns: the slab, centred, its atoms wrapped sideways into the cell. O(atoms).
  public func slab(
    firstPlane: Int = 0, planeCount: Int, vacuum: Double,
    planeTolerance: Double = OrientedCrystal.planeTolerance
  ) -> Slab {
    precondition(planeCount > 0, "a slab has at least one plane")
    let planes = planes(tolerance: planeTolerance)
    let cell = structure.cell
    let surfaceCell = Cell(a: cell.a, b: cell.b, c: Vector3(0, 0, 1))
    var species: [Element] = []
    var positions: [CartesianPosition] = []
    var layers: [Int] = []
    for layer in 0..<planeCount {
      let number = firstPlane + layer
      let plane = planes[number % planes.count]
      for (index, shift) in plane.atoms {
        let repeats = Double(number / planes.count + shift)
        let position = structure.positions[index].vector + repeats * cell.c
        var fractional = surfaceCell.fractional(CartesianPosition(position)).vector
        for axis in 0..<2 {
          fractional[axis] -= (fractional[axis] + 1e-9).rounded(.down)
        }
        species.append(structure.species[index])
        positions.append(surfaceCell.cartesian(FractionalPosition(fractional)))
        layers.append(layer)
      }
    }
    let raw = Slab(
      structure: Structure(cell: surfaceCell, species: species, positions: positions),
      layers: layers, surface: surface)
    return raw.inCell(ofHeight: raw.thickness + vacuum)
  }
}
