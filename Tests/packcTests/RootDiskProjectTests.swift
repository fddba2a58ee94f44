import PackCore
import TestSupport
import XCTest

/// `--rootfs erofs` from source to an answer, and what is exported of it.
class RootDiskProjectBench: XCTestCase {
  struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }
  private nonisolated(unsafe) static var made: Fixture?

  func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Projects.c, to: "c project")
    let made = Fixture(site: site, project: project, built: try site.build(project, "--rootfs", "erofs"))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  func export(_ format: String, to name: String, of image: String? = nil) throws -> PackcResult {
    let fixture = try fixture()
    return try fixture.site.packc(
      ["image", "export"] + (image.map { [$0] } ?? ["--project", "\(fixture.project)"])
        + ["--format", format, "--output", "\(fixture.site.directory / name)"]
    ).run()
  }
}

final class RootDiskProjectTests: RootDiskProjectBench {
  func testItServes() throws {
    let fixture = try fixture()
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(fixture.built.json), [])
    let root = try XCTUnwrap(fixture.built.json["unikernel"]?["root"])
    let machine = try JSONParser.parse(try FileSystem.read(fixture.project / ".packc/unikernel/machine.json"))
    XCTAssertEqual(machine["root"]?["verity"], root["verity"])
    let cmdline = try XCTUnwrap(fixture.built.json["unikernel"]?["cmdline"]?.string)
    let hash = try XCTUnwrap(root["verity"]?.digest).hex
    XCTAssertTrue(cmdline.hasSuffix(":\(hash)"), cmdline)
    let port = try Ports.free()
    let machineRun = try Background(fixture.site, ["run", "\(fixture.project)", "--publish", "\(port):8080"])
    XCTAssertEqual(try machineRun.answer(port: port, within: 120), "hello from C\n")
    let config = try fixture.site.packc("kernel", "config", "--profile", "tiny", "--project", "\(fixture.project)")
      .run()
      .expect(exit: .done)
    XCTAssertTrue(config.standardOutput.contains("CONFIG_DM_VERITY=y"), config.standardOutput)
  }

  /// The key of unik.yaml and the flag; another directory, umask, zone and language.
  func testTheSameBytes() throws {
    let fixture = try fixture()
    let site = try Site("other", isolated: true)
    var files = Projects.c
    files["unik.yaml"] = files["unik.yaml"]?.replacing("ports: [8080/tcp]", with: "ports: [8080/tcp], rootfs: erofs")
    let project = try site.write(files, to: "another/place")
    var command = try site.command(
      ["build", project.description, "--json"],
      environment: ["TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"])
    command.argv = ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"] + command.argv
    command.keep = 16 << 20
    let result = try ProcessRunner().run(command)
    XCTAssertTrue(result.succeeded, result.errorText)
    for name in ["kernel", "initrd", "root", "cmdline", "machine.json"] {
      XCTAssertEqual(
        try FileSystem.digest(of: fixture.project / HostPath(".packc/unikernel/\(name)")),
        try FileSystem.digest(of: project / HostPath(".packc/unikernel/\(name)")), name)
    }
  }

  func testImagesForMachinesHaveTheirRootInTheInitrd() throws {
    let fixture = try fixture()
    let image = "oci:\(fixture.built.layout):greeter-vm"
    try export("kernel+initrd", to: "diskless", of: image).expect(exit: .done)
    let directory = fixture.site.directory / "diskless"
    let cmdline = String(decoding: try FileSystem.read(directory / "cmdline"), as: UTF8.self)
    XCTAssertFalse(cmdline.contains("packc.root="), cmdline)
    let plain = try Site()
    let project = try plain.write(Projects.c, to: "c project")
    let built = try plain.build(project)
    XCTAssertEqual(try FileSystem.digest(of: directory / "initrd").description, built.initrd)
    XCTAssertNil(built.json["unikernel"]?["root"])
    try export("uki", to: "diskless.efi", of: image).expect(exit: .done)
  }

  func testExports() throws {
    let fixture = try fixture()
    try export("kernel+initrd", to: "files").expect(exit: .done)
    XCTAssertEqual(
      try FileSystem.digest(of: fixture.site.directory / "files/root"),
      try FileSystem.digest(of: fixture.project / ".packc/unikernel/root"))
    for format in ["uki", "iso"] {
      let refused = try export(format, to: "no.\(format)").expect(exit: .badInput)
      XCTAssertTrue(refused.standardError.contains("NAME-vm --format \(format)"), refused.standardError)
      XCTAssertFalse(FileSystem.exists(fixture.site.directory / "no.\(format)"))
    }
    var digests: Set<Digest> = []
    for name in ["one.raw", "two.raw"] {
      try export("disk.raw", to: name).expect(exit: .done)
      digests.insert(try FileSystem.digest(of: fixture.site.directory / name))
    }
    XCTAssertEqual(digests.count, 1)
    let raw = "\(fixture.site.directory / "one.raw")"
    XCTAssertTrue(try Tools.output("sfdisk", ["--verify", raw]).contains("No errors"))
    let table = try JSONParser.parse(Array(try Tools.output("sfdisk", ["--json", raw]).utf8))
    let partition = try XCTUnwrap(table["partitiontable"]?["partitions"]?.array?.last)
    XCTAssertEqual(partition["name"], "packc.root")
    let start = Int64(try XCTUnwrap(partition["start"]?.integer)) * 512
    let root = try FileSystem.read(fixture.project / ".packc/unikernel/root")
    let disk = try Descriptor.open(HostPath(raw))
    var found = [UInt8](repeating: 0, count: root.count)
    _ = try found.withUnsafeMutableBytes { try disk.read(into: $0, at: start) }
    XCTAssertTrue(found == root, "the partition is not the disk")
  }

  func testWhatIsNotARootIsRefused() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "c")
    let flag = try site.packc("build", "\(project)", "--rootfs", "squashfs").run().expect(exit: .usage)
    XCTAssertTrue(flag.standardError.contains("expected initrd or erofs"), flag.standardError)
    try site.write(["unik.yaml": "version: 1\nrun: {rootfs: ext4}\n"], to: "c")
    let key = try site.packc("plan", "\(project)").run().expect(exit: .badInput)
    XCTAssertTrue(key.standardError.contains("run.rootfs"), key.standardError)
  }
}

/// A minute of an emulated firmware each: the machine finds its root on the second partition.
final class RootDiskExportSlowTests: RootDiskProjectBench {
  func testTheDisksBootUnderFirmware() throws {
    try export("disk.raw", to: "boot.raw").expect(exit: .done)
    let site = try fixture().site
    try site.bootUnderFirmware(["-drive", "file=\(site.directory / "boot.raw"),format=raw,if=virtio"])
    try export("qcow2", to: "boot.qcow2").expect(exit: .done)
    try site.bootUnderFirmware(["-drive", "file=\(site.directory / "boot.qcow2"),format=qcow2,if=virtio"])
  }
}
