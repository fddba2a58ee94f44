import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// Buildpacks' own files, and the rules by which they meet.
final class BuildpackReadingTests: XCTestCase {
  private func descriptor(_ text: String) throws -> BuildpackDescriptor {
    try BuildpackDescriptor(Array(text.utf8), place: "", shown: "buildpack/buildpack.toml")
  }

  private let head = "api = \"0.10\"\n[buildpack]\nid = \"a/b\"\nversion = \"1.0.0\"\n"

  func testABuildpackIsRead() throws {
    let found = try descriptor(
      head + """
        clear-env = true
        [[targets]]
        os = "linux"
        arch = "amd64"
        [[targets.distros]]
        name = "debian"
        version = "12"
        [[order]]
        [[order.group]]
        id = "x/y"
        version = "2"
        optional = true
        [[order.group]]
        id = "only/test"
        exec-env = ["test"]
        [metadata]
        anything = [1, 2.5, 1979-05-27]
        """)
    XCTAssertEqual(found.api, BuildpackAPI(major: 0, minor: 10))
    XCTAssertEqual(found.name, "a/b@1.0.0")
    XCTAssertEqual(found.directoryName, "a_b")
    XCTAssertTrue(found.clearsEnvironment)
    XCTAssertEqual(
      found.targets, [.init(os: "linux", architecture: "amd64", distributions: [.init(name: "debian", version: "12")])])
    XCTAssertEqual(found.order.map { $0.map(\.id) }, [["x/y"]])
    XCTAssertTrue(found.order[0][0].optional)
  }

  func testABrokenBuildpackIsNamedWithItsLine() throws {
    let rows: [(text: String, line: Int, says: String)] = [
      ("", 1, "api"), ("api = \"0.10\"\n", 1, "buildpack"), ("api = \"0.10\"\n[buildpack\n", 2, "header"),
      ("api = 0.10\n[buildpack]\nid = \"a\"\nversion = \"1\"\n", 1, "expected a string"),
      ("api = \"0.6\"\n[buildpack]\nid = \"a\"\nversion = \"1\"\n", 1, "0.7 to 0.12"),
      ("api = \"0.13\"\n[buildpack]\nid = \"a\"\nversion = \"1\"\n", 1, "0.7 to 0.12"),
      ("api = \"new\"\n[buildpack]\nid = \"a\"\nversion = \"1\"\n", 1, "not a version"),
      ("api = \"0.10\"\n[buildpack]\nid = \"../a\"\nversion = \"1\"\n", 3, "cannot be the id"),
      ("api = \"0.10\"\n[buildpack]\nid = \"config\"\nversion = \"1\"\n", 3, "cannot be the id"),
      ("api = \"0.10\"\n[buildpack]\nid = \"a\"\nversion = 1\n", 4, "expected a version"),
      (head + "clear-env = \"yes\"\n", 5, "expected a boolean"), (head + "[[stacks]]\n", 5, "id"),
      (head + "[[order]]\n[[order.group]]\nid = 3\n", 7, "expected a string"),
      (head + "[[order-extensions]]\n", 1, "image extensions"),
    ]
    for row in rows {
      let failure = try XCTUnwrap(assertFailure("bad_toml", exit: .badInput, row.text) { try descriptor(row.text) })
      XCTAssertEqual(failure.location?.path, "buildpack/buildpack.toml", row.text)
      XCTAssertEqual(failure.location?.line, row.line, "\(row.text): \(failure)")
      XCTAssertTrue(failure.message.contains(row.says), "\(row.text): \(failure)")
    }
  }

