internal import Images
internal import OCI
internal import PackCore
internal import Registry

/// `packc image push`: to a registry.
enum ImagePushCommand {
  static let definition = CommandDefinition(
    "image push", summary: "send an image to a registry", operands: "[IMAGE] HOST/REPOSITORY[:TAG]", count: 0...2,
    flags: [ImageFlags.platform, ImageFlags.withoutReferrers] + RegistryFlags.connection,
    details: """
      Without IMAGE: the store's image of the destination's name, or else what `packc build` left in this project. What
      the registry has already is not sent.
      """ + "\n" + ImageFlags.references
  ) { invocation in
    let project = invocation.context.workingDirectory
    let operands = try PushOperands(invocation.operands, project: project)
    let image = try operands.open(ImageFlags.locator(invocation), project: project)
    var push = ImagePush(try RegistryFlags.registries(invocation), reporter: invocation.reporter)
    push.platform = try ImageFlags.platform(invocation)
    push.includesReferrers = !invocation.has("no-referrers")
    let result = try push.run(image, to: operands.destination)
    try invocation.output.write(result.json) {
      let tally = result.tally
      return "\(result.reference.storeName)\n\(result.summary.root.digest)\n"
        + "\(tally.sent) blobs sent (\(ByteText.text(tally.sentBytes))), \(tally.mounted) mounted, "
        + "\(tally.present) there already; from \(result.source)\n"
    }
    return .done
  }
}
