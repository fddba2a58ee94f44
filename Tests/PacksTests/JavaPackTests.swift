import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

final class JavaPackTests: XCTestCase {
  private static let main = "public class Main { public static void main(String[] a) {} }"
  private func main(_ package: String, _ name: String = "Main") -> String {
    "package \(package);\npublic class \(name) {\n  public static void main(String[] a) {}\n}\n"
  }

  private func pom(_ name: String, _ body: String = "") -> String {
    "<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>\(name)</artifactId>"
      + "<version>1.0</version>\n\(body)</project>\n"
  }
  private let spring =
    "<build><plugins><plugin><groupId>x</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>"

  private func bench(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }

  private func detect(_ files: [String: String], app: String? = nil) throws -> DetectResult {
    let bench = try bench(files)
    let host = bench.host(packs: Workbench.firstParty)
    let verdicts = try host.detect(bench.input(app: app), in: host.load()).verdicts
    return try XCTUnwrap(verdicts.first { $0.pack.name == "java" }?.result)
  }

  // MARK: Which program

  func testTheProgramIsFoundOrAskedFor() throws {
    let rows: [(String, [String: String], confidence: Int, candidates: [String])] = [
      ("a main method", ["pom.xml": pom("a"), "src/main/java/a/Main.java": main("a")], 90, []),
      (
        "the only module with a plugin",
        [
          "pom.xml": pom(
            "root", "<packaging>pom</packaging><modules><module>lib</module><module>web</module></modules>"),
          "lib/pom.xml": pom("lib"), "lib/src/main/java/l/Tool.java": main("l", "Tool"),
          "web/pom.xml": pom("web", spring),
        ], 90, []
      ),
      (
        "two of them",
        [
          "pom.xml": pom("root", "<packaging>pom</packaging><modules><module>x</module><module>y</module></modules>"),
          "x/pom.xml": pom("x", spring), "y/pom.xml": pom("y", spring),
        ], 90, ["x", "y"]
      ),
      (
        "one with the plugin, one that a plugin of the project's own builds",
        [
          "settings.gradle": "include 'x', 'y', 'lib'\n", "build.gradle": "",
          "x/build.gradle": "plugins { id 'org.springframework.boot' version '3.2.0' }\n",
          "x/src/main/java/x/Main.java": main("x"),
          "y/build.gradle": "apply plugin: OurService\ndependencies { implementation "
            + "'org.springframework.boot:spring-boot-starter-web' }\n",
          "y/src/main/java/y/Main.java": main("y").replacing(
            "public class", with: "@SpringBootApplication public class"),
          "lib/build.gradle": "dependencies { implementation 'org.springframework.boot:spring-boot-starter-web' }\n",
          "lib/src/main/java/l/Tool.java": main("l", "Tool"),
        ], 90, ["x", "y"]
      ),
      (
        "Procfile names one",
        [
          "pom.xml": pom("root", "<packaging>pom</packaging><modules><module>x</module><module>y</module></modules>"),
          "x/pom.xml": pom("x", spring), "y/pom.xml": pom("y", spring),
          "Procfile": "web: java -jar y/target/y-1.0.jar\n",
        ], 90, []
      ),
      (
        "an example is none",
        [
          "pom.xml": pom(
            "root", "<packaging>pom</packaging><modules><module>app</module><module>examples/x</module></modules>"),
          "app/pom.xml": pom("app", spring), "examples/x/pom.xml": pom("x", spring),
        ], 90, []
      ),
      (
        "a parent's plugin counts where there is a main class",
        [
          "pom.xml": pom(
            "root", "<packaging>pom</packaging><modules><module>x</module><module>y</module></modules>\(spring)"),
          "x/pom.xml": pom("x", "<parent><artifactId>root</artifactId></parent>"),
          "x/src/main/java/x/Main.java": main("x"),
          "y/pom.xml": pom("y", "<parent><artifactId>root</artifactId></parent>"),
        ], 90, []
      ),
      (
        "two main classes of one module",
        [
          "pom.xml": pom("a"), "src/main/java/a/One.java": main("a", "One"),
          "src/main/java/a/Two.java": main("a", "Two"),
        ], 90, ["a.One", "a.Two"]
      ),
      (
        "the one that is called Main",
        [
          "pom.xml": pom("a"), "src/main/java/a/Main.java": main("a"), "src/main/java/a/Two.java": main("a", "Two"),
        ], 90, []
      ),
      (
        "Gradle's application",
        [
          "settings.gradle": "include 'app', 'list'\n", "app/build.gradle": "plugins { id 'application' }\n",
          "list/build.gradle": "plugins { id 'java-library' }\n",
        ], 90, []
      ),
      (
        "Gradle in Kotlin, by the root",
        [
          "settings.gradle.kts": "include(\":a\", \":b\")\n",
          "build.gradle.kts": "subprojects { apply(plugin = \"org.springframework.boot\") }",
          "a/build.gradle.kts": "", "a/src/main/kotlin/Main.kt": "fun main() {}\n", "b/build.gradle.kts": "",
        ], 90, []
      ),
    ]
    for (name, files, confidence, candidates) in rows {
      let result = try detect(files)
      XCTAssertEqual(result.confidence, confidence, name)
      XCTAssertEqual(result.role, .program, name)
      XCTAssertEqual(result.candidates.map(\.app), candidates, name)
    }
  }

