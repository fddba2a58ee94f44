import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

/// What the java pack reads out of sources, scripts and version files.
final class JavaReadingTests: XCTestCase {
  func testVersions() {
    let rows: [(String, Int?)] = [
      ("17", 17), ("1.8", 8), ("1.8.0_392", 8), ("17.0.9-tem", 17), ("temurin-21.0.2+13", 21), ("VERSION_11", 11),
      ("openjdk-11", 11), ("25-ea", 25), ("", nil), ("latest", nil), ("${java.version}", nil), ("[17,)", 17),
      ("300", nil),
    ]
    for (text, expected) in rows { XCTAssertEqual(JavaVersions.feature(text), expected, text) }
  }

  func testMainMethods() {
    let rows: [(String, String, String?)] = [
      ("App.java", "package a.b;\npublic class App { public static void main(String[] args) {} }", "a.b.App"),
      ("App.java", "class App { static public final void main(final String... a) {} }", "App"),
      ("App.java", "class App {\n  @Deprecated\n  public static\n  void main\n  (String[] a) {}\n}", "App"),
      ("App.java", "class App { /* public static void main(String[] a) */ }", nil),
      ("App.java", "class App { String s = \"public static void main(\"; }", nil),
      ("App.java", "class App { String s = \"\"\"\n public static void main(\n\"\"\"; }", nil),
      ("App.java", "class App { void main(String[] a) {} void x() { main(null); } }", nil),
      ("App.java", "class App { public static void domain(String[] a) {} }", nil),
      ("app.kt", "package x\n\nfun main() { run() }", "x.AppKt"),
      ("Main.kt", "suspend fun main(args: Array<String>) {}", "MainKt"),
      ("Main.kt", "package x\nobject Main {\n  @JvmStatic\n  fun main(args: Array<String>) {}\n}", "x.Main"),
      ("Main.kt", "class Main { fun main() {} }", nil), ("Main.kt", "private fun main() {}", nil),
    ]
    for (name, text, expected) in rows {
      XCTAssertEqual(JavaSourceText(Array(text.utf8)).main(fileName: name)?.name, expected, text)
    }
    let spring = JavaSourceText(
      Array("package a;\n@SpringBootApplication\npublic class A {\n public static void main(String[] x) {}\n}".utf8))
    XCTAssertEqual(
      spring.main(fileName: "A.java"), .init(name: "a.A", line: 4, annotation: "@SpringBootApplication"))
    let parts = JavaSourceText(
      Array("@SpringBootConfiguration @EnableAsync class A { public static void main(String[] x) {} }".utf8))
    XCTAssertEqual(parts.main(fileName: "A.java")?.annotation, "@SpringBootConfiguration")
  }

  func testGradlePlugins() {
    let catalog = ["spring.boot": "org.springframework.boot"]
    let rows: [(String, [String])] = [
      (
        "plugins {\n id 'java'\n id(\"application\")\n kotlin(\"jvm\") version \"1.9\"\n}",
        ["java", "application", "org.jetbrains.kotlin.jvm"]
      ),
      ("plugins { application; java }", ["application", "java"]), ("apply plugin: 'war'", ["war"]),
      ("apply(plugin = \"application\")", ["application"]),
      ("plugins { alias(libs.plugins.spring.boot) }", ["org.springframework.boot"]),
      ("plugins { id 'a.b' version '1' apply false }", []), ("plugins { id(\"a.b\").version(\"1\").apply(false) }", []),
      ("// id 'x'\n/* plugins { id 'y' } */", []), ("application { mainClass = 'x.Y' }\njava { toolchain {} }", []),
      ("subprojects { apply plugin: 'application' }", []),
    ]
    for (text, expected) in rows {
      let project = GradleProject(path: "build.gradle", text: text, catalog: catalog)
      XCTAssertEqual(project.plugins.map(\.text), expected, text)
    }
    let shared = GradleProject(path: "build.gradle", text: "subprojects { apply plugin: 'application' }", catalog: [:])
    XCTAssertEqual(shared.shared, [.init(text: "application", line: 1)])
  }

