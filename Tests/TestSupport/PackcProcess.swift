internal import Glibc
public import PackCore
internal import XCTest

/// A call of the real `packc` binary, built up and then run:
///
///     try PackcProcess("build", "--json").in(project).run()
///       .expect(exit: .nothingDetected)
///       .expect(standardErrorContains: "unik.yaml")
///
/// HOME and the XDG directories lie in a sandbox that goes away with the last value that names it; pass the same
/// sandbox to several calls to let them share a cache.
public struct PackcProcess {
  public var arguments: [String]
  public var directory: HostPath?
  public var environment: [String: String] = [:]
  public var input: [UInt8]?
  public var timeout: Double = 300
  public var sandbox: TemporaryDirectory?

  public init(_ arguments: String...) { self.arguments = arguments }
  public init(arguments: [String]) { self.arguments = arguments }

  public func `in`(_ directory: HostPath) -> PackcProcess { with { $0.directory = directory } }
  public func environment(_ more: [String: String]) -> PackcProcess { with { $0.environment.merge(more) { $1 } } }
  public func input(_ bytes: [UInt8]) -> PackcProcess { with { $0.input = bytes } }
  public func sandbox(_ sandbox: TemporaryDirectory) -> PackcProcess { with { $0.sandbox = sandbox } }
  public func timeout(_ seconds: Double) -> PackcProcess { with { $0.timeout = seconds } }

  private func with(_ change: (inout PackcProcess) -> Void) -> PackcProcess {
    var copy = self
    change(&copy)
    return copy
  }

  /// `PACKC_TEST_BINARY`, or `packc` beside the test bundle.
  public static func binary(_ name: String = "packc") throws -> HostPath {
    if let path = getenv("PACKC_TEST_BINARY") { return HostPath(String(cString: path)).parent / name }
    guard let bundle = FileSystem.resolve("/proc/self/exe") else { throw XCTSkip("no /proc") }
    let binary = bundle.parent / name
    guard FileSystem.isExecutableFile(binary) else {
      throw Failure("not_built", "\(binary) has not been built", hint: "swift build --product \(name)")
    }
    return binary
  }

  public func run(file: StaticString = #filePath, line: UInt = #line) throws -> PackcResult {
    let home = try sandbox ?? TemporaryDirectory("packc-home")
    let base = [
      "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin", "HOME": "\(home.path)",
      "XDG_CACHE_HOME": "\(home.path)/cache", "XDG_CONFIG_HOME": "\(home.path)/config",
      "XDG_STATE_HOME": "\(home.path)/state", "TMPDIR": "/tmp",
    ]
    let result = try ProcessRunner().run(
      Command(
        [Self.binary().description] + arguments, environment: base.merging(environment) { $1 },
        directory: directory ?? home.path, input: input.map(Command.Input.bytes) ?? .none, keep: 64 << 20,
        keepHead: true, timeout: timeout, grace: 10))
    return PackcResult(call: "packc " + arguments.joined(separator: " "), result: result, sandbox: home)
  }
}

/// What came back; each `expect` fails the test with the whole story and returns itself for the next.
public struct PackcResult {
  public let call: String
  public let result: CommandResult
  public let sandbox: TemporaryDirectory

  public var standardOutput: String { result.outputText }
  public var standardError: String { result.errorText }

  private var story: String { "\(call): \(result.end)\n--- stdout\n\(standardOutput)--- stderr\n\(standardError)---" }

  @discardableResult
  public func expect(exit: ExitCode, file: StaticString = #filePath, line: UInt = #line) -> PackcResult {
    XCTAssertFalse(result.timedOut, "timed out: \(story)", file: file, line: line)
    XCTAssertEqual(result.end, .exited(exit.rawValue), story, file: file, line: line)
    return self
  }
  @discardableResult
  public func expect(standardOutput text: String, file: StaticString = #filePath, line: UInt = #line) -> PackcResult {
    XCTAssertEqual(standardOutput, text, story, file: file, line: line)
    return self
  }
  @discardableResult
  public func expect(
    standardOutputContains text: String, file: StaticString = #filePath, line: UInt = #line
  ) -> PackcResult {
    XCTAssertTrue(standardOutput.contains(text), "no \"\(text)\": \(story)", file: file, line: line)
    return self
  }
  @discardableResult
  public func expect(
    standardErrorContains text: String, file: StaticString = #filePath, line: UInt = #line
  ) -> PackcResult {
    XCTAssertTrue(standardError.contains(text), "no \"\(text)\": \(story)", file: file, line: line)
    return self
  }

  /// Standard output as the one JSON document that `--json` promises.
  public func json(file: StaticString = #filePath, line: UInt = #line) throws -> JSONReader {
    do {
      return JSONReader(try JSONParser.parse(result.output, name: "standard output"))
    } catch {
      XCTFail("\(error)\n\(story)", file: file, line: line)
      throw error
    }
  }
}
