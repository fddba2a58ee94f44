public import PackCore

/// What an image is made of: each component once, and which files of the image are its own. Every regular file belongs to a
/// component; a file that no package owns is a component by itself.
public struct BillOfMaterials: Sendable {
  public struct Component: Hashable, Sendable {
    public enum Kind: String, Sendable { case application, library, file, platform }
    public var kind: Kind
    public var name: String
    public var version: String
    /// Nil for what no list of packages knows.
    public var purl: String?
    /// By CycloneDX's names of the algorithms.
    public var hashes: [String: String]
    /// What the package says of it.
    public var license: LicenseText?
    /// Absolute paths in the image, sorted.
    public var files: [String]

    /// Names the component within a document.
    var reference: String { purl ?? "\(kind.rawValue):\(name)@\(version)" }
  }

  /// A regular file of the image.
  public struct File: Sendable {
    public var path: RootPath
    public var owner: FileOwner?
    /// Wanted of files without an owner.
    public var digest: Digest?
    public init(path: RootPath, owner: FileOwner?, digest: Digest? = nil) {
      self.path = path
      self.owner = owner
      self.digest = digest
    }
  }

  /// What the image is called; a name that comes from a directory is not among the reasons for other bytes.
  public let name: String
  public let version: String
  /// Of the root filesystem.
  public let subject: Digest
  /// `1970-01-01T00:00:00Z` (RFC 3339).
  let timestamp: String
  public let toolVersion: String
  /// Sorted by reference.
  public let components: [Component]

  /// - Parameters:
  ///   - epoch: seconds since 1970.
  ///   - files: every regular file with its owner.
  ///   - licenses: what packages say of theirs.
  ///   - known: what the pack says that the program is made of, with or without files of its own.
  public init(
    name: String, version: String, subject: Digest, epoch: Int64, toolVersion: String,
    files: [File], licenses: [FileOwner: String] = [:], known: [SoftwareComponent] = []
  ) {
    var found: [String: Component] = [:]
    for file in files {
      let new = file.owner.map { Component($0) } ?? Component(file)
      found[new.reference, default: new].files.append(file.path.absolute)
    }
    for package in known {
      let new = Component(
        kind: .library, name: package.name, version: package.version, purl: package.purl, hashes: [:], files: [])
      found[new.reference, default: new].hashes.merge(package.hashes) { $1 }
    }
    // Names of two owners can mean one package: the first by name counts, always the same.
    for (owner, license) in licenses.sorted(by: { $1.key < $0.key }) {
      found[Component(owner).reference]?.license = LicenseText(license)
    }
    self.name = name
    self.version = version
    self.subject = subject
    timestamp = Self.timestamp(epoch)
    self.toolVersion = toolVersion
    components = found.values.map { component in
      var component = component
      component.files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      return component
    }.sorted { $0.reference.utf8.lexicographicallyPrecedes($1.reference.utf8) }
  }

  /// Those of the paths that no component lists, sorted.
  public func missing(of paths: [RootPath]) -> [RootPath] {
    let known = Set(components.flatMap(\.files))
    return paths.filter { !known.contains($0.absolute) }.sorted()
  }

  init(name: String, version: String, subject: Digest, timestamp: String, toolVersion: String, components: [Component])
  {
    self.name = name
    self.version = version
    self.subject = subject
    self.timestamp = timestamp
    self.toolVersion = toolVersion
    self.components = components
  }

  /// By the proleptic Gregorian calendar.
  private static func timestamp(_ epoch: Int64) -> String {
    let (days, seconds) = (epoch / 86400, epoch % 86400)
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(padded(seconds / 3600)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
    return "\(CalendarDate(daysSince1970: days))T\(time)Z"
  }
}

extension BillOfMaterials.Component {
  init(_ owner: FileOwner) {
    self.init(
      kind: [.project, .packc].contains(owner.kind) ? .application : owner.kind == .toolchain ? .platform : .library,
      name: owner.name, version: owner.version, purl: owner.purl, hashes: [:], files: [])
  }

  init(_ file: BillOfMaterials.File) {
    self.init(
      kind: .file, name: file.path.absolute, version: "", purl: nil,
      hashes: file.digest.map { ["SHA-256": $0.hex] } ?? [:], files: [])
  }
}

extension FileOwner {
  /// The package URL; nil where the name alone is none: a jar's file name says nothing of its group.
  public var purl: String? {
    let (type, path): (String, String)
    switch kind {
    case .debian: (type, path) = ("deb", "debian/\(Self.encoded(name))")
    case .alpine: (type, path) = ("apk", "alpine/\(Self.encoded(name))")
    case .python:
      (type, path) = ("pypi", name.lowercased().split { "-_.".contains($0) }.joined(separator: "-"))
    case .node:
      (type, path) = ("npm", name.split(separator: "/").map { Self.encoded(String($0)) }.joined(separator: "/"))
    case .go:
      (type, path) = (
        "golang", name.lowercased().split(separator: "/").map { Self.encoded(String($0)) }.joined(separator: "/")
      )
    case .toolchain, .project, .packc: (type, path) = ("generic", Self.encoded(name))
    case .java:
      // Only Maven's own words say which group a jar is of.
      let parts = name.split(separator: ":").map { Self.encoded(String($0)) }
      guard parts.count == 2 else { return nil }
      (type, path) = ("maven", parts.joined(separator: "/"))
    }
    return "pkg:\(type)/\(path)" + (version.isEmpty ? "" : "@\(Self.encoded(version))")
  }

  private static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.map { byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || ".-_~:".utf8.contains(byte)
      return isPlain
        ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }.joined()
  }
}