  func testAppSettlesIt() throws {
    let files = [
      "pom.xml": pom("root", "<packaging>pom</packaging><modules><module>x</module><module>y</module></modules>"),
      "x/pom.xml": pom("x-app", spring), "y/pom.xml": pom("y", spring), "x/src/main/java/x/Main.java": main("x"),
    ]
    let bench = try bench(files)
    try bench.useToolsOfTheHost()
    try requireMaven()
    for (app, program) in [("x", "x"), ("x-app", "x"), ("./y/", "y"), ("x.Main", "x")] {
      let decision = try bench.plan(bench.input(app: app)).decision("program") ?? ""
      XCTAssertTrue(decision.hasPrefix("\(program) ←"), "\(app): \(decision)")
    }
    let refused = try failure { try bench.plan(bench.input(app: "z")) }
    XCTAssertTrue(refused.description.contains("no module and no main class \"z\""), refused.description)
  }

  func testLibrariesAndOtherLanguages() throws {
    let rows: [(String, [String: String], DetectRole, Int)] = [
      ("a library", ["pom.xml": pom("a")], .library, 40),
      ("a plain war", ["pom.xml": pom("a", "<packaging>war</packaging>")], .library, 40),
      ("an Android app", ["build.gradle": "plugins { id 'com.android.application' }"], .library, 40),
      ("Clojure's pom", ["pom.xml": pom("a", spring), "project.clj": "(defproject a \"1\")"], .supporting, 40),
      ("source alone", ["Main.java": Self.main], .library, 30),
    ]
    for (name, files, role, confidence) in rows {
      let result = try detect(files)
      XCTAssertEqual(result.role, role, name)
      XCTAssertEqual(result.confidence, confidence, name)
    }
  }

  func testABrokenPomIsNamedWithItsPlace() throws {
    let rows: [([String: String], String)] = [
      (["pom.xml": "<project>\n<artifactId>x</artifact>\n</project>"], "pom.xml:2:"),
      (["pom.xml": "<project>\n</project>"], "pom.xml:1:1"),
      (["pom.xml": pom("a", "<modules><module>b</module></modules>")], "pom.xml:2"),
      (["pom.xml": pom("a", "<modules><module>b</module></modules>"), "b/pom.xml": "<project>"], "b/pom.xml:1:10"),
    ]
    for (files, place) in rows {
      let bench = try bench(files)
      let refused = try failure { try bench.choose(bench.input()) }
      XCTAssertTrue(refused.location?.description.hasPrefix(place) ?? false, "\(refused)")
    }
  }

  // MARK: Plans

  private func requireMaven() throws {
    _ = try Tools.require("mvn")
    _ = try Tools.require("javac")
  }

  func testAMavenPlanResolvesThenFetchesByHash() throws {
    try requireMaven()
    let bench = try bench([
      "pom.xml": pom(
        "shop",
        "<properties><java.version>11</java.version></properties><dependencies><dependency><groupId>g</groupId>"
          + "<artifactId>d</artifactId><version>1</version></dependency></dependencies>"),
      "src/main/java/a/Main.java": main("a"), "src/main/resources/application.properties": "server.port=${PORT:5000}\n",
    ])
    try bench.useToolsOfTheHost()
    let first = try bench.plan(bench.input())
    let missing = try XCTUnwrap(first.unresolved)
    XCTAssertEqual(missing.ecosystem, "maven")
    XCTAssertEqual(missing.inputs.map(\.path.description), ["pom.xml"])
    XCTAssertTrue(missing.step.network)
    XCTAssertEqual(first.decision("main class"), "a.Main ← src/main/java/a/Main.java:3")
    XCTAssertTrue(first.decision("java version")?.contains("pom.xml:2 asks for Java 11 or newer") ?? false)
    XCTAssertEqual(first.decision("port"), "5000 ← src/main/resources/application.properties:1")
    XCTAssertEqual(first.step("build")?.network, false)
    XCTAssertTrue(first.step("build")?.argv.contains("-o") ?? false)
    XCTAssertTrue(
      first.step("build")?.argv.last?.hasSuffix(":copy-dependencies") ?? false, "libraries of a plain jar are gathered")

    let sha = String(repeating: "a", count: 64)
    let section: JSONValue = [
      "inputs": ["pom.xml": JSONValue(missing.inputs[0].sha256)],
      "environment": JSONValue(strings: missing.environment),
      "packages": [
        [
          "name": "g.h:d", "version": "1", "repository": "https://r.example/m2", "files": ["d-1.jar"],
          "sha256": [.string(sha)],
        ]
      ],
    ]
    let second = try bench.plan(bench.input(), lock: ["maven": section])
    XCTAssertNil(second.unresolved)
    XCTAssertEqual(second.steps.map(\.id), ["fetch", "build", "assemble"])
    XCTAssertEqual(
      second.step("fetch")?.files, ["${work}/packages.txt": "\(sha) g/h/d/1/d-1.jar https://r.example/m2\n"])
    XCTAssertEqual(second.steps.map(\.network), [true, false, false])
    XCTAssertEqual(second.entrypoint.suffix(2), ["-jar", "/app/app.jar"])
    try bench.write(pom("shop", "<!-- changed -->"), "project/pom.xml")
    XCTAssertNotNil(try bench.plan(bench.input(), lock: ["maven": section]).unresolved, "another pom is resolved again")
  }

