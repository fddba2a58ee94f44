internal import PackCore

/// A Cargo.toml (The Cargo Book, "The Manifest Format"), as far as a build needs it. What is of the wrong type is an
/// error with its place.
struct CargoManifest {
  /// A value of the package's own, or of `[workspace.package]`.
  enum Inherited<Value> {
    case own(Value, TOMLPlace)
    case workspace(TOMLPlace)
  }

  struct Package {
    var name: String
    var version: Inherited<String>?
    var edition: Inherited<String>?
    var rustVersion: Inherited<String>?
    var defaultRun: String?
    var autobins: Bool
    /// `package.workspace`: where the root is said to be.
    var workspace: (path: String, place: TOMLPlace)?
    var repository: String?
    /// The first key that is taken from a workspace.
    var inherits: (key: String, place: TOMLPlace)?
  }

  struct Workspace {
    var members: [String]
    var exclude: [String]
    var defaultMembers: [String]?
    var place: TOMLPlace
    var version: String?
    var rustVersion: (value: String, place: TOMLPlace)?
    var repository: String?
    /// `[workspace.dependencies]`
    var dependencies: [Dependency]
  }

  struct Binary {
    var name: String
    var path: String?
    var requiredFeatures: [String]
    var place: TOMLPlace
  }

  struct Dependency {
    enum Kind { case normal, build, development }
    /// The name in the manifest.
    var key: String
    /// The name of the package.
    var package: String
    var requirement: String?
    var path: String?
    var isGit: Bool
    var isWorkspace: Bool
    var isOptional: Bool
    var kind: Kind
    /// Of a table `[target.….dependencies]`.
    var target: String?
    var features: [String]
    var place: TOMLPlace
  }

  /// Relative to the project: `crates/api/Cargo.toml`.
  let path: String
  private(set) var package: Package?
  private(set) var workspace: Workspace?
  private(set) var binaries: [Binary] = []
  /// `[lib] crate-type`; nil without the key.
  private(set) var libraryTypes: [String]?
  private(set) var libraryPath: String?
  /// `package.build`: a path, or false for none.
  private(set) var buildScript: String?
  private(set) var hasNoBuildScript = false
  /// Main files of declared tests, benchmarks and examples, relative to the package.
  private(set) var otherTargets: [String] = []
  private(set) var dependencies: [Dependency] = []
  private(set) var features: Set<String> = []
  /// `[patch]` or `[replace]` puts a directory in the place of a package.
  private(set) var replacesPackages = false

  /// The directory that holds it; empty for the project's root.
  var directory: String { path.split(separator: "/").dropLast().joined(separator: "/") }

  init(_ text: [UInt8], path: String) throws {
    self.path = path
    let root = TOMLReader(try TOML.parse(text, path: path), path: path)
    // `[project]` is the old name of `[package]`.
    package = try (root.optional("package") ?? root.optional("project")).map(Self.package)
    workspace = try root.optional("workspace").map(Self.workspace)
    binaries = try root.optional("bin")?.array().map(Self.binary) ?? []
    for (table, directory) in [("test", "tests"), ("bench", "benches"), ("example", "examples")] {
      otherTargets +=
        try root.optional(table)?.array().map { target in
          try target.optional("path")?.string() ?? "\(directory)/\(target.required("name").string()).rs"
        } ?? []
    }
    let patches = try root.optional("patch")?.fields().flatMap { try $0.field.fields() } ?? []
    replacesPackages = try (patches + (root.optional("replace")?.fields() ?? [])).contains {
      $0.field.value["path"] != nil
    }
    let script = try (root.optional("package") ?? root.optional("project"))?.optional("build")
    buildScript = script?.value.string
    hasNoBuildScript = script?.value.bool == false
    features = Set(try root.optional("features")?.fields().map(\.name) ?? [])
    if let library = try root.optional("lib") {
      libraryPath = try library.optional("path")?.string()
      libraryTypes = try (library.optional("crate-type") ?? library.optional("crate_type"))?.strings()
    }
    dependencies = try Self.dependencies(of: root, target: nil)
    for (name, table) in try root.optional("target")?.fields() ?? [] {
      dependencies += try Self.dependencies(of: table, target: name)
    }
  }

