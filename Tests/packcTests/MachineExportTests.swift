import PackCore
import TestSupport
import XCTest

/// A machine as a file that firmware or another monitor takes, read by the tools for such files and booted under OVMF.
class MachineExportBench: XCTestCase {
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
    let made = Fixture(site: site, project: project, built: try site.build(project))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  func export(_ format: String, to name: String) throws -> HostPath {
    let fixture = try fixture()
    let path = fixture.site.directory / name
    try fixture.site.packc(
      "image", "export", "--project", "\(fixture.project)", "--format", format, "--output", "\(path)"
    ).run().expect(exit: .done)
    return path
  }

  func boot(_ drive: [String]) throws { try fixture().site.bootUnderFirmware(drive) }
}

final class MachineExportTests: MachineExportBench {
  private static let formats = ["uki", "disk.raw", "qcow2", "iso"]

  func testFilesAreThoseOfTheBuild() throws {
    let directory = try export("kernel+initrd", to: "machine")
    XCTAssertTrue(
      String(decoding: try FileSystem.read(directory / "cmdline"), as: UTF8.self).hasSuffix(" ip=dhcp\n"))
    for name in ["kernel", "initrd"] {
      XCTAssertEqual(
        try FileSystem.digest(of: directory / HostPath(name)),
        try FileSystem.digest(of: fixture().project / HostPath(".packc/unikernel/\(name)")), name)
    }
  }

  func testDirectoriesForOtherMonitorsAreTheSameFromTheImage() throws {
    let fixture = try fixture()
    for (format, names) in [
      ("firecracker", ["firecracker.json", "initrd", "vmlinux"]),
      ("cloud-hypervisor", ["cloud-hypervisor.json", "initrd", "kernel"]),
    ] {
      let first = try export(format, to: "first.\(format)")
      let second = fixture.site.directory / "second.\(format)"
      try fixture.site.packc(
        "image", "export", "oci:\(fixture.built.layout):greeter-vm", "--format", format, "--output", "\(second)"
      ).environment(["TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8", "SOURCE_DATE_EPOCH": "1"]).run().expect(exit: .done)
      XCTAssertEqual(
        try DirectoryWalk.names(in: first).map { String(decoding: $0, as: UTF8.self) }.sorted(), names)
      for name in names {
        XCTAssertEqual(
          try FileSystem.digest(of: first / HostPath(name)), try FileSystem.digest(of: second / HostPath(name)), name)
      }
    }
  }

  /// From the build, and from its image under another name, time zone and language.
  func testTheSameBytesFromTheImage() throws {
    let fixture = try fixture()
    for format in Self.formats {
      let first = try export(format, to: "first.\(format)")
      let second = fixture.site.directory / "second.\(format)"
      try fixture.site.packc(
        "image", "export", "oci:\(fixture.built.layout):greeter-vm", "--format", format, "--output", "\(second)"
      ).environment(["TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8", "SOURCE_DATE_EPOCH": "1"]).run().expect(exit: .done)
      XCTAssertEqual(try FileSystem.digest(of: first), try FileSystem.digest(of: second), format)
    }
  }

