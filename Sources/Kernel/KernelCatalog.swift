internal import Glibc
public import PackCore

/// The kernels that packc can boot, each in a directory of its digest's name:
///
///     <cache>/kernels/<hex>/manifest.json   what it is
///     <cache>/kernels/<hex>/kernel          the kernel file
///     <cache>/kernels/<hex>/config          its .config, when it came with one
///     <cache>/kernels/<hex>/modules/*.ko    what the guest's init loads
///     <cache>/kernels/default               the digest of the one that builds use; default-ARCHITECTURE for another than
///                                           the host's
///
/// A directory is made beside its place and renamed to it, so what has a name is whole, for any number of processes.
public struct KernelCatalog: Sendable {
  public let root: HostPath

  /// `cache` is packc's cache directory.
  public init(cache: HostPath) { root = cache / "kernels" }

  /// A kernel that is in the catalog.
  public struct Kernel: Sendable {
    public let manifest: KernelManifest
    public let digest: Digest
    public let directory: HostPath
    public var file: HostPath { directory / "kernel" }
    public func file(of module: KernelManifest.Module) -> HostPath { directory / "modules" / "\(module.name).ko" }
  }

  /// All of them, by name, version and digest. A directory that is not a whole kernel is left out.
  public func list() throws -> [Kernel] {
    guard FileSystem.isDirectory(root) else { return [] }
    let kernels = try DirectoryWalk.names(in: root).compactMap { name in
      Digest(hex: String(decoding: name, as: UTF8.self)).flatMap { try? load($0) }
    }
    func key(_ kernel: Kernel) -> String { "\(kernel.manifest.name)\0\(kernel.manifest.version)\0\(kernel.digest.hex)" }
    return kernels.sorted { key($0).utf8.lexicographicallyPrecedes(key($1).utf8) }
  }

  /// The kernel of that digest; the manifest must be the one that the digest names, and the files of its sizes.
  public func load(_ digest: Digest) throws -> Kernel {
    let directory = root / digest.hex
    guard let bytes = try FileSystem.readIfPresent(directory / "manifest.json", limit: 1 << 20) else {
      throw KernelFailure.unknownKernel(digest.description, known: [])
    }
    let manifest = try KernelManifest(json: try JSONParser.parse(bytes, name: "\(directory)/manifest.json"))
    guard manifest.digest == digest else {
      throw KernelFailure.damaged(directory.description, "its manifest is not the one of that digest")
    }
    let kernel = Kernel(manifest: manifest, digest: digest, directory: directory)
    try Self.check(kernel.file, manifest.kernel.size)
    for module in manifest.modules { try Self.check(kernel.file(of: module), module.file.size) }
    return kernel
  }

  private static func check(_ path: HostPath, _ size: Int64) throws {
    guard let status = try FileSystem.status(path), status.kind == .file, status.size == size else {
      throw KernelFailure.damaged(path.description, "it is missing or of another size")
    }
  }

  /// By `sha256:…`, by the first digits of the digest (six or more), by name, by `name@version`, or by the profile that
  /// it was built from.
  ///
  /// - Parameter platform: what it has to be for; nil for any.
  public func find(_ reference: String, for platform: Platform? = nil) throws -> Kernel {
    let all = try list()
    let named = all.filter {
      "\($0.digest)" == reference || "\($0.manifest.kernel.digest)" == reference || $0.manifest.name == reference
        || "\($0.manifest.name)@\($0.manifest.version)" == reference || $0.manifest.build?.profile == reference
        || (reference.utf8.count >= 6 && $0.digest.hex.hasPrefix(reference))
    }
    let matches = named.filter { platform == nil || $0.manifest.architecture == platform?.architecture }
    guard let first = matches.first else {
      if let platform, let other = named.first {
        throw KernelFailure.kernelOfOtherPlatform(other.manifest, wanted: platform)
      }
      throw KernelFailure.unknownKernel(
        reference, known: all.map { "\($0.manifest.name)@\($0.manifest.version)" })
    }
    if matches.allSatisfy({ $0.manifest.build == nil }), Set(matches.map(\.manifest.kernel.digest)).count == 1 {
      // One kernel that was imported with fewer modules, and again with more.
      return matches.max { $0.manifest.modules.count < $1.manifest.modules.count } ?? first
    }
    guard matches.count == 1 else {
      throw KernelFailure.ambiguousKernel(
        reference, matches.map { "\($0.manifest.name)@\($0.manifest.version) \($0.digest.short)" })
    }
    return first
  }

