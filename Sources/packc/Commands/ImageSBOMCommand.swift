internal import Contract
internal import Images
internal import OCI
internal import PackCore

/// `packc image sbom`: what an image is made of, for who keeps such lists.
enum ImageSBOMCommand {
  static let definition = CommandDefinition(
    "image sbom", summary: "print what an image is made of: CycloneDX or SPDX", operands: "[IMAGE]", count: 0...1,
    flags: [Flag("format", value: "cyclonedx|spdx", help: "CycloneDX 1.6 (the default) or SPDX 2.3")]
      + RegistryFlags.connection,
    details: """
      The list is the one that the build laid beside the image. Nothing but a signature says that it still is:
      `packc image attest` makes one, `packc image verify --policy` asks for it.
      \(ImageFlags.ownBuild)\(ImageFlags.references)
      """
  ) { invocation in
    let source = try ImageFlags.locator(invocation).locate(invocation.operands.first).source
    let document = try BillSource.cycloneDX(of: SingleImage.open(source))
    switch invocation.string("format") ?? "cyclonedx" {
    case "cyclonedx": try StandardOutput.write(CanonicalJSON.encodePretty(document))
    case "spdx":
      try StandardOutput.write(CanonicalJSON.encodePretty(BillOfMaterials(cycloneDX: JSONReader(document)).spdx))
    case let other:
      throw Failure(
        "wrong_usage", "--format \(other): expected cyclonedx or spdx",
        hint: Suggestion.question(for: other, in: ["cyclonedx", "spdx"]), exit: .usage)
    }
    return .done
  }
}
