import Glibc
import PackCore
import TestSupport
import XCTest

/// Directories that are no project, and projects that cannot be built: one clear error, its exit code, a next step, and
/// nothing left behind.
final class ProjectRefusalTests: XCTestCase {
  /// `packc build` must fail so, and leave nothing.
  private func refuse(
    _ site: Site, _ project: HostPath, _ flags: [String] = ["--no-unikernel"], exit: ExitCode, says: [String],
    file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let result = try site.packc(["build", "\(project)"] + flags).run().expect(exit: exit, file: file, line: line)
    for text in says + ["next: "] { result.expect(standardErrorContains: text, file: file, line: line) }
    let errors = result.standardError.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    XCTAssertEqual(errors.count, 1, result.standardError, file: file, line: line)
    XCTAssertFalse(FileSystem.exists(project / ".packc"), "an output is left", file: file, line: line)
    XCTAssertEqual(try site.workInProgress(), [], file: file, line: line)
    try Leftovers.assertNone(site, file: file, line: line)
  }

  func testNoDirectoryAndNoProjectDirectory() throws {
    let site = try Site()
    try refuse(site, site.directory / "nowhere", exit: .badInput, says: ["there is no directory", "nowhere"])
    let file = try site.write(["main.c": "int main(void) { return 0; }"], to: "p") / "main.c"
    try refuse(site, file, exit: .badInput, says: ["main.c is a file", "packc build \(file.parent)"])
  }

  func testADockerfileIsNotAnInput() throws {
    let site = try Site()
    let project = try site.write(["Dockerfile": "FROM scratch\n"], to: "docker")
    try refuse(site, project / "Dockerfile", exit: .badInput, says: ["is a Dockerfile", "unik.yaml"])
    try refuse(site, project, exit: .nothingDetected, says: ["Dockerfile is not taken as input", "unik.yaml"])
  }

  func testAConfigurationUnderAnotherNameIsNotIgnored() throws {
    let site = try Site()
    let text = "version: 1\nbuild: {command: \"true\"}\nartifact: {path: notes.txt}\n"
    for name in ["unik.yml", "unik.yaml.txt", "Unik.yaml"] {
      let project = try site.write([name: text, "notes.txt": ""], to: "misnamed-\(name)")
      try refuse(
        site, project, exit: .badInput, says: ["there is a file \(name)", "mv \(name) unik.yaml", "--file \(name)"])
    }
    // Beside the right one it is somebody's copy.
    let both = try site.write(["unik.yml": text, "unik.yaml": "version: 1\nnone: 1\n"], to: "both")
    try refuse(site, both, exit: .badInput, says: ["unik.yaml:2:1"])
  }

  func testNothingDetectedShowsWhatWasSeenAndWhatIsLookedFor() throws {
    let site = try Site()
    let project = try site.write(["notes.txt": "", "requirement.txt": "flask\n"], to: "unknown")
    try refuse(
      site, project, exit: .nothingDetected,
      says: ["notes.txt", "go.mod", "did you mean requirements.txt?", "version: 1", "artifact:"])
    try refuse(site, try site.directory.makeDirectory("empty"), exit: .nothingDetected, says: ["files seen: none"])
  }

  /// Two packs that are equally sure, with the same number in front of their names.
  func testATieListsThePacksAndTheLineThatSettlesIt() throws {
    let site = try Site()
    let pack = """
      {"protocol": ["1.0"], "name": "snake", "version": "1.0.0", "languages": ["python"], "phases": ["detect", "plan"],
       "looks_for": "requirements.txt", "detect": {"any": ["requirements.txt"]}}
      """
    let answer = """
      #!/usr/bin/python3
      import json, sys
      request = json.load(sys.stdin)
      response = {"protocol": "1.0", "request_id": request["request_id"], "status": "ok",
                  "result": {"confidence": 90, "reasons": [{"path": "requirements.txt", "rule": "snakes"}]}}
      with open(request["io"]["response"], "w") as file:
          json.dump(response, file)

      """
    try site.write(["pack.json": pack], to: "packs.d/20-snake")
    try site.directory.write(answer, to: "packs.d/20-snake/bin/pack", mode: 0o755)
    let project = try site.write(Projects.flask, to: "tie")
    try refuse(
      site, project, ["--packs", "\(site.directory / "packs.d")"], exit: .severalCandidates,
      says: ["python (confidence 90)", "snake (confidence 90)", "pack: python", "--pack python"])
    _ = try site.build(
      project, "--packs", "\(site.directory / "packs.d")", "--pack", "python", "--no-unikernel")
  }

