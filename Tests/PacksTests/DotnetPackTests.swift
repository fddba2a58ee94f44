import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The dotnet pack against a scripted `dotnet`: no SDK is on the machines of these tests.
final class DotnetPackTests: XCTestCase {
  private func project(
    _ properties: String = "<TargetFramework>net8.0</TargetFramework><OutputType>Exe</OutputType>", sdk: String = "",
    items: String = ""
  ) -> String {
    "<Project Sdk=\"Microsoft.NET.Sdk\(sdk)\">\n<PropertyGroup>\n\(properties)\n</PropertyGroup>\n"
      + "<ItemGroup>\n\(items)\n</ItemGroup>\n</Project>\n"
  }
  private var web: String { project("<TargetFramework>net8.0</TargetFramework>", sdk: ".Web") }
  private var library: String { project("<TargetFramework>net8.0</TargetFramework>") }

  private func bench(_ files: [String: String], sdks: [String] = ["8.0.404"]) throws -> Workbench {
    let bench = try Workbench()
    try ScriptedDotnet.write(to: bench.root / "dotnet", sdks: sdks)
    bench.environment["PATH"] = "\(bench.root)/dotnet/bin:/usr/local/bin:/usr/bin:/bin"
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }

  // MARK: Detection

  func testWhichProgram() throws {
    let tests = project(items: "<PackageReference Include=\"xunit\" Version=\"2.9.0\" />")
    let worker = project("<TargetFramework>net8.0</TargetFramework>", sdk: ".Worker")
    let rows: [(what: String, files: [String: String], app: String?, expected: String)] = [
      ("the only one", ["a.csproj": project()], nil, "a.csproj"),
      ("F#", ["src/A/A.fsproj": project(), "src/B/B.fsproj": library], nil, "src/A/A.fsproj"),
      ("tests do not count", ["src/A/A.csproj": web, "test/A.Tests/A.Tests.csproj": tests], nil, "src/A/A.csproj"),
      ("tools do not count", ["src/A/A.csproj": project(), "tools/G/G.csproj": project()], nil, "src/A/A.csproj"),
      ("the root", ["A.csproj": project(), "B/B.csproj": web], nil, "A.csproj"),
      ("the only web", ["A/A.csproj": project(), "B/B.csproj": web], nil, "B/B.csproj"),
      (
        "no client", ["Server/Server.csproj": project(), "Client/Client.csproj": project()], nil, "Server/Server.csproj"
      ),
      (
        "named as the solution",
        [
          "Shop.slnx": "<Solution><Project Path=\"Shop/Shop.csproj\"/><Project Path=\"Jobs/Jobs.csproj\"/></Solution>",
          "Shop/Shop.csproj": web, "Jobs/Jobs.csproj": worker,
        ], nil, "Shop/Shop.csproj"
      ),
      ("by directory", ["A/A.csproj": web, "B/B.csproj": web], "B/", "B/B.csproj"),
      ("by file", ["A/A.csproj": web, "B/B.csproj": web], "./A/A.csproj", "A/A.csproj"),
      ("by name", ["src/A/A.csproj": web, "src/B/B.csproj": web], "B", "src/B/B.csproj"),
      (
        "Directory.Build.props makes it one",
        [
          "Directory.Build.props": "<Project><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>",
          "A/A.csproj": library,
        ], nil, "A/A.csproj"
      ),
      (
        "the props above the nearest, as Microsoft's documentation joins them",
        [
          "Directory.Build.props": "<Project><PropertyGroup><Kind>Exe</Kind></PropertyGroup></Project>",
          "src/Directory.Build.props":
            "<Project><Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', "
            + "'$(MSBuildThisFileDirectory)../'))\" /><PropertyGroup><OutputType>$(Kind)</OutputType></PropertyGroup></Project>",
          "src/A/A.csproj": library,
        ], nil, "src/A/A.csproj"
      ),
    ]
    for row in rows {
      let bench = try bench(row.files)
      let files = ProjectFiles(root: bench.project)
      let programs = DotnetPrograms(all: try DotnetProjects(DotnetSearch(files), files), name: nil)
      XCTAssertEqual(try programs.choose(app: row.app).project.path, row.expected, row.what)
      XCTAssertEqual(try bench.choose(bench.input(app: row.app)).pack.name, "dotnet", row.what)
    }
  }

