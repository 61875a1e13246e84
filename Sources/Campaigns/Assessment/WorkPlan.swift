import Engines
import Interfaces
import Structures

/// The stages ahead with a guess of their cost, from which progress is told.
///
/// A force call is taken to cost `k points * electrons * volume` of its cell, the leading term of a
/// plane-wave code for cells of this size; only ratios matter.
struct WorkPlan: Sendable {
  /// Cost of one force call of a stage, arbitrary unit.
  private(set) var callCost: [Stage: Double] = [:]
  /// Number of force calls that a stage is expected to need.
  private(set) var expectedCalls: [Stage: Int] = [:]

  init(
    metal: Structure, metalSurface: MillerIndices, substrate: Structure, surface: MillerIndices,
    phases: [Substrate], settings: AssessmentSettings
  ) throws {
    let geometry = try InterfaceGeometry(
      metal: metal, metalSurface: metalSurface, substrate: substrate, surface: surface,
      settings: settings)
    let slabs = try Slabs(
      geometry: geometry, strainedMetal: geometry.strainedGuess.structure, settings: settings)
    func cost(_ structure: Structure, slab: Bool) -> Double {
      let mesh = AssessmentSettings.mesh(
        for: structure.cell, length: slab ? settings.meshLength : settings.bulkMeshLength,
        slab: slab)
      let points = Double(mesh.x * mesh.y * mesh.z) / 2 + 1
      let electrons = structure.species.map { WorkPlan.valenceElectrons($0) }.reduce(0, +)
      return points * electrons * structure.cell.volume
    }
    func add(_ stage: Stage, calls: Int, _ structure: Structure, slab: Bool = true) {
      callCost[stage] = cost(structure, slab: slab)
      expectedCalls[stage] = calls
    }
    let metalSlab = slabs.metal(layers: settings.metalLayers)
    add(.metalBulk, calls: 5, metal, slab: false)
    add(.substrateBulk, calls: 6, substrate, slab: false)
    add(.strainedMetal, calls: 4, geometry.strainedGuess.structure, slab: false)
    add(
      .thicknessSeries,
      calls: settings.thicknessSeries.count * (settings.relaxesThicknessSeries ? 7 : 1),
      metalSlab.structure)
    add(.metalSlab, calls: 6, metalSlab.structure)
    add(.substrateSlab, calls: 6, slabs.substrate.structure)
    if !geometry.termination.isStoichiometric {
      for phase in phases {
        add(.reference(phase: phase.name), calls: 6, phase.structure, slab: false)
      }
    }
    let registries = slabs.substrate.registries
    guard let first = registries.first else { return }
    let joined = InterfaceCell(
      metal: metalSlab, on: slabs.substrate, registry: first,
      gap: InterfaceCell.estimatedGap(metal: metalSlab, on: slabs.substrate, registry: first),
      height: slabs.height)
    for registry in registries {
      add(.gapScan(registry: registry.name), calls: 4, joined.structure)
    }
    for registry in registries.prefix(settings.relaxedRegistries) {
      add(.interface(registry: registry.name), calls: 10, joined.structure)
    }
    guard settings.vacancies else { return }
    let large = joined.supercell(settings.vacancySupercell, settings.vacancySupercell).structure
    add(.vacancy(place: "reference"), calls: 1, large)
    for place in ["interface", "bulk", "free surface"] {
      add(.vacancy(place: place), calls: settings.relaxesVacancies ? 15 : 1, large)
    }
  }

  /// Cost of a whole stage, as expected.
  func cost(of stage: Stage) -> Double {
    callCost[stage, default: 0] * Double(expectedCalls[stage, default: 0])
  }

  /// Cost of all stages, as expected.
  var totalCost: Double { callCost.keys.map(cost).reduce(0, +) }

  /// Electrons that a code treats, roughly: enough to compare costs.
  private static func valenceElectrons(_ element: Element) -> Double {
    switch element.atomicNumber {
    case 3, 11, 19, 37, 55: 1
    case 12, 20: 2
    case 8, 16, 34: 6
    case 9, 17, 35, 53: 7
    default: 5
    }
  }
}
