internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

/// Who relies on which blob, and what is believed of a blob.
final class StoreLeaseTests: XCTestCase {
  private let bytes = Array("a blob".utf8)

  private func held(_ store: ContentStore) throws -> (Set<Digest>, Int) { try store.collecting { ($0, $1) } }

  func testWhatIsPutReusedOrHeldIsHeldUntilTheStoreIsClosed() throws {
    let directory = try TemporaryDirectory()
    let other = Digest(of: [9])
    do {
      let store = try ContentStore(root: directory.path)
      XCTAssertEqual(try held(store).1, 0, "who only looks counts for nothing")
      let digest = try store.put(bytes)
      try store.hold(other)
      XCTAssertEqual(try held(store).0, [digest, other])
      // Another value for the same store is the same process.
      let again = try ContentStore(root: directory.path)
      XCTAssertTrue(try again.reuse(digest, size: 6))
      XCTAssertFalse(try again.reuse(Digest(of: [1]), size: 1))
      XCTAssertEqual(try held(store).1, 1)
    }
    XCTAssertEqual(try held(ContentStore(root: directory.path)).0, [])
    XCTAssertEqual(try directory.names(in: "leases"), [])
  }

  func testAnotherProcessIsSeenWhileItLives() throws {
    let digest = Digest(of: bytes)
    if let root = TestChild["STORE"] {
      let store = try ContentStore(root: HostPath(root))
      try store.put(bytes)
      try withExtendedLifetime(store) {
        try FileSystem.writeAtomically([], to: HostPath(root) / "ready")
        pause()
      }
    }
    let directory = try TemporaryDirectory()
    var child = try RunningProcess.start(
      TestChild.command("StoreLeaseTests/testAnotherProcessIsSeenWhileItLives", ["STORE": "\(directory.path)"]))
    for _ in 0..<2000 where !FileSystem.exists(directory / "ready") { usleep(10_000) }
    let store = try ContentStore(root: directory.path)
    XCTAssertEqual(try held(store).0, [digest])
    XCTAssertEqual(try held(store).1, 1)
    child.signal(SIGKILL)
    while try child.reapIfEnded() == nil { usleep(10_000) }
    XCTAssertEqual(try directory.names(in: "leases").count, 1, "a killed process cannot tidy up")
    XCTAssertEqual(try held(store).0, [], "and holds nothing")
    XCTAssertEqual(try directory.names(in: "leases"), [])
  }

  /// Each damage, and whether the blob is there afterwards.
  func testABlobThatIsNotAsItWasLeftIsReadAndRemoved() throws {
    let digest = Digest(of: bytes)
    let rows: [(String, Bool, (HostPath) throws -> Void)] = [
      ("untouched", true, { _ in }),
      ("another mode", true, { try FileSystem.setMode($0, 0o644) }),
      ("torn", false, { try FileSystem.writeAtomically([1], to: $0, mode: 0o444) }),
      ("longer", false, { try FileSystem.writeAtomically(self.bytes + [1], to: $0, mode: 0o444) }),
      ("empty", false, { try FileSystem.writeAtomically([], to: $0, mode: 0o444) }),
      ("other bytes, another mode", false, { try FileSystem.writeAtomically(Array("A blob".utf8), to: $0) }),
      (
        "a directory", false,
        {
          try FileSystem.removeFile($0)
          try FileSystem.createDirectory($0)
        }
      ),
      (
        "a link", false,
        {
          try FileSystem.removeFile($0)
          try FileSystem.createLink($0, to: Array("/etc/passwd".utf8))
        }
      ),
    ]
    for (what, whole, damage) in rows {
      let directory = try TemporaryDirectory()
      let store = try ContentStore(root: directory.path)
      try store.put(bytes)
      try damage(store.path(of: digest))
      XCTAssertEqual(try store.reuse(digest, size: 6), whole, what)
      XCTAssertEqual(store.contains(digest), whole, what)
      try store.put(bytes)
      XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes, what)
      XCTAssertEqual(try FileSystem.status(store.path(of: digest))?.mode, 0o444, what)
      XCTAssertEqual(try directory.names(in: "staging"), [], what)
    }
  }

  func testALyingDescriptorRemovesNoGoodBlob() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    let digest = try store.put(bytes)
    XCTAssertFalse(try store.reuse(digest, size: 7))
    XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes)
  }

  func testAFlippedBitIsFoundByWhoeverHasTheBytes() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    let digest = Digest(of: bytes)
    for way in ["put", "commit"] {
      try FileSystem.writeAtomically(Array("a blOb".utf8), to: store.path(of: digest), mode: 0o444)
      if way == "put" {
        try store.put(bytes)
      } else {
        let blob = try store.stage()
        try blob.file.write(bytes)
        try blob.commit(as: digest)
      }
      XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes, way)
    }
  }

  func testWhoWritesABlobThatIsThereSharesTheFile() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    let digest = try store.put(bytes)
    let inode = try FileSystem.status(store.path(of: digest))?.inode
    let blob = try store.stage()
    try blob.file.write(bytes)
    try blob.commit(as: digest)
    XCTAssertEqual(try FileSystem.status(store.path(of: digest))?.inode, inode)
    XCTAssertEqual(try directory.names(in: "staging"), [])
  }

  func testADownloadGoesOnWhereItWasCut() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    let digest = Digest(of: bytes)
    do {
      let part = try self.part(store.resume(digest))
      try part.file.write(Array(bytes[..<2]))
      XCTAssertThrowsError(try { _ = try self.part(store.resume(digest)) }(), "one at a time")
    }
    do {
      let part = try self.part(store.resume(digest))
      XCTAssertEqual(try part.file.status().st_size, 2)
      try part.file.write(Array(bytes[2...]))
      try part.commit(as: digest)
    }
    XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes)
    XCTAssertEqual(try directory.names(in: "staging"), [])
    do {
      let part = try self.part(store.resume(Digest(of: [3])))
      try part.file.write([1, 2])
      part.discard()
    }
    XCTAssertEqual(try directory.names(in: "staging"), [])
  }

  private func part(_ part: consuming ContentStore.StagedBlob?) throws -> ContentStore.StagedBlob {
    guard let part else { throw Failure("locked", "somebody else has the part") }
    return part
  }

  func testLeftoversAreToldFromWorkInProgress() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory.path)
    let living = try store.stage()
    try living.file.write([1])
    try directory.write("killed", to: "staging/blob.abcdef")
    try directory.write("cut", to: "staging/part.\(Digest(of: [1]).hex)")
    XCTAssertEqual(try store.removeLeftovers(partsBefore: 0, dryRun: true), [6])
    XCTAssertEqual(try directory.names(in: "staging").count, 3)
    XCTAssertEqual(try store.removeLeftovers(partsBefore: 0, dryRun: false), [6])
    XCTAssertEqual(try store.removeLeftovers(partsBefore: .max, dryRun: false), [3])
    try living.commit(as: Digest(of: [1]))
    XCTAssertTrue(store.contains(Digest(of: [1])))
  }

  func testAStoreThatWasRemovedIsMadeAgain() throws {
    let directory = try TemporaryDirectory()
    let store = try ContentStore(root: directory / "store")
    try FileSystem.removeTree(directory / "store")
    let digest = try store.put(bytes)
    XCTAssertEqual(try FileSystem.read(store.path(of: digest)), bytes)
  }
}
