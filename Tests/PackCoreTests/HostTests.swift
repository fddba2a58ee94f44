internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class HostTests: XCTestCase {
  func testDirectoriesFollowTheXDGSpecification() throws {
    let set = HostContext.test(environment: ["HOME": "/home/u", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "relative"])
    XCTAssertEqual(try set.cacheDirectory(), "/c/packc")
    XCTAssertEqual(try set.configDirectory(), "/home/u/.config/packc")
    XCTAssertEqual(try set.stateDirectory(), "/home/u/.local/state/packc", "a relative value is ignored")
    XCTAssertEqual(try HostContext.test(environment: ["HOME": "/h"]).cacheDirectory(), "/h/.cache/packc")
    for home in [["HOME": ""], ["HOME": "relative"], [:]] {
      let failure = assertFailure("no_home", exit: .usage) { try HostContext.test(environment: home).cacheDirectory() }
      XCTAssertTrue(failure?.hint?.contains("XDG_CACHE_HOME") ?? false)
    }
    XCTAssertNil(HostContext.test(environment: ["A": ""]).variable("A"), "empty counts as unset")
  }

  func testToolsAreFoundInAbsoluteDirectoriesOfPATH() throws {
    let directory = try TemporaryDirectory()
    try directory.write("", to: "a/tool", mode: 0o644)
    try directory.write("", to: "b/tool", mode: 0o755)
    try directory.makeDirectory("c/tool")
    let path = "relative::\(directory / "c"):\(directory / "a"):\(directory / "b")"
    let context = HostContext.test(environment: ["PATH": path])
    XCTAssertEqual(context.findTool("tool"), directory / "b/tool")
    XCTAssertNil(context.findTool("other"))
  }

  func testTheRealContext() throws {
    setenv("PACKC_TEST_VALUE", "a=b", 1)
    let context = try HostContext.current()
    XCTAssertEqual(context.environment["PACKC_TEST_VALUE"], "a=b")
    XCTAssertTrue(context.workingDirectory.isAbsolute)
    XCTAssertTrue(FileSystem.isExecutableFile(context.executable))
    let first = context.monotonicNanoseconds()
    XCTAssertGreaterThan(context.monotonicNanoseconds(), first)
  }

  func testInstallationBesideTheProgram() throws {
    let prefix = try TemporaryDirectory()
    try prefix.makeDirectory("libexec/packc/packs.d")
    let found = try Installation.find(from: prefix / "bin/packc")
    XCTAssertEqual(found.packs, prefix / "libexec/packc/packs.d")
    XCTAssertEqual(found.helpers, prefix / "libexec/packc")
  }

  func testInstallationOfACheckout() throws {
    let checkout = try TemporaryDirectory()
    try checkout.write("", to: "Package.swift")
    try checkout.makeDirectory("packs.d")
    let found = try Installation.find(from: checkout / ".build/x/release/packc")
    XCTAssertEqual(found.packs, checkout / "packs.d")
    XCTAssertEqual(found.helpers, checkout / ".build/x/release")
  }

  func testABrokenInstallationSaysSo() {
    assertFailure("broken_installation") { try Installation.find(from: "/nonexistent/bin/packc") }
    assertFailure("broken_installation", "a relative path ends, too") { try Installation.find(from: "packc") }
  }

  func testThreadsGiveBackValuesAndErrors() throws {
    XCTAssertEqual(try HostThread { 42 }.join(), 42)
    let thread = try HostThread { throw Failure("from_thread", "x") }
    assertFailure("from_thread") { try thread.join() }
  }

  func testLockedCountsEveryTouch() throws {
    let counter = Locked(0)
    let threads = try (0..<4).map { _ in
      try HostThread { for _ in 0..<10_000 { counter.withLock { $0 += 1 } } }
    }
    for thread in threads { try thread.join() }
    XCTAssertEqual(counter.withLock { $0 }, 40_000)
  }

  func testWaitEndsWithTheNotification() throws {
    let queue = Locked<[Int]>([])
    let reader = try HostThread {
      (0..<100).map { _ in queue.wait { $0.isEmpty ? nil : $0.removeFirst() } }
    }
    for number in 0..<100 { queue.withLockAndNotify { $0.append(number) } }
    XCTAssertEqual(try reader.join(), Array(0..<100))
  }

  func testDescriptorsCloseAndReportErrors() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("abc", to: "file")
    let raw: Int32
    do {
      let file = try Descriptor.open(path)
      raw = file.raw
      XCTAssertNotEqual(fcntl(raw, F_GETFD) & FD_CLOEXEC, 0)
      assertFailure("system_error", "opened for reading") { try file.write([1]) }
    }
    XCTAssertEqual(fcntl(raw, F_GETFD), -1, "dropped is closed")
    let kept = try Descriptor.open(path).release()
    XCTAssertEqual(close(kept), 0)
    let failure = assertFailure("system_error") { _ = try Descriptor.open(directory / "missing").raw }
    XCTAssertEqual(failure?.message, "cannot open \(directory / "missing"): No such file or directory")
  }
}
