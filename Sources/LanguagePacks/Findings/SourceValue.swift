internal import PackCore

/// The one spelling that a value of a source fact has, whatever language and library it was found in.
enum SourceValue {
  private static let longest = 1024

  /// Nil for what is no value of that kind.
  static func normal(_ kind: SourceKind, _ text: String) -> String? {
    guard !text.isEmpty, text.utf8.count <= longest, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      return nil
    }
    return switch kind {
    case .envRequired, .envOptional: variable(text)
    case .egress: host(text)
    case .ports: port(text)
    case .routes: route(text)
    case .cacheNamespaces: text
    case .writes: path(text)
    }
  }

  private static func variable(_ text: String) -> String? {
    let isName = text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "_.-".utf8.contains($0)
    }
    return isName && text.utf8.count <= 256 ? text : nil
  }

  // MARK: Hosts

  /// `host` or `host:port` of a URL or of such a text: lower case, without user and password, the port only where it
  /// is written.
  private static func host(_ text: String) -> String? {
    var rest = text[...]
    if let scheme = text.firstRange(of: "://") {
      rest = text[scheme.upperBound...]
    } else if text.hasPrefix("//") {
      rest = text.dropFirst(2)
    }
    rest = rest.prefix { !"/?#\\".contains($0) }
    if let user = rest.lastIndex(of: "@") { rest = rest[rest.index(after: user)...] }
    guard let (name, number) = parts(rest) else { return nil }
    guard let number else { return name }
    return UInt16(number).flatMap { $0 > 0 ? "\(name):\($0)" : nil }
  }

  private static func parts(_ text: Substring) -> (name: String, port: Substring?)? {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let inside = text[..<end].dropFirst()
      let after = text[text.index(after: end)...]
      guard inside.contains(":"), inside.allSatisfy({ $0.isASCII && $0.isHexDigit || $0 == ":" || $0 == "." }),
        after.isEmpty || after.hasPrefix(":")
      else { return nil }
      return (text[...end].lowercased(), after.isEmpty ? nil : after.dropFirst())
    }
    let pieces = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = pieces.first, isHostName(name) else { return nil }
    return (name.lowercased(), pieces.count == 2 ? pieces[1] : nil)
  }

  private static func isHostName(_ name: Substring) -> Bool {
    name.utf8.count <= 253
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        (1...63).contains(label.utf8.count)
          && label.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
              || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
          }
      }
  }

  // MARK: Ports

  /// `8080/tcp`; a number alone is TCP's. Port 0 is none that anybody could name.
  private static func port(_ text: String) -> String? {
    let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let number = pieces.first.flatMap({ UInt16($0) }), number > 0, pieces.count <= 2 else { return nil }
    let transport = pieces.count == 2 ? String(pieces[1]) : "tcp"
    return ["tcp", "udp"].contains(transport) ? "\(number)/\(transport)" : nil
  }

  // MARK: Routes

  /// `METHOD /path`: the method in capitals, `*` for any; a parameter is `{name}`, without its type or pattern.
  private static func route(_ text: String) -> String? {
    guard let cut = text.firstIndex(of: " ") else { return nil }
    let method = text[..<cut].uppercased()
    let isMethod = method == "*" || method.utf8.allSatisfy { (0x41...0x5a).contains($0) || $0 == UInt8(ascii: "-") }
    guard isMethod, !method.isEmpty, method.utf8.count <= 32 else { return nil }
    guard let path = routePath(text[text.index(after: cut)...]) else { return nil }
    return "\(method) \(path)"
  }

  /// Slashes are neither doubled nor missing at the start. `{id:[0-9]{2}}` and `{rest...}` are `{id}` and `{rest}`.
  private static func routePath(_ text: Substring) -> String? {
    var path = "/"
    var name = ""
    var depth = 0
    for character in text {
      switch character {
      case "{":
        depth += 1
        if depth == 1 { name = "" } else { name.append(character) }
      case "}":
        depth -= 1
        if depth < 0 { return nil }
        if depth == 0 { path += "{\(parameter(name))}" } else { name.append(character) }
      case "/" where depth == 0: if !path.hasSuffix("/") { path += "/" }
      case _ where depth > 0: name.append(character)
      case " ": return nil
      default: path.append(character)
      }
    }
    return depth == 0 ? path : nil
  }

  private static func parameter(_ text: String) -> String {
    var name = text.prefix { $0 != ":" && $0 != "{" }
    while name.hasSuffix("...") { name = name.dropLast(3) }
    while name.hasPrefix("*"), name.count > 1 { name = name.dropFirst() }
    return String(name)
  }

  // MARK: Paths

  /// Absolute, or relative to where the program starts; without `./` and doubled slashes.
  private static func path(_ text: String) -> String? {
    let parts = text.split(separator: "/").filter { $0 != "." }
    let joined = parts.joined(separator: "/")
    if text.hasPrefix("/") { return "/\(joined)" }
    return joined.isEmpty ? "." : joined
  }
}