  func testTargets() throws {
    var debian = BuildpackTarget(
      Platform("linux/amd64")!, release: "NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n", stack: nil)
    XCTAssertEqual(debian.distribution, "debian")
    XCTAssertEqual(debian.distributionVersion, "12")
    let rows: [(toml: String, fits: Bool)] = [
      ("", true), ("[[targets]]\nos = \"linux\"\n", true), ("[[targets]]\narch = \"arm64\"\n", false),
      ("[[targets]]\nos = \"windows\"\n[[targets]]\nos = \"linux\"\narch = \"amd64\"\n", true),
      ("[[targets]]\n[[targets.distros]]\nname = \"ubuntu\"\n", false),
      ("[[targets]]\n[[targets.distros]]\nname = \"debian\"\n", true),
      ("[[targets]]\n[[targets.distros]]\nname = \"debian\"\nversion = \"11\"\n", false),
      ("[[stacks]]\nid = \"*\"\n", true), ("[[stacks]]\nid = \"io.buildpacks.stacks.jammy\"\n", false),
      ("[[targets]]\nos = \"windows\"\n[[stacks]]\nid = \"*\"\n", true),
    ]
    for row in rows {
      XCTAssertEqual(debian.objection(to: try descriptor(head + row.toml)) == nil, row.fits, row.toml)
    }
    debian.stack = "io.buildpacks.stacks.jammy"
    XCTAssertNil(debian.objection(to: try descriptor(head + "[[stacks]]\nid = \"io.buildpacks.stacks.jammy\"\n")))
    let old = debian.variables(for: BuildpackAPI(major: 0, minor: 9))
    XCTAssertEqual(old, ["CNB_STACK_ID": "io.buildpacks.stacks.jammy"])
    XCTAssertEqual(
      debian.variables(for: .newest),
      [
        "CNB_TARGET_OS": "linux", "CNB_TARGET_ARCH": "amd64", "CNB_TARGET_DISTRO_NAME": "debian",
        "CNB_TARGET_DISTRO_VERSION": "12", "CNB_EXEC_ENV": "production",
      ])
  }

  // MARK: Orders

  private func set(_ files: [String: String]) throws -> BuildpackSet {
    let root = try TemporaryDirectory()
    for (path, text) in files { try root.write(text, to: path, mode: path.contains("bin/") ? 0o755 : 0o644) }
    return try BuildpackSet(root: root.path)
  }

  private func component(_ id: String, at place: String? = nil, version: String = "1") -> [String: String] {
    let place = place ?? id
    return [
      "\(place)/buildpack.toml": "api = \"0.10\"\n[buildpack]\nid = \"\(id)\"\nversion = \"\(version)\"\n",
      "\(place)/bin/detect": "#!/bin/sh\n", "\(place)/bin/build": "#!/bin/sh\n",
    ]
  }

  /// `a b|c`: groups of ids, optional with a question mark.
  private func order(_ text: String) -> String {
    text.split(separator: "|").map { group in
      "[[order]]\n"
        + group.split(separator: " ").map { word in
          "[[order.group]]\nid = \"\(word.filter { $0 != "?" })\"\n" + (word.hasPrefix("?") ? "optional = true\n" : "")
        }.joined()
    }.joined()
  }

  private func composite(_ id: String, _ text: String) -> [String: String] {
    ["\(id)/buildpack.toml": "api = \"0.10\"\n[buildpack]\nid = \"\(id)\"\nversion = \"1\"\n" + order(text)]
  }

  func testOrdersBecomeGroups() throws {
    let abc = ["a", "b", "c"].map { component($0) }.reduce(into: [:]) { $0.merge($1) { $1 } }
    let rows: [(files: [String: String], groups: [String])] = [
      (component("a", at: "."), ["a"]), (abc, ["a b c"]),
      (abc.merging(["order.toml": order("b a|c")]) { $1 }, ["b a", "c"]),
      (abc.merging(composite("x", "c ?a")) { $1 }, ["c a?"]),
      // A nested order takes each of its groups in turn; an optional one is left out last.
      (abc.merging(composite("x", "y c")) { $1 }.merging(composite("y", "a|b")) { $1 }, ["a c", "b c"]),
      (abc.merging(composite("x", "?y c")) { $1 }.merging(composite("y", "a b")) { $1 }, ["a b c", "c"]),
      (
        abc.merging(composite("x", "y|a")) { $1 }.merging(composite("y", "b")) { $1 }.merging([
          "order.toml": order("x c")
        ]) { $1 }, ["b c", "a c"]
      ),
    ]
    for row in rows {
      let groups = try set(row.files).groups.map { group in
        group.map { $0.buildpack.id + ($0.optional ? "?" : "") }.joined(separator: " ")
      }
      XCTAssertEqual(groups, row.groups)
    }
  }

