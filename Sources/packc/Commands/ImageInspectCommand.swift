internal import Images
internal import OCI
internal import PackCore

/// `packc image inspect`.
enum ImageInspectCommand {
  static let definition = CommandDefinition(
    "image inspect", summary: "show what an image says of itself", operands: "[IMAGE]", count: 0...1,
    flags: [
      ImageFlags.platform, Flag("raw", help: "print the manifest or index itself, as its digest names it"),
      Flag("config", help: "print the config itself, as its digest names it"),
    ],
    details: ImageFlags.ownBuild + ImageFlags.references
  ) { invocation in
    let image = try ImageFlags.locator(invocation).locate(invocation.operands.first)
    let platform = try ImageFlags.platform(invocation)
    if invocation.has("raw"), invocation.has("config") {
      throw Failure("wrong_usage", "--raw and --config exclude each other", hint: "ask for one at a time", exit: .usage)
    }
    if invocation.has("raw") {
      var document = try image.source.root()
      if let platform {
        document = try PlatformChoice.manifest(of: document, in: image.source, platform: platform)
      }
      try StandardOutput.write(document.bytes)
    } else if invocation.has("config") {
      try StandardOutput.write(SingleImage.open(image.source, platform: platform).configBytes)
    } else {
      let inspection = try ImageInspection(image, platform: platform)
      try invocation.output.write(inspection.json) { inspection.text }
    }
    return .done
  }
}
