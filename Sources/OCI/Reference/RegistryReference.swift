public import PackCore

/// An image in a registry, or one that is called so: `HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]` (OCI distribution spec,
/// "Pulling manifests"). There is no default registry: what leaves the machine is spelled out.
public struct RegistryReference: Hashable, Sendable, CustomStringConvertible {
  /// `registry.example`, `localhost:5000`, `[::1]:5000`.
  public let host: String
  /// `team/shop`: lower-case components.
  public let repository: String
  public let tag: String?
  public let digest: Digest?

  public init(host: String, repository: String, tag: String?, digest: Digest?) {
    self.host = host
    self.repository = repository
    self.tag = tag
    self.digest = digest
  }

  /// Nil when the text names no host: its first component must have a dot or a colon, or be `localhost`.
  /// - Throws: `bad_reference` when it does, and something else is wrong with it.
  public init?(parsing text: String) throws {
    guard let slash = text.firstIndex(of: "/") else { return nil }
    let host = String(text[..<slash])
    guard host == "localhost" || host.contains(".") || host.contains(":") else { return nil }
    var rest = text[text.index(after: slash)...]
    var digest: Digest?
    if let at = rest.lastIndex(of: "@") {
      guard let found = Digest(String(rest[rest.index(after: at)...])) else {
        throw OCIFailure.reference(text, "after @ there must be sha256: and 64 lower-case hexadecimal digits")
      }
      digest = found
      rest = rest[..<at]
    }
    var tag: String?
    if let colon = rest.lastIndex(of: ":") {
      tag = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    guard Self.isHost(host) else { throw OCIFailure.reference(text, "\"\(host)\" is no host and port") }
    guard Self.isRepository(String(rest)) else {
      throw OCIFailure.reference(
        text, "a repository has lower-case letters and digits, with . _ __ - between them and / between its parts")
    }
    if let tag, !Self.isTag(tag) {
      throw OCIFailure.reference(text, "a tag has at most 128 letters, digits and . _ -, and begins with none of . -")
    }
    self.init(host: host, repository: String(rest), tag: tag, digest: digest)
  }

  /// What to ask the registry for: the digest counts more than the tag; `latest` when there is neither.
  public var manifest: String { digest?.description ?? tag ?? "latest" }

  public var description: String {
    "\(host)/\(repository)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }

  /// Loopback may be spoken to without TLS.
  public var isLoopback: Bool {
    host == "localhost" || host.hasPrefix("localhost:") || host == "[::1]" || host.hasPrefix("[::1]:")
      || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." || $0 == ":" })
  }

  private static func isHost(_ text: String) -> Bool {
    var name = text[...]
    if let colon = name.lastIndex(of: ":"), name.last != "]" {
      guard let port = UInt16(name[name.index(after: colon)...]), port > 0 else { return false }
      name = name[..<colon]
    }
    if name.first == "[" {
      return name.last == "]" && name.count > 3
        && name.dropFirst().dropLast().utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") }
    }
    return name.utf8.count <= 253
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
          && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      }
  }

  static func isRepository(_ text: String) -> Bool {
    text.utf8.count <= 255
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
        let bytes = component.utf8
        guard let first = bytes.first, let last = bytes.last, isLowerAlphanumeric(first), isLowerAlphanumeric(last)
        else { return false }
        return bytes.split(whereSeparator: isLowerAlphanumeric).allSatisfy { separator in
          separator.elementsEqual(".".utf8) || separator.elementsEqual("_".utf8) || separator.elementsEqual("__".utf8)
            || separator.allSatisfy { $0 == UInt8(ascii: "-") }
        }
      }
  }

  static func isTag(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.first != "." && text.first != "-"
      && text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }

  private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte)
  }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowerAlphanumeric(byte) || (0x41...0x5a).contains(byte)
  }
  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}
