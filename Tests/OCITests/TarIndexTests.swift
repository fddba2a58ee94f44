import Glibc
import PackCore
import TestSupport
import XCTest

@testable import OCI

final class TarIndexTests: XCTestCase {
  private func index(_ bytes: [UInt8], _ scratch: Scratch) throws -> TarIndex {
    let path = scratch.root / "archive.tar"
    try FileSystem.writeAtomically(bytes, to: path, durable: false)
    return try TarIndex(XCTUnwrap(FileExtent.whole(path)), name: "archive.tar")
  }

  /// One member with its content.
  private func member(
    _ name: String, _ content: String = "", kind: UInt8 = UInt8(ascii: "0"), link: String = ""
  ) -> [UInt8] {
    let bytes = Array(content.utf8)
    var out: [UInt8] = []
    TarHeader(
      kind: .file, path: Array(name.utf8), linkTarget: Array(link.utf8), mode: 0o644, size: Int64(bytes.count), time: 0
    ).encode(into: &out)
    out[out.count - 512 + 156] = kind
    Self.seal(&out, at: out.count - 512)
    return out + bytes + [UInt8](repeating: 0, count: -bytes.count & 511)
  }

  private static func seal(_ bytes: inout [UInt8], at start: Int) {
    for position in 148..<156 { bytes[start + position] = 0x20 }
    let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
    let digits = Array(String(sum, radix: 8).utf8)
    let field = [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0, 0x20]
    bytes.replaceSubrange((start + 148)..<(start + 156), with: field)
  }

  private let end = [UInt8](repeating: 0, count: 1024)

  func testArchivesOfEveryFormatAreIndexed() throws {
    let scratch = try Scratch()
    let tree = scratch.root / "tree"
    let long = String(repeating: "directory-with-a-long-name/", count: 7) + "file"
    for (name, text) in [("manifest.json", "[]"), ("blobs/sha256/abc", "blob"), (long, "far away")] {
      try FileSystem.createDirectory((tree / name).parent)
      try FileSystem.writeAtomically(Array(text.utf8), to: tree / name)
    }
    try FileSystem.createLink(tree / "blobs/link", to: Array("sha256/abc".utf8))
    for arguments in [
      ["tar", "--format=gnu"], ["tar", "--format=pax"], ["tar", "--format=ustar"],
      ["tar", "--format=posix", "--numeric-owner"],
      ["bsdtar", "--format=pax"], ["bsdtar", "--format=gnutar"],
    ] {
      let path = scratch.root / "made.tar"
      try Scratch.run(arguments + ["-c", "-f", path.description, "-C", tree.description, "."])
      let index = try TarIndex(XCTUnwrap(FileExtent.whole(path)), name: "made.tar")
      for (name, text) in [
        ("manifest.json", "[]"), ("blobs/sha256/abc", "blob"), (long, "far away"), ("blobs/link", "blob"),
      ] {
        let found = try XCTUnwrap(index.file(name), "\(arguments) \(name)")
        let bytes = try FileSystem.read(path)[Int(found.offset)..<Int(found.offset + found.size)]
        XCTAssertEqual(String(decoding: bytes, as: UTF8.self), text, "\(arguments) \(name)")
      }
      XCTAssertEqual(index.members["blobs"], .directory, "\(arguments)")
      XCTAssertNil(index.file("blobs"))
      XCTAssertNil(index.file("nothing"))
    }
  }

  func testLinksLeadToMembersAndNotInCircles() throws {
    let scratch = try Scratch()
    let symbolic = UInt8(ascii: "2")
    let hard = UInt8(ascii: "1")
    let tar =
      member("a/layer.tar", "content") + member("b/layer.tar", kind: symbolic, link: "../a/layer.tar")
      + member("c", kind: hard, link: "b/layer.tar") + member("d", kind: symbolic, link: "e")
      + member("e", kind: symbolic, link: "d") + end
    let index = try index(tar, scratch)
    for name in ["a/layer.tar", "b/layer.tar", "c"] { XCTAssertEqual(index.file(name)?.size, 7, name) }
    XCTAssertNil(index.file("d"))
  }

