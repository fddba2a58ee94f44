internal import Config
internal import Contract
internal import Images
internal import OCI
internal import PackCore

/// `packc image verify`.
enum ImageVerifyCommand {
  static let definition = CommandDefinition(
    "image verify", summary: "read every byte of an image and compare it with what it says", operands: "[IMAGE]",
    count: 0...1,
    flags: [
      Flag("key", value: "FILE", repeats: true, help: "this public key (PEM) must have signed the image"),
      Flag("policy", value: "FILE", help: "what the image has to be (YAML; see docs/images.md)"),
      ImageFlags.platform,
    ] + RegistryFlags.connection,
    details: """
      Digests and sizes of everything, the layers' archives, the config, and what refers to the image; of the project here
      also whether contract, SBOM and provenance in .packc are what lies beside the image. Exit 65 when something is wrong; --json lists all of it. Signatures are judged with --key or --policy only: exit 51 when one that
      is needed is missing. Use the digest that is printed, not the name: a name may mean another image tomorrow.

      """ + ImageFlags.ownBuild + ImageFlags.references
  ) { invocation in
    let image = try ImageFlags.locator(invocation).locate(invocation.operands.first)
    let platform = try ImageFlags.platform(invocation)
    let policy = try policy(invocation)
    var found = try ImageVerifier.verify(image.source, platform: platform, reporter: invocation.reporter)
    if invocation.operands.isEmpty {
      try found.compare(output: invocation.context.workingDirectory / ".packc", with: image.source)
    }
    if let failure = found.failure { throw failure }
    let judged = try policy.map { try PolicyCheck($0, image.source, found, platform: platform) }
    if let failure = judged?.failure { throw failure }
    try invocation.output.write(judged?.json(found.json) ?? found.json) { found.text + (judged?.text ?? "") }
    return .done
  }

  /// Keys on the command line are signers, each of which is needed.
  private static func policy(_ invocation: Invocation) throws -> PolicyCheck.Policy? {
    let given = try invocation.strings("key").map { text in
      SignatureCheck.Signer(name: text, key: try KeyFlags.publicKey(invocation.path(text)))
    }
    guard let path = invocation.path(flag: "policy") else {
      return given.isEmpty ? nil : PolicyCheck.Policy(signers: given, needed: given.count)
    }
    let file = try PolicyFile.parse(bytes: FileSystem.read(path, limit: 1 << 20), path: path.description)
    let named = try file.signers.map { signer in
      SignatureCheck.Signer(name: signer.name, key: try KeyFlags.publicKey(path.parent / signer.key))
    }
    return PolicyCheck.Policy(
      signers: given + named, needed: given.count + (file.atLeast ?? named.count),
      facts: file.facts.map { FactDemand(id: $0.id, within: $0.within, closed: $0.closed, level: $0.level) },
      baseline: try baseline(file, below: path.parent))
  }

  private static func baseline(
    _ file: PolicyFile, below directory: HostPath
  ) throws -> (document: ContractDocument, atMost: Verdict)? {
    guard let baseline = file.baseline, let limit = file.atMost.flatMap(Verdict.init(rawValue:)) else { return nil }
    let path = (directory / baseline).lexicallyNormalized
    let bytes = try FileSystem.read(path, limit: ContractDocument.sizeLimit)
    return (try ContractDocument(parsing: bytes, name: path.description), limit)
  }
}
