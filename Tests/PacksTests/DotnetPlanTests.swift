import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The plan of the dotnet pack and each of its command lines, run with a scripted `dotnet`.
final class DotnetPlanTests: XCTestCase {
  private let api = """
    <Project Sdk="Microsoft.NET.Sdk.Web">
    <PropertyGroup>
    <TargetFramework>net8.0</TargetFramework><AssemblyName>shop</AssemblyName><Version>1.4.0</Version>
    </PropertyGroup>
    <ItemGroup>
    <PackageReference Include="Newtonsoft.Json" Version="13.0.3" />
    <ProjectReference Include="..\\Lib\\Lib.csproj" />
    </ItemGroup>
    </Project>
    """
  private let lib =
    "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>"

  private func bench(_ more: [String: String] = [:]) throws -> Workbench {
    let bench = try Workbench()
    try ScriptedDotnet.write(to: bench.root / "dotnet", sdks: ["8.0.404"])
    bench.environment["PATH"] = "\(bench.root)/dotnet/bin:/usr/local/bin:/usr/bin:/bin"
    for (path, text) in ["src/Api/Api.csproj": api, "src/Lib/Lib.csproj": lib].merging(more, uniquingKeysWith: { $1 }) {
      try bench.write(text, "project/\(path)")
    }
    return bench
  }

  private func lock(_ bench: Workbench, _ plan: BuildPlan) throws -> [String: JSONValue] {
    let missing = try XCTUnwrap(plan.unresolved)
    let result = try bench.run(missing.step, pack: "dotnet")
    XCTAssertTrue(result.succeeded, result.errorText)
    let document = try JSONParser.parse(try FileSystem.read(bench.root / "work/packages.json"))
    let inputs = Dictionary(uniqueKeysWithValues: missing.inputs.map { ($0.path.description, JSONValue($0.sha256)) })
    try FileSystem.removeTree(bench.root / "work")
    return [
      "nuget": [
        "inputs": .object(inputs), "environment": JSONValue(strings: missing.environment),
        "packages": document["packages"] ?? .null,
      ]
    ]
  }

  private func settled(_ bench: Workbench, config: JSONValue? = nil) throws -> BuildPlan {
    let input = bench.input(config: config)
    return try bench.plan(input, lock: lock(bench, bench.plan(input)))
  }

