internal import CGuestWire
public import PackCore

/// What is in an initrd besides the layers: the guest's init, its configuration, the kernel's modules.
public struct GuestBase: Sendable {
  /// The `guest-init` executable (see `Installation.helpers`).
  public var initFile: HostPath
  public var configuration: GuestConfiguration
  public var kernel: KernelCatalog.Kernel

  public init(initFile: HostPath, configuration: GuestConfiguration, kernel: KernelCatalog.Kernel) {
    self.initFile = initFile
    self.configuration = configuration
    self.kernel = kernel
  }

  /// The init's name beside packc's other helpers: an image for another architecture has an init of its own.
  public static func initName(for platform: Platform) -> String {
    platform == .host ? "guest-init" : "guest-init-\(platform.architecture.rawValue)"
  }

  /// Names that no layer may use.
  static let reserved = [RootPath(literal: "init"), RootPath(literal: ".packc")]

  /// Mount points, and where the init writes before the root becomes read-only.
  private static let directories: [(RootPath, UInt32)] = [
    (RootPath(literal: ".packc"), 0o700), (RootPath(literal: ".packc/modules"), 0o700),
    (RootPath(literal: "dev"), 0o755), (RootPath(literal: "proc"), 0o755), (RootPath(literal: "sys"), 0o755),
    (RootPath(literal: "tmp"), 0o1777),
  ]

  /// What every machine mounts something over.
  static let mountPoints = ["dev", "proc", "sys", "tmp"].compactMap { RootPath($0) }

  /// Files of a root that the guest's init cannot write to: `/etc/hosts` as it would write it, and a place for its
  /// `/etc/resolv.conf`.
  static func networkFiles(hostname: String) -> [(RootPath, [UInt8])] {
    let hosts = "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 \(hostname)\n"
    return [(RootPath(literal: "etc/hosts"), Array(hosts.utf8)), (RootPath(literal: "etc/resolv.conf"), [])]
  }

  /// The entries of the first segment, sorted by path.
  func entries() throws -> [RootFilesystem.Entry] {
    var entries = Self.directories.map { Self.entry($0.0, .directory, $0.1) }
    guard let status = try FileSystem.target(initFile), status.kind == .file else {
      throw Failure(
        "broken_installation", "packc's guest init is missing: \(initFile)",
        hint: "build it with `make build`, or install packc again")
    }
    entries.append(Self.entry(RootPath(literal: "init"), .bytes(try FileSystem.read(initFile, limit: 8 << 20)), 0o755))
    let modules = try self.modules()
    entries += modules.map { Self.entry($0.path, .bytes($0.bytes), 0o400) }
    if let calls = configuration.systemCalls {
      let filter = SystemCallFilter(allowing: calls).bytes
      entries.append(Self.entry(RootPath(literal: ".packc/seccomp"), .bytes(filter), 0o400))
    }
    let config = try configuration.encode(
      modules: modules.map(\.path.absolute), hasNetwork: !kernel.manifest.isWithoutNetwork)
    entries.append(Self.entry(RootPath(literal: ".packc/config"), .bytes(config), 0o400))
    return entries.sorted { $0.path < $1.path }
  }

  /// The kernel's modules that this machine needs, in the order of loading.
  private func modules() throws -> [(path: RootPath, bytes: [UInt8])] {
    let all = try kernel.manifest.modules.map { module in
      let bytes = try FileSystem.read(kernel.file(of: module), limit: 32 << 20)
      guard Digest(of: bytes) == module.file.digest else {
        throw KernelFailure.damaged(kernel.file(of: module).description, "it is not what was imported")
      }
      return (name: module.name, bytes: bytes)
    }
    let needed = ModuleNeeds(volumes: !configuration.volumes.isEmpty, root: configuration.root).choose(
      try all.map { .init(name: $0.name, depends: try ModuleFile($0.bytes, path: $0.name).depends) })
    return all.compactMap { module in
      guard needed.contains(module.name), let path = RootPath(".packc/modules/\(module.name).ko") else { return nil }
      return (path, module.bytes)
    }
  }

  fileprivate static func entry(
    _ path: RootPath, _ content: RootFilesystem.Entry.Content, _ mode: UInt32
  ) -> RootFilesystem.Entry {
    RootFilesystem.Entry(path: path, content: content, mode: mode, layer: .runtime, origin: "packc")
  }
}

/// How many files the layers hold, for the guest's init to count again (`CGuestWire.h`).
struct RootManifest {
  private(set) var count = 0
  private(set) var bytes: Int64 = 0

  init(_ layers: [LayerContent]) {
    let devices = RootPath(literal: "dev")
    for layer in layers {
      // Layers share directories only, and what lies below /dev is hidden by the kernel's own.
      for entry in layer.entries where !entry.isDirectory && !entry.path.isInside(devices) {
        count += 1
        // The guest counts each name with the size of its file.
        if case .hardLink(let first) = entry.content { bytes += layer.entry(at: first)?.size ?? 0 }
        bytes += entry.size
      }
    }
  }

  /// The entries of the last segment. Its directory stands in the first one; newc needs it no second time.
  var entries: [RootFilesystem.Entry] {
    func record(_ letter: Int, _ value: String) -> [UInt8] { [UInt8(letter), 0x3d] + Array(value.utf8) + [0] }
    let text =
      record(WIRE_MANIFEST_ENTRIES, String(count)) + record(WIRE_MANIFEST_BYTES, String(bytes))
      + record(WIRE_CONFIG_END, "")
    return [GuestBase.entry(RootPath(literal: ".packc/manifest"), .bytes(text), 0o400)]
  }
}
