import Glibc
import PackCore
import XCTest

@testable import OCI

/// A directory of a test's own, a store in it, and the tools.
final class Scratch {
  let root: HostPath
  let store: ContentStore

  init() throws {
    root = try FileSystem.createTemporaryDirectory(in: "/tmp", prefix: "packc-oci-tests")
    store = try ContentStore(root: root / "store")
  }
  deinit { try? FileSystem.removeTree(root) }

  /// A host file as an entry takes it.
  func file(_ name: String, _ bytes: [UInt8]) throws -> RootFilesystem.Entry.Content {
    let path = root / "source" / name
    try FileSystem.createDirectory(path.parent)
    try FileSystem.writeAtomically(bytes, to: path, durable: false)
    return try host(path)
  }
  func host(_ path: HostPath) throws -> RootFilesystem.Entry.Content {
    .host(path, try XCTUnwrap(try FileSystem.status(path)))
  }

  func staged() throws -> [[UInt8]] { try DirectoryWalk.names(in: store.root / "staging") }
  func blobs() throws -> [[UInt8]] { try DirectoryWalk.names(in: store.root / "blobs/sha256") }

  @discardableResult
  static func run(_ argv: [String], input: [UInt8] = [], file: StaticString = #filePath, line: UInt = #line) throws
    -> CommandResult
  {
    let environment = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/tmp"]
    let result = try ProcessRunner().run(
      Command(argv, environment: environment, input: .bytes(input), keep: 64 << 20, keepHead: true))
    XCTAssertTrue(result.succeeded, "\(argv): \(result.end): \(result.errorText)", file: file, line: line)
    return result
  }
}

/// An entry in one line.
func entry(
  _ path: String, _ content: RootFilesystem.Entry.Content, mode: UInt32 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0
) -> RootFilesystem.Entry {
  entry(bytes: Array(path.utf8), content, mode: mode, uid: uid, gid: gid)
}
func entry(
  bytes: [UInt8], _ content: RootFilesystem.Entry.Content, mode: UInt32 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0
) -> RootFilesystem.Entry {
  RootFilesystem.Entry(
    path: RootPath(bytes: bytes) ?? .root, content: content, mode: mode, uid: uid, gid: gid, layer: .application,
    origin: "test")
}

/// A layer of these entries and the directories above them, sorted.
func layer(_ entries: RootFilesystem.Entry...) throws -> LayerContent { try layer(entries) }
func layer(_ entries: [RootFilesystem.Entry]) throws -> LayerContent {
  var filesystem = RootFilesystem()
  for entry in entries { try filesystem.insert(entry) }
  return filesystem.layers().first ?? LayerContent(role: .application, entries: [])
}

extension XCTestCase {
  /// The body fails with that code; gives the failure for more questions.
  @discardableResult
  func assertFailure<T>(
    _ code: String, _ body: @autoclosure () throws -> T, _ message: String = "", file: StaticString = #filePath,
    line: UInt = #line
  ) -> Failure? {
    do {
      _ = try body()
      XCTFail("no failure \(code) \(message)", file: file, line: line)
    } catch let failure as Failure {
      XCTAssertEqual(failure.code, code, "\(message) \(failure)", file: file, line: line)
      return failure
    } catch {
      XCTFail("\(message) \(error)", file: file, line: line)
    }
    return nil
  }
}

/// SplitMix64: the same numbers in each run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
