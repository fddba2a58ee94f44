import Glibc
import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore

/// Images for Unikraft's ELF loader; `packcTests.UnikraftTests` starts a real one where there is one.
final class UnikraftImageTests: XCTestCase {
  private func cmdline(
    _ arguments: [String], _ environment: [String: String] = [:], directory: String = "",
    features: Set<String> = ["fstab", "netdev", "environ"]
  ) throws -> String {
    try UnikraftCommandLine(
      arguments: arguments, environment: environment, directory: RootPath(directory) ?? .root, network: .qemuUser,
      features: features
    ).text()
  }

  func testTheCommandLineSaysWhatTheKernelUnderstands() throws {
    let rows: [([String], [String: String], Set<String>, String)] = [
      (["/app/x"], [:], [], "/app/x"), (["/app/x", "a b", "c"], ["A": "1"], [], "/app/x \"a b\" c"),
      (["/x", "q\"\\'"], [:], [], "/x \"q\\\"\\\\'\""),
      (["/x"], [:], ["fstab"], "vfs.fstab=[ \"initrd0:/:extract::ramfs=1:\" ] -- /x"),
      (["/x"], [:], ["netdev"], "netdev.ip=10.0.2.15/24:10.0.2.2:10.0.2.3 -- /x"),
      (["/x"], ["B": "2 3", "A": "\""], ["environ"], "env.vars=[ \"A=\\\"\" \"B=2 3\" ] -- /x"),
    ]
    for (arguments, environment, features, text) in rows {
      XCTAssertEqual(try cmdline(arguments, environment, features: features), text)
    }
    XCTAssertTrue(try cmdline(["/x"], directory: "srv/app").contains("env.vars=[ \"PWD=/srv/app\" ] -- /x"))
  }

  func testWhatCannotBeSaidIsRefused() {
    let rows: [([String], [String: String])] = [
      (["/x", ""], [:]), (["/x", "a\nb"], [:]), (["/x"], ["A": "[b]"]), (["/x"], ["A": "a\u{7f}"]),
      (["/x"] + [String](repeating: "a", count: 60), [:]), (["/x", String(repeating: "a", count: 4000)], [:]),
    ]
    for (arguments, environment) in rows {
      assertFailure("unikraft_command_line", exit: .badInput) { try cmdline(arguments, environment) }
    }
  }

  private func parts(_ kernel: KernelCatalog.Kernel) -> UnikernelImage.UnikraftParts {
    let layers = [
      LayerContent(
        role: .runtime,
        entries: [
          Scratch.entry("etc", .directory, 0o755, layer: .runtime),
          Scratch.entry("etc/passwd", .bytes([1, 2, 3]), layer: .runtime),
        ]),
      LayerContent(
        role: .application,
        entries: [
          Scratch.entry("app", .directory, 0o755), Scratch.entry("app/x", .bytes([4, 5]), 0o755),
          Scratch.entry("etc", .directory, 0o755),
        ]),
    ]
    return UnikernelImage.UnikraftParts(
      kernel: kernel, arguments: ["/app/x"], environment: ["PORT": "8080"], directory: .root, layers: layers,
      ports: [GuestPort(number: 8080)], mode: .release)
  }

  private func kernel(_ scratch: Scratch) throws -> KernelCatalog.Kernel {
    let file = scratch.directory / "elfloader"
    try FileSystem.writeAtomically(ELFKernels.unikraft(), to: file, durable: false)
    return try KernelCatalog(cache: scratch.directory / "cache").importFile(file)
  }

  func testTheImageHoldsTheFilesAndNothingOfPackc() throws {
    let scratch = try Scratch()
    let image = try UnikernelImage.write(parts(try kernel(scratch)), to: scratch.directory / "image")
    let opened = try UnikernelImage.open(scratch.directory / "image")
    XCTAssertEqual(opened.machine, image.machine)
    XCTAssertEqual(image.machine.guest, .unikraft)
    XCTAssertEqual(image.machine.qemuMachines, [.q35])
    let list = try scratch.run(["cpio", "-t", "--quiet"], input: FileSystem.read(image.initrd))
    XCTAssertTrue(list.succeeded, list.errorText)
    XCTAssertEqual(
      list.outputText.split(separator: "\n").map(String.init),
      ["app", "app/x", "dev", "etc", "etc/passwd", "tmp"])
    XCTAssertEqual(
      try opened.cmdline(),
      "netdev.ip=10.0.2.15/24:10.0.2.2:10.0.2.3 vfs.fstab=[ \"initrd0:/:extract::ramfs=1:\" ] "
        + "env.vars=[ \"PORT=8080\" ] -- /app/x")
    XCTAssertEqual(try opened.portableCmdline(), try opened.cmdline())
  }

