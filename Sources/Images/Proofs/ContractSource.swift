public import Contract
public import OCI
public import PackCore

/// Finds the contract that a person names: of the project's last build, a file, an entry of the ledger, an image.
public struct ContractSource {
  private let locator: ImageLocator
  public let ledger: Ledger
  private let project: HostPath

  /// - Parameter project: the directory whose build and ledger are meant.
  public init(_ locator: ImageLocator, project: HostPath) throws {
    self.locator = locator
    self.project = project
    ledger = try Self.ledger(of: project, locator.context)
  }

  /// By the project's directory.
  public static func ledger(of project: HostPath, _ context: HostContext) throws -> Ledger {
    Ledger(directory: try context.stateDirectory() / "proofs" / String(Digest(of: project.bytes).hex.prefix(32)))
  }

  /// What was found, and what to call it.
  public struct Found: Sendable {
    public let name: String
    public let document: ContractDocument
    /// Of the image that it is about, where that is known.
    public let image: Digest?
  }

  /// - Parameter text: nil for the last build's; a path of a file; `HEAD`, `HEAD~N` or digits of a digest of the ledger; a
  ///   reference of an image.
  /// - Throws: `no_contract`, and what reading it throws.
  public func find(_ text: String?) throws -> Found {
    guard let text else { return try ownBuild() }
    let path = (locator.context.workingDirectory / text).lexicallyNormalized
    if try FileSystem.target(path)?.kind == .file, !ImageLocator.looksLikeArchive(text) {
      return Found(name: text, document: try Self.document(path), image: nil)
    }
    let contents = try ledger.read()
    if text.hasPrefix("HEAD") || (!contents.entries.isEmpty && Self.isDigits(text)) {
      do {
        let entry = try ledger.find(text, in: contents)
        return Found(name: text, document: try ledger.document(of: entry), image: entry.image)
      } catch let failure as Failure where failure.code == "no_proof" && !text.hasPrefix("HEAD") {}
    }
    return try image(text)
  }

  private static func isDigits(_ text: String) -> Bool {
    let digits = text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]
    return digits.utf8.count >= 6
      && digits.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static func document(_ path: HostPath) throws -> ContractDocument {
    try ContractDocument(
      parsing: FileSystem.read(path, limit: ContractDocument.sizeLimit), name: path.description)
  }

  private func ownBuild() throws -> Found {
    let path = project / ".packc/contract.json"
    guard FileSystem.exists(path) else { throw ImagesFailure.notBuilt(project) }
    return try Self.built(in: project / ".packc")
  }

  /// What a build left in its output directory: the contract that its image names.
  ///
  /// - Throws: `wrong_contract`.
  public static func built(in output: HostPath) throws -> Found {
    let path = output / "contract.json"
    let document = try document(path)
    // Without an image nobody says which contract it should be.
    guard FileSystem.exists(output / "image/oci-layout") else {
      return Found(name: "the last build", document: document, image: nil)
    }
    let image = try SingleImage.open(LayoutSource(layout: output / "image"))
    if let stated = image.config.labels["\(ContractDocument.labelPrefix).digest"].flatMap({ Digest($0) }),
      stated != document.digest
    {
      throw ImagesFailure.wrongContract(path.description, stated)
    }
    return Found(name: "the last build", document: document, image: image.descriptor.digest)
  }

  private func image(_ text: String) throws -> Found {
    let source = try locator.locate(text).source
    let image = try SingleImage.open(source)
    return Found(name: text, document: try Self.document(of: image), image: image.descriptor.digest)
  }

  /// The contract that lies beside an image, checked against the digest that the image itself names: whoever can lay
  /// something beside it cannot give it another contract.
  /// - Throws: `no_contract`, `wrong_contract`.
  public static func document(of image: SingleImage) throws -> ContractDocument {
    let name = image.source.name
    guard let expected = image.config.labels["\(ContractDocument.labelPrefix).digest"].flatMap({ Digest($0) }) else {
      throw ImagesFailure.noContract(name, "it was not built by packc")
    }
    let statements = try SignatureReader(image.source).statements(of: image.descriptor.digest)
    let found = try statements.compactMap { try ContractDocument($0, name: name) }
    guard !found.isEmpty else { throw ImagesFailure.noContract(name, "no facts lie beside it") }
    guard let document = found.first(where: { $0.digest == expected }) else {
      throw ImagesFailure.wrongContract(name, expected)
    }
    return document
  }
}
