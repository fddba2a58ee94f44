/// bubblewrap (bwrap(1)): starts a command in namespaces of its own, where the host's files are read-only, /tmp is empty,
/// and only what the caller names can be written. Steps of a build and packs run so.
public struct Bubblewrap: Sendable {
  /// A directory of the host and where the command sees it.
  public struct Mount: Sendable {
    let source: HostPath
    let target: HostPath
    let isWritable: Bool

    public static func readOnly(_ source: HostPath, at target: HostPath) -> Mount {
      Mount(source: source, target: target, isWritable: false)
    }
    public static func writable(_ source: HostPath, at target: HostPath) -> Mount {
      Mount(source: source, target: target, isWritable: true)
    }
  }

  public enum User: Sendable {
    /// Whoever runs packc, under a number that is the same everywhere.
    case own
    /// Root without root's power but to read what belongs to others, which a name space of users takes from it.
    case reader
  }

  /// Who and where a command believes to be.
  public struct Identity: Hashable, Sendable {
    /// User and group, the same number.
    public var number = 1000
    public var hostname = "packc"
    public init() {}
  }

  public let tool: HostPath

  /// The tool in PATH, when it is there and works: namespaces may be forbidden to an ordinary user. Starts one process.
  public static func find(_ context: HostContext) -> Bubblewrap? {
    guard let tool = context.findTool("bwrap") else { return nil }
    let probe = Command(
      [tool.description, "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--", "/bin/true"],
      standardOutput: .discard, standardError: .discard, timeout: 10)
    guard let result = try? ProcessRunner().run(probe), result.succeeded else { return nil }
    return Bubblewrap(tool: tool)
  }

  /// The argv that runs `argv` with that working directory. `mounts` are made in order, also in the place of a top-level
  /// directory of the host; a relative source is seen from the working directory of bubblewrap itself, so that its path
  /// may hold any byte. `searchPath`: what of PATH lies
  /// below /tmp is shown through the private /tmp.
  public func wrap(
    _ argv: [String], directory: HostPath, network: Bool, mounts: [Mount], searchPath: [HostPath], user: User = .own,
    identity: Identity = Identity()
  ) throws -> [String] {
    var out = [tool.description]
    switch user {
    case .own: out += ["--unshare-user", "--uid", "\(identity.number)", "--gid", "\(identity.number)"]
    case .reader: out += ["--cap-drop", "ALL", "--cap-add", "CAP_DAC_READ_SEARCH"]
    }
    out += [
      "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", identity.hostname, "--die-with-parent",
      "--new-session",
    ]
    if !network { out.append("--unshare-net") }
    out += try Self.hostMounts(without: Set(mounts.map { $0.target }))
    out += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/dev/shm", "--dir", "/packc"]
    for directory in searchPath where directory.relative(to: "/tmp") != nil {
      let tree = directory.name == "bin" ? directory.parent : directory
      out += ["--ro-bind-try", tree.description, tree.description]
    }
    for mount in mounts {
      out += [mount.isWritable ? "--bind" : "--ro-bind", mount.source.description, mount.target.description]
    }
    return out + ["--chdir", directory.description, "--"] + argv
  }

  /// The host's top-level directories, read-only; links (usr-merge) as links.
  private static func hostMounts(without mounted: Set<HostPath>) throws -> [String] {
    let own = mounted.union(["/proc", "/dev", "/tmp", "/packc", "/lost+found"])
    return try DirectoryWalk.names(in: "/").flatMap { name -> [String] in
      let path = "/" / HostPath(bytes: name)
      guard let text = path.utf8, !own.contains(path), let status = try FileSystem.status(path) else { return [] }
      switch status.kind {
      case .link: return ["--symlink", String(decoding: try FileSystem.linkTarget(path), as: UTF8.self), text]
      case .directory: return ["--ro-bind-try", text, text]
      case .file, .other: return []
      }
    }
  }
}

/// Whether commands are isolated on this host: asked once, at the first command, for packs and steps alike.
public final class Isolation: Sendable {
  private enum State {
    case unknown(HostContext, Reporter)
    case known(Bubblewrap?)
  }
  private let state: Locked<State>

  /// Warns `reporter` once when there is no bubblewrap, and not before somebody asks.
  public init(context: HostContext, reporter: Reporter) { state = Locked(.unknown(context, reporter)) }

  private init(_ known: Bubblewrap?) { state = Locked(.known(known)) }

  /// Everything sees the host as it is.
  public static let none = Isolation(nil)

  public var bubblewrap: Bubblewrap? {
    state.withLock { state in
      switch state {
      case .known(let known): return known
      case .unknown(let context, let reporter):
        let found = Bubblewrap.find(context)
        state = .known(found)
        if found == nil {
          reporter.warn(
            "bubblewrap does not work here: packs and steps see the host's real paths and network, and outputs may "
              + "hold those paths",
            hint: "apt-get install bubblewrap, and allow user namespaces")
        }
        return found
      }
    }
  }
}
