/// The package that a file of an image belongs to.
public struct FileOwner: Hashable, Sendable, Comparable {
  /// Who says so, and what the name means.
  public enum Kind: String, Sendable, CaseIterable {
    /// A Debian package, by dpkg's database.
    case debian
    /// An Alpine package, by apk's database.
    case alpine
    /// A Python distribution, by its `RECORD`.
    case python
    /// A package of npm and its like, by the `package.json` above the file.
    case node
    /// A jar: `GROUP:ARTIFACT` by what Maven left in it, else by its file name.
    case java
    /// A Go module, by the build information of the program.
    case go
    /// A tool of the host that built the image, which no package there owns: an interpreter's own tree.
    case toolchain
    /// The project itself.
    case project
    /// packc's own files: /etc/passwd and its like.
    case packc
  }

  public var kind: Kind
  public var name: String
  /// Empty where nobody says one.
  public var version: String

  public init(kind: Kind, name: String, version: String = "") {
    self.kind = kind
    self.name = name
    self.version = version
  }

  public init(_ reader: JSONReader) throws {
    let kind = try reader.required("kind")
    guard let known = Kind(rawValue: try kind.string()) else { throw kind.failure("no kind of owner") }
    self.init(
      kind: known, name: try reader.required("name").string(),
      version: try reader.optional("version")?.string() ?? "")
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "kind": .string(kind.rawValue), "name": .string(name), "version": version.isEmpty ? nil : .string(version),
    ])
  }

  /// By kind, name and version, as bytes.
  public static func < (a: FileOwner, b: FileOwner) -> Bool {
    if a.kind != b.kind { return a.kind.rawValue < b.kind.rawValue }
    if a.name != b.name { return a.name.utf8.lexicographicallyPrecedes(b.name.utf8) }
    return a.version.utf8.lexicographicallyPrecedes(b.version.utf8)
  }
}
