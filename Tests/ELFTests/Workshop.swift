import Glibc
import PackCore
import XCTest

@testable import ELF

/// A private directory in which a test compiles what it looks at; removed at the end.
final class Workshop {
  let directory: HostPath
  private let context: HostContext

  init() throws {
    directory = try FileSystem.createTemporaryDirectory(in: "/tmp", prefix: "packc-elf-tests")
    context = try HostContext.current()
  }
  deinit { try? FileSystem.removeTree(directory) }

  func path(_ name: String) -> HostPath { directory / name }

  /// Runs a tool of the host; a failure of the tool is a failure of the test.
  @discardableResult
  func run(_ tool: String, _ arguments: [String], in place: HostPath? = nil, environment: [String: String] = [:]) throws
    -> String
  {
    let result = try attempt(tool, arguments, in: place, environment: environment)
    guard result.succeeded else {
      throw Failure("tool_failed", "\(tool) \(arguments): \(result.end)\n\(result.errorText)\(result.outputText)")
    }
    return result.outputText
  }

  func has(_ tool: String) -> Bool { context.findTool(tool) != nil }

  func attempt(_ tool: String, _ arguments: [String], in place: HostPath? = nil, environment: [String: String] = [:])
    throws -> CommandResult
  {
    let program = tool.hasPrefix("/") ? HostPath(tool) : context.findTool(tool)
    guard let program else { throw Failure("tool_missing", "\(tool) is not installed") }
    var variables = ["PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C"]
    variables["HOME"] = context.environment["HOME"] ?? "/tmp"
    variables["RUSTUP_HOME"] = context.environment["RUSTUP_HOME"]
    variables["CARGO_HOME"] = context.environment["CARGO_HOME"]
    variables.merge(environment) { $1 }
    return try ProcessRunner().run(
      Command(
        [program.description] + arguments, environment: variables, directory: place ?? directory, keep: 8 << 20,
        timeout: 300))
  }

  @discardableResult
  func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws -> HostPath {
    let path = path(name)
    try FileSystem.createDirectory(path.parent)
    try FileSystem.writeAtomically(Array(text.utf8), to: path, mode: mode, durable: false)
    return path
  }

  /// Compiles C into `name`; returns its path.
  @discardableResult
  func compile(_ name: String, _ source: String, _ flags: [String] = [], compiler: String = "gcc") throws -> HostPath {
    let output = path(name)
    try FileSystem.createDirectory(output.parent)
    let file = try write(name + ".c", source)
    try run(compiler, ["-o", output.description, file.description] + flags)
    try FileSystem.removeFile(file)
    return output
  }

  /// A shared object with a soname that defines `function`.
  @discardableResult
  func library(_ name: String, function: String, calls: String? = nil, _ flags: [String] = []) throws -> HostPath {
    let soname = name.split(separator: "/").last.map(String.init) ?? name
    let body = calls.map { "int \($0)(void); int \(function)(void) { return \($0)() + 1; }" }
    return try compile(
      name, body ?? "int \(function)(void) { return 1; }", ["-shared", "-fPIC", "-Wl,-soname,\(soname)"] + flags)
  }
}

let hello = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"

/// A root filesystem as tests need it: links of the merged /usr, and files of the host.
func image(_ files: [(path: String, host: HostPath, layer: LayerRole)]) throws -> RootFilesystem {
  var root = RootFilesystem()
  for entry in MergedUsr.entries() { try root.insert(entry) }
  for file in files {
    let status = try XCTUnwrap(try FileSystem.status(file.host))
    try root.insert(
      RootFilesystem.Entry(
        path: try XCTUnwrap(RootPath(file.path)), content: .host(file.host, status), mode: 0o755, layer: file.layer,
        origin: "test"))
  }
  return root
}

extension RootFilesystem {
  /// Writes the files out, so that they can be run.
  func write(to directory: HostPath) throws {
    try FileSystem.createDirectory(directory)
    for entry in entries {
      let path = directory / entry.path
      switch entry.content {
      case .directory: try FileSystem.createDirectory(path)
      case .bytes(let bytes): try FileSystem.writeAtomically(bytes, to: path, mode: entry.mode, durable: false)
      case .host(let host, _): try FileSystem.copyFile(host, to: path, mode: entry.mode)
      case .link(let target): try FileSystem.createLink(path, to: target)
      case .hardLink(let first): try FileSystem.linkOrCopy(directory / first, to: path, mode: entry.mode)
      }
    }
  }
}

/// The failure of a call that must fail, with exit code 65 and a next step.
func failure<T>(_ body: () throws -> T, file: StaticString = #filePath, line: UInt = #line) -> Failure? {
  do {
    _ = try body()
    XCTFail("no failure", file: file, line: line)
  } catch let failure as Failure {
    XCTAssertEqual(failure.exit, .badInput, failure.description, file: file, line: line)
    XCTAssertNotNil(failure.hint, failure.description, file: file, line: line)
    return failure
  } catch {
    XCTFail("not a Failure: \(error)", file: file, line: line)
  }
  return nil
}

/// SplitMix64.
struct Random {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
