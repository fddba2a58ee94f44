internal import Config
internal import PackCore
internal import Packs

/// `packc pack wrap`: Cloud Native Buildpacks as a pack of one's own.
enum PackWrapCommand {
  static let definition = CommandDefinition(
    "pack wrap", summary: "make a pack of Cloud Native Buildpacks", operands: "BUILDPACK…", count: 1...64,
    flags: [
      Flag("name", value: "NAME", help: "of the pack; the first buildpack's directory without it"),
      Flag("directory", value: "DIR", help: "the directory of packs that takes it; without it the user's own packs.d"),
    ],
    details: """
      Each BUILDPACK is a directory with buildpack.toml, bin/detect and bin/build; several are one group in the order given,
      or the parts of a composite buildpack among them. They are copied. docs/buildpacks.md says what is supported.
      """
  ) { invocation in
    let directories = invocation.operands.map(invocation.path)
    let name = invocation.string("name") ?? ProjectName(slugifying: directories[0].name)?.description ?? ""
    let place = try invocation.path(flag: "directory") ?? invocation.context.configDirectory() / "packs.d"
    try FileSystem.createDirectory(place)
    let result = try BuildpackWrapper(
      installation: Installation.find(from: invocation.context.executable), place: place, name: name
    ).wrap(directories)
    try invocation.output.write(result.json) {
      let own = invocation.has("directory") ? " --packs \(place)" : ""
      return "\(result.path): \(result.buildpacks.joined(separator: ", "))\n"
        + "next: packc plan DIR --pack \(result.name)\(own)\n"
    }
    return .done
  }
}
