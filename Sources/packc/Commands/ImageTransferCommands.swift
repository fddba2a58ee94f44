internal import Images
internal import Kernel
internal import OCI
internal import PackCore

/// `packc image import`, `copy` and `export`.
enum ImageTransferCommands {
  static let importing = CommandDefinition(
    "image import", summary: "take an image into packc's store", operands: "IMAGE", count: 1...1,
    flags: [
      Flag("name", value: "NAME", help: "what the store calls it (default: what it is called where it lies)"),
      ImageFlags.platform, ImageFlags.withoutReferrers,
    ] + RegistryFlags.connection,
    details: "Every digest, every config and every layer is checked before the image has its name.\n"
      + ImageFlags.references
  ) { invocation in
    let (_, transfer) = try ImageFlags.transfer(invocation)
    let outcome = try transfer.importImage(invocation.operands[0], name: invocation.string("name"))
    try invocation.output.write(outcome.json) { outcome.text }
    return .done
  }

  static let copy = CommandDefinition(
    "image copy", summary: "copy an image from anywhere to anywhere", operands: "SOURCE DESTINATION", count: 2...2,
    flags: [ImageFlags.platform, ImageFlags.withoutReferrers] + RegistryFlags.connection,
    details: """
      Documents and blobs keep their bytes, so the copy has the same digests; into docker-archive: layers are repacked.
      A layout that is there keeps its other images. HOST/REPOSITORY[:TAG] as the destination is that registry; blobs that
      it has are not sent, and a further tag moves none.
      """ + "\n" + ImageFlags.references
  ) { invocation in
    let (_, transfer) = try ImageFlags.transfer(invocation)
    let outcome = try transfer.copy(invocation.operands[0], to: invocation.operands[1])
    try invocation.output.write(outcome.json) { outcome.text }
    return .done
  }

  static let export = CommandDefinition(
    "image export", summary: "write an image into a file or a directory", operands: "[IMAGE]", count: 0...1,
    flags: [
      Flag(
        "format", value: formats.joined(separator: "|"), help: "default: oci-archive"),
      Flag("output", short: "o", value: "PATH", help: "where to; - is standard output"),
      Flag("name", value: "NAME", help: "what the export calls it (default: its name here)"),
      ImageFlags.platform, ImageFlags.withReferrers,
    ] + RegistryFlags.connection,
    details: "The same image gives the same bytes, whatever machine, user, directory and time zone.\n"
      + ImageFlags.ownBuild + ImageFlags.references
      + "\n--referrers is for oci-archive and dir; podman load refuses an archive that has them.\n"
      + "kernel+initrd, uki, disk.raw, qcow2, iso, firecracker and cloud-hypervisor are of a machine: of the build here, or "
      + "of an image NAME-vm."
  ) { invocation in
    if let machine = invocation.string("format").flatMap(BootExport.Format.init(rawValue:)) {
      try MachineExport.run(invocation, as: machine)
      return .done
    }
    let (locator, transfer) = try ImageFlags.transfer(invocation)
    let export = ImageExport(locator, transfer)
    let format = try format(invocation)
    let names = invocation.string("name").map { [$0] }
    guard let output = invocation.string("output") else {
      throw Failure(
        "wrong_usage", "image export needs --output PATH", hint: "packc image export --output image.tar", exit: .usage)
    }
    guard output == "-" else {
      let outcome = try export.write(
        invocation.operands.first, as: format, names: names, to: invocation.path(output))
      try invocation.output.write(outcome.json) { outcome.text }
      return .done
    }
    guard format != .directory, format != .rootFilesystem, !invocation.context.standardOutputIsTerminal else {
      throw Failure(
        "wrong_usage", "standard output takes an archive, and is no terminal then",
        hint: "packc image export --output - > image.tar", exit: .usage)
    }
    let outcome = try export.stream(invocation.operands.first, as: format, names: names) {
      try StandardOutput.write(Array($0))
    }
    invocation.reporter.note(outcome.text)
    return .done
  }

  private static let formats = ImageExport.Format.allCases.map(\.rawValue) + BootExport.Format.allCases.map(\.rawValue)

  private static func format(_ invocation: Invocation) throws -> ImageExport.Format {
    guard let text = invocation.string("format") else { return .ociArchive }
    guard let format = ImageExport.Format(rawValue: text) else {
      throw Failure(
        "wrong_usage", "--format \(text): there is no such format",
        hint: Suggestion.question(for: text, in: formats) ?? "write \(formats.joined(separator: ", "))", exit: .usage)
    }
    return format
  }
}
