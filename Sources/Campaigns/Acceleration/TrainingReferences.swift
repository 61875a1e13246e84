import Engines
import Foundation
import Interfaces
public import LearnedPotential
import Structures

extension TrainingCandidates {
  /// Volumes of ideal crystals, in parts of the built-in one.
  private static let referenceVolumes = [1, 0.94, 1.06]
  /// Those of metals beside them: about as far as cells that are drawn are strained.
  private static let farVolumes = [0.85, 1.15]
  /// By how much c/a of ideal metals is stretched, and the strain e_xy of those that are sheared; their volume is kept.
  private static let referenceStrain = 0.08
  /// Layers of ideal slabs: energies of metal slabs go up and down with the thickness.
  private static let referenceLayers = 5...8

  /// Cells that fix what all others are measured against: every crystal at three volumes, those of metals at two more,
  /// stretched and sheared, metals as interfaces strain them, and slabs of each metal's usual surface.
  ///
  /// Surface energies, works of adhesion and vacancies are differences to a crystal, whose energy a fit does not learn from
  /// anything else: cells of many atoms are shaken or cut, and crystals that were relaxed have coarse meshes or another
  /// basis set, so their energies count in differences.
  ///
  /// - Parameter examples: what is known; what is among it is left out.
  /// - Returns: ideal cells, smallest first, no larger than others may be.
  /// - Throws: `InterfaceError` where a built-in crystal cannot be cut.
  public func references(notAmong examples: [TrainingExample]) throws -> [Candidate] {
    var result: [Candidate] = []
    for crystal in crystals {
      let primitive = crystal.primitive
      for (kind, strain) in strains(of: crystal) {
        let cell = primitive.deformed(by: strain)
        result.append(
          Candidate(
            kind: crystal.name + kind, structure: cell,
            sampling: sampling(of: cell, isSlab: false)))
      }
      if crystal.isElement {
        result += referenceSlabs(
          "\(crystal.name)(\(crystal.usualSurface))", try crystal.oriented(to: crystal.usualSurface)
        )
      }
    }
    for pair in pairs {
      guard let settings = settings(of: pair), let geometry = try geometry(of: pair, settings)
      else { continue }
      let strained = geometry.strainedGuess
      let kind = "\(settings.metal.symbol) strained by \(pair.name)"
      result.append(
        Candidate(
          kind: kind, structure: strained.structure,
          sampling: sampling(
            of: strained.structure, isSlab: false, length: TrainingCandidates.metalMeshLength)))
      result += referenceSlabs(kind, strained)
    }
    // Exact: the store gives back what was asked.
    let known = Set(examples.filter { $0.energyGroup == nil }.map(\.structure))
    return result.filter { $0.structure.count <= largestCell && !known.contains($0.structure) }
      .sorted { $0.structure.count < $1.structure.count }
  }

  /// How ideal crystals are deformed, and what each is called beside the crystal's name.
  ///
  /// A metal's crystal of one or two atoms has no forces to learn from, or hardly any. With three volumes alone lithium
  /// compressed to 83 % and sheared was off by 33 meV for each atom in fits to the others, which were off by 1.2 in all else;
  /// with these by 3. Their lattices are symmetric, so that their energies are held to as tightly as the ideal ones'.
  private func strains(of crystal: Prototype) -> [(kind: String, strain: Matrix3)] {
    let isMetal = crystal.structure.isMetallic
    let volumes =
      TrainingCandidates.referenceVolumes + (isMetal ? TrainingCandidates.farVolumes : [])
    var result = volumes.map { volume in
      (
        volume == 1 ? "" : ", volume \(Int((100 * volume).rounded())) %",
        Matrix3.identity * cbrt(volume)
      )
    }
    if isMetal {
      let strain = TrainingCandidates.referenceStrain
      var (stretch, shear) = (Matrix3.identity, Matrix3.identity)
      stretch[2, 2] += strain
      (shear[0, 1], shear[1, 0]) = (strain, strain)
      for (kind, deformation) in [(", stretched", stretch), (", sheared", shear)] {
        result.append((kind, deformation * (1 / cbrt(deformation.determinant))))
      }
    }
    return result
  }

  private func referenceSlabs(_ kind: String, _ metal: OrientedCrystal) -> [Candidate] {
    TrainingCandidates.referenceLayers.map { layers in
      let slab = metal.slabWithFewestBrokenBonds(
        layers: layers, vacuum: TrainingCandidates.vacuum
      ).structure
      return Candidate(
        kind: "\(kind), \(layers) layers", structure: slab,
        sampling: sampling(of: slab, isSlab: true, length: TrainingCandidates.metalMeshLength))
    }
  }
}
