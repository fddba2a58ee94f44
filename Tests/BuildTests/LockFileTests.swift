internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

final class LockFileTests: XCTestCase {
  private func lock(_ change: (inout LockFile) -> Void = { _ in }) -> LockFile {
    var lock = LockFile(platform: .host)
    lock.packs["python"] = LockFile.Pin(version: "1.0.0", digest: Digest(of: [1]))
    lock.toolchains["python"] = LockFile.Pin(version: "3.11.2", digest: Digest(of: [2]))
    lock.kernel = LockFile.Pin(name: "debian-cloud", version: "6.1", digest: Digest(of: [3]))
    lock.guestInit = LockFile.Pin(digest: Digest(of: [4]))
    lock.packages["pypi"] = ["packages": [["name": "flask", "version": "3.0.0"]]]
    change(&lock)
    return lock
  }

  func testWhatIsWrittenIsRead() throws {
    let project = try TemporaryDirectory()
    XCTAssertNil(try LockFile.read(project: project.path))
    try lock().write(project: project.path)
    XCTAssertEqual(try LockFile.read(project: project.path), lock())
    XCTAssertEqual(lock().differences(from: lock(), complete: true), [])
  }

  func testEveryPinThatDiffersIsNamed() {
    let other = lock {
      $0.packs["python"]?.digest = Digest(of: [9])
      $0.toolchains["python"]?.digest = Digest(of: [9])
      $0.kernel?.digest = Digest(of: [9])
      $0.guestInit?.digest = Digest(of: [9])
      $0.packages["pypi"] = ["packages": []]
    }
    for complete in [false, true] {
      let found = lock().differences(from: other, complete: complete).map { $0.prefix { $0 != ":" } }
      XCTAssertEqual(found, ["pack python", "toolchain python", "kernel", "guest init", "packages of pypi"])
    }
  }

  /// A lock that pins the packages alone is completed by a build, and is too little for `--locked`.
  func testAPartialLock() throws {
    let project = try TemporaryDirectory()
    let text = #"{"packages": {"pypi": {"packages": [{"name": "flask", "version": "3.0.0"}]}}, "platform": ""#
    try project.write(text + Platform.host.description + #"", "version": 1}"#, to: "packc.lock")
    let partial = try XCTUnwrap(LockFile.read(project: project.path))
    XCTAssertEqual(partial.differences(from: lock(), complete: false), [])
    XCTAssertEqual(partial.differences(from: lock(), complete: true).count, 4)
    let changed = lock { $0.packages["pypi"] = ["packages": []] }
    XCTAssertEqual(
      partial.differences(from: changed, complete: false), ["packages of pypi: they were resolved again"])
  }

  func testBadLocksEndWithTheLocksExitCode() throws {
    let project = try TemporaryDirectory()
    for text in ["", "{", "[]", "{}", #"{"version": 2}"#, #"{"version": 1, "platform": "x"}"#] {
      try project.write(text, to: "packc.lock")
      assertFailure("bad_lock", exit: .lock) { try LockFile.read(project: project.path) }
    }
  }
}
