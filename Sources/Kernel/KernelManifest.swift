public import PackCore

/// A kernel of the catalog: what it is, where it came from, what it can do. Its canonical JSON is what the kernel's digest
/// is the digest of, so the digest covers every file of it.
public struct KernelManifest: Hashable, Sendable {
  /// A file of the kernel's directory.
  public struct File: Hashable, Sendable {
    public let digest: Digest
    public let size: Int64
  }
  /// A module, in the order of loading.
  public struct Module: Hashable, Sendable {
    /// `virtio_net`; the file is `modules/virtio_net.ko`.
    public let name: String
    public let file: File
  }
  /// The distribution's package that the kernel was taken from.
  public struct Source: Hashable, Sendable {
    public let package: String
    public let version: String
    public let sha256: Digest
  }

  /// How packc built it.
  public struct Build: Hashable, Sendable {
    /// `default`, `tiny`, or of a file.
    public let profile: String
    /// What the program needs that it is for; nil when it is for every program.
    public let needs: [String]?
    /// First lines of the compiler's and the linker's version.
    public let compiler: String
    /// Of all that its bytes depend on: the same request gives the same kernel.
    public let request: Digest
  }

  /// `debian-cloud`, `packc-6.1`, or the imported file's name.
  public let name: String
  /// `6.1.192-2` of the package, else the release.
  public let version: String
  public let release: String
  public let format: KernelImage.Format
  public let kernel: File
  /// Of the kernel's `.config`, when it came with one.
  public let config: Digest?
  public let source: Source?
  /// What the kernel, with its modules, has: see `KernelFeatures`. Sorted.
  public let features: [String]
  public let modules: [Module]
  public let licence: String
  /// Nil for one that was imported.
  public let build: Build?

  public var architecture: Platform.Architecture { format.architecture }

  /// The name of the kernel: what `packc.lock`, `build.json` and labels hold.
  public var digest: Digest { Digest(of: json) }

  public var json: JSONValue {
    JSONValue(compact: [
      "schema": 1, "name": .string(name), "version": .string(version), "release": .string(release),
      "architecture": .string(architecture.rawValue), "format": .string(format.rawValue), "kernel": Self.json(kernel),
      "config": config.map { JSONValue($0) },
      "source": source.map {
        ["package": .string($0.package), "version": .string($0.version), "sha256": JSONValue($0.sha256)]
      },
      "features": JSONValue(strings: features),
      "modules": .array(
        modules.map { module in
          guard case .object(var fields) = Self.json(module.file) else { return .null }
          fields["name"] = .string(module.name)
          return .object(fields)
        }),
      "licence": .string(licence), "build": build.map(Self.json),
    ])
  }

  private static func json(_ build: Build) -> JSONValue {
    JSONValue(compact: [
      "profile": .string(build.profile), "needs": build.needs.map { JSONValue(strings: $0) },
      "compiler": .string(build.compiler), "request": JSONValue(build.request),
    ])
  }

  private static func json(_ file: File) -> JSONValue {
    ["digest": JSONValue(file.digest), "size": .integer(file.size)]
  }

  /// Reads `manifest.json`.
  public init(json: JSONValue) throws {
    let reader = JSONReader(json)
    _ = try reader.required("schema").integer(in: 1...1)
    name = try reader.required("name").string()
    version = try reader.required("version").string()
    release = try reader.required("release").string()
    guard let format = KernelImage.Format(rawValue: try reader.required("format").string()) else {
      throw reader.failure("a kernel format that this packc does not know")
    }
    self.format = format
    kernel = try Self.file(try reader.required("kernel"))
    config = try reader.optional("config")?.digest()
    source = try reader.optional("source").map {
      Source(
        package: try $0.required("package").string(), version: try $0.required("version").string(),
        sha256: try $0.required("sha256").digest())
    }
    features = try reader.required("features").strings()
    modules = try reader.required("modules").array().map {
      let name = try $0.required("name").string()
      guard RootPath.root.appending(component: Array(name.utf8)) != nil else { throw $0.failure("not a module's name") }
      return Module(name: name, file: try Self.file($0))
    }
    licence = try reader.required("licence").string()
    build = try reader.optional("build").map {
      Build(
        profile: try $0.required("profile").string(), needs: try $0.optional("needs")?.strings(),
        compiler: try $0.required("compiler").string(), request: try $0.required("request").digest())
    }
  }

