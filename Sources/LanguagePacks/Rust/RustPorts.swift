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

  /// Of the program's own files, else of what it is made of; statements that speak of listening come before all others.
  func find(own: [String], all: [String]) -> [Port] {
    for group in [own, all] {
      let found = group.flatMap { path in sources.text(path).map { Self.ports($0, path) } ?? [] }
      let listening = found.filter(\.speaksOfListening).map(\.port)
      let chosen = listening.isEmpty ? found.map(\.port) : listening
      if !chosen.isEmpty { return Self.unique(chosen) }
    }
    return []
  }

  private static func unique(_ ports: [Port]) -> [Port] {
    var seen: Set<Int> = []
    return ports.filter { seen.insert($0.number).inserted }
  }

  private typealias Found = (port: Port, speaksOfListening: Bool)

  private static func ports(_ text: RustSourceText, _ path: String) -> [Found] {
    text.literals.indices.compactMap { index in port(text.literals, index, text, path) }
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
    let isDefault = literal.attribute == "arg" || literal.attribute == "clap" || literal.attribute == "structopt"
    guard literal.attribute == nil || isDefault else { return nil }
    let words = text.statements[literal.statement] ?? []
    let speaks = !listening.isDisjoint(with: words)
    if !speaks, !connecting.isDisjoint(with: words) { return nil }
    guard !literal.calls.contains(where: { prints.contains($0) }),
      let (number, isLoopback) = number(literals, index, words)
    else { return nil }
    return (Port(number: number, path: path, line: literal.line, isLoopback: isLoopback), speaks)
  }

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
    let four = before.prefix(4)
    if literal.isNumber, four.count == 4, four.allSatisfy(\.isNumber),
      four.allSatisfy({ Int($0.value).map { $0 < 256 } ?? false })
    {
      return (number, four.map(\.value) == ["1", "0", "0", "127"])
    }
    guard number >= 80, words.contains(where: namesPort) || (literal.isNumber && words.contains(where: isAddress))
    else {
      return nil
    }
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
