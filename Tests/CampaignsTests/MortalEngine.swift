import Engines
import KIMEngine
import Structures
import Synchronization

/// Dies after so many geometries, as a killed run does, and counts all that it was asked.
final class MortalEngine: Engine {
  let inner: KIMEngine
  let left: Mutex<Int>
  let asked = Mutex(0)
  var identity: EngineIdentity { inner.identity }

  init(_ inner: KIMEngine, dyingAfter calls: Int) {
    self.inner = inner
    left = Mutex(calls)
  }

  func evaluate(_ structure: Structure, sampling: Sampling) async throws -> Evaluation {
    let isDead = left.withLock { left in
      left -= 1
      return left < 0
    }
    guard !isDead else { throw EngineError.refused(engine: "mortal", message: "killed") }
    asked.withLock { $0 += 1 }
    return try inner.energyForcesAndStress(of: structure)
  }
}
