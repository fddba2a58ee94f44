import Glibc
import PackCore
import XCTest

@testable import OCI

final class LayerWriterTests: XCTestCase {
  /// One of everything that a layer can hold.
  private func everything(_ scratch: Scratch) throws -> LayerContent {
    let long = String(repeating: "d", count: 90)
    return try layer(
      entry("bin", .link(Array("usr/bin".utf8))),
      entry("usr/bin/tool", scratch.file("tool", Array("#!/bin/x\n".utf8)), mode: 0o755),
      entry("tmp", .directory, mode: 0o1777), entry("empty", .bytes([])),
      entry("data", scratch.file("data", [UInt8](repeating: 7, count: 3_000_000)), mode: 0o600, uid: 65532, gid: 65532),
      entry("prefixed/\(long)/\(long)", .bytes([1])), entry("\(long)/\(long)/\(long)/\(long)/file", .bytes([2])),
      entry("long-link", .link(Array("\(long)/\(long)/\(long)".utf8))), entry("grün/Ω", .bytes([3])),
      entry(bytes: Array("raw-".utf8) + [0xff, 0xfe], .bytes([4])),
      entry(bytes: Array("raw-link".utf8), .link([0xc3, 0x28])), entry("exact", .bytes(.init(repeating: 9, count: 512)))
    )
  }

  private func tar(_ written: Layer, _ store: ContentStore) throws -> [UInt8] {
    let tool = written.mediaType == .layerZstd ? "zstd" : "gzip"
    return try Scratch.run([tool, "-dc", store.path(of: written.digest).description]).output
  }

  func testLibarchiveReadsExactlyWhatWasWritten() throws {
    let scratch = try Scratch()
    let content = try everything(scratch)
    for compression in [LayerCompression.gzip, .zstd(level: 3)] {
      let written = try LayerWriter.write(content, compression: compression, epoch: 1_700_000_000, store: scratch.store)
      let blob = try FileSystem.read(scratch.store.path(of: written.digest))
      XCTAssertEqual(Digest(of: blob), written.digest)
      XCTAssertEqual(Int64(blob.count), written.size)
      XCTAssertEqual(Digest(of: try tar(written, scratch.store)), written.diffID)
      XCTAssertEqual(
        try ArchiveMember.read(blob), try content.entries.map { try ArchiveMember($0, epoch: 1_700_000_000) })
    }
  }

  func testGnuTarAndBsdtarUnpackTheSame() throws {
    let scratch = try Scratch()
    let content = try everything(scratch)
    let archive = scratch.root / "layer.tar"
    let written = try LayerWriter.write(content, compression: .gzip, store: scratch.store)
    try FileSystem.writeAtomically(tar(written, scratch.store), to: archive)
    for tool in ["bsdtar", "tar"] {
      let target = scratch.root / "by-\(tool)"
      try FileSystem.createDirectory(target)
      try Scratch.run([tool, "-xpf", archive.description, "-C", target.description, "--no-same-owner"])
      let found = try DirectoryWalk.sortedByPath(target)
      XCTAssertEqual(found.map(\.path), content.entries.map(\.path), tool)
      for (found, entry) in zip(found, content.entries) {
        XCTAssertEqual(found.status.modified, 0, "\(tool) \(entry.path)")
        if case .link(let link) = entry.content {
          XCTAssertEqual(try FileSystem.linkTarget(target / found.path), link, "\(tool) \(entry.path)")
          continue
        }
        XCTAssertEqual(found.status.mode, entry.mode, "\(tool) \(entry.path)")
        XCTAssertEqual(found.status.kind == .directory, entry.isDirectory, "\(tool) \(entry.path)")
        if !entry.isDirectory { XCTAssertEqual(found.status.size, entry.size, "\(tool) \(entry.path)") }
      }
    }
  }

  func testBsdtarAndGnuTarListTheSameLines() throws {
    let scratch = try Scratch()
    let content = try layer(
      entry("tmp", .directory, mode: 0o1777), entry("etc/passwd", .bytes(Array("root".utf8)), uid: 12, gid: 34),
      entry("lib", .link(Array("usr/lib".utf8))), entry("usr/bin/tool", .bytes([1, 2]), mode: 0o755))
    let written = try LayerWriter.write(content, compression: .zstd(level: 3), store: scratch.store)
    let blob = scratch.store.path(of: written.digest).description
    // mode, owner, group, size, name; the two differ in date, space and the slash between owner and group.
    let expected = [
      "drwxr-xr-x 0 0 0 etc/", "-rw-r--r-- 12 34 4 etc/passwd", "lrwxrwxrwx 0 0 0 lib -> usr/lib",
      "drwxrwxrwt 0 0 0 tmp/",
      "drwxr-xr-x 0 0 0 usr/", "drwxr-xr-x 0 0 0 usr/bin/", "-rwxr-xr-x 0 0 2 usr/bin/tool",
    ]
    let bsdtar = try Scratch.run(["bsdtar", "-tvf", blob]).outputText.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      XCTAssertEqual(words[5...7].joined(separator: " "), "Jan 1 1970")
      return (words[0..<1] + words[2...4] + words[8...]).joined(separator: " ")
    }
    XCTAssertEqual(bsdtar, expected)
    let gnu = try Scratch.run(["tar", "--zstd", "-tvf", blob]).outputText.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      XCTAssertEqual(words[3...4].joined(separator: " "), "1970-01-01 00:00")
      let owner = words[1].split(separator: "/")
      return (words[0..<1] + owner + words[2...2] + words[5...]).joined(separator: " ")
    }
    XCTAssertEqual(gnu, expected)
  }

  func testBytesDoNotDependOnThreadsStoreOrUmask() throws {
    let scratch = try Scratch()
    var generator = SeededGenerator(state: 11)
    // Larger than what all blocks together hold, so that they go round.
    let big = (0..<(3 << 20)).flatMap { _ in
      withUnsafeBytes(of: generator.next() & 0x0f0f_ffff_0000_00ff) { Array($0) }
    }
    let content = try layer(entry("big", scratch.file("big", big)), entry("small", .bytes([1])))
    for compression in [LayerCompression.gzip, .zstd(level: 1)] {
      let results = try [1, 2, 4].map { threads in
        let old = umask(threads == 2 ? 0o077 : 0o022)
        defer { umask(old) }
        let store = try ContentStore(root: scratch.root / "store-\(threads)")
        let written = try LayerWriter.write(content, compression: compression, store: store, threads: threads)
        XCTAssertEqual(try FileSystem.status(store.path(of: written.digest))?.mode, 0o444)
        XCTAssertEqual(try FileSystem.digest(of: store.path(of: written.digest)), written.digest)
        return written
      }
      XCTAssertEqual(Set(results).count, 1, "\(compression)")
      XCTAssertEqual(results[0].diffID, try LayerWriter.diffID(of: content, epoch: 0))
    }
  }

  func testAnEmptyLayerIsTwoBlocksOfZeros() throws {
    let scratch = try Scratch()
    let empty = LayerContent(role: .application, entries: [])
    let written = try LayerWriter.write(empty, compression: .gzip, store: scratch.store)
    XCTAssertEqual(written.diffID, Digest(of: [UInt8](repeating: 0, count: 1024)))
    XCTAssertEqual(try ArchiveMember.read(FileSystem.read(scratch.store.path(of: written.digest))), [])
  }
}