  func testEveryCommandLine() throws {
    let bench = try bench(["nuget.config": "<configuration/>", "Directory.Packages.props": "<Project/>"])
    let input = bench.input()
    let first = try bench.plan(input)
    let resolve = try XCTUnwrap(first.unresolved)
    XCTAssertEqual(resolve.environment, ["configuration": "Release", "runtime": "linux-x64", "sdk": "8.0.404"])
    XCTAssertEqual(
      resolve.inputs.map(\.path.description),
      ["Directory.Packages.props", "nuget.config", "src/Api/Api.csproj", "src/Lib/Lib.csproj"])
    let dotnet = "\(bench.root)/dotnet/bin/dotnet"
    XCTAssertEqual(
      resolve.step.argv,
      [
        "/bin/sh", "${pack}/lib/resolve.sh", "${work}/packages", "${work}/packages.json", dotnet, "restore",
        "Api.csproj",
        "-r", "linux-x64", "-p:Configuration=Release", "-p:SelfContained=true", "-p:EnableSourceLink=false",
        "-p:NuGetAudit=false",
      ])
    XCTAssertTrue(resolve.step.network)

    let plan = try bench.plan(input, lock: lock(bench, first))
    XCTAssertEqual(plan.steps.map(\.id), ["fetch", "publish", "layers"])
    XCTAssertEqual(plan.steps.map(\.network), [true, false, false])
    let fetch = try XCTUnwrap(plan.step("fetch"))
    XCTAssertEqual(
      fetch.argv,
      [
        "/bin/sh", "${pack}/lib/fetch.sh", "${work}/packages", "${work}/packages.sha256", dotnet, "restore",
        ".packc/fetch/fetch.csproj",
      ])
    let downloads = try XCTUnwrap(fetch.files["${source}/src/Api/.packc/fetch/fetch.csproj"])
    XCTAssertTrue(
      downloads.contains("<PackageDownload Include=\"newtonsoft.json\" Version=\"[13.0.3]\" />")
        && downloads.contains("Include=\"microsoft.netcore.app.runtime.linux-x64\" Version=\"[8.0.11]\""), downloads)
    XCTAssertNoThrow(try XMLElement.parse(Array(downloads.utf8), path: "fetch.csproj"))
    let publish = try XCTUnwrap(plan.step("publish"))
    XCTAssertEqual(
      publish.argv,
      [
        dotnet, "publish", "Api.csproj", "-c", "Release", "-r", "linux-x64", "--self-contained", "true", "--nologo",
        "-nodeReuse:false", "-o", "${work}/publish", "-p:RestoreSources=${work}/packages", "-p:SelfContained=true",
        "-p:EnableSourceLink=false", "-p:NuGetAudit=false", "-p:Deterministic=true",
        "-p:ContinuousIntegrationBuild=true",
        "-p:PathMap=${source}=/src", "-p:EnableSourceControlManagerQueries=false", "-p:UseSharedCompilation=false",
        "-p:UseAppHost=true", "-p:PublishSingleFile=false", "-p:IsTransformWebConfigDisabled=true", "-p:DebugType=none",
        "-p:DebugSymbols=false",
      ])
    XCTAssertEqual(publish.workingDirectory.description, "src/Api")
    for (name, value) in [
      ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("DOTNET_NOLOGO", "1"), ("NUGET_PACKAGES", "${work}/packages"),
      ("DOTNET_ROOT", "\(bench.root)/dotnet/bin"),
    ] { XCTAssertEqual(publish.environment[name], value, name) }
  }

  func testTheStepsLeaveLayers() throws {
    let bench = try bench()
    let plan = try settled(bench)
    for step in plan.steps {
      let result = try bench.run(step, pack: "dotnet")
      XCTAssertTrue(result.succeeded, "\(step.id): \(result.errorText)")
    }
    func files(_ layer: String) throws -> [String] {
      try DirectoryWalk.sortedByPath(bench.root / "work/layers/\(layer)").filter { $0.status.kind == .file }
        .map(\.path.description)
    }
    XCTAssertEqual(try files("runtime"), ["System.Private.CoreLib.dll"])
    XCTAssertEqual(try files("dependencies"), ["newtonsoft.json.dll"])
    XCTAssertEqual(
      try files("application"), ["shop", "shop.deps.json", "shop.dll", "shop.pdb", "wwwroot/a page.html"])
    XCTAssertEqual(plan.artifacts.map(\.layer.rawValue), ["runtime", "dependencies", "application"])
    XCTAssertEqual(Set(plan.artifacts.map(\.destination.absolute)), ["/app"])
    XCTAssertEqual(plan.artifacts[2].exclude, ["**/*.pdb"])
    XCTAssertEqual(plan.entrypoint, ["/app/shop"])
    XCTAssertEqual([plan.name, plan.version], ["Api", "1.4.0"])
    XCTAssertEqual(plan.decision("packages"), "2 by hash ← packc.lock")
  }

  func testAPackageThatIsNotTheLockedOneFails() throws {
    let bench = try bench()
    let plan = try settled(bench)
    let fetch = try XCTUnwrap(plan.step("fetch"))
    let tampered = try bench.run(fetch, pack: "dotnet", more: ["SCRIPTED_TAMPER": "!"])
    XCTAssertFalse(tampered.succeeded)
    XCTAssertTrue(
      (tampered.outputText + tampered.errorText).contains("newtonsoft.json.13.0.3.nupkg: FAILED"), tampered.errorText)
    XCTAssertTrue(tampered.errorText.contains("packc lock"), tampered.errorText)
    // What a restore brings along beyond the lock is not there for the build.
    try FileSystem.removeTree(bench.root / "work")
    try bench.write("x", "work/packages/stray/1.0.0/stray.1.0.0.nupkg")
    XCTAssertTrue(try bench.run(fetch, pack: "dotnet").succeeded)
    XCTAssertFalse(FileSystem.exists(bench.root / "work/packages/stray"))
    XCTAssertTrue(FileSystem.exists(bench.root / "work/packages/newtonsoft.json/13.0.3"))
  }

