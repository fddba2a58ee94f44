internal import Kernel
internal import PackCore

/// `packc kernel build` and `packc kernel config`.
enum KernelBuildCommand {
  private static let choosing = [
    Flag("version", value: "6.1|6.12", help: "which of Debian's kernels (default: 6.1)"),
    Flag("platform", value: "OS/ARCH", help: "linux/amd64 or linux/arm64 (default: linux/amd64)"),
    Flag("profile", value: "default|tiny|FILE", help: "which options (default: default)"),
    Flag("need", value: "NEED[,NEED]", repeats: true, help: "tiny: the program needs this, whatever is known of it"),
    Flag("without", value: "NEED[,NEED]", repeats: true, help: "tiny: and not this"),
  ]
  private static let details = """
    Profile default has what programs of the usual languages need; tiny has what one program on packc's machine needs,
    and is for the project here (or in DIR), which `packc build` has built. Needs: \(KernelNeed.allCases.sorted().map(\.rawValue).joined(separator: ", ")).
    See docs/kernels.md.
    """

  static let build = CommandDefinition(
    "kernel build", summary: "build a kernel from Debian's source", operands: "[DIR]", count: 0...1,
    flags: choosing + [
      Flag("default", help: "use it for builds that name no other"),
      Flag("explain", help: "print the options and their reasons, and build nothing"),
    ],
    details: "Minutes the first time; the same again compiles nothing. Nothing is installed.\n" + details
  ) { invocation in
    let configuration = try configuration(invocation)
    guard !invocation.has("explain") else { return try explain(configuration, invocation) }
    let outcome = try KernelBuilder(invocation.context, reporter: invocation.reporter).build(configuration)
    let catalog = KernelCatalog(cache: try invocation.context.cacheDirectory())
    if invocation.has("default") { try catalog.setDefault(outcome.kernel) }
    // Builds for another platform have no other kernel to fall back on.
    if outcome.kernel.manifest.architecture != Platform.host.architecture {
      try catalog.setFirstDefault(outcome.kernel)
    }
    var row = KernelText.row(outcome.kernel, defaults: try catalog.defaults())
    if case .object(var fields) = row {
      fields["reused"] = .bool(outcome.isReused)
      row = .object(fields)
    }
    try invocation.output.write(row) {
      let manifest = outcome.kernel.manifest
      return "\(manifest.name) \(outcome.kernel.digest)\n\(manifest.release), \(ByteText.text(manifest.kernel.size))"
        + (outcome.isReused ? ", built before\n" : "\n")
    }
    return .done
  }

  static let config = CommandDefinition(
    "kernel config", summary: "print the options of a kernel, and why each", operands: "[DIR]", count: 0...1,
    flags: choosing, details: "What it prints is a profile, to begin one of your own with.\n" + details
  ) { invocation in
    try explain(try configuration(invocation), invocation)
  }

  // MARK: - Choosing

  private static func configuration(_ invocation: Invocation) throws -> KernelConfiguration {
    let profile = try KernelProfile.find(
      invocation.string("profile") ?? "default", in: invocation.context.workingDirectory)
    let (asked, refused) = (try needs("need", invocation), try needs("without", invocation))
    guard profile.isForProgram else {
      guard asked.isEmpty, refused.isEmpty, invocation.operands.isEmpty else {
        throw Failure(
          "wrong_usage", "the profile \(profile.name) is for every program; a project, --need and --without are tiny's",
          hint: "add --profile tiny, or write a profile of your own (docs/kernels.md)", exit: .usage)
      }
      return KernelConfiguration(
        profile, version: try version(invocation), platform: try platform(invocation), needs: nil)
    }
    let facts = try facts(invocation)
    return KernelConfiguration(
      profile, version: try version(invocation), platform: try platform(invocation),
      needs: try ProgramNeeds(facts, asked: asked, refused: refused))
  }

  /// Nil when a person has said all of it.
  private static func facts(_ invocation: Invocation) throws -> ProgramFacts? {
    let project = invocation.project()
    let isSaid = invocation.has("need") && invocation.operands.isEmpty
    if isSaid, !FileSystem.exists(project / ".packc/build.json") { return nil }
    let facts = try BuiltProgram.facts(in: project)
    invocation.reporter.note("for the program \(facts.name)")
    return facts
  }

  private static func platform(_ invocation: Invocation) throws -> Platform {
    try invocation.string("platform").map(BuildFlags.platform) ?? Platform(architecture: .amd64)
  }

  private static func version(_ invocation: Invocation) throws -> KernelVersion {
    guard let text = invocation.string("version") else { return .v6_1 }
    if let version = KernelVersion(rawValue: text) { return version }
    let known = KernelVersion.allCases.map(\.rawValue)
    throw Failure(
      "unknown_kernel_version", "there is no kernel version \"\(text)\" here",
      hint: Suggestion.question(for: text, in: known) ?? "write --version \(known.joined(separator: " or "))",
      exit: .usage)
  }

  private static func needs(_ flag: String, _ invocation: Invocation) throws -> [KernelNeed] {
    let words = invocation.strings(flag).flatMap { $0.split(separator: ",").map(String.init) }
    return try words.filter { $0 != "nothing" }.map { word in
      if let need = KernelNeed(rawValue: word) { return need }
      let known = KernelNeed.allCases.map(\.rawValue).sorted()
      throw Failure(
        "unknown_need", "--\(flag) \(word): no kernel option serves such a need",
        hint: Suggestion.question(for: word, in: known) ?? "the needs are \(known.joined(separator: ", "))",
        exit: .usage)
    }
  }

  // MARK: - Explaining

  private static func explain(_ configuration: KernelConfiguration, _ invocation: Invocation) throws -> ExitCode {
    let differences = configuration.profile.name == "default" ? [] : try configuration.differences()
    try invocation.output.write(json(configuration, differences)) {
      var text =
        "# \(configuration.kernelName): Linux \(configuration.version.rawValue), profile \(configuration.profile.name)\n"
      text += TextTable.lines(
        configuration.options.map { [$0.line, $0.reason.isEmpty ? "" : "# \($0.reason)"] })
      guard !differences.isEmpty else { return text }
      text += "\n# Other than in default:\n"
      return text
        + TextTable.lines(
          differences.map { ["# \($0.name)", "\($0.standard ?? "–") → \($0.value ?? "n")", $0.reason] })
    }
    return .done
  }

  private static func json(
    _ configuration: KernelConfiguration, _ differences: [KernelConfiguration.Difference]
  ) -> JSONValue {
    [
      "name": .string(configuration.kernelName), "version": .string(configuration.version.rawValue),
      "profile": .string(configuration.profile.name),
      "options": .array(
        configuration.options.map {
          ["name": .string($0.name), "value": .string($0.value), "reason": .string($0.reason)]
        }),
      "differences": .array(
        differences.map {
          JSONValue(compact: [
            "name": .string($0.name), "default": $0.standard.map(JSONValue.string),
            "value": $0.value.map(JSONValue.string), "reason": .string($0.reason),
          ])
        }),
    ]
  }
}
