internal import PackCore

/// Which files of a project are not part of it: `.gitignore` in every directory (gitignore(5)), then the project's
/// `.packcignore`, whose rules come last and win. What never enters a build is named here and cannot be re-included.
struct IgnoreRules {
  /// Version control, packc's own output, and the file that holds secrets in most projects.
  static let never: Set<String> = [".git", ".hg", ".svn", ".packc", ".env"]

  /// Most rules are a name or an ending; only the others need the general matcher.
  private enum Pattern {
    case name([UInt8])
    case suffix([UInt8])
    case glob(Glob)
  }
  private struct Rule {
    let pattern: Pattern
    let negated: Bool
    let directoriesOnly: Bool
    /// The directory of the file that holds the rule.
    let base: RootPath
  }
  private var gitignore: [Rule] = []
  private var packcignore: [Rule] = []

  init(project: HostPath) throws {
    if let text = try FileSystem.readIfPresent(project / ".packcignore", limit: 1 << 20) {
      packcignore = Self.parse(text, base: .root)
    }
  }

  /// Adds the rules of `directory/.gitignore`, if there is one. Deeper files come later and win.
  mutating func enter(_ directory: RootPath, of project: HostPath) throws {
    let path = project / directory / ".gitignore"
    guard try FileSystem.target(path)?.kind == .file else { return }
    gitignore += Self.parse(try FileSystem.read(path, limit: 1 << 20), base: directory)
  }

  /// Whether the entry, whose parents are not ignored, is left out.
  func ignores(_ path: RootPath, isDirectory: Bool) -> Bool {
    if Self.never.contains(path.name) { return true }
    for rule in packcignore.reversed() where Self.applies(rule, path, isDirectory) { return !rule.negated }
    for rule in gitignore.reversed() where Self.applies(rule, path, isDirectory) { return !rule.negated }
    return false
  }

  private static func applies(_ rule: Rule, _ path: RootPath, _ isDirectory: Bool) -> Bool {
    guard isDirectory || !rule.directoriesOnly, path.isInside(rule.base) else { return false }
    switch rule.pattern {
    case .name(let name): return path.nameBytes == name[...]
    case .suffix(let suffix): return path.nameBytes.suffix(suffix.count) == suffix[...]
    case .glob(let glob): return glob.matches(path.bytes.dropFirst(rule.base.isRoot ? 0 : rule.base.bytes.count + 1))
    }
  }

  private static func parse(_ text: [UInt8], base: RootPath) -> [Rule] {
    text.split(separator: 0x0a).compactMap { line in
      var pattern = line
      if pattern.last == 0x0d { pattern.removeLast() }
      while pattern.last == 0x20, pattern.dropLast().last != UInt8(ascii: "\\") { pattern.removeLast() }
      guard let first = pattern.first, first != UInt8(ascii: "#") else { return nil }
      let negated = first == UInt8(ascii: "!")
      if negated { pattern.removeFirst() }
      let directoriesOnly = pattern.last == UInt8(ascii: "/")
      if directoriesOnly { pattern.removeLast() }
      // A slash anywhere but at the end anchors the pattern at its file's directory.
      let anchored = pattern.contains(UInt8(ascii: "/"))
      if pattern.first == UInt8(ascii: "/") { pattern.removeFirst() }
      guard !pattern.isEmpty else { return nil }
      return Rule(
        pattern: simplify(Array(pattern), anchored: anchored), negated: negated, directoriesOnly: directoriesOnly,
        base: base)
    }
  }

  private static func simplify(_ pattern: [UInt8], anchored: Bool) -> Pattern {
    let special = Set("*?[\\".utf8)
    if anchored { return .glob(Glob(pattern)) }
    if !pattern.contains(where: special.contains) { return .name(pattern) }
    if pattern.first == UInt8(ascii: "*"), !pattern.dropFirst().contains(where: special.contains) {
      return .suffix(Array(pattern.dropFirst()))
    }
    return .glob(Glob(Array("**/".utf8) + pattern))
  }
}