  func testAnotherInputIsResolvedAgain() throws {
    let bench = try bench()
    let lock = try lock(bench, bench.plan(bench.input()))
    XCTAssertNil(try bench.plan(bench.input(), lock: lock).unresolved)
    try bench.write(lib + "\n", "project/src/Lib/Lib.csproj")
    XCTAssertNotNil(try bench.plan(bench.input(), lock: lock).unresolved)
  }

  func testNuGetsOwnLock() throws {
    func text(_ target: String, _ requested: String = "13.0.3") -> String {
      """
      {"version": 1, "dependencies": {"\(target)": {"Newtonsoft.Json": {
        "type": "Direct", "requested": "[\(requested), )", "resolved": "13.0.3", "contentHash": "x"}}}}
      """
    }
    let rows: [(lock: String, code: String?, place: String?)] = [
      (text("net8.0/linux-x64"), nil, nil), (text("net8.0"), "lock_runtime", "src/Api/packages.lock.json"),
      (text("net8.0/linux-x64", "13.0.1"), "lock_out_of_date", "src/Api/Api.csproj:6"),
      (text("net8.0/linux-x64").replacing("Newtonsoft", with: "Other"), "lock_out_of_date", "src/Api/Api.csproj:6"),
      ("{", "bad_json", "src/Api/packages.lock.json:1:2"),
    ]
    for row in rows {
      let bench = try bench(["src/Api/packages.lock.json": row.lock])
      guard let code = row.code else {
        let plan = try bench.plan(bench.input())
        XCTAssertEqual(plan.unresolved?.step.argv.contains("--locked-mode"), true)
        XCTAssertEqual(plan.lockFiles.map(\.path.description), ["src/Api/packages.lock.json"])
        continue
      }
      let found = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(found.code, code)
      XCTAssertEqual(found.location?.description, row.place)
      if code.hasPrefix("lock_") {
        XCTAssertEqual(found.exit, .lock)
        XCTAssertEqual(
          found.hint?.contains("dotnet restore --force-evaluate src/Api/Api.csproj"), true, found.hint ?? "")
      }
    }
    let asked = api.replacing(
      "<Version>", with: "<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile><Version>")
    let bench = try bench(["src/Api/Api.csproj": asked])
    XCTAssertEqual(try failure { try bench.plan(bench.input()) }.code, "lock_missing")
  }

  func testOptions() throws {
    let several = api.replacing(
      "<TargetFramework>net8.0</TargetFramework>",
      with: "<TargetFrameworks>net6.0;net8.0;net8.0-windows</TargetFrameworks>")
    let bench = try bench(["src/Api/Api.csproj": several])
    let plan = try settled(bench, config: ["options": ["properties": ["PublishTrimmed=true"], "framework": "net6.0"]])
    let argv = try XCTUnwrap(plan.step("publish")).argv
    for word in ["-p:PublishTrimmed=true", "-f", "net6.0", "-p:EnableWindowsTargeting=true"] {
      XCTAssertTrue(argv.contains(word), word)
    }
    XCTAssertEqual(plan.environment["ASPNETCORE_URLS"], "http://*:8080")
    XCTAssertEqual(try settled(bench).decision("framework"), "net8.0 ← src/Api/Api.csproj:3:1")
    let wrong = try failure { try bench.plan(bench.input(config: ["options": ["framework": "net9.0"]])) }
    XCTAssertEqual(wrong.hint, "it has: net6.0, net8.0, net8.0-windows")
    let bad = try failure { try bench.plan(bench.input(config: ["options": ["properties": ["PublishTrimmed"]]])) }
    XCTAssertEqual(bad.code, "bad_option")
  }

