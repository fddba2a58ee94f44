internal import Contract
internal import Glibc
internal import Images
internal import PackCore

/// `packc proofs`: what is known of the project's images, release by release.
enum ProofsCommand {
  private static let places = """
    A contract is that of the last build here (without one), a file, HEAD or HEAD~N or digits of a digest of the ledger, or
    an image (see `packc image inspect --help`).
    """

  static let list = CommandDefinition(
    "proofs list", summary: "show the ledger of this project's releases and deployments",
    flags: [Flag("key", value: "FILE", help: "fail unless all of it is signed by this public key")],
    details: "The chain is checked from its first line. It lies in $XDG_STATE_HOME/packc/proofs."
  ) { invocation in
    let contents = try source(invocation).ledger.read()
    warn(contents, invocation)
    if let key = invocation.path(flag: "key") { try demandSignature(contents, KeyFlags.publicKey(key), key) }
    try invocation.output.write([
      "entries": .array(contents.entries.map(line)), "torn_bytes": .integer(Int64(contents.tornBytes)),
      "signed_entries": .integer(Int64(contents.head?.entries ?? 0)),
    ]) {
      guard !contents.entries.isEmpty else {
        return "nothing yet; `packc deploy` writes each deployment down, `packc proofs record` a release\n"
      }
      let count = contents.entries.count
      return TextTable.lines(
        contents.entries.enumerated().reversed().map { position, entry in
          let back = count - 1 - position
          return [
            back == 0 ? "HEAD" : "HEAD~\(back)", entry.event.rawValue, TerminalText.safe(entry.name),
            entry.contract.short, entry.image?.short ?? "-", entry.verdict.rawValue, day(entry.time),
          ]
        })
    }
    return .done
  }

  static let show = CommandDefinition(
    "proofs show", summary: "show a contract", operands: "[CONTRACT]", count: 0...1, flags: RegistryFlags.connection,
    details: places
  ) { invocation in
    let found = try source(invocation).find(invocation.operands.first)
    try invocation.output.write(found.document.json) { ContractText.text(found.document) }
    return .done
  }

  static let diff = CommandDefinition(
    "proofs diff", summary: "compare two contracts and judge the change", operands: "[BEFORE [AFTER]]", count: 0...2,
    flags: [
      Flag("baseline", value: "FILE|REF", help: "what to compare with: BEFORE by another name, for CI"),
      Flag(
        "fail-on", value: "VERDICT", help: "exit 2 at this verdict or a worse one: breaking, review_required, …"),
      Flag("format", value: "text|md|svg", help: "default: text"),
    ] + RegistryFlags.connection,
    details:
      "Without BEFORE: HEAD of the ledger; without AFTER: the last build here. A BEFORE that is not there is the "
      + "verdict none.\n" + places
  ) { invocation in
    let source = try source(invocation)
    guard invocation.string("baseline") == nil || invocation.operands.count < 2 else {
      throw Failure(
        "wrong_usage", "--baseline stands for BEFORE", hint: "give either two contracts, or --baseline and one",
        exit: .usage)
    }
    let names = [invocation.string("baseline")].compactMap { $0 } + invocation.operands
    let after = try source.find(names.count > 1 ? names[1] : nil)
    let before = try names.first.map { try source.find($0) } ?? head(source)
    let comparison = ContractComparison(before: before?.document, after: after.document)
    var answer = comparison.json.object ?? [:]
    answer["baseline"] = before.map { JSONValue($0.document.digest) } ?? .null
    answer["contract"] = JSONValue(after.document.digest)
    let format = try word(invocation, "format", ["text", "md", "svg"]) ?? "text"
    try invocation.output.write(.object(answer)) {
      format == "md" ? comparison.markdown : format == "svg" ? comparison.svg : comparison.text
    }
    let limit = try word(invocation, "fail-on", Verdict.allCases.dropFirst().map(\.rawValue)).flatMap {
      Verdict(rawValue: $0)
    }
    return limit.map { comparison.verdict >= $0 } == true ? .drift : .done
  }

  static let record = CommandDefinition(
    "proofs record", summary: "write the last build into the ledger as a release",
    flags: [Flag("name", value: "NAME", help: "whose release it is (default: the image's name)")] + KeyFlags.signing,
    details: """
      Each line has the digest of the line before. A last line that was cut is taken away first. With a key the ledger is
      signed up to its new line.
      """
  ) { invocation in
    let key = try ["key", "key-command"].contains(where: invocation.has) ? KeyFlags.signingKey(invocation) : nil
    let source = try source(invocation)
    let found = try source.find(nil)
    let name = try invocation.string("name") ?? ownName(invocation)
    let (entry, repaired) = try source.ledger.append(
      .release, name: name, image: found.image, found.document, time: Int64(time(nil)))
    if let key { try source.ledger.signHead(with: key) }
    if repaired { invocation.reporter.warn("the ledger's last line had been cut, and was taken away") }
    try invocation.output.write(line(entry)) {
      "\(TerminalText.safe(name))  \(entry.contract)  \(entry.verdict.rawValue)\n"
    }
    return .done
  }

