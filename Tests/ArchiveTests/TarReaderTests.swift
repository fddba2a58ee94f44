import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Archive

/// Bytes in pieces of one size, in fresh memory each, so that what is kept too long is noticed.
final class PiecesSource: ByteSource {
  private var rest: ArraySlice<UInt8>
  private let step: Int
  private var piece = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  init(_ bytes: [UInt8], step: Int = 1000) {
    rest = bytes[...]
    self.step = step
  }
  deinit { piece.deallocate() }

  func next() throws -> UnsafeRawBufferPointer {
    _ = piece.initializeMemory(as: UInt8.self, repeating: 0xee)
    piece.deallocate()
    piece = .allocate(byteCount: min(step, rest.count), alignment: 1)
    piece.copyBytes(from: rest.prefix(step))
    rest = rest.dropFirst(step)
    return UnsafeRawBufferPointer(piece)
  }
}

struct ReadMember: Equatable {
  var path: String
  var kind: TarMember.Kind
  var size: Int64
  var content: [UInt8]
}

final class TarReaderTests: XCTestCase {
  func testTheLibraryIsLinked() {
    XCTAssertTrue(TarReader.libraryVersion.hasPrefix("libarchive 3."), TarReader.libraryVersion)
  }

  private func members(_ bytes: [UInt8], step: Int = 1000) throws -> [(TarMember, [UInt8])] {
    let reader = try TarReader(PiecesSource(bytes, step: step))
    var found: [(TarMember, [UInt8])] = []
    while let member = try reader.next() {
      var content: [UInt8] = []
      if member.kind == .file { try reader.readContent { content += $0 } }
      found.append((member, content))
    }
    return found
  }

  func testEveryKindAndField() throws {
    let content = [UInt8](repeating: 7, count: 3000)
    let archive = TarBuilder.make {
      $0.add("d/", "5", mode: 0o1777, uid: 1, gid: 2, time: 12)
      $0.add("d/f", mode: 0o4755, uid: 1000, gid: 1001, time: 99, content: content)
      $0.add("d/s", "2", link: "../../etc/passwd")
      $0.add("d/h", "1", link: "d/f")
      $0.add("null", "3")
      $0.add("disk", "4")
      $0.add("pipe", "6")
    }
    for step in [1, 511, 512, 513, 100_000] {
      let found = try members(archive, step: step)
      XCTAssertEqual(
        found.map { String(decoding: $0.0.path, as: UTF8.self) }, ["d/", "d/f", "d/s", "d/h", "null", "disk", "pipe"])
      XCTAssertEqual(
        found.map(\.0.kind),
        [
          .directory, .file, .link(Array("../../etc/passwd".utf8)), .hardLink(Array("d/f".utf8)), .characterDevice,
          .blockDevice, .fifo,
        ])
      XCTAssertEqual(found[1].1, content)
      XCTAssertEqual(found[1].0.mode, 0o4755)
      XCTAssertEqual([found[1].0.uid, found[1].0.gid, found[1].0.time, found[1].0.size], [1000, 1001, 99, 3000])
      XCTAssertEqual(found[0].0.mode, 0o1777)
    }
  }

  /// In any locale of the process, names are the archive's bytes: neither normalised nor lost.
  func testNamesAreBytesInAnyLocale() throws {
    let before = setlocale(LC_CTYPE, nil).map { String(cString: $0) }
    defer { setlocale(LC_CTYPE, before ?? "C") }
    // A decomposed u-umlaut, which libarchive would compose in a UTF-8 locale; and bytes that are no UTF-8.
    let decomposed = Array("gru\u{308}n".utf8)
    let latin: [UInt8] = [0x67, 0xfc, 0xff]
    let long = Array(String(repeating: "lang/ä", count: 60).utf8)
    let archive = TarBuilder.make {
      $0.pax([("path", decomposed), ("linkpath", decomposed)])
      $0.add("x", "2", link: "y")
      $0.pax([("hdrcharset", Array("BINARY".utf8)), ("path", latin)])
      $0.add("x")
      $0.add("x", raw: [(0, latin)])
      $0.add("././@LongLink", "L", content: long + [0])
      $0.add("x")
      $0.pax([("path", latin)])
      $0.add("x")
    }
    for locale in ["C", "C.UTF-8", ""] {
      setlocale(LC_CTYPE, locale)
      let found = try members(archive)
      XCTAssertEqual(found.map(\.0.path), [decomposed, latin, latin, long, latin], locale)
      XCTAssertEqual(found[0].0.kind, .link(decomposed), locale)
    }
  }

  func testPaxValuesOwnersTimesAndAttributes() throws {
    let archive = TarBuilder.make {
      $0.pax([
        ("uid", Array("4000000000".utf8)), ("mtime", Array("-7.5".utf8)),
        ("SCHILY.xattr.security.capability", [1, 0, 2, 61]),
        ("comment", Array("x".utf8)), ("size", Array("5".utf8)),
      ])
      $0.add("f", size: 0, content: [])
      $0.append([1, 2, 3, 4, 5])
      $0.pad()
    }
    let found = try members(archive)
    XCTAssertEqual(found.map(\.0.uid), [4_000_000_000])
    XCTAssertEqual(found[0].0.attributes, ["security.capability": [1, 0, 2, 61]])
    XCTAssertEqual(found[0].1, [1, 2, 3, 4, 5])
    XCTAssertLessThan(found[0].0.time, 0)
  }

