internal import PackCore

/// One build script of Gradle, as far as its words say what it makes.
struct GradleProject {
  struct Value: Equatable {
    var text: String
    var line: Int
  }
  /// `server/build.gradle.kts`; for a project without a script, its directory's name for it.
  let path: String
  let directory: String
  /// Ids of plugins that are applied here, with their lines.
  private(set) var plugins: [Value] = []
  /// Those that the script applies to all or other projects, and not to itself alone.
  private(set) var shared: [Value] = []
  private(set) var mainClass: Value?
  /// `java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }`, `kotlin { jvmToolchain(17) }`
  private(set) var toolchain: Value?
  /// `sourceCompatibility`, `targetCompatibility`, `options.release`
  private(set) var level: Value?
  private(set) var version: Value?
  /// Names of dependencies in strings: `io.ktor:ktor-server-netty`.
  private(set) var dependencies: [String] = []

  init(path: String, text: String?, catalog: [String: String]) {
    self.path = path
    directory = JavaPaths.parent(path)
    guard let text else { return }
    let script = GradleScript(text)
    readPlugins(script, catalog)
    readMain(script)
    readVersions(script)
    dependencies = script.tokens.filter { $0.kind == .string && $0.text.split(separator: ":").count >= 2 }.map(\.text)
  }

  func has(_ plugin: String) -> Value? { plugins.first { $0.text == plugin } }

  // MARK: Plugins

  private mutating func readPlugins(_ script: GradleScript, _ catalog: [String: String]) {
    for (index, token) in script.tokens.enumerated() where token.kind == .word {
      guard let id = Self.plugin(at: index, script, catalog) else { continue }
      // `id("x") version "1" apply false` makes it known and applies nothing.
      let rest = script.tokens[index...].dropFirst().prefix(20)
        .prefix { $0.line == token.line && !["id", "alias", "kotlin"].contains($0.text) }
      let words = rest.filter { $0.kind == .word }.map(\.text)
      if let apply = words.firstIndex(of: "apply"), words.dropFirst(apply + 1).first == "false" { continue }
      let value = Value(text: id, line: token.line)
      let isShared = script.blocks(at: index).contains { ["subprojects", "configure", "project"].contains($0) }
      if isShared { shared.append(value) } else { plugins.append(value) }
      if script.blocks(at: index).contains("allprojects") { shared.append(value) }
    }
  }

  private static let bare: Set<String> = ["application", "war", "java"]

  private static func plugin(at index: Int, _ script: GradleScript, _ catalog: [String: String]) -> String? {
    let token = script.tokens[index]
    switch token.text {
    case "id": return script.literal(after: index)?.text
    case "plugin":
      // `apply plugin: 'x'`, `apply(plugin = "x")`
      guard script.tokens[max(0, index - 2)..<index].contains(where: { $0.text == "apply" }) else { return nil }
      return script.literal(after: index)?.text
    case "kotlin":
      guard script.blocks(at: index).last == "plugins" else { return nil }
      return script.literal(after: index).map { "org.jetbrains.kotlin.\($0.text)" }
    case "alias": return alias(at: index, script).flatMap { catalog[$0] }
    case _ where bare.contains(token.text):
      let isAlone = script.blocks(at: index).last == "plugins" && !script.isSymbol(index - 1, ".")
      return isAlone && !script.isSymbol(index + 1, ".") ? token.text : nil
    default: return nil
    }
  }

  /// `alias(libs.plugins.spring.boot)` → `spring.boot`
  private static func alias(at index: Int, _ script: GradleScript) -> String? {
    let rest = script.tokens[index...].dropFirst().prefix(24).prefix { $0.text != ")" }
    let words = rest.filter { $0.kind == .word }.map(\.text)
    guard let plugins = words.firstIndex(of: "plugins") else { return nil }
    return words[(plugins + 1)...].joined(separator: ".")
  }