  private static func file(_ reader: JSONReader) throws -> File {
    File(
      digest: try reader.required("digest").digest(), size: try reader.required("size").integer(in: 0 ... .max))
  }

  init(
    name: String, version: String, image: KernelImage, kernel: File, config: Digest?, source: Source?,
    features: [String], modules: [Module], licence: String, build: Build? = nil
  ) {
    self.name = name
    self.version = version
    release = image.release
    format = image.format
    self.kernel = kernel
    self.config = config
    self.source = source
    self.features = features
    self.modules = modules
    self.licence = licence
    self.build = build
  }
}

extension KernelManifest {
  /// Its machine has to name the devices on the command line.
  var isWithoutACPI: Bool { worksWithoutACPI && !features.contains("acpi") }
  /// It takes them from there.
  var worksWithoutACPI: Bool { architecture == .amd64 && features.contains("mmio-cmdline") }
  /// Known to have no driver for a network device.
  var isWithoutNetwork: Bool { (config != nil || format == .unikraft) && !features.contains("net") }

  /// What it is known to lack for a root on a disk: names of `KernelFeatures`.
  var missingForRootDisk: [String] {
    config == nil ? [] : ["blk", "erofs", "verity"].filter { !features.contains($0) }
  }

  /// What the program would miss on this kernel, as far as that is known: a sentence each.
  ///
  /// - Parameter ports: those that it serves, without packc's default.
  public func shortcomings(ports: [GuestPort], cpus: Int) -> [String] {
    var sentences: [String] = []
    if let port = ports.first, isWithoutNetwork {
      sentences.append("the kernel \(name) has no network, and the program serves \(port)")
    }
    if cpus > 1, let needs = build?.needs, !needs.contains(KernelNeed.smp.rawValue) {
      sentences.append("the kernel \(name) uses one processor, and the machine has \(cpus) (run.cpus)")
    }
    return sentences
  }
}

/// What a kernel's `.config` says of what machines can be made with it.
enum KernelFeatures {
  /// Feature → the options that it stands on. An option that is a module counts when one of `modules` provides it.
  private static let table: [(feature: String, option: String, module: String?)] = [
    ("acpi", "CONFIG_ACPI", nil), ("pci", "CONFIG_PCI", nil), ("pvh", "CONFIG_PVH", nil),
    ("kvm-guest", "CONFIG_KVM_GUEST", nil), ("ip-pnp", "CONFIG_IP_PNP", nil),
    ("serial", "CONFIG_SERIAL_8250_CONSOLE", nil), ("pl011", "CONFIG_SERIAL_AMBA_PL011_CONSOLE", nil),
    ("initrd", "CONFIG_BLK_DEV_INITRD", nil),
    ("initrd-zstd", "CONFIG_RD_ZSTD", nil), ("initrd-lz4", "CONFIG_RD_LZ4", nil),
    ("mmio", "CONFIG_VIRTIO_MMIO", "virtio_mmio"), ("mmio-cmdline", "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES", nil),
    ("virtio-pci", "CONFIG_VIRTIO_PCI", "virtio_pci"), ("net", "CONFIG_VIRTIO_NET", "virtio_net"),
    ("rng", "CONFIG_HW_RANDOM_VIRTIO", "virtio_rng"), ("control", "CONFIG_VIRTIO_CONSOLE", "virtio_console"),
    ("blk", "CONFIG_VIRTIO_BLK", "virtio_blk"), ("erofs", "CONFIG_EROFS_FS", "erofs"),
    ("verity", "CONFIG_DM_VERITY", "dm_verity"), ("seccomp", "CONFIG_SECCOMP_FILTER", nil),
  ]

  /// Without a config only what the modules bring and the file shows is known.
  static func find(config: [UInt8]?, modules: [String], shown: [String] = []) -> [String] {
    var values: [Substring: Substring] = [:]
    for line in String(decoding: config ?? [], as: UTF8.self).split(separator: "\n") where line.first == "C" {
      guard let cut = line.firstIndex(of: "=") else { continue }
      values[line[..<cut]] = line[line.index(after: cut)...]
    }
    let found = table.filter { row in
      values[Substring(row.option)] == "y" || row.module.map(modules.contains) ?? false
    }.map(\.feature)
    return Set(found + shown).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
