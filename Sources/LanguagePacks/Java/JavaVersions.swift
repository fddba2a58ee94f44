internal import PackCore
internal import Packs

/// What a project's files ask of the JDK.
struct JavaWish: Equatable {
  /// A feature release: 8, 11, 17.
  var version: Int
  /// As it is written: `1.8`, `17.0.9-tem`.
  var text: String
  /// True for a file that names the JDK itself; false for a level of the compiler, which newer ones know too.
  var isExact: Bool
  var location: SourceLocation

  var asked: String { isExact ? text : "\(text) or newer" }
  var says: String { "\(location) asks for Java \(asked)" }
}

enum JavaVersions {
  /// `17`, `1.8`, `17.0.9-tem`, `temurin-21.0.2+13`, `VERSION_11` → the feature release.
  static func feature(_ text: String) -> Int? {
    let digits = text.drop { !$0.isASCII || !$0.isNumber }
    let numbers = digits.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
      .split { $0 == "." || $0 == "_" }.compactMap { Int($0) }
    guard let first = numbers.first else { return nil }
    let feature = first == 1 && numbers.count > 1 ? numbers[1] : first
    return (5...99).contains(feature) ? feature : nil
  }

  /// Files that pin a JDK, in the order in which they count.
  static func pins(_ files: ProjectFiles) throws -> [JavaWish] {
    var out: [JavaWish] = []
    func add(_ text: some StringProtocol, _ path: String, _ line: Int) {
      guard let version = feature(String(text)) else { return }
      out.append(
        JavaWish(
          version: version, text: String(text), isExact: true, location: SourceLocation(path: path, line: line)))
    }
    if let (value, line) = try files.text(".java-version").flatMap(firstLine) { add(value, ".java-version", line) }
    for (path, key) in [(".sdkmanrc", "java"), ("system.properties", "java.runtime.version")] {
      if let text = try files.text(path), let (value, line) = property(key, in: text) { add(value, path, line) }
    }
    if let text = try files.text(".tool-versions") {
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let words = line.split(whereSeparator: \.isWhitespace)
        if words.first == "java", words.count > 1 { add(words[1], ".tool-versions", index + 1) }
      }
    }
    return out
  }

  private static func firstLine(_ text: String) -> (String, Int)? {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let value = line.filter { !$0.isWhitespace }
      if !value.isEmpty, !value.hasPrefix("#") { return (value, index + 1) }
    }
    return nil
  }

  /// A value of a properties file (java.util.Properties), where it stands on one line.
  static func property(_ key: String, in text: String) -> (value: String, line: Int)? {
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let trimmed = line.drop { $0.isWhitespace }
      guard trimmed.hasPrefix(key) else { continue }
      let rest = trimmed.dropFirst(key.count).drop { $0.isWhitespace }
      guard let separator = rest.first, separator == "=" || separator == ":" else { continue }
      let value = rest.dropFirst().drop { $0.isWhitespace }
      return (String(value).trimmingEnd, index + 1)
    }
    return nil
  }

  // MARK: Levels

  static func level(of module: JavaPrograms.Module, _ reactor: MavenReactor) -> JavaWish? {
    guard let project = reactor.members.first(where: { $0.path == module.manifest }) else { return nil }
    for configuration in reactor.plugin("maven-compiler-plugin", of: project)?.configurations ?? [] {
      for name in ["release", "target", "source"] {
        guard let element = configuration[name] else { continue }
        let value = reactor.expand(element.text, in: project)
        guard let version = feature(value) else { continue }
        let owner = reactor.line(of: project).first { owner in
          (owner.plugins + owner.managed).contains { $0.configurations.contains(configuration) }
        }
        return JavaWish(
          version: version, text: value, isExact: false, location: element.location(owner?.path ?? project.path))
      }
    }
    for name in ["maven.compiler.release", "maven.compiler.target", "maven.compiler.source", "java.version"] {
      guard let found = reactor.property(name, of: project), let version = feature(found.value) else { continue }
      return JavaWish(
        version: version, text: found.value, isExact: false,
        location: SourceLocation(path: found.path, line: found.line))
    }
    return nil
  }

  /// A toolchain of Gradle names the JDK; a compatibility is a level. The project's own before the root's.
  static func wishes(of module: JavaPrograms.Module, _ build: GradleBuild) -> [JavaWish] {
    let own = build.projects.filter { $0.path == module.manifest } + build.projects.prefix(1)
    func wish(_ value: GradleProject.Value?, _ project: GradleProject, isExact: Bool) -> JavaWish? {
      guard let value, let version = feature(value.text) else { return nil }
      return JavaWish(
        version: version, text: value.text, isExact: isExact,
        location: SourceLocation(path: project.path, line: value.line))
    }
    let toolchain = own.lazy.compactMap { wish($0.toolchain, $0, isExact: true) }.first
    let level = own.lazy.compactMap { wish($0.level, $0, isExact: false) }.first
    return [toolchain, level].compactMap { $0 }
  }
}

extension String {
  var trimmingEnd: String {
    guard let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(self[...last])
  }
}
