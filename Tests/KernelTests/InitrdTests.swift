internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore

final class InitrdTests: XCTestCase {
  private func capable() throws -> RootFilesystem.Entry {
    var entry = Scratch.entry("ping", .bytes([1]), 0o755)
    entry.capabilities = try XCTUnwrap(FileCapabilities("cap_net_raw=ep"))
    return entry
  }

  private func base(_ scratch: Scratch) throws -> GuestBase {
    let initFile = scratch.directory / "guest-init"
    try FileSystem.writeAtomically(Array("init".utf8), to: initFile, mode: 0o755)
    return GuestBase(
      initFile: initFile,
      configuration: GuestConfiguration(
        arguments: ["/app/server", "--port", "80"], environment: ["B": "2", "A": "1"],
        writable: [Scratch.path("srv/data")]), kernel: try scratch.kernel())
  }

  private func layers(_ scratch: Scratch) throws -> [LayerContent] {
    let file = scratch.directory / "server"
    let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try FileSystem.writeAtomically(bytes, to: file, mode: 0o700)
    let status = try XCTUnwrap(try FileSystem.status(file))
    var root = RootFilesystem()
    try root.insert(Scratch.entry("lib/a", .bytes([1]), 0o644, layer: .runtime))
    try root.insert(Scratch.entry("lib/b", .link(Array("a".utf8)), 0o777, layer: .runtime))
    try root.insert(Scratch.entry("app/server", .host(file, status), 0o755))
    try root.insert(Scratch.entry("app/empty", .bytes([])))
    try root.insert(Scratch.entry("var/spool", .directory, 0o1777))
    var odd = Scratch.entry("app/odd", .bytes([1, 2, 3]), 0o600)
    odd.path = try XCTUnwrap(Scratch.path("app").appending(component: [0x66, 0xff, 0x01, 0x20]))
    odd.uid = 65532
    odd.gid = 7
    try root.insert(odd)
    return root.layers()
  }

  private func write(_ scratch: Scratch, to name: String, cache: String = "segments") throws -> WrittenInitrd {
    let segments = try layers(scratch).map { InitrdSegment(key: Digest(of: Array($0.role.rawValue.utf8)), layer: $0) }
    return try InitrdBuilder(cache: scratch.directory / cache).write(
      base: try base(scratch), segments: segments, to: scratch.directory / name)
  }

  func testTheSameBytesWhateverTheUmaskTheDirectoryAndTheCache() throws {
    let (one, two) = (try Scratch(), try Scratch())
    let old = umask(0o077)
    let first = try write(one, to: "initrd")
    umask(0)
    let second = try write(two, to: "elsewhere-initrd")
    umask(old)
    XCTAssertEqual(first.digest, second.digest)
    XCTAssertEqual(try FileSystem.digest(of: one.directory / "initrd"), first.digest)
    XCTAssertEqual(try FileSystem.status(one.directory / "initrd")?.size, first.size)
    XCTAssertEqual(first.segments.map(\.name), ["base", "runtime", "application", "manifest"])
    XCTAssertEqual(first.segments.map(\.reused), [false, false, false, false])
    XCTAssertTrue(first.segments.allSatisfy { $0.size % 4 == 0 })

    XCTAssertEqual(
      try DirectoryWalk.names(in: one.directory).filter { $0.first == 0x2e }.count, 0, "something was left behind")
  }

  private func write(
    _ scratch: Scratch, application: UInt8, replacing previous: String?, to name: String
  ) throws -> WrittenInitrd {
    var layers = try layers(scratch)
    let last = layers.count - 1
    layers[last] = LayerContent(
      role: .application, entries: [Scratch.entry("app/x", .bytes(Array(repeating: application, count: 5000)))])
    let segments = layers.map { layer in
      InitrdSegment(
        key: Digest(of: Array(layer.role.rawValue.utf8) + [layer.role == .application ? application : 0]), layer: layer)
    }
    return try InitrdBuilder(cache: scratch.directory / "segments").write(
      base: try base(scratch), segments: segments, to: scratch.directory / name,
      replacing: previous.map { scratch.directory / $0 })
  }

