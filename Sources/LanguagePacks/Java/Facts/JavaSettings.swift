internal import PackCore
internal import Packs

/// The settings that a program of Spring, Quarkus or Micronaut brings: ports, prefixes, addresses, and the variables of the
/// environment that their values name.
struct JavaSettings {
  struct Setting {
    var key: String
    var value: String
    var place: SourceFact.Place
    /// In the file for every profile.
    var isGeneral: Bool
  }
  let all: [Setting]
  private static let limit = 1 << 20

  /// `application.properties`, `config/application-prod.yml`, `bootstrap.yaml`, `META-INF/microprofile-config.properties`
  static func isSettings(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    let isNamed = ["application", "bootstrap", "microprofile-config"].contains { name.hasPrefix($0) }
    return isNamed && [".properties", ".yml", ".yaml"].contains { name.hasSuffix($0) }
  }

  init(_ found: JavaClasses, _ files: ProjectFiles) {
    var all: [Setting] = []
    for path in (try? ProjectTree(files.root).files(limit: 1_000_000)) ?? [] {
      guard let text = path.utf8, Self.isSettings(text), !text.split(separator: "/").contains("test"),
        let bytes = try? FileSystem.readIfPresent(files.root / path, limit: Self.limit)
      else { continue }
      all += Self.read(text, String(decoding: bytes, as: UTF8.self), path, hasLines: true)
    }
    if all.isEmpty { for file in found.settings { all += Self.read(file.name, file.text, file.path, hasLines: false) } }
    self.all = all
  }

  private static func read(_ name: String, _ text: String, _ path: RootPath, hasLines: Bool) -> [Setting] {
    let base = name.split(separator: "/").last ?? ""
    let isGeneral = !base.contains("-") || base.hasPrefix("microprofile-config")
    let pairs = base.hasSuffix(".properties") ? properties(text) : nested(text)
    return pairs.prefix(20_000).map {
      Setting(
        key: $0.key, value: $0.value, place: .init(path: path, line: hasLines ? $0.line : nil), isGeneral: isGeneral)
    }
  }

  private typealias Pair = (key: String, value: String, line: Int)

