internal import PackCore

/// The errors of the secrets' store. None of them holds a value.
enum SecretFailure {
  static func badName(_ text: String) -> Failure {
    Failure(
      "bad_secret_name", "\"\(text.prefix(80))\" is not the name of a secret",
      hint: "names have letters, digits, _ and -, begin with a letter or _, and have at most 63 bytes: DATABASE_URL",
      exit: .usage)
  }
  static func unknown(_ name: String, known: [String]) -> Failure {
    Failure(
      "unknown_secret", "there is no secret \"\(name)\"",
      hint: Suggestion.nearest(to: name, in: known).map { "did you mean \($0)?" }
        ?? "keep it: `packc secret set \(name) < FILE`", exit: .badInput)
  }
  static func badValue(_ why: String) -> Failure {
    Failure(
      "bad_secret", "standard input holds no value for a secret: \(why)",
      hint: "`packc secret set NAME < FILE`, or --file FILE", exit: .usage)
  }
  static func tooMany(_ limit: Int) -> Failure {
    Failure(
      "too_many_secrets", "there are \(limit) secrets already", hint: "`packc secret list`, `packc secret remove`")
  }
  static func otherKey(_ store: HostPath, _ source: String) -> Failure {
    Failure(
      "other_secret_key", "\(store) was encrypted with another key than that of \(source)",
      hint: "bring back the key that it was written with; without it nothing reads the secrets, and removing \(store) "
        + "begins anew", exit: .badInput)
  }
  static func damaged(_ store: HostPath, _ why: String) -> Failure {
    Failure(
      "damaged_secrets", "\(store) is damaged: \(why)",
      hint: "put back a copy of it, or remove it and set the secrets again",
      exit: .badInput)
  }
  static func newer(_ store: HostPath, _ version: String) -> Failure {
    Failure(
      "newer_secrets", "\(store) has the format \(version), which this packc does not know", hint: "use a newer packc",
      exit: .badInput)
  }
  static func noKey(_ key: HostPath, store: HostPath) -> Failure {
    Failure(
      "no_secret_key", "\(store) holds secrets, and its key \(key) is missing",
      hint: "bring the key back, or set PACKC_SECRET_KEY_COMMAND if it was used; removing \(store) begins anew",
      exit: .badInput)
  }
  static func badKey(_ source: String) -> Failure {
    Failure(
      "bad_secret_key", "\(source) is no key: 64 hexadecimal digits are expected",
      hint: "`openssl rand -hex 32` makes one", exit: .badInput)
  }
  static func openKey(_ key: HostPath) -> Failure {
    Failure(
      "open_secret_key", "others than you may read or change \(key)",
      hint: "`chmod 600 \(ShellWord.quoted(key.description))`, and if that may have happened set the secrets anew",
      exit: .notPermitted)
  }
  static func keyCommandFailed(_ end: String, cause: String) -> Failure {
    Failure(
      "secret_key_command", "PACKC_SECRET_KEY_COMMAND ended with \(end)",
      hint: "it is run by /bin/sh and must print the key, 64 hexadecimal digits", cause: cause.isEmpty ? nil : cause)
  }
}