  func testTheSameBytesFromAnotherCatalogAndPlace() throws {
    let digests = try [1, 2].map { _ -> [Digest] in
      let scratch = try Scratch()
      let directory = scratch.directory / "image"
      _ = try UnikernelImage.write(parts(try kernel(scratch)), to: directory)
      return try ["kernel", "initrd", "cmdline", "machine.json"].map {
        try FileSystem.digest(of: directory / HostPath($0))
      }
    }
    XCTAssertEqual(digests[0], digests[1])
  }

  func testWhatTheLoaderLacksIsRefused() throws {
    let scratch = try Scratch()
    let kernel = try kernel(scratch)
    var volumes = parts(kernel)
    volumes.volumes = [GuestVolume(name: "data", size: 1 << 20, mount: RootPath(literal: "data"))]
    var processors = parts(kernel)
    processors.cpus = 2
    for (parts, code) in [(volumes, "unikraft_lacks"), (processors, "unikraft_lacks")] {
      assertFailure(code) { try UnikernelImage.write(parts, to: scratch.directory / "refused") }
    }
    XCTAssertEqual(
      try UnikernelImage.write(parts(kernel), to: scratch.directory / "least").machine.memory,
      MachineDescription.Memory(minimum: 17, standard: 64))
    var large = parts(kernel)
    large.layers.append(
      LayerContent(
        role: .application, entries: [Scratch.entry("app/data", .bytes([UInt8](repeating: 7, count: 5 << 20)))]))
    // The archive, a block of 8 MiB, and what aligning it may cost.
    XCTAssertEqual(
      try UnikernelImage.write(large, to: scratch.directory / "large").machine.memory.minimum, 16 + 5 + 16 + 1)
    var small = parts(kernel)
    small.memory = 8
    assertFailure("too_little_memory") { try UnikernelImage.write(small, to: scratch.directory / "small") }
  }

  /// It starts few programs, and no build without a word about it should get it.
  func testItIsNoDefault() throws {
    let scratch = try Scratch()
    let kernel = try kernel(scratch)
    XCTAssertNil(try KernelCatalog(cache: scratch.directory / "cache").defaultKernel())
    XCTAssertEqual(kernel.manifest.features, ["environ", "fstab", "net", "netdev"])
    XCTAssertEqual(try KernelManifest(json: kernel.manifest.json), kernel.manifest)
    XCTAssertEqual(kernel.manifest.shortcomings(ports: [GuestPort(number: 80)], cpus: 1), [])
    let file = scratch.directory / "elfloader"
    let catalog = KernelCatalog(cache: scratch.directory / "cache")
    assertFailure("kernel_type") { try catalog.importFile(file, isUnikraft: false) }
    assertFailure("no_modules") { try catalog.importFile(file, modules: scratch.directory) }
    try FileSystem.writeAtomically(ELFKernels.unikraft(text: "appelfloader\0"), to: file, durable: false)
    let deaf = try catalog.importFile(file, isUnikraft: true)
    XCTAssertEqual(deaf.manifest.release, "unikraft")
    XCTAssertEqual(deaf.manifest.shortcomings(ports: [GuestPort(number: 80)], cpus: 1).count, 1)
    try FileSystem.writeAtomically(ELFKernels.vmlinux(), to: file, durable: false)
    assertFailure("kernel_type") { try catalog.importFile(file, isUnikraft: true) }
    XCTAssertEqual(try catalog.importFile(file).manifest.format, .vmlinux)
  }

  func testQEMUGetsNoDeviceThatOnlyLinuxUses() {
    var command = QEMUCommand(
      program: "/usr/bin/qemu-system-x86_64", machine: .q35, accelerator: .tcg, memory: 64, cpus: 1, kernel: "/k",
      initrd: "/i", cmdline: "-- /x", timestampRate: nil)
    command.hasControl = false
    let text = command.arguments.joined(separator: " ")
    XCTAssertTrue(text.contains("-append -- /x "), text)
    XCTAssertTrue(text.contains("virtio-net-pci,netdev=net,romfile="), text)
    for word in ["virtserialport", "virtio-serial", "virtio-rng"] { XCTAssertFalse(text.contains(word), text) }
  }
}
