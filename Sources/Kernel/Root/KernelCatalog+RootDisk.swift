public import PackCore

extension KernelCatalog {
  /// The same kernel with what a root on a disk needs. One of Debian's that was imported before packc took those modules
  /// along is imported again, as another kernel of the catalog; any other that lacks something stays what it is, and
  /// `UnikernelImage.write` says so.
  public func withRootDisk(_ kernel: Kernel, _ context: HostContext, reporter: Reporter = .silent) throws -> Kernel {
    let manifest = kernel.manifest
    guard !manifest.missingForRootDisk.isEmpty, manifest.build == nil, manifest.source != nil else { return kernel }
    func isSame(_ other: Kernel) -> Bool {
      other.manifest.kernel.digest == manifest.kernel.digest && other.manifest.missingForRootDisk.isEmpty
    }
    if let present = try list().first(where: isSame) { return present }
    let imported = try? importDebian(context, version: manifest.version, reporter: reporter)
    return imported.flatMap { isSame($0) ? $0 : nil } ?? kernel
  }
}
