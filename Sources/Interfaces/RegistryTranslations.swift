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
  ///   - tolerance: distance in angstrom within which translations count as equal.
  /// - Returns: registries named "grid 1", "grid 2", …; the first puts the first atom of the metal's
  ///   lowest layer over the origin. O(mesh points * operations * distinct points).
  public func registryGrid(
    for metal: Slab, spacing: Double, tolerance: Double = 1e-2
  ) -> [Registry] {
    let own = PlaneSymmetry(of: structure, tolerance: tolerance).operations
    let other = PlaneSymmetry(of: metal.structure, tolerance: tolerance).operations
    var maps: [(rotation: IntegerMatrix2, translation: SIMD2<Double>)] = []
    for operation in own {
      for partner in other where partner.rotation == operation.rotation {
        maps.append((operation.rotation, operation.translation - partner.translation))
      }
    }
    let flat = Cell(a: structure.cell.a, b: structure.cell.b, c: Vector3(0, 0, 1))
    let divisions = [flat.a, flat.b].map { max(1, Int(($0.length / spacing).rounded(.up))) }
    // The metal's atom that registries place; translations count from it.
    let anchor = metal.atoms(inLayer: 0).first.map { metal.structure.positions[$0] }
    let start = anchor.map { flat.fractional($0).vector } ?? .zero
    func vector(_ point: SIMD2<Double>) -> Vector3 { point.x * flat.a + point.y * flat.b }
    func isSame(_ first: SIMD2<Double>, _ second: SIMD2<Double>) -> Bool {
      flat.lateralDistance(vector(first), vector(second)) < 2 * tolerance
    }
    var kept: [SIMD2<Double>] = []
    for i in 0..<divisions[0] {
      for j in 0..<divisions[1] {
        let site = SIMD2(Double(i) / Double(divisions[0]), Double(j) / Double(divisions[1]))
        let shift = site - SIMD2(start.x, start.y)
        let isNew = !maps.contains { map in
          let image =
            PlaneSymmetry.apply(map.rotation, shift) + map.translation + SIMD2(start.x, start.y)
          return kept.contains { isSame($0, image) }
        }
        if isNew { kept.append(site) }
      }
    }
    return kept.enumerated().map { index, site in
      var position = vector(site)
      position.z = 0
      return Registry(name: "grid \(index + 1)", kind: .grid, site: position)
    }
  }
}
