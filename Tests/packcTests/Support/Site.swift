import Glibc
import PackCore
import TestSupport
import XCTest

/// A place of its own for one test or class: a home, caches, projects. What tests share is the catalog of kernels, so that
/// Debian's is downloaded once on a machine, and the caches of the languages' own tools (Go's compiled packages, pip's
/// downloads), which are addressed by content. `isolated` shares the kernels only.
final class Site {
  let directory: TemporaryDirectory
  /// Another home with caches of its own below this site.
  let name: String
  var environment: [String: String] = [:]

  init(_ name: String = "home", in directory: TemporaryDirectory? = nil, isolated: Bool = false) throws {
    self.directory = try directory ?? TemporaryDirectory("packc-e2e")
    self.name = name
    let shared = try Self.sharedCache()
    for kind in isolated ? ["kernels"] : ["kernels", "tools"] {
      try FileSystem.createDirectory(shared / kind)
      try FileSystem.createDirectory(cache)
      try FileSystem.createLink(cache / kind, to: (shared / kind).bytes)
    }
  }

  var home: HostPath { directory / name }
  /// packc's cache directory.
  var cache: HostPath { home / "cache/packc" }
  /// Unique in the list of processes.
  var mark: String { directory.path.name }

  /// PACKC_TEST_CACHE, or `packc-test` in the user's cache directory: as in the tests of the runner.
  static func sharedCache() throws -> HostPath {
    let context = try HostContext.current()
    return try context.variable("PACKC_TEST_CACHE").map { HostPath($0) }
      ?? context.cacheDirectory().parent / "packc-test"
  }

  /// What a machine behind a proxy or a mirror needs to reach PyPI and Debian.
  private static let reach: [String: String] = {
    let all = (try? HostContext.current().environment) ?? [:]
    return all.filter { name, _ in
      let upper = name.uppercased()
      return upper.hasPrefix("PIP_") || upper.hasSuffix("_PROXY") || upper.hasPrefix("SSL_CERT")
        || upper == "REQUESTS_CA_BUNDLE" || upper == "CURL_CA_BUNDLE"
    }
  }()

  func packc(_ arguments: String...) -> PackcProcess { packc(arguments) }
  func packc(_ arguments: [String]) -> PackcProcess {
    var call = PackcProcess(arguments: arguments).sandbox(directory).environment(Self.reach).environment([
      "HOME": home.description, "XDG_CACHE_HOME": "\(home)/cache", "XDG_CONFIG_HOME": "\(home)/config",
      "XDG_STATE_HOME": "\(home)/state",
    ])
    call.directory = directory.path
    return call.environment(environment)
  }

  /// The command line and whole environment of a call, for those who start it themselves.
  func command(_ arguments: [String], environment more: [String: String] = [:]) throws -> Command {
    let call = packc(arguments)
    let path = ["PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "TMPDIR": "/tmp"]
    return Command(
      [try PackcProcess.binary().description] + arguments,
      environment: path.merging(call.environment) { $1 }.merging(more) { $1 }, directory: directory.path)
  }

  /// A call in a network namespace that has none.
  func withoutNetwork(_ arguments: [String]) throws -> CommandResult {
    var command = try command(arguments, environment: Self.reach)
    command.argv = ["/usr/bin/unshare", "--map-root-user", "--net"] + command.argv
    (command.keep, command.keepHead) = (64 << 20, true)
    return try ProcessRunner().run(command)
  }

  /// Writes the files below `place` of the site; returns the directory.
  @discardableResult
  func write(_ files: [String: String], to place: String) throws -> HostPath {
    for (name, text) in files { try directory.write(text, to: "\(place)/\(name)") }
    return directory / place
  }

  /// `packc build PROJECT --json`, which must succeed.
  func build(
    _ project: HostPath, _ flags: String..., file: StaticString = #filePath, line: UInt = #line
  ) throws -> BuildAnswer {
    let result = try packc(["build", project.description, "--json"] + flags).run(file: file, line: line)
    result.expect(exit: .done, file: file, line: line)
    return BuildAnswer(json: try result.json(file: file, line: line).value, log: result.standardError)
  }

  /// What packc keeps only while it builds; a failed or ended build leaves none of it.
  func workInProgress() throws -> [String] {
    try ["work", "run"].flatMap { place -> [String] in
      guard FileSystem.isDirectory(cache / place) else { return [] }
      return try DirectoryWalk.names(in: cache / place).map { "\(place)/" + String(decoding: $0, as: UTF8.self) }
    }
  }
}

/// The answer of `packc build --json`.
struct BuildAnswer {
  let json: JSONValue
  let log: String

  var image: String? { json["image"]?["digest"]?.string }
  var initrd: String? { json["unikernel"]?["initrd"]?["digest"]?.string }
  var layout: HostPath { HostPath(json["image"]?["layout"]?.string ?? "/nonexistent") }
  var ref: String { json["image"]?["ref"]?.string ?? "" }
  var layers: [JSONValue] { json["image"]?["layers"]?.array ?? [] }
  /// Each layer's diff_id by its role.
  var diffIDs: [String: String] {
    Dictionary(layers.map { ($0["role"]?.string ?? "", $0["diff_id"]?.string ?? "") }) { first, _ in first }
  }
  var statuses: [String: String] {
    Dictionary((json["steps"]?.array ?? []).map { ($0["id"]?.string ?? "", $0["status"]?.string ?? "") }) { $1 }
  }
  func decision(_ what: String) -> JSONValue? { json["decisions"]?.array?.first { $0["what"]?.string == what } }
  func blob(_ layer: JSONValue) -> HostPath {
    layout / "blobs/sha256" / (layer["digest"]?.digest?.hex ?? "none")
  }
}
