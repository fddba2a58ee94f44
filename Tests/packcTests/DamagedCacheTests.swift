import Glibc
import PackCore
import TestSupport
import XCTest

/// What is wrong in the cache is made anew, and never believed: every file of every room, in every way.
final class DamagedCacheTests: XCTestCase {
  static let rooms = ["steps", "layers", "stripped", "segments", "projects"]

  /// The regular files of a room, sorted; locks are not believed in.
  private static func files(_ site: Site, _ room: String) throws -> [HostPath] {
    let root = site.cache / HostPath(room)
    return try DirectoryWalk.sortedByPath(root).filter { $0.status.kind == .file && $0.path.name != "lock" }
      .map { root / $0.path }
  }

  private static func write(_ bytes: [UInt8], to path: HostPath) throws {
    try FileSystem.writeAtomically(bytes, to: path, mode: try FileSystem.status(path)?.mode ?? 0o644, durable: false)
  }

  private static let damages: [(String, @Sendable (HostPath) throws -> Void)] = [
    ("torn", { try write(Array(FileSystem.read($0).dropLast(7)), to: $0) }),
    ("empty", { try write([], to: $0) }),
    (
      "a flipped bit",
      {
        var bytes = try FileSystem.read($0)
        if !bytes.isEmpty { bytes[bytes.count / 2] ^= 0x10 }
        try write(bytes, to: $0)
      }
    ),
    ("of another version", { try write(Array("{\"format\":99,\"version\":99}\n".utf8), to: $0) }),
    ("without permissions", { try FileSystem.setMode($0, 0o000) }),
    ("gone", { try FileSystem.removeFile($0) }),
    (
      "a directory",
      {
        try FileSystem.removeFile($0)
        try FileSystem.createDirectory($0 / "inside")
      }
    ),
  ]

  func testWhatIsWrongInTheCacheIsNotBelieved() throws {
    try Self.damage([Array(Self.rooms.dropLast()), ["projects"]])
  }

  /// Damages the rooms of each group together.
  static func damage(_ groups: [[String]]) throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "p")
    usleep(100_000)
    let good = try site.build(project)
    for (what, damage) in damages {
      for rooms in groups {
        for room in rooms {
          let files = try files(site, room)
          XCTAssertFalse(files.isEmpty, room)
          for file in files { try damage(file) }
        }
        // Its record would save the build from looking at anything else.
        if rooms != ["projects"] { try FileSystem.removeTree(site.cache / "projects") }
        let note = "\(rooms) \(what)"
        let again = try site.build(project)
        XCTAssertEqual(again.image, good.image, note)
        XCTAssertEqual(again.initrd, good.initrd, note)
        XCTAssertEqual(try StoreCheck.assertOneBuild(project / ".packc", note), good.image, note)
        try StoreCheck.assertWhole(site.cache, note)
      }
    }
    // And what was made anew is believed.
    try FileSystem.removeTree(site.cache / "projects")
    let last = try site.build(project)
    XCTAssertEqual(Set(last.statuses.values), ["reused"])
    XCTAssertTrue(last.log.contains("application: ") && !last.log.contains(" written"), last.log)
  }

  /// The layer of files that were touched, checked out again or stamped by a clock that went back is hashed and reused;
  /// one that changed within the tick of the clock, with its size and its time as before, is noticed.
  func testTheDirtyRule() throws {
    let site = try Site()
    let project = try Tiny.write(site, to: "p", text: "text one")
    let first = try site.build(project, "--no-unikernel")
    func blobs() throws -> [[UInt8]] { try DirectoryWalk.names(in: site.cache / "store/blobs/sha256") }
    let known = try blobs()
    let note = project / "note.txt"
    let same: [(String, () throws -> Void)] = [
      ("touched", { try FileSystem.setTime(note, seconds: Int(LayerClock.seconds()) - 5) }),
      ("from the future", { try FileSystem.setTime(note, seconds: Int(LayerClock.seconds()) + 864_000) }),
      ("from before", { try FileSystem.setTime(note, seconds: 1_000_000) }),
      (
        "checked out again",
        {
          let bytes = try FileSystem.read(note)
          try FileSystem.removeFile(note)
          try site.directory.write(bytes, to: "p/note.txt")
        }
      ),
    ]
    for (what, change) in same {
      try change()
      let again = try site.build(project, "--no-unikernel")
      XCTAssertEqual(again.image, first.image, what)
      XCTAssertFalse(again.log.contains(" written"), "\(what): \(again.log)")
      XCTAssertEqual(try blobs(), known, what)
    }
    // The same length, the same times: a build and a change in quick succession.
    var images: Set<String?> = [first.image]
    for round in 0..<4 {
      let time = try XCTUnwrap(try FileSystem.status(note)).modified
      let file = try Descriptor.open(note, O_WRONLY)
      try file.write(Array("text \(round)00".utf8.prefix(8)))
      let stamp = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
      XCTAssertEqual(futimens(file.raw, [stamp, stamp]), 0)
      XCTAssertEqual(try FileSystem.status(note)?.modified, time)
      images.insert(try site.build(project, "--no-unikernel").image)
      XCTAssertEqual(images.count, round + 2, "a change was not noticed")
    }
  }

  private enum LayerClock {
    static func seconds() -> Int { time(nil) }
  }
}

/// Each room on its own.
final class DamagedRoomsSlowTests: XCTestCase {
  func testEachRoom() throws { try DamagedCacheTests.damage(DamagedCacheTests.rooms.map { [$0] }) }
}
