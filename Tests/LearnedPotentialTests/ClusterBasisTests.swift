import Foundation
import Structures
import TestSupport
import Testing

@testable import LearnedPotential

@Suite("Cluster basis")
struct ClusterBasisTests {
  static let basis = ClusterBasis(
    ClusterBasisSettings(
      elements: [.lithium, .chlorine], cutoff: 5, degrees: [6, 6, 6], angularWeight: 1))

  /// A small cell that nothing is special about.
  static let structure = TestSystems.triclinic.rattled(by: 0.2, seed: 3)

  @Test("harmonics are orthonormal over the sphere and their gradients are derivatives")
  func harmonics() {
    let harmonics = SphericalHarmonics(degree: 5)
    func values(_ u: Vector3) -> (values: [Double], gradients: [Double]) {
      var values = [Double](repeating: 0, count: harmonics.count)
      var gradients = [Double](repeating: 0, count: 3 * harmonics.count)
      harmonics.evaluate(u.x, u.y, u.z, values: &values, gradients: &gradients)
      return (values, gradients)
    }
    // Gauss-Legendre with 8 points along z, 16 around: exact for all products up to degree 10.
    let nodes: [(z: Double, weight: Double)] = [
      (0.1834346424956498, 0.362683783378362), (0.525532409916329, 0.3137066458778873),
      (0.7966664774136267, 0.2223810344533745), (0.9602898564975363, 0.1012285362903763),
    ].flatMap { [($0.0, $0.1), (-$0.0, $0.1)] }
    var overlap = [Double](repeating: 0, count: harmonics.count * harmonics.count)
    for node in nodes {
      for step in 0..<16 {
        let phi = 2 * Double.pi * Double(step) / 16
        let rho = (1 - node.z * node.z).squareRoot()
        let y = values(Vector3(rho * cos(phi), rho * sin(phi), node.z)).values
        for i in y.indices {
          for j in y.indices {
            overlap[i * harmonics.count + j] += node.weight / 32 * y[i] * y[j]
          }
        }
      }
    }
    for i in 0..<harmonics.count {
      for j in 0..<harmonics.count {
        #expect(abs(overlap[i * harmonics.count + j] - (i == j ? 1 : 0)) < 1e-12)
      }
    }
    let u = Vector3(0.36, -0.48, 0.8)
    let (_, gradients) = values(u)
    for axis in 0..<3 {
      let step = 1e-5
      var (up, down) = (u, u)
      up[axis] += step
      down[axis] -= step
      let (above, below) = (values(up / up.length).values, values(down / down.length).values)
      for index in above.indices {
        let slope = (above[index] - below[index]) / (2 * step)
        #expect(abs(slope - gradients[axis * harmonics.count + index]) < 1e-8)
      }
    }
  }

  @Test("3j symbols have their tabulated values and are orthogonal")
  func wigner() {
    #expect(abs(AngularCoupling.wigner3j((1, 1, 2), (0, 0, 0)) - (2.0 / 15).squareRoot()) < 1e-14)
    #expect(abs(AngularCoupling.wigner3j((2, 2, 2), (0, 0, 0)) + (2.0 / 35).squareRoot()) < 1e-14)
    #expect(abs(AngularCoupling.wigner3j((1, 1, 1), (1, -1, 0)) - (1.0 / 6).squareRoot()) < 1e-14)
    for l in [[1, 1, 2], [2, 2, 2], [3, 2, 1], [4, 2, 2], [3, 3, 4]] {
      let norm = AngularCoupling.complexTerms(l).reduce(0) { $0 + $1.coefficient * $1.coefficient }
      let real = AngularCoupling.realTerms(l).reduce(0) { $0 + $1.coefficient * $1.coefficient }
      #expect(abs(norm - 1) < 1e-12)
      #expect(abs(real - 1) < 1e-12)
    }
  }

