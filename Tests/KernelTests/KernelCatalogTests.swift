internal import XCTest

@testable import Kernel
@testable import PackCore

final class KernelCatalogTests: XCTestCase {
  func testAnImportedFileIsWholeOrderedAndTheDefault() throws {
    let scratch = try Scratch()
    let kernel = try scratch.kernel()
    XCTAssertEqual(kernel.manifest.release, "6.1.0-1-test")
    XCTAssertEqual(kernel.manifest.name, "vmlinuz-test")
    XCTAssertEqual(
      kernel.manifest.modules.map(\.name),
      ["virtio_ring", "virtio", "virtio_console", "virtio_rng", "failover", "virtio_net"])
    XCTAssertEqual(kernel.manifest.features, ["control", "net", "rng"])
    let catalog = KernelCatalog(cache: scratch.directory / "cache")
    XCTAssertEqual(try catalog.defaultKernel()?.digest, kernel.digest)
    XCTAssertEqual(try catalog.list().map(\.digest), [kernel.digest])
    for reference in [
      kernel.digest.description, kernel.digest.short, "vmlinuz-test", "vmlinuz-test@6.1.0-1-test",
    ] {
      XCTAssertEqual(try catalog.find(reference).digest, kernel.digest, reference)
    }
    XCTAssertThrowsError(try catalog.find("other")) { error in
      XCTAssertEqual((error as? Failure)?.code, "unknown_kernel")
      XCTAssertTrue((error as? Failure)?.hint?.contains("vmlinuz-test") ?? false)
    }
    XCTAssertEqual(try KernelManifest(json: kernel.manifest.json), kernel.manifest)
    XCTAssertEqual(
      try FileSystem.digest(of: kernel.file(of: kernel.manifest.modules[5])), kernel.manifest.modules[5].file.digest)
  }

  func testEachArchitectureHasItsOwnDefault() throws {
    let scratch = try Scratch()
    let kernel = try scratch.kernel()
    let catalog = KernelCatalog(cache: scratch.directory / "cache")
    let platforms = Platform.Architecture.allCases.map { Platform(architecture: $0) }
    XCTAssertThrowsError(try catalog.find("vmlinuz-test", for: platforms[1])) {
      XCTAssertEqual(($0 as? Failure)?.code, "kernel_architecture")
      XCTAssertTrue(($0 as? Failure)?.hint?.contains("--platform linux/arm64") ?? false)
    }
    XCTAssertThrowsError(
      try catalog.defaultOrDebian(try HostContext.current(), for: platforms[1], reporter: .silent)
    ) { XCTAssertEqual(($0 as? Failure)?.code, "no_kernel") }
    let file = scratch.directory / "Image"
    try FileSystem.writeAtomically(Scratch.arm64Image(), to: file, durable: false)
    let arm = try catalog.importFile(file, name: "arm")
    XCTAssertEqual(arm.manifest.architecture, .arm64)
    XCTAssertEqual(arm.manifest.json["architecture"], "arm64")
    XCTAssertEqual(try catalog.defaults(), [kernel.digest, arm.digest])
    XCTAssertEqual(
      try platforms.map { try catalog.defaultKernel(for: $0.architecture)?.digest }, [kernel.digest, arm.digest])
    XCTAssertEqual(try catalog.find("arm", for: platforms[1]).digest, arm.digest)
    XCTAssertTrue(try catalog.remove(arm))
    XCTAssertEqual(try catalog.defaults(), [kernel.digest])
  }

  func testADamagedKernelIsNotUsedAndImportedAnew() throws {
    let scratch = try Scratch()
    let kernel = try scratch.kernel()
    try FileSystem.removeFile(kernel.directory / "modules/virtio.ko")
    let catalog = KernelCatalog(cache: scratch.directory / "cache")
    XCTAssertThrowsError(try catalog.load(kernel.digest)) { XCTAssertEqual(($0 as? Failure)?.code, "kernel_damaged") }
    XCTAssertEqual(try catalog.list().count, 0)
    XCTAssertEqual(try scratch.kernel().digest, kernel.digest)
    XCTAssertNoThrow(try catalog.load(kernel.digest))
    try FileSystem.writeAtomically(Array("{}".utf8), to: kernel.directory / "manifest.json")
    XCTAssertEqual(try catalog.list().count, 0)
  }

