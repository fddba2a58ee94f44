public import ELF
public import PackCore

/// Everything that is known of an image, as facts with level and closure (`docs/contract.md`), about the exact bytes of
/// its root filesystem.
public struct ContractDocument: Sendable {
  public static let schemaVersion = 1

  /// Digest over the ordered diff IDs of the layers: the name of the root filesystem's bytes.
  public let subject: Digest
  public let mode: BuildMode
  /// Sorted by id; no id stands twice.
  public let facts: [ContractFact]

  /// What the facts are read from.
  public struct Input: Sendable {
    /// As it goes into the image: after strip.
    public var root: RootFilesystem
    /// The layers' diff IDs, lowest first.
    public var diffIDs: [Digest]
    public var mode: BuildMode
    /// Files that strip looked at: digests before and after, the same when nothing changed.
    public var stripped: [RootPath: (before: Digest, after: Digest)]
    /// `65532:65532`: who the program runs as, by number.
    public var user: UInt32
    public var group: UInt32
    /// What is mounted writable beside `/tmp`.
    public var writable: [RootPath]
    public var declared: ContractDeclaration
    /// What the pack says of the source, with the digests of the files that it names.
    public var claims: [SourceFact]
    public var claimant: (name: String, version: String)
    public var sources: [RootPath: Digest]
    /// What will not load, by the closure.
    public var caveats: [SharedObjectClosure.Caveat]
    /// packc's own version, which made the facts.
    public var toolVersion: String

    public init(
      root: RootFilesystem, diffIDs: [Digest], mode: BuildMode,
      stripped: [RootPath: (before: Digest, after: Digest)] = [:], user: UInt32, group: UInt32,
      writable: [RootPath] = [], declared: ContractDeclaration = ContractDeclaration(), claims: [SourceFact] = [],
      claimant: (name: String, version: String) = ("", ""), sources: [RootPath: Digest] = [:],
      caveats: [SharedObjectClosure.Caveat] = [], toolVersion: String
    ) {
      self.root = root
      self.diffIDs = diffIDs
      self.mode = mode
      self.stripped = stripped
      self.user = user
      self.group = group
      self.writable = writable
      self.declared = declared
      self.claims = claims
      self.claimant = claimant
      self.sources = sources
      self.caveats = caveats
      self.toolVersion = toolVersion
    }
  }

  /// Reads the facts. The same input gives the same document, byte for byte.
  public static func build(_ input: Input) throws -> ContractDocument {
    let subject = Digest(of: JSONValue.array(input.diffIDs.map { JSONValue($0) }))
    let author = FactAuthor(subject: subject, toolVersion: input.toolVersion)
    let facts =
      RootFilesystemFacts(input, author).facts + (try ELFFacts(input, author).facts)
      + DeclaredFacts(input.declared, author).facts + ClaimedFacts(input).facts(about: subject)
      + [
        author.proven(
          "build.mode", kind: "build-mode", [input.mode.rawValue], method: "the mode in which packc made the image")
      ]
    return ContractDocument(
      subject: subject, mode: input.mode, facts: facts.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) })
  }

  /// The whole document; `schema_version` comes first for readers, who read it before anything else.
  public var json: JSONValue {
    [
      "schema_version": .integer(Int64(Self.schemaVersion)), "subject": JSONValue(subject),
      "mode": .string(mode.rawValue), "facts": .array(facts.map(\.json)),
    ]
  }

  /// Of the canonical JSON.
  public var digest: Digest { Digest(of: json) }

  public subscript(id: String) -> ContractFact? { facts.first { $0.id == id } }
}

/// Makes facts about one root filesystem.
struct FactAuthor {
  let subject: Digest
  let toolVersion: String

  /// A fact that was read from bytes, all of which were looked at.
  func proven(
    _ id: String, kind: String, _ values: [String], closed: ContractFact.Closure = .closed, subject: [Digest]? = nil,
    method: String, evidence: [ContractFact.Evidence] = [], caveats: [String] = []
  ) -> ContractFact {
    make(id, kind, values, closed, .proven, subject, method, evidence, caveats)
  }

  /// What packc found, and may not be all.
  func observed(
    _ id: String, kind: String, _ values: [String], closed: ContractFact.Closure, subject: [Digest], method: String,
    evidence: [ContractFact.Evidence], caveats: [String]
  ) -> ContractFact {
    make(id, kind, values, closed, .observed, subject, method, evidence, caveats)
  }

  /// What the author of the program wrote.
  func declared(
    _ id: String, kind: String, _ values: [String], closed: ContractFact.Closure, evidence: [ContractFact.Evidence],
    caveats: [String]
  ) -> ContractFact {
    make(id, kind, values, closed, .declared, nil, "section contract of unik.yaml", evidence, caveats)
  }

  private func make(
    _ id: String, _ kind: String, _ values: [String], _ closed: ContractFact.Closure, _ level: ContractFact.Level,
    _ subject: [Digest]?, _ method: String, _ evidence: [ContractFact.Evidence], _ caveats: [String]
  ) -> ContractFact {
    ContractFact(
      id: id, kind: kind, values: values, closed: closed, level: level, subject: subject ?? [self.subject],
      method: method, tool: ("packc", toolVersion), evidence: evidence, caveats: caveats)
  }
}
