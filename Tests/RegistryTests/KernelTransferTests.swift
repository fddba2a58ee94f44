import Glibc
import PackCore
import TestSupport
import XCTest

/// `packc kernel push` and `pull` as people run them, with the rest of the catalog's commands on the way.
final class KernelTransferTests: XCTestCase {
  /// The smallest file with a whole boot protocol header: a bzImage of that release.
  private func kernelImage(_ release: String) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 2 * 512 + 4096)
    bytes[0x1f1] = 1
    bytes[0x1f5] = 1
    bytes.replaceSubrange(0x1fe..<0x206, with: [0x55, 0xaa, 0x90, 0x90] + Array("HdrS".utf8))
    bytes.replaceSubrange(0x206..<0x208, with: [0x0f, 0x02])
    bytes.replaceSubrange(0x20e..<0x210, with: [0x00, 0x01])
    bytes[0x211] = 1
    bytes[0x236] = 1
    let text = Array("\(release) (nobody@nowhere) #1".utf8) + [0]
    bytes.replaceSubrange(0x300..<(0x300 + text.count), with: text)
    return bytes
  }

  private func packc(_ sandbox: TemporaryDirectory, _ arguments: String...) -> PackcProcess {
    PackcProcess(arguments: arguments).sandbox(sandbox).environment(["DOCKER_CONFIG": "\(sandbox / "docker")"])
  }

  private func imported(_ sandbox: TemporaryDirectory, _ name: String, release: String = "6.1.9") throws -> Digest {
    let file = sandbox / "\(name)/vmlinuz"
    try FileSystem.createDirectory(file.parent)
    try FileSystem.writeAtomically(kernelImage(release), to: file)
    let config = "CONFIG_ACPI=y\nCONFIG_VIRTIO_MMIO=y\nCONFIG_VIRTIO_CONSOLE=y\nCONFIG_VIRTIO_NET=y\n"
    try FileSystem.writeAtomically(Array(config.utf8), to: file.parent / "config-\(release)")
    let result = try packc(sandbox, "kernel", "import", "\(file)", "--name", name, "--json").run().expect(exit: .done)
    return try XCTUnwrap(try result.json().value["digest"]?.digest)
  }

  func testAKernelGoesToARegistryAndBack() throws {
    let (here, there) = (try TemporaryDirectory(), try TemporaryDirectory())
    let digest = try imported(here, "team")
    try withRegistry { registry in
      let push = try packc(here, "kernel", "push", "team", "\(registry.host)/kernels/team:1", "--json").run()
        .expect(exit: .done).json().value
      XCTAssertEqual(push["kernel"]?["digest"]?.digest, digest)
      XCTAssertEqual(push["blobs"]?["sent"], 4, "manifest, kernel, configuration, and the empty config of an artifact")
      let manifest = try JSONParser.parse(try XCTUnwrap(registry.manifest("kernels/team", "1")), name: "manifest")
      XCTAssertEqual(manifest["artifactType"], "application/vnd.packc.kernel.v1")
      XCTAssertEqual(manifest["annotations"]?["org.opencontainers.image.licenses"], "GPL-2.0-only")
      let again = try packc(here, "kernel", "push", "team", "\(registry.host)/kernels/team:2", "--json").run()
        .expect(exit: .done).json().value
      XCTAssertEqual(again["blobs"]?["sent"], 0)

      let pull = try packc(there, "kernel", "pull", "\(registry.host)/kernels/team:1", "--default", "--json").run()
        .expect(exit: .done).json().value
      XCTAssertEqual(pull["kernel"]?["digest"]?.digest, digest)
      XCTAssertEqual(pull["kernel"]?["default"], true)
      XCTAssertEqual(pull["digest"], push["digest"])
      for (name, place) in [("kernel", "vmlinuz"), ("config", "config-6.1.9")] {
        XCTAssertEqual(
          try FileSystem.read(there / "cache/packc/kernels/\(digest.hex)/\(name)"),
          try FileSystem.read(here / "team/\(place)"), name)
      }
      try packc(there, "kernel", "pull", "\(registry.host)/kernels/team:3").run().expect(exit: .badInput)
    }
  }

  func testAnImageIsNoKernel() throws {
    let sandbox = try TemporaryDirectory()
    let image = try RegistryImage.whole()
    try withRegistry { registry in
      image.put(into: registry, "team/shop", "1")
      try packc(sandbox, "kernel", "pull", "\(registry.host)/team/shop:1").run().expect(exit: .badInput)
        .expect(standardErrorContains: "is no kernel of packc's").expect(standardErrorContains: "packc image pull")
    }
  }

  func testShowUseAndRemove() throws {
    let sandbox = try TemporaryDirectory()
    let one = try imported(sandbox, "one")
    let two = try imported(sandbox, "two", release: "6.12.4")
    let show = try packc(sandbox, "kernel", "show", "one", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(show["manifest"]?["licence"]?.string?.hasPrefix("GPL-2.0-only"), true)
    XCTAssertEqual(show["default"], true, "the first that was imported")
    try packc(sandbox, "kernel", "show", "two").run().expect(exit: .done)
      .expect(standardOutputContains: "GPL-2.0-only").expect(standardOutputContains: "6.12.4")
    try packc(sandbox, "kernel", "show", "two", "--config").run().expect(exit: .done)
      .expect(standardOutputContains: "CONFIG_VIRTIO_NET=y")
    try packc(sandbox, "kernel", "use", "two").run().expect(exit: .done)
    let list = try packc(sandbox, "kernel", "list", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(list["kernels"]?.array?.map { $0["default"] }, [false, true])
    try packc(sandbox, "kernel", "list").run().expect(exit: .done)
      .expect(standardOutputContains: "*  two").expect(standardOutputContains: "acpi,control,mmio,net")
    try packc(sandbox, "kernel", "remove", "one", "other").run().expect(exit: .badInput)
      .expect(standardErrorContains: "there is no kernel \"other\"")
    let removed = try packc(sandbox, "kernel", "remove", "one", two.description, "--json").run().expect(exit: .done)
      .expect(standardErrorContains: "was the one that builds used").json().value
    XCTAssertEqual(removed["removed"], .array([JSONValue(one), JSONValue(two)]))
    try packc(sandbox, "kernel", "list").run().expect(exit: .done).expect(standardOutputContains: "no kernel yet")
  }

  func testOptionsAreExplained() throws {
    let sandbox = try TemporaryDirectory()
    try packc(sandbox, "kernel", "config").run().expect(exit: .done)
      .expect(standardOutputContains: "CONFIG_VIRTIO_NET=y").expect(standardOutputContains: "# the host's network")
    let tiny = try packc(
      sandbox, "kernel", "build", "--profile", "tiny", "--need", "net", "--explain", "--json"
    ).run().expect(exit: .done).json().value
    XCTAssertEqual(tiny["name"], "packc-tiny-6.1+net")
    XCTAssertEqual(tiny["differences"]?.array?.isEmpty, false)
    let rows: [([String], ExitCode, String)] = [
      (["--profile", "tinny"], .usage, "did you mean \"tiny\"?"),
      (["--version", "6.13"], .usage, "did you mean \"6.1"), (["--version", "5"], .usage, "--version 6.1 or 6.12"),
      (["--profile", "tiny"], .badInput, "it has not been built"),
      (["--profile", "tiny", "--need", "nett"], .usage, "did you mean \"net\"?"),
      (["--need", "net"], .usage, "--profile tiny"), (["--profile", "./none.config"], .badInput, "none.config"),
      (["--profile", "tiny", "--need", "net", "--without", "sockets"], .usage, "cannot both be"),
    ]
    for (flags, exit, says) in rows {
      try PackcProcess(arguments: ["kernel", "config"] + flags).sandbox(sandbox).run().expect(exit: exit)
        .expect(standardErrorContains: says)
    }
  }
}
