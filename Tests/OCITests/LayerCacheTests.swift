import Glibc
import PackCore
import XCTest

@testable import OCI

final class LayerCacheTests: XCTestCase {
  /// A cache that believes it is a minute later, so that the test's new files are settled.
  private func settled(_ scratch: Scratch) -> LayerCache {
    LayerCache(directory: scratch.root / "cache", store: scratch.store) { LayerCache.realTime() + 60_000_000_000 }
  }

  private func records(_ scratch: Scratch, _ kind: String) throws -> [HostPath] {
    let directory = scratch.root / "cache" / kind
    guard FileSystem.isDirectory(directory) else { return [] }
    return try DirectoryWalk.names(in: directory).map { directory / HostPath(bytes: $0) }
  }

  private func content(_ scratch: Scratch, _ text: String = "content", from file: String = "app") throws -> LayerContent
  {
    try layer(entry("app", scratch.file(file, Array(text.utf8))), entry("note", .bytes([1])))
  }

  func testAnUnchangedLayerIsNotEvenRead() throws {
    let scratch = try Scratch()
    let content = try content(scratch)
    let (first, reused) = try settled(scratch).layer(for: content, compression: .gzip)
    XCTAssertFalse(reused)
    // The same entries without their files: whoever reads one fails.
    try FileSystem.removeTree(scratch.root / "source")
    let (second, again) = try settled(scratch).layer(for: content, compression: .gzip)
    XCTAssertTrue(again)
    XCTAssertEqual(first, second)
  }

  func testTheSameBytesWithAnotherStatusAreHashedAndReused() throws {
    let scratch = try Scratch()
    let (first, _) = try settled(scratch).layer(for: content(scratch), compression: .zstd(level: 3))
    let blob = try FileSystem.status(scratch.store.path(of: first.digest))
    let checkedOut = try content(scratch)
    let (second, reused) = try settled(scratch).layer(for: checkedOut, compression: .zstd(level: 3))
    XCTAssertTrue(reused)
    XCTAssertEqual(first, second)
    XCTAssertEqual(try FileSystem.status(scratch.store.path(of: first.digest))?.inode, blob?.inode, "written again")
    XCTAssertEqual(try records(scratch, "exact").count, 2)
  }

  func testWhateverChangesTheBytesMakesANewLayer() throws {
    let scratch = try Scratch()
    let base = try content(scratch)
    let (first, _) = try settled(scratch).layer(for: base, compression: .zstd(level: 3))
    var changed = base.entries
    changed[1].mode = 0o755
    var capable = base.entries
    capable[0].capabilities = try XCTUnwrap(FileCapabilities("cap_net_raw=p"))
    var linked = base.entries
    linked[1].content = .hardLink(linked[0].path)
    let rows: [(String, LayerContent, LayerCompression, Int64)] = [
      ("compression", base, .gzip, 0), ("level", base, .zstd(level: 4), 0), ("epoch", base, .zstd(level: 3), 1),
      ("capabilities", LayerContent(role: base.role, entries: capable), .zstd(level: 3), 0),
      ("hard link", LayerContent(role: base.role, entries: linked), .zstd(level: 3), 0),
      ("mode", LayerContent(role: base.role, entries: changed), .zstd(level: 3), 0),
      ("inline bytes", try layer(base.entries[0], entry("note", .bytes([2]))), .zstd(level: 3), 0),
      ("kind", try layer(base.entries[0], entry("note", .link([1]))), .zstd(level: 3), 0),
      ("fewer", try layer(base.entries[0]), .zstd(level: 3), 0),
      ("same size, other bytes", try content(scratch, "CONTENT", from: "other"), .zstd(level: 3), 0),
    ]
    for (what, content, compression, epoch) in rows {
      let (other, reused) = try settled(scratch).layer(for: content, compression: compression, epoch: epoch)
      XCTAssertFalse(reused, what)
      XCTAssertNotEqual(other.digest, first.digest, what)
      XCTAssertEqual(
        other, try LayerWriter.write(content, compression: compression, epoch: epoch, store: scratch.store), what)
    }
  }

  func testAFileTouchedJustBeforeIsNotTrustedByItsStatus() throws {
    let scratch = try Scratch()
    let fresh = LayerCache(directory: scratch.root / "cache", store: scratch.store)
    _ = try fresh.layer(for: content(scratch), compression: .gzip)
    XCTAssertEqual(try records(scratch, "exact"), [], "the file may change within the same tick")
    XCTAssertEqual(try records(scratch, "shape").count, 1, "verified by content, so always worth keeping")

    // Exactly two seconds old is still too young; a nanosecond more is not.
    let content = try content(scratch)
    let status = try XCTUnwrap(try FileSystem.status(scratch.root / "source/app"))
    let stamp = max(status.modified, status.changed)
    for (age, count) in [(Int64(2_000_000_000), 0), (2_000_000_001, 1)] {
      let cache = LayerCache(directory: scratch.root / "cache", store: scratch.store) { stamp + age }
      _ = try cache.layer(for: content, compression: .gzip)
      XCTAssertEqual(try records(scratch, "exact").count, count, "\(age)")
    }
  }

