internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore

/// The build with scripts for apt and make: what is asked of them, and what becomes of their answers. Real kernels are
/// built in `KernelBuildSlowTests`.
final class KernelBuilderTests: XCTestCase {
  /// A host on which nothing compiles in earnest. `make` copies the fragment to `.config` and a kernel to `bzImage`.
  private struct Host {
    let scratch: Scratch
    let context: HostContext
    var log: HostPath { scratch.directory / "log" }
    var catalog: KernelCatalog { KernelCatalog(cache: scratch.directory / "cache/packc") }

    init(make: String = "", tools: [String: String] = [:], without: [String] = [], cache: String = "cache") throws {
      scratch = try Scratch()
      let directory = scratch.directory
      let bin = directory / "bin"
      try FileSystem.createDirectory(bin)
      try FileSystem.writeAtomically(Scratch.kernelImage(release: "6.1.9-packc"), to: directory / "image")
      try FileSystem.writeAtomically(Scratch.arm64Image(release: "6.1.9-packc"), to: directory / "arm")
      let deb = Array("a package".utf8)
      var scripts = [
        "apt-cache":
          "echo 'Package: linux-source-6.1'; echo 'Version: 6.1.9-1'; echo 'Size: 9'; echo 'SHA256: \(Digest(of: deb).hex)'",
        "apt-get": "printf 'a package' > a.deb",
        "dpkg-deb": "mkdir -p $3/usr/src && printf tar > $3/usr/src/linux-source-6.1.tar.xz",
        "tar":
          "while [ $# -gt 0 ]; do [ \"$1\" != --directory ] || d=$2; shift; done; printf '#\\nVERSION = 6\\n' > $d/Makefile",
        "make": """
        echo "$KBUILD_BUILD_HOST $KBUILD_BUILD_VERSION $*" >> \(directory)/log
        for word in "$@"; do case $word in O=*) out=${word#O=};; esac; done
        case "$*" in
          *allnoconfig*) cp $KCONFIG_ALLCONFIG $out/.config;;
          *bzImage*) \(make)
            echo '  HOSTCC  scripts/x'; echo '  CC      kernel/fork.o'; echo '  UPD     include/y'
            mkdir -p $out/arch/x86/boot; cp \(directory)/image $out/arch/x86/boot/bzImage;;
          *Image*) mkdir -p $out/arch/arm64/boot; cp \(directory)/arm $out/arch/arm64/boot/Image;;
        esac
        """,
        "gcc": "echo 'gcc 12'; echo more", "ld": "echo 'ld 2'", "aarch64-linux-gnu-gcc": "echo 'gcc for arm64'",
        "aarch64-linux-gnu-ld": "echo 'ld for arm64'",
      ]
      for tool in ["flex", "bison", "bc", "perl", "awk", "xz", "lz4", "zstd"] { scripts[tool] = "exit 0" }
      scripts.merge(tools) { $1 }
      for (name, text) in scripts where !without.contains(name) {
        try FileSystem.writeAtomically(
          Array("#!/bin/sh\nPATH=/usr/bin:/bin\n\(text)\n".utf8), to: bin / name, mode: 0o755)
      }
      context = HostContext(
        environment: [
          "PATH": bin.description, "HOME": directory.description, "XDG_CACHE_HOME": "\(directory / HostPath(cache))",
        ], workingDirectory: directory, executable: "/nonexistent")
    }

    func build(
      _ text: String = "CONFIG_A=y # needed\nCONFIG_VIRTIO_MMIO=y\n",
      for architecture: Platform.Architecture = .amd64, reporter: Reporter = .silent
    ) throws -> KernelBuilder.Outcome {
      let profile = try KernelProfile(text, name: "mine", place: "mine.config")
      return try KernelBuilder(context, reporter: reporter).build(
        KernelConfiguration(
          profile, version: .v6_1, platform: Platform(architecture: architecture), needs: nil))
    }

