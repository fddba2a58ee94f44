/// Which files of a project are not part of it: `.gitignore` in every directory (gitignore(5)), then the project's
/// `.packcignore`, whose rules come last and win. What never enters a build is named here and cannot be re-included.
public struct IgnoreRules: Sendable {
  /// Version control, packc's own output, and the file that holds secrets in most projects.
  static let never = [".git", ".hg", ".svn", ".packc", ".env"].map { Array($0.utf8) }

  /// Every entry of a project is held against every rule: most rules are a name or an ending, a pattern without a slash
  /// looks at the name only, and few need the whole path.
  private enum Pattern: Sendable {
    case name([UInt8])
    case suffix([UInt8])
    case nameGlob(Glob)
    case path([UInt8])
    case pathGlob(Glob)
  }
  private struct Rule: Sendable {
    let pattern: Pattern
    let negated: Bool
    let directoriesOnly: Bool
    /// The directory of the file that holds the rule.
    let base: RootPath
  }
  private var gitignore: [Rule] = []
  private var packcignore: [Rule] = []

  public init(project: HostPath) throws {
    if let text = try FileSystem.readIfPresent(project / ".packcignore", limit: 1 << 20) {
      packcignore = Self.parse(text, base: .root)
    }
  }

  /// Adds the rules of `directory/.gitignore`, if there is one. Deeper files come later and win. Directories are entered
  /// in the order of a walk, so that rules of a directory that was left are forgotten.
  public mutating func enter(_ directory: RootPath, of project: HostPath) throws {
    leave(for: directory)
    let path = project / directory / ".gitignore"
    guard try FileSystem.target(path)?.kind == .file else { return }
    gitignore += Self.parse(try FileSystem.read(path, limit: 1 << 20), base: directory)
  }

  /// Forgets the rules of directories that do not hold `directory`.
  mutating func leave(for directory: RootPath) {
    while let last = gitignore.last, !directory.isInside(last.base) { gitignore.removeLast() }
  }

  /// Whether an entry of `directory`, which is not ignored itself, is left out.
  public func ignores(_ name: [UInt8], in directory: RootPath, isDirectory: Bool) -> Bool {
    if gitignore.isEmpty, packcignore.isEmpty { return name.first == UInt8(ascii: ".") && Self.never.contains(name) }
    return directory.appending(component: name).map { ignores($0, isDirectory: isDirectory) } ?? true
  }

  /// Whether the entry, whose parents are not ignored, is left out.
  public func ignores(_ path: RootPath, isDirectory: Bool) -> Bool {
    let name = path.nameBytes
    if name.first == UInt8(ascii: "."), Self.never.contains(where: { $0[...] == name }) { return true }
    return Self.verdict(packcignore, path, name, isDirectory) ?? Self.verdict(gitignore, path, name, isDirectory)
      ?? false
  }

  /// What the last rule that applies says; nil when none does.
  private static func verdict(
    _ rules: [Rule], _ path: RootPath, _ name: ArraySlice<UInt8>, _ isDirectory: Bool
  ) -> Bool? {
    var index = rules.count
    while index > 0 {
      index -= 1
      if applies(rules[index], path, name, isDirectory) { return !rules[index].negated }
    }
    return nil
  }

  private static func applies(
    _ rule: Rule, _ path: RootPath, _ name: ArraySlice<UInt8>, _ isDirectory: Bool
  ) -> Bool {
    guard isDirectory || !rule.directoriesOnly else { return false }
    let fits =
      switch rule.pattern {
      case .name(let wanted): name == wanted[...]
      case .suffix(let ending): name.suffix(ending.count) == ending[...]
      case .nameGlob(let glob): glob.matches(name)
      case .path(let wanted): path.bytes[below(rule.base, path)...] == wanted[...]
      case .pathGlob(let glob): glob.matches(path.bytes[below(rule.base, path)...])
      }
    return fits && path.isInside(rule.base)
  }

  /// Where in the bytes of `path` what lies below `base` begins; the end when it is not long enough to lie there.
  private static func below(_ base: RootPath, _ path: RootPath) -> Int {
    base.isRoot ? 0 : min(base.bytes.count + 1, path.bytes.count)
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
    let plain = !pattern.contains(where: special.contains)
    if anchored { return plain ? .path(pattern) : .pathGlob(Glob(pattern)) }
    if plain { return .name(pattern) }
    if pattern.first == UInt8(ascii: "*"), !pattern.dropFirst().contains(where: special.contains) {
      return .suffix(Array(pattern.dropFirst()))
    }
    return .nameGlob(Glob(pattern))
  }
}
