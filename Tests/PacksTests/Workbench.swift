import Glibc
import PackCore
import XCTest

@testable import Packs

/// A directory of its own for a test: projects, packs, a cache, and a host that sees only what the test gives it.
final class Workbench {
  let root: HostPath
  private(set) var warnings = Locked<[String]>([])
  var environment: [String: String]
  /// Packs run in bubblewrap, as on any host that has it. Without, a pack of a test can write where the test looks.
  var sandboxed = true

  init() throws {
    let temporary = try FileSystem.createTemporaryDirectory(in: "/tmp", prefix: "packs-test")
    root = try XCTUnwrap(FileSystem.resolve(temporary))
    environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": (root / "home").description]
    for name in ["home", "project", "packs.d", "cache"] { try FileSystem.createDirectory(root / name) }
  }

  deinit { try? FileSystem.removeTree(root) }

  var project: HostPath { root / "project" }
  var packs: HostPath { root / "packs.d" }

  func write(_ text: String, _ path: String, mode: UInt32 = 0o644) throws {
    let target = root / path
    try FileSystem.createDirectory(target.parent)
    try FileSystem.writeAtomically(Array(text.utf8), to: target, mode: mode, durable: false)
  }

  /// A pack whose executable is a shell script; `body` sees the request in `$request` and calls `answer` with JSON fields.
  func pack(
    _ directory: String, manifest more: [String: JSONValue] = [:], place: String = "packs.d", _ body: String
  ) throws {
    let name = String(directory.dropFirst(3))
    var manifest: [String: JSONValue] = [
      "protocol": ["1.0"], "name": .string(name), "version": "1.0.0", "phases": ["detect", "plan"],
      "detect": ["any": ["*"]],
    ]
    manifest.merge(more) { _, more in more }
    try write(
      String(decoding: CanonicalJSON.encode(.object(manifest)), as: UTF8.self), "\(place)/\(directory)/pack.json")
    let script = """
      #!/bin/sh
      request=$(cat)
      field() { printf '%s' "$request" | sed "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }
      response=$(field response)
      id=$(field request_id)
      answer() { printf '{"protocol":"1.0","request_id":"%s",%s}' "$id" "$1" >"$response"; }
      \(body)
      """
    try write(script, "\(place)/\(directory)/bin/pack", mode: 0o755)
  }

  var context: HostContext {
    HostContext(environment: environment, workingDirectory: root, executable: "/proc/self/exe")
  }
  /// The build directory of the tests, where `packc-packs` is too.
  static let helpers = (FileSystem.resolve("/proc/self/exe") ?? "/").parent
  static let checkout: HostPath = {
    var path = HostPath(#filePath)
    while !FileSystem.exists(path / "Package.swift"), path != "/" { path = path.parent }
    return path
  }()

  var reporter: Reporter {
    Reporter { [warnings] event in
      switch event {
      case .warning(let text, let hint): warnings.withLock { $0.append(text + (hint.map { " | \($0)" } ?? "")) }
      case .note(let text): warnings.withLock { $0.append(text) }
      default: break
      }
    }
  }

  /// Asked once for all tests of a process.
  private static let bubblewrap = Isolation(
    context: HostContext(environment: [:], workingDirectory: "/", executable: "/proc/self/exe"), reporter: .silent)
  var isolation: Isolation { sandboxed ? Self.bubblewrap : .none }

  func host(packs: HostPath? = nil) -> PackHost {
    PackHost(
      context: context, installation: Installation(packs: packs ?? self.packs, helpers: Self.helpers),
      cache: root / "cache", reporter: reporter, isolation: isolation)
  }
  var told: [String] { warnings.withLock { $0 } }

  /// The project as it is now.
  func input(config: JSONValue? = nil, app: String? = nil, mode: BuildMode = .release) -> PackProject {
    PackProject(tree: ProjectTree(project), config: config, app: app, mode: mode)
  }
}

/// The failure that `body` ends with.
func failure<T>(_ body: () throws -> T, file: StaticString = #filePath, line: UInt = #line) throws -> Failure {
  do {
    _ = try body()
  } catch let failure as Failure {
    return failure
  }
  XCTFail("no failure", file: file, line: line)
  throw CancellationError()
}
