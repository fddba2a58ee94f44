/// The packages of pnpm-lock.yaml. Up to version 8 each says whether only development needs it; since version 9 the way
/// from the importers tells.
struct PNPMPackages {
  private struct Entry {
    var package: LockedPackage?
    var isDevelopment = false
    var isDirectory = false
  }
  private var entries: [String: Entry] = [:]
  private var edges: [String: [(name: String, version: String)]] = [:]
  private var roots: [(name: String, version: String)] = []
  private var hasSnapshots = false
  private var isOld = false

  init(_ text: String, development: Bool) {
    let groups = ["dependencies", "optionalDependencies"] + (development ? ["devDependencies"] : [])
    var path = ["", "", "", "", ""]
    for line in PNPMLine.lines(text) where line.depth < path.count {
      path[line.depth] = line.key
      switch (path[0], line.depth) {
      case ("lockfileVersion", 0): isOld = line.value.hasPrefix("5")
      case ("importers", 3) where groups.contains(path[2]) && !line.value.isEmpty:
        roots.append((line.key, line.value))
      case ("importers", 4) where groups.contains(path[2]) && line.key == "version":
        roots.append((path[3], line.value))
      case (_, 1) where groups.contains(path[0]) && !line.value.isEmpty: roots.append((line.key, line.value))
      case (_, 2) where groups.contains(path[0]) && line.key == "version": roots.append((path[1], line.value))
      case ("packages", 1): entries[line.key] = Entry(package: Self.package(line.key, isOld: isOld))
      case ("packages", 2): take(line, path[1])
      case ("snapshots", 1):
        hasSnapshots = true
        edges[line.key] = []
      case ("snapshots", 3) where groups.prefix(2).contains(path[2]): edges[path[1]]?.append((line.key, line.value))
      default: break
      }
    }
    if !development, !hasSnapshots { entries = entries.filter { !$0.value.isDevelopment } }
  }

  var packages: [LockedPackage] {
    let keys = hasSnapshots ? reached : Set(entries.keys)
    return keys.sorted().compactMap { key in
      guard let entry = entries[key] ?? entries[Self.withoutPeers(key)], !entry.isDirectory else { return nil }
      return entry.package
    }
  }

  private var reached: Set<String> {
    var seen: Set<String> = []
    var waiting = roots
    while let (name, version) = waiting.popLast() {
      // An alias names the other package whole.
      guard let key = ["\(name)@\(version)", version].first(where: { edges[$0] != nil }), seen.insert(key).inserted
      else { continue }
      waiting += edges[key] ?? []
    }
    return seen
  }

  private mutating func take(_ line: PNPMLine, _ key: String) {
    var entry = entries[key] ?? Entry()
    switch line.key {
    case "dev": entry.isDevelopment = line.value == "true"
    case "name": entry.package = entry.package ?? LockedPackage(name: line.value, version: "")
    case "os": entry.package?.os = line.list
    case "cpu": entry.package?.cpu = line.list
    case "libc": entry.package?.libc = line.list
    case "resolution":
      let fields = line.fields
      entry.isDirectory = fields["directory"] != nil || fields["tarball"]?.hasPrefix("file:") == true
      var package = entry.package ?? LockedPackage(name: "", version: "")
      package.integrity = fields["integrity"]
      package.resolved = fields["tarball"] ?? fields["repo"].map { "git+\($0)#\(fields["commit"] ?? "")" }
      entry.package = package
    default: break
    }
    // Of what comes from elsewhere the key is an address, and these say what it is.
    if line.key == "name" { entry.package?.name = line.value }
    if line.key == "version" { entry.package?.version = line.value }
    entries[key] = entry
  }

  private static func withoutPeers(_ key: String) -> String { String(key.prefix { $0 != "(" }) }

  /// `/@a/b/1.0.0_peer@2`, `/@a/b@1.0.0(peer@2)`, `@a/b@1.0.0`.
  private static func package(_ key: String, isOld: Bool) -> LockedPackage? {
    if key.hasPrefix("file:") || key.hasPrefix("link:") { return nil }
    let text = String(withoutPeers(key).drop { $0 == "/" })
    if isOld {
      let parts = text.split(separator: "/").map(String.init)
      let count = text.hasPrefix("@") ? 2 : 1
      guard key.hasPrefix("/"), parts.count > count else { return nil }
      return LockedPackage(
        name: parts.prefix(count).joined(separator: "/"), version: String(parts[count].prefix { $0 != "_" }))
    }
    let name = YarnLock.name(of: text)
    guard name.count < text.count else { return nil }
    let version = String(text.dropFirst(name.count + 1))
    // `name@https://…`: the version stands below.
    return LockedPackage(name: name, version: version.contains(":") ? "" : version)
  }
}

/// A line of pnpm-lock.yaml, which pnpm writes with two spaces a level and one key a line; the document is too large for a
/// tree.
struct PNPMLine {
  var depth: Int
  var key: String
  var value: String

  static func lines(_ text: String) -> some Sequence<PNPMLine> {
    text.split(whereSeparator: \.isNewline).lazy.compactMap { line in
      let indent = line.prefix { $0 == " " }.count
      return pair(line.dropFirst(indent)).map { PNPMLine(depth: indent / 2, key: $0.0, value: $0.1) }
    }
  }

  private static func pair(_ line: Substring) -> (String, String)? {
    guard let cut = line.firstRange(of: ":"), !line.hasPrefix("#") else { return nil }
    var end = cut
    if line.first == "'" || line.first == "\"" {
      guard let quote = line.dropFirst().firstIndex(of: line.first ?? "'"),
        let after = line[quote...].firstRange(of: ":")
      else { return nil }
      end = after
    } else if let after = line.firstRange(of: ": ") {
      end = after
    } else if line.hasSuffix(":") {
      end = line.index(before: line.endIndex)..<line.endIndex
    }
    return (unquoted(line[..<end.lowerBound]), unquoted(line[end.upperBound...].drop { $0 == " " }))
  }

  private static func unquoted(_ text: Substring) -> String {
    guard let first = text.first, first == "'" || first == "\"", text.count > 1, text.last == first else {
      return String(text)
    }
    return String(text.dropFirst().dropLast())
  }

  /// `[darwin, linux]`
  var list: [String] {
    value.split { "[], ".contains($0) }.map { Self.unquoted($0) }
  }

  /// `{integrity: sha512-…, tarball: https://…}`
  var fields: [String: String] {
    let inner = value.drop { $0 == "{" }.prefix { $0 != "}" }
    let pairs = inner.split(separator: ",").compactMap { Self.pair($0.drop { $0 == " " }) }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }
}
