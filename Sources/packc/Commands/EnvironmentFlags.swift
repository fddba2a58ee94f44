internal import PackCore
internal import Runner

/// `--env KEY=VALUE` over `--env-file FILE`; a later file over an earlier one.
enum EnvironmentFlags {
  static let all = [
    Flag("env", short: "e", value: "KEY=VALUE", repeats: true, help: "set a variable of the program"),
    file,
  ]
  static let file = Flag("env-file", value: "FILE", repeats: true, help: "set variables from a .env file")

  static func read(_ invocation: Invocation) throws -> [String: String] {
    var environment: [String: String] = [:]
    for file in invocation.strings("env-file") {
      environment.merge(try EnvironmentFile.read(invocation.path(file))) { $1 }
    }
    for text in invocation.strings("env") {
      let (key, value) = try RunRequest.variable(parsing: text)
      environment[key] = value
    }
    return environment
  }
}
