import Foundation
import Structures

extension Slab {
  /// Lateral translations of a metal slab over this one, one for each that symmetry cannot reach.
  ///
  /// Translations `t` and `W t + w_s - w_m` give equivalent interfaces for every rotation W that both
  /// slabs have, with its translation `w_s` in the substrate and `w_m` in the metal; the pure
  /// translations of either slab are among them.
  ///
  /// - Parameters:
  ///   - metal: slab with the same a and b.
  ///   - spacing: largest distance in angstrom between the points of the mesh.
  ///   - tolerance: distance in angstrom within which atoms, and by twice of it translations, count as
  ///     equal.
  /// - Returns: registries named "grid 1", "grid 2", …; the first puts the first atom of the metal's
  ///   lowest layer over the origin. O(mesh points * operations).
  public func registryGrid(
    for metal: Slab, spacing: Double, tolerance: Double = 1e-2
  ) -> [Registry] {
    let own = PlaneSymmetry(of: structure, tolerance: tolerance).operations
    let other = PlaneSymmetry(of: metal.structure, tolerance: tolerance).operations
    let plane = PlaneMetric(structure.cell)
    // The metal's atom that registries place; translations count from it.
    let anchor = metal.atoms(inLayer: 0).first.map { metal.structure.positions[$0].vector }
    let start = anchor.map(plane.fractional) ?? .zero
    // How a site maps to another: x -> W (x - start) + w_s - w_m + start.
    var maps: [(rotation: IntegerMatrix2, translation: SIMD2<Double>)] = []
    for operation in own {
      for partner in other where partner.rotation == operation.rotation {
        let shift = PlaneSymmetry.wrapped(
          operation.translation - partner.translation + start
            - PlaneSymmetry.apply(operation.rotation, start))
        let isNew = !maps.contains {
          $0.rotation == operation.rotation
            && plane.squaredDistance($0.translation, shift) < tolerance * tolerance
        }
        if isNew { maps.append((operation.rotation, shift)) }
      }
    }
    let divisions = [structure.cell.a, structure.cell.b].map {
      max(1, Int(($0.length / spacing).rounded(.up)))
    }
    func site(_ index: Int) -> SIMD2<Double> {
      SIMD2(
        Double(index / divisions[1]) / Double(divisions[0]),
        Double(index % divisions[1]) / Double(divisions[1]))
    }
    var isReached = Array(repeating: false, count: divisions[0] * divisions[1])
    var kept: [SIMD2<Double>] = []
    for index in isReached.indices where !isReached[index] {
      let point = site(index)
      kept.append(point)
      for map in maps {
        // An image that falls on the mesh takes its point out of the list.
        let image = PlaneSymmetry.wrapped(
          PlaneSymmetry.apply(map.rotation, point) + map.translation)
        let i = Int((image.x * Double(divisions[0])).rounded()) % divisions[0]
        let j = Int((image.y * Double(divisions[1])).rounded()) % divisions[1]
        let nearest = i * divisions[1] + j
        if plane.squaredDistance(site(nearest), image) < 4 * tolerance * tolerance {
          isReached[nearest] = true
        }
      }
    }
    return kept.enumerated().map { index, site in
      Registry(name: "grid \(index + 1)", kind: .grid, site: plane.cartesian(site))
    }
  }
}
