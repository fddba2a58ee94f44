internal import Config
internal import PackCore
internal import Packs

/// The packages of a project: its own, and the members of its workspace.
struct NodeProject {
  let files: ProjectFiles
  let root: NodeManifest?
  /// Sorted by directory.
  let members: [NodeManifest]
  /// The file that says which the members are.
  let workspaceFile: String?

  private static let memberLimit = 256
  private static let directoryLimit = 20_000

  init(_ files: ProjectFiles) throws {
    self.files = files
    root = try NodeManifest(in: "", files)
    var patterns = root?.workspaces ?? []
    var file = patterns.isEmpty ? nil : root?.path
    if let text = try files.text("pnpm-workspace.yaml") {
      let found = try YAMLText.json(Array(text.utf8), path: "pnpm-workspace.yaml")?["packages"]?.array ?? []
      if !found.isEmpty { (patterns, file) = (found.compactMap(\.string), "pnpm-workspace.yaml") }
    }
    if patterns.isEmpty, let text = try files.text("lerna.json") {
      let lerna = try JSONParser.parse(Array(text.utf8), name: "lerna.json", limits: .init(lastKeyWins: true))
      patterns = (lerna["packages"]?.array ?? []).compactMap(\.string)
      if !patterns.isEmpty { file = "lerna.json" }
    }
    workspaceFile = file
    members = try Self.directories(patterns, files).compactMap { try NodeManifest(in: $0, files) }
  }

  var isWorkspace: Bool { workspaceFile != nil }

  /// A member by its name or its directory.
  func member(_ text: String) -> NodeManifest? {
    let path = Self.clean(text)
    return members.first { $0.directory == path || $0.name == text }
      ?? members.first { $0.directory.hasSuffix("/\(path)") || $0.name?.hasSuffix("/\(text)") ?? false }
  }

  /// `./packages/api/` → `packages/api`.
  static func clean(_ text: String) -> String {
    var text = Substring(text)
    while text.hasPrefix("./") { text = text.dropFirst(2) }
    while text.hasSuffix("/") { text = text.dropLast() }
    return text == "." ? "" : String(text)
  }

  /// The directories that the patterns name: `packages/*`, `apps/**`, `!**/test`. Bounded: a workspace with more is told
  /// apart by `--app`.
  private static func directories(_ patterns: [String], _ files: ProjectFiles) -> [String] {
    let wanted = patterns.filter { !$0.hasPrefix("!") }.map(clean)
    let unwanted = patterns.filter { $0.hasPrefix("!") }.map { Glob(clean(String($0.dropFirst()))) }
    var found: Set<String> = []
    var looked = 0
    func visit(_ directory: String, _ parts: ArraySlice<Substring>) {
      guard looked < directoryLimit, found.count < memberLimit else { return }
      guard let part = parts.first else {
        if !directory.isEmpty, files.isFile("\(directory)/package.json") { found.insert(directory) }
        return
      }
      func below(_ name: some StringProtocol) -> String { directory.isEmpty ? String(name) : "\(directory)/\(name)" }
      let rest = parts.dropFirst()
      if part == "**" {
        visit(directory, rest)
        // What lies in a package is its source.
        guard directory.split(separator: "/").count < 5, !found.contains(directory) else { return }
      } else if !part.contains(where: { "*?[{".contains($0) }) {
        return visit(below(part), rest)
      }
      let glob = Glob(String(part))
      for name in files.names(directory) where name != "node_modules" && !name.hasPrefix(".") {
        looked += 1
        guard part == "**" || glob.matches(Array(name.utf8)), files.isDirectory(below(name)) else { continue }
        visit(below(name), part == "**" ? parts : rest)
      }
    }
    for pattern in wanted where RootPath(pattern) != nil {
      let parts = pattern.split(separator: "/")
      visit("", parts[...])
    }
    return found.filter { path in !unwanted.contains { $0.matches(Array(path.utf8)) } }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// What git does not keep, and so the build does not see, although it lies in the directory: output of a build on this
/// host, installed packages. Reads the plain lines of the root's ignore files.
struct NodeIgnored {
  private let rules: [(name: String, anchored: Bool)]

  init(_ files: ProjectFiles) {
    var rules: [(name: String, anchored: Bool)] = []
    for file in [".gitignore", ".packcignore"] {
      for line in ((try? files.text(file)) ?? "").split(whereSeparator: \.isNewline).prefix(2000) {
        let trimmed = line.filter { $0 != " " && $0 != "\t" && $0 != "\r" }
        guard let first = trimmed.first, first != "#" else { continue }
        let negated = first == "!"
        var text = Substring(negated ? String(trimmed.dropFirst()) : trimmed)
        if text.hasPrefix("**/") { text = text.dropFirst(3) }
        if text.hasSuffix("/*") { text = text.dropLast(2) }
        while text.hasSuffix("/") { text = text.dropLast() }
        let anchored = text.contains("/")
        let name = String(text.drop { $0 == "/" })
        rules.removeAll { $0.name == name }
        if !negated, !name.isEmpty { rules.append((name, anchored)) }
      }
    }
    self.rules = rules
  }

  /// Whether the path or a directory above it is ignored.
  func contains(_ path: String) -> Bool {
    var above = ""
    for part in path.split(separator: "/") {
      above = above.isEmpty ? String(part) : "\(above)/\(part)"
      if rules.contains(where: { $0.anchored ? $0.name == above : $0.name == part }) { return true }
    }
    return false
  }
}
