import Glibc
import PackCore
import XCTest

@testable import OCI

final class LayerRefusalTests: XCTestCase {
  private func capable(_ path: String, _ content: RootFilesystem.Entry.Content) throws -> RootFilesystem.Entry {
    var entry = entry(path, content)
    entry.capabilities = try XCTUnwrap(FileCapabilities("cap_net_raw=ep"))
    return entry
  }

  func testASetUserIDModeThatWasDeclaredIsKept() throws {
    let scratch = try Scratch()
    var tool = entry("su", .bytes([1]), mode: 0o4755)
    tool.hasDeclaredMode = true
    let written = try LayerWriter.write(
      LayerContent(role: .application, entries: [tool]), compression: .gzip, store: scratch.store)
    let members = try ArchiveMember.read(FileSystem.read(scratch.store.path(of: written.digest)))
    XCTAssertEqual(members.map(\.mode), [0o4755])
  }

  func testEntriesThatNoLayerMayHold() throws {
    let scratch = try Scratch()
    let rows: [(code: String, entries: [RootFilesystem.Entry])] = [
      ("setuid_file", [entry("su", .bytes([]), mode: 0o4755)]),
      ("setuid_file", [entry("sg", .directory, mode: 0o2755)]),
      ("bad_mode", [entry("type", .bytes([]), mode: 0o100644)]),
      ("whiteout_name", [entry("etc", .directory, mode: 0o755), entry("etc/.wh.passwd", .bytes([]))]),
      ("layer_order", [entry("b", .bytes([])), entry("a", .bytes([]))]),
      ("layer_order", [entry("a", .bytes([])), entry("a", .bytes([]))]),
      ("layer_order", [entry("", .directory)]),
      ("bad_link", [entry("l", .link([]))]),
      ("bad_link", [entry("l", .link([0x61, 0, 0x62]))]),
      ("bad_hard_link", [entry("a", .bytes([])), entry("b", .hardLink(RootPath(literal: "c")))]),
      ("bad_hard_link", [entry("a", .hardLink(RootPath(literal: "b"))), entry("b", .bytes([]))]),
      ("bad_hard_link", [entry("a", .directory), entry("b", .hardLink(RootPath(literal: "a")))]),
      ("bad_hard_link", [entry("a", .link([0x62])), entry("b", .hardLink(RootPath(literal: "a")))]),
      ("bad_hard_link", [entry("a", .bytes([])), entry("b", .hardLink(RootPath(literal: "a")), mode: 0o755)]),
      (
        "bad_hard_link",
        [
          entry("a", .bytes([])), entry("b", .hardLink(RootPath(literal: "a"))),
          entry("c", .hardLink(RootPath(literal: "b"))),
        ]
      ),
      ("bad_capabilities", [try capable("d", .directory)]),
      ("bad_hard_link", [try capable("a", .bytes([])), entry("b", .hardLink(RootPath(literal: "a")))]),
      ("not_a_file", [entry("d", try scratch.host(scratch.root))]),
    ]
    for (code, entries) in rows {
      let content = LayerContent(role: .application, entries: entries)
      assertFailure(code, try LayerWriter.write(content, compression: .gzip, store: scratch.store), "\(entries)")
    }
    let empty = LayerContent(role: .application, entries: [])
    assertFailure("bad_epoch", try LayerWriter.write(empty, compression: .gzip, epoch: -1, store: scratch.store))
    XCTAssertEqual(try scratch.blobs(), [])
    XCTAssertEqual(try scratch.staged(), [])
  }

  func testAFileThatChangedIsNamedAndLeavesNoBlob() throws {
    let path: (Scratch) -> HostPath = { $0.root / "source/file" }
    let rows: [(what: String, change: (Scratch) throws -> Void)] = [
      ("grown", { try FileSystem.writeAtomically(.init(repeating: 1, count: 200), to: path($0)) }),
      ("shrunk", { try FileSystem.writeAtomically([1], to: path($0)) }),
      ("emptied", { _ = path($0).withCString { truncate($0, 0) } }),
      ("grown in place", { _ = path($0).withCString { truncate($0, 300) } }),
      ("same size, other time", { try FileSystem.setTime(path($0), seconds: 12) }),
      ("replaced by an equal one", { try FileSystem.writeAtomically(.init(repeating: 1, count: 100), to: path($0)) }),
      (
        "replaced by a FIFO",
        {
          try FileSystem.removeFile(path($0))
          _ = path($0).withCString { mkfifo($0, 0o644) }
        }
      ),
    ]
    for (what, change) in rows {
      let scratch = try Scratch()
      let content = try layer(
        entry("a", scratch.file("before", .init(repeating: 5, count: 9_000_000))),
        entry("b", scratch.file("file", .init(repeating: 1, count: 100))))
      try change(scratch)
      let failure = assertFailure(
        "file_changed", try LayerWriter.write(content, compression: .zstd(level: 1), store: scratch.store), what)
      XCTAssertEqual(failure?.exit, .tryAgain, what)
      XCTAssertEqual(failure?.message, "\(path(scratch)) changed while packc read it", what)
      XCTAssertEqual(try scratch.blobs(), [], what)
      XCTAssertEqual(try scratch.staged(), [], what)
    }
  }

  func testAFileThatWentAwayIsNamed() throws {
    let scratch = try Scratch()
    let content = try layer(entry("b", scratch.file("file", [1])))
    try FileSystem.removeFile(scratch.root / "source/file")
    let failure = assertFailure(
      "system_error", try LayerWriter.write(content, compression: .gzip, store: scratch.store))
    XCTAssertTrue(failure?.message.contains("source/file: No such file") == true, "\(failure?.message ?? "")")
    XCTAssertEqual(try scratch.staged(), [])
  }

  func testAFullDiskEndsAllThreadsAndLeavesNothing() throws {
    let scratch = try Scratch()
    // The file system's own limit stands in for a full disk: writes beyond 1 MiB fail with EFBIG.
    var old = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
    var noise = SeededGenerator(state: 1)
    let bytes = (0..<(1 << 20)).flatMap { _ in withUnsafeBytes(of: noise.next()) { Array($0) } }
    let content = try layer(entry("noise", scratch.file("noise", bytes)))
    let handler = signal(SIGXFSZ, SIG_IGN)
    var small = rlimit(rlim_cur: 1 << 20, rlim_max: old.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
    defer {
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      signal(SIGXFSZ, handler)
    }
    let failure = assertFailure(
      "system_error", try LayerWriter.write(content, compression: .gzip, store: scratch.store))
    XCTAssertTrue(failure?.message.hasPrefix("cannot write") == true, "\(failure?.message ?? "")")
    XCTAssertEqual(try scratch.blobs(), [])
    XCTAssertEqual(try scratch.staged(), [])
  }
}
