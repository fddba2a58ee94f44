import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The phase `sbom` of the node pack: what each kind of lock says is installed to run the program.
final class NodeComponentTests: XCTestCase {
  private func components(_ files: [String: String], app: String? = nil) throws -> [SoftwareComponent] {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    let pack = try XCTUnwrap(bench.catalog().pack(named: "node"))
    return try bench.host(packs: Workbench.firstParty).components(pack, of: bench.input(app: app))
  }

  private let manifest = """
    {"name": "shop", "scripts": {"start": "node server.js"},
     "dependencies": {"@a/web": "^1.0.0", "alias": "npm:real@^3.0.0"}, "devDependencies": {"maker": "^1.0.0"}}
    """
  private static let sha1 = "sha1-Lve95gjOVATpfV8EL5X4nxwjKHE="
  private static let hex = "2ef7bde608ce5404e97d5f042f95f89f1c232871"

  /// The same packages in every lock: `@a/web` needs `deep`, and for another platform `mac`; `maker` needs `deep-dev`.
  private static let locks: [(name: String, text: String)] = [
    (
      "package-lock.json",
      """
      {"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"@a/web": "^1.0.0", "alias": "npm:real@^3.0.0"}, "devDependencies": {"maker": "^1.0.0"}},
        "node_modules/@a/web": {"version": "1.2.0", "resolved": "https://registry.npmjs.org/@a/web/-/web-1.2.0.tgz",
          "integrity": "\(sha1)"},
        "node_modules/@a/web/node_modules/deep": {"version": "2.0.0"},
        "node_modules/mac": {"version": "1.0.0", "optional": true, "os": ["darwin"]},
        "node_modules/alias": {"name": "real", "version": "3.1.0"},
        "node_modules/maker": {"version": "1.0.0", "dev": true}, "node_modules/deep-dev": {"version": "1.0.0", "dev": true},
        "node_modules/member": {"resolved": "packages/member", "link": true}, "packages/member": {"version": "9.0.0"}}}
      """
    ),
    (
      "package-lock.json",
      """
      {"lockfileVersion": 1, "dependencies": {
        "@a/web": {"version": "1.2.0", "integrity": "\(sha1)", "dependencies": {"deep": {"version": "2.0.0"}}},
        "alias": {"version": "npm:real@3.1.0"}, "maker": {"version": "1.0.0", "dev": true},
        "deep-dev": {"version": "1.0.0", "dev": true}}}
      """
    ),
    (
      "yarn.lock",
      """
      # yarn lockfile v1

      "@a/web@^1.0.0", "@a/web@^1.1":
        version "1.2.0"
        resolved "https://registry.yarnpkg.com/@a/web/-/web-1.2.0.tgz#\(hex)"
        dependencies:
          deep ">= 2 < 3"

      "alias@npm:real@^3.0.0":
        version "3.1.0"

      "deep@>= 2 < 3":
        version "2.0.0"

      deep-dev@^1.0.0:
        version "1.0.0"

      maker@^1.0.0:
        version "1.0.0"
        dependencies:
          deep-dev "^1.0.0"

      """
    ),
    (
      "yarn.lock",
      """
      __metadata:
        version: 8

      "@a/web@npm:^1.0.0, @a/web@npm:^1.1":
        version: 1.2.0
        resolution: "@a/web@npm:1.2.0"
        dependencies:
          deep: "npm:^2.0.0"
          mac: "npm:^1.0.0"
        checksum: 10c0/abc
        linkType: hard

      "alias@npm:real@^3.0.0":
        version: 3.1.0
        resolution: "real@npm:3.1.0"

      "deep@npm:^2.0.0":
        version: 2.0.0
        resolution: "deep@npm:2.0.0"

      "mac@npm:^1.0.0":
        version: 1.0.0
        resolution: "mac@npm:1.0.0"
        conditions: os=darwin & (cpu=x64 | cpu=arm64)

      "maker@npm:^1.0.0":
        version: 1.0.0
        resolution: "maker@npm:1.0.0"

      "shop@workspace:.":
        version: 0.0.0-use.local
        resolution: "shop@workspace:."

      """
    ),
    (
      "pnpm-lock.yaml",
      """
      lockfileVersion: 5.4

      specifiers:
        '@a/web': ^1.0.0
        alias: npm:real@^3.0.0
        maker: ^1.0.0

      dependencies:
        '@a/web': 1.2.0_peer@1.0.0
        alias: /real/3.1.0

      devDependencies:
        maker: 1.0.0

      packages:

        /@a/web/1.2.0_peer@1.0.0:
          resolution: {integrity: \(sha1)}
          dependencies:
            deep: 2.0.0
          dev: false

        /deep/2.0.0:
          resolution: {integrity: sha512-x}
          dev: false

        /mac/1.0.0:
          os: [darwin]
          dev: false

        /maker/1.0.0:
          dev: true

        /real/3.1.0:
          dev: false

      """
    ),
    (
      "pnpm-lock.yaml",
      """
      lockfileVersion: '9.0'

      importers:

        .:
          dependencies:
            '@a/web':
              specifier: ^1.0.0
              version: 1.2.0(peer@1.0.0)
            alias:
              specifier: npm:real@^3.0.0
              version: real@3.1.0
          devDependencies:
            maker:
              specifier: ^1.0.0
              version: 1.0.0

      packages:

        '@a/web@1.2.0':
          resolution: {integrity: \(sha1)}
          peerDependencies:
            peer: '*'

        deep@2.0.0:
          resolution: {integrity: sha512-x}

        mac@1.0.0:
          resolution: {integrity: sha512-x}
          os: [darwin]

        maker@1.0.0:
          resolution: {integrity: sha512-x}

        real@3.1.0:
          resolution: {integrity: sha512-x}

      snapshots:

        '@a/web@1.2.0(peer@1.0.0)':
          dependencies:
            deep: 2.0.0
          optionalDependencies:
            mac: 1.0.0

        deep@2.0.0: {}

        mac@1.0.0:
          optional: true

        maker@1.0.0: {}

        real@3.1.0: {}

      """
    ),
  ]

