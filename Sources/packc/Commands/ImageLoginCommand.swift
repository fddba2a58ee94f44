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

  /// The one line of standard input.
  private static func password() throws -> String {
    let bytes = HiddenInput.withoutLineEnd(
      try HiddenInput.read(prompt: "Password or token: ", limit: passwordLimit))
    guard !bytes.isEmpty, bytes.count <= passwordLimit, let text = String(validating: bytes, as: UTF8.self),
      !bytes.contains(where: { $0 < 0x20 || $0 == 0x7f })
    else {
      throw Failure(
        "wrong_usage", "standard input holds no password: one line of UTF-8 is expected",
        hint: "`packc image login HOST -u USER < FILE`", exit: .usage)
    }
    return text
  }
}
