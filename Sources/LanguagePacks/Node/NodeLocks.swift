internal import PackCore

/// package-lock.json and npm-shrinkwrap.json, versions 1 to 3.
struct NPMLock {
  /// By directory of the manifest, what it asked for when the lock was made; empty for version 1.
  var requirements: [String: [String: Set<String>]] = [:]
  /// Version 1: the packages at the top.
  var names: Set<String> = []
  var isOld: Bool
  /// Packages with install scripts that run-time needs, sorted.
  var scripted: [String] = []
  /// Members' and linked directories, and archives of the project.
  var local: [String] = []
  /// `packages/api/node_modules/next`: every place of a package.
  var places: Set<String> = []

  init(_ bytes: [UInt8], path: String) throws {
    let json = try JSONParser.parse(
      bytes.isEmpty ? Array("{}".utf8) : bytes, name: path,
      limits: .init(bytes: NodeLockCheck.limit, lastKeyWins: true))
    guard json.object != nil else {
      throw Failure(
        "bad_lock", "a lock of npm is an object, and this is of the kind \(json.kind)",
        at: SourceLocation(path: path, line: 1, column: 1), exit: .badInput)
    }
    let packages = json["packages"]?.object ?? [:]
    isOld = packages.isEmpty
    names = Set((json["dependencies"]?.object ?? [:]).keys)
    var scripted: Set<String> = []
    for (place, package) in packages {
      let cut = place.lastRange(of: "node_modules/")
      if cut == nil {
        var asked: [String: Set<String>] = [:]
        for group in ["dependencies", "devDependencies", "optionalDependencies"] {
          for (name, range) in package[group]?.object ?? [:] { asked[name, default: []].insert(range.string ?? "") }
        }
        requirements[place] = asked
        if !place.isEmpty { local.append(place) }
      } else {
        places.insert(place)
      }
      if let resolved = package["resolved"]?.string, resolved.hasPrefix("file:") {
        local.append(String(resolved.dropFirst(5)))
      }
      if package["hasInstallScript"]?.bool == true, package["dev"]?.bool != true, let cut {
        scripted.insert(String(place[cut.upperBound...]))
      }
    }
    self.scripted = scripted.sorted()
    local = Set(local).sorted()
  }
}

extension String {
  fileprivate func lastRange(of text: String) -> Range<String.Index>? { ranges(of: text).last }
}

/// pnpm-lock.yaml, as far as it says what it was made for: `importers`, or `specifiers` at the top of version 5.
struct PNPMLock {
  /// By importer (`.` is the root), the ranges by name.
  private(set) var specifiers: [String: [String: String]] = [:]
  private(set) var hasOverrides = false

  /// pnpm writes two spaces a level and one key a line; the document is too large for a tree.
  init(_ text: String) {
    var section = ""
    var importer = "."
    var name = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      let depth = line.prefix { $0 == " " }.count / 2
      let rest = line.drop { $0 == " " }
      guard let (key, value) = Self.pair(rest) else { continue }
      if depth == 0 {
        section = key
        importer = "."
        if key == "overrides" { hasOverrides = true }
        if key == "importers" || key == "specifiers" { specifiers["."] = specifiers["."] ?? [:] }
        // What comes after the importers is of no interest and long.
        if key == "packages" || key == "snapshots" { return }
      } else if section == "specifiers", depth == 1 {
        specifiers[".", default: [:]][key] = value
      } else if ["dependencies", "devDependencies", "optionalDependencies"].contains(section) {
        if depth == 1 { name = key }
        if depth == 2, key == "specifier" { specifiers[".", default: [:]][name] = value }
      } else if section == "importers" {
        switch depth {
        case 1: importer = key
        case 3 where !value.isEmpty: specifiers[importer, default: [:]][key] = value
        case 3: name = key
        case 4 where key == "specifier": specifiers[importer, default: [:]][name] = value
        default: break
        }
      }
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
    }
    return (unquoted(line[..<end.lowerBound]), unquoted(line[end.upperBound...].drop { $0 == " " }))
  }

  private static func unquoted(_ text: Substring) -> String {
    guard let first = text.first, first == "'" || first == "\"", text.count > 1, text.last == first else {
      return String(text)
    }
    return String(text.dropFirst().dropLast())
  }
}

/// yarn.lock: of versions 1 and later the keys, `name@range`.
struct YarnLock {
  private(set) var keys: Set<String> = []
  private(set) var hasResolutions = false

  init(_ text: String) {
    for line in text.split(separator: "\n") where line.hasSuffix(":") && !line.hasPrefix(" ") && !line.hasPrefix("#") {
      for key in line.dropLast().split(separator: ",") {
        keys.insert(String(key.filter { $0 != "\"" && $0 != " " }))
        // A range with spaces is written in one key.
        keys.insert(String(key.drop { $0 == " " }.filter { $0 != "\"" }))
      }
      if line.contains("@patch:") { hasResolutions = true }
    }
  }
}
