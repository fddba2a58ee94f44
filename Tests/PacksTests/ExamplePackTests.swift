import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Packs

/// The packs of examples/packs, which are not Swift's: what they find, check, choose and refuse.
final class ExamplePackTests: XCTestCase {
  private let packs = Repository.root / "examples/packs"

  private func bench(_ tool: String) throws -> Workbench {
    let path = try Tools.require(tool)
    let bench = try Workbench()
    bench.environment["PATH"] = "\(path.parent):/usr/bin:/bin"
    return bench
  }

  private func plan(_ bench: Workbench, app: String? = nil, mode: BuildMode = .release) throws -> BuildPlan {
    let host = bench.host(packs: packs)
    let project = bench.input(app: app, mode: mode)
    return try host.plan(host.choose(project, in: host.load()).pack, for: project)
  }

  private func refusal(_ bench: Workbench, app: String? = nil) throws -> String {
    let found = try failure { try plan(bench, app: app) }
    return "\(found.code) \(found.location.map(\.description) ?? "-")"
  }

  private func empty(_ bench: Workbench) throws {
    try FileSystem.removeTree(bench.project)
    try FileSystem.createDirectory(bench.project)
  }

  /// What all packs in one language do the same is what `packc pack new` writes.
  func testTheirPlumbingIsThatOfTheTemplates() throws {
    for (pack, file) in [("40-php", "python/lib/protocol.py"), ("40-zig", "sh/lib/protocol.sh")] {
      let template = Repository.root / "templates/pack" / file
      XCTAssertEqual(
        try FileSystem.read(packs / pack / "lib" / template.name), try FileSystem.read(template), "\(pack): \(file)")
      let lines = try FileSystem.read(packs / pack / "bin/pack").count { $0 == 0x0a }
      XCTAssertLessThan(lines, 150, pack)
    }
  }

