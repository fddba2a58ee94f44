internal import PackCore

/// Packages of languages, by what their installers left beside them.
enum LanguagePackages {
  /// Python distributions: `NAME-VERSION.dist-info` with `METADATA` and `RECORD` (PEP 376, 427, 627). A path of `RECORD`
  /// begins at the directory that holds the `.dist-info`, and may climb out of it (`../../../bin/tool`).
  static func python(_ texts: [RootPath: [UInt8]]) -> [PackageDatabases.Package] {
    texts.compactMap { path, text in
      guard path.name == "METADATA", let information = path.parent, let site = information.parent else { return nil }
      guard let owner = owner(ofMetadata: text) else { return nil }
      let record = information.appending(component: "RECORD".utf8).flatMap { texts[$0] } ?? []
      let listed = record.split(separator: UInt8(ascii: "\n")).compactMap { place(ofRecord: $0, in: site) }
      return PackageDatabases.Package(owner: owner, paths: listed)
    }
  }

  /// Directories that belong to a distribution whole: its `.dist-info`, or the `.egg-info` of an older installer.
  static func pythonDirectories(_ texts: [RootPath: [UInt8]]) -> [RootPath: FileOwner] {
    texts.reduce(into: [:]) { directories, file in
      guard file.key.name == "METADATA" || file.key.name == "PKG-INFO", let directory = file.key.parent else { return }
      directories[directory] = owner(ofMetadata: file.value)
    }
  }

  /// `Name` and `Version` out of the header (core metadata specification).
  private static func owner(ofMetadata text: [UInt8]) -> FileOwner? {
    var fields: [String: String] = [:]
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.isEmpty || line.elementsEqual("\r".utf8) { break }
      for field in ["Name", "Version"] where fields[field] == nil && line.starts(with: "\(field):".utf8) {
        fields[field] = trimmed(line.dropFirst(field.utf8.count + 1))
      }
    }
    guard let name = fields["Name"], !name.isEmpty else { return nil }
    return FileOwner(kind: .python, name: name, version: fields["Version"] ?? "")
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    var slice = bytes.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    while let last = slice.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\r") { slice.removeLast() }
    return String(decoding: slice, as: UTF8.self)
  }

  /// The first column of a line (RFC 4180: quoted where it holds a comma or a quote).
  private static func place(ofRecord line: ArraySlice<UInt8>, in site: RootPath) -> RootPath? {
    let quote = UInt8(ascii: "\"")
    var name: [UInt8] = []
    if line.first == quote {
      var rest = line.dropFirst()
      while let byte = rest.popFirst() {
        if byte == quote {
          guard rest.first == quote else { break }
          rest.removeFirst()
        }
        name.append(byte)
      }
    } else {
      name = Array(line.prefix { $0 != UInt8(ascii: ",") })
    }
    if name.first == UInt8(ascii: "/") { return RootPath(bytes: name) }
    var place: RootPath? = site
    for part in name.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
      place = part.elementsEqual("..".utf8) ? place?.parent : place?.appending(component: part)
    }
    return place
  }

  /// `…/node_modules/NAME` or `…/node_modules/@SCOPE/NAME`: the package whose file this is.
  static func nodePackage(of path: RootPath) -> RootPath? {
    let components = path.components
    guard let last = components.lastIndex(where: { $0.elementsEqual("node_modules".utf8) }),
      components.count > last + 2
    else { return nil }
    let scoped = components[last + 1].first == UInt8(ascii: "@")
    let end = last + (scoped ? 3 : 2)
    // `.bin`, `.package-lock.json`: of the installer, not of a package.
    guard components.count > end, components[last + 1].first != UInt8(ascii: ".") else { return nil }
    return RootPath(bytes: components[..<end].joined(separator: [UInt8(ascii: "/")]))
  }

  static func node(package directory: RootPath, _ texts: [RootPath: [UInt8]]) -> FileOwner? {
    guard let file = directory.appending(component: "package.json".utf8), let bytes = texts[file] else { return nil }
    return manifest(bytes).flatMap(owner(ofManifest:))
  }

  private static func manifest(_ bytes: [UInt8]) -> JSONValue? {
    try? JSONParser.parse(bytes, limits: JSONParser.Limits(bytes: 1 << 20, depth: 64))
  }

  private static func owner(ofManifest json: JSONValue) -> FileOwner? {
    guard let name = json["name"]?.string, !name.isEmpty else { return nil }
    return FileOwner(kind: .node, name: name, version: json["version"]?.string ?? "")
  }

  /// What packages say of their licence; the first by path where a package is there twice.
  static func licenses(_ texts: [RootPath: [UInt8]]) -> [FileOwner: String] {
    texts.sorted { $0.key < $1.key }.reduce(into: [:]) { licenses, file in
      switch file.key.name {
      case "METADATA", "PKG-INFO":
        guard let owner = owner(ofMetadata: file.value), licenses[owner] == nil else { return }
        licenses[owner] = PackageLicenses.python(file.value)
      case "package.json":
        guard let json = manifest(file.value), let owner = owner(ofManifest: json), licenses[owner] == nil else {
          return
        }
        licenses[owner] = PackageLicenses.node(json)
      default: return
      }
    }
  }

  /// `spring-core-6.1.2.jar` → spring-core, 6.1.2: the version begins at the first `-` with a digit behind it.
  static func jar(_ path: RootPath) -> FileOwner? {
    let name = path.name
    guard name.hasSuffix(".jar"), name.utf8.count > 4 else { return nil }
    let stem = Array(name.dropLast(4).utf8)
    for (position, byte) in stem.enumerated() where byte == UInt8(ascii: "-") && position > 0 {
      guard position + 1 < stem.count, (0x30...0x39).contains(stem[position + 1]) else { continue }
      return FileOwner(
        kind: .java, name: String(decoding: stem[..<position], as: UTF8.self),
        version: String(decoding: stem[(position + 1)...], as: UTF8.self))
    }
    return FileOwner(kind: .java, name: String(decoding: stem, as: UTF8.self))
  }
}
