import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

final class DotnetReadingTests: XCTestCase {
  // MARK: global.json

  func testVersionsAreOrdered() throws {
    let ordered = [
      "6.0.425", "8.0.100-preview.2.23157.25", "8.0.100-preview.10.1", "8.0.100-rc.1", "8.0.100", "8.0.101", "8.0.204",
      "9.0.100",
    ]
    let versions = try ordered.map { try XCTUnwrap(SDKVersion($0), $0) }
    XCTAssertEqual(versions.reversed().sorted(), versions)
    XCTAssertEqual(versions.map(\.description), ordered)
    for text in ["", "8", "8.0", "8.0.x", "8.0.1000000000", "08.0.100", "8.0.100-", "8.0.1.1", "v8.0.100"] {
      XCTAssertNil(SDKVersion(text), text)
    }
  }

  /// Microsoft's table of policies, over one set of installed SDKs.
  func testRollForward() throws {
    let installed = ["6.0.425", "8.0.101", "8.0.105", "8.0.204", "8.0.206", "8.1.300", "9.0.100", "9.0.200-rc.1"]
    let rows: [(version: String, policy: String?, expected: String?)] = [
      ("8.0.101", nil, "8.0.105"), ("8.0.106", nil, nil), ("8.0.101", "patch", "8.0.101"),
      ("8.0.102", "patch", "8.0.105"),
      ("8.0.101", "disable", "8.0.101"), ("8.0.102", "disable", nil), ("8.0.101", "latestPatch", "8.0.105"),
      ("8.0.101", "feature", "8.0.105"), ("8.0.106", "feature", "8.0.206"), ("8.0.300", "feature", nil),
      ("8.0.101", "latestFeature", "8.0.206"), ("8.0.300", "latestFeature", nil), ("8.0.300", "minor", "8.1.300"),
      ("8.0.101", "minor", "8.0.105"), ("8.0.101", "latestMinor", "8.1.300"), ("7.0.100", "minor", nil),
      ("7.0.100", "major", "8.0.105"), ("7.0.100", "latestMajor", "9.0.200-rc.1"), ("10.0.100", "latestMajor", nil),
      ("8.0.101", "LatestFeature", "8.0.206"),
    ]
    for row in rows {
      let policy = row.policy.map { ", \"rollForward\": \"\($0)\"" } ?? ""
      let file = try GlobalJSON(
        Array("{\"sdk\": {\"version\": \"\(row.version)\"\(policy)}}".utf8), path: "global.json")
      XCTAssertEqual(
        file.choose(installed.compactMap { SDKVersion($0) })?.description, row.expected,
        "\(row.version) \(row.policy ?? "-")")
    }
  }

  func testPrereleases() throws {
    let rows: [(text: String, installed: [String], expected: String?)] = [
      ("{}", ["8.0.100", "9.0.100-rc.1"], "9.0.100-rc.1"),
      ("{\"sdk\": {\"allowPrerelease\": false}}", ["8.0.100", "9.0.100-rc.1"], "8.0.100"),
      (
        "{\"sdk\": {\"version\": \"9.0.100-rc.1\", \"allowPrerelease\": false}}", ["8.0.100", "9.0.100-rc.2"],
        "9.0.100-rc.2"
      ),
      (
        "\u{feff}// for CI\n{\"sdk\": {/* exact */ \"version\": \"8.0.100\",},\n\"msbuild-sdks\": {\"A\": \"1.0\"}}",
        ["8.0.100"], "8.0.100"
      ),
    ]
    for row in rows {
      let file = try GlobalJSON(Array(row.text.utf8), path: "global.json")
      XCTAssertEqual(file.choose(row.installed.compactMap { SDKVersion($0) })?.description, row.expected, row.text)
    }
  }

  func testWrongGlobalJSON() throws {
    let rows: [(text: String, place: String, words: String)] = [
      ("{\"sdk\": }", "global.json:1:9", "a value cannot start here"), ("[]", "global.json:1", "not an object"),
      ("{\n\"sdk\": \"8.0.100\"}", "global.json:2", "not an object"),
      ("{\"sdk\": {\"version\": 8}}", "global.json:1", "not a string"),
      ("{/* never closed", "global.json:1:2", "key"),
    ]
    for row in rows {
      let found = try failure { try GlobalJSON(Array(row.text.utf8), path: "global.json") }
      XCTAssertEqual(found.location?.description, row.place, row.text)
      XCTAssertTrue(found.message.contains(row.words), "\(row.text): \(found.message)")
    }
  }

