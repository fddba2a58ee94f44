internal import Images
internal import Kernel
internal import OCI
internal import PackCore

/// `packc image export` of a machine: from what `packc build` left here, or from a `…-vm` image wherever it lies.
enum MachineExport {
  static func run(_ invocation: Invocation, as format: BootExport.Format) throws {
    guard let output = invocation.string("output"), output != "-" else {
      throw Failure(
        "wrong_usage", "--format \(format.rawValue) needs --output PATH, a file or directory",
        hint: "packc image export --format \(format.rawValue) --output \(example(format))", exit: .usage)
    }
    let locator = try ImageFlags.locator(invocation)
    let held = try WorkDirectory(in: locator.temporary, prefix: "export")
    defer { withExtendedLifetime(held) {} }
    let (files, source) = try files(invocation, locator, in: held.path)
    let work = held.path / "work"
    try FileSystem.createDirectory(work)
    let path = invocation.path(output)
    try BootExport(files, context: invocation.context, work: work).write(as: format, to: path)
    try invocation.output.write([
      "format": .string(format.rawValue), "path": JSONValue(path), "source": .string(source),
    ]) { "\(path)\n" }
  }

  private static func example(_ format: BootExport.Format) -> String {
    switch format {
    case .files, .firecracker, .cloudHypervisor: "machine"
    case .uki: "shop.efi"
    case .raw: "shop.raw"
    case .qcow2: "shop.qcow2"
    case .iso: "shop.iso"
    }
  }

  private static func files(
    _ invocation: Invocation, _ locator: ImageLocator, in directory: HostPath
  ) throws -> (BootFiles, source: String) {
    guard let reference = invocation.operands.first else {
      let image = try UnikernelImage.open(invocation.context.workingDirectory / ".packc/unikernel")
      let root = image.root.flatMap { file in image.machine.root.map { BootFiles.Root(file: file, hash: $0.rootHash) } }
      let files = BootFiles(
        kernel: image.kernel, initrd: image.initrd, cmdline: try image.portableCmdline(), machine: image.machine,
        root: root)
      return (files, image.directory.description)
    }
    let machine = try MachineFiles.unpack(
      locator.locate(reference), platform: ImageFlags.platform(invocation), to: directory / "image")
    let name = "\(machine.source): \(MachineLabels.descriptionPath.absolute)"
    let description = try machine.description.map {
      try MachineDescription(json: JSONParser.parse($0, name: name))
    }
    return (
      BootFiles(kernel: machine.kernel, initrd: machine.initrd, cmdline: machine.cmdline, machine: description),
      machine.source
    )
  }
}
