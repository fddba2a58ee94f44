/// Where a program listens, by the addresses and numbers in its source.
struct RustPorts {
  struct Port: Equatable {
    var number: Int
    var path: String
    var line: Int
    var isLoopback: Bool
  }
  private let sources: RustSources
  init(_ sources: RustSources) { self.sources = sources }

  /// Statements that speak of listening come before all others, the program's own files before its libraries. In a
  /// library a number that is only called a port counts when it is the only one.
  func find(own: [String], all: [String]) -> [Port] {
    let (near, far) = (own.flatMap(ports), all.flatMap(ports))
    for group in [near.filter(\.speaksOfListening), near, far.filter(\.speaksOfListening)] where !group.isEmpty {
      return Self.unique(group.map(\.port))
    }
    let rest = Self.unique(far.map(\.port))
    return rest.count == 1 ? rest : []
  }

  private static func unique(_ ports: [Port]) -> [Port] {
    var seen: Set<Int> = []
    return ports.filter { seen.insert($0.number).inserted }
  }

  private typealias Found = (port: Port, speaksOfListening: Bool)

  private func ports(_ path: String) -> [Found] {
    guard !RustSources.isTest(path), let text = sources.text(path) else { return [] }
    return text.literals.indices.compactMap { Self.port(text.literals, $0, text, path) }
  }

  private static let listening: Set<String> = [
    "bind", "listen", "listener", "serve", "server", "tcplistener", "httpserver", "bind_rustls", "bind_openssl",
    "bind_rustls_0_23", "addr", "address", "socketaddr", "listen_addr", "bind_addr", "listen_address", "bind_address",
  ]
  /// What a statement has that speaks of another's port.
  private static let connecting: Set<String> = [
    "connect", "client", "redis", "postgres", "postgresql", "mysql", "mongodb", "amqp", "kafka", "proxy", "upstream",
    "smtp", "database", "database_url", "origin", "allowed_origin", "allow_origin", "cors", "redirect",
  ]

  private static func port(_ literals: [RustSourceText.Literal], _ index: Int, _ text: RustSourceText, _ path: String)
    -> Found?
  {
    let literal = literals[index]
    guard literal.attribute.map(defaults.contains) ?? true else { return nil }
    let words = text.statements[literal.statement] ?? []
    let speaks = !listening.isDisjoint(with: words)
    if !speaks, !connecting.isDisjoint(with: words) { return nil }
    guard !literal.calls.contains(where: { prints.contains($0) }),
      let (number, isLoopback) = number(literals, index, words)
    else { return nil }
    return (
      Port(number: number, path: path, line: literal.line, isLoopback: isLoopback), speaks || literal.attribute != nil
    )
  }

  /// Attributes that hold the value of a field when nobody gives one (clap, structopt, smart-default).
  private static let defaults: Set<String> = ["arg", "clap", "structopt", "default"]

  private static let prints: Set<String> = [
    "println!", "eprintln!", "print!", "info!", "debug!", "warn!", "error!", "trace!", "assert_eq!", "assert!",
    "panic!",
    "expect", "log",
  ]

  private static func number(_ literals: [RustSourceText.Literal], _ index: Int, _ words: [String])
    -> (number: Int, isLoopback: Bool)?
  {
    let literal = literals[index]
    // "0.0.0.0:8080", "[::]:8080"
    if !literal.isNumber, let colon = literal.value.lastIndex(of: ":") {
      let host = literal.value[..<colon]
      guard hosts.contains(String(host)), let number = portNumber(literal.value[literal.value.index(after: colon)...])
      else { return nil }
      return (number, loopback.contains(String(host)))
    }
    guard let number = portNumber(literal.value[...]) else { return nil }
    let before = literals[..<index].reversed().prefix { $0.statement == literal.statement }
    // ("127.0.0.1", 8080)
    if literal.isNumber, let host = before.first(where: { !$0.isNumber && hosts.contains($0.value) }) {
      return (number, loopback.contains(host.value))
    }
    // ([127, 0, 0, 1], 8080)
    let four = before.prefix(4).map { $0.isNumber ? $0.value : "" }
    if literal.isNumber, four == ["1", "0", "0", "127"] || four == ["0", "0", "0", "0"] {
      return (number, four[3] == "127")
    }
    guard number >= 1000 || number == 80 || number == 443 else { return nil }
    guard words.contains(where: namesPort) || (literal.isNumber && words.contains(where: isAddress)) else { return nil }
    return (number, words.contains("localhost") && words.contains("ipv4addr"))
  }

  private static let loopback: Set<String> = ["127.0.0.1", "localhost", "[::1]", "::1"]
  private static let hosts: Set<String> = loopback.union(["0.0.0.0", "[::]", "::", "[::0]"])

  /// A part of the word is "port".
  private static func namesPort(_ word: String) -> Bool {
    word.split(whereSeparator: { !$0.isLetter }).contains { $0 == "port" || $0 == "ports" }
  }
  private static func isAddress(_ word: String) -> Bool {
    word == "socketaddr" || word == "ipv4addr" || word == "ipv6addr"
  }

  private static func portNumber(_ text: Substring) -> Int? {
    guard (2...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text.first != "0",
      let number = Int(text), number <= 65535
    else { return nil }
    return number
  }
}
