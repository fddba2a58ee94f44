internal import Glibc

/// Why a child could not be started.
enum SpawnFailure {
  static func emptyCommand() -> Failure {
    Failure("empty_command", "a command without a program cannot be started", exit: .badInput)
  }

  static func containsNUL(_ program: String) -> Failure {
    Failure(
      "bad_command", "an argument or variable for \(program.filter { $0 != "\0" }) holds a NUL byte", exit: .badInput)
  }

  static func badVariable(_ key: String) -> Failure {
    Failure("bad_command", "\"\(key)\" cannot be the name of an environment variable", exit: .badInput)
  }

  static func notInPath(_ name: String) -> Failure {
    Failure(
      "tool_missing", "the program \"\(name)\" is not in PATH", hint: "install it, or run `packc check`",
      exit: .toolchain)
  }

  /// posix_spawn(3) gives one number for three mistakes; which one it was is looked up afterwards.
  static func cannotStart(_ program: HostPath, in directory: HostPath?, errno code: Int32) -> Failure {
    if let directory, !FileSystem.isDirectory(directory) {
      return Failure(
        "cannot_start", "cannot start \(program) in \(directory): the directory does not exist", exit: .failed)
    }
    let file = directory.map { $0 / program } ?? program
    let hint: String? =
      switch code {
      case ENOENT where FileSystem.exists(file):
        "\(program) is there, but what its first line (`#!`) or its ELF header names as interpreter is not"
      case ENOENT: "install it, or run `packc check`"
      case EACCES: "make it executable: chmod +x \(file)"
      case ENOEXEC: "a script needs a first line such as `#!/bin/sh`; a binary must be for this machine"
      case E2BIG: "its arguments and environment are too large together"
      default: nil
      }
    return Failure(
      "cannot_start", "cannot start \(program)\(directory.map { " in \($0)" } ?? ""): \(SystemError.text(code))",
      hint: hint, exit: .failed)
  }
}
