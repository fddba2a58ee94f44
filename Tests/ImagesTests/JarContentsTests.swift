import Codec
import Contract
import PackCore
import TestSupport
import XCTest

@testable import Images

/// What jars say of themselves, and of what they hold.
final class JarContentsTests: XCTestCase {
  private static let maker = """
    import io, json, sys, zipfile
    def jar(files):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, jar(content) if isinstance(content, dict) else content)
        return out.getvalue()
    open(sys.argv[1], "wb").write(jar(json.load(sys.stdin)))
    """

  /// - Parameter files: an object is a jar in the jar.
  private func jar(_ files: JSONValue) throws -> [UInt8] {
    let directory = try TemporaryDirectory()
    let result = try ProcessRunner().run(
      Command(
        ["\(try Tools.require("python3"))", "-c", Self.maker, "\(directory / "x.jar")"], environment: [:],
        input: .bytes(CanonicalJSON.encode(files)), timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText)
    return try FileSystem.read(directory / "x.jar")
  }

  private func contents(_ files: JSONValue, _ name: String) throws -> JarContents {
    JarContents(try JarReader(jar(files)), name: name)
  }

  private func properties(_ group: String, _ artifact: String, _ version: String) -> JSONValue {
    .string("#Created by Apache Maven\nversion=\(version)\ngroupId=\(group)\nartifactId=\(artifact)\n")
  }

  private func pom(_ licenses: String...) -> String {
    "<?xml version=\"1.0\"?>\n<!-- <licenses><license><name>Not this</name></license></licenses> -->\n<project>\n"
      + "<build><plugins><plugin><licenses><license><name>Nor this</name></license></licenses></plugin></plugins></build>"
      + "<licenses>" + licenses.map { "<license><name>\($0)</name><url>u</url></license>" }.joined()
      + "</licenses></project>\n"
  }

  func testAnArtifactIsKnownByMavensOwnWords() throws {
    let files: JSONValue = [
      "META-INF/maven/org.example/shop/pom.properties": properties("org.example", "shop", "1.2"),
      "META-INF/maven/org.example/shop/pom.xml": .string(pom("The Apache Software License, Version 2.0")),
      "META-INF/maven/net.other/lib/pom.properties": properties("net.other", "lib", "3"),
      "META-INF/maven/bad/one/pom.properties": properties("${group}", "one", "1"),
      "BOOT-INF/lib/deep-4.jar": [
        "META-INF/maven/com.deep/deep/pom.properties": properties("com.deep", "deep", "4"),
        "META-INF/MANIFEST.MF": "Bundle-License: https://www.eclipse.org/legal/epl-2.0/\r\n",
      ],
      "BOOT-INF/lib/broken.jar": "no jar at all",
    ]
    let found = try contents(files, "shop-1.2")
    XCTAssertEqual(
      found.artifacts.map { "\($0.group):\($0.name):\($0.version)" },
      ["com.deep:deep:4", "net.other:lib:3", "org.example:shop:1.2"])
    XCTAssertEqual(found.own?.name, "shop")
    XCTAssertEqual(found.license, "Apache-2.0")
    XCTAssertEqual(found.own?.owner.purl, "pkg:maven/org.example/shop@1.2")
    // A file that is named after none of them is none of them.
    XCTAssertNil(try contents(files, "app").own)
    XCTAssertEqual(try contents(files, "lib-3-linux").own?.group, "net.other")
    XCTAssertNil(FileOwner(kind: .java, name: "app").purl)
  }

  func testLicences() throws {
    let rows: [(String, String?)] = [
      (pom("MIT License"), "MIT"), (pom("Our own &amp; others"), "Our own & others"), (pom(), nil),
      (pom("EPL 2.0", "The Apache License, Version 2.0"), "EPL-2.0 OR Apache-2.0"),
      (pom("MIT", "Our own"), nil), ("<project><licenses><license><name>MIT", nil), ("", nil),
      ("<project><![CDATA[<licenses><license><name>MIT</name></license></licenses>]]></project>", nil),
    ]
    for (text, license) in rows { XCTAssertEqual(PackageLicenses.maven(Array(text.utf8)), license, text) }
    let manifests: [(String, String?)] = [
      (
        "Manifest-Version: 1.0\r\nBundle-License: \"Apache-2.0\";link=\"https://www.ap\r\n ache.org/x\"\r\n",
        "Apache-2.0"
      ),
      ("Bundle-License: http://www.apache.org/lic\r\n enses/LICENSE-2.0.txt\r\n", "Apache-2.0"),
      ("Bundle-License: MIT, GPL\r\n", nil), ("Bundle-License:\r\n", nil), ("Other: x\r\n", nil),
    ]
    for (text, license) in manifests {
      XCTAssertEqual(PackageLicenses.manifest(Array(text.utf8)), license, text)
    }
  }

  func testOwnersAndPackedArtifactsOfARootFilesystem() throws {
    let directory = try TemporaryDirectory()
    let bytes = try jar([
      "META-INF/maven/org.example/shop/pom.properties": properties("org.example", "shop", "1.2"),
      "META-INF/maven/net.other/lib/pom.properties": properties("net.other", "lib", "3"),
      "META-INF/MANIFEST.MF": "Bundle-License: MIT\r\n",
    ])
    var root = RootFilesystem()
    for name in ["shop-1.2.jar", "app.jar", "odd.jar"] {
      try FileSystem.writeAtomically(name == "odd.jar" ? [1, 2, 3] : bytes, to: directory / "\(name)")
      let path = directory / "\(name)"
      let status = try XCTUnwrap(try FileSystem.status(path))
      try root.insert(
        RootFilesystem.Entry(
          path: try XCTUnwrap(RootPath("app/\(name)")), content: .host(path, status), mode: 0o644,
          layer: .application, origin: "step:build"))
    }
    let project = FileOwner(kind: .project, name: "shop")
    let owners = try FileOwners(of: root, recorded: OwnerRules(), project: project)
    XCTAssertEqual(owners[RootPath("app/shop-1.2.jar")!]?.name, "org.example:shop")
    XCTAssertEqual(owners[RootPath("app/app.jar")!]?.name, "app")
    XCTAssertEqual(owners[RootPath("app/odd.jar")!]?.name, "odd")
    XCTAssertEqual(owners.packed.map(\.purl), ["pkg:maven/net.other/lib@3", "pkg:maven/org.example/shop@1.2"])
    XCTAssertEqual(owners.packed.map(\.evidence.count), [2, 1])
    XCTAssertEqual(owners.licenses[FileOwner(kind: .java, name: "org.example:shop", version: "1.2")], "MIT")
    XCTAssertEqual(owners.licenses[FileOwner(kind: .java, name: "app")], "MIT")
    XCTAssertNil(owners.licenses[FileOwner(kind: .java, name: "net.other:lib", version: "3")])
  }

  /// Whatever bytes come: an answer, or `bad_jar`, and names that may stand in a document.
  func testRandomDamageOfJarsAndPomsIsBounded() throws {
    let good = try jar([
      "META-INF/maven/org.example/shop/pom.properties": properties("org.example", "shop", "1.2"),
      "META-INF/maven/org.example/shop/pom.xml": .string(pom("MIT")), "META-INF/MANIFEST.MF": "Bundle-License: MIT\r\n",
      "lib/a.jar": ["META-INF/maven/a/a/pom.properties": properties("a", "a", "1")],
    ])
    let text = Array(pom("MIT", "EPL 2.0").utf8)
    var random = SeededRandom(seed: Fuzzing.seed(5))
    for _ in 0..<Fuzzing.rounds(400) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      if let reader = try? JarReader(bytes) {
        for artifact in JarContents(reader, name: "shop").artifacts {
          XCTAssertFalse(artifact.group.contains { $0 == "/" || $0.isWhitespace }, artifact.group)
        }
      }
      var other = text
      for _ in 0..<3 {
        other[Int.random(in: other.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      var scanner = PomLicenses(other)
      XCTAssertLessThanOrEqual(scanner.names().count, 16)
    }
    var deep = PomLicenses(Array(String(repeating: "<a>", count: 100_000).utf8))
    XCTAssertEqual(deep.names(), [])
  }
}