  func testPHP() throws {
    let bench = try bench("php")
    try bench.write("<?php echo 1;", "project/public/index.php")
    XCTAssertEqual(try plan(bench).decisions.first { $0.what == "program" }?.value, "public/index.php")
    try bench.write(#"{"require": {"php": "^7.4 || >=8.0 <9", "ext-ctype": "*"}}"#, "project/composer.json")
    let whole = try plan(bench)
    XCTAssertEqual(Array(whole.entrypoint.suffix(4)), ["-S", "0.0.0.0:8080", "-t", "/app/public"])
    XCTAssertEqual(whole.steps.map(\.id), ["check"])
    XCTAssertTrue(whole.runtime.trees.contains { $0.path.name == "ctype.so" })
    let rows: [(composer: String, refusal: String)] = [
      ("{\"require\": {\n  \"php\": \"^8.1\",\n}}", "composer_json composer.json:3:1"),
      ("{\"require\": {\n  \"php\": 8\n}}", "composer_json composer.json:2"),
      ("[]", "composer_json composer.json"),
      (#"{"require": {"php": ">=9.9"}}"#, "toolchain_version composer.json"),
      (#"{"require": {"php": "5.6.*"}}"#, "toolchain_version composer.json"),
      (#"{"require": {"ext-telepathy": "*"}}"#, "toolchain_version composer.json"),
      (#"{"require": {"some/package": "^1"}}"#, "lock_missing composer.json"),
    ]
    for row in rows {
      try bench.write(row.composer, "project/composer.json")
      XCTAssertEqual(try refusal(bench), row.refusal, row.composer)
    }
    try bench.write("<?php", "project/vendor/autoload.php")
    let committed = try plan(bench)
    XCTAssertEqual(
      committed.artifacts.first { $0.destination.absolute == "/app/vendor" }?.layer, .dependencies)
    try bench.write("/vendor/\n", "project/.gitignore")
    XCTAssertEqual(try refusal(bench), "lock_missing composer.json", "what is ignored is not in the copy")
    try bench.write(#"{"require": {"php": ">=9.9"}}"#, "project/composer.json")
    XCTAssertEqual(try plan(bench, mode: .debug).steps.map(\.id), ["check"])
    XCTAssertTrue(bench.told.contains { $0.contains("php >=9.9") }, "\(bench.told)")
    try bench.write("{}", "project/composer.json")
    try bench.write("<?php", "project/web/index.php")
    XCTAssertTrue(try refusal(bench).hasPrefix("several_"), "public and web are equal")
    XCTAssertEqual(try plan(bench, app: "web").entrypoint.last, "/app/web")
    XCTAssertEqual(try refusal(bench, app: "../web"), "program_missing -")
  }

  func testZig() throws {
    let bench = try bench("zig")
    func build(_ names: String...) -> String {
      "const std = @import(\"std\");\npub fn build(b: *std.Build) void {\n"
        + names.map { "    _ = b.addExecutable(.{ .name = \($0) });\n" }.joined()
        + "    _ = b.standardTargetOptions(.{});\n}\n"
    }
    try bench.write(build("\"one\""), "project/build.zig")
    let plan = try plan(bench)
    XCTAssertEqual(plan.entrypoint, ["/app/one"])
    XCTAssertEqual(plan.decisions.first?.source, "build.zig:3 (the only executable)")
    XCTAssertEqual(plan.steps.map(\.id), ["build"])
    XCTAssertTrue(plan.steps[0].argv.contains("-Dcpu=baseline"), "not the builder's own processor")
    try bench.write(build("\"one\"", "\"two\""), "project/build.zig")
    XCTAssertEqual(try failure { try self.plan(bench) }.exit, .severalCandidates)
    XCTAssertEqual(try self.plan(bench, app: "two").entrypoint, ["/app/two"])
    XCTAssertEqual(try refusal(bench, app: "three"), "program_missing -")
    try bench.write(build("b.fmt(\"x{d}\", .{1})"), "project/build.zig")
    XCTAssertEqual(try refusal(bench), "program_unknown build.zig:3")
    XCTAssertEqual(try self.plan(bench, app: "named").entrypoint, ["/app/named"])
    try bench.write("pub fn build(b: anytype) void {\n  const\n}\n", "project/build.zig")
    XCTAssertEqual(try refusal(bench), "bad_manifest build.zig:2")
    try bench.write(build("\"one\""), "project/build.zig")
    let rows: [(zon: String, refusal: String)] = [
      (".{\n    .name = \n}\n", "bad_manifest build.zig.zon:2"),
      (".{\n    .minimum_zig_version = \"99.0.0\",\n}\n", "toolchain_version build.zig.zon:2"),
      (
        ".{\n    .dependencies = .{ .a = .{\n        .url = \"https://example.com/a.tar.gz\",\n    } },\n}\n",
        "lock_missing build.zig.zon:3"
      ),
    ]
    for row in rows {
      try bench.write(row.zon, "project/build.zig.zon")
      XCTAssertEqual(try refusal(bench), row.refusal, row.zon)
    }
    let hash = "        .url = \"https://example.com/a.tar.gz\",\n        .hash = \"1220aa\",\n"
    try bench.write(".{\n    .dependencies = .{ .a = .{\n\(hash)    } },\n}\n", "project/build.zig.zon")
    XCTAssertEqual(try self.plan(bench).steps.map(\.network), [true, false])
  }

  func testWithoutTheirToolTheySayHowToGetIt() throws {
    let rows: [(file: String, text: String)] = [
      ("index.php", "<?php"), ("build.zig", "_ = b.addExecutable(.{ .name = \"x\" });"),
    ]
    for row in rows {
      let bench = try Workbench()
      let bin = bench.root / "bin"
      try FileSystem.createDirectory(bin)
      for tool in ["sh", "cat", "sed", "tr", "wc", "awk", "grep", "head", "cut", "paste", "sort", "readlink"] {
        try FileSystem.createLink(bin / HostPath(tool), to: try Tools.require(tool).bytes)
      }
      bench.environment["PATH"] = bin.description
      try bench.write(row.text, "project/\(row.file)")
      let found = try failure { try plan(bench) }
      XCTAssertEqual(found.exit, .toolchain, "\(row.file): \(found)")
      XCTAssertTrue(found.hint?.contains("install") ?? false, "\(row.file): \(found)")
    }
  }
}
