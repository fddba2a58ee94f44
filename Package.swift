// swift-tools-version: 6.1
import PackageDescription

/// Every target is Swift 6 with warnings as errors; no target depends on a Swift package.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-warnings-as-errors"]),
]

/// Values and loops that all the others are made of are optimized in builds without optimization, too: a build by the tests'
/// packc takes a third less of CPU time by it.
let dense: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A C library with a static archive in Debian is linked from it, so that no executable loads it at start-up
/// and its bytes do not change with the host. `-l:` names the archive itself.
func archives(_ names: String...) -> [LinkerSetting] {
  [.unsafeFlags(names.flatMap { ["-Xlinker", "-l:lib\($0).a"] })]
}

/// Files beside the tests that are data, read by their path.
let exclusions: [String: [String]] = [:]

let package = Package(
  name: "packc",
  products: [
    .executable(name: "packc", targets: ["packc"]),
    .executable(name: "packc-packs", targets: ["packc-packs"]),
  ],
  targets: [
    // System libraries: headers through pkg-config, code from the static archives (see `archives`).
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CDeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CElf", providers: [.apt(["libelf-dev", "zlib1g-dev"])]),
    .systemLibrary(name: "CYaml", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),

    // The vocabulary and the host.
    .target(name: "CHost"),
    .target(
      name: "PackCore", dependencies: ["CHost", "CCrypto"], swiftSettings: dense,
      linkerSettings: archives("crypto")),

    // Leaves: one owner for each C library.
    .target(
      name: "Codec", dependencies: ["PackCore", "CZstd", "CDeflate", "CZlib"], swiftSettings: strict,
      linkerSettings: archives("zstd", "deflate", "z")),
    // Of libarchive's objects only those of the tar reader are linked, and they need no other library.
    .target(
      name: "Archive", dependencies: ["PackCore", "CArchive"], swiftSettings: strict,
      linkerSettings: archives("archive")),
    .target(
      name: "ELF", dependencies: ["PackCore", "CElf"], swiftSettings: strict,
      linkerSettings: archives("elf", "z")),
    .target(
      name: "Config", dependencies: ["PackCore", "CYaml"], swiftSettings: strict,
      linkerSettings: archives("yaml")),

    // The four rooms that never import each other; they meet in Build.
    .target(name: "Packs", dependencies: ["PackCore"], swiftSettings: strict),
    .target(name: "OCI", dependencies: ["PackCore", "Codec", "Archive"], swiftSettings: dense),
    .target(name: "Kernel", dependencies: ["PackCore", "Codec", "CGuestWire"], swiftSettings: strict),
    .target(name: "Contract", dependencies: ["PackCore", "ELF"], swiftSettings: strict),

    // Registries over HTTP. libcurl brings forty libraries, so it is opened when the first request is made.
    .target(name: "CCurl"),
    .target(name: "Registry", dependencies: ["PackCore", "OCI", "CCurl"], swiftSettings: strict),
    // What people do with finished images, wherever those lie.
    .target(
      name: "Images", dependencies: ["PackCore", "Codec", "OCI", "ELF", "Registry", "Contract"], swiftSettings: strict),

    .target(
      name: "Build",
      dependencies: ["PackCore", "Config", "ELF", "Packs", "OCI", "Kernel", "Contract", "Images"],
      swiftSettings: strict),
    .target(name: "Runner", dependencies: ["PackCore", "Kernel", "OCI"], swiftSettings: strict),
    // Machines that run without a terminal: their supervisors, states, releases.
    .target(name: "Deploy", dependencies: ["PackCore", "OCI", "Kernel", "Runner"], swiftSettings: strict),

    .executableTarget(
      name: "packc",
      dependencies: [
        "PackCore", "Config", "Packs", "OCI", "Kernel", "Build", "Runner", "Deploy", "Registry", "Images", "Contract",
      ],
      swiftSettings: strict),

    // First-party packs: an executable that speaks the protocol like anybody's.
    .target(
      name: "LanguagePacks", dependencies: ["PackCore", "Packs", "Config", "Codec", "CExpat"], swiftSettings: strict,
      linkerSettings: archives("expat")),
    .executableTarget(
      name: "packc-packs", dependencies: ["PackCore", "LanguagePacks"], swiftSettings: strict),

    // What the guest's PID 1 and the host say to each other. PID 1 itself (Sources/GuestCore, CGuest, guest-init) is built
    // with another libc, see scripts/build-guest-init.sh.
    .target(name: "CGuestWire"),

    // Measures this project's own work beside other tools: see `Benchmarks/`.
    .executableTarget(
      name: "packc-bench", dependencies: ["PackCore", "ELF", "Kernel", "OCI", "Runner", "Deploy"],
      path: "Benchmarks/packc-bench",
      swiftSettings: strict),

    // Tests: one target a module; TestSupport holds what they share.
    .target(
      name: "TestSupport", dependencies: ["PackCore"], path: "Tests/TestSupport", swiftSettings: strict),
    tests("PackCore"),
    tests("Codec"),
    tests("ELF"),
    tests("Config"),
    tests("Packs", "LanguagePacks", "Codec"),
    tests("Archive", "Codec"),
    tests("OCI", "Codec", "CArchive"),
    tests("Registry", "OCI"),
    tests("Images", "OCI", "Contract", "Codec"),
    tests("Kernel", "CArchive"),
    tests("Contract", "ELF"),
    tests("Build", "OCI", "Config", "Packs"),
    tests("Runner", "Kernel"),
    tests("Deploy", "OCI", "Kernel", "Runner"),
    tests("packc"),
  ]
)

/// `<Module>Tests`, in `Tests/<Module>Tests`.
func tests(_ module: String, _ more: Target.Dependency...) -> Target {
  .testTarget(
    name: "\(module)Tests", dependencies: [.init(stringLiteral: module), "TestSupport"] + more,
    exclude: exclusions[module] ?? [], swiftSettings: strict)
}
