internal import Images
internal import OCI
internal import PackCore

/// `packc image inspect`.
enum ImageInspectCommand {
  static let definition = CommandDefinition(
    "image inspect", summary: "show what an image says of itself", operands: "[IMAGE]", count: 0...1,
    flags: [
      ImageFlags.platform, Flag("no-files", help: "do not read the layers: neither owners nor the largest files"),
      Flag("raw", help: "print the manifest or index itself, as its digest names it"),
      Flag("config", help: "print the config itself, as its digest names it"),
    ] + RegistryFlags.connection,
    details: "Of an image in a registry, no layer is read.\n" + ImageFlags.ownBuild + ImageFlags.references
  ) { invocation in
    let platform = try ImageFlags.platform(invocation)
    if invocation.has("raw"), invocation.has("config") {
      throw Failure("wrong_usage", "--raw and --config exclude each other", hint: "ask for one at a time", exit: .usage)
    }
    let image = try ImageFlags.locator(invocation).locate(invocation.operands.first)
    if invocation.has("raw") {
      var document = try image.source.root()
      if let platform {
        document = try PlatformChoice.manifest(of: document, in: image.source, platform: platform)
      }
      try StandardOutput.write(document.bytes)
    } else if invocation.has("config") {
      try StandardOutput.write(SingleImage.open(image.source, platform: platform).configBytes)
    } else {
      var inspection = try ImageInspection(image, platform: platform)
      if !image.isRemote, !invocation.has("no-files") {
        let knowledge = try ImageFlags.projectImages(invocation).knowledge(of: inspection.digest)
        inspection.contents = ImageContents(
          try ImageSnapshot.read(
            inspection.image, name: inspection.source, knowledge: try knowledge ?? .beside(inspection.image)))
      }
      try invocation.output.write(inspection.json) { inspection.text }
    }
    return .done
  }
}
