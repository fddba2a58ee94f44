internal import Glibc
public import PackCore
internal import XCTest

/// Runs a real tool of the machine.
public enum Tools {
  private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// Where the tool is; the test is skipped, saying so, when it is not installed. CI fails on a skip that is not in
  /// `Tests/AllowedSkips.txt`.
  public static func require(_ name: String) throws -> HostPath {
    for directory in path.split(separator: ":") {
      let candidate = HostPath(String(directory)) / name
      if FileSystem.isExecutableFile(candidate) { return candidate }
    }
    throw XCTSkip("\(name) is not installed; `make deps` installs it")
  }

  /// Runs a tool in a small fixed environment; its result says how it ended. Standard output is kept whole up to 64 MiB.
  public static func run(
    _ name: String, _ arguments: [String], in directory: HostPath? = nil, environment: [String: String] = [:],
    input: [UInt8]? = nil, timeout: Double = 120
  ) throws -> CommandResult {
    let tool = name.utf8.contains(UInt8(ascii: "/")) ? HostPath(name) : try require(name)
    let base = ["PATH": path, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC"]
    return try ProcessRunner().run(
      Command(
        [tool.description] + arguments, environment: base.merging(environment) { $1 }, directory: directory,
        input: input.map(Command.Input.bytes) ?? .none, keep: 64 << 20, keepHead: true, timeout: timeout))
  }

  /// The standard output of a tool that must succeed.
  public static func output(
    _ name: String, _ arguments: [String], in directory: HostPath? = nil, environment: [String: String] = [:],
    input: [UInt8]? = nil, file: StaticString = #filePath, line: UInt = #line
  ) throws -> String {
    let result = try run(name, arguments, in: directory, environment: environment, input: input)
    if !result.succeeded {
      XCTFail("\(name) \(arguments.joined(separator: " ")): \(result.end)\n\(result.errorText)", file: file, line: line)
    }
    return result.outputText
  }

  /// Tests of what an ordinary user may not do make no sense as root.
  public static var isRoot: Bool { geteuid() == 0 }
}
