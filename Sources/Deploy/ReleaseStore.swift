internal import Glibc
public import Kernel
public import PackCore
public import Runner

/// The unikernel images of all releases, each once, by the digest of its `machine.json`. A build may replace `.packc` and the
/// cache may be emptied: what a deployment runs, or may go back to, stays.
public struct ReleaseStore: Sendable {
  private let state: StateDirectory
  public init(_ state: StateDirectory) { self.state = state }

  /// A unikernel image that is about to become a release.
  public struct Candidate: Sendable {
    public let directory: HostPath
    public let digest: Digest
    public let machine: MachineDescription
    fileprivate let description: [UInt8]

    public init(_ directory: HostPath) throws {
      self.directory = directory
      let path = directory / "machine.json"
      guard let bytes = try FileSystem.readIfPresent(path, limit: 1 << 20) else {
        throw Failure(
          "no_unikernel", "\(directory) holds no unikernel image (no machine.json)", hint: "run `packc build` first",
          exit: .badInput)
      }
      description = bytes
      digest = Digest(of: bytes)
      machine = try MachineDescription(json: try JSONParser.parse(bytes, name: path.description))
    }

    fileprivate var files: [MachineDescription.File] {
      [machine.kernel, machine.initrd, machine.cmdline]
    }
    fileprivate var names: [String] { files.map(\.name) + (machine.root.map { [$0.name] } ?? []) }
    /// Bytes of kernel, initrd and root.
    public var size: Int64 { machine.kernel.size + machine.initrd.size + (machine.root?.size ?? 0) }
  }

  /// A guest without packc's init cannot be supervised: nobody would say how its program ended.
  static func checkGuest(_ candidate: Candidate) throws {
    guard candidate.machine.guest == .linux else { throw DeployFailure.guest(candidate.machine.guest.rawValue) }
  }

  /// Puts the image's files in place unless they are there: by hard links where the file system allows, since a build
  /// replaces its files and never writes into them. What is really in them is compared with their digests at each start.
  /// To be called under `releasesLock`, which the caller keeps until a `machine.json` names the release.
  func add(_ candidate: Candidate) throws {
    let place = state.release(candidate.digest)
    guard !FileSystem.exists(place / "machine.json") else { return }
    let staged = state.releases / ".\(candidate.digest.hex).\(getpid())"
    try FileSystem.removeTree(staged)
    try FileSystem.createDirectory(staged, mode: 0o700)
    do {
      for name in candidate.names { try Self.link(candidate.directory / name, staged / name) }
      try FileSystem.writeAtomically(candidate.description, to: staged / "machine.json")
      try FileSystem.syncDirectory(staged)
      // One that was left half by a crash of the host.
      try FileSystem.removeTree(place)
      try FileSystem.rename(staged, to: place)
      try FileSystem.syncDirectory(state.releases)
    } catch {
      try? FileSystem.removeTree(staged)
      throw error
    }
  }

  private static func link(_ from: HostPath, _ to: HostPath) throws {
    if from.withCString({ a in to.withCString { b in Glibc.link(a, b) } }) == 0 { return }
    let code = errno
    guard code != ENOENT else { throw Failure.system("read", from, errno: code) }
    // Another file system, or one without links.
    try FileSystem.copyFile(from, to: to, mode: 0o600)
  }

  /// Removes the releases that no deployment names. A deployment that cannot be read may name any: then all stay.
  ///
  /// - Returns: how many were removed.
  @discardableResult
  func collect() throws -> Int {
    let lock = try FileLock.wait(state.releasesLock)
    return try withExtendedLifetime(lock) {
      var named: Set<String> = []
      for name in try state.names() {
        guard let record = try DeploymentRecord.read(state.machine(name)) else { continue }
        for release in record.releases { named.insert(release.spec.image.hex) }
      }
      var count = 0
      for bytes in try DirectoryWalk.names(in: state.releases) {
        let name = String(decoding: bytes, as: UTF8.self)
        guard !named.contains(name) else { continue }
        try FileSystem.removeTree(state.releases / name)
        count += 1
      }
      return count
    }
  }
}
