internal import Glibc

/// What of the host a command in the sandbox sees, all of it read-only: the system's own directories, and the trees of
/// tools to which PATH, a plan or the person leads. Homes, /var, /srv, other disks and whatever else lies at the top are
/// not there, nor is what of /etc is not for everybody to read.
struct HostView: Sendable {
  /// Shown whole, besides /lib, /lib64 and the like. /nix and /gnu are the stores of two package managers.
  private static let system: Set<String> = ["usr", "bin", "sbin", "etc", "opt", "nix", "gnu"]
  private static let libraries: Set<String> = ["lib", "lib32", "lib64", "libx32"]
  /// What Debian's compilers and interpreters keep below /var.
  private static let state: [HostPath] = ["/var/lib/gems", "/var/lib/ghc", "/var/lib/ocaml", "/var/lib/texmf"]
  /// Directories in which every link leads to what is shown anyway.
  private static let plain: Set<HostPath> = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]

  /// Nobody's tools are a reason to show all of it.
  private let home: HostPath?
  /// Arguments of bwrap(1) that cover what /etc holds for few.
  private let covers: [String]
  /// What each PATH leads to: found once, since packs and steps are started by the dozen.
  private let found = Locked<[[HostPath]: [HostPath]]>([:])

  init(home: HostPath?) {
    self.home = home
    // Anybody but root is kept out by the files' modes.
    covers = geteuid() == 0 ? Self.covers(of: "/etc") : []
  }

  // MARK: Arguments

  /// Of bwrap(1): the system's directories (links, as of the usr-merge, as links). `own` are places that the caller fills.
  func system(without own: Set<HostPath>) throws -> [String] {
    var out: [String] = []
    for name in try DirectoryWalk.names(in: "/") {
      let path = "/" / HostPath(bytes: name)
      guard let text = path.utf8, Self.isSystem(path), !own.contains(path), let status = try FileSystem.status(path)
      else { continue }
      switch status.kind {
      case .link: out += ["--symlink", String(decoding: try FileSystem.linkTarget(path), as: UTF8.self), text]
      case .directory: out += ["--ro-bind-try", text, text]
      case .file, .other: break
      }
    }
    out += Self.state.filter(FileSystem.isDirectory).flatMap { ["--ro-bind-try", $0.description, $0.description] }
    return own.contains("/etc") ? out : out + covers
  }

  /// The system's directories but for /etc.
  func systemDirectories() throws -> [HostPath] {
    try DirectoryWalk.names(in: "/").map { "/" / HostPath(bytes: $0) }.filter {
      try Self.isSystem($0) && $0 != "/etc" && FileSystem.status($0)?.kind == .directory
    } + Self.state.filter(FileSystem.isDirectory)
  }

  /// Paths below a directory of the system that together hold what is for everybody to read; of one that is not whole,
  /// the names alone.
  func readable(of directory: HostPath) throws -> [(path: HostPath, isWhole: Bool)] {
    let covered = covers.compactMap { $0.hasPrefix("/") && $0 != "/dev/null" ? HostPath($0) : nil }
    func parts(of path: HostPath) throws -> [(path: HostPath, isWhole: Bool)] {
      if covered.contains(path) { return [] }
      guard covered.contains(where: { $0.relative(to: path) != nil }) else { return [(path, true)] }
      return try [(path, false)] + DirectoryWalk.names(in: path).flatMap { try parts(of: path / HostPath(bytes: $0)) }
    }
    return try parts(of: directory)
  }

  /// What lies elsewhere. `readable` are tools, files and directories that somebody named.
  func elsewhere(searchPath: [HostPath], readable: [HostPath], network: Bool) -> [HostPath] {
    var paths = found.withLock { found in
      if let known = found[searchPath] { return known }
      let paths = shown(tools(in: searchPath))
      found[searchPath] = paths
      return paths
    }
    for path in readable {
      guard let real = FileSystem.resolve(path) else { continue }
      for place in [path, real] { paths += FileSystem.isDirectory(place) ? [place] : trees(with: place) }
    }
    // systemd-resolved's lies below /run.
    if network, let resolver = FileSystem.resolve("/etc/resolv.conf") { paths.append(resolver) }
    return shown(paths)
  }

  private func tools(in searchPath: [HostPath]) -> [HostPath] {
    var paths: [HostPath] = []
    for directory in Set(searchPath) {
      paths += trees(of: directory)
      guard !Self.plain.contains(directory) else { continue }
      for name in (try? DirectoryWalk.names(in: directory)) ?? [] {
        let program = directory / HostPath(bytes: name)
        guard (try? FileSystem.status(program))??.kind == .link, let real = FileSystem.resolve(program) else {
          continue
        }
        paths += trees(of: real.parent)
      }
    }
    return paths
  }

  /// Hidden ones that are narrow enough, each once, none inside another.
  private func shown(_ paths: [HostPath]) -> [HostPath] {
    var out: [HostPath] = []
    for path in Set(paths.map(\.lexicallyNormalized)).sorted(by: { ($0.byteCount, $0) < ($1.byteCount, $1) }) {
      guard path.utf8 != nil, isNarrow(path), !Self.isSystem(path), !Self.isMade(path),
        !out.contains(where: { path.relative(to: $0) != nil })
      else { continue }
      out.append(path)
    }
    return out
  }

  // MARK: Trees

  /// A directory of programs with what those bring along: `X` for `X/bin`.
  private func trees(of directory: HostPath) -> [HostPath] {
    let parent = directory.parent
    guard ["bin", "sbin", "shims", "libexec"].contains(directory.name) else { return [directory] }
    if [".cargo", "cargo"].contains(parent.name) {
      // Beside them lie the credentials of registries; the programs are rustup's, and lead to its toolchains.
      return [directory, parent.parent / ".rustup", parent.parent / "rustup"]
    }
    return isNarrow(parent) && parent.name != ".local" ? [parent] : [directory, parent / "lib"]
  }

  private func trees(with file: HostPath) -> [HostPath] {
    ["bin", "sbin", "shims", "libexec"].contains(file.parent.name) ? trees(of: file.parent) : [file]
  }

  /// False for whole homes, for what holds them, and for what lies at the top.
  private func isNarrow(_ path: HostPath) -> Bool {
    if path.parent == "/" || path == "/" || path.parent == "/home" { return false }
    return home.map { $0.relative(to: path) == nil } ?? true
  }

  private static func top(_ path: HostPath) -> String {
    String(decoding: path.bytes.dropFirst().prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
  }
  private static func isSystem(_ path: HostPath) -> Bool {
    let top = top(path)
    return system.contains(top) || libraries.contains(top)
  }
  /// The sandbox has its own.
  private static func isMade(_ path: HostPath) -> Bool { ["packc", "proc", "dev", "sys"].contains(top(path)) }

  // MARK: Secrets

  /// Keys of ssh and TLS, password hashes, credentials of package managers: whatever others may not read.
  private static func covers(of root: HostPath) -> [String] {
    var out: [String] = []
    try? DirectoryWalk.walk(root) { entry in
      guard let path = (root / entry.path).utf8 else { return .take }
      switch entry.status.kind {
      case .file where entry.status.mode & 0o004 == 0 && entry.status.size > 0: out += ["--ro-bind", "/dev/null", path]
      case .directory where entry.status.mode & 0o005 != 0o005:
        out += ["--tmpfs", path]
        return .skip
      default: break
      }
      return .take
    }
    return out
  }
}
