import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// A package manager that ends with code 0 is believed only when the packages are there.
final class NodeInstalledTests: XCTestCase {
  private let greet = "{\"name\": \"greet\", \"version\": \"1.0.0\"}"

  /// Runs packages.mjs on `project` with a tool that leaves `left` and ends with 0. A text that begins with `-> ` is a
  /// link, and a path that ends with a slash an empty directory.
  private func install(
    _ manager: String, _ project: [String: String], _ left: [String: String], production: Bool = false
  ) throws -> CommandResult {
    let bench = try Workbench()
    try FileSystem.createDirectory(bench.root / "left")
    for (path, text) in project { try bench.write(text, "project/\(path)") }
    for (path, text) in left {
      let target = bench.root / "left" / path
      if path.hasSuffix("/") {
        try FileSystem.createDirectory(target)
      } else if text.hasPrefix("-> ") {
        try FileSystem.createDirectory(target.parent)
        try FileSystem.createLink(target, to: Array(text.utf8.dropFirst(3)))
      } else {
        try bench.write(text, "left/\(path)")
      }
    }
    let manifests = project.keys.filter { $0.hasSuffix("package.json") }.sorted()
    return try Tools.run(
      "node",
      [
        "\(Workbench.firstParty)/40-node/lib/packages.mjs", "\(bench.project)", "\(bench.root)/work/packages", "--",
        "/bin/cp", "-R", "\(bench.root)/left/.", ".",
      ],
      environment: [
        "INPUTS": project.keys.sorted().joined(separator: "\n"), "MANIFESTS": manifests.joined(separator: "\n"),
        "MANAGER": manager, "PRODUCTION": production ? "1" : "", "TMPDIR": "/tmp",
      ])
  }

  private typealias Row = (
    name: String, project: [String: String], left: [String: String], production: Bool, missing: String?
  )

  private func check(_ manager: String, _ rows: [Row], line: UInt = #line) throws {
    for row in rows {
      let result = try install(manager, row.project, row.left, production: row.production)
      XCTAssertEqual(result.succeeded, row.missing == nil, "\(row.name): \(result.errorText)", line: line)
      guard let missing = row.missing else { continue }
      XCTAssertTrue(
        result.errorText.contains("did not install \(missing)\n"), "\(row.name): \(result.errorText)", line: line)
      XCTAssertTrue(result.errorText.contains("HTTPS_PROXY"), row.name, line: line)
    }
  }

  func testNpm() throws {
    let manifest = "{\"dependencies\": {\"greet\": \"1\"}, \"devDependencies\": {\"maker\": \"1\"}}"
    let lock = """
      {"lockfileVersion": 3, "packages": {"": {"dependencies": {"greet": "1"}},
       "node_modules/greet": {"version": "1.0.0", "optionalDependencies": {"fast": "1", "far": "1"}},
       "node_modules/greet/node_modules/@a/b": {}, "node_modules/maker": {"dev": true},
       "node_modules/fast": {"optional": true, "os": ["linux"], "engines": {"node": "ENGINE"}},
       "node_modules/far": {"optional": true, "os": ["!linux"]}, "node_modules/nan": {"optional": true},
       "node_modules/old": {"dev": true, "optional": true, "os": ["linux"]},
       "node_modules/peer": {"peer": true}, "node_modules/in": {"inBundle": true},
       "node_modules/member": {"resolved": "member", "link": true}, "member": {}}}
      """
    let unlimited = lock.replacing(", \"engines\": {\"node\": \"ENGINE\"}", with: "")
    let files = ["package.json": manifest, "package-lock.json": unlimited]
    let whole = [
      "node_modules/greet/package.json": greet, "node_modules/greet/node_modules/@a/b/package.json": greet,
      "node_modules/fast/package.json": greet, "node_modules/maker/package.json": greet,
    ]
    func without(_ names: String...) -> [String: String] {
      whole.filter { entry in !names.contains { entry.key.contains($0) } }
    }
    let old = "{\"lockfileVersion\": 1, \"dependencies\": {\"greet\": {\"dependencies\": {\"in\": {}}}}}"
    let noted = "{\"packages\": {\"node_modules/greet\": {}, \"node_modules/in\": {}}}"
    try check(
      "npm",
      [
        ("whole", files, whole, false, nil),
        ("production", files, without("maker"), true, nil),
        ("devDependencies", files, without("maker"), false, "maker"),
        ("nothing", files, [:], true, "greet, node_modules/greet/node_modules/@a/b"),
        (
          "empty directories", files, ["node_modules/greet/": "", "node_modules/maker/": ""], false,
          "greet, maker, node_modules/greet/node_modules/@a/b"
        ),
        (
          "an empty file", files, without("greet/package").merging(["node_modules/greet/package.json": ""]) { $1 },
          false, "greet"
        ),
        ("inside", files, without("@a"), false, "node_modules/greet/node_modules/@a/b"),
        ("optional for this host", files, without("fast"), false, "fast"),
        (
          "optional, of a range that nobody reads",
          files.merging(["package-lock.json": lock]) { $1 }, without("fast"), false, nil
        ),
        ("settings", files.merging([".npmrc": "omit=optional\n"]) { $1 }, without("fast", "@a"), false, nil),
        ("version 1", files.merging(["package-lock.json": old]) { $1 }, whole, false, "in"),
        (
          "npm's own note", ["package.json": manifest],
          whole.merging(["node_modules/.package-lock.json": noted]) { $1 }, false, "in"
        ),
        ("not even a lock", ["package.json": manifest], ["node_modules/greet/": ""], true, "greet"),
      ])
  }

