internal import Images
internal import OCI
internal import PackCore

/// `packc image pull`: from a registry into the store.
enum ImagePullCommand {
  static let definition = CommandDefinition(
    "image pull", summary: "fetch an image from a registry into the store", operands: "HOST/REPOSITORY[:TAG][@DIGEST]",
    count: 1...1, flags: [ImageFlags.platform, ImageFlags.withoutReferrers] + RegistryFlags.connection,
    details: """
      The image keeps its name and its digest. An image for several platforms comes whole, unless --platform names one.
      A pull that was cut or killed goes on where it was. See also docs/images.md.
      """
  ) { invocation in
    let reference = try PushOperands.registry(invocation.operands[0], in: invocation.context.workingDirectory)
    var pull = ImagePull(
      try RegistryFlags.registries(invocation), into: try ImageFlags.locator(invocation).store,
      reporter: invocation.reporter)
    pull.platform = try ImageFlags.platform(invocation)
    pull.includesReferrers = !invocation.has("no-referrers")
    let result = try pull.run(reference)
    try invocation.output.write(result.json) {
      let summary = result.summary
      return "\(result.name)\n\(summary.root.digest)\n\(summary.copied) blobs fetched "
        + "(\(ByteText.text(summary.copiedBytes))), \(summary.present) there already\n"
    }
    return .done
  }
}
