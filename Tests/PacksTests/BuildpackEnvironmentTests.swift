import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

/// The modification rules of buildpack.md, "Environment".
final class BuildpackEnvironmentTests: XCTestCase {
  private func layer(_ root: TemporaryDirectory, _ name: String, _ files: [String: String]) throws -> HostPath {
    for (path, text) in files { try root.write(text, to: "\(name)/\(path)") }
    return root / name
  }

  func testEachAction() throws {
    let rows: [(files: [String: String], before: String?, after: String?)] = [
      (["env/X": "new"], "old", "new"), (["env/X.override": "new"], "old", "new"),
      (["env/X.default": "new"], "old", "old"),
      (["env/X.default": "new"], nil, "new"), (["env/X.default": "new"], "", "new"),
      (["env/X.append": "new"], "old", "oldnew"), (["env/X.append": "new", "env/X.delim": ":"], "old", "old:new"),
      (["env/X.append": "new", "env/X.delim": ":"], nil, "new"), (["env/X.prepend": "new"], "old", "newold"),
      (["env/X.prepend": "new", "env/X.delim": " "], "old", "new old"), (["env/X.delim": ":"], "old", "old"),
      (["env/X": "a\n"], nil, "a\n"), (["env/X": "a", "env.launch/X": "b"], nil, "b"),
      (["env/X": "a", "env.launch/X.append": "b", "env.launch/web/X.append": "c"], nil, "abc"),
      (["env/X.prepend": "a", "env.launch/X.prepend": "b", "env.launch/web/X.prepend": "c"], nil, "cba"),
      (["env.launch/worker/X": "b"], "old", "old"), (["env.build/X": "b"], "old", "old"),
      (["env.launch/X": "a", "env.launch/web/X.default": "b"], nil, "a"),
    ]
    for row in rows {
      let root = try TemporaryDirectory()
      var environment = BuildpackEnvironment(row.before.map { ["X": $0] } ?? [:])
      try environment.addFiles(of: layer(root, "l", row.files), .launch(process: "web"))
      XCTAssertEqual(environment.variables["X"], row.after, "\(row.files)")
    }
    let root = try TemporaryDirectory()
    var build = BuildpackEnvironment([:])
    try build.addFiles(of: layer(root, "l", ["env/X": "a", "env.build/X.append": "b", "env.launch/X": "c"]), .build)
    XCTAssertEqual(build.variables, ["X": "ab"])
  }

  func testPathsOfLayers() throws {
    let root = try TemporaryDirectory()
    let first = try ["a", "b"].map { try layer(root, "1/\($0)", ["bin/x": "", "lib/x": "", "include/x": ""]) }
    let second = [try layer(root, "2/c", ["bin/x": "", "pkgconfig/x": ""])]
    var launch = BuildpackEnvironment(["PATH": "/usr/bin"])
    var build = BuildpackEnvironment([:])
    for layers in [first, second] {
      launch.addDirectories(of: layers, .launch(process: "web"))
      build.addDirectories(of: layers, .build)
    }
    func short(_ environment: BuildpackEnvironment) -> [String: String] {
      environment.variables.mapValues { $0.replacing("\(root.path)/", with: "") }
    }
    XCTAssertEqual(short(launch), ["PATH": "2/c/bin:1/a/bin:1/b/bin:/usr/bin", "LD_LIBRARY_PATH": "1/a/lib:1/b/lib"])
    XCTAssertEqual(
      short(build),
      [
        "PATH": "2/c/bin:1/a/bin:1/b/bin", "LD_LIBRARY_PATH": "1/a/lib:1/b/lib", "LIBRARY_PATH": "1/a/lib:1/b/lib",
        "CPATH": "1/a/include:1/b/include", "PKG_CONFIG_PATH": "2/c/pkgconfig",
      ])
  }

  func testWhatTheUserGives() {
    var environment = BuildpackEnvironment(["PATH": "/usr/bin", "MODE": "layer"])
    environment.addUser(["PATH": "/own", "MODE": "user", "BP_X": "1"])
    XCTAssertEqual(environment.variables, ["PATH": "/own:/usr/bin", "MODE": "user", "BP_X": "1"])
  }

  func testRefusals() throws {
    for (files, text) in [
      (["env/X.sideways": "1"], "sideways"), (["env/.append": "1"], "not the name"), (["env/A=B": "1"], "not the name"),
      (["env/X": "a\u{0}b"], "not UTF-8"),
    ] {
      let root = try TemporaryDirectory()
      var environment = BuildpackEnvironment([:])
      let failure = assertFailure("buildpack_env", "\(files)") {
        try environment.addFiles(of: layer(root, "l", files), .build)
      }
      XCTAssertTrue(failure?.message.contains(text) ?? false, "\(failure?.message ?? "")")
    }
  }
}
