import PackCore
import XCTest

@testable import Packs

/// The first-party packs as packc runs them: from the checkout's packs.d, through the protocol.
extension Workbench {
  static let firstParty = checkout / "packs.d"

  /// PATH of whoever runs the tests, so that their Go and Python are found.
  func useToolsOfTheHost() throws {
    environment["PATH"] = try HostContext.current().environment["PATH"]
  }

  func catalog() throws -> PackCatalog { try host(packs: Self.firstParty).load() }

  func choose(_ project: PackProject) throws -> Choice {
    try host(packs: Self.firstParty).choose(project, in: catalog())
  }

  /// The plan of the pack that fits.
  func plan(_ project: PackProject, lock: [String: JSONValue] = [:], pack: String? = nil) throws -> BuildPlan {
    let host = host(packs: Self.firstParty)
    let choice = try host.choose(project, in: host.load(), requested: pack)
    return try host.plan(choice.pack, for: project, lock: lock)
  }

  /// What tools keep between runs: beside the build, so that Go's standard library is compiled once.
  static let tools = helpers / "packs-test-tools"

  /// Runs a step of a plan in the project itself, as the executor does in a copy.
  @discardableResult
  func run(_ step: BuildStep, pack: String, more environment: [String: String] = [:]) throws -> CommandResult {
    let directory = try XCTUnwrap(catalog().pack(named: pack)).directory
    // pip's cache would hide what a test changes.
    let tools = pack == "go" ? Self.tools : root / "tools"
    func expand(_ text: String) -> String {
      text.replacing("${source}", with: project.description).replacing("${work}", with: (root / "work").description)
        .replacing("${cache}", with: tools.description).replacing("${pack}", with: directory.description)
    }
    try FileSystem.createDirectory(root / "work")
    for name in step.cacheDirectories { try FileSystem.createDirectory(tools / name) }
    for (path, text) in step.files {
      let target = HostPath(expand(path))
      try FileSystem.createDirectory(target.parent)
      try FileSystem.writeAtomically(Array(text.utf8), to: target)
    }
    let own = ["PATH": self.environment["PATH"] ?? "", "HOME": (root / "home").description, "TMPDIR": "/tmp"]
    let all = own.merging(step.environment.mapValues(expand)) { $1 }.merging(environment) { $1 }
    return try ProcessRunner().run(
      Command(step.argv.map(expand), environment: all, directory: project / step.workingDirectory, timeout: 120))
  }

  func text(_ path: String) throws -> String { String(decoding: try FileSystem.read(root / path), as: UTF8.self) }
}

extension BuildPlan {
  func decision(_ what: String) -> String? {
    decisions.first { $0.what == what }.map { "\($0.value) ← \($0.source)" }
  }
  func step(_ id: String) -> BuildStep? { steps.first { $0.id == id } }
}
