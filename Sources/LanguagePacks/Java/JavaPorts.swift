internal import PackCore
internal import Packs

/// Where a program listens, as its settings say.
enum JavaPorts {
  struct Port: Equatable {
    var number: Int
    var source: String
  }
  static let usual = 8080

  /// nil for a program that no file says to listen.
  static func port(_ request: PackRequest, _ framework: JavaFramework, module: String?, _ files: ProjectFiles) -> Port?
  {
    if let declared = request.declaredPort { return Port(number: declared, source: "unik.yaml") }
    let directory = module.map { JavaPaths.below($0, "src/main/resources") } ?? "BOOT-INF/classes"
    for name in ["application.properties", "application.yml", "application.yaml", "application.conf"] {
      for path in ["\(directory)/\(name)", "\(directory)/config/\(name)"] {
        guard let text = (try? files.text(path)) ?? nil else { continue }
        let found = name.hasSuffix("properties") ? properties(text) : nested(text)
        if let found { return Port(number: found.number, source: "\(path):\(found.line)") }
      }
    }
    if framework == .none || framework == .javalin || framework == .ktor || framework == .vertx {
      if let found = inSource(module ?? "", files) { return found }
    }
    return framework == .none ? nil : Port(number: usual, source: "the usual one of \(framework.title)")
  }

  private static let keys = ["server.port", "quarkus.http.port", "micronaut.server.port"]

  private static func properties(_ text: String) -> (number: Int, line: Int)? {
    keys.lazy.compactMap { JavaVersions.property($0, in: text) }.compactMap { found in
      number(found.value).map { ($0, found.line) }
    }.first
  }

  /// `8080`, `${PORT:8080}`, `"8080"`
  static func number(_ text: some StringProtocol) -> Int? {
    var rest = Substring(String(text.filter { $0 != "\"" && $0 != "'" && !$0.isWhitespace }))
    if rest.hasPrefix("${"), let colon = rest.firstIndex(of: ":") {
      rest = rest[rest.index(after: colon)...]
      while rest.last == "}" { rest = rest.dropLast() }
    }
    guard rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(rest), (1...65535).contains(number)
    else {
      return nil
    }
    return number
  }

  /// `server:` with `port:` below it in YAML, `deployment {` with `port = 8080` in HOCON.
  private static func nested(_ text: String) -> (number: Int, line: Int)? {
    var section: (indent: Int, name: String)?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let body = line.drop { $0 == " " || $0 == "\t" }
      let indent = line.count - body.count
      guard let separator = body.firstIndex(where: { $0 == ":" || $0 == "=" || $0 == "{" }), !body.hasPrefix("#") else {
        continue
      }
      let key = body[..<separator].filter { !$0.isWhitespace }
      let value = body[body.index(after: separator)...].split(separator: "#").first ?? ""
      if keys.contains(key), let number = number(value) { return (number, index + 1) }
      if let open = section, indent <= open.indent { section = nil }
      if ["server", "http", "deployment"].contains(key), value.allSatisfy({ $0.isWhitespace || $0 == "{" }) {
        section = (indent, key)
      } else if key == "port", let open = section, indent > open.indent, let number = number(value) {
        return (number, index + 1)
      }
    }
    return nil
  }

  private static let marks = ["port", "listen(", ".start(", "InetSocketAddress(", "ServerSocket("]

  /// The first number beside a word of listening in the module's source.
  private static func inSource(_ module: String, _ files: ProjectFiles) -> Port? {
    var budget = JavaSources.Budget()
    for path in JavaSources.files(module, files, &budget).prefix(300) {
      guard let text = (try? files.text(path)) ?? nil, text.utf8.count < 1 << 20 else { continue }
      for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
        let plain = line.drop { $0.isWhitespace }
        guard !plain.hasPrefix("//"), !plain.hasPrefix("*"), !plain.hasPrefix("import ") else { continue }
        let lower = plain.lowercased()
        guard marks.contains(where: { lower.contains($0.lowercased()) }) else { continue }
        let numbers = plain.split { !$0.isASCII || !($0.isNumber || $0.isLetter || $0 == "_" || $0 == ".") }.compactMap
        { Int($0) }
        if let number = numbers.first(where: { (80...65535).contains($0) }) {
          return Port(number: number, source: "\(path):\(index + 1)")
        }
      }
    }
    return nil
  }
}

extension JavaFramework {
  /// What makes it listen on all addresses at that port, whatever its settings say. A program without a framework reads
  /// `PORT`, if anything.
  func environment(port: Int?) -> [String: String] {
    guard let port else { return [:] }
    return switch self {
    case .spring: ["SERVER_ADDRESS": "0.0.0.0", "SERVER_PORT": String(port)]
    case .quarkus: ["QUARKUS_HTTP_HOST": "0.0.0.0", "QUARKUS_HTTP_PORT": String(port)]
    case .micronaut: ["MICRONAUT_SERVER_HOST": "0.0.0.0", "MICRONAUT_SERVER_PORT": String(port)]
    case .helidon: ["SERVER_HOST": "0.0.0.0", "SERVER_PORT": String(port)]
    case .none, .ktor, .dropwizard, .javalin, .vertx: [:]
    }
  }
}
