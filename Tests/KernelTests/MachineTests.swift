internal import XCTest

@testable import Kernel
@testable import PackCore

final class MachineTests: XCTestCase {
  private func command(_ machine: QEMUMachine, _ accelerator: Accelerator = .tcg) -> QEMUCommand {
    QEMUCommand(
      program: "/usr/bin/qemu-system-x86_64", machine: machine, accelerator: accelerator, memory: 256, cpus: 2,
      kernel: "/u/kernel", initrd: "/u/initrd", cmdline: "console=ttyS0", timestampRate: 2_300_000,
      forwards: [
        .init(address: "127.0.0.1", hostPort: 8080, guestPort: GuestPort(number: 80)),
        .init(address: "0.0.0.0", hostPort: 53, guestPort: GuestPort(number: 5353, transport: .udp)),
      ])
  }

  func testQEMUIsToldEverythingAndAssumesNothing() {
    let microvm = command(.microvm).arguments
    for words in [
      ["-M", "microvm"], ["-accel", "tcg", "-cpu", "max,-erms,-fsrm"], ["-nodefaults", "-no-user-config"],
      ["-no-reboot"],
      ["-append", "console=ttyS0 tsc_early_khz=2300000 tsc=reliable no_timer_check"],
      ["-device", "virtio-serial-device,max_ports=3"],
      ["-device", "virtserialport,chardev=control,name=dev.packc.control"],
      [
        "-netdev",
        "user,id=net,hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80,hostfwd=udp:0.0.0.0:53-10.0.2.15:5353",
      ], ["-device", "virtio-net-device,netdev=net"],
    ] {
      XCTAssertTrue(microvm.indices.contains { microvm[$0...].starts(with: words) }, "\(words) is not in \(microvm)")
    }
    let q35 = command(.q35, .kvm).arguments
    XCTAssertTrue(q35.contains("virtio-net-pci,netdev=net,romfile="))
    XCTAssertTrue(q35.contains("host"))
    // The rate is for TCG: KVM's guests have a clock of their own.
    XCTAssertTrue(q35.contains("console=ttyS0"))
  }

  func testAKernelWithoutACPIGetsAMachineWithoutIt() throws {
    var microvm = command(.microvm)
    microvm.cmdline = "console=ttyS0 acpi=off quiet"
    XCTAssertTrue(microvm.arguments.contains("microvm,acpi=off"))
    XCTAssertTrue(microvm.arguments.contains("virtio-serial-device,max_ports=3"))
    microvm.cpus = 1
    let words = "tsc_early_khz=2300000 tsc=reliable no_timer_check noreplace-smp nolapic_timer"
    XCTAssertTrue(microvm.arguments.contains("console=ttyS0 acpi=off quiet \(words)"), "\(microvm.arguments)")
    var q35 = command(.q35)
    q35.cmdline = "acpi=off"
    XCTAssertTrue(q35.arguments.contains("q35"))
    let scratch = try Scratch()
    for (features, isWithout, worksWithout) in [
      (["acpi", "mmio"], false, false), (["acpi", "mmio", "mmio-cmdline"], false, true), (["mmio-cmdline"], true, true),
    ] {
      guard case .object(var fields) = try scratch.kernel().manifest.json else { return XCTFail("no object") }
      fields["features"] = JSONValue(strings: features)
      let manifest = try KernelManifest(json: .object(fields))
      XCTAssertEqual(manifest.isWithoutACPI, isWithout, "\(features)")
      XCTAssertEqual(manifest.worksWithoutACPI, worksWithout, "\(features)")
    }
  }

  func testAnArm64MachineIsVirt() throws {
    var virt = command(.virt)
    virt.cmdline = "console=ttyAMA0"
    virt.timestampRate = nil
    for words in [
      ["-M", "virt,gic-version=max"], ["-global", "virtio-mmio.force-legacy=false"], ["-append", "console=ttyAMA0"],
      ["-device", "virtio-serial-device,max_ports=3"], ["-device", "virtio-net-device,netdev=net"],
    ] {
      XCTAssertTrue(virt.arguments.indices.contains { virt.arguments[$0...].starts(with: words) }, "\(words)")
    }
    let scratch = try Scratch()
    let file = scratch.directory / "Image"
    try FileSystem.writeAtomically(Scratch.arm64Image(), to: file, durable: false)
    let kernel = try KernelCatalog(cache: scratch.directory / "cache").importFile(file)
    let initFile = scratch.directory / "guest-init-arm64"
    try FileSystem.writeAtomically(Array("an init".utf8), to: initFile)
    let parts = UnikernelImage.Parts(
      base: GuestBase(
        initFile: initFile, configuration: GuestConfiguration(arguments: ["/app"], environment: [:]), kernel: kernel),
      segments: [], ports: [])
    let (image, _) = try UnikernelImage.write(
      parts, to: scratch.directory / "unikernel", cache: scratch.directory / "segments")
    XCTAssertEqual(try image.cmdline(), "console=ttyAMA0 rootfstype=ramfs panic=-1 quiet loglevel=2")
    let read = try UnikernelImage.open(scratch.directory / "unikernel").machine
    XCTAssertEqual(read, image.machine)
    XCTAssertEqual(read.architecture, .arm64)
    XCTAssertEqual(read.qemuMachines, [.virt])
    XCTAssertEqual(read.json["console"], "ttyAMA0")
    XCTAssertNil(read.json["hypervisors"]?["qemu"]?["append_under_tcg"])
  }

