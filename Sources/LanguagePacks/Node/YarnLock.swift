/// yarn.lock, of Yarn 1 and of later ones: for each package its keys, `name@range`, and what follows them.
struct YarnLock {
  struct Entry {
    var version = ""
    /// `name@npm:1.0.0`, of Yarn 2 and later.
    var resolution: String?
    var resolved: String?
    var integrity: String?
    var conditions: String?
    var dependencies: [(name: String, range: String)] = []
  }
  private(set) var keys: Set<String> = []
  private(set) var hasResolutions = false
  private(set) var entries: [Entry] = []
  /// By key, and by name, places in `entries`.
  private var byKey: [String: Int] = [:]
  private var byName: [String: [Int]] = [:]

  init(_ text: String) {
    var section = ""
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      let depth = line.prefix { $0 == " " }.count
      if depth == 0 {
        section = ""
        if line.hasSuffix(":") { begin(line.dropLast()) }
      } else if let (key, value) = Self.pair(line.dropFirst(depth)), !entries.isEmpty {
        if depth == 2 { section = key }
        take(key, value, depth, section)
      }
    }
  }

  private mutating func begin(_ line: Substring) {
    entries.append(Entry())
    if line.contains("@patch:") { hasResolutions = true }
    for key in line.split(separator: ",") {
      keys.insert(String(key.filter { $0 != "\"" && $0 != " " }))
      // A range with spaces is written in one key.
      let whole = String(key.drop { $0 == " " }.filter { $0 != "\"" })
      keys.insert(whole)
      byKey[whole] = entries.count - 1
      let name = Self.name(of: whole)
      if byName[name]?.last != entries.count - 1 { byName[name, default: []].append(entries.count - 1) }
    }
  }

  private mutating func take(_ key: String, _ value: String, _ depth: Int, _ section: String) {
    let last = entries.count - 1
    switch (depth, key) {
    case (2, "version"): entries[last].version = value
    case (2, "resolution"): entries[last].resolution = value
    case (2, "resolved"): entries[last].resolved = value
    case (2, "integrity"): entries[last].integrity = value
    case (2, "conditions"): entries[last].conditions = value
    case (4, _) where section == "dependencies" || section == "optionalDependencies":
      entries[last].dependencies.append((key, value))
    default: break
    }
  }

  /// `name "value"` of Yarn 1, `name: value` of later ones.
  private static func pair(_ line: Substring) -> (String, String)? {
    let isQuoted = line.first == "\""
    let start = isQuoted ? line.dropFirst() : line
    let key = start.prefix { isQuoted ? $0 != "\"" : $0 != " " && $0 != ":" }
    let value = start.dropFirst(key.count).drop { "\": ".contains($0) }
    return key.isEmpty ? nil : (String(key), String(value.filter { $0 != "\"" }))
  }

  /// `@a/b@npm:^1` → `@a/b`
  static func name(of key: String) -> String {
    String(key.prefix(1) + key.dropFirst().prefix { $0 != "@" })
  }

  /// The packages that these and what they need in turn come to. A range that the lock does not have was replaced by
  /// `resolutions`: any entry of the name may be meant.
  func packages(from roots: [(name: String, range: String)]) -> [LockedPackage] {
    var seen: Set<Int> = []
    var waiting = roots
    while let (name, range) = waiting.popLast() {
      let exact = byKey["\(name)@\(range)"] ?? byKey["\(name)@npm:\(range)"]
      for index in exact.map({ [$0] }) ?? byName[name] ?? [] where seen.insert(index).inserted {
        waiting += entries[index].dependencies
      }
    }
    let keys = Dictionary(byKey.map { ($1, $0) }, uniquingKeysWith: { min($0, $1) })
    return seen.sorted().compactMap { Self.package(entries[$0], key: keys[$0] ?? "") }
  }

  /// nil for members of the workspace and other directories.
  private static func package(_ entry: Entry, key: String) -> LockedPackage? {
    let origin = entry.resolution ?? key
    let name = name(of: origin)
    let range = String(origin.dropFirst(name.count + 1))
    if ["workspace:", "link:", "portal:", "file:"].contains(where: range.hasPrefix) { return nil }
    // An alias of Yarn 1: `lodash4@npm:lodash@^4`.
    let alias = range.hasPrefix("npm:") ? String(range.dropFirst(4)) : ""
    let real = entry.resolution == nil && alias.dropFirst().contains("@") ? self.name(of: alias) : name
    let isElsewhere = entry.resolution != nil && !range.hasPrefix("npm:") && !range.hasPrefix("patch:")
    return LockedPackage(
      name: real, version: entry.version, resolved: isElsewhere ? range : entry.resolved, integrity: entry.integrity,
      os: condition("os", entry), cpu: condition("cpu", entry), libc: condition("libc", entry))
  }

  /// `os=linux & (cpu=x64 | cpu=arm64)`
  private static func condition(_ name: String, _ entry: Entry) -> [String] {
    (entry.conditions ?? "").split { " &|()".contains($0) }.filter { $0.hasPrefix(name + "=") }
      .map { String($0.dropFirst(name.count + 1)) }
  }
}