  /// Equal confidence of packs with different numbers: the number decides, and it is said how to decide otherwise.
  /// A Go program and a Flask application in one directory: nobody can know which one is meant.
  func testTwoLanguagesInOneDirectoryAreAQuestion() throws {
    let site = try Site()
    let project = try site.write(Projects.go.merging(Projects.flask) { $1 }, to: "both")
    try refuse(
      site, project, exit: .severalCandidates,
      says: ["several packs fit equally well", "go (confidence 90)", "python (confidence 90)", "pack: go"])
    let plan = try site.packc("plan", project.description, "--json").run().expect(exit: .severalCandidates)
    let candidates = try plan.json().value["candidates"]?.array ?? []
    XCTAssertEqual(candidates.compactMap { $0["pack"]?.string }, ["go", "python"])
    XCTAssertEqual(try site.build(project, "--no-unikernel", "--pack", "go").json["pack"]?["name"], "go")
  }

  func testBrokenUnikYamlHasItsPlaceAndASuggestion() throws {
    let site = try Site()
    let rows: [(text: String, says: [String])] = [
      ("version: 1\nbuild:\n  comand: make\n", ["unik.yaml:3:3", "did you mean \"command\"?"]),
      ("version: 1\nbuild: {command: make\n", ["unik.yaml:"]), ("version: 2\n", ["unik.yaml:1:", "version"]),
      ("version: 1\nartifact: {path: ../up}\n", ["unik.yaml:2:"]),
      ("version: 1\nrun: {ports: [http]}\n", ["unik.yaml:2:", "ports"]),
      ("version: 1\nversion: 1\n", ["unik.yaml:2:1", "version"]),
    ]
    for row in rows {
      let project = try site.write(["unik.yaml": row.text], to: "broken")
      try refuse(site, project, exit: .badInput, says: row.says)
    }
  }

  func testAFailingStepShowsItsLastLines() throws {
    let site = try Site()
    let files = Projects.made(by: "echo first; echo the compiler is unhappy >&2; exit 3")
    try refuse(
      site, try site.write(files, to: "failing"), exit: .stepFailed,
      says: ["the step \"build\" failed with exit code 3", "the compiler is unhappy"])
    // A step that never ends, and that has children which do not want to.
    let slow = Projects.made(by: "echo waiting; (trap '' TERM; sleep 600) & sleep 600")
    try refuse(
      site, try site.write(slow, to: "slow"), ["--no-unikernel", "--timeout", "1"], exit: .timedOut,
      says: ["after 1 second", "waiting", "--timeout"])
  }

  func testAFailedBuildLeavesTheLastGoodOneAlone() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "c")
    let good = try site.build(project)
    let before = try Stamps(project / ".packc")
    try site.write(["server.c": "this is not C\n"], to: "c")
    try site.packc("build", "\(project)").run().expect(exit: .stepFailed)
      .expect(standardErrorContains: "server.c:1")
    XCTAssertEqual(try Stamps(project / ".packc"), before)
    try site.write(Projects.c, to: "c")
    let again = try site.build(project)
    XCTAssertEqual(again.image, good.image)
    XCTAssertEqual(again.initrd, good.initrd)
  }

  func testRunWithoutABuildSaysSo() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "c")
    for flags in [[], ["--oci"]] {
      try site.packc(["run", "\(project)"] + flags).run().expect(exit: .runFailed)
        .expect(standardErrorContains: "packc build")
    }
  }
}
