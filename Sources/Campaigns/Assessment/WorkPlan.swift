import Engines
import Interfaces
import Structures

/// The stages ahead with a guess of their cost, from which progress is told.
///
/// A force call is taken to cost the load of its cell (``CellLoad``); only ratios matter.
struct WorkPlan: Sendable {
  /// Cost of one force call of a stage, arbitrary unit.
  private(set) var callCost: [Stage: Double] = [:]
  /// Number of force calls that a stage is expected to need.
  private(set) var expectedCalls: [Stage: Int] = [:]
  private var order: [(stage: Stage, load: CellLoad)] = []

  init(
    metal: Structure, metalSurface: MillerIndices, substrate: Structure, surface: MillerIndices,
    phases: [Substrate], settings: AssessmentSettings
  ) throws {
    let geometry = try InterfaceGeometry(
      metal: metal, metalSurface: metalSurface, substrate: substrate, surface: surface,
      settings: settings)
    let slabs = try Slabs(
      geometry: geometry, strainedMetal: geometry.strainedGuess.structure, settings: settings)
    func add(_ stage: Stage, calls: Int, _ structure: Structure, slab: Bool = true) {
      let mesh = AssessmentSettings.mesh(
        for: structure.cell, length: slab ? settings.meshLength : settings.bulkMeshLength,
        slab: slab)
      let load = CellLoad(structure, mesh: mesh)
      if callCost[stage] == nil { order.append((stage, load)) }
      callCost[stage] = load.size
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
    add(.vacancyReference, calls: 1, large)
    for (place, _) in settings.vacancyPlaces(metalLayers: joined.metalLayerCount) {
      add(.vacancy(place: place), calls: settings.relaxesVacancies ? 15 : 1, large)
    }
  }

  /// Cost of a whole stage, as expected.
  func cost(of stage: Stage) -> Double {
    callCost[stage, default: 0] * Double(expectedCalls[stage, default: 0])
  }

  /// Cost of all stages, as expected.
  var totalCost: Double { callCost.keys.map(cost).reduce(0, +) }

  /// The stages' force calls in their order.
  var estimate: WorkEstimate {
    WorkEstimate(
      parts: order.map {
        WorkEstimate.Part(
          calls: expectedCalls[$0.stage, default: 0], load: $0.load, stage: $0.stage)
      })
  }
}
