internal import Images
internal import Kernel
internal import OCI
internal import PackCore
internal import Registry

/// `packc kernel push` and `pull`: kernels travel as OCI artifacts, with configuration and the reference to their source.
enum KernelTransferCommands {
  static let push = CommandDefinition(
    "kernel push", summary: "send a kernel to a registry", operands: "KERNEL HOST/REPOSITORY[:TAG]", count: 2...2,
    flags: RegistryFlags.connection,
    details: "With its configuration, its modules, and where its source is: what the GPL asks of whoever passes it on."
  ) { invocation in
    let catalog = try KernelCommand.catalog(invocation)
    let kernel = try catalog.find(invocation.operands[0])
    let reference = try PushOperands.registry(invocation.operands[1], in: invocation.context.workingDirectory)
    let store = try ImageFlags.locator(invocation).store
    let artifact = try KernelArtifact.assemble(kernel, of: catalog, store: store.content)
    let destination = try RegistryFlags.registries(invocation).destination(reference)
    try ImageCopy(
      from: StoreSource(store, descriptor: artifact.descriptor, name: kernel.manifest.name), to: destination,
      reporter: invocation.reporter
    ).run()
    let tally = destination.tally
    try invocation.output.write([
      "ref": .string(reference.storeName), "digest": JSONValue(artifact.descriptor.digest),
      "kernel": KernelText.row(kernel, defaults: nil),
      "blobs": ["sent": .integer(Int64(tally.sent)), "present": .integer(Int64(tally.present + tally.mounted))],
    ]) {
      "\(reference.storeName)\n\(artifact.descriptor.digest)\n\(kernel.manifest.name) \(kernel.digest)\n"
        + "\(tally.sent) files sent (\(ByteText.text(tally.sentBytes))), \(tally.present + tally.mounted) there already\n"
    }
    return .done
  }

  static let pull = CommandDefinition(
    "kernel pull", summary: "fetch a kernel from a registry", operands: "HOST/REPOSITORY[:TAG][@DIGEST]", count: 1...1,
    flags: [Flag("default", help: "use it for builds that name no other")] + RegistryFlags.connection,
    details:
      "A kernel that was built from the same options, source and compiler is not built again: `packc kernel build` finds it."
  ) { invocation in
    let catalog = try KernelCommand.catalog(invocation)
    let reference = try PushOperands.registry(invocation.operands[0], in: invocation.context.workingDirectory)
    let source = try RegistryFlags.registries(invocation).source(reference)
    let (kernel, artifact) = try KernelArtifact.receive(from: source, into: catalog)
    if invocation.has("default") { try catalog.setDefault(kernel) }
    try invocation.output.write([
      "ref": .string(reference.storeName), "digest": JSONValue(artifact.digest),
      "kernel": KernelText.row(kernel, defaults: try catalog.defaults()),
    ]) { "\(reference.storeName)\n\(kernel.manifest.name) \(kernel.digest)\n" }
    return .done
  }
}
