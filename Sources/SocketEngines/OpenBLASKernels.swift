import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The kernels that OpenBLAS, which GPAW multiplies with, takes for this machine's processor.
///
/// OpenBLAS knows processors by name. Before 0.3.25 it took some later Intel ones for a Prescott of 2004 and left AVX2
/// and AVX-512 unused (https://github.com/OpenMathLib/OpenBLAS/pull/4268); Debian 12 has 0.3.21. On a Xeon of 2023 a
/// step of self-consistency of a 71-atom slab then takes 88 seconds in place of 36.
public enum OpenBLASKernels {
  /// The environment variable by which OpenBLAS is told which kernels to take.
  public static let variable = "OPENBLAS_CORETYPE"

  /// What a process that uses OpenBLAS needs in its environment beside what this one has; mostly nothing.
  ///
  /// - Complexity: loads the library once, some milliseconds.
  public static func environment() -> [String: String] {
    better.map { [variable: $0] } ?? [:]
  }

  /// Kernels that suit this processor better than OpenBLAS's own choice; nil where that is right, cannot be told, or
  /// the user has set ``variable``.
  public static let better: String? =
    ProcessInfo.processInfo.environment[variable] != nil
    ? nil
    : chosen.flatMap { suited(inPlaceOf: $0, features: processorFeatures()) }

  /// The kernels for a processor's features where OpenBLAS has fallen back to its oldest ones.
  ///
  /// - Parameters:
  ///   - chosen: name of the kernels that OpenBLAS took by itself.
  ///   - features: flags of the processor, as Linux names them.
  /// - Returns: name of the kernels to take; nil where OpenBLAS's own choice stands.
  static func suited(inPlaceOf chosen: String, features: Set<String>) -> String? {
    guard chosen.lowercased() == "prescott" else { return nil }
    let skylake: Set = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "fma"]
    if features.isSuperset(of: skylake) { return "SkylakeX" }
    return features.isSuperset(of: ["avx2", "fma"]) ? "Haswell" : nil
  }

  /// Name of the kernels that OpenBLAS takes by itself in this process's environment; nil without OpenBLAS.
  static let chosen: String? = {
    guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
      let symbol = dlsym(library, "openblas_get_corename")
    else { return nil }
    typealias CoreName = @convention(c) () -> UnsafePointer<CChar>?
    return unsafeBitCast(symbol, to: CoreName.self)().map { String(cString: $0) }
  }()

  /// The flags of the first processor; none where the system does not tell.
  private static func processorFeatures() -> Set<String> {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
    else { return [] }
    return Set(line.split(whereSeparator: { " \t:".contains($0) }).map(String.init))
  }
}
