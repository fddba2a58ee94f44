internal import PackCore

/// `.cargo/config.toml` of the project, as far as it decides where packages come from and what is built.
struct CargoConfig {
  struct Value {
    var text: String
    var location: SourceLocation
  }
  /// The file, when there is one.
  private(set) var path: String?
  /// `build.target`
  private(set) var target: Value?
  /// The directory of vendored packages that replaces a registry, relative to the project.
  private(set) var vendor: Value?
  /// `net.offline`, or a replaced source that needs no network.
  private(set) var isLocal = false
  /// `[patch]` or `paths` puts a directory in the place of a package.
  private(set) var replacesPackages = false
  /// Names of registries beside crates.io.
  private(set) var registries: [String] = []

  init(_ files: ProjectFiles) throws {
    guard let path = [".cargo/config.toml", ".cargo/config"].first(where: files.isFile), let place = RootPath(path)
    else {
      return
    }
    self.path = path
    let bytes = try FileSystem.read(files.root / place, limit: ProjectFiles.limit)
    let root = TOMLReader(try TOML.parse(bytes, path: path), path: path)
    if let target = try root.optional("build")?.optional("target") {
      // A list builds for each; the first is taken.
      let one = target.value.array == nil ? target : try target.array().first
      self.target = try one.map { Value(text: try $0.string(), location: $0.location) }
    }
    replacesPackages = try root.optional("patch") != nil || root.optional("paths") != nil
    registries = try root.optional("registries")?.fields().map(\.name) ?? []
    try readSources(root.optional("source")?.fields() ?? [])
  }

  /// Follows `replace-with` from crates.io to what stands in its place.
  private mutating func readSources(_ sources: [(name: String, field: TOMLReader)]) throws {
    var name = "crates-io"
    for _ in 0..<8 {
      guard let next = try sources.first(where: { $0.name == name })?.field.optional("replace-with") else { break }
      name = try next.string()
    }
    guard name != "crates-io", let last = sources.first(where: { $0.name == name })?.field else { return }
    for key in ["directory", "local-registry"] {
      guard let found = try last.optional(key) else { continue }
      isLocal = true
      // Relative to the directory that holds .cargo.
      vendor = Value(text: try found.string(), location: found.location)
    }
  }
}
