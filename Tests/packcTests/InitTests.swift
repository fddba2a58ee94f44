import PackCore
import TestSupport
import XCTest

/// `packc init`, and projects that hold several programs in directories of their own.
final class InitTests: XCTestCase {
  private static let main = """
    package main

    import "net/http"

    func main() { http.ListenAndServe(":9090", nil) }

    """

  private func module(_ name: String) -> [String: String] {
    ["\(name)/go.mod": "module example.com/\(name)\n\ngo 1.21\n", "\(name)/main.go": Self.main]
  }

  func testTheFileSaysWhatDetectionFoundAndChangesNothing() throws {
    let site = try Site()
    let project = try site.write(
      ["go.mod": "module example.com/shop\n\ngo 1.21\n", "main.go": Self.main], to: "shop")
    func plan() throws -> JSONValue {
      let json = try site.packc("plan", project.description, "--json").run().expect(exit: .done).json().value
      return ["entrypoint": json["entrypoint"] ?? .null, "steps": json["steps"] ?? .null]
    }
    let before = try plan()
    let answer = try site.packc("init", project.description, "--json").run().expect(exit: .done).json().value
    let text = try XCTUnwrap(answer["text"]?.string)
    XCTAssertEqual(Array(text.utf8), try FileSystem.read(project / "unik.yaml"))
    for line in ["name: shop", "pack: go  # ← go.mod", "ports: [9090/tcp]  # ← main.go:5"] {
      XCTAssertTrue(text.contains(line), "\(line) in:\n\(text)")
    }
    XCTAssertFalse(text.contains("/tmp"), "no path of this machine")
    XCTAssertEqual(try plan()["entrypoint"], before["entrypoint"])
    try site.packc("init", project.description).run().expect(exit: .failed)
      .expect(standardErrorContains: "there is a unik.yaml already").expect(standardErrorContains: "--force")
    try site.packc("init", project.description, "--force").run().expect(exit: .done)
    XCTAssertEqual(Array(text.utf8), try FileSystem.read(project / "unik.yaml"), "the same again")
  }

  func testAProjectThatNoPackKnowsGetsAStart() throws {
    let site = try Site()
    let project = try site.write(["Makefile": "all:\n\ttrue\n", "x.cob": ""], to: "cobol")
    let result = try site.packc("init", project.description).run().expect(exit: .done)
    result.expect(standardErrorContains: "no pack knows this project")
    let text = String(decoding: try FileSystem.read(project / "unik.yaml"), as: UTF8.self)
    XCTAssertTrue(text.contains("command: make  # ← Makefile"), text)
    let detected = try site.packc("plan", project.description, "--detect-only", "--json").run().expect(exit: .done)
    XCTAssertEqual(try detected.json().value["pack"]?["name"], "unik")
  }

  func testProgramsInDirectoriesOfTheirOwn() throws {
    let site = try Site()
    let project = try site.write(module("services/api"), to: "mono")
    let only = try site.packc("plan", project.description, "--json").run().expect(exit: .done)
    XCTAssertEqual(try only.json().value["name"], "api")
    only.expect(standardErrorContains: "services/api ← the only program below mono")

    try site.write(module("services/mail"), to: "mono")
    let several = try site.packc("plan", project.description, "--json", "--detect-only").run()
      .expect(exit: .severalCandidates)
    let candidates = try several.json().value["candidates"]?.array ?? []
    XCTAssertEqual(candidates.map { $0["app"]?.string }, ["services/api", "services/mail"])
    XCTAssertEqual(candidates.map { $0["pack"]?.string }, ["go", "go"])
    several.expect(standardErrorContains: "--app services/api")

    let built = try site.build(project, "--app", "services/mail", "--no-unikernel")
    XCTAssertTrue(FileSystem.exists(project / ".packc/image/index.json"), "the output lies in the given directory")
    XCTAssertTrue(FileSystem.exists(project / "services/mail/packc.lock"), "the lock belongs to the program")
    XCTAssertTrue(built.ref.hasSuffix("image:mail"), built.ref)
    try site.packc("build", project.description, "--app", "services/nothing").run().expect(exit: .nothingDetected)
  }
}
