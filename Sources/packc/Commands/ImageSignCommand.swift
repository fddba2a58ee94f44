internal import Contract
internal import Images
internal import OCI
internal import PackCore

/// `packc image sign` and `attest`.
enum ImageSignCommand {
  private static let place = """
    What is signed lies beside the image, where the image lies, and goes with it into registries and layouts. The image
    keeps its digest.
    """ + "\n"

  static let sign = CommandDefinition(
    "image sign", summary: "sign an image's digest", operands: "[IMAGE]", count: 0...1,
    flags: KeyFlags.signing + [ImageFlags.platform] + RegistryFlags.connection,
    details: place + ImageFlags.ownBuild + ImageFlags.references
  ) { invocation in
    let signer = try signer(invocation)
    let image = try ImageFlags.locator(invocation).locate(invocation.operands.first)
    return try write(signer.sign(image, platform: ImageFlags.platform(invocation)), invocation)
  }

  static let attest = CommandDefinition(
    "image attest", summary: "sign what is said of an image", operands: "[IMAGE]", count: 0...1,
    flags: KeyFlags.signing + [
      Flag("predicate", value: "FILE", help: "say this of the image (JSON)"),
      Flag("type", value: "URI", help: "what kind of statement that is: https://slsa.dev/provenance/v1"),
      ImageFlags.platform,
    ] + RegistryFlags.connection,
    details: "Without --predicate: every statement that lies unsigned beside the image, as `packc build` leaves them.\n"
      + place + ImageFlags.ownBuild + ImageFlags.references
  ) { invocation in
    let signer = try signer(invocation)
    let image = try ImageFlags.locator(invocation).locate(invocation.operands.first)
    let platform = try ImageFlags.platform(invocation)
    switch (invocation.path(flag: "predicate"), invocation.string("type")) {
    case (nil, nil): return try write(signer.attestStatements(image, platform: platform), invocation)
    case (let file?, let type?):
      guard type.contains(":") else {
        throw Failure("wrong_usage", "--type \(type): expected a URI", exit: .usage)
      }
      let predicate = try JSONParser.parse(FileSystem.read(file, limit: 16 << 20), name: file.description)
      return try write(
        signer.attest(image, predicateType: type, predicate: predicate, platform: platform), invocation)
    default:
      throw Failure(
        "wrong_usage", "--predicate and --type belong together", hint: "see `packc image attest --help`", exit: .usage)
    }
  }

  private static func signer(_ invocation: Invocation) throws -> ImageSigner {
    ImageSigner(
      try ImageFlags.locator(invocation), key: try KeyFlags.signingKey(invocation), reporter: invocation.reporter)
  }

  private static func write(_ outcome: ImageSigner.Outcome, _ invocation: Invocation) throws -> ExitCode {
    try invocation.output.write(outcome.json) { outcome.text }
    return .done
  }
}
