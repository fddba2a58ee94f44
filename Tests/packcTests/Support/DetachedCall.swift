import Glibc
import PackCore
import TestSupport
import XCTest

/// A call of packc whose supervisors live on. `ProcessRunner` ends what a child leaves behind, so after the first of these
/// a test calls packc in this way alone, until all deployments are destroyed.
struct DetachedCall {
  let state: TemporaryDirectory
  let cache: HostPath
  var path = "/usr/sbin:/usr/bin:/sbin:/bin"

  struct Answer {
    let call: String
    let exit: Int32
    let output: String
    let errors: String
    let seconds: Double

    var json: JSONValue? { try? JSONParser.parse(Array(output.utf8)) }

    @discardableResult
    func expect(_ code: ExitCode, file: StaticString = #filePath, line: UInt = #line) -> Answer {
      XCTAssertEqual(exit, code.rawValue, "\(call)\n\(output)\n\(errors)", file: file, line: line)
      return self
    }
  }

  func callAsFunction(_ arguments: String...) throws -> Answer { try self(arguments) }
  /// - Parameter interruptAfter: seconds until somebody types Ctrl-C.
  func callAsFunction(_ arguments: [String], interruptAfter: Double? = nil) throws -> Answer {
    try run([try PackcProcess.binary().description] + arguments, interruptAfter: interruptAfter)
  }

  /// A script that finds packc as `$PACKC`.
  func shell(_ script: String, inMountNamespace: Bool = false) throws -> Answer {
    try run((inMountNamespace ? ["/usr/bin/unshare", "-rm"] : []) + ["/bin/sh", "-c", script])
  }

  /// Any program, in the environment that packc gets.
  func run(_ argv: [String], interruptAfter: Double? = nil) throws -> Answer {
    let (out, err) = (state / "out", state / "err")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (number, path) in [(1, out), (2, err)] {
      posix_spawn_file_actions_addopen(
        &actions, Int32(number), path.description, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    }
    let packc = try PackcProcess.binary().description
    let environment = [
      "PATH=\(path)", "HOME=\(state.path)", "XDG_STATE_HOME=\(state.path)/state",
      "PACKC=\(packc)", "XDG_CACHE_HOME=\(cache)", "XDG_CONFIG_HOME=\(state.path)/config",
    ]
    let began = HostContext.monotonicClock()
    var pid = pid_t()
    func strings(_ list: [String]) -> [UnsafeMutablePointer<CChar>?] { list.map { strdup($0) } + [nil] }
    let (words, envp) = (strings(argv), strings(environment))
    defer { for text in words + envp { free(text) } }
    let code = posix_spawn(&pid, argv[0], &actions, nil, words, envp)
    XCTAssertEqual(code, 0)
    if let interruptAfter {
      usleep(UInt32(interruptAfter * 1e6))
      kill(pid, SIGINT)
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return Answer(
      call: argv.joined(separator: " "),
      exit: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f),
      output: String(decoding: try FileSystem.read(out), as: UTF8.self),
      errors: String(decoding: try FileSystem.read(err), as: UTF8.self),
      seconds: Double(HostContext.monotonicClock() - began) / 1e9)
  }
}
