internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class FileSystemTests: XCTestCase {
  func testAtomicWriteReplacesAndLeavesNothingElse() throws {
    let directory = try TemporaryDirectory()
    let file = directory / "file"
    try FileSystem.writeAtomically(Array("old".utf8), to: file)
    try FileSystem.writeAtomically(Array("new".utf8), to: file, mode: 0o600)
    XCTAssertEqual(try FileSystem.read(file), Array("new".utf8))
    XCTAssertEqual(try FileSystem.status(file)?.mode, 0o600)
    XCTAssertEqual(try directory.names(), ["file"])
  }

  func testAtomicWriteDoesNotLookAtTheUmask() throws {
    let directory = try TemporaryDirectory()
    let before = umask(0o077)
    defer { umask(before) }
    try FileSystem.writeAtomically([], to: directory / "file", mode: 0o755)
    XCTAssertEqual(try FileSystem.status(directory / "file")?.mode, 0o755)
  }

  func testFailedAtomicWriteLeavesTheOldFileAndNoOther() throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("taken")
    assertFailure("system_error") { try FileSystem.writeAtomically([1], to: directory / "taken") }
    XCTAssertEqual(try directory.names(), ["taken"])
    assertFailure("system_error") { try FileSystem.writeAtomically([1], to: directory / "missing/file") }
  }

  /// A file size limit is the full disk that a test can have; it would hold for the whole test process, so the writing
  /// is done in a child.
  func testAFullDiskLeavesTheOldFile() throws {
    if let file = TestChild["FILE"] { return Self.writeBeyondTheLimit(HostPath(file)) }
    let directory = try TemporaryDirectory()
    try directory.write("old", to: "file")
    let result = try TestChild.run("FileSystemTests/testAFullDiskLeavesTheOldFile", ["FILE": "\(directory / "file")"])
    XCTAssertEqual(result.end, .exited(7), result.errorText)
    XCTAssertEqual(try FileSystem.read(directory / "file"), Array("old".utf8))
    XCTAssertEqual(try directory.names(), ["file"])
  }

  private static func writeBeyondTheLimit(_ file: HostPath) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: 1024, rlim_max: 1024)
    setrlimit(__rlimit_resource_t(1), &limit)
    do {
      try FileSystem.writeAtomically([UInt8](repeating: 1, count: 1 << 20), to: file)
      exit(0)
    } catch { exit(7) }
  }

  func testANameAsLongAsNamesMayBe() throws {
    let directory = try TemporaryDirectory()
    let name = String(repeating: "n", count: 255)
    try FileSystem.writeAtomically([1], to: directory / name)
    XCTAssertEqual(try directory.names(), [name])
  }

  func testReadRefusesWhatIsNotAFileOrTooLarge() throws {
    let directory = try TemporaryDirectory()
    try directory.write("12345", to: "five")
    XCTAssertEqual(try FileSystem.read(directory / "five", limit: 5).count, 5)
    assertFailure("file_too_large", exit: .badInput) { try FileSystem.read(directory / "five", limit: 4) }
    assertFailure("not_a_file", exit: .badInput) { try FileSystem.read(directory.path) }
    XCTAssertEqual((directory / "pipe").withCString { mkfifo($0, 0o600) }, 0)
    assertFailure("not_a_file", "a FIFO must not block") { try FileSystem.read(directory / "pipe") }
    assertFailure("system_error") { try FileSystem.read(directory / "missing") }
    XCTAssertNil(try FileSystem.readIfPresent(directory / "missing"))
    XCTAssertGreaterThan(try FileSystem.read("/proc/self/status").count, 100, "a file whose size says 0")
  }

  func testRemoveTreeOpensClosedDirectoriesAndFollowsNoLink() throws {
    if let path = TestChild["TREE"] { return try Self.removeAsOrdinaryUser(HostPath(path)) }
    let directory = try TemporaryDirectory()
    try directory.write("kept", to: "outside/file")
    try directory.write("", to: "tree/a/b/file")
    try FileSystem.createLink(directory / "tree/a/link", to: (directory / "outside").bytes)
    if Tools.isRoot { _ = try Tools.output("chown", ["-R", "65532:65532", directory.path.description]) }
    for name in ["tree/a/b", "tree/a"] { _ = (directory / name).withCString { chmod($0, 0) } }
    let result = try TestChild.run(
      "FileSystemTests/testRemoveTreeOpensClosedDirectoriesAndFollowsNoLink", ["TREE": "\(directory / "tree")"])
    XCTAssertEqual(result.end, .exited(0), result.outputText + result.errorText)
    XCTAssertEqual(try directory.names(), ["outside"])
    XCTAssertEqual(try directory.names(in: "outside"), ["file"])
    XCTAssertNoThrow(try FileSystem.removeTree(directory / "missing"))
  }

  /// Root opens closed directories anyway; the child becomes somebody else.
  private static func removeAsOrdinaryUser(_ tree: HostPath) throws {
    if Tools.isRoot { XCTAssertEqual(setuid(65532), 0) }
    XCTAssertFalse(Tools.isRoot)
    try FileSystem.removeTree(tree)
  }

  func testCreateDirectoryIsLikeMkdirP() throws {
    let directory = try TemporaryDirectory()
    try FileSystem.createDirectory(directory / "a/b/c")
    try FileSystem.createDirectory(directory / "a/b/c")
    XCTAssertTrue(FileSystem.isDirectory(directory / "a/b/c"))
    try directory.write("", to: "file")
    assertFailure("system_error") { try FileSystem.createDirectory(directory / "file") }
    assertFailure("system_error") { try FileSystem.createDirectory(directory / "file/below") }
  }

  func testCopyAndItsFailure() throws {
    let directory = try TemporaryDirectory()
    var random = SeededRandom(seed: 3)
    let bytes = random.bytes(300_000)
    try directory.write(bytes, to: "from")
    try FileSystem.copyFile(directory / "from", to: directory / "to", mode: 0o640)
    XCTAssertEqual(try FileSystem.read(directory / "to"), bytes)
    XCTAssertEqual(try FileSystem.status(directory / "to")?.mode, 0o640)
    XCTAssertEqual(try FileSystem.digest(of: directory / "to"), Digest(of: bytes))
    assertFailure("system_error", "never over a file") {
      try FileSystem.copyFile(directory / "from", to: directory / "to", mode: 0o644)
    }
    XCTAssertEqual(try FileSystem.read(directory / "to"), bytes, "the file that was in the way is unharmed")
    try directory.makeDirectory("directory")
    assertFailure("system_error") {
      try FileSystem.copyFile(directory / "directory", to: directory / "half", mode: 0o644)
    }
    XCTAssertFalse(FileSystem.exists(directory / "half"), "a copy that failed leaves nothing")
  }

  func testLinksStatusAndTime() throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "file", mode: 0o755)
    try FileSystem.createLink(directory / "link", to: [0xff, 0x2f, 0x2e])
    XCTAssertEqual(try FileSystem.linkTarget(directory / "link"), [0xff, 0x2f, 0x2e])
    XCTAssertEqual(try FileSystem.status(directory / "link")?.kind, .link)
    XCTAssertNil(try FileSystem.target(directory / "link"), "dangling")
    XCTAssertNil(try FileSystem.status(directory / "file/below"))
    try FileSystem.createLink(directory / "loop", to: Array("loop".utf8))
    XCTAssertNil(try FileSystem.target(directory / "loop"))
    XCTAssertNil(FileSystem.resolve(directory / "loop"))
    XCTAssertTrue(FileSystem.isExecutableFile(directory / "file"))
    XCTAssertFalse(FileSystem.isExecutableFile(directory.path), "a directory has x bits too")
    try FileSystem.setTime(directory / "file", seconds: 1_000_000)
    XCTAssertEqual(try FileSystem.status(directory / "file")?.modified, 1_000_000 * 1_000_000_000)
  }

  func testFingerprintChangesWithEachOfItsParts() throws {
    let directory = try TemporaryDirectory()
    func fingerprint() throws -> [UInt8] {
      var out: [UInt8] = []
      try XCTUnwrap(FileSystem.status(directory / "file")).fingerprint(into: &out)
      return out
    }
    try directory.write("x", to: "file")
    let first = try fingerprint()
    XCTAssertEqual(first.count, 45)
    XCTAssertEqual(try fingerprint(), first)
    try directory.write("x", to: "file")
    XCTAssertNotEqual(try fingerprint(), first, "another inode with the same bytes")
  }
}
