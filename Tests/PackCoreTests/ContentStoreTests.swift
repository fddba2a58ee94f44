internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class ContentStoreTests: XCTestCase {
  func testPutIsByDigestAndReadOnly() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory / "store")
    let bytes = Array("blob".utf8)
    let digest = try store.put(bytes)
    XCTAssertEqual(digest, Digest(of: bytes))
    XCTAssertEqual(store.size(of: digest), 4)
    XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes)
    XCTAssertEqual(try FileSystem.status(store.path(of: digest))?.mode, 0o444)
    XCTAssertEqual(store.path(of: digest), directory / "store/blobs/sha256/\(digest.hex)")
    XCTAssertFalse(store.contains(Digest(of: [1])))
    let inode = try FileSystem.status(store.path(of: digest))?.inode
    XCTAssertEqual(try store.put(bytes), digest)
    XCTAssertEqual(try FileSystem.status(store.path(of: digest))?.inode, inode, "what is there is not written again")
  }

  func testABlobOfAnotherSizeIsReplaced() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    let bytes = Array("whole".utf8)
    let digest = Digest(of: bytes)
    try FileSystem.writeAtomically(Array("wh".utf8), to: store.path(of: digest))
    try store.put(bytes)
    XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes)
  }

  func testWhatIsNotCommittedLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    do {
      let blob = try store.stage()
      try blob.file.write([1, 2, 3])
      XCTAssertEqual(try directory.names(in: "staging").count, 1)
    }
    XCTAssertEqual(try directory.names(in: "staging"), [])
    XCTAssertEqual(try directory.names(in: "blobs/sha256"), [])
    let blob = try store.stage()
    try blob.file.write([1, 2, 3])
    try blob.commit(as: Digest(of: [1, 2, 3]))
    XCTAssertEqual(try directory.names(in: "staging"), [])
    XCTAssertTrue(store.contains(Digest(of: [1, 2, 3])))
  }

  /// A packc that is killed while it writes leaves a staged file at most: never a name under blobs that lies.
  func testAKilledWriterLeavesNoBlob() throws {
    if let root = TestChild["STORE"] {
      let blob = try ContentStore(root: HostPath(root)).stage()
      try blob.file.write([1, 2, 3])
      kill(getpid(), SIGKILL)
    }
    let directory = try TemporaryDirectory()
    let result = try TestChild.run("ContentStoreTests/testAKilledWriterLeavesNoBlob", ["STORE": "\(directory.path)"])
    XCTAssertEqual(result.end, .signalled(SIGKILL))
    XCTAssertEqual(try directory.names(in: "blobs/sha256"), [])
    XCTAssertEqual(try directory.names(in: "staging").count, 1)
    let store = try ContentStore(root: directory.path)
    try store.put([1, 2, 3])
    XCTAssertTrue(store.contains(Digest(of: [1, 2, 3])), "the rest of another one is in nobody's way")
  }

  func testManyWritersShareAStore() throws {
    let directory = try TemporaryDirectory()
    let blobs = (0..<40).map { [UInt8](repeating: UInt8($0), count: 1000 * ($0 + 1)) }
    let threads = try (0..<6).map { number in
      try HostThread {
        var random = SeededRandom(seed: UInt64(number))
        let store = try ContentStore(root: directory.path)
        for blob in blobs.shuffled(using: &random) { try store.put(blob) }
      }
    }
    for thread in threads { try thread.join() }
    let store = try ContentStore(root: directory.path)
    for blob in blobs { XCTAssertEqual(try FileSystem.digest(of: store.path(of: Digest(of: blob))), Digest(of: blob)) }
    XCTAssertEqual(try directory.names(in: "staging"), [])
    XCTAssertEqual(try directory.names(in: "blobs/sha256").count, blobs.count)
  }
}
