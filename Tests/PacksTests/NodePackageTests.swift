import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// Packages: what locks say of manifests, and what npm installs from a cache without a registry.
final class NodePackageTests: XCTestCase {
  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }
  private let manifest = "{\n\"dependencies\": {\"greet\": \"^1.0.0\"},\n\"scripts\": {\"start\": \"node server.js\"}}"

  func testLocks() throws {
    let npm = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"greet\": \"RANGE\"}}}}"
    let old = "{\"lockfileVersion\": 1, \"dependencies\": {\"NAME\": {\"version\": \"1.0.0\"}}}"
    let pnpm =
      "lockfileVersion: '9.0'\nimporters:\n\n  .:\n    dependencies:\n      greet:\n        specifier: RANGE\n        version: 1.0.0\n"
    let flat = "lockfileVersion: 5.3\n\nspecifiers:\n  greet: RANGE\n\ndependencies:\n  greet: 1.0.0\n"
    let yarn = "# yarn lockfile v1\n\ngreet@RANGE:\n  version \"1.0.0\"\n"
    let berry = "__metadata:\n  version: 6\n\n\"greet@npm:RANGE\":\n  version: 1.0.0\n"
    let rows: [(name: String, text: String)] = [
      ("package-lock.json", npm), ("package-lock.json", old.replacing("NAME", with: "greet")), ("pnpm-lock.yaml", pnpm),
      ("pnpm-lock.yaml", flat), ("yarn.lock", yarn), ("yarn.lock", berry),
    ]
    for row in rows {
      for (range, fits) in [("^1.0.0", true), ("^2.0.0", false)] {
        let text =
          fits
          ? row.text.replacing("RANGE", with: range)
          : row.text.replacing("RANGE", with: range).replacing("\"greet\": {\"version", with: "\"other\": {\"version")
        let bench = try project(["package.json": manifest, "server.js": "", row.name: text])
        let found = try NodeProject(ProjectFiles(root: bench.project))
        let manager: NodePackages.Manager =
          row.name.hasPrefix("pnpm")
          ? .pnpm : row.name.hasPrefix("yarn") ? (text.contains("__meta") ? .berry : .yarn) : .npm
        let problem = try NodeLockCheck(found.files, row.name, manager, "").problem([try XCTUnwrap(found.root)], found)
        XCTAssertEqual(problem == nil, fits, "\(row.name) \(range)")
        if let problem { XCTAssertEqual("\(problem.location)", "package.json:2:18", row.name) }
      }
    }
  }

  func testMissingAndAmbiguousLocksAreRefused() throws {
    let rows: [(files: [String: String], code: String, hint: String)] = [
      ([:], "lock_missing", "npm install --package-lock-only"),
      (["package-lock.json": "{\"packages\": {\"\": {}}}"], "lock_outdated", "npm install --package-lock-only"),
      (["package-lock.json": "{}", "yarn.lock": ""], "lock_ambiguous", "packageManager"),
      (["bun.lockb": ""], "lock_missing", "npm install"),
    ]
    for row in rows {
      let bench = try project(row.files.merging(["package.json": manifest, "server.js": ""]) { $1 })
      let found = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(found.code, row.code)
      XCTAssertEqual(found.exit, .lock, row.code)
      XCTAssertTrue(found.hint?.contains(row.hint) ?? false, found.hint ?? "no hint")
    }
  }

  func testDamagedLocksNeverCrash() throws {
    let seed = Fuzzing.seed(3)
    var random = SeededRandom(seed: seed)
    let text = Array(
      "importers:\n\n  .:\n    dependencies:\n      '@a/b':\n        specifier: ^1\npackages:\n\n\"x@npm:1\", y@2:\n"
        .utf8)
    for _ in 0..<Fuzzing.rounds(2000) {
      var bytes = text
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = [0x0a, 0x20, 0x3a, 0x22, 0x27, 0x2c].randomElement(
          using: &random)!
      }
      let damaged = String(decoding: bytes, as: UTF8.self)
      XCTAssertLessThan(PNPMLock(damaged).specifiers.count, 4, "seed \(seed)")
      XCTAssertLessThan(YarnLock(damaged).keys.count, 40, "seed \(seed)")
    }
  }

  /// Packages as archives in npm's own cache; the lock that goes with them.
  private func pack(_ bench: Workbench, _ name: String, _ files: [String: String]) throws -> String {
    for (path, text) in files { try bench.write(text, "made/\(name)/\(path)") }
    try bench.write(
      "{\"name\": \"\(name)\", \"version\": \"1.0.0\", \"bin\": {\"\(name)\": \"cli.js\"}}", "made/\(name)/package.json"
    )
    let environment = ["npm_config_cache": "\(bench.root)/npm-cache", "HOME": "\(bench.root)/home"]
    _ = try Tools.output("npm", ["pack", "--silent", "./\(name)"], in: bench.root / "made", environment: environment)
    _ = try Tools.output(
      "npm", ["cache", "add", "./\(name)-1.0.0.tgz"], in: bench.root / "made", environment: environment)
    let hash = try Tools.output(
      "node",
      [
        "-p",
        "require('crypto').createHash('sha512').update(require('fs').readFileSync('\(name)-1.0.0.tgz')).digest('base64')",
      ],
      in: bench.root / "made")
    return "{\"version\": \"1.0.0\", \"resolved\": \"https://registry.npmjs.org/\(name)/-/\(name)-1.0.0.tgz\", "
      + "\"bin\": {\"\(name)\": \"cli.js\"}, \"integrity\": \"sha512-\(hash.filter { $0 != "\n" })\"DEV}"
  }

  func testNpmInstallsFromACacheAndTheBuildRuns() throws {
    _ = try Tools.require("npm")
    let groups = "\"dependencies\": {\"greet\": \"^1.0.0\"}, \"devDependencies\": {\"maker\": \"^1.0.0\"}"
    let bench = try project([
      "package.json":
        "{\"name\": \"shop\", \(groups), \"scripts\": {\"build\": \"maker\", \"start\": \"node dist/a.js\"}}",
      "src/a.ts": "listen(process.env.PORT || 4500)",
    ])
    let greet = try pack(bench, "greet", ["index.js": "module.exports = 'hello'", "cli.js": ""])
    let made =
      "const fs = require('fs'); fs.mkdirSync('dist'); fs.writeFileSync('dist/a.js', \"console.log(require('greet'))\");"
      + "fs.mkdirSync('node_modules/.client'); fs.writeFileSync('node_modules/.client/x.js', '')"
    let maker = try pack(bench, "maker", ["cli.js": "#!/usr/bin/env node\n\(made)\n"])
    try bench.write(
      "{\"lockfileVersion\": 3, \"packages\": {\"\": {\(groups)}, \"node_modules/greet\": \(greet.replacing("DEV", with: "")), "
        + "\"node_modules/maker\": \(maker.replacing("DEV", with: ", \"dev\": true"))}}", "project/package-lock.json")
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(plan.steps.map(\.id), ["build-packages", "packages", "build"])
    XCTAssertEqual(plan.steps.map(\.network), [true, true, false])
    XCTAssertEqual(plan.decision("packages"), "by hash ← package-lock.json")
    XCTAssertEqual(plan.decision("port"), "4500 ← src/a.ts:1")
    XCTAssertEqual(plan.artifacts.map(\.layer), [.dependencies, .application])
    let offline = ["npm_config_cache": "\(bench.root)/npm-cache", "npm_config_offline": "true"]
    for step in plan.steps {
      let result = try bench.run(step, pack: "node", more: step.network ? offline : [:])
      XCTAssertTrue(result.succeeded, "\(step.id): \(result.errorText)")
    }
    func names(_ path: String) throws -> [String] {
      try DirectoryWalk.names(in: bench.root / path).map { String(decoding: $0, as: UTF8.self) }
    }
    XCTAssertEqual(try names("work/packages/node_modules"), [".bin", "greet"])
    XCTAssertEqual(try names("work/build-packages/node_modules"), [".bin", "greet", "maker"])
    XCTAssertEqual(try names("work/packages"), ["node_modules"])
    XCTAssertEqual(
      try names("work/app/node_modules"), [".client"], "what the build made for the program, and nothing else")
    XCTAssertTrue(FileSystem.exists(bench.root / "work/app/dist/a.js"))
  }

  func testCommittedPackagesAreTakenAsTheyAre() throws {
    var files = [
      "package.json": manifest, "server.js": "require('greet')",
      "node_modules/greet/package.json": "{\"name\": \"greet\"}",
      "node_modules/greet/index.js": "",
    ]
    let bench = try project(files)
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(plan.decision("packages"), "as they are in the project ← node_modules")
    XCTAssertEqual(plan.steps.count, 0)
    XCTAssertEqual(plan.artifacts.first?.path, "${source}/node_modules")
    XCTAssertEqual(plan.artifacts.first?.role, .foreign)
    files["package.json"] = manifest.replacing("\"greet\"", with: "\"lost\"")
    let incomplete = try project(files)
    XCTAssertEqual(try failure { try incomplete.plan(incomplete.input()) }.code, "lock_packages_incomplete")
    files[".gitignore"] = "node_modules/\n"
    let ignored = try project(files)
    XCTAssertEqual(try failure { try ignored.plan(ignored.input()) }.code, "lock_missing")
  }
}
