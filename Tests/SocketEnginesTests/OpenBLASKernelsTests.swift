import Foundation
import Testing

@testable import SocketEngines

struct OpenBLASKernelsTests {
  private static let haswell: Set = ["sse3", "avx2", "fma"]
  private static let skylake = haswell.union([
    "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl",
  ])

  @Test(arguments: [
    ("Prescott", skylake, "SkylakeX"),
    ("Prescott", haswell, "Haswell"),
    // A processor as old as that.
    ("Prescott", Set(["sse3"]), nil),
    // What OpenBLAS knows by itself.
    ("Haswell", skylake, nil),
    ("Zen", haswell, nil),
  ])
  func fallsBackOnNoOldKernels(chosen: String, features: Set<String>, expected: String?) {
    #expect(OpenBLASKernels.suited(inPlaceOf: chosen, features: features) == expected)
  }

  /// The library itself, in a process as GPAW's is started: it must not leave AVX2 unused.
  @Test(.enabled(if: OpenBLASKernels.chosen != nil)) func processUsesWhatTheProcessorHas() throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [
      "-c",
      """
      import ctypes
      name = ctypes.CDLL("libopenblas.so.0").openblas_get_corename
      name.restype = ctypes.c_char_p
      print(name().decode())
      """,
    ]
    process.environment = ProcessInfo.processInfo.environment
      .merging(OpenBLASKernels.environment()) { own, _ in own }
    process.standardOutput = output
    try process.run()
    process.waitUntilExit()
    let name = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(!name.isEmpty)
    let processor = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    if processor.contains(" avx2 "), processor.contains(" fma ") { #expect(name != "Prescott") }
  }
}
