internal import Config
internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

/// `artifact.files` of unik.yaml counts for every pack.
final class DeclaredFilesTests: XCTestCase {
  private func plan(_ files: String, having plan: BuildPlan = BuildPlan()) throws -> BuildPlan {
    let project = try TemporaryDirectory()
    try project.write("x", to: "hooks.json")
    try project.write("y", to: "static/a.css")
    let config = try UnikFile.parse(bytes: Array("version: 1\nartifact: {files: {\(files)}}\n".utf8), path: "unik.yaml")
    var plan = plan
    plan.addDeclaredFiles(config, try ProjectScan(root: project.path))
    return plan
  }

  func testFilesAndDirectoriesComeFromTheProject() throws {
    let made = try plan("hooks.json: /etc/hooks.json, static/: /srv/static/")
    XCTAssertEqual(made.artifacts.map(\.path), ["${source}/hooks.json", "${source}/static"])
    XCTAssertEqual(made.artifacts.map(\.destination.absolute), ["/etc/hooks.json", "/srv/static"])
    XCTAssertEqual(Set(made.artifacts.map(\.layer)), [.application])
    XCTAssertEqual(made.decisions.map(\.source), ["unik.yaml:2:20", "unik.yaml:2:49"])
  }

  func testAFileGoesIntoADirectoryUnderItsName() throws {
    XCTAssertEqual(try plan("hooks.json: /etc/app/").artifacts.map(\.destination.absolute), ["/etc/app/hooks.json"])
  }

  func testWhatThePlanPlacesItselfStaysAsItIs() throws {
    let own = BuildPlan.Artifact(
      path: "${work}/files/0", role: .data, destination: RootPath(literal: "etc/hooks.json"), layer: .application)
    XCTAssertEqual(try plan("hooks.json: /etc/hooks.json", having: BuildPlan(artifacts: [own])).artifacts, [own])
  }
}
