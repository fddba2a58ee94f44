internal import PackCore
internal import Runner

/// `packc secret …`: values that programs get and that no file, command line or log of the host shows.
enum SecretCommand {
  static let flag = Flag(
    "secret", value: "NAME[=VARIABLE]", repeats: true, help: "give the program this secret in a variable")

  static let set = CommandDefinition(
    "secret set", summary: "keep a value from standard input or a file, encrypted", operands: "NAME", count: 1...1,
    flags: [Flag("file", value: "FILE", help: "read the value from FILE, in the place of standard input")],
    details: """
      The value never stands on a command line: `packc secret set DATABASE_URL < FILE`, or typed at the prompt. One line's
      end at its end does not belong to it. It is UTF-8 without NUL, at most 64 KiB; whatever else goes through base64.

      `packc run --secret NAME[=VARIABLE]` gives it to the program in a variable. docs/secrets.md says what encryption
      protects here and what it does not.
      """
  ) { invocation in
    let name = try SecretName(invocation.operands[0])
    let limit = SecretStore.valueLimit + 2
    let bytes =
      try invocation.path(flag: "file").map { try FileSystem.read($0, limit: limit) }
      ?? HiddenInput.read(prompt: "Value of \(name): ", limit: limit)
    let replaces = try SecretStore(invocation.context).set(name, HiddenInput.withoutLineEnd(bytes))
    try invocation.output.write(["name": .string(name.description), "replaced": .bool(replaces)]) {
      replaces ? "\(name) has a new value\n" : "kept \(name)\n"
    }
    return .done
  }

  static let list = CommandDefinition(
    "secret list", summary: "show the names of the secrets, never their values"
  ) { invocation in
    let names = try SecretStore(invocation.context).names()
    try invocation.output.write(["secrets": .array(names.map { ["name": .string($0)] })]) {
      names.isEmpty ? "no secret yet; `packc secret set NAME < FILE` keeps one\n" : names.map { $0 + "\n" }.joined()
    }
    return .done
  }

  static let remove = CommandDefinition(
    "secret remove", summary: "forget secrets", operands: "NAME…", count: 1...256,
    details: "A name that is not there is said so and is no failure. Programs that run keep what they were given.",
    completes: { (try? SecretStore($0).names()) ?? [] }
  ) { invocation in
    let names = try invocation.operands.map { try SecretName($0) }
    let found = try SecretStore(invocation.context).remove(names)
    let rows = zip(names, found).map { ($0.description, $1 ? "removed" : "not found") }
    try invocation.output.write([
      "secrets": .array(
        rows.map { ["name": .string($0), "result": .string($1 == "removed" ? $1 : "not_found")] })
    ]) { rows.map { "\($0): \($1)\n" }.joined() }
    return .done
  }

  /// The values that `--secret` asks for, by variable.
  static func environment(_ invocation: Invocation) throws -> [String: String] {
    let references = try invocation.strings("secret").map { try SecretReference(parsing: $0) }
    return try SecretStore(invocation.context).environment(of: references)
  }
}
