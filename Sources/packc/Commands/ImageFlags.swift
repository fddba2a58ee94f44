internal import Images
internal import OCI
internal import PackCore
internal import Registry

/// What the commands on images share.
enum ImageFlags {
  static let platform = Flag(
    "platform", value: "OS/ARCH[/VARIANT]", help: "of an index, the image of this platform only")
  static let withoutReferrers = Flag("no-referrers", help: "leave out signatures, SBOMs and other referrers")
  /// Of an export, which is for other tools: some take every manifest of a layout for an image, and refuse two.
  static let withReferrers = Flag(
    "referrers", help: "take signatures, SBOMs, debug symbols and other referrers along")

  static let references = """
    An image is NAME[:TAG] or a digest (its first digits are enough) of packc's store, oci:DIR[:TAG],
    oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], docker://HOST/REPOSITORY[:TAG], or a path of one.
    """
  static let ownBuild = "Without one: what `packc build` made of the project here.\n"

  /// With registries: for `docker://`, and for HOST/REPOSITORY where the store has no such name.
  static func locator(_ invocation: Invocation) throws -> ImageLocator {
    let registries = try RegistryFlags.registries(invocation)
    return try ImageLocator(
      invocation.context,
      registry: RegistryAccess(source: { registries.source($0) }, destination: { registries.destination($0) }))
  }

  static func platform(_ invocation: Invocation) throws -> ImagePlatform? {
    try invocation.string("platform").map { try ImagePlatform(parsing: $0) }
  }

  static func transfer(_ invocation: Invocation) throws -> (ImageLocator, ImageTransfer) {
    let locator = try locator(invocation)
    var transfer = ImageTransfer(locator, reporter: invocation.reporter)
    transfer.platform = try platform(invocation)
    transfer.includesReferrers =
      invocation.command.flags.contains { $0.name == withReferrers.name }
      ? invocation.has(withReferrers.name) : !invocation.has(withoutReferrers.name)
    return (locator, transfer)
  }
}
