import PackCore
import XCTest

@testable import OCI

final class ReferenceTests: XCTestCase {
  private let digest = "sha256:" + String(repeating: "a", count: 64)

  func testRegistryReferences() throws {
    let rows: [(String, host: String, repository: String, tag: String?)] = [
      ("registry.example/shop", "registry.example", "shop", nil),
      ("localhost/team/shop:1.0", "localhost", "team/shop", "1.0"),
      ("localhost:5000/a/b-c/d__e:x_Y-1.2", "localhost:5000", "a/b-c/d__e", "x_Y-1.2"),
      ("[::1]:5000/shop:1", "[::1]:5000", "shop", "1"),
      ("127.0.0.1:1/s", "127.0.0.1:1", "s", nil),
    ]
    for (text, host, repository, tag) in rows {
      let reference = try XCTUnwrap(try RegistryReference(parsing: text), text)
      XCTAssertEqual(reference.host, host, text)
      XCTAssertEqual(reference.repository, repository, text)
      XCTAssertEqual(reference.tag, tag, text)
      XCTAssertEqual(reference.description, text)
      let pinned = try XCTUnwrap(try RegistryReference(parsing: "\(text)@\(digest)"), text)
      XCTAssertEqual(pinned.manifest, digest)
      XCTAssertEqual(pinned.tag, tag)
    }
  }

  func testWhatNamesNoHost() throws {
    for text in ["shop", "shop:1", "team/shop", "a/b/c:latest"] {
      XCTAssertNil(try RegistryReference(parsing: text), text)
    }
  }

  func testWhatIsWrongIsRefused() {
    let wrong = [
      "r.example/Shop", "r.example/shop:", "r.example/shop:.x", "r.example/", "r.example//a", "r.example/a/", "-a.b/c",
      "r.example:0/a", "r.example:99999/a", "r.example:x/a", "r.example/a@sha256:1", "r.example/a@md5:aa", "[zz]:1/a",
      "r.example/a b", "r.example/a___b", "r.example/.a", "r..example/a",
      "r.example/a:" + String(repeating: "t", count: 129), "user@r.example/a", "r.example/a?x=1", "r.example/../a",
    ]
    for text in wrong { assertFailure("bad_reference", try RegistryReference(parsing: text), text) }
  }

  func testCommandsReferences() throws {
    let rows: [(String, ImageReference)] = [
      ("oci:out", .layout("/here/out", tag: nil)),
      ("oci:/a/b:shop:1", .layout("/a/b", tag: "shop:1")),
      ("oci-archive:x.tar:t", .ociArchive("/here/x.tar", tag: "t")),
      ("docker-archive:x.tar", .dockerArchive("/here/x.tar", tag: nil)),
      ("shop", .name("shop:latest", registry: nil)),
      ("team/shop:2", .name("team/shop:2", registry: nil)),
    ]
    for (text, expected) in rows {
      XCTAssertEqual(try ImageReference(parsing: text, in: "/here"), expected, text)
    }
    guard case .name(let name, let registry?) = try ImageReference(parsing: "r.example/shop", in: "/") else {
      return XCTFail("a registry's name")
    }
    XCTAssertEqual(name, "r.example/shop:latest")
    XCTAssertEqual(registry.host, "r.example")
    assertFailure("no_registry", try ImageReference(parsing: "docker://alpine", in: "/"))
    for text in ["oci:", "oci:a:", "Shop", "a:b:c", "", "docker-archive::x"] {
      assertFailure("bad_reference", try ImageReference(parsing: text, in: "/"), text)
    }
  }
}