  static let sign = CommandDefinition(
    "proofs sign", summary: "sign the ledger as it is", flags: KeyFlags.signing,
    details: "What is added later is not signed: `packc proofs list --key FILE` says so."
  ) { invocation in
    let key = try KeyFlags.signingKey(invocation)
    let ledger = try source(invocation).ledger
    try ledger.signHead(with: key)
    let count = try ledger.read().head?.entries ?? 0
    try invocation.output.write(["signed_entries": .integer(Int64(count))]) { "\(count) entries are signed\n" }
    return .done
  }

  static let export = CommandDefinition(
    "proofs export", summary: "print a contract for people, pages or machines", operands: "[CONTRACT]", count: 0...1,
    flags: [
      Flag(
        "format", value: "md|svg|json", help: "default: md; json, also with --json, is what packc.contract.json holds")
    ]
      + RegistryFlags.connection,
    details: "svg is a badge: the verdict against HEAD of the ledger." + places
  ) { invocation in
    let stated = try word(invocation, "format", ["md", "svg", "json"])
    let format = stated ?? (invocation.output.json ? "json" : "md")
    guard !invocation.output.json || format == "json" else {
      throw Failure("wrong_usage", "--json and --format \(format) exclude each other", exit: .usage)
    }
    let source = try source(invocation)
    let found = try source.find(invocation.operands.first)
    switch format {
    case "json": try StandardOutput.write(CanonicalJSON.encodePretty(found.document.json))
    case "svg":
      try StandardOutput.write(
        Array(ContractComparison(before: head(source)?.document, after: found.document).svg.utf8))
    default: try StandardOutput.write(Array(ContractText.markdown(found.document).utf8))
    }
    return .done
  }

  // MARK: Parts

  private static func source(_ invocation: Invocation) throws -> ContractSource {
    try ContractSource(ImageFlags.locator(invocation), project: invocation.context.workingDirectory)
  }

  private static func head(_ source: ContractSource) throws -> ContractSource.Found? {
    try source.ledger.read().entries.isEmpty ? nil : source.find("HEAD")
  }

  private static func warn(_ contents: Ledger.Contents, _ invocation: Invocation) {
    guard contents.tornBytes > 0 else { return }
    invocation.reporter.warn(
      "the ledger ends in \(contents.tornBytes) bytes of a line that was cut; the next entry takes them away")
  }

  private static func demandSignature(_ contents: Ledger.Contents, _ key: PublicKey, _ file: HostPath) throws {
    func fail(_ what: String, _ hint: String) -> Failure {
      Failure("unsigned_ledger", what, hint: hint, exit: .badInput)
    }
    let count = contents.entries.count
    guard let head = contents.head else {
      throw fail("nobody has signed the ledger", "`packc proofs sign --key FILE` signs all of it")
    }
    guard head.isSigned(by: key) else {
      throw fail("the ledger is signed, but not by the key of \(file)", "find out who else has signed")
    }
    guard head.entries == count else {
      throw fail(
        "the ledger is signed up to entry \(head.entries) of \(count)",
        "`packc proofs list` shows the others; whoever can write the file may have added them")
    }
  }

  /// The name that the build gave its image.
  static func ownName(_ invocation: Invocation) throws -> String {
    try ImageFlags.locator(invocation).locate(nil).names.first ?? "app"
  }

  private static func line(_ entry: Ledger.Entry) -> JSONValue {
    var object = entry.json.object ?? [:]
    object["digest"] = JSONValue(entry.digest)
    return .object(object)
  }

  private static func day(_ time: Int64) -> String { CalendarDate(daysSince1970: time / 86_400).description }

  private static func word(_ invocation: Invocation, _ flag: String, _ words: [String]) throws -> String? {
    guard let text = invocation.string(flag) else { return nil }
    guard words.contains(text) else {
      throw Failure(
        "wrong_usage", "--\(flag) \(text): expected one of \(words.joined(separator: ", "))",
        hint: Suggestion.question(for: text, in: words), exit: .usage)
    }
    return text
  }
}
