internal import PackCore
internal import TestSupport
import XCTest

@testable import Build
@testable import Packs

/// Buildpacks written by a test, wrapped into a pack, and built with as packc does, up to the finished plan.
final class BuildpackBench {
  let root: TemporaryDirectory
  private let outside: TemporaryDirectory

  init() throws {
    root = try TemporaryDirectory("buildpack-test")
    outside = try TemporaryDirectory("buildpack-cache")
    try root.makeDirectory("project")
    try root.makeDirectory("packs.d")
  }

  private static let helpers = (FileSystem.resolve("/proc/self/exe") ?? "/").parent
  private var installation: Installation { Installation(packs: root / "packs.d", helpers: Self.helpers) }
  private var context: HostContext {
    HostContext.test(
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"], workingDirectory: root.path,
      executable: "/proc/self/exe", clock: HostContext.monotonicClock)
  }

  /// A buildpack of two shell scripts. `detect` sees the build plan as `$2`, `build` the layers as `$1`.
  func buildpack(_ name: String, api: String, detect: String = "", build: String, toml: String = "") throws {
    try root.write(
      "api = \"\(api)\"\n[buildpack]\nid = \"test/\(name)\"\nversion = \"1.2.3\"\n\(toml)", to: "\(name)/buildpack.toml"
    )
    try root.write("#!/bin/sh\nset -eu\n\(detect)\n", to: "\(name)/bin/detect", mode: 0o755)
    try root.write("#!/bin/sh\nset -eu\n\(build)\n", to: "\(name)/bin/build", mode: 0o755)
  }

  @discardableResult
  func wrap(_ names: String...) throws -> BuildpackWrapper.Result {
    try FileSystem.removeTree(root / "packs.d")
    return try BuildpackWrapper(installation: installation, place: root.makeDirectory("packs.d"), name: "cnb")
      .wrap(names.map { root / $0 })
  }

  private var host: PackHost {
    PackHost(context: context, installation: installation, cache: outside.path, reporter: .silent)
  }

  private func project(_ options: JSONValue, _ environment: JSONValue, app: String?) -> PackProject {
    let config: JSONValue = ["options": options, "build": ["env": environment]]
    return PackProject(tree: ProjectTree(root / "project"), config: config, app: app)
  }

  func plan(options: JSONValue = [:], environment: JSONValue = [:], app: String? = nil) throws -> (Pack, BuildPlan) {
    let project = project(options, environment, app: app)
    let pack = try XCTUnwrap(host.load().pack(named: "cnb"))
    return (pack, try host.plan(pack, for: project))
  }

  func choose() throws -> Choice { try host.choose(project([:], [:], app: nil), in: host.load()) }

  struct Built {
    var plan: BuildPlan
    var image: HostPath
    var log: [String]

    /// Every file of the image, `layers/…` and `workspace/…`.
    func files() throws -> [String] {
      try DirectoryWalk.sortedByPath(image).filter { $0.status.kind == .file }.map(\.path.description)
    }
    func text(_ path: String) throws -> String {
      String(decoding: try FileSystem.read(image / path), as: UTF8.self)
    }
    /// Every path, mode and content in one number.
    func digest() throws -> Digest {
      var lines: [String] = []
      for entry in try DirectoryWalk.sortedByPath(image) {
        let content = entry.status.kind == .file ? try FileSystem.digest(of: image / entry.path).hex : ""
        lines.append("\(entry.path) \(entry.status.kind) \(entry.status.isExecutable) \(content)")
      }
      return Digest(of: JSONValue(strings: lines))
    }
  }

  func build(
    options: JSONValue = [:], environment: JSONValue = [:], app: String? = nil, useCache: Bool = true
  ) throws -> Built {
    let (pack, plan) = try plan(options: options, environment: environment, app: app)
    let log = Locked<[String]>([])
    let executor = try StepExecutor(
      StepExecutor.Setting(
        context: context, cache: outside.path, scan: ProjectScan(root: root / "project"),
        digests: FileDigests(file: outside / "digests", trustBefore: .max),
        reporter: Reporter { event in
          if case .stepLine(_, let text) = event { log.withLock { $0.append(text) } }
        }, packDirectory: pack.directory, packDigest: pack.digest, packName: pack.name, passthrough: [],
        libexec: pack.libexec, epoch: 0, timeout: 60, useCache: useCache, lastKeys: [:]))
    try executor.run(plan.steps)
    let image = try XCTUnwrap(executor.locate("${work}/image"))
    let document = try FileSystem.read(image / "launch.json")
    let kept = try outside.makeDirectory("image-\(log.withLock { $0.count })-\(Int.random(in: 0..<1_000_000))")
    try FileSystem.removeTree(kept)
    try TreeCopy.copy(image, to: kept)
    return Built(
      plan: try host.complete(plan, of: pack, with: document), image: kept, log: log.withLock { $0 })
  }
}
