import Glibc
import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

/// The rooms of the cache; the store has tests of its own (`StoreCollectorTests`).
final class CacheCollectorTests: XCTestCase {
  private static let day = 24 * CacheCollector.Policy.hour

  /// Files of the four rooms, each used so many days ago.
  private func cache(_ ages: [String: Int]) throws -> TemporaryDirectory {
    let cache = try TemporaryDirectory()
    for (entry, days) in ages {
      let record: String
      switch entry.split(separator: "/")[0] {
      case "steps":
        try cache.write(String(repeating: "x", count: 1000), to: "\(entry)/work/out")
        record = "\(entry)/done.json"
      case "projects": record = "\(entry)/record"
      default:
        try cache.write(String(repeating: "x", count: 1000), to: entry.hasPrefix("seg") ? "\(entry).cpio" : entry)
        record = "\(entry).json"
      }
      try cache.write("{}", to: record)
      try FileSystem.setTime(cache / record, seconds: time(nil) - days * 86_400)
    }
    return cache
  }

  private func collect(
    _ cache: TemporaryDirectory, _ change: (inout CacheCollector.Policy) -> Void = { _ in }
  ) throws -> CollectionResult {
    var policy = CacheCollector.Policy()
    change(&policy)
    return try CacheCollector(cache: cache.path, policy: policy, reporter: .silent).collect()
  }

  private func left(_ cache: TemporaryDirectory) throws -> [String] {
    try ["segments", "steps", "stripped"].flatMap { room in
      FileSystem.isDirectory(cache / room) ? try cache.names(in: room).map { "\(room)/\($0)" } : []
    }
  }

  /// What a killed copy between registries, a run or an export left; not what somebody holds.
  func testDirectoriesThatNobodyHoldsGo() throws {
    let cache = try TemporaryDirectory()
    for room in ["transfer", "run"] {
      try cache.write("half", to: "\(room)/push.killed/blob")
      let held = try WorkDirectory(in: cache / room, prefix: "push")
      defer { withExtendedLifetime(held) {} }
      try FileSystem.writeAtomically(Array("half".utf8), to: held.path / "blob")
      let result = try collect(cache)
      XCTAssertEqual(result.removed["leftovers"], .init([4]), room)
      XCTAssertEqual(try cache.names(in: room).map { HostPath($0) }, [HostPath(held.path.name)])
      XCTAssertEqual(try FileSystem.read(held.path / "blob"), Array("half".utf8))
    }
    XCTAssertEqual(try cache.names(in: "transfer") + cache.names(in: "run"), [], "gone with who held them")
    XCTAssertEqual(try collect(cache).removed, [:])
  }

  func testWhatWasNotUsedForLongGoesAsAWhole() throws {
    let cache = try cache(["steps/a": 40, "steps/b": 1, "segments/c": 31, "stripped/d": 29, "projects/e": 100])
    let dry = try collect(cache) { $0.dryRun = true }
    XCTAssertEqual(try left(cache).count, 6)
    let result = try collect(cache)
    XCTAssertEqual(dry.removed, result.removed)
    XCTAssertEqual(try left(cache), ["steps/b", "stripped/d", "stripped/d.json"])
    XCTAssertFalse(FileSystem.exists(cache / "projects/e/record"))
    XCTAssertEqual(result.removed["steps"], .init([1002]))
    XCTAssertEqual(result.removed["segments"], .init([1002]))
    XCTAssertEqual(try collect(cache).removed, [:])
    XCTAssertEqual(try SchemaCheck("image-gc.schema.json").problems(result.json), [])
  }

  /// Without it `packc image diff` would know of one build only.
  func testWhatComparesTheLastBuildsOutlivesTheRest() throws {
    for (days, isKept) in [(1, true), (29, true), (31, false)] {
      let cache = try cache(["projects/e": days])
      for name in ["builds", "owners"] {
        try cache.write("{}", to: "projects/e/\(name)")
        try FileSystem.setTime(cache / "projects/e/\(name)", seconds: time(nil) - 400 * 86_400)
      }
      let result = try collect(cache) {
        $0.keep = 0
        $0.maximumSize = 0
      }
      XCTAssertFalse(FileSystem.exists(cache / "projects/e/record"))
      // An old history is the history of a project that is built: the record says when it was last.
      XCTAssertEqual(FileSystem.exists(cache / "projects/e/builds"), isKept, "\(days)")
      XCTAssertEqual(result.removed["histories"]?.count, isKept ? nil : 1, "\(days)")
      XCTAssertEqual(try SchemaCheck("image-gc.schema.json").problems(result.json), [])
    }
  }

  func testTheLongestUnusedMakesRoom() throws {
    let ages = ["steps/a": 4, "steps/b": 1, "segments/c": 3, "stripped/d": 2]
    for (limit, expected) in [
      (Int64(4008), 6), (4007, 5), (3006, 5), (3000, 3), (2004, 3), (1002, 1), (1001, 0), (0, 0),
    ] {
      let cache = try cache(ages)
      _ = try collect(cache) { $0.maximumSize = limit }
      let left = try left(cache)
      XCTAssertEqual(left.count, expected, "\(limit): \(left)")
    }
  }

  func testABuildThatRunsKeepsWhatWasUsedToday() throws {
    let cache = try cache(["steps/a": 0, "steps/b": 2, "segments/c": 0])
    try cache.write("half", to: "steps/.staged.x/work/out")
    let store = try ContentStore(root: cache / "store")
    try store.enter()
    let result = try collect(cache) { $0.keep = 0 }
    XCTAssertEqual(result.removed["steps"]?.count, 1)
    XCTAssertEqual(result.removed["leftovers"], nil)
    XCTAssertEqual(try left(cache), ["segments/c.cpio", "segments/c.json", "steps/.staged.x", "steps/a"])
    withExtendedLifetime(store) {}
  }

  func testACacheThatIsNotThereIsEmpty() throws {
    let cache = try TemporaryDirectory()
    try FileSystem.removeTree(cache.path)
    XCTAssertEqual(try collect(cache).removed, [:])
    XCTAssertFalse(FileSystem.exists(cache.path))
  }

  func testLayersWhoseBlobIsGoneAreForgotten() throws {
    let cache = try TemporaryDirectory()
    try cache.write("{}", to: "layers/exact/\(Digest(of: [1]).hex).json")
    try cache.write("half", to: "layers/exact/.packc.1.2")
    XCTAssertEqual(try collect(cache).removed, ["layers": .init([2])])
    XCTAssertEqual(try cache.names(in: "layers/exact"), [".packc.1.2"])
  }
}