  func testSeveralProgramsAreListed() throws {
    let bench = try bench(["src/A/A.csproj": web, "src/B/B.csproj": web, "src/C/C.csproj": library])
    let found = try failure { try bench.choose(bench.input()) }
    XCTAssertEqual(found.exit, .severalCandidates)
    XCTAssertTrue(found.message.contains("src/A: src/A/A.csproj: a web application"), found.message)
    XCTAssertFalse(found.message.contains("src/C"), found.message)
    let none = try failure { try bench.plan(bench.input(app: "Z")) }
    XCTAssertEqual(none.code, "no_such_program")
    XCTAssertEqual(none.hint, "there are: src/A, src/B")
    let named = try bench.plan(bench.input(config: ["options": ["app": "src/B"]]))
    XCTAssertEqual(named.decision("program"), "/app/B ← src/B/B.csproj (asked for)")
  }

  func testWhatItIsInAProject() throws {
    let rows: [(what: String, files: [String: String], role: String?, confidence: Int)] = [
      ("a program", ["a.csproj": project()], "program", 90), ("a library", ["a.csproj": library], "library", 40),
      ("source alone", ["a.cs": "class A {}"], "program", 30),
      ("beside a Node project", ["a.csproj": web, "package.json": "{}"], "program", 90),
      ("bindings of a Rust crate", ["Cargo.toml": "[package]", "bindings/cs/b.csproj": library], "supporting", 40),
      ("one service of several", ["src/a/a.csproj": web, "src/b/go.mod": "module b"], nil, 0),
      ("a solution of C++", ["a.sln": "Microsoft Visual Studio Solution File, Format Version 12.00\n"], nil, 0),
      ("an example of a Node package", ["package.json": "{}", "examples/a/a.csproj": project()], "supporting", 40),
    ]
    for row in rows {
      let bench = try bench(row.files)
      let answer = try DotnetPack(files: ProjectFiles(root: bench.project)).detect(bench.request("detect"))
      XCTAssertEqual(answer?.role.rawValue, row.role, row.what)
      XCTAssertEqual(answer?.confidence ?? 0, row.confidence, row.what)
    }
  }

  func testBrokenManifestsAreNamedWithTheirLine() throws {
    let rows: [(files: [String: String], place: String)] = [
      (["a.csproj": "<Project>\n<PropertyGroup>\n</Project>"], "a.csproj:3:3"),
      (["a.csproj": "<Solution/>"], "a.csproj:1:1"),
      (["a.csproj": project(), "Directory.Build.props": "<Project>\n<"], "Directory.Build.props:2:1"),
      (["a.sln": "not a solution\n", "a.csproj": project()], "a.sln:1"),
      (["a.csproj": project(), "global.json": "{\"sdk\": 1"], "global.json:1:10"),
    ]
    for row in rows {
      let bench = try bench(row.files)
      for found in [try failure { try bench.choose(bench.input()) }, try failure { try bench.plan(bench.input()) }] {
        XCTAssertEqual(found.location?.description, row.place, found.description)
      }
    }
  }

  func testWhatCannotBeBuiltIsSaid() throws {
    let old = """
      <Project ToolsVersion="15.0" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
      <PropertyGroup><OutputType>Exe</OutputType><TargetFrameworkVersion>v4.7.2</TargetFrameworkVersion></PropertyGroup>
      </Project>
      """
    func target(_ text: String, _ more: String = "") -> String {
      project("<OutputType>Exe</OutputType>\n<TargetFramework>\(text)</TargetFramework>\(more)")
    }
    let rows: [(file: String, code: String, words: String, line: Int?)] = [
      (old, "framework_unsupported", "runs on Windows only", 2),
      (target("net48"), "framework_unsupported", "runs on Windows only", 4),
      (target("netcoreapp3.1"), "framework_unsupported", "out of support", 4),
      (target("net8.0-windows"), "framework_unsupported", "for windows only", 4),
      (target("$(Mystery)"), "no_framework", "only MSBuild can work out", 4),
      (target("net$(BundledNETCoreAppTargetFrameworkVersion)"), "no_framework", "only MSBuild can work out", 4),
      (target("net8.0-windows", "\n<UseWPF>true</UseWPF>"), "desktop_program", "UseWPF", 5),
      (target("net10.0"), "toolchain_version", "needs the SDK 10.0 or later, and the host has 8.0.404", 4),
      (library, "no_program", "a.csproj is a library", nil),
      (
        project("<TargetFramework>net8.0</TargetFramework>", sdk: ".BlazorWebAssembly"), "static_site",
        "runs in the browser", nil
      ),
    ]
    for row in rows {
      let bench = try bench(["a.csproj": row.file])
      let found = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(found.code, row.code, found.description)
      XCTAssertTrue(found.message.contains(row.words), found.description)
      XCTAssertEqual(found.location?.line, row.line, found.description)
      XCTAssertNotNil(found.hint)
    }
  }

