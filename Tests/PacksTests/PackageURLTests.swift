import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

/// How a package is called in the answers of the phase `sbom`, and what is said of its archive.
final class PackageURLTests: XCTestCase {
  /// By the rules and examples of the specification of package URLs.
  func testPackageURLs() {
    let rows: [(PackageURL, String)] = [
      (.cargo("rand", "0.7.2"), "pkg:cargo/rand@0.7.2"), (.cargo("b", "1.0.0+up"), "pkg:cargo/b@1.0.0%2Bup"),
      (.golang("github.com/Sirupsen/logrus", "v1.0.0"), "pkg:golang/github.com/sirupsen/logrus@v1.0.0"),
      (.golang("gopkg.in/yaml.v3", "v3.0.1+incompatible"), "pkg:golang/gopkg.in/yaml.v3@v3.0.1%2Bincompatible"),
      (.golang("local", "v1.0.0"), "pkg:golang/local@v1.0.0"), (.npm("foobar", "12.3.1"), "pkg:npm/foobar@12.3.1"),
      (.npm("@angular/animation", "12.3.1"), "pkg:npm/%40angular/animation@12.3.1"),
      (
        .npm("mypackage", "12.4.5").with("vcs_url", "git://host.com/path/to/repo.git@4345abcd34343"),
        "pkg:npm/mypackage@12.4.5?vcs_url=git:%2F%2Fhost.com%2Fpath%2Fto%2Frepo.git%404345abcd34343"
      ), (.pypi("Django_package", "1.11.1.dev1"), "pkg:pypi/django-package@1.11.1.dev1"),
      (.pypi("ruamel.yaml", "1!2.0+local"), "pkg:pypi/ruamel-yaml@1%212.0%2Blocal"),
      (.maven("org.apache.commons", "io", "1.3.4"), "pkg:maven/org.apache.commons/io@1.3.4"),
      (.maven("g", "a", "1.0.0 Final"), "pkg:maven/g/a@1.0.0%20Final"),
      (
        .maven("net.sf.jacob-project", "jacob", "1.14.3", classifier: "x86", type: "dll"),
        "pkg:maven/net.sf.jacob-project/jacob@1.14.3?classifier=x86&type=dll"
      ), (.maven("g", "a", "1", type: "jar"), "pkg:maven/g/a@1"),
      (
        .maven("groovy", "groovy", "1.0").with("repository_url", "https://maven.google.com"),
        "pkg:maven/groovy/groovy@1.0?repository_url=https:%2F%2Fmaven.google.com"
      ), (.nuget("EnterpriseLibrary.Common", "6.0.1304"), "pkg:nuget/EnterpriseLibrary.Common@6.0.1304"),
      (.cargo("ä/~_-.", ""), "pkg:cargo/%C3%A4%2F~_-."), (.npm("a", "1").with("x", nil).with("y", ""), "pkg:npm/a@1"),
    ]
    for (url, text) in rows { XCTAssertEqual(url.description, text) }
  }

  func testAddressesWithoutSecrets() {
    for (text, address) in [
      ("https://user:secret@host/a/b?token=secret#c", "https://host/a/b"),
      ("git+ssh://git@host/a.git", "git+ssh://host/a.git"),
      ("https://host/@scope/a", "https://host/@scope/a"), ("https://a@b@host", "https://host"), ("a/b", "a/b"),
      ("", ""),
    ] {
      XCTAssertEqual(PackageURL.publicAddress(text), address)
    }
  }

  func testComponentsStandOnce() throws {
    var list = ComponentList()
    list.add(.npm("b", "1"), name: "b", hashes: ["SHA-1": "x", "SHA-256": "1"], evidence: ["z"])
    list.add(.npm("a", "1"), name: "a", evidence: ["z"])
    list.add(.npm("b", "1"), name: "b", hashes: ["SHA-1": "x", "SHA-256": "2"], evidence: ["y", "z"])
    list.add(.npm("b", "1"), name: "b", hashes: ["SHA-256": "1", "SHA-512": "3"], evidence: [])
    XCTAssertEqual(list.sorted.map(\.purl), ["pkg:npm/a@1", "pkg:npm/b@1"])
    XCTAssertEqual(list.sorted[1].hashes, ["SHA-1": "x", "SHA-512": "3"], "what is disputed is left out")
    XCTAssertEqual(list.sorted[1].evidence.map(\.description), ["y", "z"])
  }

  func testIntegrity() {
    let sha1 = "sha1-Lve95gjOVATpfV8EL5X4nxwjKHE="
    let rows: [(String, [String: String])] = [
      (sha1, ["SHA-1": "2ef7bde608ce5404e97d5f042f95f89f1c232871"]),
      ("\(sha1)?options", ["SHA-1": "2ef7bde608ce5404e97d5f042f95f89f1c232871"]),
      (
        "sha512-\(String(repeating: "A", count: 86))==  \(sha1)",
        ["SHA-1": "2ef7bde608ce5404e97d5f042f95f89f1c232871", "SHA-512": String(repeating: "0", count: 128)]
      ),
      ("\(sha1) sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=", [:]), ("md5-AAAA", [:]), ("sha1-AAAA", [:]), ("sha1-****", [:]),
      ("sha1", [:]), ("", [:]),
    ]
    for (text, hashes) in rows { XCTAssertEqual(IntegrityText.hashes(text), hashes, text) }
    XCTAssertEqual(IntegrityText.hashes("SHA-1", hex: String(repeating: "AB", count: 20)), [:])
  }

  func testRandomBytesComeBackFromBase64() {
    let seed = Fuzzing.seed(64)
    var random = SeededRandom(seed: seed)
    for _ in 0..<Fuzzing.rounds(500) {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = Base64.encode(bytes)
      XCTAssertEqual(Base64.decode(text), bytes, "seed \(seed)")
      var damaged = Array(text.utf8)
      guard !damaged.isEmpty else { continue }
      damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0x20...0x7e, using: &random)
      let other = String(decoding: damaged, as: UTF8.self)
      if let decoded = Base64.decode(other) { XCTAssertEqual(Base64.encode(decoded), other, "seed \(seed)") }
    }
    for text in ["Zg", "Zg=", "Zh==", "Z===", "====", "Zg==Zg==", "Zm9v\n"] { XCTAssertNil(Base64.decode(text), text) }
  }
}
