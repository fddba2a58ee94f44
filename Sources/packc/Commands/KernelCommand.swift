internal import Kernel
internal import PackCore

/// `packc kernel …`: the kernels that machines boot.
enum KernelCommand {
  static let importing = CommandDefinition(
    "kernel import", summary: "add a kernel: Debian's, or a file", operands: "[FILE]", count: 0...1,
    flags: [
      Flag("modules", value: "DIR", help: "the kernel's modules (lib/modules/RELEASE)"),
      Flag("type", value: "linux|unikraft", help: "what FILE must be (default: what it is)"),
      Flag("name", value: "NAME", help: "how `packc kernel list` shows it"),
      Flag("version", value: "VERSION", help: "of Debian's package, without a file"),
      Flag("default", help: "use it for builds that name no other"),
    ],
    details: """
      FILE is a bzImage (/boot/vmlinuz-…), a vmlinux with a PVH entry point, or Unikraft's ELF loader. Without a file: Debian's
      linux-image-cloud-amd64, downloaded with apt, unpacked, not installed.
      """
  ) { invocation in
    let catalog = KernelCatalog(cache: try invocation.context.cacheDirectory())
    let kernel: KernelCatalog.Kernel
    if let file = invocation.operands.first {
      kernel = try catalog.importFile(
        invocation.path(file), modules: invocation.path(flag: "modules"), name: invocation.string("name"),
        isUnikraft: try isUnikraft(invocation), reporter: invocation.reporter)
    } else {
      kernel = try catalog.importDebian(
        invocation.context, version: invocation.string("version"), reporter: invocation.reporter)
    }
    if invocation.has("default") { try catalog.setDefault(kernel) }
    try invocation.output.write(KernelText.row(kernel, defaults: nil)) { "\(kernel.manifest.name) \(kernel.digest)\n" }
    return .done
  }

  private static func isUnikraft(_ invocation: Invocation) throws -> Bool? {
    guard let type = invocation.string("type") else { return nil }
    guard type == "unikraft" || type == "linux" else {
      throw Failure("wrong_usage", "--type \(type): expected linux or unikraft", exit: .usage)
    }
    return type == "unikraft"
  }

  static let list = CommandDefinition("kernel list", summary: "show the kernels that are there") { invocation in
    let catalog = try catalog(invocation)
    let kernels = try catalog.list()
    let chosen = try catalog.defaults()
    try invocation.output.write(["kernels": .array(kernels.map { KernelText.row($0, defaults: chosen) })]) {
      kernels.isEmpty
        ? "no kernel yet; the first build imports Debian's, or run `packc kernel build` or `packc kernel import`\n"
        : KernelText.table(kernels, defaults: chosen)
    }
    return .done
  }

  private static let references = "A kernel is a name of `packc kernel list`, NAME@VERSION, a profile, or a digest."

  static let show = CommandDefinition(
    "kernel show", summary: "everything about one kernel: options, source, licence", operands: "KERNEL", count: 1...1,
    flags: [Flag("config", help: "print its .config, and nothing else")], details: references
  ) { invocation in
    let catalog = try catalog(invocation)
    let kernel = try catalog.find(invocation.operands[0])
    let config = try FileSystem.readIfPresent(kernel.directory / "config", limit: 4 << 20)
    if invocation.has("config") {
      guard let config else {
        throw Failure(
          "no_config", "the kernel \(kernel.manifest.name) came without its .config",
          hint: "import it from a directory that has config-\(kernel.manifest.release) beside the file", exit: .badInput
        )
      }
      try invocation.output.write(["config": .string(String(decoding: config, as: UTF8.self))]) {
        String(decoding: config, as: UTF8.self)
      }
      return .done
    }
    let isDefault = try catalog.defaults().contains(kernel.digest)
    try invocation.output.write(
      ["digest": JSONValue(kernel.digest), "default": .bool(isDefault), "manifest": kernel.manifest.json]
    ) { KernelText.details(kernel, isDefault: isDefault) }
    return .done
  }

  static let use = CommandDefinition(
    "kernel use", summary: "use a kernel for builds that name no other", operands: "KERNEL", count: 1...1,
    details: references + "\nA project with a packc.lock keeps the kernel that is pinned there."
  ) { invocation in
    let catalog = try catalog(invocation)
    let kernel = try catalog.find(invocation.operands[0])
    try catalog.setDefault(kernel)
    try invocation.output.write(KernelText.row(kernel, defaults: [kernel.digest])) {
      "\(kernel.manifest.name) \(kernel.digest)\n"
    }
    return .done
  }

  static let remove = CommandDefinition(
    "kernel remove", summary: "take kernels out of the catalog", operands: "KERNEL…", count: 1...100,
    details: references + "\nImages that were built with it have a copy of their own."
  ) { invocation in
    let catalog = try catalog(invocation)
    // All are known before the first one goes.
    let kernels = try invocation.operands.map { try catalog.find($0) }
    for kernel in kernels {
      guard try catalog.remove(kernel) else { continue }
      invocation.reporter.warn(
        "\(kernel.manifest.name) was the one that builds used",
        hint: "name another with `packc kernel use`; without one the next build imports Debian's")
    }
    try invocation.output.write(["removed": .array(kernels.map { JSONValue($0.digest) })]) {
      kernels.map { "\($0.manifest.name) \($0.digest)\n" }.joined()
    }
    return .done
  }

  static func catalog(_ invocation: Invocation) throws -> KernelCatalog {
    KernelCatalog(cache: try invocation.context.cacheDirectory())
  }
}