  func testBrokenSets() throws {
    let two = component("a").merging(component("b")) { $1 }
    let rows: [(files: [String: String], path: String, says: String)] = [
      ([:], "buildpack", "there is no buildpack"), (["a/x": ""], "buildpack/a/buildpack.toml", "missing"),
      (component("a").filter { !$0.key.hasSuffix("build") }, "buildpack/a/bin/build", "has no bin/build"),
      (two.merging(["b/extension.toml": ""]) { $1 }, "buildpack/b/extension.toml", "image extension"),
      (two.merging(["order.toml": order("a c")]) { $1 }, "buildpack/order.toml", "names c, which is not here"),
      (two.merging(["order.toml": ""]) { $1 }, "buildpack/order.toml", "names no buildpack"),
      (
        two.merging(["order.toml": "[[order]]\n[[order.group]]\nid = \"a\"\nversion = \"9\"\n"]) { $1 },
        "buildpack/order.toml", "here is 1"
      ),
      (two.merging(composite("x", "a")) { $1 }.merging(composite("y", "b")) { $1 }, "buildpack", "each have an order"),
      (
        two.merging(composite("x", "y")) { $1 }.merging(composite("y", "x")) { $1 }.merging(["order.toml": order("x")])
        { $1 }, "buildpack", "nested deeper"
      ),
      (
        two.merging(["order.toml": order(String(repeating: "x ", count: 9))]) { $1 }.merging(composite("x", "a|b")) {
          $1
        },
        "buildpack", "more than 256 groups"
      ), (["buildpack.toml": head + order("a")], "buildpack/buildpack.toml", "do not lie beside it"),
    ]
    for row in rows {
      let failure = try XCTUnwrap(assertFailure("bad_buildpack", row.says) { try set(row.files) })
      XCTAssertEqual(failure.location?.path, row.path, row.says)
      XCTAssertTrue(failure.message.contains(row.says), failure.message)
    }
  }

  // MARK: Build plans

  private func plan(_ text: String) throws -> BuildPlanFile { try BuildPlanFile(Array(text.utf8), shown: "plan") }

