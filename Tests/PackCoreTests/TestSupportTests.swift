internal import PackCore
internal import TestSupport
import XCTest

/// What the other tests stand on.
final class TestSupportTests: XCTestCase {
  func testTemporaryDirectoriesGoAwayWithTheirOwner() throws {
    var directory: TemporaryDirectory? = try TemporaryDirectory()
    let path = try XCTUnwrap(directory?.path)
    try directory?.write("x", to: "a/b/c")
    XCTAssertEqual(try directory?.names(in: "a/b"), ["c"])
    directory = nil
    XCTAssertFalse(FileSystem.exists(path))
  }

  func testTheSameSeedGivesTheSameNumbers() {
    var first = SeededRandom(seed: 1)
    var second = SeededRandom(seed: 1)
    var third = SeededRandom(seed: 2)
    let bytes = first.bytes(64)
    XCTAssertEqual(bytes, second.bytes(64))
    XCTAssertNotEqual(bytes, third.bytes(64))
    XCTAssertGreaterThan(Set(bytes).count, 32)
  }

  func testToolsRunInASmallEnvironment() throws {
    XCTAssertEqual(
      try Tools.output("env", ["-0"], environment: ["X": "1"]).split(separator: "\0").map(String.init).sorted(),
      [
        "HOME=/nonexistent", "LC_ALL=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TZ=UTC", "X=1",
      ])
    XCTAssertEqual(try Tools.run("false", []).end, .exited(1))
    XCTAssertThrowsError(try Tools.require("no-such-tool-of-packc")) { error in
      XCTAssertEqual((error as? XCTSkip)?.message, "no-such-tool-of-packc is not installed; `make deps` installs it")
    }
  }

  func testTheRealBinaryRuns() throws {
    let sandbox = try TemporaryDirectory()
    let result = try PackcProcess("version").sandbox(sandbox).run()
    result.expect(exit: .done)
    XCTAssertTrue(result.sandbox === sandbox)
  }
}