  func testALockThatLeavesItsPlaceIsRefused() throws {
    for file in ["../x.jar", "/x.jar", "a b.jar", ""] {
      let entry: JSONValue = ["name": "g:a", "version": "1", "files": [.string(file)], "sha256": ["00"]]
      XCTAssertThrowsError(try JavaDependencies.Package(JSONReader(entry, path: "packc.lock")), file)
    }
  }

  func testVersionFiles() throws {
    try requireMaven()
    let rows: [(String, String, String)] = [
      (".java-version", "8\n", ".java-version:1"),
      ("system.properties", "# x\njava.runtime.version=99\n", "system.properties:2"),
      (".sdkmanrc", "java=99.0.1-tem\n", ".sdkmanrc:1"),
      (".tool-versions", "nodejs 20\njava temurin-99.0.1\n", ".tool-versions:2"),
    ]
    for (path, text, place) in rows {
      let bench = try bench(["pom.xml": pom("a"), "src/main/java/a/Main.java": main("a"), path: text])
      try bench.useToolsOfTheHost()
      let refused = try failure { try bench.plan(bench.input()) }
      XCTAssertEqual(refused.exit, .toolchain, path)
      XCTAssertEqual(refused.location?.description, place, path)
      XCTAssertNoThrow(try bench.plan(bench.input(mode: .debug)), path)
      XCTAssertTrue(bench.told.contains { $0.contains("asks for Java") }, "\(path): \(bench.told)")
    }
  }

  func testMissingToolsAreNamed() throws {
    _ = try Tools.require("javac")
    let bench = try bench(["pom.xml": pom("a"), "src/main/java/a/Main.java": main("a")])
    bench.environment["PATH"] = (bench.root / "home").description
    let maven = try failure { try bench.plan(bench.input()) }
    XCTAssertEqual(maven.exit, .toolchain)
    XCTAssertTrue(maven.description.contains("apt-get install"), maven.description)
    let gradle = try self.bench([
      "build.gradle": "plugins { id 'application' }", "src/main/java/a/Main.java": main("a"),
    ])
    gradle.environment["PATH"] = (gradle.root / "home").description
    let refused = try failure { try gradle.plan(gradle.input()) }
    XCTAssertEqual(refused.exit, .toolchain)
    XCTAssertTrue(refused.description.contains("gradle"), refused.description)
  }

  func testAGradleWrapperNamesItsDistribution() throws {
    _ = try Tools.require("javac")
    let sha = String(repeating: "b", count: 64)
    let bench = try bench([
      "build.gradle": "plugins { id 'application' }\napplication { mainClass = 'a.Main' }\n",
      "src/main/java/a/Main.java": main("a"),
      "gradle/wrapper/gradle-wrapper.properties":
        "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.2.1-bin.zip\ndistributionSha256Sum=\(sha)\n",
    ])
    bench.environment["PATH"] = "/usr/bin:/bin"
    let plan = try bench.plan(bench.input())
    XCTAssertEqual(
      plan.decision("gradle version"), "8.2.1 ← gradle/wrapper/gradle-wrapper.properties:1 names 8.2.1")
    let resolve = try XCTUnwrap(plan.unresolved?.step)
    XCTAssertTrue(resolve.argv.contains("\(sha) https://services.gradle.org/distributions/gradle-8.2.1-bin.zip"))
    XCTAssertTrue(plan.step("build")?.argv.contains("--offline") ?? false)
    XCTAssertEqual(plan.step("build")?.argv.first, "${work}/repository/distribution/tool/bin/gradle")
  }

  func testJars() throws {
    _ = try Tools.require("javac")
    let one = try bench(["shop.jar": "not read while planning"])
    try one.useToolsOfTheHost()
    XCTAssertEqual(try one.plan(one.input()).steps.map(\.id), ["build", "assemble"])
    let two = try bench(["a.jar": "", "b.jar": "", "a-sources.jar": ""])
    XCTAssertEqual(try failure { try two.choose(two.input()) }.exit, .severalCandidates)
    let unpacked = try bench([
      "META-INF/MANIFEST.MF": "Main-Class: a.B\n", "BOOT-INF/classes/application.yml": "server:\n  port: 9090\n",
    ])
    try unpacked.useToolsOfTheHost()
    let plan = try unpacked.plan(unpacked.input())
    XCTAssertEqual(plan.steps.map(\.id), ["assemble"])
    XCTAssertEqual(plan.decision("port"), "9090 ← BOOT-INF/classes/application.yml:2")
    let beside = try bench(["tool.jar": "", "Gemfile": ""])
    XCTAssertThrowsError(
      try beside.choose(beside.input()), "a jar beside another language's manifest is a part of that")
  }
}