  func testWhereItListens() throws {
    let rows: [(what: String, files: [String: String], ports: [String], environment: [String: String])] = [
      ("the default", [:], ["8080/tcp"], ["ASPNETCORE_HTTP_PORTS": "8080"]),
      (
        "settings that say localhost",
        [
          "src/Api/appsettings.json":
            "{// c\n\"Kestrel\": {\"Endpoints\": {\"Web\": {\"Url\": \"http://localhost:5080\"}}}}"
        ],
        ["5080/tcp"], ["Kestrel__Endpoints__Web__Url": "http://*:5080"]
      ),
      (
        "urls", ["src/Api/appsettings.json": "{\"urls\": \"http://localhost:5000;https://localhost:5001\"}"],
        ["5000/tcp"],
        ["URLS": "http://*:5000"]
      ),
      (
        "source", ["src/Api/Program.cs": "// app.Run(\"http://*:1\")\napp.Run(\"http://0.0.0.0:9090\");"], ["9090/tcp"],
        [:]
      ),
      ("Kestrel", ["src/Api/Startup/Host.cs": "o.ListenAnyIP(7070, x => {});"], ["7070/tcp"], [:]),
      (
        "launchSettings are the developer's",
        ["src/Api/Properties/launchSettings.json": "{\"applicationUrl\": \"http://localhost:5123\"}"], ["8080/tcp"], [:]
      ),
    ]
    for row in rows {
      let bench = try bench(row.files)
      let plan = try settled(bench)
      XCTAssertEqual(plan.ports, row.ports, row.what)
      for (name, value) in row.environment { XCTAssertEqual(plan.environment[name], value, row.what) }
      XCTAssertEqual(plan.environment["ASPNETCORE_HTTP_PORTS"] == nil, row.ports != ["8080/tcp"], row.what)
    }
    let bench = try bench(["src/Api/Program.cs": "app.Urls.Add(\"http://localhost:3000\");"])
    XCTAssertEqual(try settled(bench).ports, ["3000/tcp"])
    XCTAssertTrue(bench.told.contains { $0.contains("src/Api/Program.cs:1 listens on the loopback address only") })
  }

  func testCultures() throws {
    func with(_ text: String) -> [String: String] {
      ["src/Api/Api.csproj": api.replacing("<Version>", with: "\(text)<Version>")]
    }
    let plain = try settled(bench())
    XCTAssertEqual(plain.environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"], "1")
    XCTAssertEqual(plain.decision("globalization")?.hasPrefix("invariant ← nothing in"), true)
    let invariant = try settled(bench(with("<InvariantGlobalization>true</InvariantGlobalization>")))
    XCTAssertEqual(invariant.decision("globalization"), "invariant ← src/Api/Api.csproj:3:75")
    let wanted = try bench(with("<InvariantGlobalization>false</InvariantGlobalization>"))
    let lock = try lock(wanted, wanted.plan(wanted.input()))
    if DotnetLibraries.newest("libicuuc.so") == nil {
      let found = try failure { try wanted.plan(wanted.input(), lock: lock) }
      XCTAssertEqual(found.code, "icu_missing")
    } else {
      let plan = try wanted.plan(wanted.input(), lock: lock)
      XCTAssertNil(plan.environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"])
      XCTAssertTrue(plan.runtime.libraries.contains { $0.hasPrefix("libicuuc.so.") })
    }
    let off = try settled(wanted, config: ["options": ["icu": false]])
    XCTAssertEqual(off.decision("globalization"), "invariant ← unik.yaml: options.icu")
  }

  func testAReferenceThatIsNotThere() throws {
    let bench = try bench(["src/Api/Api.csproj": api.replacing("Lib.csproj", with: "Gone.csproj")])
    let found = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(found.location?.description, "src/Api/Api.csproj:7")
    XCTAssertTrue(found.message.contains("Gone.csproj"))
  }
}
