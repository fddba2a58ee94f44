internal import PackCore

/// Databases of the systems' package managers: which package has which paths. What cannot be read in them is passed over:
/// they come from anybody, and a file without an owner is shown as such.
enum PackageDatabases {
  struct Package {
    var owner: FileOwner
    /// As the database names them; not what lies in an image.
    var paths: [RootPath]
  }

  /// dpkg's `status`, with the lists of `info/` (dpkg-query(1), deb-control(5)); and the database of distroless images,
  /// one stanza in `status.d/NAME` with `status.d/NAME.md5sums` beside it.
  static func debian(_ texts: [RootPath: [UInt8]]) -> [Package] {
    let lists = lists(of: texts)
    var packages: [Package] = []
    for (path, text) in texts {
      if path == RootPath(literal: "var/lib/dpkg/status") {
        for stanza in stanzas(text) {
          guard let owner = owner(of: stanza, kind: .debian) else { continue }
          let names = [owner.name, "\(owner.name):\(stanza["Architecture"] ?? "")"]
          packages.append(Package(owner: owner, paths: names.flatMap { lists[$0] ?? [] }))
        }
      } else if path.parent == RootPath(literal: "var/lib/dpkg/status.d"), !path.name.hasSuffix(".md5sums") {
        guard let stanza = stanzas(text).first, let owner = owner(of: stanza, kind: .debian) else { continue }
        packages.append(Package(owner: owner, paths: [path] + (lists["status.d/\(path.name)"] ?? [])))
      }
    }
    return packages
  }

  /// Paths by the name of the list.
  private static func lists(of texts: [RootPath: [UInt8]]) -> [String: [RootPath]] {
    var lists: [String: [RootPath]] = [:]
    for (path, text) in texts {
      if path.parent == RootPath(literal: "var/lib/dpkg/info"), path.name.hasSuffix(".list") {
        lists[String(path.name.dropLast(5))] = [path] + lines(text).compactMap { RootPath(bytes: $0) }
      } else if path.parent == RootPath(literal: "var/lib/dpkg/status.d"), path.name.hasSuffix(".md5sums") {
        // 32 digits, two spaces, a path without a slash in front.
        lists["status.d/\(path.name.dropLast(8))"] =
          [path] + lines(text).compactMap { $0.count > 34 ? RootPath(bytes: $0.dropFirst(34)) : nil }
      }
    }
    return lists
  }

  /// apk's `installed` (apk-package(5)): `P:` name, `V:` version, `F:` directory, `R:` file in it, an empty line between
  /// packages.
  static func alpine(_ texts: [RootPath: [UInt8]]) -> [Package] {
    var packages: [Package] = []
    for (path, text) in texts where path.name == "installed" && path.parent?.name == "db" {
      var package = Package(owner: FileOwner(kind: .alpine, name: ""), paths: [])
      var directory = RootPath.root
      for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) + [[]] {
        guard line.count > 2, line[line.startIndex + 1] == UInt8(ascii: ":") else {
          if line.isEmpty {
            if !package.owner.name.isEmpty { packages.append(package) }
            package = Package(owner: FileOwner(kind: .alpine, name: ""), paths: [])
            directory = .root
          }
          continue
        }
        let value = line.dropFirst(2)
        switch line.first {
        case UInt8(ascii: "P"): package.owner.name = String(decoding: value, as: UTF8.self)
        case UInt8(ascii: "V"): package.owner.version = String(decoding: value, as: UTF8.self)
        case UInt8(ascii: "F"): directory = RootPath(bytes: value) ?? .root
        case UInt8(ascii: "R"): if let file = directory.appending(component: value) { package.paths.append(file) }
        default: break
        }
      }
    }
    return packages
  }

  private static func owner(of stanza: [String: String], kind: FileOwner.Kind) -> FileOwner? {
    guard let name = stanza["Package"], !name.isEmpty else { return nil }
    // `deinstall ok config-files` has left only its configuration.
    return FileOwner(kind: kind, name: name, version: stanza["Version"] ?? "")
  }

  /// Paragraphs of `Field: value`; of a field that goes on in further lines the first.
  static func stanzas(_ text: [UInt8]) -> [[String: String]] {
    var stanzas: [[String: String]] = [[:]]
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.isEmpty {
        if stanzas.last?.isEmpty == false { stanzas.append([:]) }
        continue
      }
      guard wanted.contains(where: { line.starts(with: $0) }), let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        continue
      }
      let value = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
      stanzas[stanzas.count - 1][String(decoding: line[..<colon], as: UTF8.self)] = String(
        decoding: value, as: UTF8.self)
    }
    return stanzas.filter { !$0.isEmpty }
  }
  private static let wanted = ["Package:", "Version:", "Architecture:"].map { Array($0.utf8) }

  private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] { text.split(separator: UInt8(ascii: "\n")) }
}
