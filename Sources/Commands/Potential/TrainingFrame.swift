import Campaigns
import Engines
import LearnedPotential
import StructureFiles
import Structures

extension ExtendedXYZ {
  /// A force call that was learned, as other programs read it: with its settings, for they are not the same in all.
  ///
  /// An energy of other settings or too thin a mesh, which counts in differences only, is called
  /// `energy_up_to_a_constant`, for no other program is to learn it as it is.
  ///
  /// - Parameters:
  ///   - call: the force call.
  ///   - example: what was learned of it.
  init(_ call: Store.ForceCall, learnedAs example: TrainingExample) {
    let counts = example.energyGroup == nil
    let mesh = call.sampling.kPointGrid
    var numbers = [
      "k_points_a": Double(mesh.x), "k_points_b": Double(mesh.y), "k_points_c": Double(mesh.z),
    ]
    if !counts { numbers["energy_up_to_a_constant"] = example.energy }
    var words = ["engine": call.engine.name]
    for (key, value) in call.engine.settings {
      if ExtendedXYZ.isNumber(key), let number = Double(value), number.isFinite {
        numbers[key] = number
      } else {
        words[key] = value.filter { $0 != "\"" }
      }
    }
    self.init(
      example.structure, energy: counts ? example.energy : nil, forces: example.forces,
      stress: example.stress, numbers: numbers, words: words)
  }

  /// Whether a setting of that name is a number: a version or a name made of digits is none, in no frame.
  private static func isNumber(_ key: String) -> Bool {
    ["_ev", "_angstrom", "threshold", "maximum"].contains { key.contains($0) }
  }
}
