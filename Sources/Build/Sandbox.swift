internal import PackCore

/// How a step's command is started: in a mount namespace made by bubblewrap, where the project, the outputs and the
/// caches lie at fixed paths and the host's files are read-only; or, on a host without it, at their real paths.
///
///     /packc/source  /packc/work  /packc/cache  /packc/pack  /packc/home
struct Sandbox {
  /// What the variables of a plan stand for.
  struct Places {
    var source: HostPath
    var work: HostPath
    var cache: HostPath
    var pack: HostPath
    /// Where the pack's helpers are; nil when it names none.
    var libexec: HostPath?
    var home: HostPath
    var temporary: HostPath

    /// Replaces `${source}`, `${work}`, `${cache}` and `${pack}`.
    func expand(_ text: String) -> String {
      guard text.contains("${") else { return text }
      var out = text
      for (name, path) in [("source", source), ("work", work), ("cache", cache), ("pack", pack)] {
        out = Self.replace(out, "${\(name)}", path.description)
      }
      return out
    }

    private static func replace(_ text: String, _ mark: String, _ value: String) -> String {
      var rest = Array(text.utf8)[...]
      let mark = Array(mark.utf8)
      var out: [UInt8] = []
      while let byte = rest.first {
        if rest.starts(with: mark) {
          out += Array(value.utf8)
          rest = rest.dropFirst(mark.count)
        } else {
          out.append(byte)
          rest = rest.dropFirst()
        }
      }
      return String(decoding: out, as: UTF8.self)
    }
  }

  /// Inside the namespace, the same on every machine.
  static let inside = Places(
    source: "/packc/source", work: "/packc/work", cache: "/packc/cache", pack: "/packc/pack",
    libexec: "/packc/libexec", home: "/packc/home", temporary: "/tmp")

  let bubblewrap: HostPath?
  let host: Places
  /// PATH of the steps. What of it lies below /tmp is shown through the private /tmp.
  let searchPath: [HostPath]
  var places: Places { bubblewrap == nil ? host : Self.inside }

  /// Uses bubblewrap when it is there and works (namespaces may be forbidden to an ordinary user).
  static func find(_ context: HostContext) -> HostPath? {
    guard let tool = context.findTool("bwrap") else { return nil }
    let probe = Command(
      [tool.description, "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--", "/bin/true"],
      standardOutput: .discard, standardError: .discard, timeout: 10)
    guard let result = try? ProcessRunner().run(probe), result.succeeded else { return nil }
    return tool
  }

  /// The argv that runs `argv` (already expanded) with that working directory.
  func wrap(
    _ argv: [String], directory: HostPath, network: Bool, mounts: [RootPath: String] = [:]
  ) throws -> [String] {
    guard let bubblewrap else { return argv }
    var out = [
      bubblewrap.description, "--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-pid", "--unshare-ipc",
      "--unshare-uts", "--hostname", "packc", "--die-with-parent", "--new-session",
    ]
    if !network { out.append("--unshare-net") }
    out += try Self.hostMounts(without: Set(mounts.keys.map(\.description)))
    out += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/dev/shm", "--dir", "/packc"]
    for directory in searchPath where directory.relative(to: "/tmp") != nil {
      let tree = directory.name == "bin" ? directory.parent : directory
      out += ["--ro-bind-try", tree.description, tree.description]
    }
    out += [
      "--bind", host.source.description, "/packc/source", "--bind", host.work.description, "/packc/work",
      "--bind", host.cache.description, "/packc/cache", "--ro-bind", host.pack.description, "/packc/pack",
      "--bind", host.home.description, "/packc/home",
    ]
    if let libexec = host.libexec { out += ["--ro-bind", libexec.description, "/packc/libexec"] }
    for (place, shown) in mounts.sorted(by: { $0.key < $1.key }) {
      out += ["--bind", host.expand(shown), place.absolute]
    }
    return out + ["--chdir", directory.description, "--"] + argv
  }

  /// The host's top-level directories, read-only; links (usr-merge) as links.
  private static func hostMounts(without mounts: Set<String>) throws -> [String] {
    let own = mounts.union(["proc", "dev", "tmp", "packc", "lost+found"])
    return try DirectoryWalk.names(in: "/").flatMap { name -> [String] in
      let path = "/" / HostPath(bytes: name)
      guard let text = path.utf8, !own.contains(path.name), let status = try FileSystem.status(path) else { return [] }
      switch status.kind {
      case .link: return ["--symlink", String(decoding: try FileSystem.linkTarget(path), as: UTF8.self), text]
      case .directory: return ["--ro-bind-try", text, text]
      case .file, .other: return []
      }
    }
  }
}
