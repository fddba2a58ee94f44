internal import PackCore

/// A `config.json` of docker or an `auth.json` of podman: who one is at which registry. All other keys keep their values.
///
///     { "auths": { "registry.example": { "auth": BASE64(USER:PASSWORD), "identitytoken": "…" } },
///       "credsStore": "secretservice", "credHelpers": { "registry.example": "NAME" } }
struct DockerConfig: Sendable {
  private var document: [String: JSONValue]
  let path: HostPath

  /// Empty when there is no such file.
  /// - Throws: `bad_docker_config`; its text never holds what stands in the file.
  init(_ path: HostPath) throws {
    self.path = path
    guard let bytes = try FileSystem.readIfPresent(path, limit: 4 << 20) else {
      document = [:]
      return
    }
    do {
      let limits = JSONParser.Limits(bytes: 4 << 20, depth: 32, lastKeyWins: true)
      let value = try JSONParser.parse(bytes, name: path.description, limits: limits)
      guard let object = value.object else { throw RegistryFailure.credentials(path, "is no JSON object") }
      document = object
    } catch let failure as Failure where failure.code != "bad_docker_config" {
      let place = failure.location?.line.map { " at line \($0)" } ?? ""
      throw RegistryFailure.credentials(path, "is not valid JSON\(place)")
    }
  }

  /// The helper that keeps the credentials of a registry: the one for it alone before the one for all.
  func helper(for host: String) -> String? {
    let helpers = document["credHelpers"]?.object ?? [:]
    return Self.keys(of: host).lazy.compactMap { helpers[$0]?.string }.first(where: { !$0.isEmpty })
      ?? document["credsStore"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether a helper stands there for this registry alone.
  func hasOwnHelper(for host: String) -> Bool {
    let helpers = document["credHelpers"]?.object ?? [:]
    return Self.keys(of: host).contains { helpers[$0]?.string != nil }
  }

  /// From `auths`.
  /// - Parameter repository: podman's file may have an entry for `HOST/team`; the longest that fits counts.
  func credential(for host: String, repository: String? = nil) throws -> Credential? {
    let auths = document["auths"]?.object ?? [:]
    for key in Self.names(host, repository) + Self.keys(of: host) {
      guard let entry = auths[key], let credential = try credential(entry, key) else { continue }
      return credential
    }
    // Written by others, with a scheme or a path around the host.
    for (key, entry) in auths.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    where Self.host(ofKey: key) == host {
      if let credential = try credential(entry, key) { return credential }
    }
    return nil
  }

  private func credential(_ entry: JSONValue, _ key: String) throws -> Credential? {
    var credential = Credential(
      username: entry["username"]?.string ?? "", password: entry["password"]?.string ?? "")
    if let text = entry["auth"]?.string, !text.isEmpty {
      guard let bytes = Base64.decode(text), let pair = String(validating: bytes, as: UTF8.self),
        let colon = pair.firstIndex(of: ":")
      else { throw RegistryFailure.credentials(path, "the entry \"auth\" of \(key) is not base64 of USER:PASSWORD") }
      credential.username = String(pair[..<colon])
      // docker pads with NUL.
      credential.password = String(pair[pair.index(after: colon)...].trimming { $0 == "\0" })
    }
    if let token = entry["identitytoken"]?.string, !token.isEmpty { credential.identityToken = token }
    return credential.username.isEmpty && credential.identityToken == nil ? nil : credential
  }

  // MARK: changing it

  /// - Parameter credential: nil leaves an empty entry, as docker does for what a helper keeps.
  mutating func set(_ host: String, _ credential: Credential?) {
    var auths = document["auths"]?.object ?? [:]
    for key in auths.keys where Self.host(ofKey: key) == host { auths[key] = nil }
    auths[Self.keys(of: host)[0]] =
      credential.map { credential in
        JSONValue(compact: [
          "auth": .string(Base64.encode(Array("\(credential.username):\(credential.password)".utf8))),
          "identitytoken": credential.identityToken.map(JSONValue.string),
        ])
      } ?? [:]
    document["auths"] = .object(auths)
  }

  /// - Returns: false when there was nothing.
  mutating func remove(_ host: String) -> Bool {
    guard var auths = document["auths"]?.object else { return false }
    let keys = auths.keys.filter { Self.host(ofKey: $0) == host }
    for key in keys { auths[key] = nil }
    document["auths"] = .object(auths)
    return !keys.isEmpty
  }

  /// In one step, readable for its owner only. A link to the file stays one.
  func write() throws {
    let target = FileSystem.resolve(path) ?? path
    try FileSystem.createDirectory(target.parent, mode: 0o700)
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(.object(document)), to: target, mode: 0o600)
  }

  // MARK: names

  /// How a registry may be called in `auths` and `credHelpers`, the usual one first.
  static func keys(of host: String) -> [String] {
    guard host == "docker.io" else { return [host, "https://\(host)", "http://\(host)"] }
    return ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"]
  }

  /// `HOST/team/shop`, `HOST/team`.
  private static func names(_ host: String, _ repository: String?) -> [String] {
    var parts = (repository ?? "").split(separator: "/").map(String.init)
    var names: [String] = []
    while !parts.isEmpty {
      names.append(([host] + parts).joined(separator: "/"))
      parts.removeLast()
    }
    return names
  }

  /// `registry.example` of `https://registry.example/v1/`; nil when the key is for a part of a registry.
  static func host(ofKey key: String) -> String? {
    var rest = key[...]
    for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
    let host = String(rest.prefix { $0 != "/" })
    let path = rest.dropFirst(host.count)
    guard ["", "/", "/v1", "/v1/", "/v2", "/v2/"].contains(path) else { return nil }
    return ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : host
  }
}