  /// `+a` provides, `-a` requires, `|` begins another alternative, a leading `?` makes it optional.
  private func element(_ index: Int, _ text: String) -> BuildPlanResolution.Element {
    let parts = text.drop { $0 == "?" }.split(separator: "|", omittingEmptySubsequences: false)
    let alternatives = parts.map { part in
      let words = part.split(separator: " ")
      return BuildPlanFile.Alternative(
        provides: words.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) },
        requires: words.filter { $0.hasPrefix("-") }.map { .init(name: String($0.dropFirst()), metadata: [:]) })
    }
    return .init(index: index, optional: text.hasPrefix("?"), plan: BuildPlanFile(alternatives: alternatives))
  }

  func testPlansMeet() throws {
    let rows: [(group: [String], selected: [Int]?, entries: [String])] = [
      ([""], [0], []), (["+a", "-a"], [0, 1], ["a:0"]), (["+a -a"], [0], ["a:0"]), (["-a", "+a"], nil, []),
      (["+a"], nil, []), (["-a"], nil, []), (["?+a", ""], [1], []), (["", "?-a"], [0], []),
      (["+a", "+a", "-a"], [0, 1, 2], ["a:0,1"]), (["+a", "-a", "+a"], nil, []),
      (["+a", "-a", "?+a"], [0, 1], ["a:0"]),
      (["+a", "-a", "-a"], [0, 1, 2], ["a:0", "a:0"]), (["+a|+b", "-b"], [0, 1], ["b:0"]),
      (["+a|", ""], [0, 1], []), (["?+a -x", "?-a", ""], [2], []), (["?+a"], nil, []),
      (["+a|+b|+c", "-a|-c +d", "-c -d"], [0, 1, 2], ["c:0", "c:0", "d:1"]),
    ]
    for row in rows {
      let (found, objections) = try BuildPlanResolution.resolve(row.group.enumerated().map { element($0, $1) })
      XCTAssertEqual(found?.selected, row.selected, "\(row.group): \(objections)")
      let entries = found?.entries.map { entry in
        "\(entry.requirement.name):" + entry.providers.map { "\($0)" }.joined(separator: ",")
      }
      XCTAssertEqual(entries?.sorted() ?? [], row.entries, "\(row.group)")
    }
    let many = (0..<16).map { element($0, "+a|+b|-c") }
    XCTAssertThrowsError(try BuildPlanResolution.resolve(many)) {
      XCTAssertEqual(($0 as? PackRefusal)?.code, "buildpack_plan")
    }
  }

  func testABuildPlanIsRead() throws {
    let found = try plan(
      """
      [[provides]]
      name = "a"
      [[requires]]
      name = "b"
      version = "2"
      [[or]]
      [[or.requires]]
      name = "c"
      [or.requires.metadata]
      deep = {x = [1, "y"]}
      """)
    XCTAssertEqual(found.alternatives.count, 2)
    XCTAssertEqual(found.alternatives[0].requires, [.init(name: "b", metadata: ["version": "2"])])
    XCTAssertEqual(found.alternatives[1].requires, [.init(name: "c", metadata: ["deep": ["x": [1, "y"]]])])
    for text in [
      "[[requires]]\n", "[[provides]]\nname = 1\n", "provides = 3\n", "[[requires]]\nname = \"a\"\nmetadata = 3\n",
      "[[requires]]\nname = \"a\"\nversion = \"1\"\n[requires.metadata]\nversion = \"2\"\n",
    ] {
      let failure = assertFailure("bad_toml", text) { try plan(text) }
      XCTAssertNotNil(failure?.location?.line, text)
    }
  }

  /// What is written for a buildpack is read back as it was.
  func testRandomValuesSurviveTOML() throws {
    let seed = Fuzzing.seed(11)
    var random = SeededRandom(seed: seed)
    let pieces = ["a", "B9", "-", "\"", "\\", "\n", "é", " ", ".", "\u{7f}", "\u{1}", "#", "=", "'"]
    func text() -> String {
      (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
    }
    func value(_ depth: Int) -> JSONValue {
      switch Int.random(in: 0..<(depth > 3 ? 4 : 6), using: &random) {
      case 0: .bool(.random(using: &random))
      case 1: .integer(.random(in: .min ... .max, using: &random))
      case 2: .number(Double.random(in: -1e9...1e9, using: &random))
      case 3: .string(text())
      case 4: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) })
      default: object(depth + 1)
      }
    }
    func object(_ depth: Int) -> JSONValue {
      .object(
        (0..<Int.random(in: 0...4, using: &random)).reduce(into: [:]) { table, _ in table[text()] = value(depth) })
    }
    for round in 0..<Fuzzing.rounds(400) {
      let made = object(0)
      let written = TOMLText.write(made)
      let back = JSONValue.object(try TOML.parse(Array(written.utf8), path: "x").json)
      XCTAssertEqual(back, made, "seed \(seed), round \(round):\n\(written)")
    }
  }

  /// Whatever a buildpack writes is read or refused with a line, never a crash.
  func testMutatedFilesAreReadOrRefused() throws {
    let seed = Fuzzing.seed(12)
    var random = SeededRandom(seed: seed)
    let owner = try descriptor(head)
    let texts = [
      head + "[[order]]\n[[order.group]]\nid = \"x\"\n[[targets]]\nos = \"linux\"\n",
      "[[processes]]\ntype = \"web\"\ncommand = [\"a\"]\nargs = [\"b\"]\ndefault = true\n[[labels]]\nkey = \"a\"\nvalue = \"b\"\n",
      "[types]\nlaunch = true\nbuild = false\n[metadata]\nx = {y = [1, 2]}\n", "[[unmet]]\nname = \"a\"\n",
      "[[provides]]\nname = \"a\"\n[[or]]\n[[or.requires]]\nname = \"b\"\n",
    ]
    for round in 0..<Fuzzing.rounds(300) {
      var bytes = Array(texts.randomElement(using: &random)!.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes.randomElement(using: &random)!, at: place)
        }
      }
      let readers: [() throws -> Void] = [
        { _ = try BuildpackDescriptor(bytes, place: "", shown: "f") }, { _ = try LaunchFile(bytes, of: owner) },
        { _ = try LayerFile(bytes, shown: "f") }, { _ = try UnmetFile(bytes, shown: "f") },
        { _ = try BuildPlanFile(bytes, shown: "f") },
      ]
      for (index, read) in readers.enumerated() {
        do {
          try read()
        } catch let failure as Failure {
          XCTAssertNotNil(failure.location?.line, "seed \(seed), round \(round), reader \(index): \(failure)")
        }
      }
    }
  }
}