  /// The beginning comes from the initrd that is replaced, then from the one before that, whose file is used again; the
  /// bytes are those of a build that knows nothing.
  func testOnlyTheLastLayerIsWrittenAgain() throws {
    let scratch = try Scratch()
    let names = ["a", "b", "c", "d", "e"]
    var inodes: [UInt64] = []
    for (index, name) in names.enumerated() {
      let application = UInt8(index % 2)
      let written = try write(
        scratch, application: application, replacing: index == 0 ? nil : names[index - 1], to: name)
      XCTAssertEqual(written.segments.map(\.reused), [index > 0, index > 0, false, false], name)
      XCTAssertEqual(try FileSystem.digest(of: scratch.directory / name), written.digest, name)
      let other = try Scratch()
      XCTAssertEqual(try write(other, application: application, replacing: nil, to: "x").digest, written.digest)
      // As a build does when its results have taken their place.
      if index > 0 { try FileSystem.removeFile(scratch.directory / names[index - 1]) }
      inodes.append(try XCTUnwrap(try FileSystem.status(scratch.directory / name)).inode)
    }
    XCTAssertEqual(inodes[2], inodes[0])
    XCTAssertEqual(inodes[3], inodes[1])
    XCTAssertEqual(Set(inodes).count, 2)
    XCTAssertEqual(try DirectoryWalk.names(in: scratch.directory / "segments").count, 2)
  }

  /// Files that somebody else has a name of, that were touched, cut off or replaced, and torn records.
  func testAnInitrdThatWasTouchedIsNotUsedAgain() throws {
    let scratch = try Scratch()
    let wanted = try write(scratch, application: 1, replacing: nil, to: "a").digest
    let file = scratch.directory / "a"
    let cache = scratch.directory / "segments"
    func check(_ what: String, isReused: Bool) throws {
      let written = try write(scratch, application: 1, replacing: "a", to: "b")
      XCTAssertEqual(written.digest, wanted, what)
      XCTAssertEqual(try FileSystem.digest(of: scratch.directory / "b"), wanted, what)
      XCTAssertEqual(written.segments[1].reused, isReused, what)
      XCTAssertEqual(try FileSystem.digest(of: file) == wanted, what == "as it is" || what == "a second name", what)
      try FileSystem.rename(scratch.directory / "b", to: file)
    }
    try check("as it is", isReused: true)
    XCTAssertEqual(file.withCString { one in (scratch.directory / "mine").withCString { link(one, $0) } }, 0)
    try check("a second name", isReused: true)
    XCTAssertEqual(try FileSystem.digest(of: scratch.directory / "mine"), wanted)
    var bytes = try FileSystem.read(file)
    bytes[200] ^= 1
    try FileSystem.writeAtomically(bytes, to: file)
    for name in try DirectoryWalk.names(in: cache) where String(decoding: name, as: UTF8.self).hasSuffix(".initrd") {
      try FileSystem.writeAtomically(bytes, to: cache / HostPath(bytes: name))
    }
    try check("other bytes", isReused: false)
    try FileSystem.writeAtomically([1, 2, 3], to: file)
    try check("cut off", isReused: false)
    for name in try DirectoryWalk.names(in: cache) where String(decoding: name, as: UTF8.self).hasSuffix(".json") {
      try FileSystem.writeAtomically([0x7b], to: cache / HostPath(bytes: name))
    }
    XCTAssertEqual(try write(scratch, application: 1, replacing: "a", to: "b").digest, wanted)
  }

  /// GNU cpio and libarchive see the same tree as was written. Both stop at the first trailer, so the segments are read
  /// one by one.
  func testOtherToolsReadEverySegment() throws {
    let scratch = try Scratch()
    let written = try write(scratch, to: "initrd")
    let bytes = try FileSystem.read(scratch.directory / "initrd")
    var offset = 0
    var lists: [[String]] = []
    for segment in written.segments {
      let archive = Array(bytes[offset..<(offset + Int(segment.size))])
      offset += Int(segment.size)
      let gnu = try scratch.run(["cpio", "-itv", "--quiet", "--numeric-uid-gid"], input: archive)
      let bsd = try scratch.run(["bsdtar", "-tvf", "-", "--numeric-owner"], input: archive)
      XCTAssertTrue(gnu.succeeded && bsd.succeeded, gnu.errorText + bsd.errorText)
      XCTAssertEqual(gnu.errorText, "")
      XCTAssertEqual(bsd.errorText, "")
      let place = scratch.directory / "out.\(segment.name)"
      try FileSystem.createDirectory(place)
      XCTAssertTrue(try scratch.run(["cpio", "-id", "--quiet"], input: archive, in: place).succeeded)
      lists.append(gnu.outputText.split(separator: "\n").map(String.init))
      XCTAssertEqual(lists.last?.count, bsd.outputText.split(separator: "\n").count, segment.name)
    }
    XCTAssertEqual(offset, bytes.count)
    let application = lists[2]
    XCTAssertTrue(
      application.contains { $0.hasPrefix("-rwxr-xr-x   1 0        0          700001 Jan  1  1970 app/server") })
    XCTAssertTrue(
      application.contains { $0.hasPrefix("drwxrwxrwt   2 0        0               0 Jan  1  1970 var/spool") })
    XCTAssertTrue(application.contains { $0.hasPrefix("-rw-------   1 65532    7               3") })
    XCTAssertTrue(lists[1].contains { $0.hasPrefix("lrwxrwxrwx") && $0.hasSuffix("lib/b -> a") })
    XCTAssertTrue(lists[0].contains { $0.hasPrefix("-rwxr-xr-x") && $0.hasSuffix(" init") })

    let out = scratch.directory / "out.application/app"
    XCTAssertEqual(
      try FileSystem.digest(of: out / "server"), try FileSystem.digest(of: scratch.directory / "server"))
    XCTAssertEqual(try FileSystem.read(out / HostPath(bytes: [0x66, 0xff, 0x01, 0x20])), [1, 2, 3])
    XCTAssertEqual(
      try FileSystem.read(scratch.directory / "out.manifest/.packc/manifest"),
      Array("n=5\0s=700005\0z=\0".utf8))
  }

