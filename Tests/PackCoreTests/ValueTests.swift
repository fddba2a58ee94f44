internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class ValueTests: XCTestCase {
  /// A path that shares a root's bytes is the path that those bytes say, for everything that can be asked of it.
  func testHostPathsBelowARootAreOrdinaryPaths() throws {
    let below = try XCTUnwrap(RootPath(bytes: Array("b/c".utf8) + [0xff]))
    for root in ["/", "/a", "/a/", "a", "", "/x/y"] {
      let shared = HostPath(root) / below
      let plain = HostPath(root) / HostPath(bytes: below.bytes)
      let flat = HostPath(bytes: shared.bytes)
      for other in [plain, flat] {
        XCTAssertEqual(shared, other, root)
        XCTAssertEqual(shared.hashValue, other.hashValue, root)
        XCTAssertEqual(shared.bytes, other.bytes, root)
        XCTAssertEqual(shared.byteCount, other.bytes.count, root)
        XCTAssertEqual(shared.parent, other.parent, root)
        XCTAssertEqual(shared.nameBytes, other.nameBytes, root)
        XCTAssertEqual(shared / below, other / below, root)
        XCTAssertFalse(shared < other || other < shared, root)
        let texts = [shared, other].map {
          $0.withCString {
            String(
              decoding: Array(UnsafeBufferPointer(start: $0, count: strlen($0))).map(UInt8.init(bitPattern:)),
              as: UTF8.self)
          }
        }
        XCTAssertEqual(texts[0], texts[1], root)
      }
      var bytes: [UInt8] = [1]
      shared.append(to: &bytes)
      XCTAssertEqual(bytes, [1] + flat.bytes, root)
      XCTAssertEqual(HostPath(root) / RootPath.root, HostPath(root), root)
    }
  }

  func testDigestParsesOnlyItsOneForm() {
    let hex = String(repeating: "0123456789abcdef", count: 4)
    XCTAssertEqual(Digest("sha256:" + hex)?.hex, hex)
    XCTAssertEqual(Digest(hex: hex)?.description, "sha256:" + hex)
    XCTAssertEqual(Digest(hex: hex)?.short, "0123456789ab")
    let refused = [
      "", "sha256:", hex, "sha256:" + hex.dropLast(), "sha256:" + hex + "0", "SHA256:" + hex,
      "sha256:" + hex.uppercased(), "sha512:" + hex, "sha256:" + hex.replacing("a", with: "g"), " sha256:" + hex,
      "sha256:" + hex + "\n", "sha256:" + hex.replacing("a", with: "ａ"),
    ]
    for text in refused { XCTAssertNil(Digest(text), text) }
  }

  /// FIPS 180-2, appendix B, and the empty message.
  func testDigestOfKnownMessages() {
    let table: [([UInt8], String)] = [
      ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ]
    for (message, hex) in table { XCTAssertEqual(Digest(of: message).hex, hex) }
    var parts = SHA256()
    parts.update("a")
    parts.update([])
    parts.update([0x62, 0x63])
    let digest = parts.finish()
    XCTAssertEqual(digest, Digest(of: Array("abc".utf8)))
  }

  func testDigestsSortByTheirDigits() throws {
    let low = try XCTUnwrap(Digest(hex: String(repeating: "0", count: 64)))
    let high = try XCTUnwrap(Digest(hex: String(repeating: "f", count: 64)))
    XCTAssertTrue(low < high)
    XCTAssertFalse(high < low)
  }

  func testMediaTypes() {
    for text in ["a/b", "application/vnd.oci.image.manifest.v1+json", "A1/x!#$&-^_.+"] {
      XCTAssertEqual(MediaType(text)?.description, text)
    }
    let long = String(repeating: "a", count: 127)
    XCTAssertNotNil(MediaType("\(long)/\(long)"))
    for text in ["", "a", "a/", "/b", "a/b/c", "a b/c", "a/b; charset=utf-8", "-a/b", "a/ü", "a/\(long)a", "a/b\n"] {
      XCTAssertNil(MediaType(text), text)
    }
    let constants: [MediaType] = [.imageIndex, .imageManifest, .imageConfig, .layerTar, .layerGzip, .layerZstd]
    for constant in constants { XCTAssertEqual(MediaType(constant.description), constant) }
  }

  func testPlatforms() {
    XCTAssertEqual(Platform("linux/amd64"), Platform(architecture: .amd64))
    XCTAssertEqual(Platform("linux/arm64")?.description, "linux/arm64")
    for text in ["", "linux", "linux/", "linux/x86_64", "darwin/arm64", "linux/amd64/v2", "Linux/amd64", "/amd64"] {
      XCTAssertNil(Platform(text), text)
    }
  }

  func testRootPathsCannotLeaveTheirRoot() {
    let table: [(String, String?)] = [
      ("a", "a"), ("/a", "a"), ("a/b/", "a/b"), ("/", ""), ("", ""), ("a b/ü\n", "a b/ü\n"), ("...", "..."),
      (".hidden", ".hidden"), (".", nil), ("..", nil), ("a/..", nil), ("../a", nil), ("a/./b", nil), ("a//b", nil),
      ("//a", nil), ("a//", nil), ("a\0b", nil), ("/..", nil), ("///", nil),
    ]
    for (text, expected) in table { XCTAssertEqual(RootPath(text)?.description, expected, "\"\(text)\"") }
  }

  func testRootPathParts() throws {
    let path = try XCTUnwrap(RootPath("usr/lib/x.so"))
    XCTAssertEqual(path.absolute, "/usr/lib/x.so")
    XCTAssertEqual(path.name, "x.so")
    XCTAssertEqual(path.parent, RootPath("usr/lib"))
    XCTAssertEqual(RootPath("usr")?.parent, .root)
    XCTAssertNil(RootPath.root.parent)
    XCTAssertEqual(RootPath.root.absolute, "/")
    XCTAssertEqual(path.components.count, 3)
    XCTAssertEqual(RootPath(literal: "/etc/passwd"), RootPath("etc/passwd"))
    XCTAssertEqual(RootPath.root.appending(path), path)
    XCTAssertEqual(path.appending(.root), path)
    XCTAssertEqual(RootPath("a")?.appending(component: Array("b".utf8)), RootPath("a/b"))
    for name in ["", ".", "..", "a/b", "/", "a\0"] {
      XCTAssertNil(path.appending(component: Array(name.utf8)), name.debugDescription)
    }
  }

  func testInsideIsByComponents() throws {
    let table: [(String, String, Bool)] = [
      ("usr/lib", "usr", true), ("usr", "usr", true), ("usr", "", true), ("usrx", "usr", false),
      ("usr", "usr/lib", false), ("", "usr", false),
    ]
    for (path, ancestor, inside) in table {
      let result = try XCTUnwrap(RootPath(path)).isInside(try XCTUnwrap(RootPath(ancestor)))
      XCTAssertEqual(result, inside, "\(path) in \(ancestor)")
    }
  }

  func testHostPathParts() {
    let table: [(HostPath, name: String, parent: HostPath)] = [
      ("/", "", "/"), ("/a", "a", "/"), ("a", "a", "."), ("/a/b", "b", "/a"), ("/a/b/", "b", "/a"), ("a/b//", "b", "a"),
      (".", ".", "."), ("//", "", "/"),
    ]
    for (path, name, parent) in table {
      XCTAssertEqual(path.name, name, "name of \(path)")
      XCTAssertEqual(path.parent, parent, "parent of \(path)")
    }
  }

  func testHostPathsJoinAndNormalise() {
    XCTAssertEqual(HostPath("/a") / "b", "/a/b")
    XCTAssertEqual(HostPath("/a/") / "b", "/a/b")
    XCTAssertEqual(HostPath("/a") / "/b", "/b")
    XCTAssertEqual(HostPath("") / "b", "b")
    XCTAssertEqual(HostPath("/a") / "", "/a")
    XCTAssertEqual(HostPath("/a") / RootPath(literal: "b/c"), "/a/b/c")
    let table: [(HostPath, HostPath)] = [
      ("/a/./b//c/..", "/a/b"), ("/../a", "/a"), ("../a/..", ".."), ("a/..", "."), ("", "."), ("/", "/"),
      ("../../a", "../../a"), ("/a/../../b", "/b"),
    ]
    for (path, normal) in table { XCTAssertEqual(path.lexicallyNormalized, normal, "\(path)") }
  }

  func testHostPathsRelativeToABase() {
    XCTAssertEqual(HostPath("/a/b").relative(to: "/a"), RootPath("b"))
    XCTAssertEqual(HostPath("/a/b").relative(to: "/a/"), RootPath("b"))
    XCTAssertEqual(HostPath("/a").relative(to: "/a"), .root)
    XCTAssertEqual(HostPath("/a").relative(to: "/"), RootPath("a"))
    XCTAssertNil(HostPath("/ab").relative(to: "/a"))
    XCTAssertNil(HostPath("/a/../b").relative(to: "/a"))
  }

  func testPathsAreBytes() {
    let path = HostPath(bytes: [0x2f, 0xff, 0xfe])
    XCTAssertNil(path.utf8)
    XCTAssertEqual(path.nameBytes, [0xff, 0xfe])
    XCTAssertEqual(path.withCString { strlen($0) }, 3)
    // U+00E9 and U+0065 U+0301 are equal as Swift strings, and two different names on a disk.
    XCTAssertNotEqual(HostPath("\u{e9}"), HostPath("e\u{301}"))
    XCTAssertTrue(RootPath("a-b")! < RootPath("a/b")!, "0x2d before 0x2f")
  }

  func testFailuresSayWhatWhereAndTheNextStep() throws {
    let failure = Failure(
      "bad_key", "unknown key \"nmae\"", hint: "did you mean \"name\"?",
      at: SourceLocation(path: "unik.yaml", line: 2, column: 1), exit: .badInput, cause: "because")
    XCTAssertEqual(
      failure.description,
      """
      unik.yaml:2:1: unknown key "nmae"
        cause: because
        next: did you mean "name"?
      """)
    XCTAssertEqual(
      CanonicalJSON.string(failure.json),
      #"{"cause":"because","code":"bad_key","exit":65,"hint":"did you mean \"name\"?","#
        + #""location":{"column":1,"line":2,"path":"unik.yaml"},"message":"unknown key \"nmae\""}"#)
    XCTAssertEqual(SourceLocation(path: "a").description, "a")
    XCTAssertEqual(SourceLocation(path: "a", line: 3).description, "a:3")
    XCTAssertEqual(SourceLocation(path: "a", column: 3).description, "a", "a column without a line says nothing")
  }

  func testSystemErrorsHaveTextHintAndCode() {
    let full = Failure.system("write", "/x", errno: ENOSPC)
    XCTAssertEqual(full.message, "cannot write /x: No space left on device")
    XCTAssertEqual(full.exit, .tryAgain)
    XCTAssertNotNil(full.hint)
    XCTAssertEqual(Failure.system("open", errno: EACCES).exit, .notPermitted)
    XCTAssertEqual(Failure.system("open", errno: ENOENT).exit, .failed)
  }
}