  func testALayerWithoutItsBlobIsWrittenAgain() throws {
    let scratch = try Scratch()
    let content = try content(scratch)
    let (first, _) = try settled(scratch).layer(for: content, compression: .gzip)
    let blob = scratch.store.path(of: first.digest)
    for damage in ["gone", "truncated"] {
      try FileSystem.removeFile(blob)
      if damage == "truncated" { try FileSystem.writeAtomically([1, 2], to: blob) }
      let (again, reused) = try settled(scratch).layer(for: content, compression: .gzip)
      XCTAssertFalse(reused, damage)
      XCTAssertEqual(again, first)
      XCTAssertEqual(try FileSystem.digest(of: blob), first.digest, damage)
    }
  }

  func testADamagedRecordIsDiscarded() throws {
    let scratch = try Scratch()
    let content = try content(scratch)
    let (first, _) = try settled(scratch).layer(for: content, compression: .gzip)
    let paths = try records(scratch, "exact") + records(scratch, "shape")
    let good = try paths.map { try FileSystem.read($0) }
    let damages: [(String, ([UInt8]) -> [UInt8])] = [
      ("empty", { _ in [] }), ("torn", { Array($0.dropLast(20)) }), ("not JSON", { _ in Array("hello".utf8) }),
      (
        "another version",
        { Array(String(decoding: $0, as: UTF8.self).replacing("\"version\":1", with: "\"version\":2").utf8) }
      ),
      (
        "another size",
        { Array(String(decoding: $0, as: UTF8.self).replacing("\"size\":", with: "\"size\":1").utf8) }
      ),
    ]
    for (what, damage) in damages {
      for (path, bytes) in zip(paths, good) { try FileSystem.writeAtomically(damage(bytes), to: path) }
      let (again, reused) = try settled(scratch).layer(for: content, compression: .gzip)
      XCTAssertFalse(reused, what)
      XCTAssertEqual(again, first, what)
      XCTAssertEqual(try paths.map { try FileSystem.read($0) }, good, "\(what): written anew")
    }
  }

  /// No single changed byte and no cut gives another record.
  func testEveryChangeOfARecordIsNoticed() throws {
    let key = Digest(of: Array("key".utf8))
    let layer = Layer(
      role: .runtime, mediaType: .layerZstd, digest: Digest(of: [1]), diffID: Digest(of: [2]), size: 123_456)
    let bytes = LayerRecord(key: key, layer: layer).encode()
    XCTAssertEqual(try LayerRecord.decode(bytes, key: key).layer, layer)
    XCTAssertThrowsError(try LayerRecord.decode(bytes, key: Digest(of: [9])))
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 1
      XCTAssertThrowsError(try LayerRecord.decode(changed, key: key), "byte \(position)")
      XCTAssertThrowsError(try LayerRecord.decode(Array(bytes[..<position]), key: key), "cut at \(position)")
    }
  }

  func testCompressionsParseAndErrorsSayWhatToWrite() throws {
    for (text, parsed) in [
      ("gzip", LayerCompression.gzip), ("zstd", .zstd(level: 3)), ("zstd:1", .zstd(level: 1)),
      ("zstd:22", .zstd(level: 22)),
    ] {
      XCTAssertEqual(try LayerCompression(parsing: text), parsed)
      XCTAssertEqual(try LayerCompression(parsing: parsed.description), parsed)
    }
    for (text, suggestion) in [
      ("zst", "zstd"), ("ZSTD", "zstd"), ("gz", "gzip"), ("gzip:9", "gzip"), ("zstd:0", "zstd:1"),
      ("zstd:99", "zstd:22"),
      ("zstd:", nil), ("zstd:03", "zstd:1"), ("zstd:+3", "zstd:1"), ("", nil), ("xz", nil),
    ] {
      let failure = assertFailure("unknown_compression", try LayerCompression(parsing: text), text)
      XCTAssertEqual(failure?.exit, .usage)
      XCTAssertEqual(failure?.message.contains("did you mean"), suggestion != nil, text)
      if let suggestion { XCTAssertTrue(failure?.message.hasSuffix("did you mean \(suggestion)?") == true, text) }
    }
  }
}
