internal import XCTest

@testable import Kernel
@testable import PackCore

/// A directory of one test's own, and kernels and modules that are made for it.
final class Scratch {
  let directory: HostPath
  init() throws { directory = try FileSystem.createTemporaryDirectory(in: "/tmp", prefix: "packc-kernel-test") }
  deinit { try? FileSystem.removeTree(directory) }

  static func path(_ text: String) -> RootPath {
    guard let path = RootPath(text) else { preconditionFailure("\(text) is no path") }
    return path
  }

  static func entry(
    _ path: String, _ content: RootFilesystem.Entry.Content, _ mode: UInt32 = 0o644, layer: LayerRole = .application
  ) -> RootFilesystem.Entry {
    RootFilesystem.Entry(path: Self.path(path), content: content, mode: mode, layer: layer, origin: "test")
  }

  /// The smallest file with a whole boot protocol header.
  static func kernelImage(release: String = "6.1.0-1-test", payload: Int = 4096) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 2 * 512 + payload)
    bytes[0x1f1] = 1
    let units = payload / 16
    bytes[0x1f4] = UInt8(units & 255)
    bytes[0x1f5] = UInt8(units >> 8)
    bytes.replaceSubrange(0x1fe..<0x200, with: [0x55, 0xaa])
    bytes.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    bytes.replaceSubrange(0x206..<0x208, with: [0x0f, 0x02])
    bytes.replaceSubrange(0x20e..<0x210, with: [0x00, 0x01])
    bytes[0x211] = 1
    bytes[0x236] = 1
    let text = Array("\(release) (nobody@nowhere) #1".utf8) + [0]
    bytes.replaceSubrange(0x300..<(0x300 + text.count), with: text)
    return bytes
  }

  /// The smallest arm64 `Image` with a release in it.
  static func arm64Image(release: String = "6.1.0-1-arm", payload: Int = 4096) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64 + payload)
    bytes.replaceSubrange(0x38..<0x3c, with: Array("ARMd".utf8))
    // The first text is a pattern of the kernel's own, not what it is filled with.
    let text = Array("Linux version %s\0Linux version \(release) (nobody@nowhere) #1".utf8) + [0]
    bytes.replaceSubrange((64 + payload / 2)..<(64 + payload / 2 + text.count), with: text)
    return bytes
  }

  /// An ELF64 file with the sections .shstrtab and .modinfo.
  static func module(_ name: String, depends: [String] = [], release: String = "6.1.0-1-test") -> [UInt8] {
    let info = Array("name=\(name)\0depends=\(depends.joined(separator: ","))\0vermagic=\(release) SMP\0".utf8)
    let names = Array("\0.shstrtab\0.modinfo\0".utf8)
    func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    func section(_ name: Int, _ offset: Int, _ size: Int) -> [UInt8] {
      little(name, 4) + little(1, 4) + little(0, 16) + little(offset, 8) + little(size, 8) + little(0, 24)
    }
    let table = 64 + info.count + names.count
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + little(0, 33)
    bytes += little(table, 8) + little(0, 10) + little(64, 2) + little(3, 2) + little(1, 2)
    bytes += info + names
    bytes += section(0, 0, 0) + section(1, 64 + info.count, names.count) + section(11, 64, info.count)
    return bytes
  }

  /// A kernel of the catalog below `directory/cache`, with the modules that a machine needs.
  func kernel() throws -> KernelCatalog.Kernel {
    let modules = directory / "modules"
    try FileSystem.createDirectory(modules / "drivers")
    let all: [(String, [String])] = [
      ("virtio_ring", []), ("virtio", ["virtio_ring"]), ("virtio-rng", ["virtio"]),
      ("virtio_net", ["failover", "virtio"]),
      ("failover", []), ("unwanted", []), ("virtio_console", ["virtio", "virtio_ring"]),
    ]
    for (name, depends) in all {
      try FileSystem.writeAtomically(
        Self.module(name, depends: depends), to: modules / "drivers" / "\(name).ko", durable: false)
    }
    let file = directory / "vmlinuz-test"
    try FileSystem.writeAtomically(Self.kernelImage(), to: file, durable: false)
    return try KernelCatalog(cache: directory / "cache").importFile(file, modules: modules)
  }

  func run(_ argv: [String], input: [UInt8] = [], in directory: HostPath? = nil) throws -> CommandResult {
    try ProcessRunner().run(
      Command(
        argv, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"], directory: directory, input: .bytes(input),
        keep: 1 << 24))
  }
}

/// SplitMix64: the same bytes in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