  /// The plugins of gradle/libs.versions.toml by their accessors: `spring.boot` → `org.springframework.boot`.
  static func catalog(_ files: ProjectFiles) throws -> [String: String] {
    guard let text = try files.text("gradle/libs.versions.toml") else { return [:] }
    var out: [String: String] = [:]
    var isPlugins = false
    for line in text.split(whereSeparator: \.isNewline) {
      let trimmed = line.drop { $0.isWhitespace }
      if trimmed.hasPrefix("[") { isPlugins = trimmed.hasPrefix("[plugins]") }
      guard isPlugins, let equals = trimmed.firstIndex(of: "=") else { continue }
      let name = trimmed[..<equals].filter { !$0.isWhitespace && $0 != "\"" }
      let strings = GradleScript(String(trimmed[equals...])).tokens
      let id = strings.firstIndex { $0.kind == .word && $0.text == "id" }.flatMap { place in
        strings[place...].first { $0.kind == .string }
      }
      guard let value = (id ?? strings.first { $0.kind == .string })?.text else { continue }
      let accessor = String(name.map { $0 == "-" || $0 == "_" ? "." : $0 })
      out[accessor] = value.split(separator: ":").first.map(String.init)
    }
    return out
  }

  // MARK: Values

  private mutating func readMain(_ script: GradleScript) {
    for index in script.words(["mainClass", "mainClassName"]) {
      if let found = script.literal(after: index), Self.isClass(found.text) {
        mainClass = Value(text: found.text, line: found.line)
        return
      }
    }
    for (index, token) in script.tokens.enumerated() where token.kind == .string && token.text == "Main-Class" {
      var next = index
      if script.isSymbol(index + 1, "]") { next += 1 }
      if let found = script.literal(after: next), Self.isClass(found.text) {
        mainClass = Value(text: found.text, line: found.line)
        return
      }
    }
  }

  static func isClass(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count < 300
      && text.utf8.allSatisfy { byte in
        byte == 0x2e || byte == 0x5f || byte == 0x24 || byte >= 0x80 || (0x30...0x39).contains(byte)
          || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      }
  }

  private mutating func readVersions(_ script: GradleScript) {
    for index in script.words(["languageVersion", "jvmToolchain"]) {
      if toolchain == nil { toolchain = Self.number(after: index, script) }
    }
    for index in script.words(["sourceCompatibility", "targetCompatibility", "release"]) {
      if level == nil { level = Self.number(after: index, script) }
    }
    let own = script.words(["version"]).first { index in
      script.blocks(at: index).isEmpty && (script.isSymbol(index + 1, "=") || script.tokens[index...].count > 1)
        && script.literal(after: index) != nil
        && (index == 0 || script.tokens[index - 1].line < script.tokens[index].line)
    }
    version = own.flatMap { script.literal(after: $0) }.map { Value(text: $0.text, line: $0.line) }
  }

  /// `= 17`, `= '17'`, `= JavaVersion.VERSION_1_8`, `.set(JavaLanguageVersion.of(17))`, `= 1.8`
  private static func number(after index: Int, _ script: GradleScript) -> Value? {
    let line = script.tokens[index].line
    var digits = ""
    for token in script.tokens[index...].dropFirst().prefix(12) {
      let text = token.text.hasPrefix("VERSION_") ? String(token.text.dropFirst(8)) : token.text
      if !digits.isEmpty {
        // `1.8` is two numbers and a point.
        if token.text == "." { continue }
        return Value(text: digits + (Int(text) != nil && digits == "1" ? ".\(text)" : ""), line: line)
      }
      if let first = text.first, first.isNumber, token.kind != .symbol {
        digits = String(text.map { $0 == "_" ? "." : $0 })
      } else if token.kind == .string || token.text == "}" || token.line > line {
        return nil
      }
    }
    return digits.isEmpty ? nil : Value(text: digits, line: line)
  }
}