  func testGradleValues() {
    func read(_ text: String) -> GradleProject { GradleProject(path: "build.gradle", text: text, catalog: [:]) }
    let mains = [
      "mainClassName = 'a.B'", "application {\n mainClass = \"a.B\"\n}", "application { mainClass.set(\"a.B\") }",
      "jar { manifest { attributes('Main-Class': 'a.B') } }", "attributes[\"Main-Class\"] = \"a.B\"",
      "attributes(\"Main-Class\" to \"a.B\")", "attributes(mapOf(\"Main-Class\" to \"a.B\"))",
    ]
    for text in mains { XCTAssertEqual(read(text).mainClass?.text, "a.B", text) }
    for text in ["mainClass = project.main", "mainClass = \"$x\"", "// mainClass = 'a.B'", "mainClass = 'a b'"] {
      XCTAssertNil(read(text).mainClass, text)
    }
    let toolchains = [
      "java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }",
      "languageVersion.set(JavaLanguageVersion.of(17))", "kotlin { jvmToolchain(17) }",
    ]
    for text in toolchains { XCTAssertEqual(read(text).toolchain?.text, "17", text) }
    let levels: [(String, String)] = [
      ("sourceCompatibility = 1.8", "1.8"), ("sourceCompatibility = '11'", "11"),
      ("java.sourceCompatibility = JavaVersion.VERSION_1_8", "1.8"),
      ("targetCompatibility = JavaVersion.VERSION_21", "21"),
      ("options.release = 17", "17"), ("options.release.set(17)", "17"),
    ]
    for (text, expected) in levels { XCTAssertEqual(read(text).level?.text, expected, text) }
  }

  func testPorts() {
    let rows: [(String, Int?)] = [
      ("8080", 8080), ("${PORT:5000}", 5000), ("\"9000\"", 9000), ("${PORT}", nil), ("0", nil), ("70000", nil),
      ("x", nil),
      ("${A:${B:81}}", nil),
    ]
    for (text, expected) in rows { XCTAssertEqual(JavaPorts.number(text), expected, text) }
  }

  func testPropertiesOfPoms() throws {
    func project(_ text: String, _ path: String) throws -> MavenProject {
      try MavenProject(XMLElement.parse(Array(text.utf8), path: path), path: path)
    }
    let pom = try project(
      """
      <project><parent><artifactId>top</artifactId><version>2</version><relativePath>../parent/pom.xml</relativePath></parent>
      <artifactId>web</artifactId><modules><module>../core</module><module>/etc</module></modules>
      <dependencies><dependency><artifactId>a</artifactId><scope>test</scope><type>test-jar</type></dependency></dependencies>
      </project>
      """, "services/web/pom.xml")
    XCTAssertEqual(pom.parent?.directory, "services/parent")
    XCTAssertEqual(pom.modules.map(\.directory), ["services/core"], "a module outside of the project is not one of it")
    XCTAssertEqual([pom.packaging, pom.dependencies[0].scope], ["jar", "test"])
    XCTAssertTrue(pom.dependencies[0].isTestJar)
    for (text, place) in [("<a/>", "pom.xml:1:1"), ("<project>\n</project>", "pom.xml:1:1")] {
      XCTAssertEqual(try failure { try project(text, "pom.xml") }.location?.description, place)
    }
  }

  func testFuzzTextsAreReadWithoutATrap() throws {
    let seed = Fuzzing.seed(20_250_302)
    var random = SeededRandom(seed: seed)
    let pieces = [
      "plugins {", "}", "id 'x'", "\"", "'", "\"\"\"", "/*", "*/", "//", "\n", "\\", "mainClass", "=", "(", ")", "set",
      ".",
      "include", ":", ",", "'a:b'", "project(':a').projectDir", "file('../..')", "languageVersion", "of", "17", "${",
      "é",
      "public static void main(", "package a;", "fun main(", "server:", "port: 80", "subprojects", "{", "VERSION_1_8",
    ]
    for round in 0..<Fuzzing.rounds(3_000) {
      var text = ""
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        text += pieces.randomElement(using: &random) ?? ""
        if Bool.random(using: &random) { text += " " }
      }
      let script = GradleScript(text)
      let lines = text.utf8.count { $0 == 0x0a } + 1
      XCTAssertTrue(script.tokens.allSatisfy { (1...lines).contains($0.line) }, "seed \(seed), round \(round): \(text)")
      let project = GradleProject(path: "build.gradle", text: text, catalog: [:])
      XCTAssertTrue(project.mainClass.map { GradleProject.isClass($0.text) } ?? true, "seed \(seed), round \(round)")
      let source = JavaSourceText(Array(text.utf8))
      XCTAssertEqual(source.code.count, text.utf8.count, "seed \(seed), round \(round)")
      _ = source.main(fileName: "A.java")
      _ = source.main(fileName: "A.kt")
    }
  }
}