  func testEveryLockSaysTheSame() throws {
    for (index, lock) in Self.locks.enumerated() {
      let found = try components(["package.json": manifest, "server.js": "", lock.name: lock.text])
      let row = "\(index) \(lock.name)"
      XCTAssertEqual(
        found.map(\.purl), ["pkg:npm/%40a/web@1.2.0", "pkg:npm/deep@2.0.0", "pkg:npm/real@3.1.0"], row)
      XCTAssertEqual(found.first?.name, "@a/web", row)
      let isBerry = lock.text.contains("__metadata")
      XCTAssertEqual(found.first?.hashes, isBerry ? [:] : ["SHA-1": Self.hex], row)
      XCTAssertEqual(Set(found.flatMap(\.evidence).map(\.description)), [lock.name], row)
    }
  }

  /// A program that is started by a tool of devDependencies keeps them; only devDependencies and no such tool: none.
  func testDevelopment() throws {
    let lock = """
      {"lockfileVersion": 3, "packages": {"": {"devDependencies": {"next": "14.0.0"}},
        "node_modules/next": {"version": "14.0.0", "dev": true}}}
      """
    for (start, count) in [("next start", 1), ("node server.js", 0)] {
      let manifest = "{\"scripts\": {\"start\": \"\(start)\"}, \"devDependencies\": {\"next\": \"14.0.0\"}}"
      let found = try components(["package.json": manifest, "server.js": "", "package-lock.json": lock])
      XCTAssertEqual(found.count, count, start)
    }
  }

  func testPackagesOfTheProject() throws {
    let found = try components([
      "package.json": manifest, "server.js": "",
      "node_modules/@a/web/package.json": "{\"name\": \"@a/web\", \"version\": \"1.0.0\"}",
      "node_modules/@a/web/node_modules/deep/package.json": "{\"name\": \"deep\", \"version\": \"2.0.0\"}",
      "node_modules/@a/web/test/package.json": "{\"name\": \"no-package\", \"version\": \"2.0.0\"}",
      "node_modules/alias/package.json": "{\"name\": \"real\", \"version\": \"3.0.0\"}",
      "node_modules/broken/package.json": "{", "node_modules/.bin/x": "",
    ])
    XCTAssertEqual(
      found.map(\.purl), ["pkg:npm/%40a/web@1.0.0", "pkg:npm/deep@2.0.0", "pkg:npm/real@3.0.0"])
    XCTAssertEqual(found[1].evidence.map(\.description), ["node_modules/@a/web/node_modules/deep/package.json"])
  }

  func testWhereAPackageComesFrom() {
    let rows: [(resolved: String?, purl: String?)] = [
      (nil, "pkg:npm/a@1"), ("https://registry.npmjs.org/a/-/a-1.tgz", "pkg:npm/a@1"),
      ("https://npm.pkg.github.com/download/@x/a/1/abc", "pkg:npm/a@1"), ("file:../a.tgz", nil), ("link:a", nil),
      ("https://me:secret@example.com/a.tgz?token=x", "pkg:npm/a@1?download_url=https:%2F%2Fexample.com%2Fa.tgz"),
      ("git+ssh://git@example.com/a.git#abc", "pkg:npm/a@1?vcs_url=git%2Bssh:%2F%2Fexample.com%2Fa.git%40abc"),
      ("https://example.com/a.git#commit=abc", "pkg:npm/a@1?vcs_url=https:%2F%2Fexample.com%2Fa.git%40abc"),
    ]
    for row in rows {
      let package = LockedPackage(name: "a", version: "1", resolved: row.resolved)
      XCTAssertEqual(package.url?.description, row.purl, row.resolved ?? "nil")
    }
  }

  func testPlatforms() throws {
    let rows: [(os: [String], cpu: [String], libc: [String], amd64: Bool, arm64: Bool)] = [
      ([], [], [], true, true), (["linux"], ["x64"], ["glibc"], true, false), (["!linux"], [], [], false, false),
      (["!win32"], ["arm64", "arm"], [], false, true), (["linux"], [], ["musl"], false, false),
    ]
    let platforms = try ["linux/amd64", "linux/arm64"].map { try XCTUnwrap(Platform($0)) }
    for row in rows {
      let package = LockedPackage(name: "a", version: "1", os: row.os, cpu: row.cpu, libc: row.libc)
      XCTAssertEqual(platforms.map(package.fits), [row.amd64, row.arm64], "\(row)")
    }
  }

  func testMutatedLocksNeverCrash() throws {
    let seed = Fuzzing.seed(17)
    var random = SeededRandom(seed: seed)
    let texts = Self.locks.map { Array($0.text.utf8) }
    for round in 0..<Fuzzing.rounds(600) {
      var bytes = texts[round % texts.count]
      for _ in 0..<6 {
        let letters = Array("\n :\"'@/{}(),#-~".utf8)
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = letters.randomElement(using: &random) ?? 0
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let packages =
        PNPMPackages(text, development: true).packages + YarnLock(text).packages(from: [("@a/web", "^1.0.0")])
        + ((try? NPMLock(bytes, path: "l"))?.packages.map(\.package) ?? [])
      for url in packages.compactMap(\.url) {
        XCTAssertTrue(url.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "seed \(seed)")
      }
    }
  }
}
