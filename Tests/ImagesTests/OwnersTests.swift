import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

final class OwnersTests: XCTestCase {
  private func owners(_ items: [SampleImage.Item]) -> FileOwners {
    SampleImage(layers: [("base", items)]).owners
  }

  private func assertOwner(
    _ owners: FileOwners, _ path: String, _ owner: FileOwner?, file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertEqual(RootPath(path).flatMap { owners[$0] }, owner, path, file: file, line: line)
  }

  func testDebianPackagesOwnTheirFilesThroughMergedDirectories() {
    let owners = owners([
      SampleImage.file(
        "var/lib/dpkg/status",
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\nPackage: tool\nVersion: 1\n"
      ),
      SampleImage.file("var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib\n/lib/x86_64-linux-gnu/libc.so.6\n"),
      SampleImage.file("var/lib/dpkg/info/tool.list", "/usr/bin/tool\n"),
      SampleImage.link("lib", "usr/lib"), SampleImage.directory("usr/lib"),
      SampleImage.file("usr/lib/x86_64-linux-gnu/libc.so.6", "c"), SampleImage.file("usr/bin/tool", "t"),
      SampleImage.file("usr/bin/other", "o"),
    ])
    let libc = FileOwner(kind: .debian, name: "libc6", version: "2.36-9")
    assertOwner(owners, "usr/lib/x86_64-linux-gnu/libc.so.6", libc)
    assertOwner(owners, "var/lib/dpkg/info/libc6:amd64.list", libc)
    assertOwner(owners, "usr/bin/tool", FileOwner(kind: .debian, name: "tool", version: "1"))
    assertOwner(owners, "usr/bin/other", nil)
  }

  func testDistrolessAndAlpineDatabases() {
    let owners = owners([
      SampleImage.file("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a\n"),
      SampleImage.file(
        "var/lib/dpkg/status.d/tzdata.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/share/zoneinfo/UTC\n"),
      SampleImage.file("usr/share/zoneinfo/UTC", "u"),
      SampleImage.file(
        "lib/apk/db/installed",
        "C:Q1x=\nP:busybox\nV:1.36.1-r2\nF:bin\nR:busybox\nF:etc\nR:securetty\n\nP:musl\nV:1.2\nF:lib\nR:ld.so\n"),
      SampleImage.file("bin/busybox", "b"), SampleImage.file("etc/securetty", "s"), SampleImage.file("lib/ld.so", "l"),
    ])
    assertOwner(owners, "usr/share/zoneinfo/UTC", FileOwner(kind: .debian, name: "tzdata", version: "2024a"))
    let busybox = FileOwner(kind: .alpine, name: "busybox", version: "1.36.1-r2")
    assertOwner(owners, "bin/busybox", busybox)
    assertOwner(owners, "etc/securetty", busybox)
    assertOwner(owners, "lib/ld.so", FileOwner(kind: .alpine, name: "musl", version: "1.2"))
  }