  func testManyAtOnceLeaveOneWholeKernel() throws {
    let scratch = try Scratch()
    let first = try scratch.kernel()
    try FileSystem.removeTree(scratch.directory / "cache")
    let directory = scratch.directory
    let threads = try (0..<6).map { _ in
      try HostThread {
        try KernelCatalog(cache: directory / "cache").importFile(
          directory / "vmlinuz-test", modules: directory / "modules"
        ).digest
      }
    }
    for thread in threads { XCTAssertEqual(try thread.join(), first.digest) }
    XCTAssertEqual(
      try DirectoryWalk.names(in: directory / "cache/kernels").map { String(decoding: $0, as: UTF8.self) }.sorted(),
      [first.digest.hex, "default"].sorted())
  }

  func testModulesOfAnotherKernelAreRefusedAndCompressedOnesRead() throws {
    let scratch = try Scratch()
    _ = try scratch.kernel()
    let modules = scratch.directory / "modules"
    let catalog = KernelCatalog(cache: scratch.directory / "cache")
    let file = scratch.directory / "vmlinuz-test"
    let plain = try catalog.importFile(file, modules: modules).digest
    for (tool, suffix) in [("xz", "xz"), ("zstd", "zst"), ("gzip", "gz")] {
      let arguments = tool == "zstd" ? ["-q", "--rm"] : []
      XCTAssertTrue(
        try scratch.run([tool] + arguments + ["virtio.ko"], in: modules / "drivers").succeeded, tool)
      XCTAssertTrue(FileSystem.exists(modules / "drivers/virtio.ko.\(suffix)"))
      XCTAssertEqual(try catalog.importFile(file, modules: modules).digest, plain, tool)
      try FileSystem.removeFile(modules / "drivers/virtio.ko.\(suffix)")
      try FileSystem.writeAtomically(
        Scratch.module("virtio", depends: ["virtio_ring"]), to: modules / "drivers/virtio.ko")
    }
    try FileSystem.writeAtomically(Scratch.module("virtio_net", release: "5.0"), to: modules / "drivers/virtio_net.ko")
    XCTAssertThrowsError(try catalog.importFile(file, modules: modules)) {
      XCTAssertEqual(($0 as? Failure)?.code, "bad_module")
    }
    XCTAssertThrowsError(try catalog.importFile(file, modules: scratch.directory / "nothing")) {
      XCTAssertEqual(($0 as? Failure)?.code, "modules_missing")
    }
  }

  func testFeaturesComeFromTheConfigAndTheModules() {
    let config = Array("CONFIG_ACPI=y\n# CONFIG_IP_PNP is not set\nCONFIG_VIRTIO_NET=m\nCONFIG_VIRTIO_BLK=m\n".utf8)
    XCTAssertEqual(KernelFeatures.find(config: config, modules: ["virtio_net"]), ["acpi", "net"])
    XCTAssertEqual(KernelFeatures.find(config: nil, modules: ["virtio_mmio"]), ["mmio"])
  }

  // MARK: - Debian

  func testTheMetaPackageLeadsToTheKernel() {
    let found = DebianKernel.dependency(in: "linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)")
    XCTAssertEqual(found?.name, "linux-image-6.1.0-56-cloud-amd64")
    XCTAssertEqual(found?.version, "6.1.192-2")
    XCTAssertNil(DebianKernel.dependency(in: "kmod, linux-base (>= 4.3~), initramfs-tools (>= 0.120+deb8u2) | x"))
  }

  /// apt and dpkg-deb as scripts, to see what is done with their answers.
  private func context(_ scratch: Scratch, _ scripts: [String: String]) throws -> HostContext {
    let bin = scratch.directory / "bin"
    try FileSystem.createDirectory(bin)
    for (name, text) in scripts {
      try FileSystem.writeAtomically(Array("#!/bin/sh\n\(text)\n".utf8), to: bin / name, mode: 0o755)
    }
    return HostContext(
      environment: ["PATH": bin.description, "HOME": scratch.directory.description],
      workingDirectory: scratch.directory, executable: "/nonexistent")
  }

