internal import PackCore

/// Where keys come from.
enum KeyFlags {
  static let signing = [
    Flag("key", value: "FILE", help: "sign with this private key (PEM; ECDSA P-256 or Ed25519)"),
    Flag("key-command", value: "COMMAND", help: "sign with the private key that this command prints (/bin/sh -c)"),
  ]

  /// The key's bytes are in this process only: no file, no message and no child gets them.
  static func signingKey(_ invocation: Invocation) throws -> SigningKey {
    switch (invocation.string("key"), invocation.string("key-command")) {
    case (let file?, nil):
      return try signingKey(invocation.path(file))
    case (nil, let command?):
      return try SigningKey(pem: output(of: command, invocation), name: "what --key-command prints")
    default:
      throw Failure(
        "wrong_usage", "`packc \(invocation.command.name)` needs either --key FILE or --key-command COMMAND",
        hint: "see `packc \(invocation.command.name) --help`", exit: .usage)
    }
  }

  static func signingKey(_ path: HostPath) throws -> SigningKey {
    try SigningKey(pem: FileSystem.read(path, limit: limit), name: path.description)
  }

  static func publicKey(_ path: HostPath) throws -> PublicKey {
    try PublicKey(pem: FileSystem.read(path, limit: limit), name: path.description)
  }

  private static let limit = 64 << 10
  /// A person may have to touch a token. Seconds.
  private static let patience = 120.0

  private static func output(of command: String, _ invocation: Invocation) throws -> [UInt8] {
    let result = try ProcessRunner().run(
      Command(
        ["/bin/sh", "-c", command], environment: invocation.context.environment,
        directory: invocation.context.workingDirectory, input: .inherit, standardError: .inherit, keep: limit,
        keepHead: true, timeout: patience, ownGroup: false))
    guard result.succeeded else {
      throw Failure(
        "key_command", "the command of --key-command ended with \(result.timedOut ? "a time-out" : "\(result.end)")",
        hint: "run it by itself: it has to print a private key in PEM form")
    }
    return result.output
  }
}
