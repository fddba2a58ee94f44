internal import PackCore

/// The packages of a project: the one at its root, or the members of its workspace (The Cargo Book, "Workspaces").
struct CargoProject {
  struct Member {
    /// Relative to the project; empty for its root.
    let directory: String
    let manifest: CargoManifest
    let package: CargoManifest.Package
  }
  /// Cargo.toml at the project's root.
  let root: CargoManifest
  /// In the order of their directories.
  private(set) var members: [Member] = []
  /// Directories that `default-members` names, or nil.
  private(set) var defaults: Set<String>?
  let files: ProjectFiles

  private enum Limits {
    static let members = 1000
    static let directories = 20_000
    static let depth = 8
  }

  /// nil without a Cargo.toml.
  init?(_ files: ProjectFiles) throws {
    self.files = files
    guard let root = try Self.manifest("Cargo.toml", files) else { return nil }
    self.root = root
    var found: [String: CargoManifest] = ["": root]
    if let workspace = root.workspace { try addMembers(of: workspace, to: &found) }
    try addPathDependencies(to: &found)
    members = found.compactMap { directory, manifest in
      manifest.package.map { Member(directory: directory, manifest: manifest, package: $0) }
    }.sorted { $0.directory.utf8.lexicographicallyPrecedes($1.directory.utf8) }
    if root.package == nil, root.workspace == nil {
      throw Failure(
        "bad_manifest", "Cargo.toml has neither a [package] nor a [workspace]",
        hint: "`cargo init` writes one; a package needs at least a name",
        at: SourceLocation(path: "Cargo.toml", line: 1),
        exit: .badInput)
    }
  }

  private static func manifest(_ path: String, _ files: ProjectFiles) throws -> CargoManifest? {
    guard let relative = RootPath(path), files.isFile(path) else { return nil }
    return try CargoManifest(FileSystem.read(files.root / relative, limit: ProjectFiles.limit), path: path)
  }

  var rootMember: Member? { members.first { $0.directory.isEmpty } }
  func member(_ directory: String) -> Member? { members.first { $0.directory == directory } }

  // MARK: Members

  private mutating func addMembers(
    of workspace: CargoManifest.Workspace, to found: inout [String: CargoManifest]
  ) throws {
    let excluded = workspace.exclude.compactMap { Self.normalized($0, from: "") }
    var budget = Limits.directories
    for pattern in workspace.members {
      let isLiteral = !pattern.contains { "*?[".contains($0) }
      for directory in expand(pattern, &budget) where found[directory] == nil {
        if excluded.contains(where: { directory == $0 || directory.hasPrefix($0 + "/") }), !isLiteral { continue }
        guard found.count < Limits.members else { return }
        guard let manifest = try Self.manifest(Self.join(directory, "Cargo.toml"), files) else {
          // A glob also finds directories that are no packages; a name does not.
          if isLiteral { throw missing(pattern, workspace) }
          continue
        }
        found[directory] = manifest
      }
    }
    defaults = workspace.defaultMembers.map { patterns in Set(patterns.flatMap { expand($0, &budget) }) }
  }

  private func missing(_ member: String, _ workspace: CargoManifest.Workspace) -> Failure {
    let isThere = Self.normalized(member, from: "").map(files.isDirectory) ?? false
    return Failure(
      "no_such_member",
      "the workspace names the member \"\(member)\", "
        + (isThere ? "which has no Cargo.toml" : "and there is no such directory in the project"),
      hint: Self.normalized(member, from: "") == nil
        ? "give packc the directory that holds all of the workspace"
        : isSubmodule(member)
          ? "it is a submodule of git: `git submodule update --init --recursive` brings its files"
          : "correct `members`, or add the directory",
      at: workspace.place.location("Cargo.toml"), exit: .badInput)
  }

  /// A clone without its submodules has an empty directory in the place of each.
  private func isSubmodule(_ member: String) -> Bool {
    guard let member = Self.normalized(member, from: ""), let text = (try? files.text(".gitmodules")) ?? nil else {
      return false
    }
    return text.split(whereSeparator: \.isNewline).contains { line in
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
      return parts.count == 2 && parts[0] == "path" && (member == parts[1] || member.hasPrefix(parts[1] + "/"))
    }
  }

