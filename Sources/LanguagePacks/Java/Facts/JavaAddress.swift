/// Addresses among texts.
enum JavaAddress {
  private static let schemes = [
    "http://", "https://", "ws://", "wss://", "jdbc:", "mongodb://", "mongodb+srv://", "redis://", "rediss://",
    "amqp://", "amqps://",
    "postgresql://", "mysql://", "nats://", "mqtt://", "tcp://", "ftp://", "smtp://",
  ]
  /// Names of grammars, which nobody connects to.
  private static let names = [
    "http://www.w3.org/", "http://xml.org/", "http://apache.org/xml/", "http://java.sun.com/",
    "http://json-schema.org/", "http://xmlns.jcp.org/", "http://javax.xml",
  ]

  static func isAddress(_ text: String) -> Bool {
    schemes.contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count } && !names.contains { text.hasPrefix($0) }
  }

  enum Reading {
    case host(String)
    /// A file that a database is.
    case file(String)
    /// No address of a host: a path, a database in memory.
    case none
    case open
  }

  /// What a text says of a host, where `isWhole` is false when more may follow.
  static func read(_ text: String, isWhole: Bool) -> Reading {
    if text.hasPrefix("jdbc:sqlite:") {
      let path = text.dropFirst("jdbc:sqlite:".utf8.count)
      return !isWhole
        ? .open : path.isEmpty || path.hasPrefix(":memory:") ? .none : .file(String(path.prefix { $0 != "?" }))
    }
    if ["jdbc:h2:mem:", "jdbc:hsqldb:mem:", "jdbc:derby:memory:"].contains(where: text.hasPrefix) { return .none }
    if text.hasPrefix("jdbc:h2:file:") || text.hasPrefix("jdbc:h2:./") || text.hasPrefix("jdbc:h2:~") {
      return isWhole ? .file(file(of: text)) : .open
    }
    guard let scheme = text.firstRange(of: "://") else {
      return text.hasPrefix("/") || (isWhole && !text.hasPrefix("jdbc:")) ? .none : .open
    }
    let rest = text[scheme.upperBound...]
    let authority = rest.prefix { !"/?#;".contains($0) }
    guard isWhole || authority.endIndex != rest.endIndex else { return .open }
    let host = authority.split(separator: "@").last.map(String.init) ?? ""
    if host.isEmpty { return .none }
    // `${…}` and `{…}` stand for something that is set elsewhere.
    return host.contains("{") || host.contains("$") ? .open : .host(String(host.split(separator: ",")[0]))
  }

  private static func file(of text: String) -> String {
    let path = text.split(separator: ":", maxSplits: 2).last ?? ""
    return String((path.hasPrefix("file:") ? path.dropFirst(5) : path).prefix { $0 != ";" })
  }
}
