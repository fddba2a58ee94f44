internal import PackCore

/// Files of the project that a program opens when it runs: string literals that name them, and what its frameworks read
/// by convention. What is compiled in is left out.
struct RustData {
  struct Found: Equatable {
    /// Relative to the project.
    var path: String
    var source: String
    /// It is named relative to the package, not to the workspace.
    var isOfPackage: Bool
  }
  private let sources: RustSources
  private let project: CargoProject
  private let binary: CargoBinary
  private var files: ProjectFiles { project.files }

  /// Some literal is put behind `CARGO_MANIFEST_DIR`, so the package's directory at the build is one at run time.
  private(set) var manifestDirectory: String?
  private(set) var found: [Found] = []

  init(_ binary: CargoBinary, _ paths: [String], _ sources: RustSources, _ project: CargoProject) {
    self.binary = binary
    self.sources = sources
    self.project = project
    var named: [String: Found] = [:]
    for path in paths where !RustSources.isTest(path) {
      guard let text = sources.text(path) else { continue }
      for literal in text.literals { take(literal, text, path, &named) }
    }
    addConventions(&named)
    found = named.values.filter { one in !named.keys.contains { $0 != one.path && one.path.hasPrefix($0 + "/") } }
      .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  // MARK: Literals

  /// Macros that read at compile time, and calls that only print.
  private static let compiledIn: Set<String> = [
    "include_str!", "include_bytes!", "include!", "include_dir!", "embed_migrations!", "embed!", "migrate!",
    "query_file!", "query_file_as!", "include_proto!", "println!", "eprintln!", "print!", "info!", "debug!", "warn!",
    "error!", "trace!", "panic!", "assert!", "assert_eq!", "static_loader!", "load_dir!", "expect", "html!", "json!",
  ]

  private static let opening: Set<String> = [
    "Path", "PathBuf", "add_directory", "dir", "directory", "fallback_service", "file", "files", "from", "from_dir",
    "from_file", "from_path", "fs", "glob", "join", "load", "nest_service", "new", "open", "open_async", "path",
    "path_loader", "push", "read", "read_dir", "read_to_string", "register_templates_directory", "relative!", "serve",
    "serve_dir", "set_directory", "set_path", "static_dir", "static_files", "try_new", "unwrap_or", "unwrap_or_else",
    "with_name",
  ]

  private mutating func take(
    _ literal: RustSourceText.Literal, _ text: RustSourceText, _ path: String, _ named: inout [String: Found]
  ) {
    guard !literal.isNumber, literal.attribute == nil, !literal.calls.contains(where: Self.compiledIn.contains),
      !literal.calls.contains(where: { $0.hasPrefix("embed") || $0.hasPrefix("include") })
    else { return }
    let place = "\(path):\(literal.line)"
    if literal.value == "CARGO_MANIFEST_DIR", literal.calls.last == "env!" {
      manifestDirectory = manifestDirectory ?? place
      return
    }
    let words = text.statements[literal.statement] ?? []
    let isBehind = words.contains("cargo_manifest_dir")
    guard let relative = Self.relative(literal.value, isBehindDirectory: isBehind) else { return }
    // A word alone may be anything, unless something is called with it that opens files.
    let isWord = !literal.value.contains { $0 == "/" || $0 == "." }
    if isWord, !isBehind, !(literal.calls.last.map(Self.opening.contains) ?? false) { return }
    // Relative to the package, where `cargo run` is started in it, or to the workspace.
    for base in binary.directory.isEmpty ? [""] : [binary.directory, ""] {
      let targets = targets(relative, base: base)
      guard !targets.isEmpty else { continue }
      for target in targets where named[target] == nil {
        named[target] = Found(path: target, source: place, isOfPackage: base == binary.directory)
      }
      return
    }
  }

  /// `./static/`, `templates/**/*`, `{}/templates` → the part before the first pattern; nil when it is no path to look for.
  private static func relative(_ literal: String, isBehindDirectory: Bool) -> String? {
    var text = literal[...]
    if isBehindDirectory {
      if text.hasPrefix("{}/") { text = text.dropFirst(3) }
      if text.hasPrefix("/") { text = text.dropFirst() }
    }
    guard (2...200).contains(text.utf8.count), !text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
      !text.contains("://")
    else { return nil }
    var parts: [Substring] = []
    for part in text.split(separator: "/") where part != "." {
      if part == ".." { return nil }
      if part.contains(where: { "*?[%{".contains($0) }) { break }
      parts.append(part)
    }
    guard let first = parts.first, !first.hasPrefix("."), !notData.contains(String(first)), let last = parts.last,
      !notData.contains(String(last))
    else { return nil }
    return parts.joined(separator: "/")
  }

  private static let notData: Set<String> = [
    "src", "tests", "test", "benches", "examples", "target", "vendor", "fuzz", "crates", "scripts", "docs", "doc",
    "tools", "node_modules", "Cargo.toml",
    "Cargo.lock", "build.rs", "Makefile", "Dockerfile", "README.md", "LICENSE", "unik.yaml", "packc.lock",
    "rustfmt.toml",
    "clippy.toml", "rust-toolchain", "rust-toolchain.toml",
  ]

  /// The file or directory itself, or files of that name with an ending (`config/default` → config/default.toml).
  private func targets(_ relative: String, base: String) -> [String] {
    let path = CargoProject.join(base, relative)
    switch files.kind(path) {
    case .file: return path.hasSuffix(".rs") ? [] : [path]
    case .directory: return isCode(path) ? [] : [path]
    default:
      guard relative.contains("/") else { return [] }
      let directory = RustSources.directory(of: path)
      let stem = path.split(separator: "/").last.map { "\($0)." } ?? ""
      let endings: Set<String> = ["toml", "yaml", "yml", "json", "json5", "ron", "ini"]
      return files.names(directory).filter { $0.hasPrefix(stem) && endings.contains(String($0.dropFirst(stem.count))) }
        .map { CargoProject.join(directory, $0) }
    }
  }

  /// A directory of packages or of source.
  private func isCode(_ path: String) -> Bool {
    let names = files.names(path)
    return names.isEmpty || names.contains { $0.hasSuffix(".rs") || $0 == "Cargo.toml" || $0 == "mod.rs" }
  }

  // MARK: Conventions

  /// What a framework opens without being told.
  private static let conventions: [(package: String, path: String)] = [
    ("rocket", "Rocket.toml"), ("rocket_dyn_templates", "templates"), ("rocket_contrib", "templates"),
    ("loco-rs", "config"), ("loco-rs", "assets"),
  ]

  private func addConventions(_ named: inout [String: Found]) {
    guard let member = project.member(binary.directory) else { return }
    for (package, name) in Self.conventions where member.manifest.needs(package) {
      let path = CargoProject.join(binary.directory, name)
      guard named[path] == nil, files.kind(path) != nil else { continue }
      named[path] = Found(path: path, source: "\(member.manifest.path) (\(package) reads it)", isOfPackage: true)
    }
  }
}