  func testTheToolsForSuchFilesReadThem() throws {
    let raw = try export("disk.raw", to: "read.raw")
    let table = try Tools.output("sfdisk", ["--json", "\(raw)"])
    let partition = try XCTUnwrap(JSONParser.parse(Array(table.utf8))["partitiontable"]?["partitions"]?.array?.first)
    XCTAssertEqual(partition["type"], "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    XCTAssertEqual(try Tools.output("sfdisk", ["--verify", "\(raw)"]).contains("No errors"), true)
    let uki = try export("uki", to: "read.efi")
    let inside = try fixture().site.directory / "inside.efi"
    _ = try Tools.output("mcopy", ["-i", "\(raw)@@1M", "::EFI/BOOT/BOOTX64.EFI", "\(inside)"])
    XCTAssertEqual(try FileSystem.digest(of: inside), try FileSystem.digest(of: uki))
    for (section, name) in [(".linux", "kernel"), (".initrd", "initrd")] {
      let out = try fixture().site.directory / "section.\(name)"
      _ = try Tools.output(
        "objcopy", ["-O", "binary", "--only-section=\(section)", "\(uki)", "\(out)"])
      let file = try fixture().project / HostPath(".packc/unikernel/\(name)")
      // objcopy writes whole blocks.
      XCTAssertEqual(
        try FileSystem.read(out).prefix(Int(try XCTUnwrap(FileSystem.status(file)).size)),
        try FileSystem.read(file)[...], name)
    }
    let qcow2 = try export("qcow2", to: "read.qcow2")
    XCTAssertTrue(try Tools.output("qemu-img", ["check", "\(qcow2)"]).contains("No errors"))
    XCTAssertTrue(try Tools.output("qemu-img", ["compare", "\(raw)", "\(qcow2)"]).contains("identical"))
    let iso = try export("iso", to: "read.iso")
    XCTAssertTrue(try Tools.output("bsdtar", ["-tf", "\(iso)"]).uppercased().contains("EFI.IMG"))
  }

  func testWhatCannotBeExportedIsSaid() throws {
    let fixture = try fixture()
    let layout = "oci:\(fixture.built.layout)"
    let target = "\(fixture.site.directory / "refused")"
    let rows: [([String], ExitCode, String)] = [
      (["\(layout):greeter", "--format", "uki", "--output", target], .badInput, "-vm"),
      (["\(layout):greeter-vm", "--format", "uki"], .usage, "--output"),
      (["\(layout):greeter-vm", "--format", "vmdk", "--output", target], .usage, "no such format"),
      (["\(layout):greeter-vm", "--format", "kernel+initrd", "--output", "\(fixture.project)"], .badInput, "empty"),
    ]
    for (arguments, exit, words) in rows {
      let result = try fixture.site.packc(["image", "export"] + arguments).run().expect(exit: exit)
      XCTAssertTrue(result.standardError.contains(words), result.standardError)
      XCTAssertFalse(FileSystem.exists(HostPath(target)), "\(arguments)")
    }
    let result = try fixture.site.packc(
      "image", "export", "\(layout):greeter-vm", "--format", "iso", "--output", target
    )
    .environment(["PATH": "\(fixture.site.directory.path)"]).run().expect(exit: .toolchain)
    XCTAssertTrue(result.standardError.contains("apt-get install mtools xorriso"), result.standardError)
  }

  func testTheDiskBootsUnderFirmware() throws {
    let disk = try export("disk.raw", to: "boot.raw")
    try boot(["-drive", "file=\(disk),format=raw,if=virtio"])
  }
}

/// Each of these takes a minute of an emulated firmware. The EFI program is started from all of them.
final class MachineExportSlowTests: MachineExportBench {
  func testTheOthersBoot() throws {
    try boot(["-drive", "file=\(try export("qcow2", to: "boot.qcow2")),format=qcow2,if=virtio"])
    try boot(["-cdrom", "\(try export("iso", to: "boot.iso"))"])
  }
}

extension Site {
  /// The C server must answer when OVMF starts `drive`.
  func bootUnderFirmware(_ drive: [String]) throws {
    let port = try Ports.free()
    let variables = directory / "vars.\(port)"
    try FileSystem.copyFile("/usr/share/OVMF/OVMF_VARS.fd", to: variables, mode: 0o600)
    let arguments =
      [
        "\(try Tools.require("qemu-system-x86_64"))", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m", "512",
        "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
        "-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd",
        "-drive", "if=pflash,format=raw,file=\(variables)",
        "-netdev", "user,id=n,hostfwd=tcp:127.0.0.1:\(port)-:8080", "-device", "virtio-net-pci,netdev=n,romfile=",
      ] + drive
    let machine = try Background(
      self, [], shell: "exec " + arguments.map { "'\($0)'" }.joined(separator: " "))
    XCTAssertEqual(try machine.answer(port: port, within: 240), "hello from C\n")
  }
}