  // MARK: Tables

  private static func package(_ reader: TOMLReader) throws -> Package {
    let name = try reader.required("name")
    let text = try name.string()
    let isName = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_"
    }
    guard !text.isEmpty, isName else {
      throw name.failure("\"\(text)\" is no name of a package", hint: "letters, digits, - and _ are allowed")
    }
    var package = Package(
      name: text, version: try inherited(reader.optional("version")),
      edition: try inherited(reader.optional("edition")), rustVersion: try inherited(reader.optional("rust-version")),
      defaultRun: try reader.optional("default-run")?.string(),
      autobins: try reader.optional("autobins")?.bool() ?? true,
      workspace: try reader.optional("workspace").map { (try $0.string(), $0.value.place) },
      repository: try reader.optional("repository").flatMap { $0.value.string })
    for (key, field) in try reader.fields() where field.value["workspace"]?.bool == true {
      package.inherits = ("package.\(key)", field.value.place)
      break
    }
    return package
  }

  private static func inherited(_ reader: TOMLReader?) throws -> Inherited<String>? {
    guard let reader else { return nil }
    if reader.value.table != nil {
      guard try reader.required("workspace").bool() else {
        throw reader.failure("`workspace = false` says nothing", hint: "write the value itself, or leave the key out")
      }
      return .workspace(reader.value.place)
    }
    return .own(try reader.string(), reader.value.place)
  }

  private static func workspace(_ reader: TOMLReader) throws -> Workspace {
    let package = try reader.optional("package")
    let version = try package?.optional("rust-version")
    return Workspace(
      members: try reader.optional("members")?.strings() ?? [],
      exclude: try reader.optional("exclude")?.strings() ?? [],
      defaultMembers: try reader.optional("default-members")?.strings(), place: reader.value.place,
      version: try package?.optional("version")?.string(),
      rustVersion: try version.map { (try $0.string(), $0.value.place) },
      repository: try package?.optional("repository")?.string(),
      dependencies: try dependencyTable(reader.optional("dependencies"), .normal, target: nil))
  }

  private static func binary(_ reader: TOMLReader) throws -> Binary {
    Binary(
      name: try reader.required("name").string(), path: try reader.optional("path")?.string(),
      requiredFeatures: try reader.optional("required-features")?.strings() ?? [], place: reader.value.place)
  }

  // MARK: Dependencies

  private static func dependencies(of reader: TOMLReader, target: String?) throws -> [Dependency] {
    let tables: [(String, Dependency.Kind)] = [
      ("dependencies", .normal), ("build-dependencies", .build), ("build_dependencies", .build),
      ("dev-dependencies", .development), ("dev_dependencies", .development),
    ]
    return try tables.flatMap { name, kind in try dependencyTable(reader.optional(name), kind, target: target) }
  }

  private static func dependencyTable(_ reader: TOMLReader?, _ kind: Dependency.Kind, target: String?) throws
    -> [Dependency]
  {
    try (reader?.fields() ?? []).map { key, field in
      var found = Dependency(
        key: key, package: key, requirement: nil, path: nil, isGit: false, isWorkspace: false, isOptional: false,
        kind: kind, target: target, features: [], place: field.value.place)
      if let text = field.value.string {
        found.requirement = text
        return found
      }
      found.package = try field.optional("package")?.string() ?? key
      found.requirement = try field.optional("version")?.string()
      found.path = try field.optional("path")?.string()
      found.isGit = try field.optional("git") != nil
      found.isWorkspace = try field.optional("workspace")?.bool() ?? false
      found.isOptional = try field.optional("optional")?.bool() ?? false
      found.features = try field.optional("features")?.strings() ?? []
      return found
    }
  }

  /// Whether a package is named that way among what the program itself needs.
  func needs(_ package: String) -> Bool { dependencies.contains { $0.package == package && $0.kind == .normal } }

  /// The first key that a workspace root must answer for.
  var inheritance: (key: String, place: TOMLPlace)? {
    package?.inherits
      ?? dependencies.first { $0.isWorkspace }.map { ("dependencies.\($0.key)", $0.place) }
  }
}
