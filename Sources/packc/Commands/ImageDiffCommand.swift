internal import Images
internal import OCI
internal import PackCore

/// `packc image diff`.
enum ImageDiffCommand {
  static let definition = CommandDefinition(
    "image diff", summary: "show what another image has otherwise: packages, files, settings, facts",
    operands: "[BEFORE AFTER]", count: 0...2,
    flags: [
      Flag("all", help: "every file and package, not the largest changes alone"),
      Flag("exit-code", help: "end with 1 when something differs, as git diff does; without it the code is 0"),
      ImageFlags.platform,
    ],
    details: """
      Without operands: the last build of the project here, and the one before whose image was another.
      With one: that image, and the last build. Times of files are not compared.

      """ + ImageFlags.references
  ) { invocation in
    let platform = try ImageFlags.platform(invocation)
    let images = try ImageFlags.projectImages(invocation)
    let sides = try sides(invocation, images, platform)
    let (before, after) = try ImageSnapshot.pair(sides.0, sides.1)
    let diff = ImageDiff(before, after)
    try invocation.output.write(diff.json) { diff.text(all: invocation.has("all")) }
    return invocation.has("exit-code") && !diff.isEmpty ? .failed : .done
  }

  private static func sides(
    _ invocation: Invocation, _ images: ProjectImages, _ platform: ImagePlatform?
  ) throws -> (ProjectImages.Side, ProjectImages.Side) {
    let named = try invocation.operands.map { try ImageFlags.side($0, invocation, images, platform) }
    switch named.count {
    case 0: return (try images.before(), try images.last())
    case 1: return (named[0], try images.last())
    default: return (named[0], named[1])
    }
  }
}

extension ImageFlags {
  /// The builds of the project here.
  static func projectImages(_ invocation: Invocation) throws -> ProjectImages {
    try ProjectImages(
      project: invocation.context.workingDirectory, cache: try invocation.context.cacheDirectory())
  }

  /// An image that was named, with what this project's builds know of it.
  static func side(
    _ text: String, _ invocation: Invocation, _ images: ProjectImages, _ platform: ImagePlatform?
  ) throws -> ProjectImages.Side {
    let located = try locator(invocation).locate(text)
    let image = try SingleImage.open(located.source, platform: platform)
    return (image, text, try images.knowledge(of: image.document.descriptor.digest) ?? .beside(image))
  }
}
