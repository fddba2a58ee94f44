import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

/// What is read of Cargo's own files: manifests, locks, versions.
final class CargoReadingTests: XCTestCase {
  private func manifest(_ text: String) throws -> CargoManifest {
    try CargoManifest(Array(text.utf8), path: "Cargo.toml")
  }

  // MARK: Manifests

  func testManifests() throws {
    let found = try manifest(
      """
      [package]
      name = "shop"
      version.workspace = true
      edition = "2021"
      default-run = "api"
      [[bin]]
      name = "api"
      path = "src/api.rs"
      required-features = ["server"]
      [lib]
      crate-type = ["cdylib", "rlib"]
      [features]
      server = []
      [dependencies]
      a = "1"
      b = { package = "other", git = "https://example.com/b" }
      c = { path = "../c", optional = true }
      [dependencies.d]
      workspace = true
      features = ["x"]
      [dev-dependencies]
      e = "0.1"
      [target.'cfg(unix)'.build-dependencies]
      f = "2"
      """)
    XCTAssertEqual(found.package?.name, "shop")
    XCTAssertEqual(found.package?.defaultRun, "api")
    XCTAssertEqual(found.package?.inherits?.key, "package.version")
    XCTAssertEqual(found.inheritance?.place.line, 3)
    XCTAssertEqual(found.binaries.map(\.requiredFeatures), [["server"]])
    XCTAssertEqual(found.libraryTypes, ["cdylib", "rlib"])
    XCTAssertEqual(found.dependencies.map(\.package), ["a", "other", "c", "d", "e", "f"])
    XCTAssertEqual(found.dependencies.map(\.isWorkspace), [false, false, false, true, false, false])
    XCTAssertEqual(found.dependencies.last?.target, "cfg(unix)")
    XCTAssertTrue(found.needs("other"))
    XCTAssertFalse(found.needs("e"), "only for its tests")
  }

  func testBrokenManifestsHaveTheirPlace() throws {
    let rows: [(String, String, String)] = [
      ("[package]\nname = \n", "Cargo.toml:2:8", "a value is expected"),
      ("[package]\nname = 7\n", "Cargo.toml:2:8", "package.name: expected a string, found an integer"),
      ("[package]\nversion = \"1\"\n", "Cargo.toml:1:1", "\"name\" is missing"),
      ("[package]\nname = \"a b\"\n", "Cargo.toml:2:8", "no name of a package"),
      ("package = 1\n", "Cargo.toml:1:11", "package: expected a table"),
      ("[workspace]\nmembers = [\"a\", 2]\n", "Cargo.toml:2:17", "workspace.members[1]"),
      ("[package]\nname = \"a\"\n[dependencies]\nb = { version = 1 }\n", "Cargo.toml:4:17", "dependencies.b.version"),
      ("[package]\nname = \"a\"\n[dependencies]\nb = 1\n", "Cargo.toml:4:5", "expected a table, found an integer"),
      ("[package]\nname = \"a\"\nedition = {workspace = false}\n", "Cargo.toml:3:11", "says nothing"),
      ("[package]\nname = \"a\"\n[bin]\nname = \"b\"\n", "Cargo.toml:3:1", "expected an array, found a table"),
    ]
    for (text, place, words) in rows {
      let found = try failure { try manifest(text) }
      XCTAssertEqual(found.location?.description, place, text)
      XCTAssertTrue(found.message.contains(words), "\(text): \(found.message)")
    }
  }

