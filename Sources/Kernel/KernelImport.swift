public import PackCore

extension KernelCatalog {
  /// A distribution's kernel file. `modules` is its `…/lib/modules/RELEASE`; without it that directory of this host is
  /// taken when it is there. A `config-RELEASE` beside the file tells the features. The first kernel of an architecture
  /// becomes its default, unless it is Unikraft, which starts few programs.
  ///
  /// - Parameter isUnikraft: what the file must be; nil for whatever it is.
  public func importFile(
    _ file: HostPath, modules: HostPath? = nil, name: String? = nil, isUnikraft: Bool? = nil,
    reporter: Reporter = .silent
  ) throws -> Kernel {
    let bytes = try FileSystem.read(file, limit: 256 << 20)
    let image = try KernelImage.parse(bytes, name: file.description)
    if let isUnikraft, isUnikraft != (image.format == .unikraft) {
      throw KernelFailure.otherType(
        file.description, image.format == .unikraft ? "Unikraft's ELF loader" : "a Linux",
        wanted: isUnikraft ? "Unikraft's ELF loader" : "a Linux")
    }
    guard image.format != .unikraft else {
      guard modules == nil else { throw KernelFailure.noModules(file.description) }
      return try add(
        Parts(
          name: name ?? file.name, kernel: bytes, kernelName: file.description, modules: [],
          licence: "BSD-3-Clause and the licences of its libraries; the source is with whoever gave you \(file.name)"))
    }
    let directory = modules ?? Self.installedModules(of: image.release)
    let chosen = try directory.map { try ModuleSelection.choose(from: $0, release: image.release) } ?? []
    let config = try? FileSystem.read(file.parent / "config-\(image.release)", limit: 4 << 20)
    let kernel = try add(
      Parts(
        name: name ?? file.name, kernel: bytes, kernelName: file.description, config: config, modules: chosen,
        licence: "GPL-2.0-only; the source is with whoever gave you \(file.name)"))
    if !kernel.manifest.features.contains("control") {
      reporter.warn(
        "the kernel \(kernel.manifest.name) may have no virtio console driver, which the exit code is reported by",
        hint: "name its modules with --modules /lib/modules/\(image.release)")
    }
    try setFirstDefault(kernel)
    return kernel
  }

  /// Makes it the default where there is none.
  public func setFirstDefault(_ kernel: Kernel) throws {
    if try defaultKernel(for: kernel.manifest.architecture) == nil { try setDefault(kernel) }
  }

  private static func installedModules(of release: String) -> HostPath? {
    let directory = HostPath("/lib/modules") / release
    return FileSystem.isDirectory(directory / "kernel") ? directory : nil
  }

  /// The kernel that a build without `kernel:` uses: the catalog's default, or else Debian's, imported now. apt knows the
  /// packages of the host's own architecture only, and Debian's package here is that of amd64.
  public func defaultOrDebian(
    _ context: HostContext, for platform: Platform = Platform(architecture: .amd64), reporter: Reporter
  ) throws -> Kernel {
    if let present = try defaultKernel(for: platform.architecture) { return present }
    guard platform.architecture == .amd64, platform == .host else {
      throw KernelFailure.noKernel(for: platform, others: try list().map(\.manifest.name))
    }
    return try importDebian(context, reporter: reporter)
  }

  /// Debian's kernel for virtual machines: downloaded by apt as an ordinary user, which also verifies it, unpacked, not
  /// installed; nothing when that package's is in the catalog. `version` (`6.1.192-2`) asks for the one that a lock
  /// names; the mirror may have dropped it.
  public func importDebian(
    _ context: HostContext, package: String = DebianKernel.metaPackage, version: String? = nil,
    reporter: Reporter = .silent
  ) throws -> Kernel {
    let debian = try DebianKernel(context)
    let found = try debian.resolve(package, version: version)
    // An import of long ago may lack modules that are taken along today.
    let present = try list().first {
      $0.manifest.source?.sha256 == found.sha256 && $0.manifest.missingForRootDisk.isEmpty
    }
    if let present {
      try setFirstDefault(present)
      return present
    }
    reporter.note("importing the kernel \(package) from Debian (downloaded with apt, not installed)")
    let work = try FileSystem.createTemporaryDirectory(in: root, prefix: ".download")
    defer { try? FileSystem.removeTree(work) }
    try debian.download(found, into: work, reporter: reporter)
    let tree = try debian.unpack(found, in: work)
    let kernel = try add(try Self.parts(of: found, in: tree))
    reporter.note("imported the kernel \(kernel.manifest.release), \(found.name) \(found.version)")
    try setFirstDefault(kernel)
    return kernel
  }

  private static func parts(of package: DebianKernel.Package, in tree: HostPath) throws -> Parts {
    let boot = tree / "boot"
    guard let name = try DirectoryWalk.names(in: boot).first(where: { $0.starts(with: Array("vmlinuz-".utf8)) }) else {
      throw KernelFailure.notAKernel(package.name, "the package has no /boot/vmlinuz-…")
    }
    let bytes = try FileSystem.read(boot / HostPath(bytes: name), limit: 256 << 20)
    let image = try KernelImage.parse(bytes, name: "\(package.name): \(String(decoding: name, as: UTF8.self))")
    let modules = ["lib/modules", "usr/lib/modules"].map { tree / $0 / image.release }
    return Parts(
      name: "debian-cloud", version: package.version, kernel: bytes, kernelName: package.name,
      config: try FileSystem.readIfPresent(boot / "config-\(image.release)", limit: 4 << 20),
      modules: try modules.first(where: FileSystem.isDirectory).map {
        try ModuleSelection.choose(from: $0, release: image.release)
      } ?? [],
      source: .init(package: package.name, version: package.version, sha256: package.sha256),
      licence: "GPL-2.0-only; source: `apt-get source \(package.name)=\(package.version)` or snapshot.debian.org")
  }
}