  /// Directories of the project that a pattern of `members` names.
  private func expand(_ pattern: String, _ budget: inout Int) -> [String] {
    guard let path = Self.normalized(pattern, from: "") else { return [] }
    var found = [""]
    for (depth, part) in path.split(separator: "/").enumerated() where depth < Limits.depth {
      if part == "**" {
        found = found.flatMap { descend($0, Limits.depth, &budget) }
      } else if part.contains(where: { "*?[".contains($0) }) {
        let glob = Glob(String(part))
        found = found.flatMap { directory in
          directories(in: directory, &budget).filter { glob.matches(Array($0.utf8)) }.map { Self.join(directory, $0) }
        }
      } else {
        found = found.map { Self.join($0, String(part)) }
      }
    }
    return found
  }

  private func directories(in directory: String, _ budget: inout Int) -> [String] {
    guard budget > 0 else { return [] }
    let names = files.names(directory).filter { !$0.hasPrefix(".") && $0 != "target" && $0 != "node_modules" }
    budget -= names.count
    return names.filter { files.isDirectory(Self.join(directory, $0)) }
  }

  private func descend(_ directory: String, _ depth: Int, _ budget: inout Int) -> [String] {
    guard depth > 0 else { return [directory] }
    return [directory]
      + directories(in: directory, &budget).flatMap { descend(Self.join(directory, $0), depth - 1, &budget) }
  }

  /// Packages that lie in the workspace's directory and that a member needs by their path are members too.
  private func addPathDependencies(to found: inout [String: CargoManifest]) throws {
    var waiting = found.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    while let directory = waiting.popLast(), let manifest = found[directory] {
      for dependency in manifest.dependencies {
        guard let path = self.path(of: dependency, in: directory), found[path] == nil, found.count < Limits.members,
          let other = try Self.manifest(Self.join(path, "Cargo.toml"), files)
        else { continue }
        found[path] = other
        waiting.append(path)
      }
    }
  }

  /// Where a dependency lies in the project; nil when it comes from elsewhere or lies outside.
  func path(of dependency: CargoManifest.Dependency, in directory: String) -> String? {
    if let path = dependency.path { return Self.normalized(path, from: directory) }
    guard dependency.isWorkspace,
      let shared = root.workspace?.dependencies.first(where: { $0.key == dependency.key }), let path = shared.path
    else { return nil }
    return Self.normalized(path, from: "")
  }

  /// What a dependency says, with what it takes from the workspace.
  func resolved(_ dependency: CargoManifest.Dependency) -> CargoManifest.Dependency {
    guard dependency.isWorkspace,
      let shared = root.workspace?.dependencies.first(where: { $0.key == dependency.key })
    else { return dependency }
    var whole = dependency
    whole.package = shared.package
    whole.requirement = shared.requirement
    whole.isGit = shared.isGit
    whole.path = shared.path
    whole.features += shared.features
    return whole
  }

  /// The member and every package of the project that it needs, in the order of their directories.
  func closure(of member: Member) -> [Member] {
    var seen: Set<String> = [member.directory]
    var waiting = [member]
    while let next = waiting.popLast() {
      for dependency in next.manifest.dependencies where dependency.kind != .development {
        guard let path = path(of: dependency, in: next.directory), seen.insert(path).inserted,
          let other = self.member(path)
        else { continue }
        waiting.append(other)
      }
    }
    return members.filter { seen.contains($0.directory) }
  }

  // MARK: Paths

  static func join(_ directory: String, _ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }

  /// `./a/../b` seen from a directory of the project → `b`; nil when it leaves the project.
  static func normalized(_ path: String, from directory: String) -> String? {
    guard !path.hasPrefix("/") else { return nil }
    var parts = directory.split(separator: "/")
    for part in path.split(separator: "/") where part != "." {
      if part == ".." {
        guard parts.popLast() != nil else { return nil }
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }
}
