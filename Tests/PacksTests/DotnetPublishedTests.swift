import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// A directory that `dotnet publish` left is a program without a build.
final class DotnetPublishedTests: XCTestCase {
  private let aspnet = #"""
    {"runtimeOptions": {"tfm": "net8.0", // comments are allowed
      "frameworks": [{"name": "Microsoft.NETCore.App", "version": "8.0.4"},
                     {"name": "Microsoft.AspNetCore.App", "version": "8.0.4"}]}}
    """#
  private let own =
    #"{"runtimeOptions":{"includedFrameworks":[{"name":"Microsoft.NETCore.App","version":"8.0.4"}],"configProperties":{"System.Globalization.Invariant":false}}}"#

  private func bench(_ files: [String: String], runtimes: [String] = []) throws -> Workbench {
    let bench = try Workbench()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    bench.environment["PATH"] = "\(bench.root)/net:/usr/bin:/bin"
    guard !runtimes.isEmpty else { return bench }
    try bench.write("#!/bin/sh\n", "net/dotnet", mode: 0o755)
    for path in ["host/fxr/8.0.11", "host/fxr/9.0.0"] + runtimes { try bench.write("", "net/\(path)/x.dll") }
    return bench
  }

  func testVersionsAreChosenAsTheHostOfDotnetDoes() throws {
    let installed = ["6.0.30", "8.0.2", "8.0.11", "8.1.0", "9.0.0-rc.1.1", "9.0.1"]
    let rows: [(wanted: String, policy: String?, chosen: String?)] = [
      ("8.0.4", nil, "8.0.11"), ("8.0.12", nil, "8.1.0"), ("7.0.0", nil, nil), ("7.0.0", "Major", "8.0.11"),
      ("8.0.0", "LatestMinor", "8.1.0"), ("6.0.0", "LatestMajor", "9.0.1"), ("8.0.2", "Disable", "8.0.2"),
      ("8.0.3", "Disable", nil), ("8.0.3", "LatestPatch", "8.0.11"), ("9.0.0", nil, "9.0.1"), ("10.0.0", nil, nil),
    ]
    for row in rows {
      let policy = row.policy.map { ",\"rollForward\":\"\($0)\"" } ?? ""
      let text =
        "{\"runtimeOptions\":{\"framework\":{\"name\":\"Microsoft.NETCore.App\",\"version\":\"\(row.wanted)\"}\(policy)}}"
      let bench = try bench(["a.runtimeconfig.json": text, "a.dll": ""])
      let program = try DotnetPublished("a", ProjectFiles(root: bench.project))
      let found = program.choose(try XCTUnwrap(SDKVersion(row.wanted)), among: installed.compactMap { SDKVersion($0) })
      XCTAssertEqual(found?.description, row.chosen, "\(row)")
    }
  }

  func testTheRuntimeOfTheHost() throws {
    let files = ["shop.runtimeconfig.json": aspnet, "shop.dll": "", "appsettings.json": "{}", "shop.pdb": ""]
    let bench = try bench(
      files, runtimes: ["shared/Microsoft.NETCore.App/8.0.11", "shared/Microsoft.AspNetCore.App/8.0.11"])
    let plan = try bench.plan(bench.input())
    XCTAssertTrue(plan.steps.isEmpty)
    XCTAssertEqual(plan.entrypoint, ["/usr/lib/dotnet/dotnet", "/app/shop.dll"])
    XCTAssertEqual(
      plan.runtime.trees.map { "\($0.destination)" },
      [
        "usr/lib/dotnet/dotnet", "usr/lib/dotnet/host/fxr/9.0.0",
        "usr/lib/dotnet/shared/Microsoft.AspNetCore.App/8.0.11", "usr/lib/dotnet/shared/Microsoft.NETCore.App/8.0.11",
      ])
    XCTAssertEqual(plan.ports, ["8080/tcp"])
    XCTAssertEqual(plan.environment["ASPNETCORE_HTTP_PORTS"], "8080")
    XCTAssertTrue(plan.artifacts[0].exclude.contains("**/*.pdb"))
    XCTAssertEqual(
      plan.decision("program"), "dotnet shop.dll ← shop.runtimeconfig.json (what `dotnet publish` left)")
  }

  func testWhatIsRefused() throws {
    let rows: [(files: [String: String], runtimes: [String], code: String, hint: String)] = [
      (
        ["a.runtimeconfig.json": aspnet, "a.dll": ""], [], "toolchain_missing", "apt-get install aspnetcore-runtime-8.0"
      ),
      (
        ["a.runtimeconfig.json": aspnet, "a.dll": ""], ["shared/Microsoft.NETCore.App/8.0.11"], "toolchain_version",
        "aspnetcore-runtime-8.0"
      ),
      (["a.runtimeconfig.json": own, "a.dll": "", "a.exe": "MZ"], [], "wrong_platform", "dotnet publish -r linux-"),
      (
        ["a.runtimeconfig.json": aspnet.replacing("8.0.4", with: "3.1.0"), "a.dll": ""], [], "framework_unsupported",
        "net8.0"
      ),
      (["a.runtimeconfig.json": "{\"runtimeOptions\":{}}", "a.dll": ""], [], "bad_json", ""),
      (["a.runtimeconfig.json": "{\n", "a.dll": ""], [], "bad_json", ""),
      (
        ["a.runtimeconfig.json": aspnet, "a.dll": "", "b.runtimeconfig.json": own, "b.dll": ""], [],
        "several_programs", "--app a"
      ),
      (["a.runtimeconfig.json": aspnet], [], "nothing_detected", ""),
    ]
    for row in rows {
      let bench = try bench(row.files, runtimes: row.runtimes)
      let found = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(found.code, row.code, "\(found)")
      XCTAssertTrue(row.hint.isEmpty || (found.hint ?? "").contains(row.hint), "\(found)")
    }
  }

  func testAProgramWithItsOwnRuntime() throws {
    let bench = try bench(["a.runtimeconfig.json": own, "a.dll": ""])
    var head = [UInt8](repeating: 0, count: 64)
    head.replaceSubrange(0..<4, with: [0x7f, 0x45, 0x4c, 0x46])
    head[18] = Platform.host.architecture == .amd64 ? 62 : 183
    try FileSystem.writeAtomically(head, to: bench.project / "a")
    XCTAssertEqual(try failure { try bench.plan(bench.input()) }.hint, "`chmod +x a`")
    try FileSystem.writeAtomically(head, to: bench.project / "a", mode: 0o755)
    // Invariant is false in the file, so that the host's ICU is wanted; without one, that is the answer.
    do {
      let plan = try bench.plan(bench.input())
      XCTAssertEqual(plan.entrypoint, ["/app/a"])
      XCTAssertTrue(plan.runtime.trees.isEmpty && plan.steps.isEmpty && plan.ports.isEmpty)
      XCTAssertTrue(plan.runtime.libraries.contains { $0.hasPrefix("libicuuc.so") })
    } catch let failure as Failure {
      XCTAssertEqual(failure.code, "icu_missing")
    }
    head[18] = 40
    try FileSystem.writeAtomically(head, to: bench.project / "a")
    XCTAssertEqual(try failure { try bench.plan(bench.input()) }.code, "wrong_platform")
  }

  /// Whatever the file holds, it is read or refused with its place.
  func testMutatedFilesAreReadOrRefused() throws {
    let bench = try bench(["a.dll": ""])
    let files = ProjectFiles(root: bench.project)
    var random = SeededRandom(seed: Fuzzing.seed(41))
    for _ in 0..<Fuzzing.rounds(300) {
      var bytes = Array([aspnet, own].randomElement(using: &random)!.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0x20...0x7e, using: &random)
      }
      try FileSystem.writeAtomically(bytes, to: bench.project / "a.runtimeconfig.json", durable: false)
      do {
        let program = try DotnetPublished("a", files)
        XCTAssertTrue(program.frameworks.contains { $0.name == DotnetPublished.runtime })
      } catch let failure as Failure {
        XCTAssertEqual(failure.code, "bad_json")
      }
    }
  }
}
