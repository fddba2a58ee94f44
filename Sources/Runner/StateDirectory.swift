public import PackCore

/// Where what packc knows of deployments lies: `$XDG_STATE_HOME/packc`, one directory for each.
///
///     ROOT/machines/NAME/   lock  machine.json  state.json  outcomes.json  supervisor.lock  supervisor.pid  supervisor.log
///                           console.log  console.log.1 …  events.jsonl  build.json  build.lock  build.pid  build.log
///                           balance.json  balancer.lock  balancer.pid  balancer.json  balancer.log  haproxy.cfg
///     ROOT/releases/HEX/    kernel  initrd  cmdline  machine.json  [root]     HEX: the SHA-256 of machine.json
///     ROOT/backups/NAME/    before-release-N.tar
///     ROOT/operations.jsonl  ROOT/ports.lock  ROOT/releases.lock
///
/// Who may write what is in docs/deployments.md.
public struct StateDirectory: Hashable, Sendable {
  public let root: HostPath

  public init(root: HostPath) { self.root = root }
  public init(_ context: HostContext) throws { root = try context.stateDirectory() }

  public var machines: HostPath { root / "machines" }
  public var releases: HostPath { root / "releases" }
  /// Of the deployment's volumes, from before its upgrades.
  public func backups(_ name: String) -> HostPath { root / "backups" / name }
  public var operations: HostPath { root / "operations.jsonl" }
  /// Held while ports are looked at and taken.
  public var portsLock: HostPath { root / "ports.lock" }
  /// Held while a release is put in place or unused ones are removed.
  public var releasesLock: HostPath { root / "releases.lock" }

  public func machine(_ name: String) -> MachineDirectory { MachineDirectory(path: machines / name) }
  public func release(_ digest: Digest) -> HostPath { releases / digest.hex }

  /// Makes what is missing; private, since logs and variables are nobody else's.
  public func create() throws {
    try FileSystem.createDirectory(root.parent)
    for directory in [root, machines, releases] { try FileSystem.createDirectory(directory, mode: 0o700) }
  }

  /// A place for what is being restored, gone with the value; what a killed packc left there is removed now.
  public static func workDirectory(in parent: HostPath) throws -> WorkDirectory {
    let prefix = ".restored"
    for name in try DirectoryWalk.names(in: parent) where name.starts(with: prefix.utf8) {
      let left = parent / HostPath(bytes: name)
      _ = try? WorkDirectory.ifLeft(left) { try FileSystem.removeTree(left) }
    }
    return try WorkDirectory(in: parent, prefix: prefix)
  }

  /// Of every directory that is a deployment or half of one, sorted.
  public func names() throws -> [String] {
    guard FileSystem.isDirectory(machines) else { return [] }
    return try DirectoryWalk.names(in: machines).map { String(decoding: $0, as: UTF8.self) }.sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }
}

/// The files of one deployment.
public struct MachineDirectory: Hashable, Sendable {
  public let path: HostPath
  public init(path: HostPath) { self.path = path }

  public var name: String { path.name }
  /// Whoever changes the deployment holds it.
  public var lock: HostPath { path / "lock" }
  /// What is wanted; commands write it, under `lock`.
  public var record: HostPath { path / "machine.json" }
  /// What is; the supervisor writes it, and commands while there is none.
  public var state: HostPath { path / "state.json" }
  /// Which releases became ready; the supervisor writes it.
  public var outcomes: HostPath { path / "outcomes.json" }
  /// Held as long as the supervisor lives.
  public var supervisorLock: HostPath { path / "supervisor.lock" }
  public var supervisorIdentity: HostPath { path / "supervisor.pid" }
  /// What a supervisor says that should say nothing.
  public var supervisorLog: HostPath { path / "supervisor.log" }
  public var console: HostPath { path / "console.log" }
  public var events: HostPath { path / "events.jsonl" }
  /// What is built for it, or was not built; commands and the builder write it, under `lock`. Gone when the release is there.
  public var build: HostPath { path / "build.json" }
  /// Held as long as the builder lives.
  public var buildLock: HostPath { path / "build.lock" }
  public var buildIdentity: HostPath { path / "build.pid" }
  /// What the last build said.
  public var buildLog: HostPath { path / "build.log" }
  /// The port before its replicas, as it should be; commands write it, under `lock`.
  public var balance: HostPath { path / "balance.json" }
  /// Held as long as the process beside haproxy lives.
  public var balancerLock: HostPath { path / "balancer.lock" }
  public var balancerIdentity: HostPath { path / "balancer.pid" }
  /// What that process last wrote.
  public var balancerState: HostPath { path / "balancer.json" }
  public var balancerConfiguration: HostPath { path / "haproxy.cfg" }
  public var balancerLog: HostPath { path / "balancer.log" }
}
