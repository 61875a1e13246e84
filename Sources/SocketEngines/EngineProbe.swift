import Foundation

/// What is installed of the programs that Lacuna can use.
public enum EngineProbe {
  /// One program.
  public struct Finding: Sendable, Hashable {
    /// Name of the program.
    public var program: String
    /// What it is for.
    public var purpose: String
    /// Absolute path; nil where it was not found.
    public var path: String?
    /// Debian packages that install it.
    public var packages: [String]
    /// Whether this version of Lacuna can compute with it.
    public var isSupported: Bool
  }

  /// Looks for a program in the folders of PATH, then in the usual ones of the system.
  ///
  /// - Returns: absolute path of an executable file, nil where there is none.
  public static func find(_ program: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin"]
    return folders.map { "\($0)/\(program)" }.first {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder)
        && !isFolder.boolValue && FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// Folder with GPAW's PAW datasets; nil where there is none.
  public static func gpawDatasets() -> String? {
    let variable = ProcessInfo.processInfo.environment["GPAW_SETUP_PATH"] ?? ""
    let folders = variable.split(separator: ":").map(String.init) + ["/usr/share/gpaw-setups"]
    return folders.first { folder in
      ["Li.PBE.gz", "Li.PBE"].contains {
        FileManager.default.fileExists(atPath: "\(folder)/\($0)")
      }
    }
  }

  /// All programs that are looked for.
  public static func findings() -> [Finding] {
    func finding(
      _ program: String, _ purpose: String, _ packages: [String], supported: Bool
    ) -> Finding {
      Finding(
        program: program, purpose: purpose, path: find(program), packages: packages,
        isSupported: supported)
    }
    return [
      finding("gpaw", "density-functional theory, the default engine", ["gpaw"], supported: true),
      finding("mpirun", "more than one core for an engine", ["openmpi-bin"], supported: true),
      finding("pw.x", "Quantum ESPRESSO", ["quantum-espresso"], supported: false),
      finding("cp2k", "CP2K", ["cp2k"], supported: false),
      finding("lmp", "LAMMPS", ["lammps"], supported: false),
    ]
  }
}
