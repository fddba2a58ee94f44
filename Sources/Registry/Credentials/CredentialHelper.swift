internal import PackCore

/// `docker-credential-NAME get|store|erase`: a program that keeps credentials. It gets the registry, or a JSON document, on
/// standard input, and answers with JSON; nothing secret is ever an argument.
struct CredentialHelper: Sendable {
  let name: String
  private let host: HostContext
  private let timeout: Double

  /// More output than this is refused.
  static let outputLimit = 64 << 10

  /// - Throws: `credential_helper` when the name could be a path.
  init(_ name: String, host: HostContext, timeout: Double = 60) throws {
    guard !name.isEmpty, name.utf8.count <= 128, name.first != "-",
      name.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || "-_.".utf8.contains(byte)
      })
    else { throw RegistryFailure.helper("\"\(RegistryClient.plain(name) ?? "")\"", "has a name that is none") }
    self.name = "docker-credential-\(name)"
    self.host = host
    self.timeout = timeout
  }

  /// Nil when it knows none.
  func get(_ registry: String) throws -> Credential? {
    let result = try run("get", input: registry)
    guard result.succeeded else {
      // The protocol has no code for it, only these words.
      let said = Self.said(result)
      if said.contains("credentials not found") || said.contains("no credentials server URL") { return nil }
      throw failure(result, said)
    }
    guard result.output.count <= Self.outputLimit else {
      throw RegistryFailure.helper(name, "says more than \(Self.outputLimit) bytes")
    }
    return try Self.credential(result.output, name)
  }

  func store(_ registry: String, _ credential: Credential) throws {
    let document: JSONValue = [
      "ServerURL": .string(registry), "Username": .string(credential.username),
      "Secret": .string(credential.password),
    ]
    let result = try run("store", input: CanonicalJSON.string(document))
    guard result.succeeded else {
      let said = Self.said(result)
      throw failure(result, said.contains(credential.password) ? "" : said)
    }
  }

  func erase(_ registry: String) throws {
    let result = try run("erase", input: registry)
    guard result.succeeded else {
      let said = Self.said(result)
      if said.contains("credentials not found") { return }
      throw failure(result, said)
    }
  }

  /// - Throws: `credential_helper`, whose text holds nothing of `output`.
  static func credential(_ output: [UInt8], _ name: String) throws -> Credential? {
    let limits = JSONParser.Limits(bytes: outputLimit, depth: 8, lastKeyWins: true)
    guard let document = try? JSONParser.parse(output, limits: limits), document.object != nil else {
      throw RegistryFailure.helper(name, "answers with something that is no JSON object")
    }
    guard let secret = document["Secret"]?.string, let user = document["Username"]?.string else {
      throw RegistryFailure.helper(name, "answers without Username and Secret")
    }
    if secret.isEmpty { return nil }
    return user == "<token>"
      ? Credential(username: "", password: "", identityToken: secret) : Credential(username: user, password: secret)
  }

  private func run(_ action: String, input: String) throws -> CommandResult {
    guard let tool = host.findTool(name) else { throw RegistryFailure.helper(name, "is not installed") }
    let result = try ProcessRunner().run(
      Command(
        [tool.description, action], environment: host.environment, input: .bytes(Array((input + "\n").utf8)),
        keep: Self.outputLimit + 1, keepHead: true, timeout: timeout, grace: 1))
    guard !result.timedOut else { throw RegistryFailure.helper(name, "gave no answer within \(Int(timeout)) s") }
    return result
  }

  /// What it says goes to standard output, also when it fails.
  private static func said(_ result: CommandResult) -> String {
    let text = result.output.isEmpty ? result.errorOutput : result.output
    return RegistryClient.plain(String(decoding: text.prefix(1024), as: UTF8.self)) ?? ""
  }

  private func failure(_ result: CommandResult, _ said: String) -> Failure {
    // A document is an answer, not an excuse: it may hold a secret.
    RegistryFailure.helper(
      name, "failed (\(result.end))", cause: said.isEmpty || said.contains("{") ? nil : said)
  }
}