  func testYarn() throws {
    let manifest = "{\"dependencies\": {\"greet\": \"^1.0\"}, \"devDependencies\": {\"maker\": \"1\"}}"
    let lock = """
      # yarn lockfile v1

      greet@^1.0, greet@^1.1:
        version "1.2.0"
        dependencies:
          "@a/b" ">=1 <3"
        optionalDependencies:
          far "1"

      "@a/b@>=1 <3":
        version "2.0.0"
        dependencies:
          greet "^1.1"

      maker@1:
        version "1.0.0"
      """
    let files = ["package.json": manifest, "yarn.lock": lock]
    let all = [
      "node_modules/greet/package.json": greet, "node_modules/greet/node_modules/@a/b/package.json": greet,
      "node_modules/maker/package.json": greet,
    ]
    let production = all.filter { !$0.key.contains("maker") }
    try check(
      "yarn",
      [
        ("whole", files, all, false, nil), ("production", files, production, true, nil),
        ("devDependencies", files, production, false, "maker"),
        ("below", files, ["node_modules/greet/package.json": greet], true, "@a/b"),
        ("empty", files, production.merging(["node_modules/other/": ""]) { $1 }, true, "other"),
      ])
    let state =
      "\"greet@npm:1.0.0\":\n  locations:\n    - \"node_modules/greet\"\n\"b@1\":\n  locations:\n    - \"node_modules/@a/b\"\n"
    let berry = ["package.json": manifest, "yarn.lock": "__metadata:\n"]
    try check(
      "berry",
      [
        ("no note", berry, production, true, "node_modules/.yarn-state.yml"),
        ("noted", berry, production.merging(["node_modules/.yarn-state.yml": state]) { $1 }, true, "@a/b"),
      ])
  }

  func testPnpm() throws {
    let manifest = "{\"dependencies\": {\"greet\": \"1\", \"gone\": \"1\"}}"
    let lock = "overrides:\n  gone: '-'\nimporters:\n  .:\n    dependencies:\n      greet:\n"
    let files = ["package.json": manifest, "pnpm-lock.yaml": lock]
    let store = "node_modules/.pnpm/greet@1.0.0/node_modules"
    let whole = [
      "node_modules/.modules.yaml": "{}", "node_modules/greet": "-> .pnpm/greet@1.0.0/node_modules/greet",
      "\(store)/greet/package.json": greet, "\(store)/b": "-> ../../b@1/node_modules/b",
      "node_modules/.pnpm/b@1/node_modules/b/package.json": greet,
    ]
    try check(
      "pnpm",
      [
        ("whole", files, whole, true, nil),
        ("a link to nothing", files, whole.filter { !$0.key.contains("b@1") }, true, "\(store)/b"),
        (
          "an empty one",
          files, whole.filter { !$0.key.hasSuffix("greet/package.json") }.merging(["\(store)/greet/": ""]) { $1 }, true,
          "greet, \(store)/greet"
        ),
        (
          "not done", files, whole.filter { !$0.key.contains(".modules") }, true, "node_modules/.modules.yaml"
        ),
      ])
  }

  /// The whole way: npm is found in PATH, and its step fails.
  func testAnNpmThatDoesNothing() throws {
    let node = try Tools.require("node")
    let bench = try Workbench()
    try bench.write(
      """
      #!/bin/sh
      if [ "$1" = --version ]; then echo 10.8.2; exit; fi
      mkdir -p node_modules/greet
      echo 'npm error Exit handler never called!' >&2
      """, "bin/npm", mode: 0o755)
    bench.environment["PATH"] = "\(bench.root)/bin:\(node.parent):/usr/bin:/bin"
    let groups = "\"dependencies\": {\"greet\": \"^1.0.0\"}"
    try bench.write("{\(groups), \"scripts\": {\"start\": \"node server.js\"}}", "project/package.json")
    try bench.write("", "project/server.js")
    try bench.write(
      "{\"lockfileVersion\": 3, \"packages\": {\"\": {\(groups)}, \"node_modules/greet\": {\"version\": \"1.0.0\"}}}",
      "project/package-lock.json")
    let plan = try bench.plan(bench.input())
    let step = try XCTUnwrap(plan.step("packages"))
    XCTAssertTrue(step.inputs.contains("${pack}/lib/installed.mjs"), "another check, another step")
    let result = try bench.run(step, pack: "node")
    XCTAssertFalse(result.succeeded)
    XCTAssertTrue(
      result.errorText.contains("npm ended without an error, but did not install greet"), result.errorText)
  }
}
