internal import PackCore

/// How somebody is known to a registry.
public struct Credential: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  public var username: String
  public var password: String
  /// An OAuth2 refresh token in place of the password.
  public var identityToken: String?

  public init(username: String, password: String, identityToken: String? = nil) {
    self.username = username
    self.password = password
    self.identityToken = identityToken
  }

  /// The value of `Authorization` (RFC 7617); nil when there is only an identity token.
  var basic: String? {
    identityToken == nil ? "Basic " + Base64.encode(Array("\(username):\(password)".utf8)) : nil
  }

  /// What must not be shown.
  var secrets: [String] {
    [password, identityToken, basic.map { String($0.dropFirst(6)) }].compactMap { $0 }.filter { !$0.isEmpty }
  }

  /// Without the secret, also where a debugger or an interpolation prints it.
  public var description: String { "credential of \(username)" }
  public var customMirror: Mirror { Mirror(self, children: ["username": username]) }
}