  func testSparseFilesComeOutWithTheirHoles() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write([UInt8](repeating: 9, count: 10_000), to: "s")
    let size = 5_000_000
    XCTAssertEqual(path.withCString { truncate($0, off_t(size)) }, 0)
    for format in ["gnu", "posix"] {
      let archive = try Tools.run("tar", ["-S", "--format=\(format)", "-cf", "-", "s"], in: directory.path).output
      XCTAssertLessThan(archive.count, 100_000)
      let found = try members(archive)
      XCTAssertEqual(found.map(\.0.isSparse), [true], format)
      XCTAssertEqual(found.map(\.0.size), [Int64(size)], format)
      XCTAssertTrue(
        found[0].1 == [UInt8](repeating: 9, count: 10_000) + [UInt8](repeating: 0, count: size - 10_000), format)
    }
  }

  func testEmptyArchivesAndTheirPadding() throws {
    for count in [0, 512, 1024, 10_240] {
      XCTAssertEqual(try members([UInt8](repeating: 0, count: count)).count, 0, "\(count)")
    }
    XCTAssertEqual(try members(TarBuilder.make { $0.add("a") } + [UInt8](repeating: 0, count: 9000)).count, 1)
  }

  /// umoci leaves out the padding of the last file and the end; Go's reader, and so containerd, takes that.
  func testAnArchiveMayEndBehindItsLastContent() throws {
    var builder = TarBuilder()
    builder.add("a", content: [1, 2, 3])
    builder.add("b", content: [UInt8](repeating: 4, count: 700))
    let whole = builder.bytes
    for step in [1, 512, 1 << 20] {
      for end in [1024 + 512 + 700, 1024 + 512 + 701, whole.count] {
        let found = try members(Array(whole[..<end]), step: step)
        XCTAssertEqual(found.map(\.1), [[1, 2, 3], [UInt8](repeating: 4, count: 700)], "\(end)")
        let skipping = try TarReader(PiecesSource(Array(whole[..<end]), step: step))
        while try skipping.next() != nil {}
      }
      // One byte of the content is missing, or a part of the header that would be zeros.
      for end in [1024 + 512 + 699, 1024 + 513, 1024 + 511, 1024 + 400] {
        let archive = Array(whole[..<end])
        assertFailure("bad_archive", exit: .badInput, "\(end)") { try members(archive, step: step) }
        assertFailure("bad_archive", exit: .badInput, "\(end)") {
          let reader = try TarReader(PiecesSource(archive, step: step))
          while try reader.next() != nil {}
        }
      }
    }
    var empty = TarBuilder()
    empty.add("empty")
    assertFailure("bad_archive", exit: .badInput) { try members(Array(empty.bytes[..<400])) }
  }

  func testDamageIsRefusedAndPlaced() throws {
    let rows: [(String, [UInt8], String)] = [
      (
        "cut in the content",
        Array(TarBuilder.make { $0.add("a", content: [UInt8](repeating: 1, count: 2000)) }[..<1500]),
        "after a: Truncated"
      ),
      ("cut in a header", Array(TarBuilder.make { $0.add("a") }[..<300]), "after a: it ends within"),
      ("not tar", Array(repeating: 0x41, count: 2048), "Unrecognized"),
      (
        "a wrong checksum",
        TarBuilder.make {
          $0.add("a"); $0.add("b", checksum: 1)
        }, "after a"
      ),
      (
        "a negative size", TarBuilder.make { $0.add("b", raw: [(124, [UInt8](repeating: 0xff, count: 12))]) },
        "negative size"
      ),
      (
        "a second archive behind the first", TarBuilder.make { $0.add("a") } + TarBuilder.make { $0.add("b") },
        "goes on"
      ),
      (
        "a lone block of zeros",
        TarBuilder.make {
          $0.add("a"); $0.append([UInt8](repeating: 0, count: 512)); $0.add("b")
        }, "goes on"
      ),
      (
        "a broken pax record",
        TarBuilder.make {
          $0.add("p", "x", content: Array("99 path=b\n".utf8)); $0.add("a")
        }, "malformed pax"
      ),
      (
        "a huge pax header",
        TarBuilder.make {
          $0.add("p", "x", size: 1 << 30); $0.add("a")
        }, "too large"
      ),
      (
        "a huge long name",
        TarBuilder.make {
          $0.add("p", "L", size: 1 << 30); $0.add("a")
        }, "too large"
      ),
      (
        "headers without end",
        TarBuilder.make { for _ in 0..<10_000 { $0.pax([("comment", "x")]) } }, "malformed pax"
      ),
    ]
    for (name, archive, text) in rows {
      for step in [100, 1 << 20] {
        let failure = assertFailure("bad_archive", exit: .badInput, name) { try members(archive, step: step) }
        XCTAssertTrue(failure?.message.contains(text) == true, "\(name): \(failure?.message ?? "")")
      }
    }
  }

  func testTheSourcesErrorComesThrough() throws {
    final class Broken: ByteSource {
      func next() throws -> UnsafeRawBufferPointer { throw Failure("broken_source", "it broke") }
    }
    assertFailure("broken_source") { try TarReader(Broken()).next() }
  }
}
