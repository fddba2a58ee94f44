internal import CHost
internal import Glibc

/// Landlock (landlock(7)) and seccomp(2): where namespaces are refused, the kernel holds a command to the files and the
/// network that it was given. It sees the host's real paths, and is no process apart.
public struct Landlock: Sendable {
  /// What one command may reach.
  public struct Rules: Sendable {
    fileprivate enum Access: Hashable, Sendable { case list, read, device, write }
    fileprivate var paths: [(path: HostPath, access: Access)] = []
    /// Sockets of IP. Those of the host's file system are closed in any case.
    fileprivate let network: Bool

    /// Confines the calling thread, for good.
    func apply() throws {
      let names = paths.map { path, _ in path.withCString { strdup($0) } }
      defer { for name in names { free(name) } }
      let rules = zip(names, paths).map { chost_rule(path: $0, access: $1.access.number) }
      guard chost_confine(rules, rules.count, network ? 1 : 0) == 0 else {
        throw Failure.system("confine a command (landlock_restrict_self, seccomp)", errno: errno)
      }
    }
  }

  private let view: HostView

  /// Nil where the kernel has none, or not all that a step asks of it. Starts one process, as a step is started.
  public static func find(_ context: HostContext) -> Landlock? {
    guard chost_landlock_version() >= Int32(chost_landlock_least) else { return nil }
    let found = Landlock(view: HostView(home: context.variable("HOME").map { HostPath($0) }))
    var probe = Command(["/bin/true"], standardOutput: .discard, standardError: .discard, timeout: 10)
    probe.confinement = try? found.rules(readable: [], writable: [], network: false, searchPath: [])
    guard probe.confinement != nil, let result = try? ProcessRunner().run(probe), result.succeeded else { return nil }
    return found
  }

  /// Of the host the system and its tools, as in bubblewrap; besides them these.
  public func rules(
    readable: [HostPath], writable: [HostPath], network: Bool, searchPath: [HostPath], tools: [HostPath] = []
  ) throws -> Rules {
    var rules = Rules(network: network)
    for path in try view.systemDirectories() + view.elsewhere(searchPath: searchPath, readable: tools, network: network)
    {
      rules.paths.append((path, .read))
    }
    for (path, isWhole) in try view.readable(of: "/etc") { rules.paths.append((path, isWhole ? .read : .list)) }
    for path in readable + ["/proc"] { rules.paths.append((path, .read)) }
    for name in ["null", "zero", "full", "random", "urandom"] { rules.paths.append(("/dev" / HostPath(name), .device)) }
    // Semaphores of POSIX have no other place.
    for path in writable + ["/dev/shm"] { rules.paths.append((path, .write)) }
    return rules
  }
}

extension Landlock.Rules.Access {
  fileprivate var number: chost_access {
    switch self {
    case .list: chost_access_list
    case .read: chost_access_read
    case .device: chost_access_device
    case .write: chost_access_write
    }
  }
}
