internal import XCTest

@testable import Kernel
@testable import PackCore

/// What is written for the guest's init beside the layers.
final class GuestConfigurationTests: XCTestCase {
  /// An interpreter of the four instructions, which is how the kernel will read them.
  private func run(_ filter: SystemCallFilter, call: UInt32, architecture: UInt32 = 0xc000_003e) -> UInt32 {
    var accumulator: UInt32 = 0
    var at = 0
    while at < filter.instructions.count {
      let instruction = filter.instructions[at]
      at += 1
      switch instruction.code {
      case 0x20: accumulator = instruction.operand == 4 ? architecture : call
      case 0x05: at += Int(instruction.operand)
      case 0x15: at += Int(accumulator == instruction.operand ? instruction.whenTrue : instruction.whenFalse)
      case 0x35: at += Int(accumulator >= instruction.operand ? instruction.whenTrue : instruction.whenFalse)
      case 0x06: return instruction.operand
      default: XCTFail("code \(instruction.code)")
      }
    }
    XCTFail("the filter ends without an answer")
    return 0
  }

  func testTheFilterAllowsWhatItIsMadeFor() {
    var random = SeededGenerator(11)
    var sets: [Set<UInt32>] = [
      [], [0], Set(0...450), [0, 1, 2, 3, 5, 9, 11, 449], Set(stride(from: 0, to: 1200, by: 2)),
    ]
    for _ in 0..<20 {
      sets.append(Set((0..<Int.random(in: 1...200, using: &random)).map { _ in .random(in: 0...450, using: &random) }))
    }
    for calls in sets {
      let filter = SystemCallFilter(allowing: calls)
      XCTAssertLessThanOrEqual(filter.instructions.count, 4096)
      XCTAssertEqual(filter.bytes.count, 8 * filter.instructions.count)
      let allowed = calls.union(SystemCallFilter.always)
      for call in (0...1300) + [0x4000_0000, 0x4000_0001, .max] as [UInt32] {
        let expected: UInt32 = allowed.contains(call) ? 0x7fff_0000 : 0x8000_0000
        guard run(filter, call: call) == expected else { return XCTFail("\(call) with \(calls.sorted())") }
      }
      XCTAssertEqual(run(filter, call: 1, architecture: 0x4000_0003), 0x8000_0000)
    }
  }

  func testOnlyTheModulesThatAMachineNeedsAreThere() {
    let all: [ModuleNeeds.Candidate] = [
      .init(name: "virtio_ring", depends: []), .init(name: "virtio", depends: ["virtio_ring"]),
      .init(name: "virtio_net", depends: ["virtio"]), .init(name: "virtio_blk", depends: ["virtio"]),
      .init(name: "crc16", depends: []), .init(name: "mbcache", depends: []), .init(name: "jbd2", depends: []),
      .init(name: "ext4", depends: ["mbcache", "jbd2", "crc16"]), .init(name: "sound", depends: []),
    ]
    func names(_ needs: ModuleNeeds) -> [String] {
      let chosen = needs.choose(all)
      return all.map(\.name).filter(chosen.contains)
    }
    XCTAssertEqual(names(ModuleNeeds(volumes: false)), ["virtio_ring", "virtio", "virtio_net"])
    XCTAssertEqual(names(ModuleNeeds(volumes: true)), all.map(\.name).filter { $0 != "sound" })
  }

  func testVolumesAndDebugAreWritten() throws {
    let volume = GuestVolume(name: "data", size: 4096, mount: Scratch.path("srv/data"))
    let configuration = GuestConfiguration(
      arguments: ["/a"], environment: [:], volumes: [volume], network: .dhcp, mode: .debug)
    let text = String(decoding: try configuration.encode(modules: []), as: UTF8.self)
    let records = text.split(separator: "\0").map(String.init)
    for record in ["i=dhcp", "o=data:4096:/srv/data", "f=1073741824", "x=1", "l=1"] {
      XCTAssertTrue(records.contains(record), "\(record) is not in \(records)")
    }
    XCTAssertFalse(records.contains { $0.hasPrefix("r=") || $0.hasPrefix("d=") })
    let release = GuestConfiguration(arguments: ["/a"], environment: [:])
    XCTAssertFalse(String(decoding: try release.encode(modules: []), as: UTF8.self).contains("f="))
    for volumes in [
      [GuestVolume(name: "", size: 1, mount: Scratch.path("a"))],
      [GuestVolume(name: "a:b", size: 1, mount: Scratch.path("a"))],
      [GuestVolume(name: "a", size: 0, mount: Scratch.path("a"))],
      [GuestVolume(name: "a", size: 1, mount: Scratch.path("proc/a"))],
      ["one", "two"].map { GuestVolume(name: "a-very-long-name-for-" + $0, size: 1, mount: Scratch.path($0)) },
    ] {
      let bad = GuestConfiguration(arguments: ["/a"], environment: [:], volumes: volumes)
      XCTAssertThrowsError(try bad.encode(modules: [])) {
        XCTAssertEqual(($0 as? Failure)?.code, "bad_guest_configuration")
      }
    }
  }

  func testDisksAndTheMonitorAreQEMUs() throws {
    var command = QEMUCommand(
      program: "/usr/bin/qemu-system-x86_64", machine: .microvm, accelerator: .tcg, memory: 256, cpus: 1,
      kernel: "/u/kernel", initrd: "/u/initrd", cmdline: "quiet", timestampRate: nil)
    XCTAssertFalse(command.arguments.contains("-S"))
    command.disks = [.init(file: "/a,b", serial: "data"), .init(file: "/c", serial: "ro", isReadOnly: true)]
    command.monitorDescriptor = 5
    for words in [
      ["-drive", "if=none,id=disk0,format=raw,readonly=off,discard=unmap,file=/a,,b"],
      ["-device", "virtio-blk-device,drive=disk0,serial=data"],
      ["-drive", "if=none,id=disk1,format=raw,readonly=on,discard=unmap,file=/c"],
      ["-S", "-chardev", "socket,id=monitor,fd=5", "-mon", "chardev=monitor,mode=control"],
    ] {
      XCTAssertTrue(command.arguments.indices.contains { command.arguments[$0...].starts(with: words) }, "\(words)")
    }
  }
}
