// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// Our own linear algebra is the reference LAPACK and BLAS, wherever another one is installed beside them (GPAW's,
// which is faster): rounding that hangs on the processor would move a relaxation's path, and with it the names of its
// stored force calls. Folders that a machine does not have are passed over.
let referenceLinearAlgebra: [LinkerSetting] = [
  .unsafeFlags(
    ["-Xlinker", "--disable-new-dtags"]
      + ["x86_64", "aarch64"].flatMap { machine in
        ["lapack", "blas"].map { "-rpath=/usr/lib/\(machine)-linux-gnu/\($0)" }
      }.flatMap { ["-Xlinker", $0] }, .when(platforms: [.linux]))
]

// An import only ever points to a target named above it.
let package = Package(
  name: "lacuna",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "lacuna", targets: ["lacuna"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CSpglib", pkgConfig: "spglib", providers: [.apt(["libsymspg-dev"])]),
    .systemLibrary(
      name: "CLapacke", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(
      name: "CKim", pkgConfig: "libkim-api", providers: [.apt(["libkim-api-dev"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    .target(name: "PhysicalUnits", exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "BondBreaking", dependencies: ["PhysicalUnits"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "Structures", dependencies: ["CSpglib"], exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "StructureFiles", dependencies: ["Structures", "CSpglib"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "Interfaces", dependencies: ["Structures"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "Thermodynamics", dependencies: ["Structures"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "Engines", dependencies: ["Structures", "PhysicalUnits"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "SocketEngines",
      dependencies: [
        "Engines", "Structures", "PhysicalUnits",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["README.md"],
      resources: [.embedInCode("Resources/gpaw_client.py")],
      swiftSettings: strict),
    .target(
      name: "KIMEngine", dependencies: ["Engines", "Structures", "CKim"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "LearnedPotential", dependencies: ["Engines", "Structures", "CLapacke"],
      exclude: ["README.md"], swiftSettings: strict, linkerSettings: referenceLinearAlgebra),
    .target(
      name: "Relaxation", dependencies: ["Engines", "Structures", "CLapacke"],
      exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "Campaigns",
      dependencies: [
        "BondBreaking", "Engines", "Interfaces", "LearnedPotential", "Relaxation", "Structures",
        "PhysicalUnits", "Thermodynamics", "CCrypto",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["README.md"],
      resources: [.embedInCode("Reproduction/Resources/paper-values.json")],
      swiftSettings: strict),
    .target(
      name: "Reports",
      dependencies: [
        "BondBreaking", "Campaigns", "Engines", "Interfaces", "KIMEngine", "LearnedPotential",
        "PhysicalUnits", "Relaxation", "Structures", "Thermodynamics",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      exclude: ["README.md"],
      resources: [
        .embedInCode("Page/Resources/report.html"), .embedInCode("Page/Resources/report.css"),
        .embedInCode("Page/Resources/report.js"), .embedInCode("Page/Resources/plot.js"),
        .embedInCode("Page/Resources/views.js"),
      ],
      swiftSettings: strict),
    .target(
      name: "Commands",
      dependencies: [
        "BondBreaking", "Campaigns", "Engines", "Interfaces", "KIMEngine", "LearnedPotential",
        "PhysicalUnits", "Relaxation", "Reports", "SocketEngines", "StructureFiles", "Structures",
        "Thermodynamics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      exclude: ["README.md"], resources: [.copy("Potential/Potentials")], swiftSettings: strict),
    .executableTarget(
      name: "lacuna", dependencies: ["Commands"], exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "interface-benchmark", dependencies: ["Interfaces", "Structures"],
      path: "Benchmarks/interface-benchmark", swiftSettings: strict),
    .executableTarget(
      name: "potential-benchmark",
      dependencies: ["Engines", "KIMEngine", "StructureFiles", "Structures"],
      path: "Benchmarks/potential-benchmark", swiftSettings: strict),
    .executableTarget(
      name: "evaluation-benchmark",
      dependencies: ["Engines", "LearnedPotential", "StructureFiles", "Structures"],
      path: "Benchmarks/evaluation-benchmark", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["Engines", "Structures"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "BondBreakingTests", dependencies: ["BondBreaking", "PhysicalUnits"],
      swiftSettings: strict),
    .testTarget(
      name: "StructuresTests", dependencies: ["Structures", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "StructureFilesTests", dependencies: ["StructureFiles", "Structures", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "InterfacesTests", dependencies: ["Interfaces", "Structures", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "ThermodynamicsTests", dependencies: ["Structures", "Thermodynamics"],
      exclude: ["Reference"],
      swiftSettings: strict),
    .testTarget(
      name: "EnginesTests", dependencies: ["Engines", "Structures", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "KIMEngineTests", dependencies: ["Engines", "KIMEngine", "Structures", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "LearnedPotentialTests",
      dependencies: ["Engines", "LearnedPotential", "Structures", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "RelaxationTests",
      dependencies: ["Engines", "KIMEngine", "Relaxation", "Structures", "TestSupport"],
      exclude: ["Reference"], swiftSettings: strict),
    .testTarget(
      name: "SocketEnginesTests",
      dependencies: [
        "Engines", "PhysicalUnits", "Relaxation", "SocketEngines", "Structures", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CampaignsTests",
      dependencies: [
        "BondBreaking", "Campaigns", "Engines", "Interfaces", "KIMEngine", "LearnedPotential",
        "Relaxation", "Structures", "TestSupport", "Thermodynamics",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "BondBreaking", "Campaigns", "Engines", "KIMEngine", "Relaxation", "Reports", "Structures",
        "TestSupport",
      ],
      exclude: ["page_check.py"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandsTests", dependencies: ["lacuna"], exclude: ["Golden", "Reference"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
