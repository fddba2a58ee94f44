internal import Images
internal import OCI
internal import PackCore

/// `packc why`: what put a file into an image.
enum WhyCommand {
  static let definition = CommandDefinition(
    "why", summary: "say why a file is in the image: layer, step, package, who needs it, size",
    operands: "/PATH [DIR|IMAGE]", count: 1...2, flags: [ImageFlags.platform] + RegistryFlags.connection,
    details: """
      Without DIR or IMAGE: the last build of the project here. Of an image that was built elsewhere the step is not known:
      that is written in the build's own .packc/build.json.

      """ + ImageFlags.references
  ) { invocation in
    let (image, knowledge, build) = try image(invocation)
    let finder = ReasonFinder(
      image: image, knowledge: knowledge, build: build,
      temporary: try invocation.context.cacheDirectory() / "run")
    let found = try finder.find(invocation.operands[0])
    try invocation.output.write(found.json) { found.text }
    return .done
  }

  private typealias Subject = (image: SingleImage, knowledge: ImageSnapshot.Knowledge, build: JSONValue?)

  /// A directory with a build in it, or an image.
  private static func image(_ invocation: Invocation) throws -> Subject {
    let platform = try ImageFlags.platform(invocation)
    let operand = invocation.operands.dropFirst().first
    let project = operand.map(invocation.path) ?? invocation.context.workingDirectory
    guard operand == nil || FileSystem.isDirectory(project / ".packc") else {
      let side = try ImageFlags.side(
        operand ?? "", invocation, try ImageFlags.projectImages(invocation), platform)
      return (side.image, side.knowledge, nil)
    }
    var context = invocation.context
    context.workingDirectory = project
    let located = try ImageLocator(context).locate(nil)
    let image = try SingleImage.open(located.source, platform: platform)
    let images = try ProjectImages(project: project, cache: context.cacheDirectory())
    let build = try FileSystem.readIfPresent(project / ".packc/build.json", limit: 256 << 20)
    return (
      image, try images.knowledge(of: image.descriptor.digest) ?? .beside(image),
      try build.map {
        try JSONParser.parse($0, name: "build.json", limits: JSONParser.Limits(bytes: 256 << 20, depth: 64))
      }
    )
  }
}
