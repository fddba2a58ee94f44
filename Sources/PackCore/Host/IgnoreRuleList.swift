/// Rules of ignore files in their order, laid out flat: every name of a project is held against every rule, and a rule that
/// owned an array of its own would cost more to be looked at than to be compared.
struct IgnoreRuleList: Sendable {
  private enum Kind: UInt8 { case name, suffix, nameGlob, path, pathGlob }
  private struct Rule: Sendable {
    var kind: Kind
    var negated: Bool
    var directoriesOnly: Bool
    /// Where its text lies in `text`, or which of `globs` it is.
    var start: Int
    var count: Int
    /// Which of `bases` its file lies in.
    var base: Int
  }
  private var rules: [Rule] = []
  private var text: [UInt8] = []
  private var globs: [Glob] = []
  private var bases: [RootPath] = []

  var isEmpty: Bool { rules.isEmpty }

  /// Adds the rules of an ignore file in `base`.
  mutating func add(_ file: [UInt8], base: RootPath) {
    bases.append(base)
    for line in file.split(separator: 0x0a) { add(line: line) }
  }

  private mutating func add(line: ArraySlice<UInt8>) {
    var pattern = line
    if pattern.last == 0x0d { pattern.removeLast() }
    while pattern.last == 0x20, pattern.dropLast().last != UInt8(ascii: "\\") { pattern.removeLast() }
    guard let first = pattern.first, first != UInt8(ascii: "#") else { return }
    let negated = first == UInt8(ascii: "!")
    if negated { pattern.removeFirst() }
    let directoriesOnly = pattern.last == UInt8(ascii: "/")
    if directoriesOnly { pattern.removeLast() }
    // A slash anywhere but at the end anchors the pattern at its file's directory.
    let anchored = pattern.contains(UInt8(ascii: "/"))
    if pattern.first == UInt8(ascii: "/") { pattern.removeFirst() }
    guard !pattern.isEmpty else { return }
    var rule = Rule(
      kind: Self.kind(pattern, anchored: anchored), negated: negated, directoriesOnly: directoriesOnly,
      start: text.count, count: 0, base: bases.count - 1)
    switch rule.kind {
    case .nameGlob, .pathGlob:
      rule.start = globs.count
      globs.append(Glob(pattern))
    case .name, .path, .suffix:
      if rule.kind == .suffix { pattern.removeFirst() }
      rule.count = pattern.count
      text += pattern
    }
    rules.append(rule)
  }

  /// Most rules are a name or an ending, a pattern without a slash looks at the name only, and few need the whole path.
  private static func kind(_ pattern: ArraySlice<UInt8>, anchored: Bool) -> Kind {
    let special = Set("*?[\\".utf8)
    let isPlain = !pattern.contains(where: special.contains)
    if anchored { return isPlain ? .path : .pathGlob }
    if isPlain { return .name }
    let isEnding = pattern.first == UInt8(ascii: "*") && !pattern.dropFirst().contains(where: special.contains)
    return isEnding ? .suffix : .nameGlob
  }

  /// Forgets the files of directories that a walk in the order of whole paths has behind it at `directory`. `a-b` comes
  /// between `a` and `a/c`, so at `a-b` the rules of `a` are still to come into use.
  mutating func leave(for directory: RootPath) {
    while let last = bases.last, !directory.isInside(last),
      !ByteOrder.precedes(directory.bytes, last.bytes + [UInt8(ascii: "/")])
    {
      while let rule = rules.last, rule.base == bases.count - 1 {
        switch rule.kind {
        case .nameGlob, .pathGlob: globs.removeLast()
        case .name, .path, .suffix: text.removeLast(rule.count)
        }
        rules.removeLast()
      }
      bases.removeLast()
    }
  }

  /// What the last rule says that applies to `name` in `directory`; nil when none does.
  func verdict(_ name: [UInt8], in directory: RootPath, isDirectory: Bool) -> Bool? {
    // Made by the first rule that needs it.
    var path: [UInt8]?
    return text.withUnsafeBufferPointer { text in
      name.withUnsafeBufferPointer { name in
        rules.withUnsafeBufferPointer { rules in
          var index = rules.count
          while index > 0 {
            index -= 1
            let rule = rules[index]
            if rule.directoriesOnly, !isDirectory { continue }
            let fits: Bool
            switch rule.kind {
            case .name: fits = name.count == rule.count && Self.ends(name, rule, text)
            case .suffix: fits = Self.ends(name, rule, text)
            case .nameGlob: fits = globs[rule.start].matches(name)
            case .path where name.last != text[rule.start + rule.count - 1]: continue
            case .path, .pathGlob: fits = self.fits(rule, name, in: directory, &path)
            }
            if fits, directory.isInside(bases[rule.base]) { return !rule.negated }
          }
          return nil
        }
      }
    }
  }

  @inline(__always)
  private static func ends(
    _ name: UnsafeBufferPointer<UInt8>, _ rule: Rule, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let start = name.count - rule.count
    guard start >= 0 else { return false }
    var index = rule.count
    while index > 0 {
      index -= 1
      if name[start + index] != text[rule.start + index] { return false }
    }
    return true
  }

  private func fits(
    _ rule: Rule, _ name: UnsafeBufferPointer<UInt8>, in directory: RootPath, _ known: inout [UInt8]?
  ) -> Bool {
    let path = known ?? directory.appending(component: name)?.bytes ?? []
    known = path
    let base = bases[rule.base]
    let below = path[(base.isRoot ? 0 : min(base.bytes.count + 1, path.count))...]
    return rule.kind == .pathGlob
      ? globs[rule.start].matches(below) : below == text[rule.start..<(rule.start + rule.count)]
  }
}