  /// GNU cpio and libarchive make one file of the names of one, whether it has content or not; the manifest counts each
  /// name with the size of its file, as the guest does.
  func testNamesOfOneFileStayOneFile() throws {
    let scratch = try Scratch()
    let content = Array("#!/bin/tool\n".utf8)
    let entries = [
      Scratch.entry("a", .bytes([9])), Scratch.entry("bin", .directory, 0o755),
      Scratch.entry("bin/a", .bytes(content), 0o755), Scratch.entry("bin/b", .hardLink(Scratch.path("bin/a")), 0o755),
      Scratch.entry("bin/c", .bytes([])), Scratch.entry("bin/d", .hardLink(Scratch.path("bin/a")), 0o755),
      Scratch.entry("bin/e", .hardLink(Scratch.path("bin/c"))), Scratch.entry("last", .bytes([1, 2])),
    ]
    let segment = InitrdSegment(key: Digest(of: [7]), layer: LayerContent(role: .application, entries: entries))
    let written = try InitrdBuilder(cache: scratch.directory / "c").write(
      base: try base(scratch), segments: [segment], to: scratch.directory / "initrd")
    let bytes = try FileSystem.read(scratch.directory / "initrd")
    let start = Int(written.segments[0].size)
    let archive = Array(bytes[start..<(start + Int(written.segments[1].size))])
    // The content is there once.
    XCTAssertEqual(archive.indices.count { archive[$0...].starts(with: content) }, 1)
    for tool in [["cpio", "-id", "--quiet"], ["bsdtar", "-xf", "-"]] {
      let place = scratch.directory / "by-\(tool[0])"
      try FileSystem.createDirectory(place)
      let result = try scratch.run(tool, input: archive, in: place)
      XCTAssertTrue(result.succeeded, result.errorText)
      for (one, other, expected) in [("bin/a", "bin/b", content), ("bin/a", "bin/d", content), ("bin/c", "bin/e", [])] {
        let (first, second) = (try FileSystem.status(place / one), try FileSystem.status(place / other))
        XCTAssertEqual(first?.inode, second?.inode, "\(tool[0]) \(other)")
        XCTAssertEqual(try FileSystem.read(place / other), expected, "\(tool[0]) \(other)")
        XCTAssertEqual(first?.mode, expected.isEmpty ? 0o644 : 0o755)
      }
      XCTAssertEqual(try FileSystem.read(place / "last"), [1, 2], tool[0])
    }
    let sum = 1 + 3 * content.count + 2
    XCTAssertEqual(RootManifest([segment.layer]).count, 7)
    XCTAssertEqual(RootManifest([segment.layer]).bytes, Int64(sum))
  }

  func testTheConfigurationIsWhatTheInitReads() throws {
    let scratch = try Scratch()
    let entries = try base(scratch).entries()
    let config = try XCTUnwrap(entries.first { $0.path == Scratch.path(".packc/config") })
    guard case .bytes(let bytes) = config.content else { return XCTFail("no bytes") }
    let expected =
      ["v=1", "a=/app/server", "a=--port", "a=80", "e=A=1", "e=B=2", "c=/", "u=65532", "g=65532", "h=packc"]
      + ["i=10.0.2.15/24", "r=10.0.2.2", "d=10.0.2.3"]
      + ["virtio_ring", "virtio", "virtio_console", "virtio_rng", "failover", "virtio_net"].map {
        "m=/.packc/modules/\($0).ko"
      } + ["w=/srv/data", "z="]
    XCTAssertEqual(
      String(decoding: bytes, as: UTF8.self), expected.map { $0 + "\0" }.joined())
    XCTAssertEqual(entries.map(\.path), entries.map(\.path).sorted())
  }