  @Test("radial functions are orthonormal, end smoothly, and have their slopes")
  func radial() {
    let radial = RadialFunctions(count: 8, cutoff: 6, innerDistance: 1.8, exponent: 1.5)
    let points = 4000
    var overlap = [Double](repeating: 0, count: 64)
    for point in 0..<points {
      let r = 1.8 + 4.2 * (Double(point) + 0.5) / Double(points)
      let values = radial.values(at: r).values
      for i in 0..<8 {
        for j in 0..<8 {
          overlap[8 * i + j] +=
            4 * Double.pi * r * r * 0.05 * 4.2 / Double(points) * values[i] * values[j]
        }
      }
    }
    for i in 0..<8 {
      for j in 0..<8 { #expect(abs(overlap[8 * i + j] - (i == j ? 1 : 0)) < 1e-4) }
    }
    for r in [1.5, 2.7, 4.4, 5.9] {
      let slopes = radial.values(at: r).slopes
      let (up, down) = (radial.values(at: r + 1e-5).values, radial.values(at: r - 1e-5).values)
      for n in 0..<8 { #expect(abs((up[n] - down[n]) / 2e-5 - slopes[n]) < 1e-5) }
    }
    // u^3 with exponent 1.5: a value of the order of the distance to the cut-off to the power of 4.5.
    let near = radial.values(at: 6 - 1e-3)
    #expect(near.values.allSatisfy { abs($0) < 1e-9 })
    #expect(near.slopes.allSatisfy { abs($0) < 1e-6 })
    #expect(radial.values(at: 6).values.allSatisfy { $0 == 0 })
    let core = CoreRepulsion(charges: 51, distance: 1.5, cutoff: 6)
    #expect(abs(core.value(at: 1.5).energy / 0.5 - 0.5 * (1 + cos(Double.pi / 4))) < 1e-12)
    let slope = (core.value(at: 1.2 + 1e-6).energy - core.value(at: 1.2 - 1e-6).energy) / 2e-6
    #expect(abs(slope - core.value(at: 1.2).slope) < 1e-6 * abs(slope))
  }

  @Test("every function is left alone by rotation, inversion and the order of atoms")
  func invariances() {
    let (sine, cosine) = (sin(0.7), cos(0.7))
    let turn =
      Matrix3(rows: Vector3(cosine, -sine, 0), Vector3(sine, cosine, 0), Vector3(0, 0, 1))
      * Matrix3(rows: Vector3(1, 0, 0), Vector3(0, sine, -cosine), Vector3(0, cosine, sine))
    let structure = Self.structure
    let rows = DesignRows(structure, basis: Self.basis)
    let moved = structure.deformed(by: turn)
    let turned = DesignRows(moved, basis: Self.basis)
    let inverted = DesignRows(structure.deformed(by: Matrix3.identity * -1), basis: Self.basis)
    let order = [2, 3, 0, 1]
    let shuffled = DesignRows(
      Structure(
        cell: structure.cell, species: order.map { structure.species[$0] },
        positions: order.map { structure.positions[$0] }), basis: Self.basis)
    for index in 0..<Self.basis.count {
      let value = rows.energy[index]
      let scale = 1e-11 * max(1, abs(value))
      #expect(abs(turned.energy[index] - value) < scale)
      #expect(abs(inverted.energy[index] - value) < scale)
      #expect(abs(shuffled.energy[index] - value) < scale)
    }
    #expect(rows.energy.filter { abs($0) > 1e-6 }.count == Self.basis.count)
  }

  @Test("forces and stress of every function are derivatives of its energy")
  func derivatives() {
    let structure = Self.structure
    let rows = DesignRows(structure, basis: Self.basis)
    let step = 1e-5
    let width = 3 * structure.count
    for (atom, axis) in [(0, 0), (1, 2), (3, 1)] {
      var (up, down) = (structure, structure)
      up.positions[atom].vector[axis] += step
      down.positions[atom].vector[axis] -= step
      let (above, below) = (
        DesignRows(up, basis: Self.basis), DesignRows(down, basis: Self.basis)
      )
      for index in 0..<Self.basis.count {
        let slope = (above.energy[index] - below.energy[index]) / (2 * step)
        let force = rows.forces[index * width + 3 * atom + axis]
        #expect(abs(slope + force) < 1e-7 * max(1, abs(force)))
      }
      let core = (above.coreEnergy - below.coreEnergy) / (2 * step)
      #expect(abs(core + rows.coreForces[3 * atom + axis]) < 1e-7)
    }
    for (number, pair) in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)].enumerated() {
      func strained(_ size: Double) -> DesignRows {
        var deformation = Matrix3.identity
        deformation[pair.0, pair.1] += 0.5 * size
        deformation[pair.1, pair.0] += 0.5 * size
        return DesignRows(structure.deformed(by: deformation), basis: Self.basis)
      }
      let (above, below) = (strained(step), strained(-step))
      for index in 0..<Self.basis.count {
        let slope = (above.energy[index] - below.energy[index]) / (2 * step)
        let virial = rows.virial[6 * index + number]
        #expect(abs(slope - virial) < 1e-6 * max(1, abs(virial)))
      }
    }
  }

  @Test("a basis is complete: all products within the degree, each once")
  func completeness() {
    // Counted by hand for one element and degrees 3, 4, 4: n from 1, l counts 1.
    let basis = ClusterBasis(
      ClusterBasisSettings(elements: [.lithium], cutoff: 5, degrees: [3, 4, 4]))
    // Order 1: n = 1, 2, 3. Order 2: (1,1)l=0, (1,2), (1,3), (2,2); l=1: (1,1). Order 3: (1,1,1), (1,1,2).
    let orders = basis.functions.map(\.channels.count)
    #expect(orders.filter { $0 == 1 }.count == 3)
    #expect(orders.filter { $0 == 2 }.count == 5)
    #expect(orders.filter { $0 == 3 }.count == 2)
    #expect(Set(basis.functions.map(\.channels)).count == basis.functions.count)
    #expect(basis.count == 11)
  }

  @Test("a basis reaches five shells of neighbours of the metal")
  func reach() throws {
    func cutoff(_ symbols: String...) throws -> Double {
      ClusterBasisSettings(elements: try symbols.map { try #require(Element(symbol: $0)) }).cutoff
    }
    #expect(try cutoff("Li") == 6.5)
    #expect(try cutoff("Li", "Cl") == 6.5)
    #expect(try cutoff("Mg", "O") == 6.5)
    #expect(try cutoff("Na") == 8)
    #expect(try cutoff("Cl", "Na", "Li", "O") == 8)
    for (metal, cutoff) in [(Element.lithium, 6.5), (.sodium, 8)] {
      let crystal = try #require(Prototype.metal(metal, .bcc))
      #expect(crystal.neighbors(within: cutoff)[0].count == 58)
    }
  }
}
