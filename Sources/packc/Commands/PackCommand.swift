internal import Config
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

  static let test = CommandDefinition(
    "pack test", summary: "check a pack against the protocol", operands: "PATH", count: 1...1,
    details: """
      PATH is the pack's directory. It is tried on the projects in its directory test, and on --project DIR; without any,
      much cannot be checked, and that is a failure. The pack runs outside of the sandbox: test only packs that you trust.
      What each check is: docs/pack-protocol.md. Exit code 0 when all pass, 1 otherwise.
      """
  ) { invocation in
    let context = invocation.context
    let suite = ConformanceSuite(
      context: context, installation: try Installation.find(from: context.executable), configuration: configuration)
    let report = try suite.run(
      invocation.typedPath(invocation.operands[0]),
      project: invocation.has("project") ? context.workingDirectory : nil)
    try invocation.output.write(report.json) { report.text }
    return report.passed ? .done : .failed
  }

  /// `unik.yaml` of a sample.
  @Sendable private static func configuration(_ project: HostPath) throws -> JSONValue? {
    guard let bytes = try FileSystem.readIfPresent(project / UnikFile.fileName, limit: 2 << 20) else { return nil }
    return try UnikFile.parse(bytes: bytes, path: UnikFile.fileName).json
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
