internal import Build
internal import Images
internal import OCI
internal import PackCore

/// `packc verify`: is the image the same on every host?
enum VerifyCommand {
  private static let own = [
    Flag(
      "only", value: "NAME,…", repeats: true,
      help: "vary these alone: \(Variation.allCases.map(\.rawValue).joined(separator: ", "))"),
    Flag("strict", help: "fail also for what packc's sandbox holds: hosts without bubblewrap have to agree"),
    Flag("sandboxed", help: "vary only what can differ between hosts whose steps run in packc's sandbox"),
    Flag("cold", help: "let compilers start with empty caches, also where those cannot hide anything"),
    Flag("source", value: "DIR", help: "the operand is an image: rebuild it from this project, and say yes or no"),
    Flag("report", value: "FILE", help: "write the answer as a page (FILE.html) or as JSON (FILE.json), too"),
  ]

  /// Those of `build` that say what is built, not where it goes.
  private static let building = BuildFlags.all.filter {
    !["tag", "output", "no-cache", "explain", "no-oci", "locked", "no-debug-symbols"].contains($0.name)
  }

  static let definition = CommandDefinition(
    "verify", summary: "build twice under different conditions, and explain what differs",
    operands: "[DIR|IMAGE --source DIR]",
    count: 0...1, flags: own + building + RegistryFlags.connection,
    details: """
      The second build has another directory, home, user, host name, locale, time zone, umask, number of CPUs, clock and
      order of files. Image, machine and statements are compared byte by byte; exit 50 when they differ, with the condition
      that makes the difference, the first place down to the byte, and what to change. The project, its .packc and the
      images of the store stay as they are.

      With --source DIR: builds what the image claims (mode, platform, pack, kernel, compression) out of DIR, once, and
      compares it with the image; exit 0 for yes, 50 for no.
      """
  ) { invocation in
    let report = try report(invocation)
    let found = try invocation.has("source") ? rebuild(invocation) : verify(invocation)
    try report?.write(found)
    try invocation.output.write(found.json) { found.text }
    return found.isIdentical ? .done : .notReproducible
  }

  private static func verify(_ invocation: Invocation) throws -> ReproducibilityReport {
    try BuildVerifier(
      context: invocation.context, request: try BuildFlags.request(invocation), options: try options(invocation),
      reporter: invocation.reporter
    ).verify()
  }

  private static func rebuild(_ invocation: Invocation) throws -> ReproducibilityReport {
    guard let name = invocation.operands.first, let source = invocation.path(flag: "source") else {
      throw Failure(
        "wrong_usage", "--source needs an image: packc verify IMAGE --source DIR", hint: ImageFlags.references,
        exit: .usage)
    }
    var request = try BuildFlags.request(invocation)
    request.project = FileSystem.resolve(source) ?? source
    let image = try SingleImage.open(ImageFlags.locator(invocation).locate(name).source)
    return try ImageRebuild(context: invocation.context, reporter: invocation.reporter)
      .verify(image, name: name, from: request)
  }

  private static func options(_ invocation: Invocation) throws -> BuildVerifier.Options {
    var options = BuildVerifier.Options()
    options.strict = invocation.has("strict")
    options.sandboxed = invocation.has("sandboxed")
    options.cold = invocation.has("cold")
    let names = invocation.strings("only").flatMap { $0.split(separator: ",").map(String.init) }
    guard invocation.has("only") else { return options }
    options.variations = Set(try names.map(variation))
    return options
  }

  private static func variation(_ name: String) throws -> Variation {
    let known = Variation.allCases.map(\.rawValue)
    guard let variation = Variation(rawValue: name) else {
      throw Failure(
        "wrong_usage", "--only \(name): expected some of \(known.joined(separator: ", "))",
        hint: Suggestion.nearest(to: name, in: known).map { "did you mean \($0)?" }, exit: .usage)
    }
    return variation
  }

  /// Where `--report` goes; a wrong name is refused before anything is built.
  private struct ReportFile {
    let path: HostPath
    let isPage: Bool

    func write(_ report: ReproducibilityReport) throws {
      try FileSystem.writeAtomically(isPage ? report.page() : CanonicalJSON.encodePretty(report.json), to: path)
    }
  }

  private static func report(_ invocation: Invocation) throws -> ReportFile? {
    guard let path = invocation.path(flag: "report") else { return nil }
    guard path.name.hasSuffix(".html") || path.name.hasSuffix(".json") else {
      throw Failure(
        "wrong_usage", "--report \(path.name): expected a name that ends in .html or .json", exit: .usage)
    }
    return ReportFile(path: path, isPage: path.name.hasSuffix(".html"))
  }
}
