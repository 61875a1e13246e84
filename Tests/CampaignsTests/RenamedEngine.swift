import Engines
import Structures
import TestSupport

/// The forces of ``TestSystems/morse`` under another name.
struct RenamedEngine: Engine {
  let identity: EngineIdentity

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    TestSystems.morse.energyForcesAndStress(of: structure)
  }
}