  func testRefusesWhatAnInitrdOrTheGuestCannotTake() throws {
    let scratch = try Scratch()
    let long = String(repeating: "a/", count: 2100) + "b"
    let huge = FileStatus.fake(size: 1 << 32)
    let rows: [(String, RootFilesystem.Entry)] = [
      ("/init", Scratch.entry("init", .bytes([1]))),
      ("/.packc/x", Scratch.entry(".packc/x", .bytes([1]))),
      ("TRAILER", Scratch.entry("TRAILER!!!", .bytes([1]))),
      ("longer than 4095", Scratch.entry(long, .bytes([1]))),
      ("4 GiB", Scratch.entry("big", .host("/dev/null", huge))),
      ("link target", Scratch.entry("link", .link([]))),
      ("first name /a", Scratch.entry("b", .hardLink(Scratch.path("a")))),
      ("no place for its capabilities, cap_net_raw=ep", try capable()),
    ]
    for (words, entry) in rows {
      let segment = InitrdSegment(key: Digest(of: [1]), layer: LayerContent(role: .application, entries: [entry]))
      XCTAssertThrowsError(
        try InitrdBuilder(cache: scratch.directory / "c").write(
          base: try base(scratch), segments: [segment], to: scratch.directory / "initrd"), words
      ) { error in
        XCTAssertEqual((error as? Failure)?.code, "initrd_cannot_carry", words)
        XCTAssertTrue((error as? Failure)?.message.contains(words) ?? false, "\(error)")
      }
      XCTAssertFalse(FileSystem.exists(scratch.directory / "initrd"))
    }
    let good = try base(scratch).configuration
    let changes: [(String, (inout GuestConfiguration) -> Void)] = [
      ("no program", { $0.arguments = [] }), ("no program", { $0.arguments = [""] }),
      ("NUL", { $0.arguments.append("a\0b") }), ("NUL", { $0.environment["X"] = "\0" }),
      ("not the name", { $0.environment["A=B"] = "" }), ("not the name", { $0.environment[""] = "" }),
      ("writable path", { $0.writable = [.root] }), ("writable path", { $0.writable = [Scratch.path("proc/x")] }),
      ("longer than 131072", { $0.arguments.append(String(repeating: "x", count: 131_072)) }),
      ("more than 2048", { $0.arguments = Array(repeating: "x", count: 3000) }),
      ("megabyte", { $0.arguments = Array(repeating: String(repeating: "x", count: 1000), count: 2000) }),
      ("64 bytes", { $0.hostname = String(repeating: "h", count: 65) }),
    ]
    for (words, change) in changes {
      var configuration = good
      change(&configuration)
      XCTAssertThrowsError(try configuration.encode(modules: []), words) { error in
        XCTAssertEqual((error as? Failure)?.code, "bad_guest_configuration", words)
        XCTAssertTrue((error as? Failure)?.message.contains(words) ?? false, "\(words): \(error)")
      }
    }
  }

  func testAFileThatChangesWhileItIsReadIsNoticed() throws {
    let scratch = try Scratch()
    let file = scratch.directory / "moving"
    try FileSystem.writeAtomically([1, 2, 3], to: file)
    let status = try XCTUnwrap(try FileSystem.status(file))
    try FileSystem.writeAtomically([1, 2, 3, 4], to: file)
    let layer = LayerContent(role: .application, entries: [Scratch.entry("x", .host(file, status))])
    XCTAssertThrowsError(
      try InitrdBuilder(cache: scratch.directory / "c").write(
        base: try base(scratch), segments: [InitrdSegment(key: Digest(of: [2]), layer: layer)],
        to: scratch.directory / "initrd")
    ) { XCTAssertEqual(($0 as? Failure)?.code, "file_changed") }
    XCTAssertFalse(FileSystem.isDirectory(scratch.directory / "c"))
  }
}

extension FileStatus {
  /// The status of a file that nobody has to make.
  static func fake(size: Int64) -> FileStatus {
    var status = stat()
    status.st_mode = S_IFREG | 0o644
    status.st_size = off_t(size)
    return FileStatus(status)
  }
}
