import PackCore
import TestSupport
import XCTest

/// A .NET web project built by the real binary with a scripted `dotnet`: steps, sandbox, lock and layers are the real ones.
final class DotnetProjectTests: XCTestCase {
  private let files = [
    "Shop.slnx":
      "<Solution><Project Path=\"src/Shop/Shop.csproj\"/><Project Path=\"test/Shop.Tests/Shop.Tests.csproj\"/></Solution>",
    "src/Shop/Shop.csproj": """
    <Project Sdk="Microsoft.NET.Sdk.Web">
      <PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
      <ItemGroup>
        <PackageReference Include="Newtonsoft.Json" Version="13.0.3" />
      </ItemGroup>
    </Project>
    """, "src/Shop/Program.cs": "var app = WebApplication.Create(args);\napp.Run();\n",
    "test/Shop.Tests/Shop.Tests.csproj": """
    <Project Sdk="Microsoft.NET.Sdk">
      <PropertyGroup><TargetFramework>net8.0</TargetFramework><IsTestProject>true</IsTestProject></PropertyGroup>
    </Project>
    """,
  ]

  private func site() throws -> Site {
    let site = try Site()
    let tools = try site.directory.makeDirectory("dotnet")
    try ScriptedDotnet.write(to: tools, sdks: ["8.0.404"])
    site.environment["PATH"] = "\(tools)/bin:/usr/local/bin:/usr/bin:/bin"
    return site
  }

  func testTheFirstBuildLocksAndLaterOnesStandOnIt() throws {
    let site = try site()
    let project = try site.write(files, to: "shop")
    let built = try site.build(project, "--no-unikernel")
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    XCTAssertEqual(built.json["pack"]?["name"], "dotnet")
    XCTAssertEqual(
      built.decision("program")?["source"], "src/Shop/Shop.csproj (a web application, the only program of 2 projects)")
    XCTAssertEqual(built.decision("packages")?["value"], "2 by hash")
    XCTAssertEqual(built.layers.map { $0["role"]?.string }, ["runtime", "dependencies", "application"])
    let names = try Listings.names(built).map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
    for file in ["app/Shop", "app/Shop.dll", "app/System.Private.CoreLib.dll", "app/newtonsoft.json.dll"] {
      XCTAssertTrue(names.contains(file), "\(file): \(names)")
    }
    XCTAssertFalse(names.contains("app/Shop.pdb"), "\(names)")
    try Listings.assertNoShell(built)

    // Another machine: other directories, an empty cache, the committed lock.
    let other = try self.site()
    let copy = try other.write(files, to: "elsewhere/shop")
    let lock = try FileSystem.read(project / "packc.lock")
    try FileSystem.writeAtomically(lock, to: copy / "packc.lock")
    let again = try other.build(copy, "--no-unikernel", "--locked")
    XCTAssertEqual(again.image, built.image)
    XCTAssertEqual(try FileSystem.read(copy / "packc.lock"), lock)

    // A change of the source leaves the layers of others alone.
    try site.write(["src/Shop/Program.cs": "Console.WriteLine(1);\n"], to: "shop")
    let changed = try site.build(project, "--no-unikernel")
    XCTAssertEqual(changed.statuses, ["fetch": "reused", "publish": "ran", "layers": "ran"])
    for role in ["runtime", "dependencies"] { XCTAssertEqual(changed.diffIDs[role], built.diffIDs[role], role) }
    XCTAssertNotEqual(changed.diffIDs["application"], built.diffIDs["application"])

    // A package more is no part of the lock.
    let more = (files["src/Shop/Shop.csproj"] ?? "").replacing("Version=\"13.0.3\"", with: "Version=\"13.0.4\"")
    try site.write(["src/Shop/Shop.csproj": more], to: "shop")
    try site.packc("build", "\(project)", "--no-unikernel", "--locked").run().expect(exit: .lock)
      .expect(standardErrorContains: "src/Shop/Shop.csproj changed")
    try Leftovers.assertNone(site)
  }

  func testWithoutDotnetThePlanSaysHowToGetIt() throws {
    let site = try Site()
    let project = try site.write(files, to: "shop")
    site.environment["PATH"] = "/usr/bin:/bin"
    try site.packc("plan", "\(project)").run().expect(exit: .toolchain)
      .expect(standardErrorContains: "\"dotnet\" is not in PATH").expect(standardErrorContains: "dotnet-sdk-8.0")
    try site.packc("plan", "\(project)", "--detect-only").run().expect(exit: .done)
      .expect(standardOutputContains: "pack dotnet")
  }
}
