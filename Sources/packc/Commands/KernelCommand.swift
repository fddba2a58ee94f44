internal import Kernel
internal import PackCore

/// `packc kernel …`: the kernels that machines boot.
enum KernelCommand {
  static let importing = CommandDefinition(
    "kernel import", summary: "add a kernel: Debian's, or a file", operands: "[VMLINUZ]", count: 0...1,
    flags: [
      Flag("modules", value: "DIR", help: "the kernel's modules (lib/modules/RELEASE)"),
      Flag("name", value: "NAME", help: "how `packc kernel list` shows it"),
      Flag("version", value: "VERSION", help: "of Debian's package, without a file"),
      Flag("default", help: "use it for builds that name no other"),
    ],
    details: "Without a file: Debian's linux-image-cloud-amd64, downloaded with apt, unpacked, not installed."
  ) { invocation in
    let catalog = KernelCatalog(cache: try invocation.context.cacheDirectory())
    let kernel: KernelCatalog.Kernel
    if let file = invocation.operands.first {
      kernel = try catalog.importFile(
        invocation.path(file), modules: invocation.path(flag: "modules"), name: invocation.string("name"),
        reporter: invocation.reporter)
    } else {
      kernel = try catalog.importDebian(
        invocation.context, version: invocation.string("version"), reporter: invocation.reporter)
    }
    if invocation.has("default") { try catalog.setDefault(kernel) }
    try invocation.output.write(row(kernel, default: nil)) { "\(kernel.manifest.name) \(kernel.digest)\n" }
    return .done
  }

  static let list = CommandDefinition("kernel list", summary: "show the kernels that are there") { invocation in
    let catalog = KernelCatalog(cache: try invocation.context.cacheDirectory())
    let kernels = try catalog.list()
    let chosen = try catalog.defaultKernel()?.digest
    try invocation.output.write(["kernels": .array(kernels.map { row($0, default: chosen) })]) {
      kernels.isEmpty
        ? "no kernel yet; the first build imports Debian's, or run `packc kernel import`\n"
        : kernels.map { text($0, chosen) }.joined()
    }
    return .done
  }

  private static func row(_ kernel: KernelCatalog.Kernel, default chosen: Digest?) -> JSONValue {
    let manifest = kernel.manifest
    return JSONValue(compact: [
      "name": .string(manifest.name), "version": .string(manifest.version), "release": .string(manifest.release),
      "format": .string(manifest.format.rawValue), "size": .integer(manifest.kernel.size),
      "digest": JSONValue(kernel.digest), "features": JSONValue(strings: manifest.features),
      "default": chosen.map { .bool($0 == kernel.digest) },
    ])
  }

  private static func text(_ kernel: KernelCatalog.Kernel, _ chosen: Digest?) -> String {
    let manifest = kernel.manifest
    return "\(kernel.digest == chosen ? "*" : " ") \(manifest.name)  \(manifest.version)  \(manifest.format.rawValue)  "
      + "\(BuildSummary.bytes(manifest.kernel.size))  \(kernel.digest.short)  \(manifest.features.joined(separator: ","))\n"
  }
}