  private func importing(_ scratch: Scratch, _ context: HostContext) -> Failure? {
    do {
      _ = try KernelCatalog(cache: scratch.directory / "cache").importDebian(context)
      return nil
    } catch { return error as? Failure }
  }

  func testAPackageWhoseKernelIsThereIsNotDownloadedAgain() throws {
    let scratch = try Scratch()
    let image = scratch.directory / "image"
    let log = scratch.directory / "downloads"
    try FileSystem.writeAtomically(Scratch.kernelImage(release: "6.1-test"), to: image)
    let context = try context(
      scratch,
      [
        "apt-cache": """
        echo 'Package: linux-image-6.1-test'; echo 'Version: 6.1'; echo 'Size: 4'; echo 'SHA256: \(Digest(of: Array("deb\n".utf8)).hex)'
        """,
        "apt-get": "echo once >>\(log); echo deb >a.deb",
        "dpkg-deb": "/bin/mkdir -p \"$3/boot\" && /bin/cp \(image) \"$3/boot/vmlinuz-6.1-test\"",
      ])
    let catalog = KernelCatalog(cache: scratch.directory / "cache")
    let first = try catalog.importDebian(context)
    XCTAssertEqual(try catalog.importDebian(context).digest, first.digest)
    XCTAssertEqual(try FileSystem.read(log, limit: 100), Array("once\n".utf8))
    _ = try catalog.remove(first)
    XCTAssertEqual(try catalog.importDebian(context).digest, first.digest)
    XCTAssertEqual(try FileSystem.read(log, limit: 100), Array("once\nonce\n".utf8))
  }

  func testWhatAptCannotDoHasANextStep() throws {
    let deb = Array("not really a package".utf8)
    let show = """
      case "$*" in
        *meta*|*linux-image-cloud-amd64*) echo 'Package: linux-image-cloud-amd64'; echo 'Version: 6.1'
          echo 'Depends: linux-image-6.1-test (= 6.1)';;
        *) echo 'Package: linux-image-6.1-test'; echo 'Version: 6.1'; echo 'Size: \(deb.count)'
          echo 'SHA256: \(Digest(of: deb).hex)'; echo 'Description: a'; echo ' b: c';;
      esac
      """
    let rows: [(String, [String: String], String, ExitCode)] = [
      ("no apt", [:], "tool_missing", .toolchain),
      (
        "no lists",
        ["apt-cache": "echo 'E: No packages found' >&2; exit 100", "apt-get": "exit 1", "dpkg-deb": "exit 1"],
        "kernel_unavailable", .unavailable
      ),
      (
        "offline",
        ["apt-cache": show, "apt-get": "echo 'Could not resolve deb.debian.org' >&2; exit 100", "dpkg-deb": "exit 1"],
        "kernel_unavailable", .unavailable
      ),
      (
        "tampered", ["apt-cache": show, "apt-get": "echo other > a.deb", "dpkg-deb": "exit 1"], "kernel_digest",
        .badInput
      ),
      (
        "broken package",
        [
          "apt-cache": show, "apt-get": "printf '%s' 'not really a package' > a.deb",
          "dpkg-deb": "echo bad >&2; exit 2",
        ],
        "unpack_failed", .failed
      ),
    ]
    for (name, scripts, code, exit) in rows {
      let scratch = try Scratch()
      let failure = importing(scratch, try context(scratch, scripts))
      XCTAssertEqual(failure?.code, code, name)
      XCTAssertEqual(failure?.exit, exit, name)
      if code != "unpack_failed" && code != "kernel_digest" {
        for way in ["packc kernel import /boot/vmlinuz-", "--no-unikernel"] {
          XCTAssertTrue(failure?.hint?.contains(way) ?? false, "\(name): \(failure?.hint ?? "")")
        }
      }
      let kernels = scratch.directory / "cache/kernels"
      XCTAssertEqual(
        FileSystem.isDirectory(kernels) ? try DirectoryWalk.names(in: kernels).count : 0, 0, "\(name) left something")
    }
  }
}
