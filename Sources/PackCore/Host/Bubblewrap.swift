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
  private let view: HostView

  /// The tool in PATH, when it is there and does all that a step asks of it: namespaces may be forbidden to an ordinary
  /// user, or in a container. Starts one process, as a step is started.
  public static func find(_ context: HostContext) -> Bubblewrap? {
    guard let tool = context.findTool("bwrap") else { return nil }
    let found = Bubblewrap(tool: tool, view: HostView(home: context.variable("HOME").map { HostPath($0) }))
    guard let argv = try? found.wrap(["/bin/true"], directory: "/", network: false, mounts: [], searchPath: []) else {
      return nil
    }
    let probe = Command(argv, standardOutput: .discard, standardError: .discard, timeout: 10)
    guard let result = try? ProcessRunner().run(probe), result.succeeded else { return nil }
    return found
  }

  /// The argv that runs `argv` with that working directory. `mounts` are made in order, also in the place of a top-level
  /// directory of the host; a relative source is seen from the working directory of bubblewrap itself, so that its path
  /// may hold any byte. What of `searchPath` (PATH) and `readable` lies outside of the system's directories is shown.
  public func wrap(
    _ argv: [String], directory: HostPath, network: Bool, mounts: [Mount], searchPath: [HostPath],
    readable: [HostPath] = [], user: User = .own, identity: Identity = Identity()
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
    out += try view.system(without: Set(mounts.map { $0.target }))
    out += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/dev/shm", "--dir", "/packc"]
    out += view.elsewhere(searchPath: searchPath, readable: readable, network: network)
      .flatMap { ["--ro-bind-try", $0.description, $0.description] }
    for mount in mounts {
      out += [mount.isWritable ? "--bind" : "--ro-bind", mount.source.description, mount.target.description]
    }
    return out + ["--chdir", directory.description, "--"] + argv
  }
}

extension HostContext {
  /// What else of the host is shown in the sandbox: the absolute paths of PACKC_VISIBLE, and those that the variables
  /// `names` hold (a directory of packages, a certificate), also as `file://…`.
  public func visible(_ names: [String] = []) -> [HostPath] {
    let texts = (variable("PACKC_VISIBLE") ?? "").split(separator: ":").map(String.init) + names.compactMap(variable)
    return texts.map { $0.hasPrefix("file:///") ? String($0.dropFirst("file://".count)) : $0 }
      .filter { $0.hasPrefix("/") }.map { HostPath($0) }
  }
}