  /// As dotnet does, which says so and takes the latest SDK.
  func testWhatDotnetDoesNotUnderstandIsLeftOut() throws {
    let rows: [(sdk: String, line: Int, words: String)] = [
      ("\n\"version\": \"8.0.x\"", 2, "not a whole version"), ("\"version\": \"8.0\"", 1, "such as 8.0.100"),
      ("\"version\": \"8.0.100\",\n\"rollForward\": \"latestMinr\"", 2, "did you mean \"latestMinor\"?"),
      ("\"rollForward\": \"patch\"", 1, "there is no sdk.version"),
    ]
    for row in rows {
      let file = try GlobalJSON(Array("{\"sdk\": {\(row.sdk)}}".utf8), path: "global.json")
      XCTAssertEqual(file.line, row.line, row.sdk)
      XCTAssertEqual(file.ignored?.contains(row.words), true, file.ignored ?? row.sdk)
      XCTAssertEqual(file.choose(["6.0.100", "9.0.100"].compactMap { SDKVersion($0) })?.major, 9, row.sdk)
    }
  }

  // MARK: Solutions

  private let header =
    "\u{feff}\r\nMicrosoft Visual Studio Solution File, Format Version 12.00\r\n# Visual Studio 17\r\n"

  private func entry(_ name: String, _ path: String) -> String {
    "Project(\"{FAE04EC0-301F-11D3-BF4B-00C04F79EFBC}\") = \"\(name)\", \"\(path)\", \"{70FB224F}\"\r\n"
  }

  func testSolutions() throws {
    let text =
      header + entry("Api", "src\\Api\\Api.csproj") + "\tProjectSection(ProjectDependencies) = postProject\r\n"
      + "\tEndProjectSection\r\nEndProject\r\n" + entry("src", "src") + "EndProject\r\n" + entry("Native", "n.vcxproj")
      + "EndProject\r\n" + entry("Out", "..\\Out\\Out.csproj") + "EndProject\r\n" + entry("F", "./src/F.fsproj")
      + "EndProject\r\nGlobal\r\nEndGlobal\r\n"
    XCTAssertEqual(
      try SolutionFile(Array(text.utf8), path: "App.sln").projects, ["src/Api/Api.csproj", "src/F.fsproj"])
    XCTAssertEqual(
      try SolutionFile(Array(text.utf8), path: "build/App.sln").projects,
      ["build/src/Api/Api.csproj", "Out/Out.csproj", "build/src/F.fsproj"])
    let slnx = """
      <Solution>
        <Configurations><Platform Name="x64" /></Configurations>
        <Folder Name="/tests/"><File Path="README.md" /><Project Path="tests/T/T.csproj" /></Folder>
        <Project Path="src\\Api\\Api.csproj" Type="C#"><BuildDependency Project="x.csproj" /></Project>
        <Project Path="v.vbproj" />
      </Solution>
      """
    XCTAssertEqual(
      try SolutionFile(Array(slnx.utf8), path: "App.slnx").projects,
      ["tests/T/T.csproj", "src/Api/Api.csproj", "v.vbproj"])
  }

  func testWrongSolutions() throws {
    let rows: [(name: String, text: String, place: String)] = [
      ("a.sln", "", "a.sln:1"), ("a.sln", "<Solution/>", "a.sln:1"),
      ("a.sln", header + "Project(\"{T}\") = \"A\"\r\nEndProject\r\n", "a.sln:4"),
      ("a.sln", header + entry("A", "a.csproj") + entry("B", "b.csproj"), "a.sln:4"),
      ("a.sln", header + entry("A", "a.csproj") + "Global\r\n", "a.sln:4"),
      ("a.sln", header + "EndProject\r\n", "a.sln:4"),
      ("a.slnx", "<Solution>\n<Project>\n</Solution>", "a.slnx:3:3"), ("a.slnx", "<Project/>", "a.slnx:1"),
      ("a.slnx", "<Solution>\n  <Project Name=\"x\"/></Solution>", "a.slnx:2"),
    ]
    for row in rows {
      let found = try failure { try SolutionFile(Array(row.text.utf8), path: row.name) }
      XCTAssertEqual(found.location?.description, row.place, row.text)
    }
  }

  // MARK: Expressions

