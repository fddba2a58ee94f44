import TestSupport
import XCTest

@testable import PackCore

final class OwnerRulesTests: XCTestCase {
  private let libc = FileOwner(kind: .debian, name: "libc6", version: "2.36")
  private let python = FileOwner(kind: .toolchain, name: "python", version: "3.11")

  func testADirectoryOfOneOwnerIsOneRule() throws {
    let rules = OwnerRules(of: [
      (RootPath(literal: "usr/lib/python/a.py"), python), (RootPath(literal: "usr/lib/python/x/b.py"), python),
      (RootPath(literal: "usr/lib/libc.so"), libc), (RootPath(literal: "usr/lib/other.so"), nil),
    ])
    XCTAssertEqual(rules.count, 2)
    XCTAssertEqual(rules.owner(of: RootPath(literal: "usr/lib/python/x/b.py")), python)
    XCTAssertEqual(rules.owner(of: RootPath(literal: "usr/lib/libc.so")), libc)
    XCTAssertNil(rules.owner(of: RootPath(literal: "usr/lib/other.so")))
    XCTAssertNil(rules.owner(of: RootPath(literal: "app/x")))
    XCTAssertEqual(try OwnerRules(JSONReader(rules.json)), rules)
  }

  func testRulesOfOthersAreRefused() throws {
    let owner = libc.json
    for (json, why): (JSONValue, String) in [
      (["schema_version": 2, "owners": [], "rules": []], "version"),
      (["schema_version": 1, "owners": [owner], "rules": [["path": "/a", "owner": 1]]], "position"),
      (["schema_version": 1, "owners": [owner], "rules": [["path": "/a/../b", "owner": 0]]], "path"),
      (["schema_version": 1, "owners": [], "rules": [["path": "/a", "owner": 0]]], "no owner"),
      (["schema_version": 1, "owners": [["kind": "x", "name": "y"]], "rules": []], "kind"),
    ] {
      XCTAssertThrowsError(try OwnerRules(JSONReader(json)), why)
    }
  }

  func testRandomFilesKeepTheirOwners() throws {
    let seed = Fuzzing.seed(9)
    var random = SeededRandom(seed: seed)
    let owners = [libc, python, nil]
    for round in 0..<Fuzzing.rounds(300) {
      var files: [RootPath: FileOwner?] = [:]
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        // Files have extensions and directories do not, so that no file is another's directory.
        let depth = Int.random(in: 0...3, using: &random)
        let parts = (0..<depth).map { _ in [UInt8(ascii: "d"), UInt8.random(in: 0x61...0x63, using: &random)] }
        let name = [UInt8.random(in: 0x80...0x83, using: &random)] + Array(".f".utf8)
        if let path = RootPath(bytes: (parts + [name]).joined(separator: [0x2f])) {
          files[path] = owners.randomElement(using: &random) ?? nil
        }
      }
      let rules = OwnerRules(of: files.map { ($0.key, $0.value) })
      let again = try OwnerRules(JSONReader(JSONParser.parse(CanonicalJSON.encode(rules.json))))
      for (path, owner) in files {
        XCTAssertEqual(rules.owner(of: path), owner, "\(path) seed \(seed), round \(round)")
        XCTAssertEqual(again.owner(of: path), owner, "\(path) seed \(seed), round \(round)")
      }
    }
  }
}