  // MARK: The SDK

  func testTheSDKIsTheOneThatDotnetWouldTake() throws {
    let sdks = ["6.0.425", "8.0.404", "9.0.100"]
    let bench = try bench(["a.csproj": project()], sdks: sdks)
    XCTAssertEqual(
      try bench.plan(bench.input()).decision("dotnet version"),
      "9.0.100 ← the host's latest SDK; no global.json names one")
    try bench.write("{\n\"sdk\": {\"version\": \"8.0.400\"}}", "project/global.json")
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(
      plan.decision("dotnet version"), "8.0.404 ← global.json:2 asks for 8.0.400 (rollForward latestPatch)")
    XCTAssertEqual(plan.toolchains.map(\.name), ["dotnet-sdk"])
    XCTAssertEqual(plan.toolchains[0].path, bench.root / "dotnet/bin/sdk/8.0.404/dotnet.dll")
    try bench.write("{\n\"sdk\": {\"version\": \"8.0.500\"}}", "project/global.json")
    let found = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(found.exit, .toolchain)
    XCTAssertEqual(found.location?.description, "global.json:2")
    XCTAssertEqual(found.hint?.contains("\"rollForward\": \"latestMajor\""), true, found.hint ?? "")
    try bench.write("{\"sdk\": {\"version\": \"9.0.400\"}}", "project/global.json")
    let newest = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(newest.hint?.contains("rollForward"), false, "no policy goes back: \(newest.hint ?? "")")
    try bench.write("{\n\"sdk\": {\"version\": \"8.0.500\"}}", "project/global.json")
    // In debug it is built with another one, and `dotnet` is told so.
    let debug = try bench.plan(bench.input(mode: .debug))
    XCTAssertTrue(bench.told.contains { $0.contains("global.json asks for the SDK 8.0.500") }, "\(bench.told)")
    XCTAssertEqual(
      debug.unresolved?.step.files["${source}/global.json"],
      "{\"sdk\":{\"rollForward\":\"disable\",\"version\":\"9.0.100\"}}\n")
    try bench.write("{\"sdk\": {\"version\": \"6.0.400\"}}", "project/global.json")
    let pinned = try failure { try bench.plan(bench.input()) }
    XCTAssertTrue(pinned.message.contains("global.json chooses 6.0.425"), pinned.message)
  }

  func testAMissingSDK() throws {
    let bench = try bench(["a.csproj": project()], sdks: [])
    XCTAssertEqual(try failure { try bench.plan(bench.input()) }.message.contains("has no SDK, only a runtime"), true)
    bench.environment["PATH"] = "/nonexistent"
    let found = try failure { try bench.plan(bench.input(), pack: "dotnet") }
    XCTAssertEqual(found.exit, .toolchain, found.description)
  }
}

extension Workbench {
  /// A request as packc writes it, for calling a pack in this process.
  func request(_ phase: String) throws -> PackRequest {
    let request: JSONValue = [
      "protocol": "1.0", "request_id": "1", "phase": .string(phase), "project": ["root": "."], "mode": "release",
      "target": ["os": "linux", "arch": "amd64", "libc": "glibc"],
      "io": ["response": JSONValue(root / "r"), "work_dir": JSONValue(root), "cache_dir": JSONValue(root)],
    ]
    return try PackRequest(CanonicalJSON.encode(request))
  }
}