  func testHostileArchivesAreRefused() throws {
    let scratch = try Scratch()
    let file = member("a", "content")
    func patched(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var bytes = bytes
      change(&bytes)
      Self.seal(&bytes, at: 0)
      return bytes
    }
    let rows: [(String, [UInt8], String)] = [
      ("leaving", member("../../etc/passwd", "x") + end, "leads out of the archive"),
      ("absolute", member("/etc/passwd", "x") + end, "is no name for a member"),
      ("link out", member("a/b", kind: UInt8(ascii: "2"), link: "../../x") + end, "leads out of the archive"),
      ("absolute link", member("b", kind: UInt8(ascii: "1"), link: "/x") + end, "is no name for a member"),
      ("twice", file + file + end, "has a twice"),
      ("file over directory", member("a", kind: UInt8(ascii: "5")) + file + end, "has a twice"),
      ("device", member("a", kind: UInt8(ascii: "3")) + end, "neither a file"),
      ("sparse", member("a", kind: UInt8(ascii: "S")) + end, "neither a file"),
      ("pax sparse", member("x", "22 GNU.sparse.major=1\n", kind: UInt8(ascii: "x")) + file + end, "sparse"),
      ("bad pax", member("x", "99 path=b\n", kind: UInt8(ascii: "x")) + file + end, "not well formed"),
      ("pax size", member("x", "13 size=-100\n", kind: UInt8(ascii: "x")) + file + end, "no number"),
      ("global path", member("x", "10 path=b\n", kind: UInt8(ascii: "g")) + file + end, "global header"),
      ("cut header", file + Array(file.prefix(100)), "cut off"),
      ("cut content", Array(file.prefix(515)), "cut off"),
      (
        "size of the world", patched(file) { $0.replaceSubrange(124..<136, with: Array("77777777777\0".utf8)) },
        "cut off"
      ),
      (
        "negative size", patched(file) { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xff, count: 12)) },
        "no number"
      ),
      ("letters", patched(file) { $0.replaceSubrange(124..<136, with: Array("abcdefghijk\0".utf8)) }, "no number"),
      (
        "checksum",
        {
          var bytes = file; bytes[0] ^= 1; return bytes
        }(), "checksum"
      ),
      ("behind the end", file + end + Array(repeating: 1, count: 512), "behind the archive's end"),
      ("far behind the end", file + [UInt8](repeating: 0, count: 3 << 20), "bytes behind the archive's end"),
      ("long name alone", member("x", "name", kind: UInt8(ascii: "L")), "cut off"),
      ("text", Array(repeating: 0x41, count: 2048), "checksum"),
    ]
    for (note, bytes, says) in rows {
      let failure = assertFailure("damaged_image", try index(bytes, scratch), note)
      XCTAssertTrue(failure?.message.contains(says) == true, "\(note): \(failure?.message ?? "")")
      XCTAssertTrue(failure?.message.contains("archive.tar") == true, note)
    }
    XCTAssertEqual(try index(file + end + end, scratch).members.count, 1)
    XCTAssertEqual(try index(file, scratch).members.count, 1, "an end without zeros is one")
  }

  func testTooManyMembersAreRefused() throws {
    let scratch = try Scratch()
    let path = scratch.root / "archive.tar"
    let directory = member("d", kind: UInt8(ascii: "5"))
    for count in [50, 51] {
      try FileSystem.writeAtomically((0..<count).flatMap { _ in directory } + end, to: path)
      let file = try XCTUnwrap(FileExtent.whole(path))
      guard count > 50 else {
        XCTAssertEqual(try TarIndex(file, name: "a", memberLimit: 50).members.count, 1)
        continue
      }
      let failure = assertFailure("damaged_image", try TarIndex(file, name: "a", memberLimit: 50))
      XCTAssertTrue(failure?.message.contains("more than 50 members") == true)
    }
  }

  func testMoreThanEightGibibytesHaveASizeThatReadersKnow() throws {
    let scratch = try Scratch()
    let path = scratch.root / "large.tar"
    let size: Int64 = (8 << 30) + 5
    var header: [UInt8] = []
    TarHeader(kind: .file, path: Array("layer.tar".utf8), mode: 0o644, size: size, time: 0).encodeSingleBlock(
      into: &header)
    XCTAssertEqual(header.count, 512)
    let file = try Descriptor.open(path, O_RDWR | O_CREAT)
    try file.write(header)
    try file.truncate(to: 512 + (size + 511) / 512 * 512 + 1024)
    XCTAssertEqual(try TarIndex(XCTUnwrap(FileExtent.whole(path)), name: "large").file("layer.tar")?.size, size)
    for tool in ["tar", "bsdtar"] {
      XCTAssertTrue(try Scratch.run([tool, "-tvf", path.description]).outputText.contains(" \(size) "), tool)
    }
  }

  /// Whatever the bytes are: an index within the archive, or a failure.
  func testFuzzedArchivesGiveAnIndexOrAFailure() throws {
    let seed = Fuzzing.seed(4242)
    var random = SeededRandom(seed: seed)
    let scratch = try Scratch()
    let good =
      member("blobs", kind: UInt8(ascii: "5")) + member("x", "19 path=blobs/long\n", kind: UInt8(ascii: "x"))
      + member("blobs/short", "content") + member("x", "some/long/name\0", kind: UInt8(ascii: "L"))
      + member("y", "more") + member("z", kind: UInt8(ascii: "2"), link: "blobs/long") + end
    XCTAssertEqual(try index(good, scratch).file("z")?.size, 7)
    var accepted = 0
    for round in 0..<Fuzzing.rounds(400) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.removeLast(Int.random(in: 0..<min(600, bytes.count), using: &random))
        case 2:
          // With a right checksum, so that the fields behind it are read.
          let start = Int.random(in: 0..<(bytes.count / 512 + 1), using: &random) * 512
          guard start + 512 <= bytes.count else { continue }
          bytes[start + Int.random(in: 0..<345, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
          Self.seal(&bytes, at: start)
        default:
          let start = Int.random(in: 0..<(bytes.count / 512 + 1), using: &random) * 512
          bytes.insert(contentsOf: random.bytes(512), at: min(start, bytes.count))
        }
        if bytes.isEmpty { bytes = [0] }
      }
      do {
        for (name, found) in try index(bytes, scratch).members {
          guard case .file(let offset, let size) = found else { continue }
          XCTAssertTrue(
            offset >= 0 && size >= 0 && offset + size <= Int64(bytes.count), "seed \(seed) \(round) \(name)")
        }
        accepted += 1
      } catch {
        XCTAssertEqual((error as? Failure)?.code, "damaged_image", "seed \(seed) round \(round): \(error)")
      }
    }
    XCTAssertGreaterThan(accepted, 0)
  }
}
