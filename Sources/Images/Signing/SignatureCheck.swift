public import Contract
public import OCI
public import PackCore

/// Compares the signatures beside an image with the keys that a person trusts.
public struct SignatureCheck: Sendable {
  /// A key that may sign, and what the person calls it.
  public struct Signer: Sendable {
    public let name: String
    public let key: PublicKey
    public init(name: String, key: PublicKey) {
      self.name = name
      self.key = key
    }
  }

  /// What one bundle is worth.
  public struct Entry: Sendable {
    public enum Status: String, Sendable {
      /// A signer's signature over a statement about this image.
      case verified
      /// Nobody of the signers has signed it.
      case unknownSigner = "unknown_signer"
      /// Signed by a signer, and about something else.
      case otherSubject = "other_subject"
      case unreadable
    }
    public let artifact: Digest
    public let status: Status
    public let signers: [String]
    /// Of a verified statement.
    public let statement: Statement?
    public let problem: String?
  }

  public let digest: Digest
  public let entries: [Entry]

  /// - Parameter digest: of the manifest or index that has to be signed.
  public init(_ source: any ImageSource, digest: Digest, signers: [Signer]) throws {
    self.digest = digest
    entries = try SignatureReader(source).bundles(of: digest).map { found in
      switch found.bundle {
      case .failure(let failure):
        Entry(
          artifact: found.artifact, status: .unreadable, signers: [], statement: nil, problem: failure.message)
      case .success(let bundle): Self.judge(bundle.envelope, found.artifact, digest, signers)
      }
    }
  }

  /// The payload is looked at only when somebody trusted has signed it.
  private static func judge(
    _ envelope: SignedEnvelope, _ artifact: Digest, _ digest: Digest, _ signers: [Signer]
  ) -> Entry {
    func entry(_ status: Entry.Status, _ names: [String] = [], _ statement: Statement? = nil, _ problem: String? = nil)
      -> Entry
    { Entry(artifact: artifact, status: status, signers: names, statement: statement, problem: problem) }
    let names = signers.filter { envelope.isSigned(by: $0.key) }.map(\.name)
    guard !names.isEmpty else {
      return entry(.unknownSigner, [], nil, "none of its signatures is of the keys that were given")
    }
    guard envelope.payloadType == SignedEnvelope.statementType else {
      return entry(.otherSubject, names, nil, "it signs a \(envelope.payloadType), not a statement about an image")
    }
    do {
      let statement = try Statement(parsing: envelope.payload, name: "statement of \(artifact.short)")
      guard statement.subjects.contains(where: { $0.digest == digest }) else {
        return entry(.otherSubject, names, nil, "it is a statement about another image")
      }
      return entry(.verified, names, statement)
    } catch let failure as Failure {
      return entry(.unreadable, names, nil, failure.message)
    } catch {
      return entry(.unreadable, names, nil, "\(error)")
    }
  }

  public var verified: [Entry] { entries.filter { $0.status == .verified } }

  /// Who has signed something about the image, each once, sorted.
  public var signers: [String] { Set(verified.flatMap(\.signers)).sorted() }

  /// Nil when at least so many of the signers have signed.
  public func failure(needed: Int, of all: [Signer]) -> Failure? {
    guard signers.count < needed else { return nil }
    let missing = all.map(\.name).filter { !signers.contains($0) }
    var reason = entries.isEmpty ? "nothing beside it is signed" : "\(entries.count) signatures lie beside it"
    if let problem = entries.first(where: { $0.status != .verified })?.problem { reason += "; \(problem)" }
    return Failure(
      "not_signed", "\(digest) is not signed by \(missing.joined(separator: ", ")): \(reason)",
      hint: "do not use it, or let them sign it: packc image sign IMAGE --key FILE", exit: .gateFailed,
      details: ["digest": JSONValue(digest), "signatures": json])
  }

  public var json: JSONValue {
    .array(
      entries.map { entry in
        JSONValue(compact: [
          "artifact": JSONValue(entry.artifact), "status": .string(entry.status.rawValue),
          "signers": JSONValue(strings: entry.signers), "problem": entry.problem.map(JSONValue.string),
          "predicate_type": entry.statement.map { .string($0.predicateType) },
        ])
      })
  }

  public var text: String {
    entries.map { entry in
      switch entry.status {
      case .verified:
        "signed by \(entry.signers.joined(separator: ", ")): \(TerminalText.safe(entry.statement?.predicateType ?? ""))\n"
      default: TerminalText.safe("not counted: signature \(entry.artifact.short): \(entry.problem ?? "")") + "\n"
      }
    }.joined()
  }
}
