internal import PackCore
internal import Packs

/// Where the packages of a program come from: the project itself, or its lock.
struct NodePackages {
  enum Manager: String {
    case npm, pnpm, yarn
    /// Yarn 2 and later.
    case berry

    var tool: String { self == .berry ? "yarn" : rawValue }
    /// The command that writes the lock.
    var mend: String {
      switch self {
      case .npm: "npm install --package-lock-only"
      case .pnpm: "pnpm install --lockfile-only"
      case .yarn: "yarn install"
      case .berry: "yarn install --mode=update-lockfile"
      }
    }
  }
  enum Source {
    /// There are none.
    case none
    /// node_modules is part of the project.
    case committed
    /// `lock` is nil only in a debug build.
    case fetched(Manager, lock: String?)
  }

  let project: NodeProject
  let program: NodeProgram
  /// Where the lock and node_modules are; empty for the project's root.
  let directory: String
  let source: Source
  private var files: ProjectFiles { project.files }

  static let locks: [(name: String, manager: Manager)] = [
    ("npm-shrinkwrap.json", .npm), ("package-lock.json", .npm), ("pnpm-lock.yaml", .pnpm), ("yarn.lock", .yarn),
  ]

  init(_ project: NodeProject, _ program: NodeProgram, mode: BuildMode, _ notes: PackNotes) throws {
    self.project = project
    self.program = program
    let files = project.files
    func place(_ directory: String, _ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }
    func holdsLock(_ directory: String) -> Bool {
      (Self.locks.map(\.name) + ["bun.lock", "bun.lockb"]).contains { files.isFile(place(directory, $0)) }
    }
    let isMember = project.members.contains { $0.directory == program.directory }
    let standsAlone =
      !program.directory.isEmpty && program.manifest?.directory == program.directory
      && (!isMember || (holdsLock(program.directory) && !holdsLock("")))
    directory = standsAlone ? program.directory : ""
    let ignored = NodeIgnored(files)
    let modules = place(directory, "node_modules")
    let manifests = Self.manifests(project, program, directory)
    let isEmpty = manifests.allSatisfy { $0.production.isEmpty && $0.devDependencies.isEmpty }
    if files.isDirectory(modules), !ignored.contains(modules) {
      source = .committed
    } else if isEmpty {
      source = .none
    } else {
      source = try Self.locked(directory, manifests, project, mode, notes)
    }
  }

  /// The manifests that the packages are for: the program's and, in a workspace, all of it.
  private static func manifests(_ project: NodeProject, _ program: NodeProgram, _ directory: String) -> [NodeManifest] {
    if !directory.isEmpty { return [program.manifest].compactMap { $0 } }
    return [project.root].compactMap { $0 } + project.members
  }
  var manifests: [NodeManifest] { Self.manifests(project, program, directory) }

  /// The manifests whose packages the program itself uses.
  var own: [NodeManifest] {
    var found = [program.manifest, directory.isEmpty ? project.root : nil].compactMap { $0 }
    // The root may start a file of a member.
    if case .file(let path) = program.launch.kind, let file = NodeModulePath.join(program.directory, path),
      let owner = project.members.first(where: { file.hasPrefix($0.directory + "/") })
    {
      found.append(owner)
    }
    var index = 0
    // Members that it depends on.
    while index < found.count {
      for name in found[index].production.keys.sorted() {
        if let member = project.members.first(where: { $0.name == name }),
          !found.contains(where: { $0.path == member.path })
        {
          found.append(member)
        }
      }
      index += 1
    }
    return found
  }

  var hasProduction: Bool { own.contains { !$0.production.isEmpty } }
  var hasDevelopment: Bool { manifests.contains { !$0.devDependencies.isEmpty } }

  // MARK: Locks

  private static func locked(
    _ directory: String, _ manifests: [NodeManifest], _ project: NodeProject, _ mode: BuildMode, _ notes: PackNotes
  ) throws -> Source {
    let files = project.files
    func place(_ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }
    var found = locks.filter { files.isFile(place($0.name)) }
    // npm takes the shrinkwrap where there are both.
    if found.first?.name == "npm-shrinkwrap.json" { found.removeAll { $0.name == "package-lock.json" } }
    let named = (manifests.first?.text("packageManager") ?? project.root?.text("packageManager")).map {
      String($0.prefix { $0 != "@" })
    }
    if found.count > 1, let named { found = found.filter { $0.manager.tool == named } }
    guard found.count <= 1 else {
      throw PackRefusal(
        .projectError, "lock_ambiguous",
        "there are \(found.map(\.name).joined(separator: " and ")), and nothing says which of them counts",
        hint: "remove those that are out of use, or name the tool in package.json: "
          + "\"packageManager\": \"\(found[0].manager.tool)@VERSION\"", at: SourceLocation(path: place(found[1].name)))
    }
    guard let lock = found.first else {
      return try unlocked(directory, manifests, named, files, mode, notes)
    }
    let path = place(lock.name)
    let isBerry = try lock.manager == .yarn && isBerry(files.text(path) ?? "")
    let manager = isBerry ? .berry : lock.manager
    if let problem = try NodeLockCheck(files, path, manager, directory).problem(manifests, project) {
      guard mode == .debug else {
        throw PackRefusal(
          .projectError, "lock_outdated", "\(path) does not fit \(problem.file): \(problem.text)",
          hint: "run `\(manager.mend)` and commit \(path)", at: problem.location)
      }
      notes.warn("\(path) does not fit \(problem.file): \(problem.text)", hint: "run `\(manager.mend)`")
      return .fetched(manager, lock: nil)
    }
    return .fetched(manager, lock: path)
  }

  private static func isBerry(_ text: String) -> Bool { text.prefix(400).contains("__metadata:") }

  private static func unlocked(
    _ directory: String, _ manifests: [NodeManifest], _ named: String?, _ files: ProjectFiles, _ mode: BuildMode,
    _ notes: PackNotes
  ) throws -> Source {
    let manager = named.flatMap { Manager(rawValue: $0) } ?? .npm
    let manifest = manifests.first { !$0.production.isEmpty || !$0.devDependencies.isEmpty }
    let bun = ["bun.lock", "bun.lockb"].first { files.isFile(directory.isEmpty ? $0 : "\(directory)/\($0)") }
    let lock = locks.last { $0.manager == manager }?.name ?? "package-lock.json"
    let message =
      bun.map { "\($0) is Bun's, which no other tool reads; there is no lock of npm, pnpm or yarn" }
      ?? "\(manifest?.path ?? "package.json") has dependencies, and there is no lock with their hashes"
    guard mode == .debug else {
      let key = manifest?.production.isEmpty ?? true ? "devDependencies" : "dependencies"
      throw PackRefusal(
        .projectError, "lock_missing", message, hint: "run `\(manager.mend)` and commit \(lock)",
        at: manifest?.location(key))
    }
    notes.warn(message, hint: "run `\(manager.mend)` and commit \(lock)")
    return .fetched(manager, lock: nil)
  }
}
