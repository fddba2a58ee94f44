internal import Glibc
internal import PackCore

extension KernelCatalog {
  /// The kernel that was built for exactly this request, here or elsewhere.
  func built(for request: Digest) throws -> Kernel? {
    try list().first { $0.manifest.build?.request == request }
  }

  /// Takes the kernel away. The images that were built with it have a copy of their own, and stay as they are.
  ///
  /// - Returns: whether builds used it without being told; they take Debian's from now on, or the one that `use` names.
  @discardableResult
  public func remove(_ kernel: Kernel) throws -> Bool {
    let architecture = kernel.manifest.architecture
    let wasDefault = try defaultKernel(for: architecture)?.digest == kernel.digest
    if wasDefault { try FileSystem.removeFile(defaultFile(architecture)) }
    // Out of its place in one step: whoever looks meanwhile finds all of it, or nothing.
    let aside = root / ".removed.\(getpid()).\(kernel.digest.hex)"
    try FileSystem.rename(kernel.directory, to: aside)
    try FileSystem.removeTree(aside)
    return wasDefault
  }

  // MARK: - Travelling

  /// The kernel's files, by the names that they have below its directory: what somebody needs to have the same kernel.
  public func files(of kernel: Kernel) -> [(name: String, file: KernelManifest.File)] {
    let manifest = kernel.manifest
    var files = [(name: "kernel", file: manifest.kernel)]
    if let config = manifest.config, let status = try? FileSystem.target(kernel.directory / "config") {
      files.append((name: "config", file: .init(digest: config, size: status.size)))
    }
    return files + manifest.modules.map { (name: "modules/\($0.name).ko", file: $0.file) }
  }

  /// The bytes of `manifest.json`, as the kernel's digest names them.
  public func manifestBytes(of kernel: Kernel) -> [UInt8] { CanonicalJSON.encode(kernel.manifest.json) }

  /// Takes a kernel that came from elsewhere. Nothing of it is believed: every file must have the digest that the
  /// manifest says, and the kernel must be one.
  ///
  /// - Parameters:
  ///   - place: where it came from, for messages.
  ///   - read: the file of that name.
  public func receive(
    _ manifest: [UInt8], from place: String, read: (_ name: String) throws -> [UInt8]
  ) throws -> Kernel {
    let manifest = try KernelManifest(json: try JSONParser.parse(manifest, name: "\(place): manifest.json"))
    if let present = try? load(manifest.digest) { return present }
    func bytes(_ name: String, _ digest: Digest) throws -> [UInt8] {
      let bytes = try read(name)
      guard Digest(of: bytes) == digest else {
        throw KernelFailure.foreign(place, "its file \(name) has not the digest that its manifest says")
      }
      return bytes
    }
    let kernel = try bytes("kernel", manifest.kernel.digest)
    let image = try KernelImage.parse(kernel, name: "\(place): kernel")
    guard image.release == manifest.release, image.format == manifest.format else {
      throw KernelFailure.foreign(place, "its kernel is \(image.release), and its manifest says \(manifest.release)")
    }
    let parts = Parts(
      name: manifest.name, version: manifest.version, kernel: kernel, kernelName: place,
      config: try manifest.config.map { try bytes("config", $0) },
      modules: try manifest.modules.map {
        ModuleSelection.Module(name: $0.name, bytes: try bytes("modules/\($0.name).ko", $0.file.digest))
      }, source: manifest.source, licence: manifest.licence, build: manifest.build)
    let received = try add(parts)
    guard received.digest == manifest.digest else {
      throw KernelFailure.foreign(
        place, "its manifest says of it what its files do not (features \(manifest.features.joined(separator: ",")))")
    }
    return received
  }
}
