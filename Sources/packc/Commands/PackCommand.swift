internal import PackCore
internal import Packs

/// `packc pack …`: the packs that are there, and whether one keeps to the protocol.
enum PackCommand {
  private static let places = Flag("packs", value: "DIR", repeats: true, help: "a directory of packs, searched first")

  static let list = CommandDefinition(
    "pack list", summary: "show the packs, what masks what, and what is left out", flags: [places],
    details: "No pack is started. A pack that cannot be used is shown with its reason, and is no failure."
  ) { invocation in
    let catalog = try catalog(invocation)
    try invocation.output.write(catalog.json) { catalog.text }
    return .done
  }

  static let show = CommandDefinition(
    "pack show", summary: "show what a pack looks for, takes and needs", operands: "NAME", count: 1...1,
    flags: [places, Flag("probe", help: "start its toolchains to ask their versions")],
    details: "Nothing is started but with --probe; the pack itself never."
  ) { invocation in
    let pack = try catalog(invocation).named(invocation.operands[0])
    let description = pack.description(invocation.context, probes: invocation.has("probe"))
    try invocation.output.write(description.json) { description.text }
    return .done
  }

  /// Without the warnings of a load: what they would say is part of the result.
  private static func catalog(_ invocation: Invocation) throws -> PackCatalog {
    let context = invocation.context
    let host = PackHost(
      context: context, installation: try Installation.find(from: context.executable),
      cache: try context.cacheDirectory(), reporter: .silent)
    return try host.load(extraPlaces: invocation.strings("packs").map(invocation.path))
  }
}
