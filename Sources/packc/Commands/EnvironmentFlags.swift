internal import PackCore
internal import Runner

/// `--env KEY=VALUE` over `--env-file FILE`.
enum EnvironmentFlags {
  static func read(_ invocation: Invocation) throws -> [String: String] {
    var environment: [String: String] = [:]
    for file in invocation.strings("env-file") { try read(invocation.path(file), into: &environment) }
    for text in invocation.strings("env") {
      let (key, value) = try RunRequest.variable(parsing: text)
      environment[key] = value
    }
    return environment
  }

  /// Lines `KEY=VALUE`; empty lines and those that begin with `#` do not count. Values are taken as they stand.
  private static func read(_ path: HostPath, into environment: inout [String: String]) throws {
    let lines = try FileSystem.read(path, limit: 1 << 20).split(separator: 0x0a, omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let location = SourceLocation(path: path.description, line: index + 1)
      guard var line = String(validating: bytes, as: UTF8.self) else {
        throw Failure(
          "bad_env_file", "this line is not UTF-8", hint: "save the file as UTF-8", at: location, exit: .badInput)
      }
      if line.hasSuffix("\r") { line.removeLast() }
      if line.isEmpty || line.hasPrefix("#") { continue }
      do {
        let (key, value) = try RunRequest.variable(parsing: line)
        environment[key] = value
      } catch let failure as Failure {
        throw Failure(
          "bad_env_file", "this line is not KEY=VALUE", hint: "write one variable a line", at: location,
          exit: .badInput, cause: failure.message)
      }
    }
  }
}
