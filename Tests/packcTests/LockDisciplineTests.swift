import PackCore
import TestSupport
import XCTest

/// A release build without the language's own lock, or with one that does not fit, with the network cut: exit code 31 and the
/// command that mends it, whatever the language's tools would say.
final class LockDisciplineTests: XCTestCase {
  private static let goMain = "package main\n\nfunc main() {}\n"
  private static let requires = "module example.com/a\n\ngo 1.22\n\nrequire golang.org/x/text v0.14.0\n"
  private static let pom = """
    <project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
    <dependencies><dependency><groupId>org.example</groupId><artifactId>b</artifactId><version>1</version></dependency>
    </dependencies></project>
    """

  func testEachPackNamesTheMend() throws {
    let rows: [(tools: [String], name: String, files: [String: String], mend: String)] = [
      (["go"], "go, no sum", ["go.mod": Self.requires, "main.go": Self.goMain], "go mod tidy"),
      (
        ["go"], "go, another version",
        [
          "go.mod": Self.requires, "main.go": Self.goMain,
          "go.sum": "golang.org/x/text v0.13.0 h1:a=\ngolang.org/x/text v0.13.0/go.mod h1:b=\n",
        ], "go mod tidy"
      ),
      (
        ["cargo"], "rust, no lock",
        [
          "Cargo.toml": "[package]\nname = \"a\"\nversion = \"0.1.0\"\n\n[dependencies]\nserde = \"1\"\n",
          "src/main.rs": "fn main() {}\n",
        ], "cargo generate-lockfile"
      ),
      (
        ["node"], "node, no lock", ["package.json": "{\"dependencies\": {\"left\": \"1\"}}", "index.js": ""],
        "npm install --package-lock-only"
      ),
      (
        ["python3"], "python, plain requirements",
        ["requirements.txt": "flask\n", "app.py": "import flask\n\napp = flask.Flask(__name__)\n"],
        "packc lock"
      ),
      (
        ["python3"], "python, pipenv",
        ["Pipfile": "[packages]\nflask = \"*\"\n", "app.py": "import flask\n\napp = flask.Flask(__name__)\n"],
        "pipenv lock"
      ),
      (
        ["mvn", "javac"], "java, nothing resolved",
        ["pom.xml": Self.pom, "src/main/java/A.java": "class A {\n  public static void main(String[] a) {}\n}\n"],
        "packc lock"
      ),
    ]
    for row in rows {
      guard row.tools.allSatisfy({ (try? Tools.require($0)) != nil }) else { continue }
      let site = try Site(isolated: true)
      let project = try site.write(row.files, to: "project")
      let refused = try site.withoutNetwork(["build", "\(project)", "--no-unikernel"])
      XCTAssertEqual(refused.end, .exited(ExitCode.lock.rawValue), "\(row.name): \(refused.errorText)")
      XCTAssertTrue(refused.errorText.contains(row.mend), "\(row.name): \(refused.errorText)")
      XCTAssertFalse(refused.errorText.contains("Traceback"), "\(row.name): \(refused.errorText)")
      XCTAssertFalse(FileSystem.exists(project / ".packc"), row.name)
    }
  }

  func testRequireSandboxFailsWithoutOne() throws {
    let site = try Site(isolated: true)
    let project = try site.write(Projects.c, to: "project")
    site.environment["PACKC_SANDBOX"] = "none"
    try site.packc("build", "\(project)", "--no-unikernel", "--require-sandbox").run().expect(exit: .toolchain)
      .expect(standardErrorContains: "bubblewrap")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
  }

  /// Where bubblewrap is not there and the kernel has Landlock.
  func testLandlockIsASandbox() throws {
    let site = try Site(isolated: true)
    let context = HostContext.test(environment: [Isolation.variable: "landlock"], workingDirectory: "/")
    guard Isolation(context: context, reporter: .silent).kind == .landlock else {
      throw XCTSkip("this kernel has no Landlock of version 3")
    }
    let project = try site.write(Projects.c, to: "project")
    let tools = site.directory.path / "tools"
    try FileSystem.createDirectory(tools)
    for name in try DirectoryWalk.names(in: "/usr/bin") where !name.elementsEqual("bwrap".utf8) {
      try FileSystem.createLink(tools / HostPath(bytes: name), to: ("/usr/bin" / HostPath(bytes: name)).bytes)
    }
    site.environment["PATH"] = tools.description
    try site.packc("build", "\(project)", "--no-unikernel", "--require-sandbox").run().expect(exit: .done)
      .expect(standardErrorContains: "Landlock")
    let built = try JSONParser.parse(FileSystem.read(project / ".packc/build.json"))
    XCTAssertEqual(built["sandbox"], "landlock")
    // And it holds: the project's own directory is not there.
    try site.write(
      ["unik.yaml": "version: 1\nbuild: {command: cat \(project)/Makefile}\nartifact: {path: x}\n"], to: "looks")
    let looks = try site.packc("build", "\(site.directory.path / "looks")", "--no-unikernel").run().expect(
      exit: .stepFailed)
    XCTAssertTrue(looks.standardError.contains("ermission denied"), looks.standardError)
    XCTAssertTrue(looks.standardError.contains("docs/sandbox.md"), looks.standardError)
  }
}
