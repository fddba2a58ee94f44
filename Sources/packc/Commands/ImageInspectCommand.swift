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
      Flag("documents", help: "read no layer, so that packages are not shown"),
      Flag("all", help: "every package, not the largest alone"),
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
      let packages = invocation.has("documents") ? nil : try packages(image, platform, invocation)
      try invocation.output.write(packages?.added(to: inspection.json) ?? inspection.json) {
        inspection.text + (packages?.text(all: invocation.has("all")) ?? "")
      }
    }
    return .done
  }

  /// An image whose layers cannot be read still has documents to show.
  private static func packages(
    _ image: LocatedImage, _ platform: ImagePlatform?, _ invocation: Invocation
  ) throws -> PackageSizes? {
    do {
      let opened = try SingleImage.open(image.source, platform: platform)
      let knowledge = try ImageFlags.projectImages(invocation).knowledge(of: opened.descriptor.digest)
      return PackageSizes(try ImageSnapshot.read(opened, name: image.name, knowledge: knowledge ?? .init()))
    } catch let failure as Failure where !failure.isInterruption {
      invocation.reporter.warn("packages are not shown: \(failure.message)", hint: failure.hint)
      return nil
    }
  }
}
