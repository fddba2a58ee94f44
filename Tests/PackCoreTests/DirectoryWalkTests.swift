internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class DirectoryWalkTests: XCTestCase {
  /// Names whose order differs between bytes, UTF-16, locales and components.
  private static let names: [[UInt8]] =
    [
      "a", "a/b", "a/b/c", "a-b", "a.b", "a b", "A", "Z/z", "é", "e\u{301}", "～", "😀", "-", "a\tb", "a\nb", "10", "9",
      "_",
      "a!/x", "zz/a/b/c/d/e",
    ].map { Array($0.utf8) } + [[0xff], [0x80, 0x81], Array("dir/".utf8) + [0xfe]]

  private func tree() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    // The longest first: what another name lies below is a directory then.
    for name in Self.names.sorted(by: { $0.count > $1.count }) {
      let path = directory.path / HostPath(bytes: name)
      try FileSystem.createDirectory(path.parent)
      if !FileSystem.exists(path) { try FileSystem.writeAtomically([], to: path, durable: false) }
    }
    return directory
  }

  func testOrderIsThatOfSortInTheCLocale() throws {
    let directory = try tree()
    let listed = try Tools.run("find", [".", "-mindepth", "1", "-print0"], in: directory.path)
    let sorted = try Tools.run("sort", ["-z"], environment: ["LC_ALL": "C"], input: listed.output)
    XCTAssertTrue(sorted.succeeded, sorted.errorText)
    let expected = sorted.output.split(separator: 0).map { Array($0.dropFirst(2)) }
    let found = try DirectoryWalk.sortedByPath(directory.path).map(\.path.bytes)
    XCTAssertGreaterThanOrEqual(found.count, Self.names.count)
    XCTAssertEqual(found, expected)
  }

  func testParentsComeBeforeTheirChildren() throws {
    let directory = try tree()
    var seen: Set<RootPath> = [.root]
    try DirectoryWalk.walk(directory.path) { entry in
      XCTAssertTrue(seen.contains(try XCTUnwrap(entry.path.parent)), "\(entry.path)")
      seen.insert(entry.path)
      return .take
    }
    XCTAssertTrue(seen.contains(try XCTUnwrap(RootPath(bytes: Array("dir/".utf8) + [0xfe]))), "not UTF-8")
  }

  func testSkipLeavesOutWhatIsBelow() throws {
    let directory = try TemporaryDirectory()
    for name in ["a/x", "b/x/y", "c"] { try directory.write("", to: name) }
    let found = try DirectoryWalk.sortedByPath(directory.path) { $0.path.name == "b" ? .skip : .take }
    XCTAssertEqual(found.map(\.path.description), ["a", "a/x", "c"])
  }

  func testLinksAreNotFollowed() throws {
    let directory = try TemporaryDirectory()
    try FileSystem.createLink(directory / "up", to: Array("..".utf8))
    try FileSystem.createLink(directory / "self", to: Array(".".utf8))
    let found = try DirectoryWalk.sortedByPath(directory.path)
    XCTAssertEqual(found.map(\.path.description), ["self", "up"])
    XCTAssertEqual(found.map(\.status.kind), [.link, .link])
  }

  func testMissingFileAndTooDeep() throws {
    let directory = try TemporaryDirectory()
    assertFailure("system_error") { try DirectoryWalk.names(in: directory / "missing") }
    assertFailure("system_error") { try DirectoryWalk.names(in: directory.write("", to: "file")) }
    try FileSystem.createDirectory(directory / String(repeating: "d/", count: 600))
    assertFailure("too_deep", exit: .badInput) { try DirectoryWalk.sortedByPath(directory.path) }
  }

  func testWalkingLeaksNoDescriptor() throws {
    let directory = try tree()
    let before = try DirectoryWalk.names(in: "/proc/self/fd").count
    for _ in 0..<20 { _ = try DirectoryWalk.sortedByPath(directory.path) }
    assertFailure("system_error") {
      try DirectoryWalk.walk(directory.path) { _ in throw Failure.system("x", errno: EIO) }
    }
    XCTAssertEqual(try DirectoryWalk.names(in: "/proc/self/fd").count, before)
  }
}
