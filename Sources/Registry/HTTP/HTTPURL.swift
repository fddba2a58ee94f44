/// An absolute URL of a registry (RFC 3986), `http` or `https` only, without user information and fragment.
struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
  enum Scheme: String, Sendable { case http, https }

  let scheme: Scheme
  /// Lower case; an IPv6 address stands in brackets.
  let host: String
  let port: UInt16
  /// `/v2/shop/blobs/…`: begins with a slash.
  let path: String
  /// What follows the question mark, as it came: signatures of storage providers stand there.
  let query: String?

  /// Longer ones are refused; a signed URL of a storage provider has some 2,000 bytes.
  static let lengthLimit = 16 << 10

  init(scheme: Scheme, host: String, port: UInt16? = nil, path: String, query: String? = nil) {
    self.scheme = scheme
    self.host = host.lowercased()
    self.port = port ?? Self.usualPort(scheme)
    self.path = path
    self.query = query
  }

  /// Nil for what is no such URL.
  init?(_ text: String) {
    guard Self.hasSaneBytes(text), let separator = text.firstRange(of: "://"),
      let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
    else { return nil }
    let rest = text[separator.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let (host, port) = Self.hostAndPort(authority, scheme) else { return nil }
    let (path, query) = Self.split(rest[authority.endIndex...])
    self.init(scheme: scheme, host: host, port: port, path: path.isEmpty ? "/" : path, query: query)
  }

  /// What a `Location` or `Link` of an answer to this URL means (RFC 3986, section 5); nil for what is no URL.
  func resolving(_ reference: String) -> HTTPURL? {
    guard Self.hasSaneBytes(reference) else { return nil }
    if let absolute = HTTPURL(reference) { return absolute }
    let text = reference.prefix { $0 != "#" }
    // A scheme that is not ours: a colon before any slash.
    if let colon = text.firstIndex(of: ":"), !text[..<colon].contains(where: { $0 == "/" || $0 == "?" }) { return nil }
    if text.hasPrefix("//") { return HTTPURL("\(scheme.rawValue):\(text)") }
    let (rest, query) = Self.split(text)
    if rest.isEmpty { return with(path: path, query: query ?? self.query) }
    let merged = rest.hasPrefix("/") ? rest : String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) + rest
    return with(path: Self.withoutDots(merged), query: query)
  }

  func with(path: String, query: String?) -> HTTPURL {
    HTTPURL(scheme: scheme, host: host, port: port, path: path, query: query)
  }

  /// The same with one more `name=value`, which is percent-encoded.
  func adding(_ name: String, _ value: String) -> HTTPURL {
    let pair = "\(name)=\(Self.encoded(value))"
    return with(path: path, query: query.map { $0.isEmpty ? pair : "\($0)&\(pair)" } ?? pair)
  }

  /// Scheme, host and port: who sees what is sent there.
  var origin: String { "\(scheme.rawValue)://\(authority)" }
  private var authority: String { port == Self.usualPort(scheme) ? host : "\(host):\(port)" }

  /// Everything, for the request itself.
  var text: String { origin + path + (query.map { "?\($0)" } ?? "") }
  /// For people: without the query, where signatures and tokens stand.
  var description: String { origin + path }

  /// Is it this machine? `127.0.0.0/8`, `::1` and `localhost`.
  var isLoopback: Bool { Self.isLoopback(host) }

  static func isLoopback(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return host == "localhost" || host == "[::1]"
      || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
  }

  private static func usualPort(_ scheme: Scheme) -> UInt16 { scheme == .https ? 443 : 80 }

  /// Printable ASCII without what URLs never hold: nothing that could end a request's line.
  private static func hasSaneBytes(_ text: String) -> Bool {
    text.utf8.count <= lengthLimit
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
  }

  private static func hostAndPort(_ authority: Substring, _ scheme: Scheme) -> (String, UInt16)? {
    var name = authority
    var port = usualPort(scheme)
    if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
      guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else { return nil }
      port = number
      name = authority[..<colon]
    }
    let isAddress = name.first == "[" && name.last == "]" && name.count > 3
    let inner = isAddress ? name.dropFirst().dropLast() : name
    let extra: Set<UInt8> = isAddress ? [UInt8(ascii: ":"), UInt8(ascii: ".")] : Set("-._".utf8)
    guard (1...253).contains(inner.utf8.count), inner.utf8.allSatisfy({ isAlphanumeric($0) || extra.contains($0) })
    else { return nil }
    return (String(name), port)
  }

  private static func split(_ text: Substring) -> (path: String, query: String?) {
    guard let mark = text.firstIndex(of: "?") else { return (String(text), nil) }
    return (String(text[..<mark]), String(text[text.index(after: mark)...]))
  }

  /// RFC 3986, section 5.2.4.
  private static func withoutDots(_ path: String) -> String {
    var parts: [Substring] = []
    let all = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for part in all {
      switch part {
      case ".": break
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    if all.last == "." || all.last == ".." { parts.append("") }
    return "/" + parts.joined(separator: "/")
  }

  private static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      if isAlphanumeric(byte) || "-._~".utf8.contains(byte) {
        out.append(byte)
      } else {
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// `application/x-www-form-urlencoded`.
  static func form(_ fields: [(String, String)]) -> [UInt8] {
    Array(fields.map { "\($0.0)=\(encoded($0.1))" }.joined(separator: "&").utf8)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