  /// Whatever stands in a manifest, it is read or refused with its place.
  func testFuzzMutatedManifests() throws {
    let seed = Fuzzing.seed(20_250_304)
    var random = SeededRandom(seed: seed)
    let whole = """
      [package]
      name = "a"
      edition.workspace = true
      rust-version = "1.70"
      [[bin]]
      name = "b"
      [workspace]
      members = ["x/*"]
      [dependencies]
      c = { version = "1", path = "../c", workspace = true }
      [target.x.dependencies]
      d = "2"
      """.split(separator: "\n").map(String.init)
    let values = ["1", "\"x\"", "[]", "{}", "true", "[[]]", "{ workspace = true }", "\"../../..\"", "1979-05-27"]
    for round in 0..<Fuzzing.rounds(5_000) {
      var lines = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<lines.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: lines.remove(at: at)
        case 1: lines.swapAt(at, Int.random(in: 0..<lines.count, using: &random))
        default:
          let key = lines[at].prefix { $0 != "=" }
          lines[at] = "\(key)= \(values.randomElement(using: &random) ?? "")"
        }
      }
      do {
        _ = try manifest(lines.joined(separator: "\n"))
      } catch let failure as Failure {
        XCTAssertNotNil(failure.location?.line, "seed \(seed), round \(round): \(failure)")
      }
    }
  }

  // MARK: Versions

  func testVersionsAreOrdered() throws {
    let ordered = [
      "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0", "1.1",
    ]
    for (low, high) in zip(ordered, ordered.dropFirst()) {
      XCTAssertLessThan(try XCTUnwrap(CargoVersion(low)), try XCTUnwrap(CargoVersion(high)), "\(low) \(high)")
    }
    XCTAssertEqual(CargoVersion("1.2"), CargoVersion("1.2.0+build"))
    for text in ["", "a", "1.2.3.4", "1..2", "-1", "1.x"] { XCTAssertNil(CargoVersion(text), text) }
    XCTAssertNil(CargoVersion("99999999999999999999"))
  }

  func testRequirements() throws {
    let rows: [(String, [String], [String])] = [
      ("1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]),
      ("0.3", ["0.3.0", "0.3.9"], ["0.4.0", "1.0.0"]),
      ("0", ["0.0.1", "0.9.0"], ["1.0.0"]), ("0.0.3", ["0.0.3"], ["0.0.4"]), ("^1", ["1.0.0"], ["2.0.0", "0.9.0"]),
      ("~1.2", ["1.2.0", "1.2.9"], ["1.3.0"]), ("~1", ["1.9.0"], ["2.0.0"]), ("=1.0.2", ["1.0.2"], ["1.0.3"]),
      (">=1, <3", ["1.0.0", "2.9.9"], ["3.0.0"]), ("1.*", ["1.7.0"], ["2.0.0"]), ("1.2.*", ["1.2.7"], ["1.3.0"]),
      ("*", ["0.0.1", "9.0.0"], []), ("> 1.2", ["1.3.0"], ["1.2.9"]), ("<= 1.2", ["1.2.9"], ["1.3.0"]),
    ]
    for (text, yes, no) in rows {
      let requirement = try XCTUnwrap(CargoRequirement(text), text)
      for version in yes {
        XCTAssertTrue(requirement.allows(try XCTUnwrap(CargoVersion(version))), "\(text) \(version)")
      }
      for version in no {
        XCTAssertFalse(requirement.allows(try XCTUnwrap(CargoVersion(version))), "\(text) \(version)")
      }
    }
    for text in ["", "a", "1.2.3.4", ">"] { XCTAssertNil(CargoRequirement(text), text) }
  }

  // MARK: Locks

  private static let lock = """
    version = 3
    [[package]]
    name = "app"
    version = "0.1.0"
    dependencies = ["a", "b 2.0.0"]
    [[package]]
    name = "a"
    version = "1.0.0"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    checksum = "aa"
    dependencies = ["b 1.0.0"]
    [[package]]
    name = "b"
    version = "1.0.0"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    [[package]]
    name = "b"
    version = "2.0.0"
    source = "git+https://example.com/b#0123"
    [[package]]
    name = "other"
    version = "1.0.0"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    [metadata]
    "checksum b 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)" = "bb"
    """

  func testLocks() throws {
    let lock = try CargoLock(Array(Self.lock.utf8))
    XCTAssertEqual(lock.closure(of: "app").map { "\($0.name) \($0.version)" }, ["a 1.0.0", "b 1.0.0", "b 2.0.0"])
    XCTAssertEqual(lock.packages(named: "b").map(\.checksum), ["bb", nil], "as old locks have them")
    XCTAssertEqual(lock.foreign.count, 4)
    let broken = try failure { try CargoLock(Array("[[package]]\nname = \"a\"\n".utf8)) }
    XCTAssertEqual(broken.location?.description, "Cargo.lock:1:1")
  }
}