    /// What is left below the cache beside the catalog and the source.
    func leftovers() throws -> [String] {
      let work = scratch.directory / "cache/packc/kernel-work"
      guard FileSystem.isDirectory(work) else { return [] }
      return try DirectoryWalk.names(in: work).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  func testABuildIsOnceForTheSameRequest() throws {
    let host = try Host()
    let events = Locked<[String]>([])
    let reporter = Reporter { event in
      if case .stepCount(_, let done, let total, let unit, let item) = event {
        XCTAssertGreaterThanOrEqual(total, done)
        events.withLock { $0.append("\(done) \(unit) \(item)") }
      }
    }
    let first = try host.build(reporter: reporter)
    XCTAssertFalse(first.isReused)
    XCTAssertEqual(events.withLock { $0 }, ["1 files scripts/x", "2 files kernel/fork.o"])
    let manifest = first.kernel.manifest
    XCTAssertEqual(manifest.name, "packc-mine-6.1")
    XCTAssertEqual(manifest.version, "6.1.9-1")
    XCTAssertEqual(manifest.release, "6.1.9-packc")
    XCTAssertEqual(manifest.features, ["mmio"])
    XCTAssertEqual(manifest.source?.package, "linux-source-6.1")
    XCTAssertEqual(manifest.build?.profile, "mine")
    XCTAssertEqual(manifest.build?.compiler, "gcc 12; ld 2")
    XCTAssertTrue(manifest.licence.contains("GPL-2.0-only"))
    XCTAssertEqual(try KernelManifest(json: manifest.json), manifest)
    let log = String(decoding: try FileSystem.read(host.log), as: UTF8.self)
    XCTAssertTrue(log.contains("packc 1 "), log)
    XCTAssertTrue(log.contains("-ffile-prefix-map="), log)

    let again = try host.build()
    XCTAssertTrue(again.isReused)
    XCTAssertEqual(again.kernel.digest, first.kernel.digest)
    XCTAssertEqual(String(decoding: try FileSystem.read(host.log), as: UTF8.self), log, "make was called again")
    for reference in ["mine", "packc-mine-6.1", "packc-mine-6.1@6.1.9-1"] {
      XCTAssertEqual(try host.catalog.find(reference).digest, first.kernel.digest, reference)
    }
    XCTAssertEqual(try host.leftovers(), [])
    // Another configuration is another kernel.
    XCTAssertFalse(try host.build("CONFIG_B=y\n").isReused)
  }

  func testAnotherArchitectureIsBuiltByItsOwnCompiler() throws {
    guard Platform.host.architecture == .amd64 else { throw XCTSkip("it is the host's own here") }
    let host = try Host()
    let text = "CONFIG_A=y\nCONFIG_B=y @arm64\nCONFIG_C=y @amd64\n"
    let arm = try host.build(text, for: .arm64).kernel
    let amd = try host.build(text).kernel
    XCTAssertEqual([arm, amd].map(\.manifest.name), ["packc-mine-6.1-arm64", "packc-mine-6.1"])
    XCTAssertEqual([arm, amd].map(\.manifest.architecture), [.arm64, .amd64])
    XCTAssertEqual(arm.manifest.build?.compiler, "gcc for arm64; ld for arm64")
    let configs = try [arm, amd].map { String(decoding: try FileSystem.read($0.directory / "config"), as: UTF8.self) }
    XCTAssertEqual(configs, ["CONFIG_A=y\nCONFIG_B=y\n", "CONFIG_A=y\nCONFIG_C=y\n"])
    let log = String(decoding: try FileSystem.read(host.log), as: UTF8.self)
    XCTAssertTrue(log.contains(" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- "), log)
    // The profile is the name of both: which one is meant, the platform says.
    XCTAssertEqual(try host.catalog.find("mine", for: Platform(architecture: .arm64)).digest, arm.digest)
    XCTAssertEqual(try host.catalog.find("mine", for: Platform(architecture: .amd64)).digest, amd.digest)
    let without = try Host(without: ["aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld"])
    XCTAssertThrowsError(try without.build(text, for: .arm64)) { error in
      XCTAssertTrue(
        "\(error)".contains("apt-get install binutils-aarch64-linux-gnu gcc-aarch64-linux-gnu"), "\(error)")
    }
  }

  func testWhatAProgramWouldMissIsSaid() throws {
    let host = try Host()
    let tiny = KernelConfiguration(
      try KernelProfile("per-program\nCONFIG_A=y\n", name: "mine", place: "p"), version: .v6_1,
      needs: try ProgramNeeds(nil))
    let manifest = try KernelBuilder(host.context, reporter: .silent).build(tiny).kernel.manifest
    XCTAssertEqual(manifest.shortcomings(ports: [], cpus: 1), [])
    let said = manifest.shortcomings(ports: [GuestPort(number: 80)], cpus: 2)
    XCTAssertEqual(said.count, 2)
    XCTAssertTrue(said[0].contains("80/tcp") && said[1].contains("2 (run.cpus)"), "\(said)")
    // Without ACPI the devices are named on the command line, for which this one has no option: nothing is known.
    XCTAssertFalse(manifest.isWithoutACPI)
    XCTAssertTrue(manifest.isWithoutNetwork)
    let everybody = try host.build("CONFIG_VIRTIO_NET=y\nCONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\n").kernel.manifest
    XCTAssertEqual(everybody.shortcomings(ports: [GuestPort(number: 80)], cpus: 2), [])
    XCTAssertTrue(everybody.isWithoutACPI)
    XCTAssertTrue(UnikernelImage.cmdline(.release, everybody).contains(" acpi=off"))
    XCTAssertFalse(UnikernelImage.cmdline(.release, manifest).contains("acpi=off"))
  }

  func testAnotherCompilerBuildsAnew() throws {
    let host = try Host()
    _ = try host.build()
    try FileSystem.writeAtomically(
      Array("#!/bin/sh\necho 'gcc 13'\n".utf8), to: host.scratch.directory / "bin/gcc", mode: 0o755)
    XCTAssertFalse(try host.build().isReused)
  }

  func testWhatGoesWrongHasItsCodeAndLeavesNothing() throws {
    let rows: [(String, Host, String, ExitCode, String)] = [
      (
        "tools", try Host(without: ["flex", "bison", "bc"]), "tool_missing", .toolchain,
        "apt-get install bc bison flex"
      ),
      (
        "no source", try Host(tools: ["apt-cache": "echo 'E: No packages found' >&2; exit 100"]),
        "kernel_source_unavailable", .unavailable, "apt-get update"
      ),
      (
        "offline", try Host(tools: ["apt-get": "echo 'Could not resolve' >&2; exit 100"]), "kernel_source_unavailable",
        .unavailable, "network"
      ),
      ("a space", try Host(cache: "my cache"), "bad_cache_path", .badInput, "XDG_CACHE_HOME"),
      ("a colon", try Host(cache: "a:b"), "bad_cache_path", .badInput, "no path with a space or a colon"),
      ("tampered", try Host(tools: ["apt-get": "echo other > a.deb"]), "kernel_digest", .badInput, "apt-get update"),
      (
        "empty package", try Host(tools: ["dpkg-deb": "mkdir -p $3"]), "kernel_source_damaged", .badInput,
        "apt-get update"
      ),
      ("no source in it", try Host(tools: ["tar": "exit 0"]), "kernel_source_damaged", .badInput, "remove"),
      (
        "compile error", try Host(make: "echo 'fork.c:1: error: no' >&2; exit 2;"), "kernel_build_failed", .stepFailed,
        "fork.c:1: error: no"
      ),
      (
        "lost option",
        try Host(tools: ["make": "for w in \"$@\"; do case $w in O=*) echo > ${w#O=}/.config;; esac; done"]),
        "kernel_option_lost", .badInput, "CONFIG_A=y is not set"
      ),
    ]
    for (name, host, code, exit, says) in rows {
      XCTAssertThrowsError(try host.build(), name) { error in
        let failure = error as? Failure
        XCTAssertEqual(failure?.code, code, "\(name): \(error)")
        XCTAssertEqual(failure?.exit, exit, name)
        XCTAssertTrue("\(error)".contains(says), "\(name): \(error)")
      }
      XCTAssertEqual(try host.catalog.list().count, 0, name)
      XCTAssertEqual(try host.leftovers(), [], name)
    }
  }

  func testADamagedTarballIsFetchedAnew() throws {
    let host = try Host()
    _ = try host.build()
    let sources = host.scratch.directory / "cache/packc/kernel-source"
    let tarball = try XCTUnwrap(
      try DirectoryWalk.names(in: sources).map { sources / HostPath(bytes: $0) }.first { $0.name.hasSuffix(".xz") })
    try FileSystem.writeAtomically(Array("torn".utf8), to: tarball)
    _ = try host.build("CONFIG_C=y\n")
    XCTAssertEqual(try FileSystem.read(tarball), Array("tar".utf8))
  }

  // MARK: - Catalog

  func testUseAndRemove() throws {
    let host = try Host()
    let one = try host.build().kernel
    let two = try host.build("CONFIG_B=y\n").kernel
    let catalog = host.catalog
    XCTAssertThrowsError(try catalog.find("packc-mine-6.1")) {
      XCTAssertEqual(($0 as? Failure)?.code, "ambiguous_kernel")
    }
    XCTAssertNil(try catalog.defaultKernel(), "a kernel that was built is used when somebody says so")
    try catalog.setDefault(two)
    XCTAssertFalse(try catalog.remove(one))
    XCTAssertEqual(try catalog.find("mine").digest, two.digest)
    XCTAssertTrue(try catalog.remove(two))
    XCTAssertNil(try catalog.defaultKernel())
    XCTAssertEqual(try catalog.list().count, 0)
    XCTAssertEqual(try DirectoryWalk.names(in: catalog.root).count, 0)
  }

  func testAKernelTravels() throws {
    let host = try Host()
    let kernel = try host.build().kernel
    let there = KernelCatalog(cache: host.scratch.directory / "elsewhere")
    func read(_ name: String) throws -> [UInt8] { try FileSystem.read(kernel.directory / HostPath(name)) }
    let bytes = host.catalog.manifestBytes(of: kernel)
    let received = try there.receive(bytes, from: "r", read: read)
    XCTAssertEqual(received.digest, kernel.digest)
    XCTAssertEqual(try FileSystem.read(received.directory / "config"), try read("config"))
    XCTAssertEqual(host.catalog.files(of: kernel).map(\.name), ["kernel", "config"])
    try there.remove(received)
    for bad in ["kernel", "config"] {
      XCTAssertThrowsError(try there.receive(bytes, from: "r") { $0 == bad ? [1, 2, 3] : try read($0) }, bad) {
        XCTAssertEqual(($0 as? Failure)?.code, "kernel_damaged", bad)
      }
    }
    XCTAssertThrowsError(try there.receive(Array("{}".utf8), from: "r", read: read))
    // A manifest that promises more than the kernel has.
    guard case .object(var fields) = kernel.manifest.json else { return XCTFail("no object") }
    fields["features"] = ["net", "verity"]
    XCTAssertThrowsError(try there.receive(CanonicalJSON.encode(.object(fields)), from: "r", read: read)) {
      XCTAssertEqual(($0 as? Failure)?.code, "kernel_damaged")
    }
  }
}