  func testTheDescriptionReadsWhatItWrites() throws {
    let digest = Digest(of: [1])
    let machine = MachineDescription(
      kernel: .init(name: "kernel", digest: digest, size: 1), initrd: .init(name: "initrd", digest: digest, size: 2),
      cmdline: .init(name: "cmdline", digest: digest, size: 3), kernelManifest: digest, release: "6.1", mode: .debug,
      memory: .init(initrdSize: 70 << 20, kernelSize: 14 << 20), cpus: 2, network: .qemuUser,
      ports: [GuestPort(number: 80), GuestPort(number: 53, transport: .udp)], qemuMachines: [.microvm, .q35])
    XCTAssertEqual(try MachineDescription(json: machine.json), machine)
    XCTAssertEqual(machine.memory.minimum, 72 + 28 + 140)
    // Never less than what was measured, and never much more.
    for (initrd, least) in [(1_700_000, 42), (7_640_000, 49), (47_640_000, 126)] as [(Int64, Int)] {
      let memory = MachineDescription.Memory(initrdSize: initrd, kernelSize: 3_143_000, isTailored: true)
      XCTAssertTrue((least...(least + 5)).contains(memory.minimum), "\(initrd): \(memory.minimum)")
    }
    XCTAssertEqual(machine.memory.standard % 32, 0)
    guard case .object(var broken) = machine.json else { return XCTFail("no object") }
    for (key, value) in [
      ("schema", JSONValue.integer(2)), ("mode", "fast"), ("architecture", "vax"), ("cpus", 0),
      ("kernel", ["file": "../kernel"]),
      ("hypervisors", ["qemu": ["machines": []]]), ("ports", [["port": 70000, "protocol": "tcp"]]),
    ] {
      let kept = broken[key]
      broken[key] = value
      XCTAssertThrowsError(try MachineDescription(json: .object(broken)), key)
      broken[key] = kept
    }
  }

  func testPortsParse() {
    XCTAssertEqual(GuestPort("8080"), GuestPort(number: 8080))
    XCTAssertEqual(GuestPort("53/udp"), GuestPort(number: 53, transport: .udp))
    for text in ["", "0", "65536", "80/sctp", "80/tcp/x", "x", "-1", "80/"] { XCTAssertNil(GuestPort(text), text) }
  }

  func testListenersKnowLoopback() {
    let port = GuestPort(number: 80)
    let rows: [([UInt8], Bool, String)] = [
      ([127, 0, 0, 1], true, "127.0.0.1:80/tcp"), ([127, 9, 9, 9], true, "127.9.9.9:80/tcp"),
      ([0, 0, 0, 0], false, "0.0.0.0:80/tcp"), ([10, 0, 2, 15], false, "10.0.2.15:80/tcp"),
      (Array(repeating: 0, count: 16), false, "[::]:80/tcp"),
      (Array(repeating: 0, count: 15) + [1], true, "[0:0:0:0:0:0:0:1]:80/tcp"),
      (Array(repeating: 0, count: 10) + [0xff, 0xff, 127, 0, 0, 1], true, "[0:0:0:0:0:ffff:7f00:1]:80/tcp"),
      (Array(repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 1], false, "[0:0:0:0:0:ffff:a00:1]:80/tcp"),
    ]
    for (address, loopback, text) in rows {
      let listener = GuestListener(port: port, address: address)
      XCTAssertEqual(listener.isLoopback, loopback, text)
      XCTAssertEqual(listener.description, text)
    }
  }

  func testReportsAreCutOutOfAnyPieces() {
    func frame(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [type, 0, 0, 0, UInt8(payload.count + 8), 0, 0, 0] + [9, 0, 0, 0, 0, 0, 0, 0] + payload
    }
    let stream =
      frame(65, [1, 0, 0, 0]) + frame(66, [50, 0, 0, 0]) + frame(99, [])
      + frame(67, [1, 6, 4, 0, 0x1f, 0x90, 127, 0, 0, 1] + Array(repeating: 0, count: 12))
      + frame(68, [2, 0, 0, 0] + Array("execute /x".utf8)) + frame(70, [1] + Array("why".utf8)) + frame(66, [1])
      + frame(69, [0, 7, 0, 0, 0, 0, 0, 0, 0]) + frame(69, [1, 9, 0, 0, 0, 2, 0, 0, 0])
    let expected: [GuestControl.Event] = [
      .hello(version: 1), .started(process: 50),
      .listening(GuestListener(port: GuestPort(number: 8080), address: [127, 0, 0, 1])),
      .startFailed(errno: 2, what: "execute /x"), .problem("why", ends: true), .exited(code: 7, memoryKills: 0),
      .signalled(signal: 9, memoryKills: 2),
    ]
    for size in [1, 3, 7, 64, stream.count] {
      var reader = GuestReportReader()
      var reports: [GuestControl.Report] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        reports += reader.read(stream[start..<min(start + size, stream.count)])
      }
      XCTAssertEqual(reports.map(\.event), expected, "pieces of \(size)")
      XCTAssertTrue(reports.allSatisfy { $0.time == 9 })
    }
    for length: UInt8 in [0, 7] {
      var reader = GuestReportReader()
      XCTAssertEqual(reader.read([65, 0, 0, 0, length, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), [])
      XCTAssertTrue(reader.isBroken)
    }
    var reader = GuestReportReader()
    _ = reader.read([65, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
    XCTAssertTrue(reader.isBroken)
    var random = SeededGenerator(3)
    for _ in 0..<2000 {
      var noise = GuestReportReader()
      _ = noise.read((0..<200).map { _ in UInt8.random(in: 0...80, using: &random) }[...])
    }
  }
}