  private static func lines(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  private static func properties(_ text: String) -> [Pair] {
    lines(text).enumerated().compactMap { index, line in
      let body = line.drop { $0.isWhitespace }
      guard let first = body.first, first != "#", first != "!",
        let cut = body.firstIndex(where: { $0 == "=" || $0 == ":" })
      else { return nil }
      return (body[..<cut].trimmed, body[body.index(after: cut)...].trimmed, index + 1)
    }
  }

  /// Maps of YAML by their indentation; entries of lists belong to the key above.
  private static func nested(_ text: String) -> [Pair] {
    var out: [Pair] = []
    var above: [(indent: Int, key: String)] = []
    for (index, line) in lines(text).enumerated() {
      let body = line.drop { $0 == " " }
      let indent = line.count - body.count
      guard let first = body.first, first != "#", !body.hasPrefix("---") else { continue }
      while let last = above.last, last.indent >= indent { above.removeLast() }
      let prefix = above.map { $0.key + "." }.joined()
      if first == "-" {
        out.append((String(prefix.dropLast()), unquoted(body.dropFirst()), index + 1))
        continue
      }
      guard
        let colon = body.firstRange(of: ": ")?.lowerBound
          ?? (body.trimmed.hasSuffix(":") ? body.lastIndex(of: ":") : nil)
      else { continue }
      let key = unquoted(body[..<colon])
      let value = unquoted(body[body.index(after: colon)...])
      if value.isEmpty {
        if above.count < 64 { above.append((indent, key)) }
      } else {
        out.append((prefix + key, value, index + 1))
      }
    }
    return out
  }

  private static func unquoted(_ text: Substring) -> String {
    var text = text.trimmed
    if let comment = text.firstRange(of: " #"), !text.hasPrefix("\""), !text.hasPrefix("'") {
      text = text[..<comment.lowerBound].trimmed
    }
    let isQuoted =
      text.count > 1 && (text.hasPrefix("\"") && text.hasSuffix("\"") || text.hasPrefix("'") && text.hasSuffix("'"))
    return isQuoted ? String(text.dropFirst().dropLast()) : text
  }

  // MARK: Values

  static func isVariable(_ name: some StringProtocol) -> Bool {
    guard let first = name.utf8.first, (0x41...0x5a).contains(first) else { return false }
    return name.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
  }

  /// `${NAME:default}` in a text, with whether there is a default.
  static func placeholders(_ text: String) -> [(name: String, fallback: String?)] {
    var out: [(String, String?)] = []
    var rest = text[...]
    while let start = rest.firstRange(of: "${"), out.count < 32 {
      rest = rest[start.upperBound...]
      let name = rest.prefix { $0 != ":" && $0 != "}" && $0 != "$" }
      let after = rest[name.endIndex...]
      let fallback: String? = after.first == ":" ? String(after.dropFirst().prefix { $0 != "}" }) : nil
      out.append((name.trimmed, fallback))
    }
    return out
  }

  /// What `@Value("…")` gives: the setting or default of its placeholder.
  func resolve(_ text: String) -> ClassValue {
    guard text.contains("${") || text.contains("#{") else { return .text(text) }
    let found = Self.placeholders(text)
    guard found.count == 1, text.hasPrefix("${"), text.hasSuffix("}") else { return .unknown }
    if let known = value(found[0].name) { return known }
    return found[0].fallback.map { $0.contains("{") ? .unknown : ClassValue.text($0).opened } ?? .unknown
  }

  /// Every profile's value of a setting. The environment may always say another one.
  func value(_ key: String) -> ClassValue? {
    let values = all.filter { $0.key == key }.map(\.value)
    guard !values.isEmpty else { return nil }
    return values.map {
      $0.contains("${") ? (Self.placeholders($0).first?.fallback).map { .text($0) } ?? .unknown : .text($0)
    }
    .reduce(ClassValue.null) { $0.isNull ? $1 : $0.or($1) }.opened
  }

  /// The prefix that all routes have.
  var prefix: String {
    [
      "server.servlet.context-path", "spring.mvc.servlet.path", "spring.webflux.base-path", "quarkus.http.root-path",
      "micronaut.server.context-path", "server.context-path",
    ]
    .reduce("") { out, key in
      let value = all.first { $0.key == key && $0.isGeneral }?.value ?? ""
      return value.contains("$") || value.isEmpty || value == "/" ? out : JavaRoute.join(out, value)
    }
  }

  // MARK: Facts

  private static let portKeys = ["server.port", "management.server.port", "quarkus.http.port", "micronaut.server.port"]
  private static let hostKeys = [
    "spring.redis.host", "spring.data.redis.host", "spring.rabbitmq.host", "spring.mail.host",
    "spring.data.mongodb.host", "spring.kafka.bootstrap-servers",
    "spring.elasticsearch.uris",
  ]

  /// `spring`: the class that starts Spring, which listens at port 8080 when no setting names another one.
  func add(to findings: inout SourceFindings, spring: SourceFact.Place?) {
    for setting in all {
      for (name, fallback) in Self.placeholders(setting.value) where Self.isVariable(name) {
        findings.add(fallback == nil ? .envRequired : .envOptional, name, at: setting.place)
      }
      if Self.portKeys.contains(setting.key) { addPort(setting, &findings) }
      if Self.hostKeys.contains(setting.key) { addHost(setting, &findings) }
      if setting.value.contains("://") || setting.value.hasPrefix("jdbc:") { addAddress(setting, &findings) }
      if ["logging.file.name", "logging.file.path", "logging.file", "quarkus.log.file.path"].contains(setting.key) {
        addPath(setting, &findings)
      }
    }
    let settings = all.contains { Self.portKeys.contains($0.key) && $0.key != "management.server.port" && $0.isGeneral }
    guard let spring else { return }
    if !settings { findings.add(.ports, "8080", at: spring) }
    findings.addDoubt(
      SourceKind.allCases.filter { $0 != .cacheNamespaces },
      "Spring Boot adds what its starters bring, and the environment may set every property")
  }

  /// The value, or the default of the placeholder that it is.
  private static func plain(_ value: String) -> (text: String?, isWhole: Bool) {
    guard value.contains("${") else { return (value, true) }
    let found = placeholders(value)
    return (found.count == 1 && value.hasPrefix("${") && value.hasSuffix("}") ? found[0].fallback : nil, false)
  }

  private func addPort(_ setting: Setting, _ findings: inout SourceFindings) {
    let (text, isWhole) = Self.plain(setting.value)
    if let text, let number = Int(text), number > 0 { findings.add(.ports, text, at: setting.place) }
    if !isWhole || text == "0" { findings.addGap([.ports], "the port may be another one", at: setting.place) }
  }

  private func addHost(_ setting: Setting, _ findings: inout SourceFindings) {
    let (text, isWhole) = Self.plain(setting.value)
    let port = all.first { $0.key == setting.key.dropLast(4) + "port" }.flatMap { Self.plain($0.value).text }
    for host in (text ?? "").split(separator: ",") where !host.contains("://") {
      findings.add(
        .egress, host.contains(":") || port == nil ? host.trimmed : "\(host.trimmed):\(port ?? "")", at: setting.place)
    }
    if !isWhole { findings.addGap([.egress], "the host may be another one", at: setting.place) }
  }

  private func addAddress(_ setting: Setting, _ findings: inout SourceFindings) {
    var value = setting.value
    var isWhole = true
    if value.hasPrefix("${"), let fallback = Self.placeholders(value).first?.fallback {
      // `${URL:http://host}`: the default has colons of its own.
      value = fallback
      isWhole = false
    }
    switch JavaAddress.read(value, isWhole: true) {
    case .host(let host): findings.add(.egress, host, at: setting.place)
    case .file(let path): findings.add(.writes, path, at: setting.place)
    case .none: break
    case .open: isWhole = false
    }
    if !isWhole { findings.addGap([.egress], "the address may be another one", at: setting.place) }
  }

  private func addPath(_ setting: Setting, _ findings: inout SourceFindings) {
    let (text, isWhole) = Self.plain(setting.value)
    if let text { findings.add(.writes, text, at: setting.place) }
    if !isWhole { findings.addGap([.writes], "the path may be another one", at: setting.place) }
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