  /// The kernel that builds for that architecture use without being told; nil when there is none yet.
  public func defaultKernel(for architecture: Platform.Architecture = Platform.host.architecture) throws -> Kernel? {
    guard let text = try FileSystem.readIfPresent(defaultFile(architecture), limit: 256),
      let digest = Digest(String(decoding: text.prefix { $0 > 0x20 }, as: UTF8.self))
    else { return nil }
    return try? load(digest)
  }

  /// Those of all architectures.
  public func defaults() throws -> Set<Digest> {
    Set(try Platform.Architecture.allCases.compactMap { try defaultKernel(for: $0)?.digest })
  }

  public func setDefault(_ kernel: Kernel) throws {
    try FileSystem.writeAtomically(
      Array("\(kernel.digest)\n".utf8), to: defaultFile(kernel.manifest.architecture))
  }

  func defaultFile(_ architecture: Platform.Architecture) -> HostPath {
    root / (architecture == Platform.host.architecture ? "default" : "default-\(architecture.rawValue)")
  }

  // MARK: - Adding

  /// The parts of a kernel on their way into the catalog.
  struct Parts {
    var name: String
    var version: String?
    var kernel: [UInt8]
    var kernelName: String
    var config: [UInt8]?
    var modules: [ModuleSelection.Module]
    var source: KernelManifest.Source?
    var licence: String
    var build: KernelManifest.Build?
  }

  /// Puts a kernel into the catalog; one that is there already stays as it is.
  func add(_ parts: Parts) throws -> Kernel {
    let image = try KernelImage.parse(parts.kernel, name: parts.kernelName)
    let manifest = KernelManifest(
      name: parts.name, version: parts.version ?? image.release, image: image, kernel: Self.file(parts.kernel),
      config: parts.config.map { Digest(of: $0) }, source: parts.source,
      features: KernelFeatures.find(config: parts.config, modules: parts.modules.map(\.name), shown: image.features),
      modules: parts.modules.map { KernelManifest.Module(name: $0.name, file: Self.file($0.bytes)) },
      licence: parts.licence, build: parts.build)
    if let present = try? load(manifest.digest) { return present }
    try store(parts, manifest)
    return try load(manifest.digest)
  }

  private static func file(_ bytes: [UInt8]) -> KernelManifest.File {
    KernelManifest.File(digest: Digest(of: bytes), size: Int64(bytes.count))
  }

  private func store(_ parts: Parts, _ manifest: KernelManifest) throws {
    let staged = try FileSystem.createTemporaryDirectory(in: root, prefix: ".staged")
    defer { try? FileSystem.removeTree(staged) }
    try FileSystem.writeAtomically(parts.kernel, to: staged / "kernel")
    if let config = parts.config { try FileSystem.writeAtomically(config, to: staged / "config") }
    try FileSystem.createDirectory(staged / "modules")
    for module in parts.modules {
      try FileSystem.writeAtomically(module.bytes, to: staged / "modules" / "\(module.name).ko")
    }
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(manifest.json), to: staged / "manifest.json")
    _ = staged.withCString { chmod($0, 0o755) }
    let place = root / manifest.digest.hex
    // Something there that `load` refused is damaged, and another process may have been faster: both are told by `load`.
    if FileSystem.exists(place), (try? load(manifest.digest)) == nil { try FileSystem.removeTree(place) }
    do {
      try FileSystem.rename(staged, to: place)
    } catch {
      guard (try? load(manifest.digest)) != nil else { throw error }
    }
  }
}
