internal import Glibc
internal import TestSupport
internal import XCTest

@testable import Kernel
@testable import PackCore

/// Root disks: what is written is what other programs read, the same bytes everywhere, and only what changed is new.
final class RootDiskTests: XCTestCase {
  private func write(
    _ scratch: Scratch, _ layers: [LayerContent], to name: String, replacing previous: String? = nil,
    places: [String] = ["srv/data"]
  ) throws -> WrittenRootDisk {
    let segments = layers.map { layer in
      let text = layer.entries.map { "\($0.path) \($0.content)" }.joined(separator: "\n")
      return InitrdSegment(key: Digest(of: Array(text.utf8)), layer: layer)
    }
    return try RootDiskBuilder(cache: scratch.directory / "segments").write(
      segments, places: places.map(Scratch.path), hostname: "shop", to: scratch.directory / name,
      replacing: previous.map { scratch.directory / $0 })
  }

  /// Every kind of thing, and every size at which the layout changes.
  private func tree(_ scratch: Scratch) throws -> RootFilesystem {
    var root = RootFilesystem()
    let file = scratch.directory / "server"
    try FileSystem.writeAtomically((0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }, to: file, mode: 0o700)
    let status = try XCTUnwrap(try FileSystem.status(file))
    try root.insert(Scratch.entry("app/server", .host(file, status), 0o755))
    for size in [0, 1, 31, 2015, 2016, 2048, 2049, 4031, 4032, 4064, 4065, 4095, 4096, 4097, 8191, 8192, 12_345] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
      try root.insert(Scratch.entry("lib/\(size)", .bytes(bytes), 0o644, layer: .runtime))
    }
    for size in [1, 100, 2500, 4000] {
      try root.insert(
        Scratch.entry("links/\(size)", .link([UInt8](repeating: 0x61, count: size)), 0o777, layer: .runtime))
    }
    for number in 0..<700 { try root.insert(Scratch.entry("many/name-of-a-file-\(number)", .bytes([1]))) }
    try root.insert(Scratch.entry("many/" + String(repeating: "n", count: 255), .bytes([2]), 0o400))
    try root.insert(Scratch.entry("var/spool", .directory, 0o1777))
    try root.insert(Scratch.entry("var/one", .bytes([7, 7]), 0o4755))
    try root.insert(Scratch.entry("var/two", .hardLink(Scratch.path("var/one")), 0o4755))
    var odd = Scratch.entry("app/odd", .bytes([1, 2, 3]), 0o600)
    odd.path = try XCTUnwrap(Scratch.path("app").appending(component: [0x66, 0xff, 0x01, 0x20]))
    odd.uid = 65532
    odd.gid = 100_000
    try root.insert(odd)
    return root
  }

  private func check(_ root: RootFilesystem, _ bytes: [UInt8], _ message: String) throws {
    let reader = try ErofsReader(bytes)
    var links: [RootPath: UInt32] = [:]
    for entry in root.entries { links[root.holder(of: entry).path, default: 0] += 1 }
    for entry in root.entries {
      let node = try XCTUnwrap(reader.nodes[entry.path], "\(message): \(entry.path)")
      let holder = root.holder(of: entry)
      switch holder.content {
      case .directory: XCTAssertEqual(node.mode, 0o040000 | entry.mode, "\(message): \(entry.path)")
      case .link(let target):
        XCTAssertEqual(node.mode, 0o120777, "\(message): \(entry.path)")
        XCTAssertEqual(node.content, target, "\(message): \(entry.path)")
      case .bytes, .host, .hardLink:
        var wanted: [UInt8] = []
        if case .bytes(let bytes) = holder.content { wanted = bytes }
        if case .host(let path, _) = holder.content { wanted = try FileSystem.read(path) }
        XCTAssertEqual(node.mode, 0o100000 | holder.mode, "\(message): \(entry.path)")
        XCTAssertTrue(node.content == wanted, "\(message): \(entry.path)")
        XCTAssertEqual(node.links, links[holder.path], "\(message): \(entry.path)")
        XCTAssertEqual(node.slot, reader.nodes[holder.path]?.slot, "\(message): \(entry.path)")
      }
      XCTAssertEqual(node.uid, holder.uid, "\(message): \(entry.path)")
      XCTAssertEqual(node.gid, holder.gid, "\(message): \(entry.path)")
    }
    let own = ["dev", "proc", "sys", "tmp", "srv", "srv/data", "etc", "etc/hosts", "etc/resolv.conf"].map(Scratch.path)
    let expected = Set(root.entries.map(\.path) + own + [.root])
    XCTAssertEqual(Set(reader.nodes.keys), expected, message)
    XCTAssertEqual(reader.inodes, Set(reader.nodes.values.map(\.slot)).count, message)
    XCTAssertEqual(
      reader.nodes[Scratch.path("etc/hosts")].map { String(decoding: $0.content, as: UTF8.self) }?.hasSuffix(
        "127.0.1.1 shop\n"), true)
    for (path, node) in reader.nodes where node.mode & 0o170000 == 0o040000 {
      let below = reader.nodes.filter { $0.key.parent == path && $0.value.mode & 0o170000 == 0o040000 }
      XCTAssertEqual(node.links, 2 + UInt32(below.count), "\(message): \(path)")
    }
  }

  func testWhatIsWrittenIsRead() throws {
    let scratch = try Scratch()
    let root = try tree(scratch)
    let written = try write(scratch, root.layers(), to: "root")
    let path = scratch.directory / "root"
    try check(root, try FileSystem.read(path), "read again")
    XCTAssertEqual(try FileSystem.status(path)?.size, written.disk.size)
    XCTAssertNil(try written.disk.damage(of: path))
    let check = try scratch.run(["fsck.erofs", "-d3", path.description])
    XCTAssertTrue(check.succeeded, check.outputText + check.errorText)
    XCTAssertFalse((check.outputText + check.errorText).contains("<W>"), check.outputText + check.errorText)
    let place = scratch.directory / "out"
    let extracted = try scratch.run(["fsck.erofs", "--extract=\(place)", "--preserve-perms", path.description])
    XCTAssertTrue(extracted.succeeded, extracted.outputText + extracted.errorText)
    for entry in root.entries where entry.isFile {
      let found = place / entry.path
      XCTAssertEqual(try FileSystem.status(found)?.size, entry.size, "\(entry.path)")
      if case .bytes(let bytes) = entry.content {
        XCTAssertTrue(try FileSystem.read(found) == bytes, "\(entry.path)")
      }
    }
    let dump = try scratch.run(["dump.erofs", "-s", path.description])
    XCTAssertTrue(
      dump.outputText.contains("Filesystem blocks:                            \(written.disk.blocks)"), dump.outputText)
  }

  func testVeritysetupKnowsTheDigests() throws {
    let scratch = try Scratch()
    for ballast in [1, 4096 * 140] {
      var root = RootFilesystem()
      try root.insert(Scratch.entry("app/ballast", .bytes([UInt8](repeating: 7, count: ballast))))
      let disk = try write(scratch, root.layers(), to: "root").disk
      let path = (scratch.directory / "root").description
      let offset = String(disk.blocks * 4096)
      let verified = try scratch.run(
        ["/usr/sbin/veritysetup", "verify", path, path, disk.rootHash.hex, "--hash-offset=\(offset)"])
      XCTAssertTrue(verified.succeeded, "\(ballast): \(verified.errorText)")
      // The tool's own tree, over a copy of the data alone.
      var data = try FileSystem.read(scratch.directory / "root", limit: 1 << 28)
      data.removeLast(data.count - disk.blocks * 4096)
      let copy = scratch.directory / "copy"
      try FileSystem.writeAtomically(data, to: copy)
      let made = try scratch.run(
        ["/usr/sbin/veritysetup", "format", copy.description, copy.description, "--hash-offset=\(offset)", "--salt=-"])
      XCTAssertTrue(made.outputText.contains(disk.rootHash.hex), made.outputText + made.errorText)
      XCTAssertEqual(try FileSystem.status(copy)?.size, disk.size, "\(ballast)")
    }
  }

  /// More blocks than two levels have room for: all zero, so that they need no room here either.
  func testATreeOfThreeLevels() throws {
    let scratch = try Scratch()
    let blocks = 128 * 128 + 5
    let zeros = [UInt8](repeating: 0, count: 4096)
    let digest = zeros.withUnsafeBytes(VerityTree.digests)
    let tree = VerityTree((0..<blocks).flatMap { _ in digest })
    let path = scratch.directory / "zeros"
    try FileSystem.writeAtomically([], to: path)
    try Descriptor.open(path, O_RDWR).truncate(to: Int64(blocks * 4096))
    let made = try scratch.run(
      [
        "/usr/sbin/veritysetup", "format", path.description, path.description, "--hash-offset=\(blocks * 4096)",
        "--salt=-", "--uuid=00000000-0000-8000-8000-000000000000",
      ])
    XCTAssertTrue(made.outputText.contains(tree.rootHash.hex), made.outputText + made.errorText)
    let whole = try FileSystem.read(path, limit: 1 << 28)
    XCTAssertEqual(whole.count, blocks * 4096 + tree.bytes.count)
    XCTAssertTrue(whole[((blocks + 1) * 4096)...] == tree.bytes[4096...], "other levels")
    for count in [1, 2, 128, 129, 128 * 128, 128 * 128 + 1, 3_000_000] {
      XCTAssertEqual(VerityTree.dataBlocks(of: count + VerityTree.blocks(dataBlocks: count)), count)
    }
    XCTAssertNil(VerityTree.dataBlocks(of: 1))
  }

  func testTheSameBytesWhateverTheUmaskTheDirectoryAndTheZone() throws {
    let (one, two) = (try Scratch(), try Scratch())
    let old = umask(0o077)
    setenv("TZ", "Asia/Kolkata", 1)
    let first = try write(one, try tree(one).layers(), to: "root")
    unsetenv("TZ")
    umask(0)
    let second = try write(two, try tree(two).layers(), to: "elsewhere")
    umask(old)
    XCTAssertEqual(first.disk.rootHash, second.disk.rootHash)
    XCTAssertTrue(
      try FileSystem.read(one.directory / "root") == FileSystem.read(two.directory / "elsewhere"), "other bytes")
    XCTAssertEqual(try DirectoryWalk.names(in: one.directory).filter { $0.first == 0x2e }.count, 0)
  }

  /// The layers before the last are neither written nor read again, and the bytes are those of a build that knows nothing.
  func testOnlyTheLastLayerIsWrittenAgain() throws {
    let scratch = try Scratch()
    var inodes: [UInt64] = []
    for (index, name) in ["a", "b", "c", "d", "e"].enumerated() {
      var layers = try tree(scratch).layers()
      let content = [UInt8](repeating: UInt8(index % 2), count: 5000 + 9000 * (index % 2))
      layers[layers.count - 1] = LayerContent(
        role: .application, entries: [Scratch.entry("app", .directory, 0o755), Scratch.entry("app/x", .bytes(content))])
      let previous = index == 0 ? nil : ["a", "b", "c", "d"][index - 1]
      let written = try write(scratch, layers, to: name, replacing: previous)
      XCTAssertEqual(written.reusedBlocks > 0, index > 0, name)
      XCTAssertNil(try written.disk.damage(of: scratch.directory / name), name)
      let other = try Scratch()
      XCTAssertEqual(try write(other, layers, to: "x").disk.rootHash, written.disk.rootHash, name)
      if let previous { try FileSystem.removeFile(scratch.directory / previous) }
      inodes.append(try XCTUnwrap(try FileSystem.status(scratch.directory / name)).inode)
    }
    XCTAssertEqual(inodes[2], inodes[0])
    XCTAssertEqual(inodes[3], inodes[1])
  }

  func testEveryFlippedByteIsFound() throws {
    let scratch = try Scratch()
    let disk = try write(scratch, try tree(scratch).layers(), to: "root").disk
    let path = scratch.directory / "root"
    let whole = try FileSystem.read(path)
    let data = disk.blocks * 4096
    for place in [0, 1024, 1200, 4096 * 9 + 5, data - 1, data, data + 4096, whole.count - 4096 * 2, whole.count - 1] {
      var bytes = whole
      bytes[place] ^= 0x10
      try FileSystem.writeAtomically(bytes, to: path)
      let found = try XCTUnwrap(try disk.damage(of: path), "\(place)")
      if place < data || place >= data + 4096 * 2 { XCTAssertEqual(found, Int64(place / 4096 * 4096), "\(place)") }
    }
    try FileSystem.writeAtomically(Array(whole.dropLast()), to: path)
    XCTAssertEqual(try disk.damage(of: path), -1)
    try FileSystem.writeAtomically(whole, to: path)
    XCTAssertNil(try disk.damage(of: path))
  }

  func testTheDescriptionReadsWhatItWrites() throws {
    let digest = Digest(of: [1])
    let disk = RootDisk(name: "root", size: Int64(300 + 5) * 4096, blocks: 300, rootHash: digest)
    func machine(_ disk: RootDisk?) -> MachineDescription {
      MachineDescription(
        kernel: .init(name: "kernel", digest: digest, size: 1), initrd: .init(name: "initrd", digest: digest, size: 2),
        root: disk, cmdline: .init(name: "cmdline", digest: digest, size: 3), kernelManifest: digest, release: "6.1",
        mode: .release, memory: .init(initrdSize: 1 << 20, kernelSize: 14 << 20), cpus: 1, network: .qemuUser,
        ports: [],
        qemuMachines: [.microvm])
    }
    XCTAssertEqual(try MachineDescription(json: machine(disk).json), machine(disk))
    XCTAssertNil(machine(nil).json["root"])
    XCTAssertEqual(disk.parameter, "packc.root=300:\(digest.hex)")
    let changes: [(String, JSONValue)] = [
      ("file", "../root"), ("blocks", 0), ("blocks", 301), ("size", 4096), ("verity", "sha256:1"),
    ]
    for (key, value) in changes {
      guard case .object(var all) = machine(disk).json, case .object(var root)? = all["root"] else { return XCTFail() }
      root[key] = value
      all["root"] = .object(root)
      XCTAssertThrowsError(try MachineDescription(json: .object(all)), "\(key) \(value)")
    }
  }

  func testTheGuestIsToldAndGetsItsModules() throws {
    var configuration = GuestConfiguration(arguments: ["/a"], environment: [:])
    XCTAssertFalse(String(decoding: try configuration.encode(modules: []), as: UTF8.self).contains("k=1"))
    configuration.root = .erofs
    XCTAssertTrue(String(decoding: try configuration.encode(modules: []), as: UTF8.self).contains("\0k=1\0"))
    let all: [ModuleNeeds.Candidate] = [
      .init(name: "virtio_blk", depends: []), .init(name: "ext4", depends: []), .init(name: "libcrc32c", depends: []),
      .init(name: "erofs", depends: ["libcrc32c"]), .init(name: "dm_mod", depends: []),
      .init(name: "dm_bufio", depends: ["dm-mod"]), .init(name: "dm_verity", depends: ["dm-mod", "dm-bufio"]),
    ]
    XCTAssertEqual(
      ModuleNeeds(volumes: false, root: .erofs).choose(all).intersection(all.map(\.name)),
      Set(all.map(\.name)).subtracting(["ext4"]))
    XCTAssertEqual(ModuleNeeds(volumes: false).choose(all).intersection(all.map(\.name)), [])
  }

  func testWhatCannotBeCarriedIsNamed() throws {
    let scratch = try Scratch()
    var root = RootFilesystem()
    try root.insert(Scratch.entry("app/" + String(repeating: "n", count: 256), .bytes([])))
    assertFailure("initrd_cannot_carry") { try write(scratch, root.layers(), to: "root") }
    root = RootFilesystem()
    try root.insert(Scratch.entry("app/link", .link([UInt8](repeating: 0x61, count: 4096))))
    assertFailure("initrd_cannot_carry") { try write(scratch, root.layers(), to: "root") }
    let gone = scratch.directory / "gone"
    try FileSystem.writeAtomically([1, 2, 3], to: gone)
    let status = try XCTUnwrap(try FileSystem.status(gone))
    try FileSystem.writeAtomically([1, 2], to: gone)
    root = RootFilesystem()
    try root.insert(Scratch.entry("app/gone", .host(gone, status)))
    assertFailure("file_changed") { try write(scratch, root.layers(), to: "root") }
    XCTAssertFalse(FileSystem.exists(scratch.directory / "root"))
  }

  func testRandomTrees() throws {
    let seed = Fuzzing.seed(41)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(30) {
      let scratch = try Scratch()
      let root = try Self.randomTree(&random)
      _ = try write(scratch, root.layers(), to: "root")
      try check(root, try FileSystem.read(scratch.directory / "root"), "seed \(seed), round \(round)")
      let checked = try scratch.run(["fsck.erofs", (scratch.directory / "root").description])
      XCTAssertTrue(checked.succeeded, "seed \(seed), round \(round): \(checked.errorText)")
    }
  }

  private static func randomTree(_ random: inout SeededRandom) throws -> RootFilesystem {
    var root = RootFilesystem()
    var places = [RootPath.root]
    for _ in 0..<Int.random(in: 1...120, using: &random) {
      let length = Int.random(in: 1...(Bool.random(using: &random) ? 8 : 255), using: &random)
      let name = (0..<length).map { _ in UInt8.random(in: 0x30...0xff, using: &random) }
      guard let place = places.randomElement(using: &random), let path = place.appending(component: name),
        root[path] == nil
      else { continue }
      let layer = LayerRole.allCases.randomElement(using: &random) ?? .application
      let size =
        [0, Int.random(in: 0...5000, using: &random), 4096 * Int.random(in: 0...3, using: &random)]
        .randomElement(using: &random) ?? 0
      let content: RootFilesystem.Entry.Content =
        switch Int.random(in: 0...4, using: &random) {
        case 0: .directory
        case 1: .link(random.bytes(min(4000, size + 1)).map { max(1, $0) })
        default: .bytes(random.bytes(size))
        }
      var entry = RootFilesystem.Entry(
        path: path, content: content, mode: UInt32.random(in: 0...0o7777, using: &random),
        uid: UInt32.random(in: 0...70_000, using: &random), gid: 7, layer: layer, origin: "test")
      if case .link = content { entry.mode = 0o777 }
      try root.insert(entry)
      if entry.isDirectory { places.append(path) }
    }
    return root
  }
}