  func testConditions() {
    var properties = MSBuildProperties()
    properties["Configuration"] = .some("Release")
    properties["Version"] = .some("8.0")
    properties["Unknown"] = .some(nil)
    let rows: [(String, Bool?)] = [
      ("", true), ("'$(Configuration)' == 'release'", true),
      (" '$(Configuration)|$(Platform)' != 'Release|x86' ", true),
      ("$(Configuration) == Release", true), ("'$(Missing)' == ''", true), ("'$(Unknown)' == ''", nil),
      ("'$(Unknown)' == '' and false", false), ("'$(Unknown)' == '' or true", true), ("!('$(Missing)' == 'x')", true),
      ("Exists('there')", true), ("!Exists('$(Missing)gone')", true), ("'$(Version)' >= '6'", true),
      ("$(Version) < 8.0.1 And '1' > '2'", false), ("$([MSBuild]::IsOSPlatform('Windows'))", false),
      ("$([MSBuild]::IsOsPlatform('Linux')) OR $([MSBuild]::IsOsPlatform('OSX'))", true),
      ("$([MSBuild]::VersionGreaterThan('1', '2'))", nil), ("'a' = 'a'", nil), ("(('a' == 'a')", nil), ("'open", nil),
      ("HasTrailingSlash('a/')", true), ("true", true), ("false", false), ("'a' == 'a' 'b'", nil),
    ]
    for (text, expected) in rows {
      XCTAssertEqual(MSBuildCondition.holds(text, properties) { $0 == "there" }, expected, text)
    }
  }

  func testFrameworks() throws {
    let rows: [(String, buildable: Bool, words: String?)] = [
      ("net6.0", true, nil), ("net8.0", true, nil), ("NET10.0", true, nil),
      ("net8.0-windows10.0.19041", false, "windows only"),
      ("net9.0-android", false, "android only"), ("net48", false, ".NET Framework"),
      ("net472", false, ".NET Framework"),
      ("net4.7.2", false, ".NET Framework"), ("netcoreapp3.1", false, "out of support"),
      ("net5.0", false, "out of support"),
      ("netstandard2.0", false, "interface of libraries"), ("uap10.0", false, "no framework"),
      ("net35", false, ".NET Framework"),
    ]
    for row in rows {
      let framework = try XCTUnwrap(TargetFramework(row.0), row.0)
      XCTAssertEqual(framework.isBuildable, row.buildable, row.0)
      XCTAssertEqual(framework.obstacle == nil, row.words == nil, row.0)
      if let words = row.words { XCTAssertEqual(framework.obstacle?.contains(words), true, framework.obstacle ?? "") }
    }
  }

  func testJSONWithComments() throws {
    let rows: [(String, JSONValue)] = [
      ("{\"a\": \"// no comment\", // yes\n\"b\": [1, 2, ], /* ü */}", ["a": "// no comment", "b": [1, 2]]),
      ("\u{feff}[/**/]", []), ("{\"a\": \"\\\"/*\", \"b\": \",}\",}", ["a": "\"/*", "b": ",}"]),
    ]
    for (text, expected) in rows {
      XCTAssertEqual(try JSONParser.parse(JSONWithComments.plain(Array(text.utf8))), expected, text)
    }
  }

  // MARK: Fuzz

  /// Whatever stands in a file: an answer or a failure with its place, and no more projects than lines.
  func testFuzzMutatedFiles() throws {
    let seed = Fuzzing.seed(60)
    var random = SeededRandom(seed: seed)
    let samples = [
      header + entry("Api", "src\\Api\\Api.csproj") + "EndProject\r\nGlobal\r\n",
      "{\"sdk\": {\"version\": \"8.0.100\"}}",
      "<Solution><Folder Name=\"/a/\"><Project Path=\"a/b.csproj\"/></Folder></Solution>",
      "!('$(A)|$([MSBuild]::IsOSPlatform('Linux'))' == 'x' and (Exists('a') or 8.0 >= $(B)))",
    ].map { Array($0.utf8) }
    for round in 0..<Fuzzing.rounds(3000) {
      var bytes = samples[Int(random.next() % UInt64(samples.count))]
      for _ in 0...(random.next() % 6) {
        guard !bytes.isEmpty else { break }
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      let note = "seed \(seed), round \(round)"
      for name in ["a.sln", "a.slnx"] {
        do {
          let count = try SolutionFile(bytes, path: name).projects.count
          XCTAssertLessThanOrEqual(count, bytes.count, note)
        } catch let failure as Failure {
          XCTAssertEqual(failure.location?.path, name, note)
        }
      }
      if let file = try? GlobalJSON(bytes, path: "global.json") { XCTAssertNotNil(file.document.object, note) }
      let text = String(decoding: bytes, as: UTF8.self)
      let value = MSBuildCondition.holds(text, MSBuildProperties()) { _ in true }
      XCTAssertEqual(value, MSBuildCondition.holds(text, MSBuildProperties()) { _ in true }, note)
    }
  }
}
