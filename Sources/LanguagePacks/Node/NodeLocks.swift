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
  /// What is installed from elsewhere, in the order of the places.
  private(set) var packages: [(package: LockedPackage, isDevelopment: Bool)] = []

  init(_ bytes: [UInt8], path: String) throws {
    let json = try JSONParser.parse(
      bytes.isEmpty ? Array("{}".utf8) : bytes, name: path,
      limits: .init(bytes: NodeLockCheck.limit, lastKeyWins: true))
    let found = json["packages"]?.object ?? [:]
    isOld = found.isEmpty
    names = Set((json["dependencies"]?.object ?? [:]).keys)
    if isOld { addOld(json["dependencies"], depth: 0) } else { add(found) }
    var scripted: Set<String> = []
    for (place, package) in found {
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

  private mutating func add(_ found: [String: JSONValue]) {
    for (place, package) in found.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard let cut = place.lastRange(of: "node_modules/"), package["link"]?.bool != true,
        package["extraneous"]?.bool != true
      else { continue }
      // A name of its own stands for an alias.
      let name = package["name"]?.string ?? String(place[cut.upperBound...])
      add(package, name: name, version: package["version"]?.string ?? "", resolved: package["resolved"]?.string)
    }
  }

  /// Version 1 nests packages as they are installed.
  private mutating func addOld(_ dependencies: JSONValue?, depth: Int) {
    let found = dependencies?.object ?? [:]
    for (name, package) in found.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let version = package["version"]?.string ?? ""
      let alias = version.hasPrefix("npm:") ? String(version.dropFirst(4)) : nil
      if let alias {
        let real = YarnLock.name(of: alias)
        add(
          package, name: real, version: String(alias.dropFirst(real.count + 1)), resolved: package["resolved"]?.string)
      } else {
        // What comes from elsewhere has its address in the place of the version.
        let isElsewhere = version.contains(":")
        add(package, name: name, version: version, resolved: isElsewhere ? version : package["resolved"]?.string)
      }
      if depth < 64 { addOld(package["dependencies"], depth: depth + 1) }
    }
  }

  private mutating func add(_ package: JSONValue, name: String, version: String, resolved: String?) {
    func list(_ key: String) -> [String] {
      package[key]?.array?.compactMap(\.string) ?? package[key]?.string.map { [$0] } ?? []
    }
    let locked = LockedPackage(
      name: name, version: version, resolved: resolved, integrity: package["integrity"]?.string, os: list("os"),
      cpu: list("cpu"), libc: list("libc"))
    packages.append((locked, package["dev"]?.bool == true))
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

  init(_ text: String) {
    var section = ""
    var importer = "."
    var name = ""
    for line in PNPMLine.lines(text) {
      let (depth, key, value) = (line.depth, line.key, line.value)
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
}
