internal import Glibc
internal import PackCore
internal import Registry

/// `packc image login` and `packc image logout`.
enum ImageLoginCommand {
  /// A token of a cloud has some 3,000 bytes.
  private static let passwordLimit = 64 << 10

  static let definition = CommandDefinition(
    "image login", summary: "keep a password or token for a registry", operands: "HOST[:PORT]", count: 1...1,
    flags: [
      Flag("username", short: "u", value: "USER", help: "who you are there"),
      Flag("password-stdin", help: "take the password from standard input, as is always done"),
    ] + RegistryFlags.connection,
    details: """
      The password or token comes on standard input, never as an argument: `packc image login HOST -u USER < FILE`. It is
      kept where docker keeps it (~/.docker/config.json, or the credential helper that is set there), and only when the
      registry accepts it.
      """
  ) { invocation in
    guard let user = invocation.string("username"), !user.isEmpty, !user.contains(":") else {
      let given = invocation.string("username").map { "\"\($0)\" is no user name: it is empty or has a colon" }
      throw Failure(
        "wrong_usage", given ?? "`packc image login` needs to know who you are there",
        hint: "give it with -u USER; for a token, the registry says which name goes with it", exit: .usage)
    }
    let credential = Credential(username: user, password: try password())
    let login = Login(options: try RegistryFlags.options(invocation), store: CredentialStore(invocation.context))
    let place = try login.login(invocation.operands[0], credential)
    try invocation.output.write(
      ["registry": .string(invocation.operands[0]), "username": .string(user), "kept": .string(place)]
    ) { "\(invocation.operands[0]) accepts \(user); kept in \(place)\n" }
    return .done
  }

  static let logout = CommandDefinition(
    "image logout", summary: "forget the password for a registry", operands: "HOST[:PORT]", count: 1...1
  ) { invocation in
    let login = Login(options: try RegistryOptions(invocation.context), store: CredentialStore(invocation.context))
    let found = try login.logout(invocation.operands[0])
    try invocation.output.write(["registry": .string(invocation.operands[0]), "removed": .bool(found)]) {
      found ? "forgot \(invocation.operands[0])\n" : "nothing was kept for \(invocation.operands[0])\n"
    }
    return .done
  }

  /// The first line of standard input; a terminal does not show what is typed.
  private static func password() throws -> String {
    let isTerminal = isatty(0) == 1
    if isTerminal { StandardOutput.writeError("Password or token: ") }
    let shown = isTerminal ? hideTyping() : nil
    defer {
      if var shown {
        tcsetattr(0, TCSANOW, &shown)
        StandardOutput.writeError("\n")
      }
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= passwordLimit, !(isTerminal && bytes.last == 0x0a) {
      try Interruption.check()
      let count = read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    if bytes.last == 0x0a { bytes.removeLast() }
    if bytes.last == 0x0d { bytes.removeLast() }
    guard !bytes.isEmpty, bytes.count <= passwordLimit, let text = String(validating: bytes, as: UTF8.self),
      !bytes.contains(where: { $0 < 0x20 || $0 == 0x7f })
    else {
      throw Failure(
        "wrong_usage", "standard input holds no password: one line of UTF-8 is expected",
        hint: "`packc image login HOST -u USER < FILE`", exit: .usage)
    }
    return text
  }

  /// - Returns: what to set again.
  private static func hideTyping() -> termios? {
    var settings = termios()
    guard tcgetattr(0, &settings) == 0 else { return nil }
    let before = settings
    settings.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSANOW, &settings)
    return before
  }
}