  func testPackagesSayTheirLicence() {
    func metadata(_ name: String, _ fields: String) -> SampleImage.Item {
      SampleImage.file(
        "site/\(name)-1.dist-info/METADATA", "Name: \(name)\nVersion: 1\n\(fields)\n\nLicense: in the text\n")
    }
    let licenses = owners([
      metadata("expression", "License: old words\nLicense-Expression: MIT OR ISC"),
      metadata("field", "License: BSD-3-Clause\nClassifier: License :: OSI Approved :: MIT License"),
      metadata("classified", "Classifier: License :: OSI Approved :: MIT License"),
      metadata(
        "both", "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: BSD License"
      ),
      metadata("silent", "Summary: x"),
      SampleImage.file("node_modules/a/package.json", #"{"name": "a", "version": "1", "license": "MIT"}"#),
      SampleImage.file(
        "node_modules/b/package.json", #"{"name": "b", "licenses": [{"type": "MIT"}, {"type": "Zlib"}]}"#),
      SampleImage.file("node_modules/c/package.json", #"{"name": "c", "license": {"type": "ISC"}}"#),
      SampleImage.file("node_modules/d/package.json", #"{"name": "d", "license": 7}"#),
    ]).licenses
    XCTAssertEqual(
      Dictionary(uniqueKeysWithValues: licenses.map { ($0.key.name, $0.value) }),
      [
        "expression": "MIT OR ISC", "field": "BSD-3-Clause", "classified": "MIT", "a": "MIT", "b": "MIT OR Zlib",
        "c": "ISC",
      ])
  }

  func testPythonDistributionsByRecord() {
    let site = "usr/lib/python3.11/site-packages"
    let owners = owners([
      SampleImage.file(
        "\(site)/a_b-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: a-b\r\nVersion: 1.0\n\nName: no\n"),
      SampleImage.file(
        "\(site)/a_b-1.0.dist-info/RECORD",
        "a_b/__init__.py,sha256=x,1\n\"a_b/with,comma\"\"q.py\",,\n../../../bin/ab,,\n"),
      SampleImage.file("\(site)/a_b/__init__.py", "1"), SampleImage.file("\(site)/a_b/with,comma\"q.py", "2"),
      SampleImage.file("\(site)/a_b/__pycache__/__init__.cpython-311.pyc", "3"),
      SampleImage.file("\(site)/a_b/other.py", "4"), SampleImage.file("usr/bin/ab", "5"),
    ])
    let package = FileOwner(kind: .python, name: "a-b", version: "1.0")
    for path in [
      "\(site)/a_b/__init__.py", "\(site)/a_b/with,comma\"q.py", "\(site)/a_b/__pycache__/__init__.cpython-311.pyc",
      "usr/bin/ab", "\(site)/a_b-1.0.dist-info/RECORD",
    ] { assertOwner(owners, path, package) }
    assertOwner(owners, "\(site)/a_b/other.py", nil)
  }

  func testNodePackagesByTheNearestManifest() {
    let owners = owners([
      SampleImage.file("app/node_modules/a/package.json", #"{"name": "a", "version": "1.2.3"}"#),
      SampleImage.file("app/node_modules/a/lib/x.js", "x"),
      SampleImage.file("app/node_modules/a/node_modules/@s/b/package.json", #"{"name": "@s/b", "version": "2.0.0"}"#),
      SampleImage.file("app/node_modules/a/node_modules/@s/b/y.js", "y"),
      SampleImage.file("app/node_modules/.package-lock.json", "{}"), SampleImage.file("app/index.js", "i"),
      SampleImage.file("app/node_modules/broken/package.json", "{"),
    ])
    assertOwner(owners, "app/node_modules/a/lib/x.js", FileOwner(kind: .node, name: "a", version: "1.2.3"))
    assertOwner(
      owners, "app/node_modules/a/node_modules/@s/b/y.js", FileOwner(kind: .node, name: "@s/b", version: "2.0.0"))
    for path in ["app/node_modules/.package-lock.json", "app/index.js", "app/node_modules/broken/package.json"] {
      assertOwner(owners, path, nil)
    }
  }

  func testJarsByNameAlone() {
    for (name, owner) in [
      ("spring-core-6.1.2.jar", FileOwner(kind: .java, name: "spring-core", version: "6.1.2")),
      ("app.jar", FileOwner(kind: .java, name: "app")), ("x-1.jar", FileOwner(kind: .java, name: "x", version: "1")),
    ] {
      assertOwner(owners([SampleImage.file("app/lib/\(name)", "j")]), "app/lib/\(name)", owner)
    }
  }

  /// The layout of `debug/buildinfo`: magic, pointer size, flags, and at 32 two strings after their lengths.
  static func goProgram(module: String, padding: Int = 4096) -> [UInt8] {
    func text(_ bytes: [UInt8]) -> [UInt8] {
      precondition(bytes.count < 1 << 14)
      return bytes.count < 128
        ? [UInt8(bytes.count)] + bytes : [UInt8(bytes.count & 0x7f | 0x80), UInt8(bytes.count >> 7)] + bytes
    }
    let mark = [UInt8](repeating: 0x30, count: 16)
    let block =
      [0xff] + Array(" Go buildinf:".utf8) + [8, 2] + [UInt8](repeating: 0, count: 16) + text(Array("go1.22.1".utf8))
      + text(mark + Array("path\tcommand\nmod\t\(module)\tv1.4.0\th1:x=\n".utf8) + mark)
    return [0x7f, 0x45, 0x4c, 0x46] + [UInt8](repeating: 0xff, count: padding - 4) + block
      + [UInt8](repeating: 1, count: 512 << 10)
  }

  func testGoProgramsByTheirBuildInformationInAnyPieces() throws {
    let program = Self.goProgram(module: "example.com/shop")
    let item = SampleImage.file(bytes: Array("app/server".utf8), program, mode: 0o755)
    assertOwner(owners([item]), "app/server", FileOwner(kind: .go, name: "example.com/shop", version: "v1.4.0"))
    for size in [1, 7, 16, 33, 4099] {
      var scanner = GoBuild.Scanner()
      for start in stride(from: 0, to: min(program.count, 16_384), by: size) {
        program[start..<min(start + size, program.count)].withUnsafeBytes { scanner.feed($0) }
      }
      XCTAssertEqual(scanner.finish()?.module, "example.com/shop", "pieces of \(size)")
    }
    var scanner = GoBuild.Scanner()
    Array(program.dropFirst()).withUnsafeBytes { scanner.feed($0) }
    XCTAssertNil(scanner.finish(), "no ELF file")
  }

  func testWhatTheBuildRecordedCountsBeforeTheImagesFiles() {
    var sample = SampleImage(layers: [
      ("runtime", [SampleImage.file("usr/lib/libz.so", "z"), SampleImage.file("etc/passwd", "p")]),
      ("application", [SampleImage.file("app/main.py", "m")]),
    ])
    let zlib = FileOwner(kind: .debian, name: "zlib1g", version: "1")
    sample.recorded = OwnerRules(of: [
      (RootPath(literal: "usr/lib/libz.so"), zlib), (RootPath(literal: "etc/passwd"), nil),
      (RootPath(literal: "app/main.py"), nil),
    ])
    sample.project = FileOwner(kind: .project, name: "shop")
    assertOwner(sample.owners, "usr/lib/libz.so", zlib)
    assertOwner(sample.owners, "etc/passwd", nil)
    assertOwner(sample.owners, "app/main.py", sample.project)
    XCTAssertEqual(sample.owners.shares.reduce(0) { $0 + $1.bytes }, 3)
    XCTAssertEqual(sample.owners.shares.first { $0.owner == nil }?.bytes, 1, "what nobody owns is counted")
  }

  func testADatabaseThatAHigherLayerReplacedSaysNothing() {
    let sample = SampleImage(layers: [
      ("a", [SampleImage.file("lib/apk/db/installed", "P:old\nV:1\nF:bin\nR:x\n"), SampleImage.file("bin/x", "x")]),
      ("b", [SampleImage.file("lib/apk/db/installed", "P:new\nV:2\nF:bin\nR:x\n")]),
    ])
    assertOwner(sample.owners, "bin/x", FileOwner(kind: .alpine, name: "new", version: "2"))
  }

  func testRPMIsSaidToBeUnread() {
    let owners = owners([SampleImage.file("var/lib/rpm/rpmdb.sqlite", "x")])
    XCTAssertTrue(owners.notes.contains { $0.contains("rpm") }, "\(owners.notes)")
  }

  func testMutatedDatabasesNeverTrapAndGiveTheSameAnswerTwice() throws {
    let seed = Fuzzing.seed(11)
    var random = SeededRandom(seed: seed)
    let originals: [(String, [UInt8])] = [
      ("var/lib/dpkg/status", Array("Package: a\nVersion: 1\nArchitecture: all\n\nPackage: b\n".utf8)),
      ("var/lib/dpkg/info/a.list", Array("/x/y\n/lib/z\n".utf8)),
      ("lib/apk/db/installed", Array("P:p\nV:1\nF:x\nR:y\n\n".utf8)),
      ("s/p-1.dist-info/METADATA", Array("Name: p\nVersion: 1\n\n".utf8)),
      ("s/p-1.dist-info/RECORD", Array("\"p/q\"\"r\",sha256=,1\n../x/y,,\n".utf8)),
      ("node_modules/p/package.json", Array(#"{"name": "p", "version": "1"}"#.utf8)),
    ]
    let program = Array(Self.goProgram(module: "m", padding: 64).prefix(400))
    for round in 0..<Fuzzing.rounds(300) {
      var items = [
        SampleImage.file("x/y", "1"), SampleImage.file("usr/lib/z", "2"), SampleImage.link("lib", "usr/lib"),
        SampleImage.link("loop", "loop/again"), SampleImage.file("node_modules/p/f.js", "3"),
      ]
      for (path, bytes) in originals {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
        }
        if Bool.random(using: &random) { bytes = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random))) }
        items.append(SampleImage.file(bytes: Array(path.utf8), bytes))
      }
      let sample = SampleImage(layers: [("l", items)])
      XCTAssertEqual(sample.owners.shares, sample.owners.shares, "seed \(seed), round \(round)")
      XCTAssertEqual(
        sample.owners.shares.reduce(0) { $0 + $1.files }, sample.files.files.count(where: \.isFile),
        "seed \(seed), round \(round)")
      var changed = program
      for _ in 0..<6 {
        changed[Int.random(in: 64..<changed.count, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
      }
      var scanner = GoBuild.Scanner()
      changed.withUnsafeBytes { scanner.feed($0) }
      if let build = scanner.finish() { XCTAssertLessThanOrEqual(build.module.utf8.count, 400, "seed \(seed)") }
    }
  }
}
