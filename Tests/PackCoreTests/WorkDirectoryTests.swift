import TestSupport
import XCTest

@testable import PackCore

final class WorkDirectoryTests: XCTestCase {
  func testWhatIsHeldIsNotALeftover() throws {
    let parent = try TemporaryDirectory()
    var held: WorkDirectory? = try WorkDirectory(in: parent / "work", prefix: "build")
    let path = try XCTUnwrap(held).path
    XCTAssertTrue(path.name.hasPrefix("build."))
    XCTAssertNil(try WorkDirectory.ifLeft(path) { 1 })
    try parent.write("text", to: "work/\(path.name)/file")
    held = nil
    XCTAssertFalse(FileSystem.exists(path), "it goes with the value")
    XCTAssertNil(try WorkDirectory.ifLeft(path) { 1 }, "what is not there is nobody's leftover")
    // As a process leaves it that was killed before it locked, or after.
    try FileSystem.createDirectory(path)
    XCTAssertEqual(try WorkDirectory.ifLeft(path) { 1 }, 1)
  }

  /// Makers and removers of leftovers side by side: nobody loses a directory that is held.
  func testBesideACollector() throws {
    let sandbox = try TemporaryDirectory()
    let parent = sandbox / "work"
    try FileSystem.createDirectory(parent)
    let end = HostContext.monotonicClock() + 500_000_000
    let collector = try HostThread {
      var removed = 0
      while HostContext.monotonicClock() < end {
        for name in try DirectoryWalk.names(in: parent) {
          let path = parent / HostPath(bytes: name)
          if try WorkDirectory.ifLeft(path, { try FileSystem.removeTree(path) }) != nil { removed += 1 }
        }
      }
      return removed
    }
    let makers = try (0..<2).map { _ in
      try HostThread {
        var lost = 0
        var made = 0
        while HostContext.monotonicClock() < end {
          let directory = try WorkDirectory(in: parent, prefix: "build")
          made += 1
          if !FileSystem.exists(directory.path) { lost += 1 }
          withExtendedLifetime(directory) {}
        }
        return (made, lost)
      }
    }
    for maker in makers {
      let (made, lost) = try maker.join()
      XCTAssertGreaterThan(made, 0)
      XCTAssertEqual(lost, 0)
    }
    _ = try collector.join()
  }
}
