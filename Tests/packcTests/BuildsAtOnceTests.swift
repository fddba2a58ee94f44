import PackCore
import TestSupport
import XCTest

/// Two builds of one project at the same moment.
final class BuildsAtOnceTests: XCTestCase {
  func testTheSecondWaitsAndTheStepRunsOnce() throws {
    let site = try Site()
    let project = try site.write(
      [
        "main.c": "int main(void) { return 7; }\n",
        "unik.yaml": """
        version: 1
        name: seven
        build: {command: "sleep 1; cc -O1 -o seven main.c"}
        artifact: {path: seven}

        """,
      ], to: "p")
    var command = try site.command(["build", "\(project)", "--no-unikernel", "--json"])
    command.argv =
      [
        "/bin/sh", "-c",
        #""$@" >"$0/1.json" 2>"$0/1.log" & first=$!; "$@" >"$0/2.json" 2>"$0/2.log"; second=$?; wait $first && exit $second"#,
        "\(site.directory.path)",
      ] + command.argv
    let result = try ProcessRunner().run(command)
    XCTAssertEqual(result.end, .exited(0), result.errorText)
    let answers = try ["1", "2"].map { try JSONParser.parse(FileSystem.read(site.directory / "\($0).json")) }
    let logs = try ["1", "2"].map { String(decoding: try FileSystem.read(site.directory / "\($0).log"), as: UTF8.self) }
    XCTAssertNotNil(answers[0]["image"]?["digest"]?.string)
    XCTAssertEqual(answers[0]["image"]?["digest"], answers[1]["image"]?["digest"])
    XCTAssertEqual(logs.filter { $0.contains("another build of this project is running") }.count, 1, "\(logs)")
    let steps = try DirectoryWalk.names(in: site.cache / "steps").filter { $0.first != UInt8(ascii: ".") }
    XCTAssertEqual(steps.count, 1)
    XCTAssertEqual(try site.workInProgress(), [])
  }
}
