internal import Images
internal import OCI
internal import PackCore

/// `packc image verify`.
enum ImageVerifyCommand {
  static let definition = CommandDefinition(
    "image verify", summary: "read every byte of an image and compare it with what it says", operands: "[IMAGE]",
    count: 0...1, flags: [ImageFlags.platform],
    details: """
      Digests and sizes of everything, the layers' archives, the config, and what refers to the image. Exit 65 when
      something is wrong; --json lists all of it. Signatures are not judged.

      """ + ImageFlags.ownBuild + ImageFlags.references
  ) { invocation in
    let image = try ImageFlags.locator(invocation).locate(invocation.operands.first)
    let found = try ImageVerifier.verify(
      image.source, platform: ImageFlags.platform(invocation), reporter: invocation.reporter)
    if let failure = found.failure { throw failure }
    try invocation.output.write(found.json) { found.text }
    return .done
  }
}
